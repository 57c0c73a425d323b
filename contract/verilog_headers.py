"""The Verilog headers in rtl/, as text: what `t2c.contract.generate` writes there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from t2c.contract import pipeline, registers
from t2c.contract.codes import Code
from t2c.contract.descriptor import DESCRIPTOR_WORDS, FIELDS
from t2c.contract.field_kinds import ADDRESS_BITS, TABLE_BITS, WORD_BITS
from t2c.contract.hardware import SHIFT_W
from t2c.contract.operations import ROUNDINGS, Combine, Operation
from t2c.contract.registers import BITS, ErrorCode, Register, Response

NOTICE = "Made from t2c.contract by `python -m t2c.contract.generate`; docs/contract.md says how to add to it."
Constant = tuple[str, str, str]
"""Name, value and comment."""


def _parameters(constants: Iterable[Constant], width: str = "") -> list[str]:
    """Lines of localparam declarations."""
    rows = list(constants)
    name_w, value_w = (max(len(row[place]) for row in rows) + place for place in (0, 1))
    lines = (f"localparam {width}{name:{name_w}} = {value + ';':{value_w}}{comment}" for name, value, comment in rows)
    return [line.rstrip() for line in lines]


def _codes(prefix: str, codes: Sequence[Code]) -> list[Constant]:
    return [(f"{prefix}_{code.name}", str(int(code)), "") for code in codes]


def _file(name: str, what: str, sections: Iterable[Sequence[str]]) -> str:
    """A header that a module includes in its body; each section is lines, the first one a comment."""
    lines = [f"// {name}: {what}", f"// {NOTICE}"]
    lines.append("/* verilator lint_off UNUSEDPARAM */ // every module reads its own")
    for section in sections:
        lines += section
    return "\n".join([*lines, "/* verilator lint_on UNUSEDPARAM */", ""])


def descriptor() -> str:
    """rtl/descriptor.vh: fields of a step, and the codes in them."""
    fields = [(f"D_{field.name.upper()}", str(field.index), f" // {field.meaning}") for field in FIELDS]
    roundings = [(f"ROUND_{mode.name}", str(code), "") for code, mode in ROUNDINGS.items()]
    return _file(
        "descriptor.vh",
        f"the step descriptor, one {WORD_BITS}-bit word a field, field k at [k*{WORD_BITS} +: {WORD_BITS}]",
        (
            _parameters([*fields, ("D_FIELDS", str(DESCRIPTOR_WORDS), "")]),
            ["// D_OP", *_parameters(_codes("OP", list(Operation)))],
            ["// D_COMBINE", *_parameters(_codes("COMBINE", list(Combine)))],
            ["// D_ROUNDING", *_parameters(roundings)],
        ),
    )


def register_map() -> str:
    """rtl/registers.vh: addresses, lowest bits of their parts, codes."""
    width = f"[{registers.ADDRESS_BITS - 1}:0] "
    digits = registers.ADDRESS_BITS // 4
    addresses = [
        (f"REG_{register.name}", f"{registers.ADDRESS_BITS}'h{register:0{digits}x}", "") for register in Register
    ]
    places = [(f"{bits.register.name}_{bits.name}_BIT", str(bits.low), "") for bits in BITS]
    errors = [(f"ERROR_{code.name}", f"8'd{int(code)}", "") for code in ErrorCode]
    responses = [(f"RESP_{response.name}", f"2'd{int(response)}", "") for response in Response]
    return _file(
        "registers.vh",
        "the AXI4-Lite registers",
        (
            ["// byte addresses", *_parameters(addresses, width)],
            ["// lowest bit of each part", *_parameters(places)],
            ["// what ERROR says", *_parameters(errors, "[7:0] ")],
            ["// responses", *_parameters(responses, "[1:0] ")],
        ),
    )


def latencies() -> str:
    """rtl/pipeline.vh: latencies of the units that a result passes, for a module that knows ROWS and COLS."""
    constants = (
        ("SPAN", "`T2C_SPAN", " // rows of operands that an element of the array takes"),
        ("WINDOW_LAT", str(pipeline.WINDOW), " // layer_engine and window_row: px_valid to operand"),
        ("ARRAY_LAT", str(pipeline.ARRAY), " // systolic_array: operands to column sums"),
        ("ACCUMULATOR_LAT", str(pipeline.ACCUMULATOR), " // accumulator: column sum to sum over K tiles"),
        ("SUMS_APART", str(pipeline.APART), " // accumulator: sum to the next one of the same word"),
        ("MULQUANT_LAT", str(pipeline.MULQUANT), " // mulquant: sum to result"),
        ("TABLE_LAT", str(pipeline.TABLE), " // table_lanes: result to the word that is written"),
    )
    include = ['`include "array_elements.vh"']
    return _file("pipeline.vh", "cycles of the units that a result passes", (include, _parameters(constants)))


def widths() -> str:
    """rtl/port_widths.vh: widths that stand in the lists of parameters and ports, before any localparam."""
    macros = (
        ("T2C_DESCRIPTOR_W", DESCRIPTOR_WORDS * WORD_BITS, "a step"),
        ("T2C_ADDRESS_W", ADDRESS_BITS, "addresses and word counts of transfers, and the trace's addresses"),
        ("T2C_SHIFT_W", SHIFT_W, "shift of a parameter lane"),
        ("T2C_TABLE_W", TABLE_BITS, "entry of the table memory"),
    )
    lines = ["// port_widths.vh: widths in bits, for what stands before a module's body", f"// {NOTICE}"]
    lines += ["`ifndef T2C_PORT_WIDTHS", "`define T2C_PORT_WIDTHS"]
    lines += [f"`define {name:16} {value:<4} // {what}" for name, value, what in macros]
    return "\n".join([*lines, "`endif", ""])
