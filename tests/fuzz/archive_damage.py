"""Damage to a tensor archive: headers of tensors, their data, members of the zip file and how they are packed."""

from __future__ import annotations

import io
import warnings
import zipfile
from random import Random

from tests.fuzz.byte_damage import damaged

Members = list[tuple[str, bytes]]
DTYPES = (
    "|i1",
    "|u1",
    "<i2",
    ">i2",
    "<i4",
    "<i8",
    ">i8",
    "<u8",
    "<f4",
    "<f8",
    "<c16",
    "|b1",
    "|O",
    "|S4",
    "|V0",
    "<U3",
    "<M8[s]",
    "[('a','<i4')]",
    "",
)
SHAPES = (
    "()",
    "(0,)",
    "(1,)",
    "(-1,)",
    "(4,)",
    "(4.0,)",
    "('4',)",
    "(1 << 40,)",
    "(1099511627776,)",
    "(65536, 65536)",
    "(" * 90,
    "[3]",
    "None",
)


def members(archive: bytes) -> Members:
    """Names and contents of an undamaged archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return [(name, opened.read(name)) for name in opened.namelist()]


def packed(found: Members, rng: Random) -> bytes:
    """An archive of these members, packed in one of the ways that there are."""
    stream = io.BytesIO()
    usual = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w") as archive:
        warnings.simplefilter("ignore")  # two members of one name are what is wanted
        for name, content in found:
            odd = rng.random() < 0.01
            method = rng.choice((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)) if odd else usual
            archive.writestr(name or "_", content, method)
        if rng.random() < 0.05:
            archive.comment = b"x" * rng.choice((1, 22, 60000))
    return stream.getvalue()


def damaged_members(found: Members, rng: Random) -> Members:
    """The members with one fault."""
    found = list(found)
    index = rng.randrange(len(found))
    name, content = found[index]
    kind = rng.randrange(8)
    if kind == 0:
        del found[index]
    elif kind == 1:
        found.append(
            (rng.choice((name, "stray.npy", "stray", "../up.npy", "x" * 300 + ".npy", "\x1b[2J.npy", ".npy")), content)
        )
    elif kind == 2:
        found[index] = (rng.choice((name.upper(), name[:-4], name[:-1], "x" + name, found[0][0])), content)
    elif kind == 3:
        found[index] = (name, found[rng.randrange(len(found))][1])
    elif kind == 4:
        found[index] = (name, bytes(rng.choice((0, 1, 1 << 20))))
    elif kind == 5:
        found[index] = (name, _other_header(content, rng))
    elif kind == 6:
        found[index] = (name, content[:128] + damaged(content[128:], rng))
    else:
        found[index] = (name, damaged(content[:128], rng) + content[128:])
    return found


def _other_header(content: bytes, rng: Random) -> bytes:
    """The tensor under another header, sometimes with the data that goes with it."""
    order = rng.choice(("True", "False", "0", "None"))
    shape = rng.choice((*SHAPES, f"({len(content) - 128},)", f"({(len(content) - 128) // 2},)"))
    text = f"{{'descr': '{rng.choice(DTYPES)}', 'fortran_order': {order}, 'shape': {shape}, }}"
    header = damaged(text.encode(), rng) if rng.random() < 0.3 else text.encode()
    header = header.ljust(rng.choice((117, 117, 5)))[:60000] + b"\n"
    version, size = rng.choice(((1, 2), (1, 2), (2, 4), (3, 4), (9, 2)))
    return b"\x93NUMPY" + bytes([version, 0]) + len(header).to_bytes(size, "little") + header + content[128:]
