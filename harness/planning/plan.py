"""From what the user names to the trials that answer it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import tables as ground_truths
from benchmarks.datasets import dataset, parts
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.tables.table import Table
from harness import protocol as protocols
from harness.planning import plugins
from harness.trials import device as devices
from harness.trials import search
from harness.trials.trial import SearchTrial
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
    files: tuple[Path, ...] = ()
    """Of images and tables that it names by their paths; every worker loads them first."""

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
            seconds += method.expected_seconds(
                settings, trial.arithmetic["device"], dataset(trial.search_dataset)
            )
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

    A dataset may be the path of an `.npz` file of images, and the truth that of a `.parquet` file.

    Raises:
        UserError: something does not exist or has no sense.
    """
    files: list[Path] = []

    def name_of(name: str, suffix: str) -> str:
        if not name.endswith(suffix):
            return name
        files.append(Path(name).expanduser().resolve())
        return plugins.name_of(files[-1])

    asked = Campaign(
        methods=parse_methods(methods),
        spaces=parse_names(spaces),
        datasets=[name_of(name, ".npz") for name in parse_names(datasets)],
        seeds=parse_seeds(seeds),
        protocol=protocol,
        overrides={key: str(value) for key, value in settings.items()},
        truth=None if truth is None else name_of(truth, ".parquet"),
        device=device,
        files=tuple(files),
    )
    for space in asked.spaces:
        SPACES.check(space)
    for name in asked.datasets:
        dataset(name)
    if asked.truth is not None:
        ground_truths.truth(asked.truth)
    protocols.check(protocol)
    protocols.check_overrides(asked.overrides, [METHODS[name] for name in asked.methods])
    devices.check(device)
    return asked


def parse_names(names: str | Iterable[str]) -> list[str]:
    """Names as a list, each once, in order."""
    parts = names.split(",") if isinstance(names, str) else names
    return list(dict.fromkeys(name.strip() for name in parts if name.strip()))


def parse_methods(methods: str | Iterable[str]) -> list[str]:
    """Names of methods; `all` stands for those of the seven that are registered.

    Raises:
        UserError: a name is unknown, or there is none.
    """
    names: list[str] = []
    for name in parse_names(methods):
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
        return sorted({int(seed) for seed in parse_names(text)})
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
        for name in asked.methods:
            reason = METHODS[name].supports(SPACES[space])
            if reason is not None:
                skipped.append(f"{name} is left out on {space}: {reason}")
                continue
            for search_dataset in asked.datasets:
                table = ground_truth(space, asked.truth, search_dataset)
                table.evaluation(search_dataset)
                _check_images(table, search_dataset)
                seeded = _trials(asked, METHODS[name], space, search_dataset, table)
                search.rehearse(seeded[0])
                trials += seeded
    if not trials:
        raise UserError(" ".join(skipped) or "Nothing is asked for: name a space and a dataset.")
    return Plan(trials, skipped)


def _check_images(table: Table, name: str) -> None:
    """Raise the user's error where a table was made from other images of the dataset's name."""
    source = dataset(name)
    if source.file is None:
        return
    made_from = {(each["sha256"], each.get("noise")) for each in table.card.sources}
    if (parts.of(source).sha256, f"{source.noise:g}") not in made_from:
        raise UserError(
            f"{table.card.name} was made from other images than {source.file} holds, or under "
            "other noise; tabulate those, or name what the table was made from."
        )


def ground_truth(space: str, name: str | None, dataset: str | None = None) -> Table:
    """The table of a space: the named one, or the preferred one of those that are here.

    Where a dataset is given, a table that is not named is one that knows it.

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
        fitting = ground_truths.of_space(space, dataset)
        if not fitting:
            raise UserError(
                f"There is no table of {space} for a search on {dataset}. Make one with `python "
                "-m harness tabulate` and name it with --truth."
            )
        chosen = next((each for each in fitting if each.path.is_file()), fitting[0])
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
