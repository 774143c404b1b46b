"""From what the user names to the trials that answer it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from benchmarks import truth as ground_truths
from benchmarks.datasets import dataset
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.truth.table import Table
from harness import device as devices
from harness import protocol as protocols
from harness import search
from harness.trial import SearchTrial
from methods import ALL, METHODS, version_of
from methods.method import Method

_MOST_SEEDS = 100_000  # beyond this it is a typing error


@dataclass(frozen=True)
class Campaign:
    """What the user asks for, every name checked, nothing looked up yet."""

    methods: Sequence[str]
    spaces: Sequence[str]
    datasets: Sequence[str]
    seeds: Sequence[int]
    protocol: str
    overrides: Mapping[str, str]
    truth: str | None
    device: str

    @property
    def uses_device(self) -> bool:
        """Whether any of the methods computes."""
        return any(METHODS[name].uses_device for name in self.methods)


@dataclass(frozen=True)
class Plan:
    """The trials of a campaign, and what it asked for in vain."""

    trials: list[SearchTrial]
    skipped: list[str]
    """One sentence for each method that cannot search a space."""

    def expected_seconds(self, trials: Sequence[SearchTrial]) -> float:
        """About how long some of the trials take, one after the other."""
        seconds = 0.0
        for trial in trials:
            method = METHODS[trial.method]
            settings = method.Settings(**trial.settings)
            seconds += method.expected_seconds(settings, trial.arithmetic["device"])
        return seconds


def campaign(
    methods: str | Iterable[str],
    *,
    spaces: str | Iterable[str],
    datasets: str | Iterable[str],
    seeds: int | str | Iterable[int],
    protocol: str,
    settings: Mapping[str, object],
    truth: str | None,
    device: str,
) -> Campaign:
    """Read what the user asks for; names come as lists or comma-separated.

    Raises:
        UserError: something does not exist or has no sense.
    """
    asked = Campaign(
        methods=parse_methods(methods),
        spaces=_names(spaces),
        datasets=_names(datasets),
        seeds=parse_seeds(seeds),
        protocol=protocol,
        overrides={key: str(value) for key, value in settings.items()},
        truth=truth,
        device=device,
    )
    for space in asked.spaces:
        SPACES.check(space)
    for name in asked.datasets:
        dataset(name)
    if truth is not None:
        ground_truths.truth(truth)
    protocols.check(protocol)
    protocols.check_overrides(asked.overrides, [METHODS[name] for name in asked.methods])
    devices.check(device)
    return asked


def _names(names: str | Iterable[str]) -> list[str]:
    """Names as a list, each once, in order."""
    parts = names.split(",") if isinstance(names, str) else names
    return list(dict.fromkeys(name.strip() for name in parts if name.strip()))


def parse_methods(methods: str | Iterable[str]) -> list[str]:
    """Names of methods; `all` stands for those of the seven that are registered.

    Raises:
        UserError: a name is unknown, or there is none.
    """
    names: list[str] = []
    for name in _names(methods):
        names += [each for each in ALL if each in METHODS] if name == "all" else [name]
    for name in names:
        METHODS.check(name)
        if METHODS[name].name != name:
            raise UserError(
                f"The method that is announced as '{name}' calls itself '{METHODS[name].name}'; "
                "its package has to give both the same name."
            )
    if not names:
        raise UserError(f"No method is named. Give all, or some of: {', '.join(METHODS)}.")
    return list(dict.fromkeys(names))


def parse_seeds(seeds: int | str | Iterable[int]) -> list[int]:
    """Seeds from a count (4 or '4' is 0 to 3) or a list ('0,3,7'; '5,' is seed 5 alone).

    Raises:
        UserError: it is neither, or asks for no seed.
    """
    if not isinstance(seeds, int | str):
        seeds = ",".join(map(str, seeds)) + ","
    text = str(seeds)
    hint = "Give a number of seeds such as 4, or a list such as 0,3,7."
    if not re.fullmatch(r"\s*\d+\s*(,\s*\d+\s*)*,?\s*", text):
        raise UserError(f"--seeds {text} is neither a number nor a list of numbers. {hint}")
    if "," in text:
        return sorted({int(seed) for seed in _names(text)})
    if int(text) > _MOST_SEEDS:
        raise UserError(f"--seeds {text} asks for more than {_MOST_SEEDS:,} seeds. {hint}")
    if int(text) == 0:
        raise UserError(f"--seeds {text} asks for no seed at all. {hint}")
    return list(range(int(text)))


def make(asked: Campaign) -> Plan:
    """The trials of a campaign.

    Raises:
        UserError: a table is not here or lacks what the settings ask for, or a method lacks the
            protocol.
    """
    trials: list[SearchTrial] = []
    skipped: list[str] = []
    for space in asked.spaces:
        table = ground_truth(space, asked.truth)
        for name in asked.methods:
            reason = METHODS[name].supports(SPACES[space])
            if reason is not None:
                skipped.append(f"{name} is left out on {space}: {reason}")
                continue
            for search_dataset in asked.datasets:
                table.evaluation(search_dataset)
                seeded = _trials(asked, METHODS[name], space, search_dataset, table)
                search.rehearse(seeded[0])
                trials += seeded
    if not trials:
        raise UserError(" ".join(skipped) or "Nothing is asked for: name a space and a dataset.")
    return Plan(trials, skipped)


def ground_truth(space: str, name: str | None) -> Table:
    """The table of a space: the named one, or the preferred one of those that are here.

    Raises:
        UserError: no such table is known, or it is not here.
    """
    known = ground_truths.of_space(space)
    if name is not None:
        chosen = ground_truths.truth(name)
        if chosen not in known:
            raise UserError(
                f"{name} is no ground truth of {space}. "
                f"It has: {', '.join(each.name for each in known)}."
            )
    else:
        unnamed = [each for each in known if not each.is_test_only]
        chosen = next((each for each in unnamed if each.path.is_file()), unnamed[0])
    return ground_truths.open_table(chosen.name, chosen.path)


def _trials(
    asked: Campaign, method: type[Method], space: str, search_dataset: str, table: Table
) -> list[SearchTrial]:
    protocol = protocols.resolve(method, space, search_dataset, asked.protocol, asked.overrides)
    arithmetic = {"device": "none"}
    if method.uses_device:
        arithmetic = devices.arithmetic(devices.kind(asked.device))
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
            truth=table.card.name,
            truth_version=table.card.version,
            truth_sha256=table.card.sha256,
            arithmetic=arithmetic,
            provenance={each.name: each.provenance for each in protocol.resolved},
        )
        for seed in asked.seeds
    ]
