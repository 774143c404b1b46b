"""Methods that sample, perturb, search in stages or penalise, written against public names only."""

import copy
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.spaces import SPACES
from harness.contract import checks
from harness.contract.fake_task import FakeTask, settings_of
from methods.darts import SecondOrderDarts
from methods.differentiable import gradients
from methods.differentiable.search import BilevelSearch
from tests.methods import plugins
from tests.methods.plugins.gumbel import Gumbel
from tests.methods.plugins.penalised import Penalised
from tests.methods.plugins.perturbed import Perturbed
from tests.methods.plugins.staged import Staged

METHODS = {each.name: each for each in (Gumbel, Perturbed, Staged, Penalised)}
SHORT = {"epochs": 4, "steps_per_epoch": 2, "alpha_lr": 0.1}


def search_of(method: type[Any], space: str = "nas-bench-201", **changes: Any) -> BilevelSearch:
    settings = settings_of(method, space, **{**SHORT, **changes})
    return BilevelSearch(method(), FakeTask(settings, space=SPACES[space]))


@pytest.mark.parametrize("path", sorted(Path(plugins.__path__[0]).glob("[a-z]*.py")), ids=str)
def test_each_is_one_short_file_without_private_names(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 50
    assert not re.findall(r"[\w\]\)]\._[a-z]\w*|import _\w+", text)


@pytest.mark.parametrize("check", list(checks.CHECKS_OF_SEARCH))
@pytest.mark.parametrize("name", METHODS)
def test_they_keep_the_contract(name, check, examples):
    checks.CHECKS_OF_SEARCH[check](METHODS[name], "small-cells")


class UnrolledGumbel(Gumbel, SecondOrderDarts):
    """Sampling in the second order, whose step takes four passes."""

    host = "darts-2nd"
    Settings = SecondOrderDarts.Settings


def noting_mixtures(search: BilevelSearch, monkeypatch) -> list[tuple[str, Any]]:
    """Whose step each mixture was made for, and the mixture."""
    made = []
    plain = search.method.mixture

    def noting(its_search, step):
        mixture = plain(its_search, step)
        made.append((step.of, mixture))
        return mixture

    monkeypatch.setattr(search.method, "mixture", noting)
    return made


def take_a_pair_of_steps(search: BilevelSearch) -> None:
    train, valid = (search.next_batch(split) for split in ("search_train", "search_valid"))
    search.step_weights(train)
    search.step_alpha(train, valid)


def test_a_sample_is_one_operation_and_the_same_in_all_passes_of_a_step(monkeypatch):
    search = search_of(UnrolledGumbel)
    made = noting_mixtures(search, monkeypatch)
    for _ in range(2):
        take_a_pair_of_steps(search)
    assert [of for of, _ in made] == (["weights"] + 4 * ["alpha"]) * 2
    for _, mixture in made:
        assert mixture.active["cell"].sum(axis=1).tolist() == [1] * 6
        found = mixture.weights["cell"].detach().numpy()
        np.testing.assert_allclose(found, mixture.active["cell"], atol=1e-12)
    samples = [tuple(mixture.active["cell"].argmax(axis=1)) for _, mixture in made]
    assert len(set(samples[1:5])) == len(set(samples[6:10])) == 1
    assert len({samples[0], samples[1], samples[5], samples[6]}) == 4


def test_the_entropy_is_that_of_alpha_and_not_of_a_sample():
    search = search_of(Gumbel, alpha_lr=1e-9)
    search.run()
    task: Any = search.task
    assert [row["entropy"] for row in task.logged] == pytest.approx([np.log(5)] * 4, abs=1e-4)


def test_only_the_weights_see_the_perturbation_and_it_is_bounded(monkeypatch):
    search = search_of(Perturbed, last_epsilon=0.4)
    search.epoch = 2
    plain = search.method.weights(search).weights["cell"].detach()  # until alpha's step
    made = noting_mixtures(search, monkeypatch)
    take_a_pair_of_steps(search)
    (_, of_weights), (_, of_alpha) = made
    assert 0.05 < (of_weights.weights["cell"] - plain).abs().max() <= 0.4 * 2 / 4
    assert torch.equal(of_alpha.weights["cell"], plain)


@pytest.mark.parametrize(("space", "channels"), [("nas-bench-201", 8), ("small-cells", 0)])
def test_a_stage_is_kept_to_the_end_and_over_a_kill(space, channels, examples):
    """What left takes no part any more; a search killed in the second stage ends the same."""
    search = search_of(Staged, space, second_channels=channels)
    task: Any = search.task
    task.is_save_due, states = True, []
    task.on_save = lambda: states.append(copy.deepcopy(task.saved))
    outcome = search.run()
    for name, mask in search.stage.active.items():
        alpha = search.parameters["alpha"][name]
        assert mask.sum(axis=1).tolist() == [-(-alpha.shape[1] // 2)] * len(mask)
        weights = search.method.weights(search).weights[name].detach().numpy()
        assert (weights[~mask] == 0).all()
        assert (weights[mask] > 0).all()
        rows = {(e.source, e.target): e.operations for e in SPACES[space].cell_types[name].edges}
        places = list(rows)
        for source, target, operation in SPACES[space].chosen(outcome.architecture)[name]:
            column = rows[source, target].index(operation)
            assert mask[places.index((source, target)), column]
    widths = {
        each.shape[0] for key, each in search.supernet.state_dict().items() if "stem.0" in key
    }
    assert widths == {channels or 4}
    resumed = FakeTask(task.settings, space=task.space, saved=states[-3])
    again = BilevelSearch(Staged(), resumed)
    assert again.run() == outcome
    for ours, theirs in zip(again.weights, search.weights, strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("order", ["first", "exact"])
def test_the_penalty_is_part_of_alphas_gradient(order):
    """The gradient with it, less that without, is the penalty's by central differences."""
    search = search_of(Penalised, alpha_init_scale=0.5)
    search.epoch = 2
    train, valid = (search.next_batch(split) for split in ("search_train", "search_valid"))
    alpha = search.parameters["alpha"]["cell"]

    def gradient() -> torch.Tensor:
        if order == "first":
            return gradients.first_order(search, valid)[0].detach()
        return gradients.unrolled(search, train, valid, "exact", 0.01)[0].detach()

    with_it = gradient()
    method: Any = search.method
    method.penalty, penalty = lambda _: None, method.penalty
    without = gradient()
    expected = torch.zeros_like(alpha)
    for place in np.ndindex(*alpha.shape):
        sides = []
        for step in (1e-5, -1e-5):
            with torch.no_grad():
                alpha[place] += step
                sides.append(penalty(search).item())
                alpha[place] -= step
        expected[place] = (sides[0] - sides[1]) / 2e-5
    assert expected.detach().abs().max() > 0.1
    torch.testing.assert_close(with_it - without, expected.detach(), rtol=1e-6, atol=1e-8)


class Adversarial(Perturbed):
    """SDARTS's other kind: the weights see the mixture moved uphill on the step's own batch."""

    def mixture(self, search, step):
        found = self.weights(search)
        if step.of == "alpha":
            return found
        weights = found.weights["cell"].detach().requires_grad_()
        (uphill,) = torch.autograd.grad(
            step.loss(replace(found, weights={"cell": weights})), weights
        )
        return replace(found, weights={"cell": (weights + 0.2 * uphill.sign()).detach()})


def test_a_perturbation_may_be_the_worst_for_the_batch_of_its_step(monkeypatch):
    """The step's loss can be differentiated, is not counted, and moves no running statistics."""
    search = search_of(Adversarial, track_running_stats=True)
    train = search.next_batch("search_train")
    plain = search.method.weights(search).detached()
    tracked = {key: each.clone() for key, each in search.supernet.state_dict().items()}
    before = search.loss("search_train", train, plain, counted=False).item()
    search.supernet.load_state_dict(tracked)
    made = noting_mixtures(search, monkeypatch)
    search.step_weights(train)
    ((_, worst),) = made
    counted = {key: each for key, each in search.supernet.state_dict().items() if "num_b" in key}
    assert counted
    assert all(each == tracked[key] + 1 for key, each in counted.items())
    search.supernet.load_state_dict(tracked)
    assert search.loss("search_train", train, worst, counted=False).item() > before + 0.01
