"""Image datasets: what an architecture's size and a search depend on."""

from dataclasses import dataclass

from benchmarks.errors import unknown


@dataclass(frozen=True)
class Dataset:
    """The shape of a dataset's images and labels."""

    name: str
    classes: int
    side: int
    """Height and width of an image in pixels."""
    folder: str | None = None
    """Of the files that torchvision reads, in the data folder; None where there are no images."""


DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset("cifar10", classes=10, side=32, folder="cifar-10-batches-py"),
        Dataset("cifar100", classes=100, side=32, folder="cifar-100-python"),
        Dataset("imagenet16-120", classes=120, side=16),  # Dong and Yang, ICLR 2020, section 2.2
    )
}


def dataset(name: str) -> Dataset:
    """The dataset of that name; UserError where there is none."""
    if name not in DATASETS:
        raise unknown("dataset", name, DATASETS)
    return DATASETS[name]
