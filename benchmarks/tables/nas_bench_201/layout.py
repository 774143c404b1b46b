"""What all tables of NAS-Bench-201 have in common: keys and sizes of splits.

Dong and Yang, ICLR 2020, sections 2.2 and 2.3, and the benchmark's query code.
"""

from collections.abc import Mapping

import numpy as np

from benchmarks.errors import UserError
from benchmarks.tables.query import Query
from benchmarks.tables.table import Evaluation

IMAGES = {
    ("cifar10-valid", "train"): 25_000,
    ("cifar10-valid", "x-valid"): 25_000,
    ("cifar10-valid", "ori-test"): 10_000,
    ("cifar10", "train"): 50_000,
    ("cifar10", "ori-test"): 10_000,
    ("cifar100", "train"): 50_000,
    ("cifar100", "x-valid"): 5_000,
    ("cifar100", "x-test"): 5_000,
    ("cifar100", "ori-test"): 10_000,
    ("ImageNet16-120", "train"): 151_700,
    ("ImageNet16-120", "x-valid"): 3_000,
    ("ImageNet16-120", "x-test"): 3_000,
    ("ImageNet16-120", "ori-test"): 6_000,
}
"""Images by (dataset key, split); 'x-valid' and 'x-test' are the halves of 'ori-test', except that
the x-valid of 'cifar10-valid' is the other half of the training set."""

EVALUATIONS: Mapping[str, Evaluation] = {
    # CIFAR-10's test accuracy is that of networks trained on all 50,000 images; its validation
    # accuracy exists only for networks trained on half of them.
    "cifar10": Evaluation(
        valid=Query("cifar10-valid", "x-valid", 200, None),
        test=Query("cifar10", "ori-test", 200, None),
    ),
    "cifar100": Evaluation(
        valid=Query("cifar100", "x-valid", 200, None),
        test=Query("cifar100", "x-test", 200, None),
    ),
    "imagenet16-120": Evaluation(
        valid=Query("ImageNet16-120", "x-valid", 200, None),
        test=Query("ImageNet16-120", "x-test", 200, None),
    ),
}
"""The accuracies that the papers report, by dataset."""

_ROUNDING_IMAGES = 0.02


def whole_images(accuracy: np.ndarray, images: int, source: str) -> np.ndarray:
    """Round accuracies in percent to a whole number of correctly classified images out of `images`.

    NaN stays NaN. `source` is what the error message calls the file.

    Raises:
        UserError: a value is not close to a whole number of images, or not in [0, 100].
    """
    counts = accuracy * (images / 100)
    rounded = np.round(counts)
    known = ~np.isnan(counts)
    whole = np.abs(counts - rounded)[known] <= _ROUNDING_IMAGES
    inside = (rounded[known] >= 0) & (rounded[known] <= images)
    if not (whole.all() and inside.all()):
        raise UserError(
            f"{source} holds accuracies that are not whole numbers of {images} images, "
            "so it is not the expected table. Download it again from its publisher."
        )
    return 100 * rounded / images
