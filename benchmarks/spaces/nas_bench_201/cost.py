"""Parameters and multiply-accumulates of a NAS-Bench-201 network in closed form.

Three stages of N cells with C, 2C and 4C channels (the benchmark: C = 16, N = 5). Only the two
convolutions cost anything, so a cell's cost is a sum over its edges. Convolutions have no bias.
BatchNorm counts as parameters but not as multiply-accumulates; as in the benchmark's own counter,
the classifier's bias counts as both.
"""

from collections.abc import Sequence

from benchmarks.datasets import Dataset

CHANNELS = 16
CELLS_PER_STAGE = 5
_STAGES = (1, 2, 4)  # width in C, and divisor of the image's side
_AREA = {"nor_conv_1x1": 1, "nor_conv_3x3": 9}  # of the kernel


def parameters(
    operations: Sequence[str],
    dataset: Dataset,
    channels: int = CHANNELS,
    cells_per_stage: int = CELLS_PER_STAGE,
) -> int:
    """Return the number of trainable parameters of the stand-alone network."""

    def convolution(width_in: int, width: int, area: int) -> int:
        return width_in * width * area + 2 * width  # including its BatchNorm

    total = convolution(3, channels, 9)
    for scale in _STAGES:
        width = scale * channels
        if scale > 1:
            total += convolution(width // 2, width, 9) + convolution(width, width, 9)
            total += width // 2 * width  # the shortcut has no BatchNorm
        edges = sum(convolution(width, width, area) for area in _areas(operations))
        total += cells_per_stage * edges
    return total + 2 * 4 * channels + _classifier(dataset, channels)


def macs(
    operations: Sequence[str],
    dataset: Dataset,
    channels: int = CHANNELS,
    cells_per_stage: int = CELLS_PER_STAGE,
) -> int:
    """Return the multiply-accumulates of convolutions and classifier for one image."""
    total = 3 * channels * 9 * dataset.side**2
    for scale in _STAGES:
        width, pixels = scale * channels, (dataset.side // scale) ** 2
        if scale > 1:
            block = (width // 2 * 9 + width * 9 + width // 2) * width
            total += block * pixels
        total += cells_per_stage * sum(_areas(operations)) * width**2 * pixels
    return total + _classifier(dataset, channels)


def _areas(operations: Sequence[str]) -> list[int]:
    return [_AREA[operation] for operation in operations if operation in _AREA]


def _classifier(dataset: Dataset, channels: int) -> int:
    return (4 * channels + 1) * dataset.classes
