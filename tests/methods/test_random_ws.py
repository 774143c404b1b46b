"""Random search with weight sharing: paths for the weights, then a competition."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.datasets.augmentation import Augmentation, Normalisation
from benchmarks.errors import UserError
from benchmarks.spaces.mixture import Mixture
from benchmarks.spaces.nas_bench_201.architecture import EDGES, OPERATIONS, Architecture
from harness.contract.fake_task import FakeTask
from harness.settings.resolution import resolve
from methods.differentiable import paths
from methods.differentiable.search import BilevelSearch
from methods.differentiable.step import Step
from methods.random_weight_sharing import RandomWeightSharing
from tests.methods.dispatched import Convolutions

TINY = {"channels": 4, "cells_per_stage": 1, "batch_size": 6, "epochs": 2, "steps_per_epoch": 2}
COMPETING = {"draws": 4, "draw_batch_size": 10}


def search_of(name="paper", task_class=FakeTask, **changes) -> BilevelSearch:
    overrides = {key: str(value) for key, value in {**TINY, **COMPETING, **changes}.items()}
    found = resolve(RandomWeightSharing, "nas-bench-201", "cifar10", name, overrides)
    return BilevelSearch(RandomWeightSharing(), task_class(found.settings))


def mixture_of(search: BilevelSearch) -> Mixture:
    """The mixture of a step of the weights."""
    step = Step("weights", lambda _: torch.zeros(()), search.task.generator)
    return search.method.mixture(search, step)


@pytest.mark.parametrize("name", ["paper", "common", "quick"])
def test_a_step_computes_one_operation_on_each_edge(name):
    search = search_of(name)
    mixture = mixture_of(search)
    assert mixture.active["cell"].shape == (6, 5)
    assert mixture.active["cell"].sum(axis=1).tolist() == [1] * 6
    np.testing.assert_array_equal(mixture.weights["cell"].numpy(), mixture.active["cell"])


def test_a_step_runs_only_the_convolutions_of_its_path():
    search = search_of()
    train = search.next_batch("search_train")
    for _ in range(5):
        mixture = mixture_of(search)
        columns = mixture.active["cell"].argmax(axis=1)
        on_path = sum(OPERATIONS[column].startswith("nor_conv") for column in columns)
        with torch.no_grad(), Convolutions() as seen:
            search.loss("search_train", train, mixture)
        packed = 1 + 2 * 3 + 3 * on_path  # stem, residual blocks, three cells
        assert 7 <= seen.forward <= packed


def test_paths_are_uniform():
    search = search_of()
    counts = sum(mixture_of(search).active["cell"].astype(int) for _ in range(4000))
    # Binomial(4000, 1/5): 800, standard deviation 25.
    assert np.abs(counts - 800).max() < 4.5 * 25.3


def test_natss_paths_are_each_cells_own_and_feed_every_node():
    search = search_of("nats-bench")
    drawn = np.stack([mixture_of(search).active["cell"] for _ in range(1000)])
    assert drawn.shape == (1000, 3, 6, 5)
    assert (drawn.sum(axis=3) == 1).all()
    assert (drawn[:, 0] != drawn[:, 1]).any()
    nones = drawn[..., OPERATIONS.index("none")]
    for node in (1, 2, 3):
        entering = [target == node for _, target in EDGES]
        assert not nones[:, :, entering].all(axis=2).any()
    assert nones[:, :, 1].any()  # `none` itself is drawn, where another edge feeds the node
    weights = mixture_of(search).weights["cell"]
    assert weights.shape == (3, 6, 5)


def test_each_cell_computes_its_own_path():
    search = search_of("nats-bench")
    train = search.next_batch("search_train")
    active = np.zeros((3, 6, 5), bool)
    active[:, :, OPERATIONS.index("skip_connect")] = True
    active[1, 2] = np.eye(5, dtype=bool)[OPERATIONS.index("nor_conv_3x3")]
    mixture = Mixture({"cell": torch.from_numpy(active).double()}, {"cell": active})
    with torch.no_grad(), Convolutions() as seen:
        search.loss("search_train", train, mixture)
    assert seen.forward == 7 + 1


def test_there_is_no_alpha_and_no_step_of_it():
    search = search_of()
    assert search.alphas == []
    with torch.no_grad():
        before = [each.clone() for each in search.weights]
    outcome = search.run()
    assert search.alpha_optimizer.state_dict()["state"] == {}
    assert not all(torch.equal(*pair) for pair in zip(before, search.weights, strict=True))
    assert outcome.simulated_seconds is None


def test_weights_off_the_path_have_momentum_and_decay_all_the_same():
    """However a supernet packs them: here a path of skips follows one of convolutions."""
    search = search_of(weight_clip=0)
    train = search.next_batch("search_train")
    for operation in ("nor_conv_3x3", "skip_connect"):
        active = np.zeros((6, 5), bool)
        active[:, OPERATIONS.index(operation)] = True
        mixture = Mixture({"cell": torch.from_numpy(active).double()}, {"cell": active})
        search.mixture = lambda mixture=mixture: mixture  # type: ignore[method-assign]
        weight = search.supernet.get_parameter("cells.0.sources.0.nor_conv_3x3.convolution.weight")
        before = weight.detach().clone()
        search.step_weights(train)
        assert not torch.equal(weight, before), operation


class _Oracle(nn.Module):
    """A supernet that is right on as many images as a path has convolutions of 3 x 3."""

    def __init__(self) -> None:
        super().__init__()
        self.labels = torch.zeros(0)
        self.scored: list[int] = []

    def forward(self, images, mixture):
        assert not self.training
        assert not torch.is_grad_enabled()
        right = int(mixture.active["cell"][:, OPERATIONS.index("nor_conv_3x3")].sum())
        self.scored.append(right)
        answers = self.labels.clone()
        answers[right:] = (answers[right:] + 1) % 3
        return nn.functional.one_hot(answers, 3).double()


@pytest.mark.parametrize("name", ["paper", "nats-bench"])
def test_the_best_score_wins(name):
    search = search_of(name, draws=50)
    oracle = _Oracle()
    search.supernet = oracle
    taken, parts = search.next_batch, []

    def watched(part):
        images, oracle.labels = taken(part)
        parts.append(part)
        return images, oracle.labels

    search.next_batch = watched  # type: ignore[method-assign]
    found = search.method.select(search)
    assert len(oracle.scored) == 50
    assert parts == ["search_valid"] * 50
    assert found.operations.count("nor_conv_3x3") == max(oracle.scored) > 1
    task: Any = search.task
    scores = [each["score"] for each in task.logged]
    assert scores == sorted(set(scores))  # every improvement, in percent of a batch of ten
    assert scores[-1] == 10 * max(oracle.scored)
    assert task.logged[-1]["architecture"] == found


def test_an_outcome_tells_how_many_were_scored():
    search = search_of()
    assert RandomWeightSharing().search(search.task).evaluated == 4


def test_draws_are_scored_on_images_as_they_are():
    asked = {}

    class Watching(FakeTask):
        def batches(self, split, **options):
            asked[split] = options
            return super().batches(split, **options)

    search_of(task_class=Watching)
    assert asked["search_train"].get("augmented", True)
    assert asked["search_train"]["batch_size"] == 6
    assert not asked["search_valid"]["augmented"]
    assert asked["search_valid"]["batch_size"] == 10


def test_images_as_they_are_are_neither_flipped_nor_shifted():
    normalisation = Normalisation((0.4, 0.5, 0.6), (0.2, 0.2, 0.2))
    plain = Augmentation(normalisation, padding=0, flip_share=0.0)
    pixels = torch.arange(4 * 3 * 5 * 5, dtype=torch.uint8).view(4, 3, 5, 5)
    choices = plain.draw(4, 5, torch.Generator().manual_seed(0))
    torch.testing.assert_close(plain.apply(pixels, choices), normalisation(pixels))


def path_of(columns: list[int]) -> paths.Path:
    return {"cell": np.eye(5, dtype=bool)[columns]}


@pytest.mark.parametrize(("name", "repeats"), [("paper", True), ("nats-bench", False)])
def test_draws_repeat_only_with_replacement(name, repeats, monkeypatch):
    search = search_of(name, draws=4)
    columns = iter([3, 3, 2, 3, 1, 0])
    monkeypatch.setattr(paths, "drawn", lambda space, rng: path_of([next(columns)] * 6))
    method: Any = search.method
    found = [path["cell"][0].argmax() for path in method._competitors(search)]
    assert found == ([3, 3, 2, 3] if repeats else [3, 2, 1, 0])


def test_a_path_is_the_architecture_of_its_columns():
    found = paths.architecture(FakeTask(None).space, path_of([0, 1, 2, 3, 4, 3]))
    assert found == Architecture(tuple(OPERATIONS[column] for column in (0, 1, 2, 3, 4, 3)))


def test_more_draws_than_architectures_are_a_users_mistake():
    search = search_of("nats-bench", draws=15_626)
    with pytest.raises(UserError, match="has 15,625 architectures, so that no more can be drawn"):
        RandomWeightSharing().rehearse(search.task)
    with pytest.raises(UserError, match="draws and draw_batch_size must be at least 1"):
        search_of(draws=0)


def test_common_is_the_papers_protocol_under_the_hosts_epochs():
    found = resolve(RandomWeightSharing, "nas-bench-201", "cifar10", "common", {})
    paper = resolve(RandomWeightSharing, "nas-bench-201", "cifar10", "paper", {})
    differing = {
        ours.name
        for ours, theirs in zip(found.resolved, paper.resolved, strict=True)
        if ours.value != theirs.value
    }
    assert differing == {"epochs"}
    assert found.settings.epochs == 50
