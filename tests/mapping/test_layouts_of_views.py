"""Views of a tensor's words: whatever chain of them can be expressed finds every element; the others are refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t2c.contract.activation_layout import Layout
from t2c.golden.errors import ShapeError
from t2c.mapping.views import as_map_of_lanes, plane, reshaped, sliced, tokens_map, transposed
from tests.conftest import tries

ROWS = st.integers(2, 9)


def divisors(number: int) -> list[int]:
    return [each for each in range(1, number + 1) if number % each == 0]


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """A tensor with words of its own, of any kind."""
    rows = draw(ROWS)
    shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 6), st.integers(1, 6)))
    kind = draw(st.sampled_from([Layout.of, Layout.of_rows, Layout.of_heads, Layout.of_parts]))
    if kind == Layout.of_parts:
        return Layout.of_parts(shape, rows, part=draw(st.sampled_from(divisors(shape[0]))))
    return kind(shape, rows)


def step(draw: st.DrawFn, layout: Layout, tensor: np.ndarray) -> tuple[Layout, np.ndarray]:
    """One more view, of the layout and of a tensor beside it."""
    shape = layout.shape
    kind = draw(st.sampled_from(["reshape", "transpose", "slice"]))
    if kind == "transpose":
        axes = tuple(draw(st.permutations(range(len(shape)))))
        return transposed(layout, axes), tensor.transpose(0, *(axis + 1 for axis in axes))
    if kind == "slice":
        axis = draw(st.integers(0, len(shape) - 1))
        start = draw(st.integers(0, shape[axis] - 1))
        length = draw(st.integers(1, shape[axis] - start))
        part = np.take(tensor, range(start, start + length), axis=axis + 1)
        return sliced(layout, axis=axis, start=start, length=length), part
    wanted, left = [], math.prod(shape)
    for _ in range(draw(st.integers(0, 3))):
        wanted.append(draw(st.sampled_from(divisors(left))))
        left //= wanted[-1]
    made = (*wanted, left)
    return reshaped(layout, made), np.ascontiguousarray(tensor).reshape(len(tensor), *made)


@pytest.mark.slow
@given(layouts(), st.data())
@settings(max_examples=tries(600))
def test_a_chain_of_views_finds_every_element(root: Layout, data: st.DataObject) -> None:
    tensor = np.arange(1, 1 + 2 * root.elements()).reshape(2, *root.shape)
    words, layout, view = root.to_words(tensor), root, tensor
    for _ in range(data.draw(st.integers(1, 5))):
        try:
            layout, view = step(data.draw, layout, view)
        except ShapeError:
            continue
        assert layout.shape == view.shape[1:]
    found = layout.to_words(view)
    kept = np.tile(layout.kept(), (2, 1))
    assert (found == np.where(kept, words, 0)).all()
    assert np.count_nonzero(kept) == view.size * layout.copies
    word, bank = (int(index[-1]) for index in np.nonzero(kept))
    assert view[layout.coordinate(word, bank)] == words[word, bank]
    if layout.is_map:
        assert (as_the_engine_walks(layout, words.reshape(2, root.size, root.rows)) == view.reshape(2, -1)).all()


def as_the_engine_walks(layout: Layout, words: np.ndarray) -> np.ndarray:
    """The map that windows and channel words reach from the first word: (images, C * H * W)."""
    found = np.zeros((len(words), layout.channels, layout.height, layout.width), dtype=np.int64)
    for y in range(layout.height):
        for x in range(layout.width):
            first = layout.start + y * layout.row_words + x * layout.pixel_words
            assert first + layout.words <= layout.start + layout.span(layout.height)
            for word, bank in zip(*np.nonzero(layout.held >= 0), strict=True):
                channel = layout.held[word, bank]
                came = words[:, first + word, bank]
                assert (found[:, channel, y, x] == came).all() or not found[:, channel, y, x].any(), "copies differ"
                found[:, channel, y, x] = came
    return found.reshape(len(words), -1)


def test_query_key_and_value_of_a_head() -> None:
    """Of (96, 17, 1) on 16 rows: head 1 of the keys has channels 48..63, bank 0 of word 3 of each token."""
    qkv = Layout.of((96, 17, 1), 16)
    keys = reshaped(sliced(qkv, axis=0, start=32, length=32), (2, 16, 17))
    head = tokens_map(plane(keys, 1), channels=0)
    assert (head.start, head.bank, head.words, head.pixel_words, head.size) == (3, 0, 1, 6, 17 * 6)
    queries = transposed(reshaped(sliced(qkv, axis=0, start=0, length=32), (2, 16, 17)), (0, 2, 1))
    head = tokens_map(plane(queries, 1), channels=1)
    assert (head.channels, head.height, head.start, head.pixel_words) == (16, 17, 1, 6)


def test_heads_side_by_side_are_a_map_of_all_channels() -> None:
    heads = Layout.of_heads((2, 17, 16), 8)
    turned = reshaped(transposed(heads, (0, 2, 1)), (32, 17, 1))
    alone = Layout.of((32, 17, 1), 8)
    assert (turned.places[0] == alone.places[0]).all()
    assert (turned.places[1] == alone.places[1]).all()
    assert (turned.held == alone.held).all()
    assert not reshaped(transposed(Layout.of_rows((2, 17, 16), 8), (0, 2, 1)), (2, 16, 17)).is_map


def test_rows_lie_one_after_the_other() -> None:
    rows = Layout.of_rows((2, 5, 11), 4)
    assert (rows.size, rows.copies) == (2 * 5 * 3, 1)
    assert rows.coordinate(3 * 7 + 2, 1) == (0, 1, 2, 9)
    assert transposed(rows, (2, 0, 1)).row_words == 5 * 3


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda lay: reshaped(lay, (4, 12)), r"shape \(6, 4, 2\) does not lie in memory as \(4, 12\)"),
        (lambda lay: sliced(reshaped(lay, (48,)), axis=0, start=3, length=8), "3..10 of axis 0 of shape"),
        (lambda lay: transposed(lay, (1, 0, 2)).channels, r"shape \(4, 6, 2\) does not lie as a map"),
        (lambda lay: reshaped(transposed(lay, (1, 0, 2)), (48,)).channels, r"shape \(48,\) does not lie as a map"),
    ],
)  # fmt: skip
def test_what_cannot_be_expressed_is_refused(make: object, text: str) -> None:
    with pytest.raises(ShapeError, match=text):
        make(Layout.of((6, 4, 2), 8))  # type: ignore[operator]


@given(ROWS, st.integers(1, 4), st.integers(1, 12), st.integers(1, 3), st.integers(1, 3))
def test_parts_leave_gaps_between_them(rows: int, parts: int, part: int, height: int, width: int) -> None:
    layout = Layout.of_parts((parts * part, height, width), rows, part=part)
    whole, channels = as_map_of_lanes(layout)
    words = -(-part // rows)
    assert (whole.size, whole.height, whole.width) == (layout.size, height, width)
    assert layout.size == height * width * parts * words
    assert (
        channels.reshape(parts, words * rows)[:, :part].tolist()
        == np.arange(parts * part).reshape(parts, part).tolist()
    )
    assert (channels.reshape(parts, words * rows)[:, part:] == -1).all()
    assert (layout.kept() == np.tile(channels >= 0, height * width).reshape(-1, rows)).all()
    for index in range(parts):
        one = sliced(layout, axis=0, start=index * part, length=part)
        assert (one.bank, one.start, one.is_map) == (0, index * words, True)
