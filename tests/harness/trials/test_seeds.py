"""Generators depend on what they are for and on nothing else."""

import io

import numpy as np
import torch

from harness.trials.seeds import Streams, generator, torch_generator


def test_a_generator_is_a_function_of_its_name():
    first, second = (generator(0, "space", "sampling").integers(1 << 60, size=5) for _ in "ab")
    np.testing.assert_array_equal(first, second)


def test_other_names_give_other_numbers():
    names = [(0, "a", "b"), (1, "a", "b"), (0, "a", "c"), (0, "ab"), (0, "a", "b", ""), ("0a", "b")]
    drawn = {generator(*name).integers(1 << 60) for name in names}
    assert len(drawn) == len(names)


def test_the_stream_is_the_recorded_one():
    """Results recorded earlier stay reproducible only while this holds."""
    rng = generator(0, "nas-bench-201", "cifar10", "random", "sampling")
    assert rng.integers(5, size=6).tolist() == [4, 0, 1, 0, 0, 4]


def streams() -> Streams:
    return Streams(lambda name: (7, name))


def drawn(of: Streams, name: str) -> tuple[int, int]:
    """The next numbers of a stream, numpy's and torch's."""
    return (
        int(of.numpy(name).integers(1 << 60)),
        int(torch.randint(1 << 60, (1,), generator=of.torch(name))),
    )


def test_a_stream_continues_at_each_call():
    rng, torch_rng = generator(7, "noise"), torch_generator(7, "noise")
    ours = streams()
    for _ in range(3):
        expected = rng.integers(1 << 60), int(torch.randint(1 << 60, (1,), generator=torch_rng))
        assert drawn(ours, "noise") == expected
        drawn(ours, "other")  # which moves no other stream


def test_streams_resume_where_they_were_saved():
    """Those drawn from before, as while a search is set up, and those that come later."""
    ours = streams()
    for name in ("begin", "noise", "noise"):
        drawn(ours, name)
    file = io.BytesIO()
    torch.save(ours.state(), file)
    file.seek(0)
    again = streams()
    drawn(again, "begin")
    again.restore(torch.load(file, weights_only=True))
    assert again.state().keys() == ours.state().keys()
    for name in ("noise", "begin", "new"):
        assert drawn(again, name) == drawn(ours, name)


def test_a_stream_that_is_not_drawn_from_again_is_not_forgotten():
    ours = streams()
    drawn(ours, "noise")
    again = streams()
    again.restore(ours.state())
    last = streams()
    last.restore(again.state())
    assert drawn(last, "noise") == drawn(ours, "noise")
