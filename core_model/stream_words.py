"""Words of the core's streams: octets, the numbers in them, and $readmemh text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntTensor
from t2c.golden.errors import PackageError, RangeError, ShapeError
from t2c.golden.rom.words import ByteRows, RomLayout, pack_bytes, unpack_bytes

StreamWords = ByteRows
"""(words, ceil(width / 8)) uint8, most significant octet first; bits above the width are 0."""


def stream_words(words: Iterable[int] | StreamWords, width: int) -> StreamWords:
    """Octets of stream words of `width` bits, given as octets already or as numbers 0 .. 2^width - 1.

    Raises:
        RangeError: a number that does not fit the width.
        ShapeError: octets of another width.
    """
    size = -(-width // 8)
    if isinstance(words, np.ndarray) and words.ndim == 2:
        return check_octets(words, width)
    numbers = list(words)
    for index, number in enumerate(numbers):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
            raise RangeError(f"stream word {index} = {number!r} is not an integer")
        if not 0 <= number < 1 << width:
            raise RangeError(f"stream word {index} = {number} is outside 0..2^{width} - 1")
    octets = b"".join(int(number).to_bytes(size, "big") for number in numbers)
    return np.frombuffer(octets, np.uint8).reshape(len(numbers), size)


def check_octets(words: Any, width: int) -> StreamWords:
    """Octets of stream words of `width` bits, after proving that they are some.

    Raises:
        RangeError: a bit above the width.
        ShapeError: something else, or octets of another width.
    """
    size = -(-width // 8)
    if not isinstance(words, np.ndarray) or words.dtype != np.uint8 or words.ndim != 2 or words.shape[1] != size:
        kind = words.dtype if isinstance(words, np.ndarray) else type(words).__name__
        raise ShapeError(f"stream words: {kind} of shape {np.shape(words)}, {width} bits take {size} octets")
    over = words[:, 0] >> (width - 8 * (size - 1))
    if over.any():
        index = int(over.argmax())
        raise RangeError(f"stream word {index} = {numbers_of(words[index:])[0]} is outside 0..2^{width} - 1")
    return words


def numbers_of(words: StreamWords) -> list[int]:
    """Stream words as numbers."""
    size, octets = words.shape[1], words.tobytes()
    return [int.from_bytes(octets[k : k + size], "big") for k in range(0, len(octets), size)]


def widened(words: ByteRows, width: int) -> StreamWords:
    """Narrower words in the lowest bits of stream words of `width` bits."""
    spare = -(-width // 8) - words.shape[1]
    return np.pad(words, ((0, 0), (spare, 0)))


def lanes_of(words: StreamWords, layout: RomLayout, *, beats: int = 1, width: int = 0) -> IntTensor:
    """The numbers of memory words that came as stream words.

    Args:
        words: (memory words * beats, octets), a memory word's lowest beat first; it lies in the lowest bits of them.
        layout: of a memory word.
        beats: stream words of a memory word.
        width: bits of a stream word; needed where there are several beats.

    Returns:
        (memory words, lanes) int64, or Python integers if the layout is wide.
    """
    count = len(words) // beats
    bits = np.unpackbits(words, axis=1)
    if beats > 1:
        beat = bits[:, bits.shape[1] - width :].reshape(count, beats, width)
        bits = beat[:, ::-1].reshape(count, beats * width)
    word = np.zeros((count, 8 * layout.word_bytes), dtype=np.uint8)
    word[:, 8 * layout.word_bytes - layout.word_bits :] = bits[:, bits.shape[1] - layout.word_bits :]
    return unpack_bytes(np.packbits(word, axis=1), layout, count * layout.lanes).reshape(count, layout.lanes)


def words_of(lanes: npt.ArrayLike, layout: RomLayout, width: int) -> StreamWords:
    """Stream words of `width` bits that carry memory words (words, lanes), each in one beat."""
    return widened(pack_bytes(np.asarray(lanes, dtype=np.int64).reshape(-1), layout), width)


def parse_words(text: str, width: int, name: str) -> StreamWords:
    """Words of `width` bits from $readmemh text; words that it does not set are 0.

    Args:
        text: hexadecimal words, @addresses and // comments.
        width: bits of a word.
        name: of the text, for error messages.

    Raises:
        PackageError: something else in the text, or a word with more bits.
    """
    size, index = -(-width // 8), 0
    places: dict[int, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        for word in line.partition("//")[0].split():
            try:
                if word.startswith("@"):
                    index = int(word[1:], 16)
                    continue
                value = int(word, 16)
                if value >> width:
                    raise ValueError
            except ValueError:
                raise PackageError(f"{name}:{number}: {word!r} is not a word of {width} bits in hexadecimal") from None
            places[index] = value.to_bytes(size, "big")
            index += 1
    empty = bytes(size)
    octets = b"".join(places.get(k, empty) for k in range(max(places, default=-1) + 1))
    return np.frombuffer(octets, np.uint8).reshape(-1, size)
