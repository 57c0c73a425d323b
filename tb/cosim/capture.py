"""Read what a simulator wrote in hexadecimal, unknown bits included."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import PackageError

Bits = npt.NDArray[np.bool_]

_UNKNOWN = 16
_INVALID = 255
_NIBBLES = np.full(256, _INVALID, dtype=np.uint8)
for _digit in range(16):
    _NIBBLES[ord(f"{_digit:x}")] = _NIBBLES[ord(f"{_digit:X}")] = _digit
for _letter in "xXzZ":
    _NIBBLES[ord(_letter)] = _UNKNOWN


@dataclass(frozen=True, kw_only=True, eq=False)
class Words:
    """Memory words as bits, lowest bit first: value and unknown, each (words, bits)."""

    value: Bits
    unknown: Bits

    def field(self, low: int, width: int, lanes: int, *, signed: bool) -> tuple[IntArray, Bits]:
        """Return (values, any bit unknown) of `lanes` neighbouring fields of `width` bits: each (words, lanes)."""
        value = self.value[:, low : low + width * lanes].reshape(-1, lanes, width)
        unknown = self.unknown[:, low : low + width * lanes].reshape(-1, lanes, width)
        weight = np.int64(1) << np.arange(width, dtype=np.int64)
        if signed:
            weight[-1] = -weight[-1]
        values: IntArray = value.astype(np.int64) @ weight
        unclear: Bits = np.any(unknown, axis=2)
        return values, unclear


def read_capture(path: Path, bits: int) -> Words:
    """Read a $writememh file of words of `bits` bits.

    Raises:
        PackageError: a missing file, a line that is no hex word, or a word with too few or too many digits or bits.
    """
    if not path.is_file():
        raise PackageError(f"{path}: the simulator wrote no capture file")
    digits = -(-bits // 4)
    words = [line for raw in path.read_text().splitlines() if (line := raw.split("//")[0].strip()) and line[0] != "@"]
    bad = next((word for word in words if len(word) != digits), None)
    if bad is not None:
        raise PackageError(f"{path}: word {bad!r} does not have {digits} hex digits")
    text = np.frombuffer("".join(words).encode("latin-1"), dtype=np.uint8).reshape(len(words), digits)
    nibbles = _NIBBLES[text[:, ::-1]]
    if (nibbles == _INVALID).any():
        raise PackageError(f"{path}: a word is not hexadecimal")
    spread = (nibbles[:, :, np.newaxis] >> np.arange(4, dtype=np.uint8)) & 1
    value = spread.reshape(len(words), 4 * digits).astype(bool)
    if value[:, bits:].any():
        raise PackageError(
            f"{path}: word {words[int(value[:, bits:].any(axis=1).argmax())]!r} has more than {bits} bits"
        )
    unknown = np.repeat(nibbles == _UNKNOWN, 4, axis=1)
    return Words(value=value[:, :bits], unknown=unknown[:, :bits])


_LINES = 1 << 14
"""Lines of `read_sums` that are looked at together."""
CYCLE_DIGITS = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Sums:
    """Words of sums as tb/hdl/core_harness.v writes them: value, unknown (words, COLS); cycle (words,) of the run."""

    value: IntArray
    unknown: Bits
    cycle: IntArray


def read_sums(path: Path, lanes: int, bits: int) -> Sums:
    """Read {cycle, sums}, each of `lanes` sums of `bits` bits in whole digits with its sign before it, lane 0 last.

    Raises:
        PackageError: a missing file, or a line that is no such word.
    """
    if not path.is_file():
        raise PackageError(f"{path}: the simulator wrote no file of sums")
    digits = -(-bits // 4)
    wide = CYCLE_DIGITS + lanes * digits
    text = np.fromfile(path, dtype=np.uint8)
    if len(text) % (wide + 1) or (text[wide :: wide + 1] != ord("\n")).any():
        raise PackageError(f"{path}: a line does not have {wide} digits")
    lines = text.reshape(-1, wide + 1)[:, :wide]
    value, unknown = np.empty((len(lines), lanes), np.int64), np.empty((len(lines), lanes), bool)
    cycle = np.empty(len(lines), np.int64)
    for low in range(0, len(lines), _LINES):
        nibbles = _NIBBLES[lines[low : low + _LINES, ::-1]]
        if (nibbles == _INVALID).any():
            raise PackageError(f"{path}: a word is not hexadecimal")
        part = slice(low, low + len(nibbles))
        held = nibbles[:, : lanes * digits].reshape(-1, lanes, digits)
        unknown[part] = (held == _UNKNOWN).any(axis=2)
        value[part] = _number(held)
        cycle[part] = _number(nibbles[:, lanes * digits :])
    value -= (value >> (4 * digits - 1)) << (4 * digits)
    return Sums(value=value, unknown=unknown, cycle=cycle)


def _number(nibbles: npt.NDArray[np.uint8]) -> IntArray:
    """Join digits, the lowest first, along the last axis."""
    value = np.zeros(nibbles.shape[:-1], np.int64)
    for index in reversed(range(nibbles.shape[-1])):
        value = value << 4 | nibbles[..., index] & 15
    return value
