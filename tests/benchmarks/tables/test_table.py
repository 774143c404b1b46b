"""Tables: what is written is what is read, and nothing else is read."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.errors import UserError
from benchmarks.metric import ACCURACY as ACCURACY_METRIC
from benchmarks.metric import PERPLEXITY
from benchmarks.tables import table as tables
from benchmarks.tables.query import UNKNOWN_SEED, Query
from benchmarks.tables.table import Card, Evaluation

VALID = Query("digits", "valid", 10, None)
TEST = Query("digits", "test", 10, None)
ACCURACY = np.array([10.0, 30.0, 30.0, 20.0, 90.0, 5.0])

CARD = Card(
    name="small",
    version="1",
    description="six architectures",
    space="nas-bench-201",
    architectures=6,
    evaluations={"digits": Evaluation(valid=VALID, test=TEST)},
    sources=[{"file": "a", "sha256": "b", "origin": "c"}],
    notes=["a note"],
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "small.parquet"


@pytest.fixture
def table(path):
    nan = np.nan
    columns = {
        "digits/test/10/mean/accuracy": ACCURACY,
        "digits/valid/10/1/accuracy": np.array([1.0, 2, 3, 4, 5, 6]),
        "digits/valid/10/2/accuracy": np.array([3.0, nan, 5, 6, 7, nan]),
        "digits/train/10/mean/seconds": np.arange(6.0),
        "digits/valid/10/1/loss": np.arange(6.0) / 10,
    }
    shards = [
        {"digits/valid/10/1/accuracy-curve": [[1, 2], [3, 4], [5, 6]]},
        {"digits/valid/10/1/accuracy-curve": [None, [7, 8], [9, 10]]},
    ]
    tables.write_table(path, CARD, columns, shards)
    return tables.read_table(path)


def test_round_trip(table):
    np.testing.assert_array_equal(table.values(TEST), ACCURACY)
    np.testing.assert_array_equal(
        table.values(TEST, np.array([[4, 0], [1, 1]])), [[90, 10], [30, 30]]
    )
    assert table.card == replace(CARD, sha256=table.card.sha256)
    assert len(table.card.sha256) == 64


def test_mean_is_over_the_seeds_that_each_architecture_has(table):
    np.testing.assert_array_equal(table.values(VALID), [2, 2, 4, 5, 6, 6])
    assert table.seeds(VALID, 0) == [1, 2]
    assert table.seeds(VALID, 1) == [1]
    assert np.isnan(table.values(replace(VALID, seed=2), 1))


def test_test_accuracies_alone_of_trainings_whose_seed_is_not_told(path):
    query = replace(TEST, seed=UNKNOWN_SEED)
    card = replace(CARD, evaluations={"digits": Evaluation(valid=None, test=query)})
    tables.write_table(path, card, {"digits/test/10/unknown/accuracy": ACCURACY})
    table = tables.read_table(path)
    assert table.evaluation("digits") == card.evaluations["digits"]
    assert table.evaluation("digits").queries == (query,)
    np.testing.assert_array_equal(table.values(query), ACCURACY)
    assert table.optimum(query) == (4, 90)
    assert table.seeds(query, 0) == []


def test_a_query_says_of_which_trainings_it_is():
    assert str(VALID) == "digits/valid, 10 epochs, mean of training seeds"
    assert str(replace(VALID, seed=7)) == "digits/valid, 10 epochs, training seed 7"
    assert str(replace(VALID, seed=UNKNOWN_SEED)) == "digits/valid, 10 epochs, one training"


def test_a_mean_alone_has_no_seeds(table):
    assert table.seeds(TEST, 0) == []


def test_seconds(table):
    assert table.training_seconds(VALID, 3) == 3
    assert table.evaluation_seconds(VALID, 3) is None


def test_rank_regret_and_percentile_against_plain_counting(table):
    for index, value in enumerate(ACCURACY):
        better = sum(other > value for other in ACCURACY)
        worse = sum(other < value for other in ACCURACY)
        equal = sum(other == value for other in ACCURACY)
        assert table.rank(TEST, index) == better + 1
        assert table.percentile(TEST, index) == pytest.approx(100 * (worse + equal / 2) / 6)
        assert table.regret(TEST, index) == 90 - value
        assert table.share_as_good(TEST, index) == pytest.approx(100 * (better + equal) / 6)
    assert table.optimum(TEST) == (4, 90)


def test_equal_accuracies_are_equal_whatever_their_last_bits(path):
    """Means over two and over three seeds of the same images differ by rounding."""
    noisy = np.array([80 * 2 / 3 / 2, 80 / 3 * (1 + 1e-15), 26.666666666666664, 10, 5, 1])
    tables.write_table(path, CARD, {"digits/test/10/mean/accuracy": noisy})
    table = tables.read_table(path)
    assert [int(rank) for rank in table.rank(TEST, np.arange(6))] == [1, 1, 1, 4, 5, 6]
    assert len(set(table.percentile(TEST, np.arange(3)))) == 1
    assert table.optimum(TEST)[0] == 0


def test_where_lower_is_better_the_lowest_value_is_the_best(path):
    """As a table of the negated values of which higher ones are better."""
    card = replace(CARD, metric=PERPLEXITY)
    tables.write_table(path, card, {"digits/test/10/mean/perplexity": ACCURACY})
    table = tables.read_table(path)
    assert table.card.metric == PERPLEXITY
    assert table.optimum(TEST) == (5, 5)
    everything = np.arange(6)
    np.testing.assert_array_equal(table.regret(TEST, everything), ACCURACY - 5)
    np.testing.assert_array_equal(table.rank(TEST, everything), [2, 4, 4, 3, 6, 1])
    other = path.with_stem("negated")
    tables.write_table(other, CARD, {"digits/test/10/mean/accuracy": -ACCURACY})
    negated = tables.read_table(other)
    for name in ("rank", "percentile", "share_as_good", "regret"):
        here, there = (getattr(each, name)(TEST, everything) for each in (table, negated))
        np.testing.assert_array_equal(here, there)


def test_a_file_from_before_metrics_holds_accuracies_under_the_same_hash(path, table):
    file = pq.read_table(path)
    content = json.loads(file.schema.metadata[b"nas-harness-table"])
    del content["metric"]
    earlier = {b"nas-harness-table": json.dumps(content).encode()}
    pq.write_table(file.replace_schema_metadata(earlier), path)
    assert tables.read_table(path).card == table.card
    assert table.card.metric == ACCURACY_METRIC


def test_curves_are_found_in_every_shard(table):
    query = replace(VALID, seed=1)
    np.testing.assert_array_equal(table.curve(query, 1), [3, 4])
    np.testing.assert_array_equal(table.curve(query, 5), [9, 10])
    with pytest.raises(UserError, match="has no accuracy curve for digits/valid.* index 3"):
        table.curve(query, 3)
    with pytest.raises(UserError, match="has no loss curve"):
        table.curve(query, 1, "loss")


def test_a_query_has_no_defaults():
    with pytest.raises(TypeError, match="seed"):
        Query("digits", "valid", 10)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (replace(TEST, split="x-test"), "small has no accuracy for digits/x-test, 10 epochs"),
        (replace(TEST, epochs=200), "small has no accuracy for digits/test, 200 epochs"),
        (replace(VALID, seed=3), "training seed 3. It has training seeds 1, 2."),
    ],
)
def test_what_is_not_there_is_never_guessed(table, query, message):
    with pytest.raises(UserError, match=message):
        table.values(query)


def test_unknown_dataset(table):
    with pytest.raises(
        UserError, match=r"Unknown dataset of small 'digit'. Did you mean 'digits'\?"
    ):
        table.evaluation("digit")


def test_missing_file(tmp_path):
    with pytest.raises(
        UserError, match="There is no table at .*absent.parquet. Delete it and rebuild it"
    ):
        tables.read_table(tmp_path / "absent.parquet")


def test_cut_off_file(table, path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match="is truncated or not a table of this harness. Delete it"):
        tables.read_table(path)


def test_foreign_parquet_file(path):
    pq.write_table(pa.table({"a": [1.0]}), path)
    with pytest.raises(UserError, match="is a Parquet file but not a table of this harness"):
        tables.read_table(path)


def test_other_format(table, path):
    _rewrite(path, lambda metadata: metadata.replace(b'"format": 1', b'"format": 7'))
    with pytest.raises(UserError, match="has table format 7; this version reads 1"):
        tables.read_table(path)


def test_wrong_number_of_rows(table, path):
    _rewrite(path, lambda metadata: metadata.replace(b'"architectures": 6', b'"architectures": 7'))
    with pytest.raises(UserError, match="has 6 rows instead of 7"):
        tables.read_table(path)


def test_changed_value(table, path):
    arrow = pq.read_table(path)
    name = "digits/test/10/mean/accuracy"
    values = arrow[name].to_numpy().copy()
    values[3] += 0.01
    at = arrow.schema.get_field_index(name)
    pq.write_table(arrow.set_column(at, name, pa.array(values)), path)
    with pytest.raises(UserError, match="The values in .* do not match their SHA-256"):
        tables.read_table(path)


def _rewrite(path, change):
    arrow = pq.read_table(path)
    metadata = {key: change(value) for key, value in arrow.schema.metadata.items()}
    pq.write_table(arrow.replace_schema_metadata(metadata), path)


def test_a_column_of_the_wrong_length_leaves_nothing(path):
    with pytest.raises(ValueError, match="has shape"):
        tables.write_table(path, CARD, {"digits/test/10/mean/accuracy": np.zeros(5)})
    assert list(path.parent.iterdir()) == []


def test_missing_shards_leave_nothing(path):
    columns = {"digits/test/10/mean/accuracy": ACCURACY}
    with pytest.raises(ValueError, match="curves for 1 of 6 architectures"):
        tables.write_table(path, CARD, columns, [{"digits/test/10/1/loss-curve": [[1.0]]}])
    assert list(path.parent.iterdir()) == []


def test_the_hash_is_of_the_values_alone():
    values = np.array([1.0, np.nan])
    negative_nan = np.array([1.0, -np.nan])
    assert tables.content_sha256({"a": values}) == tables.content_sha256({"a": negative_nan})
    assert tables.content_sha256({"a": values}) != tables.content_sha256({"b": values})
    assert tables.content_sha256({"a": values}) != tables.content_sha256({"a": values + 1e-12})
