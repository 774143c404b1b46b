"""What every table of NAS-Bench-201 has in common: keys, sizes of splits, known values.

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
    # CIFAR-10's test accuracy is that of the networks trained on all 50,000 images, its validation
    # accuracy exists only for those trained on half of them.
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
"""The numbers that the papers report, by dataset."""

_FLOAT_NOISE_IMAGES = 0.02


def whole_images(accuracy: np.ndarray, images: int, called: str) -> np.ndarray:
    """Accuracies in percent without float noise: each is a whole number of `images`.

    NaN stays NaN.

    Raises:
        UserError: a value is no whole number of images, or not between 0 and 100 percent.
    """
    counts = accuracy * (images / 100)
    rounded = np.round(counts)
    known = ~np.isnan(counts)
    whole = np.abs(counts - rounded)[known] <= _FLOAT_NOISE_IMAGES
    inside = (rounded[known] >= 0) & (rounded[known] <= images)
    if not (whole.all() and inside.all()):
        raise UserError(
            f"{called} holds accuracies that are no whole number of {images} images, "
            "so it is not the table it should be. Get it again from its publisher."
        )
    return 100 * rounded / images
