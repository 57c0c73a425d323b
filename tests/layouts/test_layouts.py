"""Layouts: what a pattern means, written out; the map and its inverse for random patterns; each refusal in one line."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t2c.golden.errors import PackageError, RangeError, ShapeError
from t2c.layouts.element_map import ElementMap
from t2c.layouts.packed import PackedLayout
from t2c.layouts.pattern import LayoutError, Pattern
from tests.conftest import tries


def lanes(pattern: str, shape: tuple[int, ...], **sizes: int) -> list[list[int]]:
    return ElementMap.of(pattern, shape, sizes).slots.tolist()


def test_channels_four_a_word() -> None:
    found = ElementMap.of("c h w -> h w c(4)", (6, 2, 3))
    assert (found.words, found.lanes, found.padded) == (2 * 3 * 2, 4, 12)
    for y, x, c in itertools.product(range(2), range(3), range(6)):
        assert found.place((c, y, x)) == ((y * 3 + x) * 2 + c // 4, c % 4)


def test_folds_of_a_matrix_vector_unit() -> None:
    found = ElementMap.of("(nf pe) (sf simd) -> nf sf (pe simd)", (6, 8), {"pe": 2, "simd": 4})
    assert (found.words, found.lanes) == (3 * 2, 8)
    for row, column in itertools.product(range(6), range(8)):
        word, lane = (row // 2) * 2 + column // 4, (row % 2) * 4 + column % 4
        assert found.place((row, column)) == (word, lane)
        assert found.coordinate(word, lane) == (row, column)


@pytest.mark.parametrize(
    ("pattern", "shape", "expected"),
    [
        ("a -> a", (3,), [[0], [1], [2]]),
        ("a -> (a)", (3,), [[0, 1, 2]]),
        ("a -> a(2)", (3,), [[0, 1], [2, -1]]),
        ("a -> ~a(2)", (3,), [[2, 1], [0, -1]]),
        ("a -> ~(a)(2)", (3,), [[2, 1], [0, -1]]),
        ("a b -> b a", (2, 2), [[0], [2], [1], [3]]),
        ("a b -> (b a)", (2, 3), [[0, 3, 1, 4, 2, 5]]),
        ("a b -> (a b)(4)", (2, 3), [[0, 1, 2, 3], [4, 5, -1, -1]]),
        ("a b -> a b(4)", (2, 3), [[0, 1, 2, -1], [3, 4, 5, -1]]),
        ("a b -> a(3) b", (2, 2), [[0], [1], [2], [3], [-1], [-1]]),
        ("a b -> b(2) (a)", (2, 3), [[0, 3], [1, 4], [2, 5], [-1, -1]]),
        ("(o i=2) -> i o", (4,), [[0], [2], [1], [3]]),
        ("(o i=2)+ -> o (i)", (3,), [[0, 1], [2, -1]]),
        ("(o i=2)+ -> i (o)", (3,), [[0, 2], [1, -1]]),
        ("(a=2 b=2)+ -> b (a)", (3,), [[0, 2], [1, -1]]),
        ("1 a -> a 1", (1, 2), [[0], [1]]),
        ("a -> (a 1(2))", (2,), [[0, -1, 1, -1]]),
        ("a ... -> ... (a)", (2, 2), [[0, 2], [1, 3]]),
        ("a ... -> ... a(2)", (1,), [[0, -1]]),
        ("... -> ...", (2, 2), [[0], [1], [2], [3]]),
        ("... -> ~(...)", (2, 2), [[3, 2, 1, 0]]),
        ("a -> a t=2", (2,), [[0], [0], [1], [1]]),
        ("a -> t=2 (a)", (2,), [[0, 1], [0, 1]]),
        ("(n b=2) -> n t=2 (b)", (4,), [[0, 1], [0, 1], [2, 3], [2, 3]]),
        ("a -> (a t=2)(5)", (2,), [[0, 0, 1, 1, -1]]),
        ("a -> a t=2(3)", (2,), [[0, 0, -1], [1, 1, -1]]),
    ],
)
def test_what_a_pattern_means(pattern: str, shape: tuple[int, ...], expected: list[list[int]]) -> None:
    assert lanes(pattern, shape) == expected


def test_what_lies_in_several_places() -> None:
    found = ElementMap.of("(n b=2) -> n t=3 (b)", (4,))
    grid = found.to_words([5, 6, 7, 8])
    assert grid.tolist() == [[5, 6]] * 3 + [[7, 8]] * 3
    assert found.place((2,)) == (3, 0)
    assert found.coordinate(5, 1) == (3,)
    assert found.from_words(grid).tolist() == [5, 6, 7, 8]
    grid[4, 1] = 9
    with pytest.raises(RangeError, match=r"^word 4, lane 1 repeats \(3,\) and holds 9, not 8$"):
        found.from_words(grid)


@pytest.mark.parametrize(
    ("pattern", "shape", "complaint"),
    [
        ("a b", (2, 2), "character 4: there is no ->"),
        ("a -> ", (2,), "character 6: there is nothing on the right"),
        ("a a -> a", (2, 2), "character 3: a stands twice on the left"),
        ("a b -> a a", (2, 2), "character 10: a stands twice on the right: its elements would overlap"),
        ("a b -> a", (2, 2), "character 3: b is not on the right: the layout does not cover the tensor"),
        ("a -> a b", (2,), "character 8: b is not on the left"),
        ("a -> (a", (2,), "character 6: ( is not closed"),
        ("a -> a)", (2,), "character 7: ')' has no meaning here"),
        ("a -> a ()", (2,), "character 8: () holds no name"),
        ("() a -> a", (2,), "character 1: () holds no name"),
        ("(a -> a", (2,), "character 4: a name is expected, not '->'"),
        ("a -> a -> a", (2,), "character 8: a name is expected, not '->'"),
        ("a -> a(0)", (2,), "character 8: size 0 is outside 1..268435456"),
        ("a -> a(999999999)", (2,), "character 8: size 999999999 is outside"),
        ("a -> a(268435456) b", (2,), "character 19: b is not on the left"),
        ("a b -> (a b)(268435456)", (3, 2), None),
        ("a b -> a b(268435456)", (3, 2), "character 10: more than 268435456 elements with their padding"),
        ("a -> a=2", (2,), "character 6: a is on the left, where its size stands"),
        ("a -> b a", (2,), "character 6: b is not on the left; b=2 lays everything twice"),
        ("a -> b=2 a b=2", (2,), "character 12: b stands twice on the right"),
        ("a -> b= a", (2,), "character 9: a size is expected, not 'a'"),
        ("a -> b=268435456 a", (2,), "character 6: more than 268435456 elements with their repetitions"),
        ("a -> a*2", (2,), "character 7: '*' has no meaning here"),
        ("a= -> a", (2,), "character 4: a size is expected, not '->'"),
        ("a -> ... a", (2,), "character 6: ... is not on the left"),
        ("... -> ...(2)", (2,), "character 8: ... stands for several axes: put it in parentheses"),
        ("a b -> a b", (2,), "2 axes on the left, the tensor has shape (2,)"),
        ("a b ... -> a b ...", (2,), "at least 2 axes on the left, the tensor has shape (2,)"),
        ("a -> a", (0,), "axes of at least one element on the left, the tensor has shape (0,)"),
        ("a=3 -> a", (2,), "character 1: axis 0 of 2 elements is not 3"),
        ("1 a -> a", (2, 2), "character 1: axis 0 of 2 elements is not 1"),
        ("a (o i=4) -> a o i", (1, 6), "character 3: axis 1 of 6 elements is not a multiple of 4"),
        ("(o=2 i=4) -> o i", (6,), "character 1: axis 0 of 6 elements is not 2 * 4"),
        ("(o=2 i=4)+ -> o i", (9,), "character 1: axis 0 of 9 elements is not 2 * 4"),
        ("(o i) -> o i", (6,), "character 1: axis 0 of 6 elements: the sizes of o and i are open; write one as i=4"),
        ("(" * 30 + "a -> a", (2,), "character 2: a name is expected, not '('"),
        ("a -> " + "(" * 30 + "a" + ")" * 30, (2,), "more than 20 parentheses inside one another"),
        ("a -> a" * 1000, (2,), "not a text of at most 1000 characters"),
    ],
)
def test_a_layout_that_does_not_fit_is_one_line(pattern: str, shape: tuple[int, ...], complaint: str | None) -> None:
    if complaint is None:
        assert ElementMap.of("a b -> (a b)(4096)", shape).slots.shape == (1, 4096)
        return
    with pytest.raises(LayoutError) as caught:
        ElementMap.of(pattern, shape)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sizes_beside_the_pattern() -> None:
    pattern = Pattern.parse("(o i) -> i (o)")
    assert ElementMap.of(pattern, (4,), {"i": 2}).slots.tolist() == [[0, 2], [1, 3]]
    with pytest.raises(LayoutError, match=r"size of 'z': the left has no such name"):
        ElementMap.of(pattern, (4,), {"z": 2})
    with pytest.raises(LayoutError, match=r"size True of i is outside"):
        ElementMap.of(pattern, (4,), {"i": True})
    with pytest.raises(LayoutError, match=r"character 1: i is 4 here and 2 beside the pattern"):
        ElementMap.of("(o i=4) -> i (o)", (4,), {"i": 2})


def random_pattern(choice: random.Random) -> tuple[str, tuple[int, ...]]:
    """A legal pattern and a shape that it fits."""
    names = iter("abcdefghijklmnop")
    left, shape, there = [], [], []
    for _ in range(choice.randint(1, 4)):
        factors = [(next(names), choice.randint(1, 4)) for _ in range(choice.randint(1, 3))]
        extent = math.prod(size for _, size in factors)
        spared = choice.randrange(len(factors))
        filled = len(factors) > 1 and choice.random() < 0.4
        if filled:
            step = extent // factors[spared][1]
            extent = max(1, extent - choice.randrange(step))
        text = " ".join(f"{name}" if k == spared else f"{name}={size}" for k, (name, size) in enumerate(factors))
        left.append(f"({text}){'+' if filled else ''}" if len(factors) > 1 else text)
        shape.append(extent)
        there += [name for name, _ in factors]
    choice.shuffle(there)
    items = list(there)
    while len(items) > 1 and choice.random() < 0.5:
        first = choice.randrange(len(items) - 1)
        last = choice.randint(first + 1, len(items))
        items[first:last] = [f"({' '.join(items[first:last])})"]
    marked = [
        ("~" if choice.random() < 0.2 else "") + item + (f"({choice.randint(1, 6)})" if choice.random() < 0.3 else "")
        for item in items
    ]
    return f"{' '.join(left)} -> {' '.join(marked)}", tuple(shape)


MOST_SLOTS = 2000
"""Of a random layout: each is looked at."""


@pytest.mark.sample(3)
@pytest.mark.parametrize("seed", range(300))
def test_random_layouts_and_back(seed: int) -> None:
    """Each element lies in one place, the map and the arrays say the same place, bits too, and all of it comes back."""
    choice = random.Random(seed)
    pattern, shape = random_pattern(choice)
    while (elements := ElementMap.of(pattern, shape)).slots.size > MOST_SLOTS:
        pattern, shape = random_pattern(choice)
    held = elements.slots[elements.slots >= 0]
    assert sorted(held.tolist()) == list(range(math.prod(shape))), pattern
    bits, signed = choice.randint(2, 70), choice.random() < 0.5
    lo = -(1 << bits - 1) if signed else 0
    values = np.array([lo + choice.randrange(1 << bits) for _ in range(math.prod(shape))], dtype=object)
    if bits < 64 + signed:
        values = values.astype(np.int64)
    tensor, padding = values.reshape(shape), lo + choice.randrange(1 << bits)
    packed = PackedLayout(
        elements,
        bits=bits,
        signed=signed,
        lane_order=choice.choice(["lsb_first", "msb_first"]),
        padding=padding,
        endianness=choice.choice(["little", "big"]),
    )
    words, mask = packed.words(tensor), (1 << bits) - 1
    assert np.array_equal(packed.values(words), tensor)
    assert np.array_equal(packed.values_of_image(packed.image(tensor)), tensor)
    empty = 0
    for word, lane in itertools.product(range(elements.words), range(elements.lanes)):
        shift = bits * (lane if packed.lane_order == "lsb_first" else elements.lanes - 1 - lane)
        there = elements.coordinate(word, lane)
        assert packed.coordinate_of(word, shift + choice.randrange(bits)) == there
        expected = padding if there is None else tensor[there]
        assert words[word] >> shift & mask == int(expected) & mask, (pattern, word, lane)
        if there is None:
            empty += 1
        else:
            assert elements.place(there) == (word, lane)
            assert packed.bits_of(there) == (word, shift)
    assert empty == elements.padded


@settings(max_examples=tries(300))
@given(st.text(alphabet="ab1(.)=+~-> 42\n", max_size=24), st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_any_text_is_a_layout_or_one_line(text: str, shape: list[int]) -> None:
    lines: list[str] = []
    try:
        found = ElementMap.of(text, shape)
    except LayoutError as error:
        lines = str(error).split("\n")
    else:
        assert sorted(found.slots[found.slots >= 0].tolist()) == list(range(math.prod(shape)))
    assert len(lines) <= 1


def test_padding_is_what_it_must_be_or_the_lane_is_named() -> None:
    packed = PackedLayout(ElementMap.of("a -> a(2)", (3,)), bits=4, signed=True, padding=-3)
    assert packed.words([1, 2, 3]) == [0x21, 0xD3]
    assert packed.values([0x21, 0x03], check_padding=False).tolist() == [1, 2, 3]
    with pytest.raises(RangeError, match="word 1, lane 1 is padding and holds 0, not -3"):
        packed.values([0x21, 0x03])
    with pytest.raises(PackageError, match="1 words, 4 elements need 2"):
        packed.values([0x21])
    with pytest.raises(RangeError, match=r"padding = 8 is outside -8\.\.7"):
        PackedLayout(packed.elements, bits=4, signed=True, padding=8)
    with pytest.raises(ShapeError, match=r"shape \(4,\), the layout is for \(3,\)"):
        packed.words([1, 2, 3, 4])
    with pytest.raises(ShapeError, match=r"shape \(3, 1\), the layout has 2 words of 2 lanes"):
        packed.elements.from_words(np.zeros((3, 1), np.int64))
    with pytest.raises(RangeError, match=r"values\[2\] = 8 is outside"):
        packed.words([1, 2, 8])
    with pytest.raises(RangeError, match="values: dtype float64 is not an integer type"):
        packed.words([1.0, 2.0, 3.0])


def test_places_outside_are_refused() -> None:
    elements = ElementMap.in_order((2, 3), lanes=4)
    assert elements.slots.tolist() == [[0, 1, 2, 3], [4, 5, -1, -1]]
    for word, lane in ((2, 0), (-1, 0), (0, 4)):
        with pytest.raises(IndexError, match=f"word {word}, lane {lane} is outside 2 words of 4 lanes"):
            elements.coordinate(word, lane)
    for coordinate in ((2, 0), (0,), (0, -1)):
        with pytest.raises(IndexError, match=r"is outside shape \(2, 3\)"):
            elements.place(coordinate)


def test_a_function_of_a_users_own() -> None:
    diagonal = ElementMap.of_function(lambda r, c: (r + c, r), (2, 3), lanes=2)
    assert diagonal.slots.tolist() == [[0, -1], [1, 3], [2, 4], [-1, 5]]
    assert diagonal.from_words(diagonal.to_words(np.arange(6).reshape(2, 3), -7), -7).tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("places", "complaint"),
    [
        (lambda r, c: (r, 0 * c), r"elements \(0, 0\) and \(0, 2\) overlap in word 0, lane 0"),
        (lambda r, c: (r, c), r"lane 2 of element \(0, 2\) is outside 0\.\.1"),
        (lambda r, c: (r - 1, c), r"word -1 of element \(0, 0\) is outside"),
        (lambda r, c: (r / 2, c), "word is not an integer but float64"),
        (lambda r, c: r, "not a word and a lane of each element"),
        (lambda r, c: (r[:2], c), "not a word and a lane of each element"),
        (lambda r, c: None, "not a word and a lane of each element"),
    ],
)
def test_a_function_that_is_no_layout(places: object, complaint: str) -> None:
    with pytest.raises(LayoutError, match=complaint):
        ElementMap.of_function(places, (2, 3), lanes=2)  # type: ignore[arg-type]
