"""How a tensor lies in the activation memory: every channel has its bank, copies fill idle ones, and the way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from t2c.contract.activation_layout import Layout
from t2c.golden.errors import ShapeError
from t2c.mapping.views import reshaped
from tests.mapping.second_layout import lay_out

SHAPES = st.tuples(st.integers(1, 20), st.integers(1, 4), st.integers(1, 4)) | st.tuples(st.integers(1, 40))
ROWS = st.integers(2, 17)


@given(SHAPES, ROWS, st.integers(1, 3))
def test_words_are_those_of_the_contract(shape: tuple[int, ...], rows: int, batch: int) -> None:
    layout = Layout.of(shape, rows)
    tensor = np.arange(1, 1 + batch * layout.elements()).reshape(batch, *shape)
    words = layout.to_words(tensor)
    assert words.shape == (batch * layout.size, rows)
    assert (words == lay_out(tensor, rows)).all()
    assert ((words > 0) == np.tile(layout.kept(), (batch, 1))).all()


@given(SHAPES, ROWS)
def test_coordinates_are_the_inverse_of_the_layout(shape: tuple[int, ...], rows: int) -> None:
    layout = Layout.of(shape, rows)
    tensor = np.arange(2 * layout.elements()).reshape(2, *shape)
    words = layout.to_words(tensor)
    seen = set()
    for word, bank in zip(*np.nonzero(np.tile(layout.kept(), (2, 1))), strict=True):
        place = layout.coordinate(int(word), int(bank))
        assert tensor[place] == words[word, bank]
        seen.add(place)
    assert len(seen) == tensor.size


@given(st.tuples(st.integers(1, 20), st.integers(1, 4), st.integers(1, 4)), ROWS)
def test_a_flattened_map_is_the_same_words(shape: tuple[int, int, int], rows: int) -> None:
    """Channel slowest in the vector, channel fastest in memory: flattening moves nothing."""
    layout = Layout.of(shape, rows)
    tensor = np.arange(2 * layout.elements()).reshape(2, *shape)
    flat = reshaped(layout, (layout.elements(),))
    assert (flat.channels, flat.height * flat.width) == (shape[0], shape[1] * shape[2])
    assert flat.shape == (layout.elements(),)
    assert (flat.to_words(tensor.reshape(2, -1)) == layout.to_words(tensor)).all()
    for word, bank in zip(*np.nonzero(flat.kept()), strict=True):
        assert tensor.reshape(2, -1)[flat.coordinate(int(word), int(bank))] == layout.to_words(tensor)[word, bank]


@pytest.mark.parametrize(
    ("channels", "copies", "words"), [(1, 8, 1), (2, 4, 1), (3, 2, 1), (5, 1, 1), (8, 1, 1), (9, 1, 2)]
)
def test_few_channels_are_copied(channels: int, copies: int, words: int) -> None:
    layout = Layout.of((channels, 2, 3), 8)
    assert (layout.copies, layout.words, layout.row_words, layout.size) == (copies, words, 3 * words, 6 * words)
    assert layout.held.shape == (words, 8)
    assert np.bincount(layout.held[layout.held >= 0]).tolist() == [copies] * channels


@pytest.mark.parametrize("shape", [(2, 3), (1, 2, 3, 4), ()])
def test_other_ranks_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"the core holds \(C, H, W\) and \(F,\)"):
        Layout.of(shape, 8)
