"""Image datasets, by name."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import unknown


@dataclass(frozen=True)
class Dataset:
    """An image dataset: its shape and where its images are stored."""

    name: str
    classes: int
    side: int
    """Height and width of an image in pixels."""
    folder: str | None = None
    """Folder of torchvision's files in the data folder; None if torchvision has no loader."""
    file: Path | None = None
    """`.npz` file with all images and their splits; see `benchmarks.datasets.image_file`."""
    noise: float = 0.0
    """Standard deviation of the noise that is added to every pixel of an image of `file` each time
    the image is used for training, in standard deviations of the training pixels."""

    @property
    def has_images(self) -> bool:
        """Whether images are available to a search; otherwise only tables have the dataset."""
        return self.folder is not None or self.file is not None


DIGITS = Dataset(
    "digits",
    classes=10,
    side=8,
    file=Path(__file__).parent / "digits" / "digits.npz",
    # Without noise, every connected architecture reaches 93-97 %, and seeds differ as much.
    noise=1.6,
)
"""Handwritten digits with noise, included in the repository."""

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
    """Return the dataset of that name; UserError if there is none."""
    if name not in DATASETS:
        raise unknown("dataset", name, DATASETS)
    return DATASETS[name]


def register(added: Dataset) -> Dataset:
    """Register a dataset for searches and for `tabulate`, and return it.

    Raises:
        ValueError: another dataset has that name.
    """
    if DATASETS.setdefault(added.name, added) != added:
        raise ValueError(f"dataset '{added.name}' is already registered")
    return added
