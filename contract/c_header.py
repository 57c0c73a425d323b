"""The C header for firmware, as text: what `t2c.contract.generate` writes to contract/include/t2c_core.h."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from t2c.contract import pipeline
from t2c.contract.codes import Code
from t2c.contract.descriptor import DESCRIPTOR_WORDS, FIELDS, Field
from t2c.contract.field_kinds import ADDRESS_BITS, WORD_BITS
from t2c.contract.hardware import SHIFT_W
from t2c.contract.operations import ROUNDINGS, Combine, Operation
from t2c.contract.registers import BITS, Control, ErrorCode, Register, Response, Status
from t2c.contract.verilog_headers import NOTICE

Entry = tuple[str, str, str]
"""Name, value and comment."""


def _plain(text: str) -> str:
    """A phrase as a C comment holds it."""
    return text.replace("`", "").replace("*/", "* /")


def _defines(entries: Iterable[Entry]) -> list[str]:
    rows = list(entries)
    name_w, value_w = (max(len(row[place]) for row in rows) for place in (0, 1))
    lines = (f"#define {name:{name_w}} {value:{value_w}}{f' /* {what} */' * bool(what)}" for name, value, what in rows)
    return [line.rstrip() for line in lines]


def _enum(name: str, entries: Sequence[Entry]) -> list[str]:
    name_w = max(len(entry[0]) for entry in entries)
    lines = [f"enum {name} {{"]
    for place, (member, value, what) in enumerate(entries):
        comma = "," if place < len(entries) - 1 else ""
        lines.append(f"    {member:{name_w}} = {value}{comma}{f' /* {what} */' * bool(what)}")
    return [*lines, "};"]


def _codes(prefix: str, codes: Iterable[Code]) -> list[Entry]:
    return [(f"T2C_{prefix}_{code.name}", str(int(code)), _plain(code.meaning)) for code in codes]


def _registers() -> list[str]:
    offsets = [(f"T2C_REG_{reg.name}", f"0x{reg:02x}u", f"{reg.access}: {_plain(reg.meaning)}") for reg in Register]
    parts = []
    for bits in BITS:
        name = f"T2C_{bits.register.name}_{bits.name}"
        parts.append((f"{name}_SHIFT", str(bits.low), ""))
        parts.append((f"{name}_MASK", f"0x{bits.mask:08x}u", _plain(bits.meaning)))
    flags = [
        (f"T2C_{register}_{flag.name}", f"0x{int(flag):x}u", _plain(flag.meaning))
        for register, kind in (("CONTROL", Control), ("STATUS", Status))
        for flag in kind
    ]
    return [
        *("/* Registers: byte offsets. 32 bits each; unnamed bits read 0. */", *_defines(offsets), ""),
        *("/* Their parts. */", *_defines(parts), ""),
        *("/* Single bits. */", *_defines(flags), ""),
        *("/* A part of a register's word, e.g. T2C_GET(ERROR_CODE, word). */",),
        "#define T2C_GET(part, word) (((uint32_t)(word) & T2C_##part##_MASK) >> T2C_##part##_SHIFT)",
        "/* ROWS or COLS of the HARDWARE word; 256 reads as 0. */",
        "#define T2C_SIZE(part, word) ((T2C_GET(part, word) + 255u) % 256u + 1u)",
    ]


def _member(field: Field) -> str:
    kind = "int32_t" if field.kind.signed else "uint32_t"
    what = _plain(field.meaning)
    return f"    {kind:8} {field.name + ';':16} /* {what}; {field.kind.low}..{field.kind.high} */"


def _descriptor() -> list[str]:
    indices = [(f"T2C_D_{field.name.upper()}", str(field.index), "") for field in FIELDS]
    size = f"sizeof(struct t2c_descriptor) == {WORD_BITS // 8} * T2C_DESCRIPTOR_WORDS"
    return [
        "/* A step: 32-bit words in this order. Index of each field's word: */",
        *_enum("t2c_field", indices),
        f"#define T2C_DESCRIPTOR_WORDS {DESCRIPTOR_WORDS}",
        "",
        "/* The same as a structure; a word is a member, so an array of words may be copied over it. */",
        "struct t2c_descriptor {",
        *(_member(field) for field in FIELDS),
        "};",
        f"typedef char t2c_descriptor_has_no_gaps[({size}) ? 1 : -1];",
    ]


def _streams() -> list[str]:
    stream = "((rows) * (x_w) > (cols) * (w_w) ? (rows) * (x_w) : (cols) * (w_w))"
    beats = (
        "(((cols) * T2C_PARAM_BITS(scale_w, bias_w) + T2C_STREAM_BITS(rows, cols, x_w, w_w) - 1) / "
        "T2C_STREAM_BITS(rows, cols, x_w, w_w))"
    )
    return [
        "/* Streams. An activation word is rows lanes of x_w bits, a weight row cols lanes of w_w bits, lane 0 lowest;",
        "   each is one word of the input stream, in its lowest bits. A parameter word is cols lanes",
        "   {shift, bias, multiplier}, multiplier lowest, cut into T2C_PARAM_BEATS words, lowest first. The output",
        "   stream has activation words. tlast marks the last word of each step. */",
        f"#define T2C_SHIFT_BITS {SHIFT_W}",
        f"#define T2C_ADDRESS_BITS {ADDRESS_BITS} /* of addresses and word counts of transfers */",
        f"#define T2C_STREAM_BITS(rows, cols, x_w, w_w) {stream}",
        "#define T2C_PARAM_BITS(scale_w, bias_w) ((scale_w) + (bias_w) + T2C_SHIFT_BITS)",
        "#define T2C_PARAM_BEATS(rows, cols, x_w, w_w, scale_w, bias_w) \\",
        f"    {beats}",
    ]


def core() -> str:
    """contract/include/t2c_core.h."""
    roundings = [(f"T2C_ROUND_{mode.name}", str(code), "") for code, mode in ROUNDINGS.items()]
    timing = (
        ("T2C_FETCH_CYCLES", str(pipeline.FETCH), "from a step's start to the next one's, at least"),
        ("T2C_TURN_CYCLES", str(pipeline.TURN), "from a step's done to the next one's start"),
    )
    sections = (
        [
            "/* t2c_core.h: what firmware must know of t2c_core: registers, codes, steps, streams. C99.",
            f"   {NOTICE} */",
            "#ifndef T2C_CORE_H",
            "#define T2C_CORE_H",
        ],
        ["#include <stdint.h>"],
        _registers(),
        ["/* What ERROR says. */", *_enum("t2c_error", _codes("ERROR", ErrorCode))],
        ["/* AXI4-Lite responses. */", *_enum("t2c_response", _codes("RESP", Response))],
        ["/* Field op. */", *_enum("t2c_operation", _codes("OP", Operation))],
        ["/* Field combine. */", *_enum("t2c_combine", _codes("COMBINE", Combine))],
        ["/* Field rounding. */", *_enum("t2c_rounding", roundings)],
        _descriptor(),
        _streams(),
        ["/* Cycles. */", *_defines(timing)],
        ["#endif"],
    )
    return "\n\n".join("\n".join(section) for section in sections) + "\n"
