"""AnalogNAS-Bench's digital baseline: one test accuracy of every cell of NAS-Bench-201.

"AnalogNAS-Bench: A NAS Benchmark for Analog In-Memory Computing", arXiv 2506.18495, trained each of
the 15,625 cells once on CIFAR-10. The package `analog-nasbench` carries the results as a pickle. It
is found through the package's metadata and read without importing the package, whose own module
needs an interface that setuptools no longer has. Of its numbers only `baseline_accuracy` is taken,
the plain network in floating point; the others are about analog and quantised arithmetic.

How they were trained and tested: IBM/analog-nas @ 82f215c, analognasbench/training_script.py, which
calls itself an example. The values bear its 25 evaluations on changing images out: all but two are
whole numbers of 250,000 images and nearly all are none of 10,000.
"""

from importlib import metadata
from pathlib import Path

import numpy as np

from benchmarks.errors import UserError
from benchmarks.files.download import sha256
from benchmarks.spaces.nas_bench_201.architecture import EDGES, SIZE, Architecture
from benchmarks.tables import allowed_pickle
from benchmarks.tables.query import UNKNOWN_SEED, Query
from benchmarks.tables.table import Card, Evaluation, write

NAME = "analog-nasbench"
VERSION = "0.1.3"

QUERY = Query("cifar10", "augmented-test", 200, UNKNOWN_SEED)
"""The only number that there is."""

_FILE = "analognasbench/data.anb"
_SHA256 = "85f3435b877aa2d36268d55ce07f6ff6d73643d17a840f1941745da5eb80db32"
_INSTALL = f"`python -m pip install {NAME}=={VERSION}`"

_OPERATIONS = ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")
"""By the package's numbers."""
_EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
"""(source, target) in the package's order, by source; the benchmark's own goes by target."""


def build(out: Path) -> Card:
    """Make the table at `out` from the installed package.

    Raises:
        UserError: the package is not installed, or is another version. `out` is then as it was.
    """
    return write(out, _card(), {f"{_column()}/accuracy": read(installed_file())})


def installed_file() -> Path:
    """The package's file of results, checked to be the one that this module describes.

    Raises:
        UserError: the package is not installed, or its file is another.
    """
    try:
        package = metadata.distribution(NAME)
    except metadata.PackageNotFoundError as error:
        raise UserError(
            f"The package {NAME} is not installed. Install it with {_INSTALL}, then give the same "
            "command again."
        ) from error
    path = Path(str(package.locate_file(_FILE)))
    if not path.is_file() or sha256(path) != _SHA256:
        raise UserError(
            f"The installed {NAME} {package.version} does not hold the results of {VERSION}. "
            f"Install that with {_INSTALL}, then give the same command again."
        )
    return path


def read(path: Path) -> np.ndarray:
    """The accuracies in a file of the package's form: percent, shape (15625,), by our index.

    Raises:
        UserError: it names anything but the package's two classes, or does not hold one accuracy
            for every cell.
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
    if not ((accuracies >= 0) & (accuracies <= 100)).all():  # NaN, a missing cell, is neither
        raise _wrong_shape(path)
    return np.round(accuracies, 6)  # 84.08359999999999 is 84.0836


def architecture(numbers: tuple[int, ...]) -> Architecture:
    """The cell that the package calls by its operations' numbers.

    Raises:
        IndexError, TypeError, ValueError: there is no such cell.
    """
    if any(number < 0 for number in numbers):
        raise ValueError(f"{numbers} names no operation")
    operations = [_OPERATIONS[number] for number in numbers]
    by_edge = dict(zip(_EDGES, operations, strict=True))
    return Architecture(tuple(by_edge[edge] for edge in EDGES))


class _Entry:
    """Stands in for the package's class of one cell's results."""

    baseline_accuracy: float


class _Unread:
    """Stands in for its class of drift over time, which is not used."""


def _column() -> str:
    return f"{QUERY.dataset}/{QUERY.split}/{QUERY.epochs}/{QUERY.seed}"


def _card() -> Card:
    return Card(
        name=NAME,
        version=f"package {VERSION}",
        description=(
            "AnalogNAS-Bench's plain CIFAR-10 networks: one training of each cell of "
            "NAS-Bench-201 by other code than that benchmark's; test accuracies alone"
        ),
        space="nas-bench-201",
        architectures=SIZE,
        evaluations={"cifar10": Evaluation(valid=None, test=QUERY)},
        sources=[{"file": _FILE, "sha256": _SHA256, "origin": f"{NAME} {VERSION}, package"}],
        notes=[
            f"{NAME} holds one number for each cell, on test images: nothing may select on it, and "
            "there is no validation accuracy.",
            f"{NAME}'s networks were trained once, each by a seed that is not told; isomorphic "
            "cells were trained apart.",
            f"{NAME}'s test images were cropped and flipped at random, and each number is a mean "
            "over 25 passes. With NAS-Bench-201's 200-epoch CIFAR-10 test accuracy (NATS-Bench's "
            "run set) its Spearman correlation is 0.991, its Kendall correlation 0.926, its mean "
            "0.29 points lower. Rows published on NAS-Bench-201 are not set beside it.",
        ],
    )


def _wrong_shape(path: Path) -> UserError:
    return UserError(
        f"{path} does not hold one accuracy for each of the {SIZE:,} cells of NAS-Bench-201. "
        f"Install the package again with {_INSTALL}."
    )
