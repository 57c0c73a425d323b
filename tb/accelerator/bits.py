"""Words as arrays of bits, least significant first: from numbers, to the text of files, and back from a log."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray

Bits = npt.NDArray[np.uint8]
"""(words, width): 0, 1, or what a simulator does not know: X or Z."""
X, Z = 2, 3
_CODES = np.zeros(256, np.uint8)
_CODES[[ord("1"), ord("x"), ord("X"), ord("z"), ord("Z")]] = (1, X, X, Z, Z)
_TEXT = "01xz"


def bits_of(values: IntArray, width: int) -> Bits:
    """(..., width) two's complement bits of int64 values; above 64 bits the sign goes on.

    >>> bits_of(np.array([-2]), 4).tolist()
    [[0, 1, 1, 1]]
    """
    places = np.minimum(np.arange(width), 63)
    return ((values[..., np.newaxis] >> places) & 1).astype(np.uint8)


def value_of(bits: Bits, signed: bool) -> int:
    """The number that known bits of one element are.

    >>> value_of(np.array([0, 1, 1, 1], np.uint8), signed=True)
    -2
    """
    value = sum(int(bit) << place for place, bit in enumerate(bits))
    return value - (1 << len(bits)) if signed and len(bits) and bits[-1] else value


def hex_lines(words: Bits) -> list[str]:
    """Each word as $fscanf and $readmemh read it.

    >>> hex_lines(np.array([[1, 0, 1, 1, 1]], np.uint8))
    ['1d']
    """
    if not words.size:
        return ["0"] * len(words)
    filled = np.pad(words, ((0, 0), (0, -words.shape[1] % 8)))[:, ::-1]
    return [row.tobytes().hex() for row in np.packbits(filled, axis=1)]


def records(kind: int, *parts: Bits) -> bytes:
    """Records as $fread reads them: a byte that says of which kind, then each part in whole bytes, the first part and
    the most significant byte first.

    >>> records(2, np.array([[1]], np.uint8), np.array([[1, 0, 1, 1, 1, 0, 0, 0, 1]], np.uint8)).hex()
    '0201011d'
    """
    first = bits_of(np.full(len(parts[0]), kind), 8)
    filled = [np.pad(part, ((0, 0), (0, -part.shape[1] % 8)))[:, ::-1] for part in (first, *parts)]
    return np.packbits(np.concatenate(filled, axis=1), axis=1).tobytes()


def from_hex(texts: Sequence[str], width: int) -> Bits:
    """Words that $fwrite wrote with %h."""
    if not texts:
        return np.zeros((0, width), np.uint8)
    digits = (width + 7) // 8 * 2
    packed = np.frombuffer(bytes.fromhex("".join(text.rjust(digits, "0") for text in texts)), np.uint8)
    return np.unpackbits(packed.reshape(len(texts), -1), axis=1)[:, ::-1][:, :width].copy()


def from_binary(text: str) -> Bits:
    """(width,) bits of a word that $fwrite wrote with %b."""
    return _CODES[np.frombuffer(text.encode(), np.uint8)][::-1]


def shown_bits(bits: Bits) -> str:
    """Bits as Verilog shows them, most significant first: 4'b01xz."""
    return f"{len(bits)}'b" + "".join(_TEXT[bit] for bit in bits[::-1])
