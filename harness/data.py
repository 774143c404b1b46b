"""The data that benchmarks need: what is here, and how to obtain it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import tables
from benchmarks.datasets import DATASETS, dataset
from benchmarks.errors import UserError, unknown
from benchmarks.files.data_folder import data_folder
from benchmarks.files.download import Progress, is_present
from benchmarks.tables import analog_nasbench
from benchmarks.tables.nas_bench_201 import fetch as nas_bench_201
from benchmarks.tables.nas_bench_201 import public_files

_IMAGES = tuple(each.name for each in DATASETS.values() if each.folder)
FETCHABLE = ("nas-bench-201", *_IMAGES)


@dataclass(frozen=True)
class Item:
    """A table, a set of images or a source file."""

    name: str
    state: str
    """'here', 'missing', or what is wrong with it."""
    path: Path
    detail: str
    """What it is, or how to obtain it."""

    @property
    def is_wrong(self) -> bool:
        """Whether it is here but damaged."""
        return self.state not in ("here", "missing")


def status() -> Iterator[Item]:
    """Yield every table, set of images and source file, without reading it."""
    for each in tables.TABLES.values():
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
    """Read everything that is here, and check it against its checksum."""
    for each in tables.TABLES.values():
        if each.path.is_file():
            try:
                card = tables.read_table(each.path).card
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
            is_right = is_present(source, folder)
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
    """Obtain a dataset or a table by name; return its path.

    Raises:
        UserError: the name is unknown, or a file cannot be downloaded.
    """
    if name not in FETCHABLE:
        raise unknown("data", name, FETCHABLE)
    if name in _IMAGES:
        if origin is not None:
            raise UserError(
                f"--from is for nas-bench-201 only; put torchvision's files of {name} into "
                f"{data_folder()}."
            )
        return ensure_images(name)
    return nas_bench_201.fetch(origin, progress)


def ensure_images(name: str) -> Path:
    """Download a dataset's images unless they are here; return their file or folder.

    Raises:
        UserError: they cannot be downloaded.
    """
    from benchmarks.datasets import images

    return dataset(name).file or images.download(name)


def ensure_table(space: str, name: str | None, dataset: str, progress: Progress) -> None:
    """Fetch the public table of a space unless a table with the dataset is here.

    A table from an installed package is built when the user names it. Tables that only an import of
    a file can build are left to the user.

    Raises:
        UserError: the table cannot be obtained.
    """
    if name == analog_nasbench.NAME and not tables.find_table(name).path.is_file():
        analog_nasbench.build(tables.find_table(name).path)
    if name not in (None, public_files.NAME):
        return
    wanted = tables.tables_of(space, dataset) if name is None else [tables.find_table(name)]
    is_public = any(each.name == public_files.NAME for each in wanted)
    if is_public and not any(each.path.is_file() for each in wanted):
        nas_bench_201.fetch(None, progress)


def import_official(
    name: str, file: Path | None, *, is_confirmed: bool, progress: Progress
) -> Path:
    """Convert the files of a benchmark's authors into a table; return its path.

    Args:
        name: `nas-bench-201`, or `analog-nasbench`, which is read from its installed package.
        file: NAS-Bench-201's official file, or NATS-Bench's folder of files.
        is_confirmed: start even if memory is short.
        progress: called as it advances.

    Raises:
        UserError: the name is unknown, the file or package is missing or invalid, or memory is
            short and the user did not confirm.
    """
    from benchmarks.tables.nas_bench_201 import official

    if name == analog_nasbench.NAME:
        if file is not None:
            raise UserError(f"{name} is read from its installed package: leave {file} out.")
        target = tables.find_table(name).path
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
        target = tables.find_table(official.FOLDER_NAME).path
        official.import_folder(file, target, steps)
        return target
    warning = official.memory_warning(file)
    if warning and not is_confirmed:
        raise UserError(f"{warning} Pass --yes to start anyway.")
    target = tables.find_table(official.FILE_NAME).path
    official.import_file(file, target, steps)
    return target
