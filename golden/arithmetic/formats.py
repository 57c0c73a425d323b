"""Integer formats: how many bits, signed or not, and the checks that guard every entry to the integer path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from t2c.common.shown import shown
from t2c.golden.errors import RangeError

IntArray = npt.NDArray[np.int64]
IntTensor = npt.NDArray[Any]
"""Integers in whatever dtype holds them, often one byte; arithmetic on them has to widen first."""

MAX_BITS = 64

_Integers = TypeVar("_Integers", int, IntArray)


@dataclass(frozen=True, kw_only=True)
class IntFormat:
    """A two's complement or unsigned integer format of 1..64 bits.

    >>> IntFormat(bits=4, signed=True).lo, IntFormat(bits=4, signed=True).hi
    (-8, 7)
    >>> str(IntFormat(bits=8, signed=False))
    'u8'

    Raises:
        RangeError: bits outside 1..64.
    """

    bits: int
    signed: bool

    def __post_init__(self) -> None:
        if isinstance(self.bits, bool) or not isinstance(self.bits, int):
            raise RangeError(f"bits = {shown(self.bits)} is not an integer")
        if not 1 <= self.bits <= MAX_BITS:
            raise RangeError(f"bits = {self.bits} is outside 1..{MAX_BITS}")
        if not isinstance(self.signed, bool):
            raise RangeError(f"signed = {shown(self.signed)} is not true or false")

    @property
    def lo(self) -> int:
        """Smallest value."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def hi(self) -> int:
        """Largest value."""
        return (1 << (self.bits - 1)) - 1 if self.signed else (1 << self.bits) - 1

    @property
    def dtype(self) -> np.dtype[Any]:
        """The smallest NumPy dtype that holds every value."""
        return smallest_dtype(self.lo, self.hi)

    def __str__(self) -> str:
        return f"{'s' if self.signed else 'u'}{self.bits}"


def smallest_dtype(lo: int, hi: int) -> np.dtype[Any]:
    """Return the smallest integer dtype that holds lo..hi, unsigned where lo is not negative.

    >>> smallest_dtype(0, 255), smallest_dtype(-1, 127), smallest_dtype(-1, 128)
    (dtype('uint8'), dtype('int8'), dtype('int16'))

    Raises:
        RangeError: no integer dtype holds both.
    """
    for dtype in (np.uint8, np.uint16, np.uint32, np.uint64) if lo >= 0 else (np.int8, np.int16, np.int32, np.int64):
        if np.iinfo(dtype).min <= lo and hi <= np.iinfo(dtype).max:
            return np.dtype(dtype)
    raise RangeError(f"{lo}..{hi} does not fit an integer of 64 bits")


def twos_complement(raw: _Integers, bits: int) -> _Integers:
    """Read the low `bits` bits as a two's complement number.

    >>> twos_complement(0xF8, 4), twos_complement(-9, 4)
    (-8, 7)

    Args:
        raw: an int, or int64 of any shape.
        bits: 1..64; 1..63 for an array.
    """
    sign = 1 << (bits - 1)
    return ((raw & (2 * sign - 1)) ^ sign) - sign


def as_int64(name: str, values: npt.ArrayLike) -> IntArray:
    """Widen an integer array to int64.

    Args:
        name: What the array is called in an error message.
        values: Any integer array; uint64 values must fit int64.

    Raises:
        RangeError: the dtype is not an integer one, or a value does not fit int64.
    """
    array: npt.NDArray[Any] = np.asarray(values)
    if array.dtype.kind not in "iu":
        raise RangeError(f"{name}: dtype {array.dtype} is not an integer type")
    if array.dtype == np.uint64 and array.size and int(array.max()) > np.iinfo(np.int64).max:
        raise RangeError(f"{name}: value {int(array.max())} does not fit int64")
    return array.astype(np.int64, copy=False)


def integers(name: str, values: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return an integer array in its own dtype; uint64 becomes int64.

    Raises:
        RangeError: as `as_int64`.
    """
    array: npt.NDArray[Any] = np.asarray(values)
    return array if array.dtype.kind in "iu" and array.dtype != np.uint64 else as_int64(name, array)


def in_range(name: str, values: npt.ArrayLike, lo: int, hi: int) -> npt.NDArray[Any]:
    """Return the values in their own dtype after proving that each lies in lo..hi; uint64 becomes int64.

    >>> in_range("x", np.array([0, 3], np.uint8), 0, 3)
    array([0, 3], dtype=uint8)

    Raises:
        RangeError: as `check_range`.
    """
    array: npt.NDArray[Any] = np.asarray(values)
    if array.dtype.kind not in "iu":
        raise RangeError(f"{name}: dtype {array.dtype} is not an integer type")
    if array.size:
        low, high = int(array.min()), int(array.max())
        if low < lo or high > hi:
            flat = int(array.argmin()) if low < lo else int(array.argmax())
            where = tuple(int(i) for i in np.unravel_index(flat, array.shape))
            value = low if low < lo else high
            raise RangeError(f"{name}{list(where)} = {value} is outside {lo}..{hi}")
    return array.astype(np.int64) if array.dtype == np.uint64 else array


def check_range(name: str, values: npt.ArrayLike, lo: int, hi: int) -> IntArray:
    """Return the values as int64 after proving that each lies in lo..hi.

    >>> check_range("x", [0, 3], 0, 3)
    array([0, 3])

    Raises:
        RangeError: not an integer dtype, or a value outside lo..hi (the message gives value and index).
    """
    return in_range(name, values, lo, hi).astype(np.int64, copy=False)


def check_format(name: str, values: npt.ArrayLike, fmt: IntFormat) -> IntArray:
    """Return the values as int64 after proving that each fits the format.

    Raises:
        RangeError: as `check_range`.
    """
    return check_range(name, values, fmt.lo, fmt.hi)


def python_integers(name: str, values: npt.ArrayLike, lo: int, hi: int) -> npt.NDArray[np.object_]:
    """Return the values as Python integers, of any size, after proving that each is an integer in lo..hi.

    >>> python_integers("x", [1 << 90, 0], 0, 1 << 90)
    array([1237940039285380274899124224, 0], dtype=object)

    Raises:
        RangeError: as `check_range`.
    """
    array = np.asarray(values)
    if array.dtype != object:
        return in_range(name, array, lo, hi).astype(object)
    for place, value in np.ndenumerate(array):
        check_int(f"{name}{list(place)}", value, lo, hi)
    return array


def check_int(name: str, value: object, lo: int, hi: int) -> int:
    """Return a scalar after proving that it is an integer in lo..hi.

    Raises:
        RangeError: not an integer (bool counts as none), or outside lo..hi.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise RangeError(f"{name} = {shown(value)} is not an integer")
    if not lo <= int(value) <= hi:
        raise RangeError(f"{name} = {shown(int(value))} is outside {lo}..{hi}")
    return int(value)
