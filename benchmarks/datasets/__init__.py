"""Image datasets: what an architecture's size and a search depend on."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import unknown


@dataclass(frozen=True)
class Dataset:
    """The shape of a dataset's images and labels."""

    name: str
    classes: int
    side: int
    """Height and width of an image in pixels."""
    folder: str | None = None
    """Of the files that torchvision reads, in the data folder; None where it reads none."""
    file: Path | None = None
    """An `.npz` file that holds all images in three parts; see `benchmarks.datasets.parts`."""
    noise: float = 0.0
    """Standard deviation of what is added to every pixel of `file`, anew whenever an image is
    trained on, in standard deviations of the training part's pixels."""

    @property
    def has_images(self) -> bool:
        """Whether a search can use it; otherwise only tables speak of it."""
        return self.folder is not None or self.file is not None


DIGITS = Dataset(
    "digits",
    classes=10,
    side=8,
    file=Path(__file__).parent / "digits" / "digits.npz",
    # Without it every connected architecture comes to 93-97 %, and seeds differ as they do.
    noise=1.6,
)
"""Handwritten digits under noise: the benchmark that comes with the harness."""

DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset("cifar10", classes=10, side=32, folder="cifar-10-batches-py"),
        Dataset("cifar100", classes=100, side=32, folder="cifar-100-python"),
        Dataset("imagenet16-120", classes=120, side=16),  # Dong and Yang, ICLR 2020, section 2.2
        DIGITS,
    )
}


def dataset(name: str) -> Dataset:
    """The dataset of that name; UserError where there is none."""
    if name not in DATASETS:
        raise unknown("dataset", name, DATASETS)
    return DATASETS[name]


def register(added: Dataset) -> Dataset:
    """Add a dataset of one's own, for searches and for `tabulate`; return it.

    Raises:
        ValueError: the name is taken by another one.
    """
    if DATASETS.setdefault(added.name, added) != added:
        raise ValueError(f"dataset '{added.name}' is already registered")
    return added
