"""Verilog of the array's elements: which module each column has, and how wide their codes are in the weight memory."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from t2c.common.errors import UserError
from t2c.common.staging import staging_folder
from t2c.contract.hardware import Hardware
from t2c.contract.verilog_headers import NOTICE
from t2c.golden.elements.columns import Columns
from t2c.golden.elements.element import Element
from t2c.golden.elements.mac import Mac

MODULE = "array_element"
"""Has the place of a column's element; in rtl/ it is a multiplier."""
WRAPPER, HEADER, FILELIST = f"{MODULE}.v", "array_elements.vh", "filelist.f"
"""Files of an array of other elements, in place of those in rtl/."""
MULTIPLIERS = Columns(((Mac(), 1),))
"""What rtl/ has: multipliers in all columns, whatever their number."""


def header(columns: Columns = MULTIPLIERS, w_w: int = 0) -> str:
    """array_elements.vh: macros, since they stand in lists of ports."""
    code = "W_W" if columns.plain else str(columns.code_bits(w_w))
    macros = (
        ("T2C_SPAN", columns.span, "rows of operands that an element takes"),
        ("T2C_CODE_W", code, "bits of an element's weights in memory"),
        ("T2C_SHARED", int(columns.plain), "whether two columns may share a multiplier"),
    )
    lines = [f"// {HEADER}: the elements of systolic_array", f"// {NOTICE}"]
    lines += ["`ifndef T2C_ARRAY_ELEMENTS", "`define T2C_ARRAY_ELEMENTS"]
    lines += [f"`define {name:10} {value:<3} // {what}" for name, value, what in macros]
    return "\n".join([*lines, "`endif", ""])


_TOP = """// array_element: the processing element of a column of systolic_array, or of two that share a multiplier.
// {notice}
//
// Spec        psum_o(t + 3) = psum_i(t + 2) + element(a_i(t), w(t));  a_o(t + PACK) = a_i(t)
//             w(t) is w_i at the latest swap_i, that of cycle t included.
// Elements    {elements}
// Doc         docs/elements.md
`default_nettype none
`include "array_elements.vh"

module array_element #(
    parameter COLUMN = 0,                       // of the array, the first of PACK
    parameter A_W    = 9,
    parameter W_W    = 8,
    parameter PSUM_W = 21,
    parameter PACK   = 1
) (
    input  wire                       clk_i,
    input  wire [`T2C_SPAN*A_W-1:0]   a_i,
    input  wire                       swap_i,
    input  wire [PACK*`T2C_CODE_W-1:0] w_i,
    input  wire [PACK*PSUM_W-1:0]     psum_i,
    output wire [`T2C_SPAN*A_W-1:0]   a_o,
    output wire [PACK*PSUM_W-1:0]     psum_o
);

"""
_END = """
endmodule

`default_nettype wire
"""
_PORTS = ("clk", "a", "swap", "w", "psum")


def _instance(element: Element, indent: str) -> list[str]:
    given = {"A_W": "A_W", "W_W": "W_W", "PSUM_W": "PSUM_W", **element.parameters}
    given |= {"PACK": "PACK"} if isinstance(element, Mac) else {}
    values = ", ".join(f".{name}({value})" for name, value in given.items())
    ports = ", ".join([*(f".{port}_i({port}_i)" for port in _PORTS), ".a_o(a_o)", ".psum_o(psum_o)"])
    return [f"{indent}{element.module} #({values}) i_pe (", f"{indent}    {ports}", f"{indent});"]


def wrapper(columns: Columns = MULTIPLIERS) -> str:
    """array_element.v."""
    said = ", ".join(f"{count} columns of {element.module}" for element, count in columns.parts)
    top = _TOP.format(notice=NOTICE, elements=said if columns.mixed else columns.first.module)
    if not columns.mixed:
        unused = ["    wire [31:0] unused = COLUMN;"]
        return top + "\n".join([*_instance(columns.first, "    "), *unused]) + "\n" + _END
    lines, first = ["    generate"], 0
    for number, (element, count) in enumerate(columns.parts):
        first += count
        ahead = "if" if not number else "end else if"
        last = number == len(columns.parts) - 1
        lines.append(f"        {'end else' if last else f'{ahead} (COLUMN < {first})'} begin : g_{number}")
        lines += _instance(element, "            ")
    return top + "\n".join([*lines, "        end", "    endgenerate"]) + "\n" + _END


def element_rtl(hardware: Hardware, rtl: Path, output: Path) -> Path:
    """The RTL of a core whose array has the elements of that hardware.

    Args:
        hardware: of the core.
        rtl: folder of the RTL, whose array multiplies; returned as it is for an array of multipliers.
        output: folder for what is made; the same RTL with the same elements is made there once.

    Returns:
        a folder with a filelist.f: the files of `rtl`, the elements' own, WRAPPER and HEADER.

    Raises:
        UserError: a file of an element of somebody's own is not there, or has the name of one of ours.
    """
    if hardware.columns.plain:
        return rtl
    listed = (rtl / FILELIST).read_text().split()
    files = {Path(name).name: (rtl / name).read_bytes() for name in listed}
    files |= {path.name: path.read_bytes() for path in sorted(rtl.glob("*.vh"))}
    own: list[str] = []
    for element, _ in hardware.columns.parts:
        for source in element.verilog:
            if source.name in files and source.name not in own:
                raise UserError(f"{source}: the core has a file of that name")
            try:
                files[source.name] = source.read_bytes()
            except OSError as error:
                raise UserError(f"{source}: {error.strerror}") from error
            own += [] if source.name in own else [source.name]
    files[WRAPPER] = wrapper(hardware.columns).encode()
    files[HEADER] = header(hardware.columns, hardware.w_w).encode()
    names = [Path(name).name for name in listed]
    place = names.index(WRAPPER)
    files[FILELIST] = "".join(f"{name}\n" for name in (*names[:place], *own, *names[place:])).encode()
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    folder = output.resolve() / "elements" / digest.hexdigest()[:12]
    if not folder.is_dir():
        with staging_folder(folder) as staging:
            for name, content in files.items():
                (staging / name).write_bytes(content)
            with contextlib.suppress(OSError):  # another process has just made it
                staging.rename(folder)
    return folder
