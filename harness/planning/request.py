"""What the user asks for: every name checked, nothing looked up yet."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import tables
from benchmarks.datasets import dataset
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.training.protocol import protocol as training_protocol
from harness.planning import plugins
from harness.settings import names as protocol_names
from harness.settings import overrides
from harness.trials import device as devices
from methods import ALL, METHODS
from methods.method import scores_on_table

_MOST_SEEDS = 100_000  # beyond this it is a typing error


@dataclass(frozen=True)
class Request:
    """Which methods to run on which spaces and datasets, over which seeds, and how."""

    methods: Sequence[str]
    spaces: Sequence[str]
    datasets: Sequence[str]
    seeds: Sequence[int]
    protocol: str
    overrides: Mapping[str, str]
    table: str | None
    """Name of the table that gives the ground truth; None for the preferred one that is here."""
    device: str
    training: str | None = None
    """Protocol by which found architectures are trained, which then gives the ground truth."""
    training_seeds: Sequence[int] = ()
    files: tuple[Path, ...] = ()
    """Images and tables named by path; every worker loads them first."""

    @property
    def needs_table(self) -> bool:
        """Whether a table gives the ground truth, or scores for a method."""
        return self.training is None or any(scores_on_table(METHODS[n]) for n in self.methods)

    @property
    def uses_device(self) -> bool:
        """Whether any of the methods computes on a device."""
        return any(METHODS[name].uses_device for name in self.methods)


def make_request(
    methods: str | Iterable[str],
    *,
    spaces: str | Iterable[str],
    datasets: str | Iterable[str],
    seeds: int | str | Iterable[int],
    protocol: str,
    settings: Mapping[str, object],
    table: str | None,
    device: str,
    train: str | None = None,
    train_seeds: int | str | Iterable[int] = 3,
) -> Request:
    """Check what the user asks for; names come as lists or comma-separated.

    A dataset may be the path of an `.npz` file of images, and a table that of a `.parquet` file.

    Raises:
        UserError: something does not exist, or makes no sense.
    """
    files: list[Path] = []

    def name_of(name: str, suffix: str) -> str:
        if not name.endswith(suffix):
            return name
        files.append(Path(name).expanduser().resolve())
        return plugins.name_of(files[-1])

    request = Request(
        methods=parse_methods(methods),
        spaces=parse_names(spaces),
        datasets=[name_of(name, ".npz") for name in parse_names(datasets)],
        seeds=parse_seeds(seeds),
        protocol=protocol,
        overrides={key: str(value) for key, value in settings.items()},
        table=None if table is None else name_of(table, ".parquet"),
        device=device,
        training=train,
        training_seeds=parse_seeds(train_seeds, "--train-seeds"),
        files=tuple(files),
    )
    for space in request.spaces:
        SPACES.check(space)
    for name in request.datasets:
        dataset(name)
    if not request.needs_table and table is not None:
        raise UserError(
            "--table and --train both give the ground truth, and none of these methods scores on a "
            "table: leave one of them out."
        )
    if request.table is not None:
        tables.find_table(request.table)
    if train is not None:
        training_protocol(train)
        for name in request.datasets:
            if dataset(name).file is None:
                raise UserError(
                    f"--train {train}: trainings need a dataset of one file, such as digits or an "
                    f".npz file of images, and {name} is not one."
                )
    protocol_names.check(protocol)
    overrides.check(request.overrides, [METHODS[name] for name in request.methods], request.spaces)
    devices.check(device)
    return request


def parse_names(names: str | Iterable[str]) -> list[str]:
    """Return names as a list, each once, in order."""
    listed = names.split(",") if isinstance(names, str) else names
    return list(dict.fromkeys(name.strip() for name in listed if name.strip()))


def parse_methods(methods: str | Iterable[str]) -> list[str]:
    """Return names of methods; `all` stands for the seven of the harness that are registered.

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
                f"The method registered as '{name}' is named '{METHODS[name].name}' by its class; "
                "its package has to use one name for both."
            )
    if not names:
        raise UserError(f"No method is named. Give all, or some of: {', '.join(METHODS)}.")
    return list(dict.fromkeys(names))


def parse_seeds(seeds: int | str | Iterable[int], option: str = "--seeds") -> list[int]:
    """Return seeds from a count (4 or '4' is 0 to 3) or a list ('0,3,7'; '5,' is seed 5 alone).

    Raises:
        UserError: it is neither, or there is no seed.
    """
    if not isinstance(seeds, int | str):
        seeds = ",".join(map(str, seeds)) + ","
    text = str(seeds)
    hint = "Give a number of seeds such as 4, or a list such as 0,3,7."
    if not re.fullmatch(r"\s*\d+\s*(,\s*\d+\s*)*,?\s*", text):
        raise UserError(f"{option} {text} is neither a number nor a list of numbers. {hint}")
    if "," in text:
        return sorted({int(seed) for seed in parse_names(text)})
    if int(text) > _MOST_SEEDS:
        raise UserError(f"{option} {text} asks for more than {_MOST_SEEDS:,} seeds. {hint}")
    if int(text) == 0:
        raise UserError(f"{option} {text} asks for no seed. {hint}")
    return list(range(int(text)))
