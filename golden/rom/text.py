"""ROM words as text and back: $readmemh, $readmemb, Xilinx .coe, Intel .mif, decimal lines and raw bytes."""

from __future__ import annotations

import re
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntTensor
from t2c.golden.errors import PackageError, RangeError
from t2c.golden.rom.words import ByteRows, RomLayout, as_elements, pack_bytes, unpack_bytes


class RomFormat(StrEnum):
    """Formats of a ROM image; the value is also the file name's extension."""

    HEX = "hex"
    READMEMB = "memb"
    BIN = "bin"
    DEC = "dec"
    COE = "coe"
    MIF = "mif"

    @classmethod
    def parse(cls, name: str) -> RomFormat:
        """Return the format of that name.

        Raises:
            RangeError: no such format; the message lists the formats.
        """
        try:
            return cls(str(name))
        except ValueError:
            known = ", ".join(fmt.value for fmt in cls)
            raise RangeError(f"format = {shown(name)} is not one of {known}") from None


Token = tuple[int, bytes]
"""Line number and text of one word."""


def encode(values: npt.ArrayLike, layout: RomLayout, fmt: RomFormat) -> bytes:
    """Return the image file's bytes.

    Args:
        values: (count,) int within the layout's width.
        layout: packing; .dec has one element a line and no lanes.
        fmt: the file format.

    Raises:
        RangeError: a float dtype or a value outside its width.
        ShapeError: values is not a vector.

    Source: docs/arithmetic.md section 6; IEEE 1364-2005 clause 17.2.9 ($readmemb, $readmemh).

    >>> encode([1, -1, 2], RomLayout(bits=8, signed=True, lanes=2), RomFormat.HEX)
    b'ff01\\n0002\\n'
    """
    octets = pack_bytes(values, layout)
    if fmt is RomFormat.DEC:
        return "".join(f"{value}\n" for value in as_elements(values, layout).tolist()).encode()
    if fmt is RomFormat.BIN:
        return (octets if layout.endianness == "big" else octets[:, ::-1]).tobytes()
    if fmt is RomFormat.READMEMB:
        bits = np.unpackbits(octets, axis=1)[:, 8 * layout.word_bytes - layout.word_bits :]
        return _lines(bits + np.uint8(ord("0")), b"\n")
    digits = np.frombuffer(octets.tobytes().hex().encode(), np.uint8).reshape(len(octets), 2 * layout.word_bytes)
    digits = digits[:, 2 * layout.word_bytes - _hex_digits(layout) :]
    if fmt is RomFormat.HEX:
        return _lines(digits, b"\n")
    if fmt is RomFormat.COE:
        body = _lines(digits, b",\n")
        return b"memory_initialization_radix=16;\nmemory_initialization_vector=\n" + body[:-2] + b";\n"
    head = f"WIDTH={layout.word_bits};\nDEPTH={len(octets)};\nADDRESS_RADIX=HEX;\nDATA_RADIX=HEX;\nCONTENT BEGIN\n"
    rows = _lines(digits, b";\n").split(b"\n")[:-1]
    return head.encode() + b"".join(b"%x : %s\n" % row for row in enumerate(rows)) + b"END;\n"


def decode(data: bytes, layout: RomLayout, fmt: RomFormat, count: int, name: str) -> IntTensor:
    """Return the `count` elements of an image file's bytes, as `unpack_bytes`.

    Args:
        data: the file's content; name: the file, for error messages.
        layout, fmt: as written.
        count: number of elements.

    Raises:
        PackageError: a malformed digit (x and z are none), a wrong number of words, or set padding bits.

    >>> decode(b"ff01\\n0002\\n", RomLayout(bits=8, signed=True, lanes=2), RomFormat.HEX, 3, "rom.hex").tolist()
    [1, -1, 2]
    """
    if fmt is RomFormat.DEC:
        return _decimal(data, layout, count, name)
    if fmt is RomFormat.BIN:
        if len(data) != layout.words(count) * layout.word_bytes:
            need = layout.words(count) * layout.word_bytes
            raise PackageError(f"{name}: {len(data)} bytes, {count} elements need {need}")
        octets = np.frombuffer(data, np.uint8).reshape(-1, layout.word_bytes)
        octets = octets if layout.endianness == "big" else octets[:, ::-1]
    elif (regular := _regular(data, layout, fmt, count)) is not None:
        octets = regular
    else:
        tokens = {RomFormat.COE: _coe_tokens, RomFormat.MIF: _mif_tokens}.get(fmt, _line_tokens)(data, name)
        if len(tokens) != layout.words(count):
            line = tokens[-1][0] if tokens else 1
            raise PackageError(f"{name}:{line}: {len(tokens)} words, {count} elements need {layout.words(count)}")
        octets = (_from_binary if fmt is RomFormat.READMEMB else _from_hex)(tokens, layout, name)
    try:
        return unpack_bytes(octets, layout, count)
    except PackageError as error:
        raise PackageError(f"{name}: {error}") from None


_VALUE = np.full(256, 255, np.uint8)
"""Value of a hexadecimal digit by its character; 255 is none."""
_VALUE[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)
_VALUE[np.frombuffer(b"ABCDEF", np.uint8)] = np.arange(10, 16)


def _regular(data: bytes, layout: RomLayout, fmt: RomFormat, count: int) -> ByteRows | None:
    """The words of a text as `encode` writes it, one of full width a line; None where anything is otherwise.

    It makes no object for each word; the slower way gives the same words, and knows the line of a fault.
    """
    binary = fmt is RomFormat.READMEMB
    digits = layout.word_bits if binary else _hex_digits(layout)
    words = layout.words(count)
    if fmt not in (RomFormat.HEX, RomFormat.READMEMB) or len(data) != words * (digits + 1):
        return None
    rows = np.frombuffer(data, np.uint8).reshape(words, digits + 1)
    values = _VALUE[rows[:, :-1]]
    if (rows[:, -1] != ord("\n")).any() or (values > (1 if binary else 15)).any():
        return None
    per_byte = 8 if binary else 2
    padded = np.zeros((words, layout.word_bytes * per_byte), np.uint8)
    padded[:, layout.word_bytes * per_byte - digits :] = values
    return np.packbits(padded, axis=1) if binary else padded[:, ::2] << np.uint8(4) | padded[:, 1::2]


def _hex_digits(layout: RomLayout) -> int:
    return -(-layout.word_bits // 4)


def _lines(characters: npt.NDArray[np.uint8], end: bytes) -> bytes:
    """Return the rows of characters, each followed by `end`."""
    tail = np.broadcast_to(np.frombuffer(end, np.uint8), (len(characters), len(end)))
    return np.concatenate([characters, tail], axis=1).tobytes()


def _line_tokens(data: bytes, name: str) -> list[Token]:
    """One word a line; blank lines and // comments are skipped."""
    lines = (line.split(b"//")[0].strip() if b"/" in line else line.strip() for line in data.split(b"\n"))
    return [(number, line) for number, line in enumerate(lines, 1) if line]


def _coe_tokens(data: bytes, name: str) -> list[Token]:
    head, found, body = data.partition(b"memory_initialization_vector=")
    if (
        not found
        or b"memory_initialization_radix=16;" not in head.replace(b" ", b"")
        or not body.rstrip().endswith(b";")
    ):
        raise PackageError(f"{name}:1: not a .coe file of radix 16 that ends in ';'")
    first, words = head.count(b"\n") + 1, body.rstrip()[:-1].split(b",")
    numbers = np.cumsum([first] + [word.count(b"\n") for word in words[:-1]]).tolist()
    tokens = [(line + _leading_lines(word), word.strip()) for line, word in zip(numbers, words, strict=True)]
    return [] if len(tokens) == 1 and not tokens[0][1] else tokens


def _leading_lines(word: bytes) -> int:
    return word[: len(word) - len(word.lstrip())].count(b"\n")


def _mif_tokens(data: bytes, name: str) -> list[Token]:
    lines = [line.split(b"--")[0].strip() for line in data.split(b"\n")]
    if b"CONTENT BEGIN" not in lines or b"END;" not in lines or b"DATA_RADIX=HEX;" not in lines:
        raise PackageError(f"{name}:1: not a .mif file with DATA_RADIX=HEX, CONTENT BEGIN and END")
    tokens: list[Token] = []
    start, stop = lines.index(b"CONTENT BEGIN"), lines.index(b"END;")
    for number, line in enumerate(lines[start + 1 : stop], start + 2):
        match = re.fullmatch(rb"([0-9A-Fa-f]+)\s*:\s*(.*?)\s*;", line)
        if match is None or int(match[1], 16) != len(tokens):
            raise PackageError(f"{name}:{number}: {line.decode(errors='replace')!r} is not '{len(tokens):x} : word;'")
        tokens.append((number, match[2]))
    return tokens


def _check_tokens(tokens: list[Token], digits: int, alphabet: bytes, name: str) -> bytes:
    """Return all words at full width in one string after proving that each holds 1..digits digits of the alphabet."""
    text = b"".join(token if len(token) == digits else token.rjust(digits, b"0") for _, token in tokens)
    if len(text) != digits * len(tokens) or text.translate(None, alphabet):
        for line, token in tokens:
            if not 1 <= len(token) <= digits or token.translate(None, alphabet):
                found = token.decode(errors="replace")
                raise PackageError(f"{name}:{line}: {shown(found)} is not a word of at most {digits} digits")
    return text


def _from_hex(tokens: list[Token], layout: RomLayout, name: str) -> ByteRows:
    digits = _hex_digits(layout)
    text = _check_tokens(tokens, digits, b"0123456789abcdefABCDEF", name)
    if digits % 2:
        text = b"".join(b"0" + text[k : k + digits] for k in range(0, len(text), digits))
    return np.frombuffer(bytes.fromhex(text.decode()), np.uint8).reshape(-1, layout.word_bytes)


def _from_binary(tokens: list[Token], layout: RomLayout, name: str) -> ByteRows:
    text = _check_tokens(tokens, layout.word_bits, b"01", name)
    bits = np.zeros((len(tokens), 8 * layout.word_bytes), np.uint8)
    bits[:, 8 * layout.word_bytes - layout.word_bits :] = np.frombuffer(text, np.uint8).reshape(
        len(tokens), layout.word_bits
    ) - np.uint8(ord("0"))
    return np.packbits(bits, axis=1)


def _decimal(data: bytes, layout: RomLayout, count: int, name: str) -> IntTensor:
    tokens = _line_tokens(data, name)
    values: list[int] = []
    for line, token in tokens:
        found = token.decode(errors="replace")
        if re.fullmatch(rb"-?[0-9]{1,330}", token) is None or not layout.lo <= int(token) <= layout.hi:
            raise PackageError(f"{name}:{line}: {shown(found)} is not an integer in {layout.lo}..{layout.hi}")
        values.append(int(token))
    if len(values) != count:
        raise PackageError(f"{name}:{tokens[-1][0] if tokens else 1}: {len(values)} elements, not {count}")
    return np.array(values, object if layout.wide else np.int64)
