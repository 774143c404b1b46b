"""Streams of batches: every image once a pass, and the same bits after a stop."""

import io

import pytest
import torch

from benchmarks.datasets.augmentation import NAS_BENCH_201, Augmentation
from benchmarks.datasets.batches import BatchStream
from benchmarks.datasets.images import Images
from benchmarks.errors import UserError

# Each image's label is its index, so that a batch shows which images it holds.
IMAGES = Images(
    torch.randint(256, (20, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator()),
    torch.arange(20),
)
SPLIT = torch.tensor([1, 3, 5, 7, 9, 11, 13, 15, 17, 19])


def stream_of(batch_size: int = 4, seed: int = 0, choices: int = 0) -> BatchStream:
    return BatchStream(
        IMAGES,
        SPLIT,
        batch_size,
        Augmentation(NAS_BENCH_201["cifar10"]),
        order=torch.Generator().manual_seed(seed),
        choices=torch.Generator().manual_seed(choices),
    )


def test_a_pass_shows_every_image_of_the_split_once():
    stream = stream_of()
    assert stream.batches_per_pass == 3
    orders = []
    for _ in range(3):
        labels = [stream.next()[1] for _ in range(3)]
        assert [len(each) for each in labels] == [4, 4, 2]
        orders.append(torch.cat(labels).tolist())
        assert sorted(orders[-1]) == SPLIT.tolist()
    assert orders[0] != orders[1] != orders[2]


def test_order_and_augmentation_are_drawn_apart():
    first, other = stream_of(), stream_of(choices=1)
    images, labels = first.next()
    other_images, other_labels = other.next()
    assert torch.equal(labels, other_labels)
    assert not torch.equal(images, other_images)


@pytest.mark.parametrize("done", [0, 1, 3, 5])
def test_a_restored_stream_continues_with_the_same_bits(done):
    stream = stream_of()
    for _ in range(done):
        stream.next()
    file = io.BytesIO()
    torch.save(stream.state(), file)
    expected = [stream.next() for _ in range(5)]
    file.seek(0)
    resumed = stream_of(seed=9, choices=9)
    resumed.restore(torch.load(file, weights_only=True))
    for images, labels in expected:
        found_images, found_labels = resumed.next()
        assert torch.equal(found_images, images)
        assert torch.equal(found_labels, labels)


@pytest.mark.parametrize("size", [0, 11])
def test_a_batch_that_does_not_fit(size):
    with pytest.raises(
        UserError, match=f"batch_size {size} does not fit the 10 images of the split"
    ):
        stream_of(size)
