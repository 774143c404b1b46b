"""From a request to the trials that answer it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from benchmarks.datasets import dataset
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.tables.table import Table
from harness.planning.ground_truth import check_images, choose_table
from harness.planning.request import Request
from harness.settings.resolution import resolve
from harness.trials import device as devices
from harness.trials.search import rehearse
from harness.trials.trial import SearchTrial
from methods import METHODS, version_of
from methods.method import Method


@dataclass(frozen=True)
class Plan:
    """The trials of a request, and the methods that are left out."""

    trials: list[SearchTrial]
    skipped: list[str]
    """One sentence for each method that cannot search a space."""

    def expected_seconds(self, trials: Sequence[SearchTrial]) -> float:
        """Estimate how long some of the trials take one after the other, in seconds."""
        seconds = 0.0
        for trial in trials:
            method = METHODS[trial.method]
            settings = method.Settings(**trial.settings)
            seconds += method.expected_seconds(
                settings, trial.arithmetic["device"], dataset(trial.search_dataset)
            )
        return seconds


def make_plan(request: Request) -> Plan:
    """Plan the trials of a request.

    Raises:
        UserError: a table is not here or lacks what the settings ask for, or a method lacks the
            protocol.
    """
    trials: list[SearchTrial] = []
    skipped: list[str] = []
    for space in request.spaces:
        for name in request.methods:
            reason = METHODS[name].supports(SPACES[space])
            if reason is not None:
                skipped.append(f"{name} is left out on {space}: {reason}")
                continue
            for search_dataset in request.datasets:
                table = choose_table(space, request.table, search_dataset)
                table.evaluation(search_dataset)
                check_images(table, search_dataset)
                seeded = _trials(request, METHODS[name], space, search_dataset, table)
                rehearse(seeded[0])
                trials += seeded
    if not trials:
        raise UserError(" ".join(skipped) or "Nothing to run: name a space and a dataset.")
    return Plan(trials, skipped)


def _trials(
    request: Request, method: type[Method], space: str, search_dataset: str, table: Table
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
            table=table.card.name,
            table_version=table.card.version,
            table_sha256=table.card.sha256,
            arithmetic=arithmetic,
            provenance={each.name: each.provenance for each in protocol.resolved},
        )
        for seed in request.seeds
    ]
