"""Stranger: the bitstring package, which packs integers of any width into bits and reads them back.

A word of L lanes is the concatenation of its elements, the most significant first: element L - 1 first in lsb_first
order. Images are compared word by word, as text or bytes that bitstring wrote; elements read back as integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bitstring
import numpy as np
import numpy.typing as npt

from oracle.check import Batch, Check, elementwise
from oracle.draw import between
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.rom import text as rom_text
from t2c.golden.rom import words as rom
from t2c.golden.rom.text import RomFormat
from t2c.golden.rom.words import RomLayout

VERSION = f"bitstring {bitstring.__version__}"
LANES = (1, 2, 3, 4, 8, 16, 64, 255, 256)
MAX_BITS = 128
SIZE = 4096


def kind(layout: RomLayout) -> str:
    """Return bitstring's name of the element."""
    return f"{'int' if layout.signed else 'uint'}{layout.bits}"


def words(values: list[int], layout: RomLayout) -> list[bitstring.Bits]:
    """Pack the elements; the last word is filled up with zeros."""
    lanes = layout.lanes
    padded = values + [0] * (-len(values) % lanes)
    if layout.lane_order == "lsb_first":
        rows = [padded[k : k + lanes][::-1] for k in range(0, len(padded), lanes)]
        padded = [value for row in rows for value in row]
    stream = bitstring.Array(kind(layout), padded).data
    return list(stream.cut(layout.bits * lanes))


def read_as(bits: bitstring.Bits, name: str) -> list[int]:
    """Read bits as elements of a type."""
    array = bitstring.Array(name, [])
    array.data = bitstring.BitArray(bits)
    return [int(value) for value in array.tolist()]


def values_of(packed: list[bitstring.Bits], layout: RomLayout) -> list[int]:
    """Read every element of every word back, in the order in which they were stored."""
    found = [read_as(word, kind(layout)) for word in packed]
    return [value for row in found for value in (row if layout.lane_order == "msb_first" else row[::-1])]


def every_value(_: np.random.Generator) -> Iterator[Batch]:
    """Every integer of every width of 2..16 bits, signed and unsigned, one a word: packed, and read back."""
    for bits in range(2, 17):
        for signed in (False, True):
            fmt, layout = IntFormat(bits=bits, signed=signed), RomLayout(bits=bits, signed=signed)
            values = np.arange(fmt.lo, fmt.hi + 1)
            stream = bitstring.Array(kind(layout), values.tolist()).data
            patterns = np.array(read_as(stream, f"uint{bits}"))
            explain = elementwise(value=values, layout=layout)
            yield Batch(np.array(rom.pack_words(values, layout)), patterns, explain)
            read = rom.unpack_words(patterns.tolist(), layout, values.size)
            again = np.array(read_as(stream, kind(layout)))
            yield Batch(read, again, elementwise(word=patterns, layout=layout))


def images(rng: np.random.Generator) -> Iterator[Batch]:
    """Elements of 2..128 bits in words of up to 256 lanes, both lane orders and endiannesses, every text that bitstring
    writes too; then read back from bitstring's words."""
    while True:
        layout = RomLayout(
            bits=between(rng, 2, MAX_BITS),
            signed=bool(rng.integers(2)),
            lanes=int(rng.choice(LANES)),
            lane_order=str(rng.choice(["lsb_first", "msb_first"])),
            endianness=str(rng.choice(["little", "big"])),
        )
        values = elements(rng, layout, between(rng, 1, SIZE))
        packed = words(values.tolist(), layout)
        for fmt_name, lines in texts(packed, layout).items():
            golden = split(rom_text.encode(values, layout, fmt_name), layout, fmt_name)
            explain = elementwise(word=np.arange(len(lines)), format=fmt_name.value, layout=layout)
            yield Batch(np.array(golden, object), np.array(lines, object), explain)
        read = rom.unpack_words([word.uint for word in packed], layout, values.size)
        stored = np.array(values_of(packed, layout)[: values.size], object)
        yield Batch(read, stored, elementwise(layout=layout, element=np.arange(values.size)))


def elements(rng: np.random.Generator, layout: RomLayout, count: int) -> npt.NDArray[Any]:
    """Draw elements of a layout, of golden's dtype: half of them uniform, half next to the ends or 0."""
    lo, hi = layout.lo, layout.hi
    octets = -(-layout.bits // 8)
    uniform = [lo + int.from_bytes(rng.bytes(octets), "big") % (1 << layout.bits) for _ in range(count)]
    near = np.array([lo, lo + 1, max(lo, -1), 0, 1, hi - 1, hi], object)
    drawn = np.where(rng.random(count) < 0.5, np.array(uniform, object), rng.choice(near, count))
    return drawn if layout.wide else drawn.astype(np.int64)


def texts(packed: list[bitstring.Bits], layout: RomLayout) -> dict[RomFormat, list[bytes]]:
    """Return every word in bitstring's own binary, hexadecimal and bytes."""
    pad, fill = (bitstring.Bits(bin="0" * (-layout.bits * layout.lanes % unit)) for unit in (4, 8))
    raw = [(fill + word).tobytes() for word in packed]
    return {
        RomFormat.READMEMB: [word.bin.encode() for word in packed],
        RomFormat.HEX: [(pad + word).hex.encode() for word in packed],
        RomFormat.BIN: [row if layout.endianness == "big" else row[::-1] for row in raw],
    }


def split(image: bytes, layout: RomLayout, fmt: RomFormat) -> list[bytes]:
    """Return the words of golden's image: its lines, or as many bytes as a word has."""
    if fmt is not RomFormat.BIN:
        return image.decode().removesuffix("\n").encode().split(b"\n")
    return [image[k : k + layout.word_bytes] for k in range(0, len(image), layout.word_bytes)]


def check(name: str, domain: str, batches: Any, exhaustive: bool = False) -> Check:
    return Check(name=name, stranger=VERSION, domain=domain, batches=batches, exhaustive=exhaustive)


CHECKS = (
    check(
        "rom/bitstring-every-value", "every value of 2..16 bits, both signs, both ways", every_value, exhaustive=True
    ),
    check("rom/bitstring", "2..128 bits, 1..256 lanes, both orders; memb, hex, bin, and read back", images),
)
