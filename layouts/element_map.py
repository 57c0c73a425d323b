"""Where each element of a tensor lies: a pattern bound to a shape, as a map of (word, lane) and coordinates."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntArray, IntTensor, as_int64
from t2c.golden.errors import RangeError, ShapeError
from t2c.layouts.pattern import ELLIPSIS, LARGEST, LayoutError, Pattern, TensorAxis, WordAxis

Places = Callable[..., tuple[npt.ArrayLike, npt.ArrayLike]]
"""A layout of a user's own: word and lane of the elements whose coordinates are given, one int64 array an axis."""


@dataclass(frozen=True, eq=False)
class ElementMap:
    """A map of the elements of one shape to the lanes of words, without holes on the tensor's side.

    shape: of the tensor; slots: (words, lanes) int64, in each lane its element's number in C order, -1 for padding.
    """

    shape: tuple[int, ...]
    slots: IntArray

    @classmethod
    def of(cls, pattern: str | Pattern, shape: Sequence[int], sizes: Mapping[str, int] | None = None) -> ElementMap:
        """Bind a pattern to a shape.

        Args:
            pattern: docs/layouts.md; shape: of the tensor, without a batch axis; sizes: of names whose size the
            pattern leaves open.

        Raises:
            LayoutError: the pattern cannot be read or does not fit the shape; the message names the place.

        >>> ElementMap.of("c h -> h c(2)", (3, 2)).slots.tolist()
        [[0, 2], [4, -1], [1, 3], [5, -1]]
        """
        read = pattern if isinstance(pattern, Pattern) else Pattern.parse(pattern)
        return cls(tuple(map(int, shape)), _Binding(read, tuple(map(int, shape)), dict(sizes or {})).slots())

    @classmethod
    def in_order(cls, shape: Sequence[int], lanes: int = 1) -> ElementMap:
        """C order, so many elements a word, the last word padded."""
        return cls.of(f"... -> (...)({lanes})", shape)

    @classmethod
    def of_function(cls, places: Places, shape: Sequence[int], lanes: int) -> ElementMap:
        """A layout of a user's own: a function that says where elements lie.

        Args:
            places: is given one (count,) int64 array of coordinates for each axis, and returns the word and the lane
            of each; shape: of the tensor; lanes: of a word.

        Raises:
            LayoutError: a place that is not an integer or outside the words, or two elements in one place.

        >>> ElementMap.of_function(lambda k: (k % 2, k // 2), (4,), 2).slots.tolist()
        [[0, 2], [1, 3]]
        """
        extents = tuple(map(int, shape))
        count = math.prod(extents)
        coordinates = np.unravel_index(np.arange(count), extents)
        given = places(*coordinates)
        try:
            word, lane = (np.broadcast_to(np.asarray(part), (count,)) for part in given)
        except (TypeError, ValueError):
            raise LayoutError(f"layout function: gives {shown(given)}, not a word and a lane of each element") from None
        for name, part, most in (("word", word, LARGEST // lanes), ("lane", lane, lanes)):
            if part.dtype.kind not in "iu":
                raise LayoutError(f"layout function: {name} is not an integer but {part.dtype}")
            if outside := np.flatnonzero((part < 0) | (part >= most)).tolist():
                there = tuple(int(axis[outside[0]]) for axis in coordinates)
                raise LayoutError(
                    f"layout function: {name} {part[outside[0]]} of element {there} is outside 0..{most - 1}"
                )
        slots = np.full((int(word.max(initial=-1)) + 1) * lanes, -1, np.int64)
        place = word.astype(np.int64) * lanes + lane.astype(np.int64)
        slots[place] = np.arange(count)
        if lost := np.flatnonzero(slots[place] != np.arange(count)).tolist():
            both = [tuple(int(axis[k]) for axis in coordinates) for k in (lost[0], int(slots[place[lost[0]]]))]
            spot = f"word {word[lost[0]]}, lane {lane[lost[0]]}"
            raise LayoutError(f"layout function: elements {both[0]} and {both[1]} overlap in {spot}")
        return cls(extents, slots.reshape(-1, lanes))

    @property
    def words(self) -> int:
        """Number of words."""
        return len(self.slots)

    @property
    def lanes(self) -> int:
        """Elements of a word."""
        return int(self.slots.shape[1])

    @property
    def padded(self) -> int:
        """How many lanes hold no element."""
        return int((self.slots < 0).sum())

    @cached_property
    def places(self) -> IntArray:
        """(elements,) int64: word · lanes + lane of each element, in C order; the first of several."""
        found = np.empty(math.prod(self.shape), np.int64)
        flat = self.slots.reshape(-1)
        held = np.flatnonzero(flat >= 0)[::-1]
        found[flat[held]] = held
        return found

    def to_words(self, values: npt.ArrayLike, padding: int = 0) -> IntTensor:
        """Lay a tensor out.

        Args:
            values: int, of the shape; padding: what a lane without an element holds.

        Returns:
            (words, lanes), int64 or Python integers as the values are.

        Raises:
            ShapeError: values has another shape; RangeError: they are no integers.

        >>> ElementMap.of("c h -> h c(2)", (3, 2)).to_words([[1, 2], [3, 4], [5, 6]], padding=9).tolist()
        [[1, 3], [5, 9], [2, 4], [6, 9]]
        """
        array: npt.NDArray[Any] = np.asarray(values)
        if array.shape != self.shape:
            raise ShapeError(f"values: shape {array.shape}, the layout is for {self.shape}")
        if array.dtype != object:
            array = as_int64("values", array)
        return np.append(array.reshape(-1), np.array([padding], array.dtype))[self.slots]

    def from_words(self, words: npt.ArrayLike, padding: int | None = None) -> IntTensor:
        """The tensor that `to_words` laid out.

        Args:
            words: (words, lanes) int; padding: what the lanes without an element must hold, None for anything.

        Raises:
            ShapeError: another number of words or lanes.
            RangeError: a lane of the padding holds something else, or an element that lies in several places is
            another in one of them; the message names it.
        """
        array: npt.NDArray[Any] = np.asarray(words)
        if array.shape != self.slots.shape:
            raise ShapeError(f"words: shape {array.shape}, the layout has {self.words} words of {self.lanes} lanes")
        if padding is not None and (wrong := np.argwhere((self.slots < 0) & (array != padding))).size:
            word, lane = wrong[0].tolist()
            raise RangeError(f"word {word}, lane {lane} is padding and holds {array[word, lane]}, not {padding}")
        found = array.reshape(-1)[self.places]
        if (unlike := np.argwhere((self.slots >= 0) & (found[self.slots] != array))).size:
            word, lane = unlike[0].tolist()
            first, element = found[self.slots[word, lane]], self.coordinate(word, lane)
            raise RangeError(f"word {word}, lane {lane} repeats {element} and holds {array[word, lane]}, not {first}")
        return found.reshape(self.shape)

    def coordinate(self, word: int, lane: int) -> tuple[int, ...] | None:
        """Which element a lane holds; None for padding.

        Raises:
            IndexError: there is no such word or lane.
        """
        if not (0 <= word < self.words and 0 <= lane < self.lanes):
            raise IndexError(f"word {word}, lane {lane} is outside {self.words} words of {self.lanes} lanes")
        element = int(self.slots[word, lane])
        return None if element < 0 else tuple(int(k) for k in np.unravel_index(element, self.shape))

    def place(self, coordinate: Sequence[int]) -> tuple[int, int]:
        """Word and lane of an element.

        Raises:
            IndexError: there is no such element.
        """
        if len(coordinate) != len(self.shape) or any(
            not 0 <= k < n for k, n in zip(coordinate, self.shape, strict=True)
        ):
            raise IndexError(f"element {tuple(coordinate)} is outside shape {self.shape}")
        found = int(self.places[int(np.ravel_multi_index(tuple(coordinate), self.shape))])
        return found // self.lanes, found % self.lanes


class _Binding:
    """A pattern with the extents of a shape put in."""

    def __init__(self, pattern: Pattern, shape: tuple[int, ...], sizes: dict[str, int]) -> None:
        self.pattern, self.shape = pattern, shape
        self.sizes: dict[str, int] = {}
        known = {name for split in pattern.left for name in split.names if name != ELLIPSIS}
        for name, size in sizes.items():
            if name not in known:
                raise pattern.error(f"size of {shown(name)}: the left has no such name")
            if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= LARGEST:
                raise pattern.error(f"size {shown(size)} of {name} is outside 1..{LARGEST}")
        self.given = sizes
        self.left = self._left()

    def _left(self) -> list[TensorAxis]:
        """One split for each axis: the ellipsis stands for as many as are left."""
        splits, axes = list(self.pattern.left), len(self.shape)
        dots = [k for k, split in enumerate(splits) if split.names == (ELLIPSIS,)]
        self.rest: tuple[str, ...] = ()
        if dots:
            more = axes - len(splits) + 1
            self.rest = tuple(f"...{k}" for k in range(max(more, 0)))
            splits[dots[0] : dots[0] + 1] = [
                TensorAxis((name,), (None,), False, splits[dots[0]].at) for name in self.rest
            ]
        if len(splits) != axes or any(n < 1 for n in self.shape):
            least = "at least " if dots else ""
            what = (
                f"{len(self.pattern.left) - len(dots)} axes" if len(splits) != axes else "axes of at least one element"
            )
            raise self.pattern.error(f"{least}{what} on the left, the tensor has shape {self.shape}")
        return splits

    def slots(self) -> IntArray:
        """(words, lanes): each element's number where it lies, -1 for padding."""
        array = np.arange(math.prod(self.shape), dtype=np.int64).reshape(self.shape)
        names: list[str] = []
        extents: list[int] = []
        for axis, split in enumerate(self.left):
            factors = self._factors(split, axis)
            filled = math.prod(factors) - self.shape[axis]
            array = _filled(self.pattern, array, axis, filled, split.at)
            names += split.names
            extents += factors
        right = tuple(self._spread(item) for item in self.pattern.right)
        leaves = [leaf.name for item in right for leaf in item.leaves() if leaf.name != "1" and not leaf.times]
        array = array.reshape(extents).transpose([names.index(name) for name in leaves])
        for axis, item in enumerate(right):
            array = self._fold(item, array, axis)
        last = self.pattern.right[-1]
        lanes = last.multiple or (array.shape[-1] if last.is_group else 1)
        return np.ascontiguousarray(array.reshape(-1, lanes))

    def _factors(self, split: TensorAxis, axis: int) -> list[int]:
        """Sizes of the factors of an axis."""
        extent = self.shape[axis]
        place = f"axis {axis} of {extent} elements"
        if not split.names and extent != 1:
            raise self.pattern.error(f"{place} is not 1", split.at)
        sizes = []
        for name, size in zip(split.names, split.sizes, strict=True):
            beside = self.given.get(name)
            if None not in (size, beside) and size != beside:
                raise self.pattern.error(f"{name} is {size} here and {beside} beside the pattern", split.at)
            sizes.append(size if beside is None else beside)
        open_ones = [k for k, size in enumerate(sizes) if size is None]
        if len(open_ones) > 1:
            these = " and ".join(split.names[k] for k in open_ones)
            raise self.pattern.error(
                f"{place}: the sizes of {these} are open; write one as {split.names[-1]}=4", split.at
            )
        product = math.prod(size for size in sizes if size is not None)
        whole = -(-extent // product)
        if open_ones:
            sizes[open_ones[0]] = whole
        if split.filled and (open_ones or whole == 1):
            return [size for size in sizes if size is not None]
        if whole * product != extent or (not open_ones and whole != 1):
            parts = " * ".join(str(size) for k, size in enumerate(sizes) if k not in open_ones)
            least = "a multiple of " if open_ones else ""
            raise self.pattern.error(f"{place} is not {least}{parts or 1}", split.at)
        return [size for size in sizes if size is not None]

    def _spread(self, item: WordAxis) -> WordAxis:
        """With the axes that an ellipsis stands for in its place, as a group: of one axis, of several, of none."""
        if item.name == ELLIPSIS:
            leaves = tuple(WordAxis(name, (), 0, False, item.at) for name in self.rest or ("1",))
            return WordAxis("", leaves, 0, False, item.at)
        return replace(item, items=tuple(map(self._spread, item.items)))

    def _fold(self, item: WordAxis, array: IntArray, axis: int) -> IntArray:
        """Make one axis of an item's own, from as many as it has leaves."""
        if item.name == "1":
            array = np.expand_dims(array, axis)
        if item.times:
            if array.size * item.times > LARGEST:
                raise self.pattern.error(f"more than {LARGEST} elements with their repetitions", item.at)
            array = np.repeat(np.expand_dims(array, axis), item.times, axis)
        if item.is_group:
            for k, inner in enumerate(item.items):
                array = self._fold(inner, array, axis + k)
            merged = math.prod(array.shape[axis : axis + len(item.items)])
            array = array.reshape(*array.shape[:axis], merged, *array.shape[axis + len(item.items) :])
        if item.backwards:
            array = np.flip(array, axis)
        return _filled(self.pattern, array, axis, -array.shape[axis] % (item.multiple or 1), item.at)


def _filled(pattern: Pattern, array: IntArray, axis: int, count: int, at: int) -> IntArray:
    """Padding at the end of an axis."""
    if array.size // array.shape[axis] * (array.shape[axis] + count) > LARGEST:
        raise pattern.error(f"more than {LARGEST} elements with their padding", at)
    widths = [(0, 0)] * array.ndim
    widths[axis] = (0, count)
    return np.pad(array, widths, constant_values=-1) if count else array
