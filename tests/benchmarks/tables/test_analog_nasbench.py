"""AnalogNAS-Bench's table from its installed package, against what is known of the benchmark."""

import itertools
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import stats

from benchmarks.errors import UserError
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201
from benchmarks.spaces.nas_bench_201.architecture import SIZE, Architecture, operations_by_index
from benchmarks.tables import analog_nasbench
from benchmarks.tables.table import Table, read_table


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Table:
    path = tmp_path_factory.mktemp("analog") / "analog-nasbench.parquet"
    analog_nasbench.build(path)
    return read_table(path)


@pytest.fixture(scope="module")
def accuracies(table) -> np.ndarray:
    return table.values(analog_nasbench.QUERY)


def test_the_package_s_order_of_operations_and_edges():
    """1<-0, 2<-0, 3<-0, 2<-1, 3<-1, 3<-2; ours goes by target."""
    assert str(analog_nasbench.architecture((0, 1, 2, 3, 4, 0))) == (
        "|skip_connect~0|+|none~0|nor_conv_1x1~1|+|nor_conv_3x3~0|avg_pool_3x3~1|skip_connect~2|"
    )


def test_cells_without_a_path_guess_and_no_others_do(accuracies):
    """Which cells are connected depends on every edge, so a wrong order would show."""
    is_cut_off = [
        not NAS_BENCH_201.is_connected(Architecture(cell)) for cell in operations_by_index()
    ]
    assert sum(is_cut_off) == 341
    np.testing.assert_array_equal(accuracies == 10, is_cut_off)


def test_values_are_means_of_25_passes_over_changing_images(accuracies):
    """Passes over the same images would agree, and give whole numbers of 10,000."""

    def whole(images: int) -> int:
        counts = accuracies * images / 100
        return int(np.sum(np.abs(counts - np.round(counts)) < 1e-3))

    assert whole(250_000) == SIZE - 2
    assert whole(10_000) < 0.07 * SIZE


def test_what_the_table_says_of_itself(table):
    evaluation = table.evaluation("cifar10")
    assert evaluation.valid is None
    assert evaluation.queries == (analog_nasbench.QUERY,)
    assert str(evaluation.test) == "cifar10/augmented-test, 200 epochs, one training"
    assert list(table.card.evaluations) == ["cifar10"]
    assert table.seeds(evaluation.test, 0) == []
    assert "nothing may select on it" in table.card.notes[0]
    assert table.optimum(evaluation.test) == (13714, 94.0664)


@pytest.mark.data
def test_agreement_with_nas_bench_201(accuracies, real_table):
    theirs = real_table.values(real_table.evaluation("cifar10").test)
    spearman: Any = stats.spearmanr(accuracies, theirs)
    kendall: Any = stats.kendalltau(accuracies, theirs)
    assert round(spearman.statistic, 3) == 0.991
    assert round(kendall.statistic, 3) == 0.926
    assert np.mean(accuracies - theirs) == pytest.approx(-0.29, abs=0.005)


def test_the_package_is_never_imported(tmp_path):
    code = (
        "import sys; from pathlib import Path; from benchmarks.tables import analog_nasbench\n"
        f"analog_nasbench.build(Path({str(tmp_path / 'out.parquet')!r}))\n"
        "print([name for name in sys.modules if name.startswith('analognasbench')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_package_that_is_not_installed(monkeypatch, tmp_path):
    def nowhere(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", nowhere)
    with pytest.raises(UserError, match="is not installed. Install it with `python -m pip install"):
        analog_nasbench.build(tmp_path / "out.parquet")
    assert not list(tmp_path.iterdir())


def test_another_version_of_the_package(monkeypatch, tmp_path):
    monkeypatch.setattr(analog_nasbench, "_SHA256", "0" * 64)
    with pytest.raises(UserError, match="does not hold the results of 0.1.3. Install that version"):
        analog_nasbench.build(tmp_path / "out.parquet")


def test_a_file_that_names_something_else_is_not_run(tmp_path):
    path = tmp_path / "data.anb"
    path.write_bytes(pickle.dumps({(0,) * 6: metadata.distribution}))
    with pytest.raises(UserError, match="is not the expected file"):
        analog_nasbench.read(path)


@pytest.fixture
def written(monkeypatch, tmp_path) -> Callable[[Mapping[Any, float | None]], Any]:
    """Writes a file of the package's form, every cell at 50 percent but for some changes."""

    class Architecture:
        def __init__(self, accuracy: float):
            self.baseline_accuracy = accuracy

    Architecture.__module__, Architecture.__qualname__ = "analognasbench.data", "Architecture"
    module = ModuleType("analognasbench.data")
    module.Architecture = Architecture  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "analognasbench", ModuleType("analognasbench"))
    monkeypatch.setitem(sys.modules, "analognasbench.data", module)

    def write(changes):
        cells = dict.fromkeys(itertools.product(range(5), repeat=6), 50.0) | changes
        content = {numbers: Architecture(each) for numbers, each in cells.items() if each}
        path = tmp_path / "data.anb"
        path.write_bytes(pickle.dumps(content))
        return path

    return write


def test_a_file_of_the_right_shape(written):
    assert analog_nasbench.read(written({})).tolist() == [50.0] * SIZE


@pytest.mark.parametrize(
    "changes",
    [
        {(0, 0, 0, 0, 0, 0): None},
        {(0, 0, 0, 0, 0, 0): 101.0},
        {(0, 0, 0, 0, 0, 0): float("nan")},
        {(0, 0, 0, 0, 0, 5): 50.0},
        {(0, 0, 0, 0, 0, -1): 50.0},
        {(0, 0, 0, 0, 0): 50.0},
        {"000000": 50.0},
    ],
    ids=str,
)
def test_a_file_of_the_wrong_shape(written, changes):
    with pytest.raises(UserError, match="does not hold one accuracy for each of the 15,625 cells"):
        analog_nasbench.read(written(changes))
