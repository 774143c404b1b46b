"""Foreign pickles: arrays come through, anything that could run does not."""

import io
import os
import pickle

import numpy as np
import pytest

from benchmarks.errors import UserError
from benchmarks.tables import allowed_pickle


class _Command:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


def test_arrays_are_read():
    content = {"loss": np.arange(3.0), "name": "x"}
    read = allowed_pickle.load(io.BytesIO(pickle.dumps(content)), allowed_pickle.NUMPY)
    np.testing.assert_array_equal(read["loss"], content["loss"])


def test_a_pickle_that_calls_something_is_refused_before_it_runs(tmp_path):
    marker = tmp_path / "ran"
    content = pickle.dumps([np.arange(2), _Command(marker)])
    with pytest.raises(UserError, match=r"x.pkl is not the expected file \(it names .*mkdir\)"):
        allowed_pickle.load(io.BytesIO(content), allowed_pickle.NUMPY, "x.pkl")
    assert not marker.exists()


def test_a_cut_off_pickle():
    content = pickle.dumps({"loss": np.arange(100.0)})
    with pytest.raises(UserError, match="so it was not used. Download it again"):
        allowed_pickle.load(io.BytesIO(content[:-50]), allowed_pickle.NUMPY)
