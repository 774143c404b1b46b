"""Training from scratch: copies computed together are what each would be alone."""

import numpy as np
import pytest
import torch

from benchmarks.datasets import Dataset
from benchmarks.spaces.nas_bench_201.architecture import Architecture
from benchmarks.spaces.nas_bench_201.network import Network
from benchmarks.training.protocol import TrainingProtocol
from benchmarks.training.stacking import stack
from benchmarks.training.training import Examples, noisy_copies, train

DIGITS = Dataset("digits", classes=10, side=8)
CELL = Architecture(
    ("nor_conv_3x3", "skip_connect", "nor_conv_1x1", "avg_pool_3x3", "none", "nor_conv_3x3")
)
SHORT = TrainingProtocol(
    name="short",
    epochs=2,
    early_epochs=1,
    batch_size=8,
    learning_rate=0.05,
)


def network(seed: int) -> Network:
    rng = torch.Generator().manual_seed(seed)
    return Network(CELL, DIGITS, rng, channels=4, cells_per_stage=1)


def examples(count: int, seed: int) -> Examples:
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(10, (count,), generator=rng)
    # As bright as their class says, so that there is something to learn.
    images = torch.randn(count, 3, 8, 8, generator=rng) + labels[:, None, None, None]
    return Examples(images, labels)


def trained(seeds, noise=0.5):
    return train(
        lambda rng: Network(CELL, DIGITS, rng, channels=4, cells_per_stage=1),
        SHORT,
        examples(40, 1),
        examples(200, 2),
        examples(200, 3),
        seeds,
        noise=noise,
    )


def test_stacked_networks_and_their_gradients_are_the_plain_ones():
    plain = [network(seed).double() for seed in range(3)]
    stacked = stack(plain).double()
    images = torch.randn(5, 9, 8, 8, generator=torch.Generator().manual_seed(0)).double()
    together = stacked(images)
    together.square().sum().backward()
    for place, alone in enumerate(plain):
        logits = alone(images[:, 3 * place : 3 * place + 3])
        torch.testing.assert_close(together[:, place], logits)
        logits.square().sum().backward()
    weights = [each.stem[0].weight.grad for each in plain]
    torch.testing.assert_close(stacked.stem[0].weight.grad, torch.cat(weights))  # type: ignore


def test_seeds_trained_together_are_what_they_are_alone():
    together = trained((4, 5))
    for place, seed in enumerate((4, 5)):
        alone = trained((seed,))
        # Sums in another order may move an image on the border of two classes.
        assert np.abs(together.valid[place].astype(int) - alone.valid[0]).max() <= 4
        assert abs(int(together.test[place]) - int(alone.test[0])) <= 4
    assert not np.array_equal(together.valid[0], together.valid[1])


def test_same_seeds_give_the_same_counts():
    first, again = trained((4, 5)), trained((4, 5))
    assert np.array_equal(first.valid, again.valid)
    assert first.valid.shape == (2, 2)


def test_noise_is_independent_between_copies_and_equal_in_all_channels():
    clean = examples(50, 1)
    noisy = noisy_copies(clean, "test", 0.5, copies=2)
    noise = (noisy.images - clean.images.repeat(2, 1, 1, 1)).double()
    assert torch.equal(noisy.labels, clean.labels.repeat(2))
    assert noise.std().item() == pytest.approx(0.5, rel=0.03)
    torch.testing.assert_close(noise[:, 0], noise[:, 2], atol=1e-6, rtol=0)
    first, second = noise[:50].flatten(), noise[50:].flatten()
    assert abs(torch.corrcoef(torch.stack([first, second]))[0, 1]) < 0.05


def test_noise_is_added_to_training_images():
    assert not np.array_equal(trained((4,), noise=3.0).valid, trained((4,), noise=0.0).valid)
