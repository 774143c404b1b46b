"""The splits published with NAS-Bench-201, as lists of indices.

AutoDL-Projects, configs/nas-benchmark: JSON files of the form {"train": ["int", [...]], ...}.
"""

import json
from pathlib import Path

import numpy as np

from benchmarks.errors import UserError
from benchmarks.files.download import Source

_REPOSITORY = "D-X-Y/AutoDL-Projects"
_COMMIT = "f46486e21b71ae6459a700be720d7648b5429569"

CIFAR10_SEARCH = Source(
    name="cifar-split.txt",
    repository=_REPOSITORY,
    commit=_COMMIT,
    path="configs/nas-benchmark/cifar-split.txt",
    sha256="986da6174822048d4c5a25ee8ebdb7e754cd5372b51c633ffd4898ace8db9e32",
    bytes=438_970,
)
"""Two disjoint halves of CIFAR-10's 50,000 training images, for the weights and for alpha."""

CIFAR100_TEST = Source(
    name="cifar100-test-split.txt",
    repository=_REPOSITORY,
    commit=_COMMIT,
    path="configs/nas-benchmark/cifar100-test-split.txt",
    sha256="14a5e3708e790ad57f987cdbcf202f724519475d6e8b0db34d0182e73b581bba",
    bytes=78_970,
)
"""The halves of CIFAR-100's test set behind the benchmark's 'x-valid' and 'x-test'."""

IMAGENET16_120_TEST = Source(
    name="imagenet-16-120-test-split.txt",
    repository=_REPOSITORY,
    commit=_COMMIT,
    path="configs/nas-benchmark/imagenet-16-120-test-split.txt",
    sha256="c0edac1d3676a9f21acea8feeb31336202d75b1a73df62aec31c6b45bb289a18",
    bytes=46_970,
)
"""The same for ImageNet16-120's 6,000 test images."""

SOURCES = (CIFAR10_SEARCH, CIFAR100_TEST, IMAGENET16_120_TEST)


def read(path: Path) -> dict[str, np.ndarray]:
    """Read the disjoint index lists of a file by name, each in the published order.

    Raises:
        UserError: the file is missing or invalid.
    """
    try:
        content = json.loads(path.read_text())
        split = {name: np.array(values, dtype=np.int64) for name, (_, values) in content.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise UserError(
            f"{path} is missing or not a split of NAS-Bench-201. "
            "Download it with `python -m harness data fetch nas-bench-201`."
        ) from error
    together = np.concatenate(list(split.values()))
    if len(np.unique(together)) != len(together):
        raise UserError(f"The splits in {path} share images; download the file again.")
    return split
