"""The step descriptor: its limits, its words, and the way back."""

from __future__ import annotations

import random
import re
from dataclasses import fields

import numpy as np
import pytest

from t2c.contract.descriptor import EXTENT_MAX, FIELDS, Descriptor
from t2c.contract.operations import Combine, Operation
from t2c.golden.errors import RangeError, ShapeError

RUN = {
    "op": Operation.RUN,
    **dict.fromkeys(("images", "out_h", "out_w", "in_h", "in_w", "rows_per_tap", "col_tiles", "blocks"), 1),
    "out_pixels": 1,
}


def test_fields_become_words_in_order_and_negative_ones_wrap() -> None:
    step = Descriptor(**{**RUN, "origin": -1, "pad_h": -3, "layer": 9, "out_pixels": 7, "combine": Combine.PAIR})
    words = step.encode()
    names = [field.name for field in fields(Descriptor)]
    assert len(words) == len(names)
    assert all(type(word) is int for word in words)
    assert dict(zip(names, words, strict=True)) == {
        field.name: getattr(step, field.name) % (1 << 32) for field in fields(Descriptor)
    }
    assert (words[0], words[1], words[names.index("out_pixels")]) == (2, 9, 7)
    assert words[names.index("origin")] == 0xFFFFFFFF
    assert words[names.index("pad_h")] == 0xFFFFFFFD


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"layer": 1 << 16}, "descriptor layer = 65536 is outside 0..65535"),
        ({"out_h": 0}, "descriptor out_h = 0 is outside 1..65535"),
        ({"k_tiles": 1 << 16}, "descriptor k_tiles = 65536 is outside 1..65535"),
        ({"dil_w": -1}, "descriptor dil_w = -1 is outside 0..65535"),
        ({"pad_h": -(1 << 15) - 1}, "descriptor pad_h = -32769 is outside -32768..32767"),
        ({"in_w": 40000}, "descriptor padded extent = 40000 is outside 1..32767"),
        ({"in_h": 32767, "pad_h": 1}, "descriptor padded extent = 32769 is outside 1..32767"),
        ({"out_pixels": 1 << 24}, "descriptor out_pixels = 16777216 is outside 1..16777215"),
        ({"op": Operation.LOAD}, "descriptor words = 0 is outside 1..16777215"),
        ({"op": Operation.STORE, "words": 1, "base": -1}, "descriptor base = -1 is outside 0..16777215"),
        ({"op": Operation.PARAMS, "words": 1 << 24}, "descriptor words = 16777216 is outside 1..16777215"),
    ],
)
def test_a_field_outside_its_range_is_refused(change: dict[str, int], text: str) -> None:
    with pytest.raises(RangeError, match=re.escape(text)):
        Descriptor(**{**RUN, **change})  # type: ignore[arg-type]


def test_a_transfer_needs_no_geometry() -> None:
    assert Descriptor(op=Operation.LOAD, base=5, words=3).encode()[2:4] == [5, 3]
    assert set(Descriptor(op=Operation.END).encode()) <= {0, 1}


def drawn(operation: Operation, rng: random.Random) -> Descriptor:
    """A step whose every field is at an end of its range, or inside; of a field that is not read, of its word."""
    values = {}
    for field in FIELDS:
        span = field.kind.values if operation in field.readers else field.kind.word
        values[field.name] = rng.choice((span[0], span[-1], rng.choice(span)))
    if operation is Operation.RUN:  # the one limit that two fields share
        for extent, pad in (("in_h", "pad_h"), ("in_w", "pad_w")):
            values[extent] = min(values[extent], EXTENT_MAX)
            values[pad] = min(values[pad], (EXTENT_MAX - values[extent]) // 2)
    values |= {"op": operation, "combine": rng.choice(list(Combine))}
    return Descriptor(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("operation", Operation)
def test_decode_is_the_inverse_of_encode(operation: Operation) -> None:
    rng = random.Random(int(operation))
    met: dict[str, set[bool]] = {}
    for _ in range(60):
        step = drawn(operation, rng)
        words = step.encode()
        read = Descriptor.decode(words)
        assert read == step
        assert type(read.op) is Operation
        assert type(read.combine) is Combine
        assert all(type(value) is int for name, value in vars(read).items() if name not in ("op", "combine"))
        for array in (np.array(words, dtype=np.uint32), np.array(words, dtype=np.uint32).view(np.int32)):
            assert Descriptor.decode(array) == step
            assert Descriptor.decode(array).encode() == words
        for field in FIELDS:
            met.setdefault(field.name, set()).add(getattr(step, field.name) < 0)
    signed = {field.name for field in FIELDS if field.kind.signed}
    assert {name for name, signs in met.items() if signs == {True, False}} == signed


def test_what_decode_refuses() -> None:
    words = Descriptor(**RUN).encode()  # type: ignore[arg-type]
    for count in (0, len(words) - 1, len(words) + 1):
        with pytest.raises(ShapeError, match=f"descriptor of {count} words: a step has {len(words)}"):
            Descriptor.decode((words * 2)[:count])
    for name, value, text in (
        ("op", len(Operation), f"descriptor op = {len(Operation)} is outside 0..{len(Operation) - 1}"),
        ("combine", 3, "descriptor combine = 3 is outside 0..2"),
        ("blocks", 0, "descriptor blocks = 0 is outside 1..65535"),
        ("keep", 2, "descriptor keep = 2 is outside 0..1"),
        ("y_lo", 256, "descriptor y_lo = 256 is outside -256..255"),
        ("pad_w", 32768, "descriptor pad_w = 32768 is outside -32768..32767"),
    ):
        index = next(field.index for field in FIELDS if field.name == name)
        with pytest.raises(RangeError, match=re.escape(text)):
            Descriptor.decode([*words[:index], value, *words[index + 1 :]])


def test_a_step_may_hold_anything_in_what_it_does_not_read() -> None:
    words = Descriptor(op=Operation.LOAD, words=1).encode()
    index = next(field.index for field in FIELDS if field.name == "combine")
    words[index] = 77
    assert Descriptor.decode(words).encode() == words
    with pytest.raises(RangeError, match=re.escape("descriptor keep = 4294967296 is outside 0..4294967295")):
        Descriptor(op=Operation.LOAD, words=1, keep=1 << 32)
    with pytest.raises(RangeError, match="descriptor origin = 2147483648 is outside"):
        Descriptor(op=Operation.END, origin=1 << 31)
