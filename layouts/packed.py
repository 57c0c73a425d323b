"""A layout down to the bit: where elements lie, how many bits they have, what is between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntTensor, check_range, python_integers
from t2c.golden.errors import RangeError
from t2c.golden.rom.words import RomLayout, as_elements, pack_bytes, pack_words, unpack_bytes, unpack_words
from t2c.layouts.element_map import ElementMap


@dataclass(frozen=True, eq=False)
class PackedLayout:
    """Tensors of one shape and format as memory words or beats of a stream.

    elements: which lane of which word holds which element; bits, signed: of an element; lane_order: lsb_first puts
    lane 0 into the least significant bits, msb_first into the most significant; padding: what other lanes hold;
    endianness: byte order of a word, little or big, where words become bytes.

    Raises:
        RangeError: a width or a number of lanes that no word has, an unknown order, a padding that is no element.

    >>> packed = PackedLayout(ElementMap.of("c h -> h c(2)", (3, 2)), bits=4, signed=True, padding=-1)
    >>> [hex(word) for word in packed.words([[1, 2], [3, 4], [5, 6]])]
    ['0x31', '0xf5', '0x42', '0xf6']
    """

    elements: ElementMap
    bits: int
    signed: bool
    lane_order: str = "lsb_first"
    padding: int = 0
    endianness: str = "little"

    def __post_init__(self) -> None:
        if not isinstance(self.padding, int) or not self.form.lo <= self.padding <= self.form.hi:
            raise RangeError(f"padding = {self.padding} is outside {self.form.lo}..{self.form.hi}")

    @property
    def form(self) -> RomLayout:
        """Words of memory images, docs/arithmetic.md section 6."""
        return RomLayout(
            bits=self.bits,
            signed=self.signed,
            lanes=self.elements.lanes,
            lane_order=self.lane_order,
            endianness=self.endianness,
        )

    def words(self, values: npt.ArrayLike) -> list[int]:
        """Words of a tensor, each 0 .. 2^word_bits - 1.

        Raises:
            RangeError: a value that the elements' width does not hold; ShapeError: another shape.
        """
        return pack_words(self._lanes(values), self.form)

    def values(self, words: Sequence[int], *, check_padding: bool = True) -> IntTensor:
        """The tensor that lies in some words; lanes of padding must hold it, unless they are not to be checked.

        Raises:
            PackageError: another number of words, or one of too many bits; RangeError: padding that is none.
        """
        lanes = unpack_words(list(words), self.form, self.elements.slots.size)
        return self._tensor(lanes, check_padding)

    def image(self, values: npt.ArrayLike) -> bytes:
        """The words as bytes, each padded to whole bytes; raises as `words`."""
        octets = pack_bytes(self._lanes(values), self.form)
        return (octets if self.endianness == "big" else octets[:, ::-1]).tobytes()

    def values_of_image(self, image: bytes, *, check_padding: bool = True) -> IntTensor:
        """The tensor that lies in some bytes; raises as `values`."""
        size = self.form.word_bytes
        octets = np.frombuffer(image[: len(image) // size * size], np.uint8).reshape(-1, size)
        lanes = unpack_bytes(
            octets if self.endianness == "big" else octets[:, ::-1], self.form, self.elements.slots.size
        )
        return self._tensor(lanes, check_padding)

    def bits_of(self, coordinate: Sequence[int]) -> tuple[int, int]:
        """Word and least significant bit of an element; raises IndexError if there is none such."""
        word, lane = self.elements.place(coordinate)
        return word, self.bits * (lane if self.lane_order == "lsb_first" else self.elements.lanes - 1 - lane)

    def coordinate_of(self, word: int, bit: int) -> tuple[int, ...] | None:
        """The element that a bit of a word belongs to; None for padding. Raises IndexError outside the words."""
        lane = bit // self.bits
        return self.elements.coordinate(
            word, lane if self.lane_order == "lsb_first" else self.elements.lanes - 1 - lane
        )

    def _lanes(self, values: npt.ArrayLike) -> IntTensor:
        """All lanes in order; a value that no element holds is named by its coordinate."""
        form, check = self.form, python_integers if self.form.wide else check_range
        return self.elements.to_words(
            check("values", as_elements(values, form), form.lo, form.hi), self.padding
        ).reshape(-1)

    def _tensor(self, lanes: IntTensor, check_padding: bool) -> IntTensor:
        grid = lanes.reshape(self.elements.slots.shape)
        return self.elements.from_words(grid, self.padding if check_padding else None)
