"""A memory image of the folder: its words, what their bits mean, and which part belongs to which layer."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from t2c.common.reading import read_plain
from t2c.golden.arithmetic.formats import IntTensor
from t2c.golden.errors import PackageError
from t2c.golden.rom.text import RomFormat, decode, encode
from t2c.golden.rom.words import RomLayout

LARGEST_IMAGE = 1 << 31
"""Bytes of an image."""
ORIGIN = b"@0\n"
"""First line of a $readmemh file for a memory that may be deeper: an address says that fewer words are no mistake
(IEEE 1364-2005, 17.2.9), and no simulator warns of them."""
_WITH_ORIGIN = (RomFormat.HEX, RomFormat.READMEMB)


@dataclass(frozen=True, kw_only=True)
class Field:
    """Elements of a word: element k has `bits` bits, the lowest of them is bit lsb + k * stride of the word."""

    name: str
    lsb: int
    bits: int
    signed: bool = False
    count: int = 1
    stride: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Image:
    """One image.

    name: a Verilog and C identifier; stem: path without extension; about: one sentence for the manifest;
    layout: packing of the values; values: (count,) int64, or Python integers; fields: what the bits of a word mean;
    parts: sections of the image, each with `first` and `words`; deeper: the memory may be deeper than the image.
    """

    name: str
    stem: str
    about: str
    layout: RomLayout
    values: IntTensor
    fields: tuple[Field, ...]
    parts: tuple[Mapping[str, Any], ...] = ()
    deeper: bool = False

    @property
    def words(self) -> int:
        """Number of memory words."""
        return self.layout.words(self.values.size)

    @cached_property
    def crc32(self) -> int:
        """CRC-32, as zlib has it, of the words as bytes: each word padded to whole bytes, the lowest byte first."""
        return zlib.crc32(encode(self.values, self.layout, RomFormat.BIN))

    def file(self, fmt: RomFormat) -> str:
        """Path of the image in a format, relative to the folder."""
        return f"{self.stem}.{fmt.value}"

    def write(self, folder: Path, fmt: RomFormat) -> None:
        """Write the image, read it again and compare.

        Raises:
            PackageError: the file does not re-read to the same integers.
        """
        path = folder / self.file(fmt)
        path.parent.mkdir(exist_ok=True)
        origin = ORIGIN if self.deeper and fmt in _WITH_ORIGIN else b""
        path.write_bytes(origin + encode(self.values, self.layout, fmt))
        read = read_words(path, self.layout, fmt, self.values.size)
        if not np.array_equal(read, self.values):
            raise PackageError(f"{path}: the image does not re-read to the same integers")

    def record(self, formats: tuple[RomFormat, ...]) -> dict[str, Any]:
        """The image's entry in the manifest."""
        return {
            "name": self.name,
            "about": self.about,
            "files": {fmt.value: self.file(fmt) for fmt in formats},
            "word_bits": self.layout.word_bits,
            "words": self.words,
            "crc32": f"{self.crc32:08x}",
            **asdict(self.layout),
            "count": self.values.size,
            "fields": [asdict(field) for field in self.fields],
            **({"parts": list(self.parts)} if self.parts else {}),
        }


def read_words(path: Path, layout: RomLayout, fmt: RomFormat, count: int) -> IntTensor:
    """Read the elements of an image, with or without the first address: (count,) int64, or Python integers.

    Raises:
        PackageError: a malformed digit, or a wrong number of words, with file and line.
    """
    data = read_plain(path, LARGEST_IMAGE)
    if fmt in _WITH_ORIGIN:
        data = data.removeprefix(ORIGIN)
    return decode(data, layout, fmt, count, str(path))
