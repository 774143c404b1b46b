"""Making a table: resumed as if never interrupted, whole or refused, looked up like any other."""

import dataclasses
import io

import numpy as np
import pytest
from rich.console import Console

from benchmarks.datasets import parts
from benchmarks.errors import UserError
from benchmarks.spaces.nas_bench_201.architecture import Architecture, operations_by_index
from benchmarks.spaces.nas_bench_201.sharing import representatives
from benchmarks.spaces.nas_bench_201.topology import is_connected
from benchmarks.training.protocol import PROTOCOLS
from benchmarks.truth import table as tables
from harness import tabulate as tabulating
from harness.tabulated import finish
from harness.tabulation_shards import Shards, Tabulation, Trainings

SHORT = dataclasses.replace(PROTOCOLS["tiny"], epochs=2, channels=2)
SEEDS = (0, 1)


def tabulation(seeds=SEEDS) -> Tabulation:
    return Tabulation("nas-bench-201", "digits", parts.read(parts.DIGITS).sha256, SHORT, seeds)


def made_up(indices) -> Trainings:
    rng = np.random.default_rng(3)
    count = len(indices)
    return Trainings(
        np.array(indices, dtype=np.int32),
        rng.integers(400, size=(count, 2, 2), dtype=np.uint32),
        rng.integers(997, size=(count, 2), dtype=np.uint32),
        rng.uniform(0.1, 0.5, count).astype(np.float32),
    )


@pytest.fixture
def whole(tmp_path):
    """A table of made-up trainings of every topology, with those trainings."""
    trained = made_up(tabulating.order())
    images = parts.read(parts.DIGITS)
    finish(tmp_path / "t.parquet", tabulation(), images, {0: trained}, "command")
    return tables.read(tmp_path / "t.parquet"), trained, images


def test_order_is_a_fixed_shuffle_of_the_connected_representatives():
    order = tabulating.order()
    assert len(order) == len(set(order)) == 4_929
    assert all(is_connected(operations_by_index()[index]) for index in order)
    assert order != tuple(sorted(order))
    assert order[:3] == (10276, 4437, 2913)  # another order would not go on with old shards


def test_architectures_that_share_a_training_share_a_row(whole):
    table, trained, _ = whole
    accuracy = table.accuracy(table.evaluation("digits").test)
    place = trained.index.tolist().index(representatives()[Architecture.from_index(1).index])
    assert accuracy[1] == pytest.approx(100 * trained.test[place].mean() / 997)
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
    assert table.training_seconds(query, index) == pytest.approx(trained.seconds[5])


def test_a_part_of_the_trainings_is_no_table(tmp_path):
    images = parts.read(parts.DIGITS)
    some = {0: made_up(tabulating.order()[:4_900])}
    with pytest.raises(UserError, match="29 topologies are not trained yet"):
        finish(tmp_path / "t.parquet", tabulation(), images, some, "command")
    with pytest.raises(UserError, match="4,929 topologies are not trained yet"):
        finish(tmp_path / "t.parquet", tabulation(), images, {}, "command")
    assert not (tmp_path / "t.parquet").exists()


def test_a_shard_is_read_back_or_done_again(tmp_path):
    shards = Shards(tmp_path, tabulation())
    indices = tabulating.order()[:3]
    assert shards.read(0, indices) is None
    shards.write(0, made_up(indices))
    found = shards.read(0, indices)
    assert found is not None
    assert np.array_equal(found.valid, made_up(indices).valid)
    assert shards.read(0, indices[:2]) is None
    content = shards.path(0).read_bytes()
    shards.path(0).write_bytes(content[: len(content) // 2])
    assert shards.read(0, indices) is None


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
                number, tabulating.order()[number : number + 1]
            )
            for name in ("parts", "one")
        )
        assert a is not None
        assert b is not None
        assert np.array_equal(a.valid, b.valid)
        assert np.array_equal(a.test, b.test)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"space": "darts"}, "Unknown tabulated space 'darts'"),
        ({"dataset": "digit"}, "Unknown dataset 'digit' to tabulate. Give digits, or an .npz"),
        ({"dataset": "none.npz"}, "none.npz is missing"),
        ({"protocol_name": "tin"}, "Unknown training protocol 'tin'. Did you mean 'tiny'?"),
        ({"seeds": ()}, "No training seed is asked for"),
        ({"limit": 0}, "--limit 0: at least one topology is needed"),
    ],
)
def test_mistakes_are_said_in_a_sentence(tmp_path, asked, message):
    whole = {
        "space": "nas-bench-201",
        "dataset": "digits",
        "protocol_name": "tiny",
        "seeds": SEEDS,
        "out": tmp_path / "t.parquet",
        "console": Console(file=io.StringIO()),
    }
    with pytest.raises(UserError, match=message):
        tabulating.tabulate(**(whole | asked))
