"""Read what a simulator wrote with $writememh, unknown bits included."""

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
