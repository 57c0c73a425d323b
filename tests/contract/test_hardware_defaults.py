"""The defaults of the compiler's hardware are those of the Verilog, so that a program fits the core it was made for."""

from __future__ import annotations

import re

import pytest

from t2c.contract.hardware import SHIFT_W, Hardware
from tests.conftest import ROOT

DEFAULTS = {**Hardware().parameters(), "SHIFT_W": SHIFT_W}


@pytest.mark.parametrize("file", ["rtl/t2c_core.v", "tb/hdl/core_harness.v"])
def test_verilog_and_compiler_have_the_same_defaults(file: str) -> None:
    found = {name: int(value) for name, value in re.findall(r"parameter (\w+)\s*= (\d+),", (ROOT / file).read_text())}
    assert {name: found.get(name) for name in DEFAULTS if name in found} == {
        name: value for name, value in DEFAULTS.items() if name in found
    }
    assert set(Hardware().parameters()) <= set(found)


def test_the_documented_defaults_are_these() -> None:
    text = (ROOT / "docs" / "units" / "t2c_core.md").read_text()
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ([\d, ]+) \|", text, re.MULTILINE)
    found = {}
    for names, values in rows:
        found |= dict(zip(re.findall(r"`(\w+)`", names), map(int, values.split(", ")), strict=True))
    assert {name: found.get(name) for name in DEFAULTS} == DEFAULTS
