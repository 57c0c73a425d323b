"""The step descriptor: the same list in Python and Verilog, its limits, its words."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from t2c.contract.descriptor import Combine, Descriptor, Operation
from t2c.golden.errors import RangeError
from tests.conftest import ROOT

HEADER = (ROOT / "rtl" / "descriptor.vh").read_text()
RUN = {
    "op": Operation.RUN,
    **dict.fromkeys(("images", "out_h", "out_w", "in_h", "in_w", "rows_per_tap", "col_tiles", "blocks"), 1),
    "out_pixels": 1,
}


def test_the_header_of_the_rtl_lists_the_same_fields() -> None:
    found = re.findall(r"localparam D_(\w+)\s*=\s*(\d+);", HEADER)
    names = [field.name for field in fields(Descriptor)]
    assert [(name.lower(), int(index)) for name, index in found] == [
        *((name, index) for index, name in enumerate(names)),
        ("fields", len(names)),
    ]


@pytest.mark.parametrize(("prefix", "codes"), [("OP", Operation), ("COMBINE", Combine)])
def test_the_header_of_the_rtl_has_the_same_codes(prefix: str, codes: type[Operation] | type[Combine]) -> None:
    found = dict(re.findall(rf"\b{prefix}_(\w+) = (\d+)", HEADER))
    assert {name: int(value) for name, value in found.items()} == {code.name: int(code) for code in codes}


@pytest.mark.parametrize("file", ["layer_engine.v", "program_sequencer.v"])
def test_modules_that_take_a_descriptor_know_its_width(file: str) -> None:
    """Their default cannot name the include file's constant."""
    text = (ROOT / "rtl" / file).read_text()
    assert re.findall(r"parameter D_W\s*=\s*(\d+) \* 32", text) == [str(len(fields(Descriptor)))]


def test_fields_become_words_in_order_and_negative_ones_wrap() -> None:
    step = Descriptor(**{**RUN, "origin": -1, "pad_h": -3, "layer": 9, "out_pixels": 7, "combine": Combine.PAIR})
    words = step.encode()
    names = [field.name for field in fields(Descriptor)]
    assert len(words) == len(names)
    assert all(type(word) is int for word in words)
    assert dict(zip(names, words, strict=True)) == {
        field.name: getattr(step, field.name) % (1 << 32) for field in fields(Descriptor)
    }
    assert (words[0], words[1], words[-1]) == (2, 9, 7)
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
