"""A search space: two layers, each with one of four operations.

    python -m harness tabulate --plugin my_space.py --space two-layers --dataset digits \
        --out two-layers.parquet
    python -m harness run --plugin my_space.py --spaces two-layers --methods random-search,random \
        --table two-layers.parquet

It builds no supernet, so gradient methods leave it out and say so.
"""

from benchmarks.datasets import dataset as dataset_named
from benchmarks.spaces import SPACES
from benchmarks.spaces.cell_space import CellSpace
from benchmarks.spaces.cell_type import CellType, Edge

OPERATIONS = ("none", "skip", "conv1x1", "conv3x3")
SIDES = {"conv1x1": 1, "conv3x3": 3}
LAYERS = CellType("layers", inputs=1, edges=(Edge(0, 1, OPERATIONS), Edge(1, 2, OPERATIONS)))


class TwoLayerSpace(CellSpace):
    """Two layers in a row, sixteen architectures."""

    name = "two-layers"
    version = "2"
    borrows_protocols_of = "nas-bench-201"  # random search takes its `common` and `quick`
    cell_types = {"layers": LAYERS}
    weightless = frozenset({"none", "skip"})
    size = LAYERS.size
    network_sizes = {"tiny": {"channels": 8}}
    networks_stack = True

    def index(self, architecture):
        first, second = (OPERATIONS.index(operation) for operation in self.layers(architecture))
        return first * len(OPERATIONS) + second

    def architecture(self, index):
        first, second = (OPERATIONS[place] for place in divmod(index, len(OPERATIONS)))
        return self.build({"layers": ((0, 1, first), (1, 2, second))})

    def layers(self, architecture):
        return [operation for _, _, operation in self.chosen(architecture)["layers"]]

    def canonical(self, architecture):
        return self.architecture(self.training_shares()[self.index(architecture)])

    def is_connected(self, architecture):
        return "none" not in self.layers(architecture)

    def training_shares(self):
        """A skip before a layer is the same network as one after it."""
        kept = [self._kept(self.architecture(index)) for index in range(self.size)]
        return [kept.index(each) for each in kept]

    def near_shares(self):
        return []

    def _kept(self, architecture):
        if not self.is_connected(architecture):
            return None
        return [operation for operation in self.layers(architecture) if operation != "skip"]

    def network(self, architecture, dataset, rng, channels=8):
        from torch import nn

        from benchmarks.spaces.initialisation import initialise

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

    def parameters(self, architecture, dataset, channels=8):
        layers = sum(
            channels**2 * SIDES[operation] ** 2 + 2 * channels
            for operation in self._kept(architecture) or ()
        )
        classifier = (channels + 1) * dataset_named(dataset).classes
        return 27 * channels + 2 * channels + layers + classifier

    def macs(self, architecture, dataset, channels=8):
        areas = sum(SIDES[operation] ** 2 for operation in self._kept(architecture) or ())
        images = dataset_named(dataset)
        convolutions = (27 * channels + areas * channels**2) * images.side**2
        return convolutions + (channels + 1) * images.classes


SPACE = TwoLayerSpace()
SPACES.add(SPACE.name, f"{__name__}:SPACE")
