"""A search space: two layers, each with one of four operations.

    python -m harness tabulate --plugin my_space.py --space two-layers --dataset digits \
        --out two-layers.parquet
    python -m harness run --plugin my_space.py --spaces two-layers --methods random-search,random \
        --table two-layers.parquet

It builds no supernet, so gradient methods leave it out and say so.
"""

from collections import Counter
from dataclasses import dataclass

from benchmarks.datasets import dataset as dataset_named
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.spaces.space import Edge

OPERATIONS = ("none", "skip", "conv1x1", "conv3x3")
SIDES = {"conv1x1": 1, "conv3x3": 3}


@dataclass(frozen=True)
class TwoLayers:
    """An architecture: the operation of each layer."""

    first: str
    second: str

    def __str__(self):
        return f"{self.first}-{self.second}"


class TwoLayerSpace:
    """Two layers in a row, sixteen architectures."""

    name = "two-layers"
    version = "1"
    cell_types = ("layers",)
    borrows_protocols_of = "nas-bench-201"  # random search takes its `common` and `quick`
    size = len(OPERATIONS) ** 2
    supernet = None

    def edges(self, cell_type):
        return (Edge(0, 1, OPERATIONS), Edge(1, 2, OPERATIONS))

    def parse(self, text):
        for index in range(self.size):
            if str(self.architecture(index)) == text:
                return self.architecture(index)
        raise UserError(f"{text} is no architecture of {self.name}; an example is conv1x1-skip.")

    def index(self, architecture):
        first, second = OPERATIONS.index(architecture.first), OPERATIONS.index(architecture.second)
        return first * len(OPERATIONS) + second

    def architecture(self, index):
        return TwoLayers(*(OPERATIONS[place] for place in divmod(index, len(OPERATIONS))))

    def sample(self, rng):
        return self.architecture(int(rng.integers(self.size)))

    def canonical(self, architecture):
        return self.architecture(self.training_shares()[self.index(architecture)])

    def is_connected(self, architecture):
        return "none" not in (architecture.first, architecture.second)

    def training_shares(self):
        """A skip before a layer is the same network as one after it."""
        kept = [self._kept(self.architecture(index)) for index in range(self.size)]
        return [kept.index(each) for each in kept]

    def near_shares(self):
        return []

    def _kept(self, architecture):
        if not self.is_connected(architecture):
            return None
        layers = (architecture.first, architecture.second)
        return [operation for operation in layers if operation != "skip"]

    def derive(self, scores):
        return TwoLayers(*(OPERATIONS[column] for column in scores["layers"].argmax(axis=1)))

    def counts(self, architecture):
        counted = Counter((architecture.first, architecture.second))
        return {operation: counted[operation] for operation in OPERATIONS}

    def is_collapsed(self, architecture):
        return not self._kept(architecture)

    def network(self, architecture, dataset, rng, channels=8, **network):
        from torch import nn

        from benchmarks.spaces.nas_bench_201.network import initialise

        layers = [nn.Conv2d(3, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)]
        for operation in self._kept(architecture) or ():
            side = SIDES[operation]
            layers += [
                nn.ReLU(),
                nn.Conv2d(channels, channels, side, padding=side // 2, bias=False),
                nn.BatchNorm2d(channels),
            ]
        pooled = [nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        network = nn.Sequential(*layers, *pooled, nn.Linear(channels, dataset.classes))
        initialise(network, rng)
        return network

    def parameters(self, architecture, dataset, channels=8, **network):
        layers = sum(
            channels**2 * SIDES[operation] ** 2 + 2 * channels
            for operation in self._kept(architecture) or ()
        )
        classifier = (channels + 1) * dataset_named(dataset).classes
        return 27 * channels + 2 * channels + layers + classifier

    def macs(self, architecture, dataset, channels=8, **network):
        areas = sum(SIDES[operation] ** 2 for operation in self._kept(architecture) or ())
        images = dataset_named(dataset)
        convolutions = (27 * channels + areas * channels**2) * images.side**2
        return convolutions + (channels + 1) * images.classes

    def draw(self, architecture):
        return f"image ── {architecture.first} ── {architecture.second} ── classes"


SPACE = TwoLayerSpace()
SPACES.add(SPACE.name, f"{__name__}:SPACE")
