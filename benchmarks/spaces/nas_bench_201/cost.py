"""Parameters and multiply-accumulates of a NAS-Bench-201 network in closed form.

The network of the benchmark: 16 channels, three stages of five cells, 15 cells in all. Every
operation but the two convolutions is free, so size is a sum over edges. Convolutions carry no
bias, BatchNorm is counted in parameters but not in multiply-accumulates, and the benchmark's own
counter adds the classifier's bias to the latter.
"""

from collections.abc import Sequence

from benchmarks.datasets import Dataset

_FEATURES = 64  # channels of the last stage, the classifier's input
_BASE_PARAMETERS = 72_656  # stem, two residual blocks, last BatchNorm
_EDGE_PARAMETERS = {"nor_conv_1x1": 28_000, "nor_conv_3x3": 243_040}  # over all 15 cells

_SIDE = 32  # the multiply-accumulates below are those of 32 x 32 images; they scale with the area
_BASE_MACS = 7_782_400
_EDGE_MACS = {"nor_conv_1x1": 3_932_160, "nor_conv_3x3": 35_389_440}


def parameters(operations: Sequence[str], dataset: Dataset) -> int:
    """Trainable parameters of the stand-alone network."""
    edges = sum(_EDGE_PARAMETERS.get(operation, 0) for operation in operations)
    return _BASE_PARAMETERS + edges + _classifier(dataset)


def macs(operations: Sequence[str], dataset: Dataset) -> int:
    """Multiply-accumulates of convolutions and classifier for one image."""
    edges = sum(_EDGE_MACS.get(operation, 0) for operation in operations)
    return (_BASE_MACS + edges) * dataset.side**2 // _SIDE**2 + _classifier(dataset)


def _classifier(dataset: Dataset) -> int:
    return (_FEATURES + 1) * dataset.classes
