"""Descriptions of the RTL for package managers of hardware, as text: what `t2c.contract.generate` writes.

FuseSoC reads rtl/t2c_core.core, Bender reads Bender.yml: the files of rtl/filelist.f in their order, the headers that
they include, and every parameter of the core with its default and its range.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

from t2c.common.places import ROOT, RTL
from t2c.contract.hardware import PARAMETERS

NOTICE = "Made from rtl/filelist.f and t2c.contract by `python -m t2c.contract.generate`."
TOP = "t2c_core"
MEMORY_FILES = {
    "WEIGHT_FILE": "weight memory at the start, $readmemh; the plusarg weights wins",
    "PARAM_FILE": "parameter memory at the start, $readmemh; the plusarg params wins",
    "TABLE_FILE": "table memory at the start, $readmemh; the plusarg tables wins",
    "PROGRAM_FILE": "program memory at the start, $readmemh; the plusarg program wins",
}
"""Parameters of the core that are names of files."""


def version() -> str:
    """Of the project; only a clone says it."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def sources() -> list[str]:
    """Verilog files in the order in which a tool takes them."""
    return (RTL / "filelist.f").read_text().split()


def headers() -> list[str]:
    """Files that sources include."""
    return sorted(path.name for path in RTL.glob("*.vh"))


def fusesoc() -> str:
    """rtl/t2c_core.core, CAPI 2."""
    return "\n".join([*_fusesoc(), ""])


def _fusesoc() -> Iterator[str]:
    yield "CAPI=2:"
    yield f"# {NOTICE}"
    yield f"name: torch2chip:cosim:{TOP}:{version()}"
    yield "description: Systolic array with requantisation that runs a compiled integer network, step by step"
    yield ""
    yield "filesets:"
    yield "  rtl:"
    yield "    file_type: verilogSource-2005"
    yield "    files:"
    yield from (f"      - {name}: {{is_include_file: true}}" for name in headers())
    yield from (f"      - {name}" for name in sources())
    yield ""
    yield "parameters:"
    for parameter in PARAMETERS:
        limits = f"{parameter.low}..{parameter.high}" + (f", {parameter.also}" if parameter.also else "")
        yield f"  {parameter.name}:"
        yield f"    {{datatype: int, paramtype: vlogparam, default: {parameter.default},"
        yield f"    description: '{parameter.meaning}; {limits}'}}"
    for name, meaning in MEMORY_FILES.items():
        yield f"  {name}: {{datatype: file, paramtype: vlogparam, description: '{meaning}'}}"
    names = ", ".join([*(parameter.name for parameter in PARAMETERS), *MEMORY_FILES])
    yield ""
    yield "targets:"
    yield f"  default: &default {{filesets: [rtl], toplevel: {TOP}, parameters: [{names}]}}"
    yield "  lint:"
    yield "    <<: *default"
    yield "    flow: lint"
    yield "    flow_options: {tool: verilator, verilator_options: [-Wall]}"


def bender() -> str:
    """Bender.yml."""
    lines = [
        f"# {NOTICE}",
        "package:",
        f"  name: {TOP}",
        "",
        "sources:",
        "  - include_dirs: [rtl]",
        "    files:",
        *(f"      - rtl/{name}" for name in sources()),
        "",
    ]
    return "\n".join(lines)
