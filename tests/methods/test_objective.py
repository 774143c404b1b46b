"""An objective with a hidden state, measured in perplexity, in the loop of the gradient methods."""

import math
from typing import Any

import pytest
import torch

import harness
from benchmarks.spaces import SPACES
from harness.contract import checks
from harness.contract.fake_task import FakeTask, settings_of
from harness.storage import evaluated
from methods import METHODS
from methods.differentiable import gradients
from methods.differentiable.search import BilevelSearch
from tests.benchmarks.spaces.sequences import SPACE

NAMES = ["darts-1st", "darts-2nd", "asap", "random-ws", "random-search"]
SHORT = {"epochs": 2, "steps_per_epoch": 3, "alpha_lr": 0.1}


@pytest.fixture(autouse=True)
def sequences(override):
    override(SPACES, "sequences", "tests.benchmarks.spaces.sequences:SPACE")


def search_of(name: str = "darts-1st", **changes: Any) -> BilevelSearch:
    settings = settings_of(METHODS[name], "sequences", **{**SHORT, **changes})
    method: Any = METHODS[name]()
    return BilevelSearch(method, FakeTask(settings, space=SPACE))


def logged(search: BilevelSearch) -> list[dict[str, Any]]:
    task: Any = search.task
    return task.logged


@pytest.mark.parametrize("check", list(checks.CHECKS_OF_SEARCH))
@pytest.mark.parametrize("name", NAMES)
def test_methods_keep_the_contract_with_a_hidden_state(name, check):
    """Among the checks: a search killed within an epoch, and so within a sequence, resumes."""
    checks.CHECKS_OF_SEARCH[check](METHODS[name], "sequences")


def test_it_logs_the_perplexity_of_its_loss():
    search = search_of()
    search.run()
    for row in logged(search):
        assert row["search_train_perplexity"] == pytest.approx(math.exp(row["search_train_loss"]))
        assert not any("accuracy" in name for name in row)


@pytest.mark.parametrize("name", ["darts-1st", "darts-2nd"])
def test_each_split_has_a_state_that_a_pair_of_steps_advances_once(name, monkeypatch):
    """All passes start where the pair before ended, and it ends at the weights as they are."""
    search = search_of(name, epochs=1)
    batches, starts = [], {}
    plain = SPACE.objective.loss

    def noting(model, batch, memory, **options):
        batches.append(batch)  # kept, so that no two have one identity
        starts.setdefault(id(batch[0]), []).append(memory)
        return plain(model, batch, memory, **options)

    monkeypatch.setattr(SPACE.objective, "loss", noting)
    search.run()
    assert len(starts) == 6  # three batches of each split
    firsts = [memories[0] for memories in starts.values()]
    for memories, first in zip(starts.values(), firsts, strict=True):
        assert all(each is first for each in memories)
    assert [each is None for each in firsts] == [True, True, False, False, False, False]
    assert len({each.sum().item() for each in firsts[2:]}) == 4


def test_the_second_order_leaves_the_state_of_the_weights_as_they_are():
    search = search_of("darts-2nd")
    train, valid = (search.next_batch(split) for split in ("search_train", "search_valid"))
    options: Any = {"label_smoothing": 0.0, "step": "alpha"}
    with torch.no_grad():
        model = lambda x, memory: search.supernet(x, search.mixture(), memory)  # noqa: E731
        expected = SPACE.objective.loss(model, valid, None, **options).memory
    gradients.unrolled(search, train, valid, "finite_difference", 0.01)
    torch.testing.assert_close(search.memory_after["search_valid"], expected)


def test_results_state_the_metric_where_the_space_is_not_known(tmp_path, monkeypatch):
    """A report comes from the records alone, without the plug-in."""
    harness.run(
        "random", spaces="sequences", datasets="digits", seeds=1, executor="debug", out=tmp_path,
        report=False,
    )  # fmt: skip
    monkeypatch.setattr(evaluated, "SPACES", {})
    found: Any = harness.results(tmp_path)
    assert found["metric"].tolist() == ["perplexity"]


def test_a_state_begins_anew_in_each_epoch(monkeypatch):
    seen = []
    search = search_of()
    plain = SPACE.objective.loss

    def noting(model, batch, memory, **options):
        seen.append(memory is None)
        return plain(model, batch, memory, **options)

    monkeypatch.setattr(SPACE.objective, "loss", noting)
    search.run()
    assert sum(seen) == 4  # the first pair of steps in both epochs


def test_the_lower_perplexity_wins_among_sampled_paths():
    search = search_of("random-ws", draws=6, draw_batch_size=10)
    search.run()
    scores = [row["score"] for row in logged(search)]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) >= 2
