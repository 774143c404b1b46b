"""From a request to the plan of the trials that answer it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.tables.table import Table
from harness.planning.ground_truth import find_recipe, find_table_of
from harness.planning.recipe import Recipe
from harness.planning.request import Request
from harness.planning.stages import GroundTruth, SearchPlan
from harness.settings.resolution import resolve
from harness.trials import device as devices
from harness.trials.ground_truth import identify
from harness.trials.search import rehearse
from harness.trials.trial import SearchTrial
from methods import METHODS, version_of
from methods.method import Method, scores_on_table


def make_plan(request: Request) -> SearchPlan:
    """Plan the trials of a request.

    Raises:
        UserError: a table is not here or lacks what the settings ask for, or a method lacks the
            protocol.
    """
    searches: list[SearchTrial] = []
    ground_truth: dict[tuple[str, str], GroundTruth] = {}
    notes: list[str] = []
    for space in request.spaces:
        reasons = {name: METHODS[name].supports(SPACES[space]) for name in request.methods}
        notes += [f"{name} is left out on {space}: {why}" for name, why in reasons.items() if why]
        methods = [METHODS[name] for name, why in reasons.items() if why is None]
        for search_dataset in request.datasets if methods else ():
            recipe = find_recipe(space, search_dataset, request.training, request.training_seeds)
            table = None
            if recipe is None or any(map(scores_on_table, methods)):
                table = find_table_of(space, request.table, search_dataset)
                if table is None:
                    notes += _without_table(space, search_dataset, methods, recipe)
            truth = recipe or table
            if truth is not None:
                ground_truth[space, search_dataset] = truth
            for method in methods:
                if table is not None or not scores_on_table(method):
                    seeded = _trials(request, method, space, search_dataset, table)
                    rehearse(seeded[0])
                    searches += seeded
    if not searches:
        raise UserError(" ".join(notes) or "Nothing to run: name a space and a dataset.")
    return SearchPlan(searches, ground_truth, notes)


def _without_table(
    space: str, dataset: str, methods: Sequence[type[Method]], recipe: Recipe | None
) -> Iterator[str]:
    if recipe is None:
        is_numbered = hasattr(SPACES[space], "size")
        or_table = " or with --table (see `python -m harness tabulate`)" if is_numbered else ""
        yield (
            f"No table covers {space} on {dataset}: results will have no ground truth. "
            f"Add it with --train{or_table}."
        )
    for method in methods:
        if scores_on_table(method):
            yield f"{method.name} is left out on {dataset}: it scores architectures on a table."


def _trials(
    request: Request, method: type[Method], space: str, search_dataset: str, table: Table | None
) -> list[SearchTrial]:
    protocol = resolve(method, space, search_dataset, request.protocol, request.overrides)
    arithmetic = {"device": "none"}
    if method.uses_device:
        arithmetic = devices.arithmetic(devices.kind(request.device))
    return [
        SearchTrial(
            method=method.name,
            method_version=version_of(method),
            space=space,
            space_version=SPACES[space].version,
            search_dataset=search_dataset,
            protocol=protocol.name,
            overrides=protocol.overrides,
            settings=asdict(protocol.settings),
            seed=seed,
            arithmetic=arithmetic,
            table=identify(table) if table and scores_on_table(method) else None,
            provenance={each.name: each.provenance for each in protocol.resolved},
        )
        for seed in request.seeds
    ]
