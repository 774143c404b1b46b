"""The table made of trainings, and the page beside it."""

import dataclasses

import numpy as np
import pytest

from benchmarks.datasets import DIGITS
from benchmarks.datasets.image_file import images_of
from benchmarks.spaces.nas_bench_201.architecture import Architecture
from benchmarks.spaces.nas_bench_201.sharing import representatives
from benchmarks.tables import table as tables
from tests.harness.tabulation import made_up_table
from tests.harness.tabulation.made_up_table import ORDER, made_up, timed


@pytest.fixture
def whole(tmp_path):
    """A table of made-up trainings of every topology, with those trainings."""
    path = made_up_table.finished(tmp_path / "t.parquet")
    return tables.read_table(path), made_up(ORDER), images_of(DIGITS)


def test_architectures_that_share_a_training_share_a_row(whole):
    table, trained, _ = whole
    accuracy = table.values(table.evaluation("digits").test)
    place = trained.index.tolist().index(representatives()[Architecture.from_index(1).index])
    assert accuracy[1] == pytest.approx(100 * trained.test[place].mean() / (4 * 997))
    shared = np.array(representatives())
    assert np.array_equal(accuracy, accuracy[shared])


def test_disconnected_architectures_have_the_majoritys_share(whole):
    table, _, images = whole
    index = Architecture(("none",) * 6).index
    for query in (table.evaluation("digits").valid, table.evaluation("digits").test):
        share = images.majority_shares()[query.split]
        assert table.values(query, index) == pytest.approx(share)


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
    assert table.values(early, index) == pytest.approx(trained.valid[5, :, 0].mean() / 4)
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
