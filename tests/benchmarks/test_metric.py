"""What a metric says of its values, and how it is found by its name."""

import pytest

from benchmarks import metric as metrics
from benchmarks.errors import UserError
from benchmarks.metric import ACCURACY, PERPLEXITY, Metric, find_metric, register_metric

RATE = Metric("error rate", "%", higher_is_better=False, decimals=3)


def test_comparisons_follow_the_direction():
    assert ACCURACY.is_better(91.0, 90.0)
    assert PERPLEXITY.is_better(90.0, 91.0)
    assert not PERPLEXITY.is_better(90.0, 90.0)
    assert (ACCURACY.gain(91, 90), PERPLEXITY.gain(91, 90)) == (1, -1)
    values = [60.0, 90.0, 55.0, 55.0]
    assert (ACCURACY.best(values), PERPLEXITY.best(values)) == (1, 2)
    assert (ACCURACY.worst_of(values), PERPLEXITY.worst_of(values)) == (55, 90)


def test_a_missing_value_is_never_better():
    for each in (ACCURACY, PERPLEXITY):
        assert not each.is_better(float("nan"), 1.0)


def test_words():
    assert (ACCURACY.plural, PERPLEXITY.plural, RATE.plural) == (
        "accuracies", "perplexities", "error rates",
    )  # fmt: skip
    assert (ACCURACY.label, PERPLEXITY.label) == ("accuracy, %", "perplexity")
    assert (ACCURACY.in_words, PERPLEXITY.in_words) == ("accuracy in percent", "perplexity")
    assert (ACCURACY.text(94.368), PERPLEXITY.text(55.7), RATE.text(5.5)) == (
        "94.37 %", "55.70", "5.500 %",
    )  # fmt: skip
    assert (ACCURACY.worsened, ACCURACY.improved, ACCURACY.worsening) == ("dropped", "rose", "drop")
    assert (PERPLEXITY.worsened, PERPLEXITY.improved, PERPLEXITY.worsening) == (
        "rose", "dropped", "rise",
    )  # fmt: skip


def test_metrics_are_found_by_their_name(monkeypatch):
    monkeypatch.setattr(metrics, "METRICS", dict(metrics.METRICS))
    assert find_metric("perplexity") is PERPLEXITY
    with pytest.raises(UserError, match="Unknown metric 'error rate'"):
        find_metric("error rate")
    register_metric(RATE)
    register_metric(RATE)
    assert find_metric("error rate") == RATE
    with pytest.raises(UserError, match="Two metrics are named perplexity"):
        register_metric(Metric("perplexity", "", higher_is_better=True))
