"""Numbers that the RTL and our own descriptions must write down themselves are those of the contract."""

from __future__ import annotations

import re

import pytest
import yaml

from t2c.common.places import RTL
from t2c.contract import pipeline, registers
from t2c.contract.descriptor import FIELDS
from t2c.contract.field_kinds import (
    ADDRESS_BITS,
    BANK,
    COUNT_BITS,
    EPSILON_HIGH,
    RECIPROCAL,
    ROW_BITS,
    WORD_BITS,
    ZERO_POINT_BITS,
)
from t2c.contract.hardware import PARAMETERS, SHIFT_W, Hardware
from t2c.contract.operations import ROUNDING_BITS, ROUNDINGS
from t2c.contract.registers import Access, Bits, Control, ErrorCode, Register, Response, Status
from t2c.golden.arithmetic.rounding import MAX_SHIFT, Rounding
from t2c.tb.components import axi_lite
from t2c.tb.dut.expressions import evaluate
from tests.conftest import ROOT

WIDTHS = {"16": COUNT_BITS, "GEO_W": COUNT_BITS, "`T2C_ADDRESS_W": ADDRESS_BITS, "XFER_W": ADDRESS_BITS, "": 1}
WIDTHS |= {"X_W+1": ZERO_POINT_BITS, "LEN_W+1": ROW_BITS + 1}
WIDTHS |= {str(bits): bits for bits in (2, ROUNDING_BITS, 4, 6, BANK.high.bit_length(), ADDRESS_BITS, WORD_BITS)}


def test_each_unit_of_the_core_reads_a_field_as_wide_as_it_is() -> None:
    """Address fields apart, which are cut to their memory's width."""
    read = set()
    for name in ("layer_engine", "row_engine", "program_sequencer", "t2c_core"):
        text = (RTL / f"{name}.v").read_text()
        for field, _, width in re.findall(r"desc(?:_i|_o)?\[D_(\w+)\*32(\+:([^\]]+))?\]", text):
            read.add((field.lower(), width))
    known = {field.name: field for field in FIELDS}
    assert known.keys() - {name for name, _ in read} == set(), "fields that no unit reads"
    for name, width in read:
        field = known[name]
        if width.endswith("ADDR_W"):
            assert field.kind.name in ("address", "wrapping address or step")
        elif field.name == "op":
            assert width == str(WORD_BITS)
        else:
            bits = WIDTHS[width]
            low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if field.kind.signed else (0, (1 << bits) - 1)
            assert low <= field.kind.low <= field.kind.high <= high, field.name
            assert field.kind.high > high // 2, f"{field.name}: the RTL reads {bits} bits, more than the range needs"


UNITS_OF_THE_CORE = ("t2c_core", "core_registers", "layer_engine", "systolic_array", "mulquant")
RANGES = {entry.name: (entry.low, entry.high) for entry in PARAMETERS}


@pytest.mark.parametrize("unit", UNITS_OF_THE_CORE)
def test_a_unit_refuses_what_the_contract_refuses(unit: str) -> None:
    """Of the parameters that it shares with the core."""
    text = (RTL / f"{unit}.v").read_text()
    found = {name: (int(low), int(high)) for name, low, high in re.findall(r"\b(\w+) < (\d+) \|\| \1 > (\d+)", text)}
    shared = RANGES.keys() & found
    assert shared or unit == "t2c_core"
    assert {name: found[name] for name in shared} == {name: RANGES[name] for name in shared}


def test_the_core_refuses_shallow_memories() -> None:
    text = (RTL / "t2c_core.v").read_text()
    least = dict(re.findall(r"\b(\w+_DEPTH) < (\w+)", text))
    assert least.pop("PRG_DEPTH") == "D_FIELDS"
    assert {name: int(low) for name, low in least.items()} == {
        name: RANGES[name][0] for name in ("ACT_DEPTH", "WGT_DEPTH", "PAR_DEPTH")
    }


@pytest.mark.parametrize("unit", UNITS_OF_THE_CORE[1:])
def test_a_page_states_the_ranges_of_the_contract(unit: str) -> None:
    """Each row of its table of parameters: names, defaults, and a range wherever it stands in the row."""
    defaults = {entry.name: entry.default for entry in PARAMETERS} | {"SHIFT_W": SHIFT_W}
    seen = 0
    for line in (ROOT / "docs" / "units" / f"{unit}.md").read_text().splitlines():
        names = re.findall(r"`([A-Z_]+)`", line.split("|")[1]) if line.startswith("| `") else []
        if not names or not set(names) <= set(defaults):
            continue
        seen += 1
        stated = [int(value) for value in line.split("|")[2].split(",")]
        assert stated == [defaults[name] for name in names][: len(stated)], line
        for low, high in re.findall(r"(\d+)\.\.(\d+)", line):
            assert {(int(low), int(high))} == {RANGES.get(name, (1, SHIFT_W)) for name in names}, line
    assert seen > 1


@pytest.mark.parametrize(
    ("file", "port", "bits"),
    [
        ("output_writer", "pixels_i", ADDRESS_BITS),
        *(("t2c_core", f"s_axil_{channel}addr_i", registers.ADDRESS_BITS) for channel in ("aw", "ar")),
        *(("core_registers", f"s_axil_{channel}addr_i", registers.ADDRESS_BITS) for channel in ("aw", "ar")),
        ("t2c_core", "layer_o", COUNT_BITS),
        ("core_registers", "layer_i", COUNT_BITS),
        ("program_sequencer", "layer_o", COUNT_BITS),
    ],
)
def test_a_port_is_as_wide_as_the_contract_says(file: str, port: str, bits: int) -> None:
    assert re.findall(rf"\[(\d+):0\] +{port}\b", (RTL / f"{file}.v").read_text()) == [str(bits - 1)]


def test_layer_norm_knows_the_latency_of_mulquant() -> None:
    assert re.findall(r"QUANT_LAT = (\d+);", (RTL / "layer_norm.v").read_text()) == [str(pipeline.MULQUANT)]


def test_mulquant_knows_the_rounding_codes() -> None:
    found = re.findall(rf"\b(HALF_\w+|DOUBLE) = {ROUNDING_BITS}'d(\d)", (RTL / "mulquant.v").read_text())
    assert {name: int(code) for name, code in found} == {
        mode.name: code for code, mode in ROUNDINGS.items() if mode is not Rounding.FLOOR
    }
    assert ((1 << SHIFT_W) - 1, ROUNDINGS[0]) == (MAX_SHIFT, Rounding.FLOOR)


def test_the_row_engine_is_as_the_contract_says() -> None:
    text = (RTL / "row_engine.v").read_text()
    assert re.findall(r"\bLEN_W += (\d+);", text) == [str(ROW_BITS)]
    assert re.findall(r"\.R_W\((\d+)\)", text) == [str(RECIPROCAL.high)]
    for operation, cycles in pipeline.ROWS.items():
        assert f"{operation.name} {cycles}" in text
    norm = dict(re.findall(r"\bparameter (\w+) += (\d+)", (RTL / "layer_norm.v").read_text()))
    assert (norm["ROOT_W"], norm["FRAC_W"]) == (str(pipeline.ROOT_BITS), str(pipeline.FRACTION_BITS))
    assert int(norm["E_W"]) == WORD_BITS + EPSILON_HIGH.high.bit_length()


@pytest.mark.parametrize(("unit", "latency"), [("mulquant", pipeline.MULQUANT), ("systolic_array", pipeline.ARRAY)])
def test_our_own_descriptions_state_the_latencies(unit: str, latency: pipeline.Cycles) -> None:
    described = yaml.safe_load((ROOT / "tb" / "units" / unit / "description.yaml").read_text())
    for rows, cols in ((2, 1), (16, 16), (256, 4)):
        known = {"ROWS": rows, "COLS": cols}
        assert evaluate(described["latency"], known) == latency.of(Hardware(rows=rows, cols=cols))


def test_the_bus_of_the_bench_has_the_responses_of_the_contract() -> None:
    assert (axi_lite.OKAY, axi_lite.SLVERR) == (Response.OKAY, Response.SLVERR)


def test_the_parts_of_a_register_do_not_overlap() -> None:
    for register in Register:
        parts: list[Bits] = [bits for bits in registers.BITS if bits.register is register]
        assert parts
        assert sum(part.mask for part in parts) == sum({part.mask for part in parts}) < 1 << 32
        assert all(0 <= part.low <= part.high < 32 for part in parts)


def test_what_firmware_in_the_field_relies_on_stays() -> None:
    """Written down once more on purpose: who changes one of these breaks drivers that exist."""
    assert {register.name: int(register) for register in Register} == {
        "CONTROL": 0x00,
        "STATUS": 0x04,
        "ERROR": 0x08,
        "LAYER": 0x0C,
        "CYCLES_LO": 0x10,
        "CYCLES_HI": 0x14,
        "HARDWARE": 0x18,
    }
    assert {register for register in Register if register.access is Access.WRITE} == {Register.CONTROL}
    assert (Control.START, Status.BUSY, Status.DONE, Status.ERROR) == (1, 1, 2, 4)
    assert (ErrorCode.NONE, ErrorCode.UNKNOWN_OPERATION, ErrorCode.MISPLACED_TLAST) == (0, 1, 2)
    assert (registers.error_word(2), registers.layer_word(0x1234)) == (2, 0x1234)
    assert registers.hardware_word({"ROWS": 256, "COLS": 16, "X_W": 8, "W_W": 4}) == 0x04081000
