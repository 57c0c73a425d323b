"""One tensor in the words of one port: its layout, its packing, and which element a bit belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.accelerator.bits import Bits, bits_of


class PlacementError(ValueError):
    """Elements that do not fill the words of a port."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WordPlacement:
    """elements: (n,) int64, the number of the element in C order, -1 for padding, in the order of the words;
    width: bits of a word; slot: bits that an element takes; bits: of them that hold it; msb_first: the first element of
    a word is its most significant (of an element of several words: the first word is); pad: what padding holds, None
    for anything.

    Raises:
        PlacementError: slots and words that do not divide each other, or a last word that is not full.
    """

    elements: IntArray
    width: int
    slot: int
    bits: int
    lanes: int
    msb_first: bool = False
    pad: int | None = None

    def __post_init__(self) -> None:
        if self.slot > self.width and self.slot % self.width:
            raise PlacementError(f"an element of {self.slot} bits is no whole number of words of {self.width} bits")
        if self.lanes * self.slot > max(self.width, self.slot):
            raise PlacementError(
                f"{self.lanes} elements of {self.slot} bits are wider than a word of {self.width} bits"
            )
        if len(self.elements) % self.lanes:
            raise PlacementError(
                f"{len(self.elements)} elements, {self.lanes} a word: the last word is not full; pad in the layout, "
                f"such as c({self.lanes})"
            )

    @classmethod
    def lanes_of(cls, width: int, slot: int) -> int:
        """Elements of a word if nobody says; raise PlacementError if that leaves bits over."""
        if slot > width:
            return 1
        if width % slot:
            raise PlacementError(f"words of {width} bits do not divide into elements of {slot} bits; say lanes: N")
        return width // slot

    @property
    def spread(self) -> int:
        """Words that one element takes; 1 if words hold one or more."""
        return max(self.slot // self.width, 1)

    @property
    def words(self) -> int:
        return len(self.elements) // self.lanes * self.spread

    def lay(self, values: IntArray) -> tuple[Bits, npt.NDArray[np.bool_]]:
        """Words and which of their bits count, both (words, width), for int64 values in C order."""
        padding = 0 if self.pad is None else self.pad
        flat = np.append(values.reshape(-1), padding)[self.elements]
        counts = (self.elements >= 0) | (self.pad is not None)
        held = bits_of(flat, self.slot)
        care = np.repeat(counts[:, np.newaxis], self.slot, axis=1)
        care[:, self.bits :] = False
        return self._words(held), self._words(care)

    def _words(self, bits: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """(elements, slot) as (words, width)."""
        if self.spread > 1:
            words = bits.reshape(-1, self.spread, self.width)
            return (words[:, ::-1] if self.msb_first else words).reshape(-1, self.width)
        grid = bits.reshape(-1, self.lanes, self.slot)
        filled = (grid[:, ::-1] if self.msb_first else grid).reshape(len(grid), -1)
        return np.pad(filled, ((0, 0), (0, self.width - filled.shape[1])))

    def slots(self, words: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """(words, width) back as (elements, slot), in the order of `elements`."""
        if self.spread > 1:
            parts = words.reshape(-1, self.spread, self.width)
            return (parts[:, ::-1] if self.msb_first else parts).reshape(-1, self.slot)
        grid = words[:, : self.lanes * self.slot].reshape(-1, self.lanes, self.slot)
        return (grid[:, ::-1] if self.msb_first else grid).reshape(-1, self.slot)

    def place_of(self, index: int) -> tuple[int, int]:
        """The first word of a slot, counted by its number, and which lane of it."""
        return (index * self.spread, 0) if self.spread > 1 else (index // self.lanes, index % self.lanes)
