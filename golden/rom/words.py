"""ROM words: integers packed into memory words, as docs/arithmetic.md section 6 defines them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntFormat, IntTensor, check_int, check_range, python_integers, twos_complement
from t2c.golden.errors import PackageError, RangeError, ShapeError

ByteRows = npt.NDArray[np.uint8]
"""(words, ceil(word_bits / 8)) bytes, most significant first, zero-padded on the left."""

MAX_LANES = 4096
MAX_ELEMENT_BITS = 1024


@dataclass(frozen=True, kw_only=True)
class RomLayout:
    """How integers lie in memory words.

    bits: element width, 2..1024; signed: two's complement or not; lanes: elements per word;
    lane_order: lsb_first puts element 0 in the least significant bits, msb_first in the most significant;
    endianness: byte order of a word in the raw .bin dump, little or big.

    Raises:
        RangeError: a field outside its range.
    """

    bits: int
    signed: bool
    lanes: int = 1
    lane_order: str = "lsb_first"
    endianness: str = "little"

    def __post_init__(self) -> None:
        check_int("bits", self.bits, 2, MAX_ELEMENT_BITS)
        check_int("lanes", self.lanes, 1, MAX_LANES)
        IntFormat(bits=2, signed=self.signed)
        if self.lane_order not in ("lsb_first", "msb_first"):
            raise RangeError(f"lane_order = {shown(self.lane_order)} is not one of lsb_first, msb_first")
        if self.endianness not in ("little", "big"):
            raise RangeError(f"endianness = {shown(self.endianness)} is not one of little, big")

    @property
    def lo(self) -> int:
        """Smallest element."""
        return -(1 << self.bits - 1) if self.signed else 0

    @property
    def hi(self) -> int:
        """Largest element."""
        return self.lo + (1 << self.bits) - 1

    @property
    def wide(self) -> bool:
        """Whether elements may leave int64: they are Python integers then, in arrays of dtype object."""
        return self.bits > 64 - (not self.signed)

    @property
    def word_bits(self) -> int:
        """Bits of a word: L·w."""
        return self.bits * self.lanes

    @property
    def word_bytes(self) -> int:
        """Bytes that hold a word."""
        return -(-self.word_bits // 8)

    def words(self, count: int) -> int:
        """Return the number of words that hold `count` elements."""
        return -(-count // self.lanes)


def as_elements(values: npt.ArrayLike, layout: RomLayout) -> IntTensor:
    """Elements of a layout as an array: Python integers if the layout is wide and they are no array yet."""
    return np.array(values, dtype=object) if layout.wide and not isinstance(values, np.ndarray) else np.asarray(values)


def pack_bytes(values: npt.ArrayLike, layout: RomLayout) -> ByteRows:
    """Pack elements into words, one row of bytes a word: each element is v mod 2^w.

    Args:
        values: (count,) int, or Python integers, each in the range of the layout's width.
        layout: width, sign and lanes; the last word is filled up with zero elements.

    Returns:
        (words, word_bytes) uint8, most significant byte first.

    Raises:
        RangeError: a float dtype or a value outside its width.
        ShapeError: values is not a vector.

    Source: docs/arithmetic.md section 6.

    >>> pack_bytes([-1, 2, 3], RomLayout(bits=4, signed=True, lanes=2)).tolist()
    [[47], [3]]
    """
    elements = as_elements(values, layout)
    if elements.ndim != 1:
        raise ShapeError(f"values: shape {elements.shape} is not a vector")
    held, words = _container(layout.bits), layout.words(elements.size)
    lanes = np.zeros(words * layout.lanes, f"V{held}" if layout.wide else f">u{held}")
    _fill(lanes, elements, layout)
    grid = lanes.reshape(-1, layout.lanes)
    if layout.lane_order == "lsb_first":
        grid = np.ascontiguousarray(grid[:, ::-1])
    octets = grid.view(np.uint8).reshape(words, layout.lanes * held)
    if layout.bits == 8 * held:
        return octets
    bits = np.unpackbits(octets.reshape(-1, held), axis=1)[:, 8 * held - layout.bits :]
    word = np.zeros((words, 8 * layout.word_bytes), np.uint8)
    word[:, 8 * layout.word_bytes - layout.word_bits :] = bits.reshape(words, layout.word_bits)
    return np.packbits(word, axis=1)


def unpack_bytes(octets: ByteRows, layout: RomLayout, count: int) -> IntTensor:
    """Return the `count` elements that `pack_bytes` packed: int64, or Python integers if the layout is wide.

    Args:
        octets: (words, word_bytes) uint8, most significant byte first.
        layout: as it was packed.
        count: number of elements; fixes the number of words.

    Raises:
        PackageError: a wrong number of words, or a bit set in the padding of a word or after the last element.

    >>> layout = RomLayout(bits=4, signed=True, lanes=2)
    >>> unpack_bytes(pack_bytes([-1, 2, 3], layout), layout, 3).tolist()
    [-1, 2, 3]
    """
    if octets.shape[0] != layout.words(count):
        raise PackageError(f"{octets.shape[0]} words, {count} elements need {layout.words(count)}")
    held = _container(layout.bits)
    if layout.bits == 8 * held:
        parts = octets
    else:
        bits = np.unpackbits(octets, axis=1)
        padding = 8 * layout.word_bytes - layout.word_bits
        if bits[:, :padding].any():
            raise PackageError(
                f"word {int(bits[:, :padding].any(axis=1).argmax())} has more than {layout.word_bits} bits"
            )
        full = np.zeros((octets.shape[0] * layout.lanes, 8 * held), np.uint8)
        full[:, 8 * held - layout.bits :] = bits[:, padding:].reshape(-1, layout.bits)
        parts = np.packbits(full, axis=1)
    kind = f"V{held}" if layout.wide else f">u{held}"
    grid: npt.NDArray[Any] = np.ascontiguousarray(parts).view(kind).reshape(octets.shape[0], layout.lanes)
    if layout.lane_order == "lsb_first":
        grid = grid[:, ::-1]
    raw = _patterns(grid.reshape(-1), layout)
    if raw[count:].any():
        raise PackageError(f"a lane after element {count - 1} is not zero")
    return _signed(raw[:count], layout)


def pack_words(values: npt.ArrayLike, layout: RomLayout) -> list[int]:
    """Return the memory words as Python integers, 0 .. 2^(L·w) - 1.

    Args, Raises: as `pack_bytes`.

    >>> [hex(word) for word in pack_words([1, -1, 2], RomLayout(bits=8, signed=True, lanes=2))]
    ['0xff01', '0x2']
    """
    size, octets = layout.word_bytes, pack_bytes(values, layout).tobytes()
    return [int.from_bytes(octets[k : k + size], "big") for k in range(0, len(octets), size)]


def unpack_words(words: list[int], layout: RomLayout, count: int) -> IntTensor:
    """Return the `count` elements of memory words, as `unpack_bytes`.

    Raises:
        PackageError: as `unpack_bytes`, or a word outside 0 .. 2^(L·w) - 1.

    >>> unpack_words([0xFF01, 0x2], RomLayout(bits=8, signed=True, lanes=2), 3).tolist()
    [1, -1, 2]
    """
    for index, word in enumerate(words):
        if not 0 <= word < 1 << layout.word_bits:
            raise PackageError(f"word {index} = {word} is outside 0..2^{layout.word_bits} - 1")
    octets = b"".join(word.to_bytes(layout.word_bytes, "big") for word in words)
    return unpack_bytes(np.frombuffer(octets, np.uint8).reshape(len(words), layout.word_bytes), layout, count)


def _container(bits: int) -> int:
    """Return the bytes of the smallest NumPy integer of at least `bits` bits, or as many as they need beyond that."""
    return next((size for size in (1, 2, 4, 8) if 8 * size >= bits), -(-bits // 8))


def _fill(lanes: npt.NDArray[Any], values: IntTensor, layout: RomLayout) -> None:
    """Put the elements' patterns into the first lanes, most significant byte first."""
    if layout.wide:
        elements = python_integers("values", values, layout.lo, layout.hi).tolist()
        held, modulus = lanes.dtype.itemsize, 1 << layout.bits
        octets = b"".join((element % modulus).to_bytes(held, "big") for element in elements)
        lanes[: len(elements)] = np.frombuffer(octets, lanes.dtype)
    else:
        checked = check_range("values", values, layout.lo, layout.hi)
        lanes[: checked.size] = checked.astype(np.uint64)  # modulo 2^64, then modulo the container's width


def _patterns(lanes: npt.NDArray[Any], layout: RomLayout) -> npt.NDArray[Any]:
    """Unsigned w-bit patterns: uint64, or Python integers."""
    if not layout.wide:
        return lanes.astype(np.uint64)
    held, octets = lanes.dtype.itemsize, lanes.tobytes()
    found = np.empty(lanes.size, dtype=object)
    found[:] = [int.from_bytes(octets[k : k + held], "big") for k in range(0, len(octets), held)]
    return found


def _signed(raw: npt.NDArray[Any], layout: RomLayout) -> IntTensor:
    """Read w-bit patterns as two's complement where the layout is signed."""
    if layout.wide:
        return twos_complement(raw, layout.bits) if layout.signed else raw
    if layout.signed:
        spare = np.int64(64 - layout.bits)
        return (raw.view(np.int64) << spare) >> spare
    return raw.astype(np.int64)
