"""Sealed JSON: what was written, or an error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.storage.sealed import seal, unseal

CONTENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
).map(lambda value: json.dumps(value).encode())


@given(CONTENTS)
def test_it_is_json_and_returns_what_was_sealed(content):
    sealed = seal(content)
    assert unseal(sealed) == content
    assert json.loads(sealed)["content"] == json.loads(content)


def test_every_flipped_bit_is_noticed():
    sealed = seal(b'{"test_value": 93.7, "rank": 1e-05}')
    for bit in range(8 * len(sealed)):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError, match="truncated or damaged"):
            unseal(bytes(flipped))


@given(st.data())
def test_every_truncation_is_noticed(data):
    sealed = seal(data.draw(CONTENTS))
    length = data.draw(st.integers(0, len(sealed) - 1))
    with pytest.raises(ValueError, match="truncated or damaged"):
        unseal(sealed[:length])
