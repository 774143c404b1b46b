"""Making a table: resumed as if never interrupted, whole or refused, looked up like any other."""

import dataclasses
import io
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from benchmarks.datasets import DIGITS, Dataset
from benchmarks.datasets.image_file import images_of
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.spaces.nas_bench_201.architecture import Architecture, operations_by_index
from benchmarks.spaces.nas_bench_201.network import Network
from benchmarks.spaces.nas_bench_201.sharing import convolves_zero, representatives
from benchmarks.spaces.nas_bench_201.topology import is_connected
from benchmarks.tables import table as tables
from benchmarks.training.protocol import PROTOCOLS
from benchmarks.training.timing import measure_cost
from benchmarks.training.training import Examples
from harness.tabulation import tabulate as tabulating
from harness.tabulation.shards import Shards, Trainings
from harness.tabulation.topologies import topologies
from tests.harness.tabulation import made_up_table
from tests.harness.tabulation.made_up_table import (
    ORDER,
    SEEDS,
    SHORT,
    made_up,
    tabulation,
    timed,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture
def whole(tmp_path):
    """A table of made-up trainings of every topology, with those trainings."""
    path = made_up_table.finished(tmp_path / "t.parquet")
    return tables.read_table(path), made_up(ORDER), images_of(DIGITS)


def test_order_is_a_fixed_shuffle_of_the_connected_representatives():
    assert len(ORDER) == len(set(ORDER)) == 4_929
    assert all(is_connected(operations_by_index()[index]) for index in ORDER)
    assert tuple(sorted(ORDER)) != ORDER
    assert ORDER[:3] == (10276, 4437, 2913)  # another order would not go on with old shards


def test_architectures_that_share_a_training_share_a_row(whole):
    table, trained, _ = whole
    accuracy = table.accuracy(table.evaluation("digits").test)
    place = trained.index.tolist().index(representatives()[Architecture.from_index(1).index])
    assert accuracy[1] == pytest.approx(100 * trained.test[place].mean() / (4 * 997))
    shared = np.array(representatives())
    assert np.array_equal(accuracy, accuracy[shared])


def test_disconnected_architectures_have_the_majoritys_share(whole):
    table, _, images = whole
    index = Architecture(("none",) * 6).index
    for query in (table.evaluation("digits").valid, table.evaluation("digits").test):
        share = images.majority_shares()[query.split]
        assert table.accuracy(query, index) == pytest.approx(share)


def test_curves_seeds_and_seconds_are_there(whole):
    table, trained, _ = whole
    query = dataclasses.replace(table.evaluation("digits").valid, seed=1)
    index = int(trained.index[5])
    assert table.curve(query, index) == pytest.approx(100 * trained.valid[5, 1] / 400)
    assert table.seeds(query, index) == [0, 1]
    epoch, validation = timed(ORDER).epoch[5], timed(ORDER).validation[5]
    assert table.training_seconds(query, index) == pytest.approx(3 * epoch)
    assert table.evaluation_seconds(query, index) == pytest.approx(validation)


def test_the_early_score_is_the_curves_point_and_costs_its_share(whole):
    table, trained, _ = whole
    early = dataclasses.replace(table.evaluation("digits").valid, epochs=1)
    index = int(trained.index[5])
    assert table.accuracy(early, index) == pytest.approx(trained.valid[5, :, 0].mean() / 4)
    whole_training = table.training_seconds(table.evaluation("digits").valid, index)
    assert table.training_seconds(early, index) == pytest.approx(whole_training / 3)


def test_the_card_says_what_the_table_is_worth(whole, tmp_path):
    table, trained, _ = whole
    page = (tmp_path / "t.md").read_text()
    percent = 100 * trained.test / (4 * 997)
    assert f"mean {percent.mean():.2f} %" in page
    assert f"| {percent.var(axis=1, ddof=1).mean() ** 0.5:.2f} points |" in page
    assert table.card.sha256 in page
    assert "30 architectures trained on their own" in page


def test_architectures_that_share_a_training_for_the_check_are_not_their_own():
    for index in topologies("nas-bench-201").nearly_shared:
        assert representatives()[index] != index
        assert convolves_zero(operations_by_index()[index])


def test_a_part_of_the_trainings_is_no_table(tmp_path):
    some = {0: made_up(ORDER[:4_900])}
    for shards, message in (
        ({"trainings": some}, "29 topologies are not trained yet"),
        ({"trainings": {}}, "4,929 topologies are not trained yet"),
        ({"timings": {0: timed(ORDER[:4_000])}}, "929 topologies are not timed yet"),
    ):
        with pytest.raises(UserError, match=message):
            made_up_table.finished(tmp_path / "t.parquet", **shards)
    assert not (tmp_path / "t.parquet").exists()


def test_a_shard_is_read_back_or_done_again(tmp_path):
    shards = Shards(tmp_path, tabulation())
    indices = ORDER[:3]
    assert shards.read(0, indices, Trainings) is None
    shards.write(0, made_up(indices))
    found = shards.read(0, indices, Trainings)
    assert found is not None
    assert np.array_equal(found.valid, made_up(indices).valid)
    assert shards.read(0, indices[:2], Trainings) is None
    content = shards.path(0).read_bytes()
    shards.path(0).write_bytes(content[: len(content) // 2])
    assert shards.read(0, indices, Trainings) is None


def test_a_folder_belongs_to_one_tabulation_and_one_process(tmp_path):
    with Shards(tmp_path, tabulation()).claimed():
        other = Shards(tmp_path, tabulation())
        with pytest.raises(UserError, match="Another process is filling"), other.claimed():
            pass
    other = Shards(tmp_path, tabulation(seeds=(0, 1, 2)))
    with pytest.raises(UserError, match="another dataset, protocol or seeds"), other.claimed():
        pass


def test_goes_on_as_if_never_interrupted(tmp_path, monkeypatch):
    """The first part in one call and the rest in another, against all in one."""
    monkeypatch.setattr(tabulating, "_PER_SHARD", 1)
    monkeypatch.setitem(PROTOCOLS, "tiny", SHORT)

    def trained(out, limit):
        said = io.StringIO()
        tabulating.tabulate(
            *("nas-bench-201", "digits", "tiny", SEEDS, tmp_path / out),
            jobs=1,
            limit=limit,
            yes=True,
            console=Console(file=said),
        )
        return said.getvalue()

    assert "1 of 4,929 topologies are trained" in trained("parts", 1)
    first = Shards(tmp_path / "parts.shards", tabulation()).path(0)
    before = first.read_bytes()
    trained("parts", 2)
    assert first.read_bytes() == before
    assert "takes about" not in trained("parts", 2)
    trained("one", 2)
    for number in (0, 1):
        a, b = (
            Shards(tmp_path / f"{name}.shards", tabulation()).read(
                number, ORDER[number : number + 1], Trainings
            )
            for name in ("parts", "one")
        )
        assert a is not None
        assert b is not None
        assert np.array_equal(a.valid, b.valid)
        assert np.array_equal(a.test, b.test)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"space": "darts"}, "Unknown space 'darts'"),
        ({"dataset": "digit"}, "Unknown dataset to tabulate 'digit'. Did you mean 'digits'?"),
        ({"dataset": "none.npz"}, "none.npz is missing"),
        ({"protocol_name": "tin"}, "Unknown training protocol 'tin'. Did you mean 'tiny'?"),
        ({"seeds": ()}, "No training seeds; give --seeds 3"),
        ({"limit": 0}, "--limit 0: give at least 1"),
    ],
)
def test_mistakes_are_said_in_a_sentence(tmp_path, changes, message):
    whole = {
        "space": "nas-bench-201",
        "dataset": "digits",
        "protocol_name": "tiny",
        "seeds": SEEDS,
        "out": tmp_path / "t.parquet",
        "console": Console(file=io.StringIO()),
    }
    with pytest.raises(UserError, match=message):
        tabulating.tabulate(**(whole | changes))


def test_a_kill_costs_no_finished_shard(tmp_path):
    script = tmp_path / "tabulate.py"
    script.write_text(
        "from pathlib import Path\n"
        "from rich.console import Console\n"
        "from benchmarks.training.protocol import PROTOCOLS\n"
        "from harness.tabulation import tabulate as tabulating\n"
        "from tests.harness.tabulation.made_up_table import SHORT\n"
        "if __name__ == '__main__':\n"
        "    PROTOCOLS['tiny'], tabulating._PER_SHARD = SHORT, 1\n"
        "    tabulating.tabulate('nas-bench-201', 'digits', 'tiny', (0, 1),\n"
        f"                        Path({str(tmp_path / 't.parquet')!r}), jobs=1, limit=40,\n"
        "                        yes=True, console=Console(stderr=True))\n"
    )
    command = [sys.executable, str(script)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shards = Shards(tmp_path / "t.parquet.shards", tabulation())
    killed = subprocess.Popen(command, env=environment)
    while not shards.path(2).exists():
        assert killed.poll() is None
        time.sleep(0.05)
    killed.kill()
    killed.wait()
    before = {path: path.stat().st_mtime_ns for path in shards.path(0).parent.glob("*.npz")}
    assert len(before) < 40
    # Its worker lets go of the folder's shards within a moment, and the next call goes on.
    subprocess.run(command, env=environment, check=True)
    assert len(list(shards.path(0).parent.glob("*.npz"))) == 40
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_the_clock_needs_no_more_steps_than_an_epoch_has():
    few = Examples(torch.randn(60, 3, 8, 8), torch.arange(60) % 10)
    architecture = Architecture.from_index(1462)
    size = {"channels": 2, "cells_per_stage": 1}
    found = measure_cost(lambda rng: Network(architecture, DIGITS, rng, **size), SHORT, few, few)
    assert found.validation > 0
    assert found.epoch > 0


def test_images_that_do_not_fit_are_said_in_a_sentence(tmp_path):
    rng = np.random.default_rng(0)
    odd, path = Dataset("odd", classes=3, side=10), tmp_path / "odd.npz"
    np.savez(
        path, images=rng.integers(0, 256, (60, 8, 8), dtype=np.uint8), labels=np.arange(60) % 3
    )
    with pytest.raises(UserError, match="a multiple of 4"):
        SPACES["nas-bench-201"].network(Architecture.from_index(0), odd, torch.Generator())
    with pytest.raises(UserError, match="holds 3 classes and a side of 8 pixels"):
        images_of(dataclasses.replace(odd, file=path))
