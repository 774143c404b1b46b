"""The data that benchmarks need: what is here, and how it is obtained."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import tables
from benchmarks.datasets import DATASETS, dataset
from benchmarks.errors import UserError, unknown
from benchmarks.files.data_folder import data_folder
from benchmarks.files.download import Progress, is_here
from benchmarks.tables import analog_nasbench
from benchmarks.tables.nas_bench_201 import fetch as nas_bench_201
from benchmarks.tables.nas_bench_201 import public_files

_IMAGES = tuple(each.name for each in DATASETS.values() if each.folder)
FETCHABLE = ("nas-bench-201", *_IMAGES)


@dataclass(frozen=True)
class Item:
    """One thing that can be on this computer."""

    name: str
    state: str
    """'here', 'missing', or what is wrong with it."""
    path: Path
    detail: str
    """What it is, or how to obtain it."""

    @property
    def is_wrong(self) -> bool:
        """Whether it is here but not as it should be."""
        return self.state not in ("here", "missing")


def status() -> Iterator[Item]:
    """Every table, set of images and source file, looked at but not read."""
    for each in tables.TRUTHS.values():
        if each.path.is_file():
            yield Item(each.name, "here", each.path, each.description)
        else:
            yield Item(each.name, "missing", each.path, f"{each.description}: `{each.obtain}`")
    for name in _IMAGES:
        path = data_folder() / str(DATASETS[name].folder)
        state = "here" if path.is_dir() else "missing"
        yield Item(name, state, path, f"images: `python -m harness data fetch {name}`")
    folder = nas_bench_201.sources_folder()
    for source in nas_bench_201.SOURCES:
        path = folder / source.name
        yield Item(source.name, "here" if path.is_file() else "missing", path, source.origin)


def verify() -> Iterator[Item]:
    """Everything that is here, read and checked against its checksum."""
    for each in tables.TRUTHS.values():
        if each.path.is_file():
            try:
                card = tables.read(each.path).card
            except UserError as error:
                yield Item(each.name, "damaged", each.path, str(error))
            else:
                yield Item(each.name, "here", each.path, f"{card.version}, SHA-256 {card.sha256}")
    for name in _IMAGES:
        path = data_folder() / str(DATASETS[name].folder)
        if path.is_dir():
            yield _verified_images(name, path)
    folder = nas_bench_201.sources_folder()
    for source in nas_bench_201.SOURCES:
        path = folder / source.name
        if path.is_file():
            is_right = is_here(source, folder)
            yield Item(
                source.name,
                "here" if is_right else "damaged",
                path,
                f"SHA-256 {source.sha256}"
                if is_right
                else "its SHA-256 is another: fetch it again",
            )


def _verified_images(name: str, path: Path) -> Item:
    from benchmarks.datasets import images

    try:
        count = sum(len(images.load(name, train=train)) for train in (True, False))
    except UserError as error:
        return Item(name, "damaged", path, str(error))
    return Item(name, "here", path, f"{count:,} images; every file has its MD5")


def fetch(name: str, origin: Path | None, progress: Progress) -> Path:
    """Obtain a dataset or a table by name; return where it lies.

    Raises:
        UserError: the name is unknown, or a file cannot be had.
    """
    if name not in FETCHABLE:
        raise unknown("data", name, FETCHABLE)
    if name in _IMAGES:
        if origin is not None:
            raise UserError(
                f"--from is for nas-bench-201; put torchvision's files of {name} into "
                f"{data_folder()}."
            )
        return ensure_images(name)
    return nas_bench_201.fetch(origin, progress)


def ensure_images(name: str) -> Path:
    """Download a dataset's images where they are not here; return the file or folder they are in.

    Raises:
        UserError: they cannot be had.
    """
    from benchmarks.datasets import images

    return dataset(name).file or images.download(name)


def ensure_truth(space: str, name: str | None, dataset: str, progress: Progress) -> None:
    """Fetch a space's public table where no table that knows the dataset is here yet.

    A table from an installed package is made as well, once the user names it; one that only an
    import of a file can make is left to be asked for.

    Raises:
        UserError: the table cannot be had.
    """
    if name == analog_nasbench.NAME and not tables.truth(name).path.is_file():
        analog_nasbench.build(tables.truth(name).path)
    if name not in (None, public_files.NAME):
        return
    wanted = tables.of_space(space, dataset) if name is None else [tables.truth(name)]
    is_public = any(each.name == public_files.NAME for each in wanted)
    if is_public and not any(each.path.is_file() for each in wanted):
        nas_bench_201.fetch(None, progress)


def import_official(
    name: str, file: Path | None, *, is_confirmed: bool, progress: Progress
) -> Path:
    """Convert what a benchmark's authors give into a table; return where the table lies.

    Args:
        name: `nas-bench-201`, or `analog-nasbench`, which is read from its installed package.
        file: NAS-Bench-201's official file, or NATS-Bench's folder of files.
        is_confirmed: go ahead where memory is short.
        progress: told how far it is.

    Raises:
        UserError: the name is unknown, the file or the package is not what it should be or not
            here, or memory is short and the user did not confirm.
    """
    from benchmarks.tables.nas_bench_201 import official

    if name == analog_nasbench.NAME:
        if file is not None:
            raise UserError(f"{name} is read from its installed package: leave {file} out.")
        target = tables.truth(name).path
        analog_nasbench.build(target)
        return target
    if name != "nas-bench-201":
        raise unknown("table", name, ["nas-bench-201", analog_nasbench.NAME])
    if file is None:
        raise UserError(
            f"Which file of {name}? Give NAS-Bench-201-v1_1-096897.pth, or NATS-Bench's folder of "
            "files."
        )

    def steps(done: int, total: int) -> None:
        progress("architectures", done, total)

    if file.is_dir():
        target = tables.truth(official.FOLDER_NAME).path
        official.import_folder(file, target, steps)
        return target
    warning = official.memory_warning(file)
    if warning and not is_confirmed:
        raise UserError(f"{warning} Say --yes to go ahead all the same.")
    target = tables.truth(official.FILE_NAME).path
    official.import_file(file, target, steps)
    return target
