"""Damage to bytes and to texts: what a disk, a line or a careless editor does."""

from __future__ import annotations

from random import Random

LONG = 1 << 16
"""Of a run of one byte."""
SPLINTERS = (
    *(b"", b"\0", b"\n", b"\r\n", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b"(", b")", b",", b":", b"-", b"/", b"#"),
    *(b"NaN", b"Infinity", b"-Infinity", b"null", b"true", b"1e999", b"-0", b"1.0", b"0x10", b"9" * 30, b"9" * 5000),
    *(
        b"\xff",
        b"\xfe\xff",
        b"\xef\xbb\xbf",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\x1b[2J",
        b"\\u0000",
        b"\\ud800",
        b"\\u202e",
    ),
    *(b"../", b"/dev/zero", b"$(touch x)", b"`touch x`", b"%s%n", b"!!python/object:os.system", b"&a [*a]", b"<<: *a"),
    *(b"[" * 2000, b'{"a":' * 500, b"(" * 300, b"PK\x03\x04", b"PK\x05\x06", b"\x93NUMPY"),
)
"""Pieces that mean something to one reader or another."""


def damaged(data: bytes, rng: Random) -> bytes:
    """The same bytes with one to four faults."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = _once(bytearray(data), rng)
    return data


def _once(data: bytearray, rng: Random) -> bytes:
    start = rng.randrange(len(data) + 1)
    end = min(len(data), start + rng.choice((1, 1, 2, 4, 16, 256, len(data))))
    kind = rng.randrange(9)
    if kind == 0 and data:
        data[start % len(data)] ^= 1 << rng.randrange(8)
    elif kind == 1 and data:
        data[start % len(data)] = rng.randrange(256)
    elif kind == 2:
        del data[start:]
    elif kind == 3:
        del data[start:end]
    elif kind == 4:
        data[start:start] = data[start:end]
    elif kind == 5:
        data[start:start] = rng.choice(SPLINTERS)
    elif kind == 6:
        data[start:end] = rng.choice(SPLINTERS)
    elif kind == 7:
        data[start:end] = bytes([rng.randrange(256)]) * rng.choice((1, 8, LONG))
    elif data:
        other = rng.randrange(len(data))
        data[start:end], data[other : other + end - start] = data[other : other + end - start], data[start:end]
    return bytes(data)
