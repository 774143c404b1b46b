"""AnalogNAS-Bench's digital baseline: one test accuracy for every cell of NAS-Bench-201.

"AnalogNAS-Bench: A NAS Benchmark for Analog In-Memory Computing", arXiv 2506.18495, trained each of
the 15,625 cells once on CIFAR-10. The package `analog-nasbench` contains the results as a pickle.
It is located through the package's metadata and read without importing the package, which needs an
interface that setuptools has removed. Only `baseline_accuracy` is used, the floating-point network;
the other values concern analog and quantised arithmetic.

Training and evaluation: IBM/analog-nas @ 82f215c, analognasbench/training_script.py, which calls
itself an example. The values agree with its 25 evaluations on augmented images: all but two are
multiples of 1/250,000, and few are multiples of 1/10,000.
"""

from importlib import metadata
from pathlib import Path

import numpy as np

from benchmarks.errors import UserError
from benchmarks.files.download import sha256
from benchmarks.spaces.nas_bench_201.architecture import EDGES, SIZE, Architecture
from benchmarks.tables import allowed_pickle
from benchmarks.tables.query import UNKNOWN_SEED, Query
from benchmarks.tables.table import Card, Evaluation, write_table

NAME = "analog-nasbench"
VERSION = "0.1.3"

QUERY = Query("cifar10", "augmented-test", 200, UNKNOWN_SEED)
"""The only accuracy in the table."""

_FILE = "analognasbench/data.anb"
_SHA256 = "85f3435b877aa2d36268d55ce07f6ff6d73643d17a840f1941745da5eb80db32"
_INSTALL = f"`python -m pip install {NAME}=={VERSION}`"

_OPERATIONS = ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")
"""Indexed by the package's operation numbers."""
_EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
"""(source, target) in the package's order, by source; the benchmark orders edges by target."""


def build(out: Path) -> Card:
    """Build the table at `out` from the installed package.

    Raises:
        UserError: the package is not installed, or has another version; `out` is then unchanged.
    """
    return write_table(out, _card(), {f"{_column()}/accuracy": read(installed_file())})


def installed_file() -> Path:
    """Return the path of the package's results, verified by SHA-256.

    Raises:
        UserError: the package is not installed, or its file has another checksum.
    """
    try:
        package = metadata.distribution(NAME)
    except metadata.PackageNotFoundError as error:
        raise UserError(
            f"The package {NAME} is not installed. Install it with {_INSTALL}, then run the same "
            "command again."
        ) from error
    path = Path(str(package.locate_file(_FILE)))
    if not path.is_file() or sha256(path) != _SHA256:
        raise UserError(
            f"The installed {NAME} {package.version} does not hold the results of {VERSION}. "
            f"Install that version with {_INSTALL}, then run the same command again."
        )
    return path


def read(path: Path) -> np.ndarray:
    """Read the accuracies from a file in the package's format.

    Returns:
        Percent, shape (15625,), by the benchmark's index.

    Raises:
        UserError: the pickle names anything but the package's two classes, or does not hold one
            accuracy for every cell.
    """
    allowed = {
        ("analognasbench.data", "Architecture"): _Entry,
        ("analognasbench.data", "DriftMeasurement"): _Unread,
    }
    with path.open("rb") as file:
        content = allowed_pickle.load(file, allowed, path)
    accuracies = np.full(SIZE, np.nan)
    try:
        for numbers, entry in content.items():
            accuracies[architecture(numbers).index] = entry.baseline_accuracy
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise _wrong_shape(path) from error
    if not ((accuracies >= 0) & (accuracies <= 100)).all():  # false for NaN, a missing cell
        raise _wrong_shape(path)
    return np.round(accuracies, 6)  # 84.08359999999999 stands for 84.0836


def architecture(numbers: tuple[int, ...]) -> Architecture:
    """Return the cell with the given operation numbers of the package.

    Raises:
        IndexError, TypeError, ValueError: the numbers describe no cell.
    """
    if any(number < 0 for number in numbers):
        raise ValueError(f"{numbers} has a negative operation number")
    operations = [_OPERATIONS[number] for number in numbers]
    by_edge = dict(zip(_EDGES, operations, strict=True))
    return Architecture(tuple(by_edge[edge] for edge in EDGES))


class _Entry:
    """Replaces the package's class of one cell's results."""

    baseline_accuracy: float


class _Unread:
    """Replaces the package's class of drift over time, which is not used."""


def _column() -> str:
    return f"{QUERY.dataset}/{QUERY.split}/{QUERY.epochs}/{QUERY.seed}"


def _card() -> Card:
    return Card(
        name=NAME,
        version=f"package {VERSION}",
        description=(
            "AnalogNAS-Bench's digital CIFAR-10 networks: one training of each cell of "
            "NAS-Bench-201, by different code from that benchmark's; only test accuracies"
        ),
        space="nas-bench-201",
        architectures=SIZE,
        evaluations={"cifar10": Evaluation(valid=None, test=QUERY)},
        sources=[{"file": _FILE, "sha256": _SHA256, "origin": f"{NAME} {VERSION}, package"}],
        notes=[
            f"{NAME} holds one test accuracy for each cell and no validation accuracy, so nothing "
            "may select on it.",
            f"{NAME}'s networks were trained once each, with unknown seeds; isomorphic cells were "
            "trained separately.",
            f"{NAME}'s test images were randomly cropped and flipped, and each accuracy is a mean "
            "over 25 passes. With NAS-Bench-201's 200-epoch CIFAR-10 test accuracy (NATS-Bench's "
            "run set) its Spearman correlation is 0.991, its Kendall correlation 0.926, its mean "
            "0.29 points lower. It is not compared with results published on NAS-Bench-201.",
        ],
    )


def _wrong_shape(path: Path) -> UserError:
    return UserError(
        f"{path} does not hold one accuracy for each of the {SIZE:,} cells of NAS-Bench-201. "
        f"Reinstall the package with {_INSTALL}."
    )
