"""Six deliberate defects, as an accident would put them into the code, each on one method."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch

from benchmarks.spaces.nas_bench_201 import NasBench201
from benchmarks.spaces.nas_bench_201.architecture import OPERATIONS, Architecture
from harness.guard.finding import LAYERS, Layer
from harness.trials import search_data
from methods.asap import Asap
from methods.darts import FirstOrderDarts
from methods.differentiable import gradients
from methods.differentiable.search import BilevelSearch


@dataclass(frozen=True)
class Fault:
    """A defect, and the layers that see it on the digits, cheapest first."""

    method: str
    seen_by: tuple[Layer, ...]
    inject: Callable[[pytest.MonkeyPatch], None]


def _skip_alpha_updates(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(BilevelSearch, "step_alpha", lambda self, train, valid: None)


def _freeze_batch_norm(patch: pytest.MonkeyPatch) -> None:
    """Its scale and shift are trained no more."""

    def trains(self, settings, name, module):
        return not isinstance(module, torch.nn.BatchNorm2d)

    patch.setattr(FirstOrderDarts, "trains", trains)


def _derive_over_the_wrong_axis(patch: pytest.MonkeyPatch) -> None:
    """Alpha read as (operations, edges)."""

    def derive(self, scores):
        best = scores["cell"].reshape(-1, 6).argmax(axis=0)
        return Architecture(tuple(OPERATIONS[column] for column in best))

    patch.setattr(NasBench201, "derive", derive)


def _validate_on_training_images(patch: pytest.MonkeyPatch) -> None:
    """Alpha's batches come from the images of the weights."""
    right = search_data.images_of_split

    def images_of_split(dataset, data_split, split, device):
        return right(dataset, data_split, "search_train", device)

    patch.setattr(search_data, "images_of_split", images_of_split)


def _drop_the_second_order(patch: pytest.MonkeyPatch) -> None:
    def product(search, train, vector, epsilon):
        return [torch.zeros_like(each) for each in search.alphas]

    patch.setattr(gradients, "difference_product", product)


def _ignore_the_threshold(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Asap, "epoch_start", lambda self, search: None)


FAULTS = {
    "alpha update skipped": Fault("darts-1st", ("bits", "structure"), _skip_alpha_updates),
    "BatchNorm frozen": Fault("darts-1st", ("bits", "structure"), _freeze_batch_norm),
    "second-order term dropped": Fault("darts-2nd", ("bits", "structure"), _drop_the_second_order),
    "pruning threshold ignored": Fault("asap", ("bits", "structure"), _ignore_the_threshold),
    "argmax over the wrong axis": Fault("darts-1st", LAYERS, _derive_over_the_wrong_axis),
    "validation on training images": Fault(
        "darts-1st", ("structure", "statistics"), _validate_on_training_images
    ),
}
