"""What is made from the contract is up to date, and says in Verilog and C what the contract says in Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.common.places import RTL
from t2c.contract import pipeline, registers
from t2c.contract.descriptor import DESCRIPTOR_WORDS, FIELDS, Descriptor
from t2c.contract.element_rtl import MULTIPLIERS
from t2c.contract.field_kinds import ADDRESS_BITS, TABLE_BITS, WORD_BITS
from t2c.contract.generate import FILES, PAGES, SPACE, generated, main, page
from t2c.contract.hardware import SHIFT_W, Hardware
from t2c.contract.operations import ROUNDINGS, Combine, Operation
from t2c.contract.registers import BITS, Control, ErrorCode, Register, Response, Status
from t2c.tb.simulation.simulators import find_icarus
from tests.conftest import ROOT

HEADER = ROOT / "contract" / "include" / "t2c_core.h"
STRICT = ("-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror")
WANTED = dict(generated(ROOT))


@pytest.mark.parametrize("path", WANTED, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_file_is_up_to_date(path: Path) -> None:
    assert path.read_text() == WANTED[path], "run python -m t2c.contract.generate"


def test_every_table_stands_on_a_page() -> None:
    from t2c.contract.doc_tables import TABLES

    asked = [
        name
        for path in (*(ROOT / PAGES).glob("*.md"), ROOT / SPACE)
        for name in re.findall("generated: (.*?) -->", path.read_text())
    ]
    assert sorted(asked) == sorted(TABLES)


@pytest.mark.parametrize("name", [*FILES, f"{PAGES}/core_registers.md"])
def test_the_command_finds_a_stale_file_and_mends_it(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("rtl", "contract/include", PAGES):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "Bender.yml", tmp_path)
    command = ["--root", str(tmp_path)]
    assert main([*command, "--check"]) == 0
    before = (tmp_path / name).read_text()
    (tmp_path / name).write_text(before.replace("1", "7") if name.startswith(PAGES) else f"{before}x")
    assert main([*command, "--check"]) == 1
    assert capsys.readouterr().out == f"{name}: not up to date\n"
    assert main(command) == 0
    assert capsys.readouterr().out == f"{name}: written\n"
    assert (tmp_path / name).read_text() == before or name.startswith(PAGES)
    assert main([*command, "--check"]) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- generated: nothing -->\n\n\n<!-- end -->", "p.md: no table 'nothing'; there are parameters, fields"),
        ("<!-- generated: fields -->\n", "p.md: a mark of a table without its other one"),
        ("<!-- end -->\n", "p.md: a mark of a table without its other one"),
        ("<!-- generated: fields -->\n|\n<!-- end -->\n", "p.md: a mark of a table without"),
    ],
)
def test_a_page_that_asks_wrongly_is_refused(text: str, message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        page(text, "p.md")


def test_the_locale_changes_nothing() -> None:
    """Read as something else than UTF-8, pages would be written back spoilt."""
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "t2c.contract.generate", "--check"]
    done = subprocess.run(command, env=os.environ | plain, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_file_of_another_encoding_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / PAGES, tmp_path / PAGES)
    (tmp_path / PAGES / "program.md").write_bytes(b"caf\xe9")
    with pytest.raises(UserError, match=re.escape("program.md: not UTF-8 at byte 3")):
        main(["--root", str(tmp_path), "--check"])


def test_without_a_clone_there_is_nothing_to_write(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=re.escape("is no clone of the project: docs/units is missing")):
        main(["--root", str(tmp_path)])


def verilog_constants() -> dict[str, int]:
    """Every name of the headers of the RTL and its value by the contract, on an array of 8 x 4."""
    hardware = Hardware(rows=8, cols=4)
    return {
        **{f"D_{field.name.upper()}": field.index for field in FIELDS},
        "D_FIELDS": DESCRIPTOR_WORDS,
        **{f"OP_{code.name}": int(code) for code in Operation},
        **{f"COMBINE_{code.name}": int(code) for code in Combine},
        **{f"ROUND_{mode.name}": code for code, mode in ROUNDINGS.items()},
        **{f"REG_{register.name}": int(register) for register in Register},
        **{f"{bits.register.name}_{bits.name}_BIT": bits.low for bits in BITS},
        **{f"ERROR_{code.name}": int(code) for code in ErrorCode},
        **{f"RESP_{code.name}": int(code) for code in Response},
        "WINDOW_LAT": pipeline.WINDOW.of(hardware),
        "ARRAY_LAT": pipeline.ARRAY.of(hardware),
        "ACCUMULATOR_LAT": pipeline.ACCUMULATOR.of(hardware),
        "SUMS_APART": pipeline.APART,
        "MULQUANT_LAT": pipeline.MULQUANT.of(hardware),
        "TABLE_LAT": pipeline.TABLE.of(hardware),
        "`T2C_DESCRIPTOR_W": DESCRIPTOR_WORDS * WORD_BITS,
        "`T2C_ADDRESS_W": ADDRESS_BITS,
        "`T2C_SHIFT_W": SHIFT_W,
        "`T2C_TABLE_W": TABLE_BITS,
        "SPAN": MULTIPLIERS.span,
        "`T2C_SPAN": MULTIPLIERS.span,
        "`T2C_SHARED": int(MULTIPLIERS.plain),
    }


def test_the_headers_of_the_rtl_hold_the_values_of_the_contract(tmp_path: Path) -> None:
    """Read by Icarus, not by us."""
    find_icarus().activate()
    wanted = verilog_constants()
    headers = sorted(path.name for path in RTL.glob("*.vh"))
    assert headers == sorted(Path(name).name for name in FILES if name.endswith(".vh"))
    text = "".join((RTL / name).read_text() for name in headers)
    named = {
        *re.findall(r"localparam (?:\[\d+:0\] )?(\w+)", text),
        *(f"`{n}" for n in re.findall(r"define (\w+) +\d", text)),
    }
    assert named == set(wanted)
    includes = "\n".join(f'`include "{name}"' for name in headers)
    shows = "\n".join(f'$display("%0d", {name});' for name in wanted)
    top = f"module top; localparam ROWS = 8, COLS = 4;\n{includes}\ninitial begin\n{shows}\nend\nendmodule\n"
    (tmp_path / "top.v").write_text(top)
    build = ["iverilog", "-g2005", "-Wall", f"-I{RTL}", "-o", str(tmp_path / "top"), str(tmp_path / "top.v")]
    assert subprocess.run(build, capture_output=True, text=True, check=True).stderr == ""
    shown = subprocess.run(["vvp", "-n", str(tmp_path / "top")], capture_output=True, text=True, check=True).stdout
    assert dict(zip(wanted, map(int, shown.split()), strict=True)) == wanted


def c_constants() -> dict[str, int]:
    """Every constant of the C header and its value by the contract."""
    return {
        **{f"T2C_REG_{register.name}": int(register) for register in Register},
        **{f"T2C_{bits.register.name}_{bits.name}_SHIFT": bits.low for bits in BITS},
        **{f"T2C_{bits.register.name}_{bits.name}_MASK": bits.mask for bits in BITS},
        **{f"T2C_CONTROL_{flag.name}": int(flag) for flag in Control},
        **{f"T2C_STATUS_{flag.name}": int(flag) for flag in Status},
        **{f"T2C_ERROR_{code.name}": int(code) for code in ErrorCode},
        **{f"T2C_RESP_{code.name}": int(code) for code in Response},
        **{f"T2C_OP_{code.name}": int(code) for code in Operation},
        **{f"T2C_COMBINE_{code.name}": int(code) for code in Combine},
        **{f"T2C_ROUND_{mode.name}": code for code, mode in ROUNDINGS.items()},
        **{f"T2C_D_{field.name.upper()}": field.index for field in FIELDS},
        "T2C_DESCRIPTOR_WORDS": DESCRIPTOR_WORDS,
        "T2C_SHIFT_BITS": SHIFT_W,
        "T2C_ADDRESS_BITS": ADDRESS_BITS,
        "T2C_FETCH_CYCLES": pipeline.FETCH,
        "T2C_TURN_CYCLES": pipeline.TURN,
    }


def compiled(source: str, folder: Path) -> list[int]:
    """Numbers that a C program prints, which includes the header twice; compiled without a warning."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    head = f'#include "{HEADER.name}"\n' * 2 + "#include <stdio.h>\n#include <string.h>\n"
    (folder / "main.c").write_text(f"{head}int main(void) {{\n{source}\nreturn 0;\n}}\n")
    built = [compiler, *STRICT, f"-I{HEADER.parent}", "-o", str(folder / "main"), str(folder / "main.c")]
    subprocess.run(built, check=True)
    done = subprocess.run([str(folder / "main")], capture_output=True, text=True, check=True)
    return [int(line) for line in done.stdout.split()]


def printed(*values: str) -> str:
    return "\n".join(f'printf("%lld\\n", (long long)({value}));' for value in values)


def test_the_c_header_holds_the_values_of_the_contract(tmp_path: Path) -> None:
    wanted = c_constants()
    text = HEADER.read_text()
    plain = {*re.findall(r"#define (T2C_\w+) +[\dx]", text), *re.findall(r"^    (T2C_\w+) +=", text, re.MULTILINE)}
    assert plain == set(wanted)
    assert dict(zip(wanted, compiled(printed(*wanted), tmp_path), strict=True)) == wanted


def test_the_structure_of_the_c_header_reads_a_step(tmp_path: Path) -> None:
    """Every field on its own, the signed ones below zero."""
    smallest = {
        "images": 1,
        "out_h": 1,
        "out_w": 1,
        "in_h": 1,
        "in_w": 1,
        "rows_per_tap": 1,
        "col_tiles": 1,
        "blocks": 1,
    }
    values = {field.name: 3 + field.index for field in FIELDS if field.kind.signed or field.kind.high > 100}
    values |= {field.name: -3 - field.index for field in FIELDS if field.kind.signed}
    step = Descriptor(**smallest | values | {"op": Operation.RUN, "combine": Combine.PAIR, "keep": 1})  # type: ignore[arg-type]
    words = ", ".join(f"{word}u" for word in step.encode())
    source = (
        f"uint32_t words[T2C_DESCRIPTOR_WORDS] = {{{words}}};\nstruct t2c_descriptor d;\nmemcpy(&d, words, sizeof d);"
    )
    read = compiled(f"{source}\n{printed(*(f'd.{field.name}' for field in FIELDS))}", tmp_path)
    assert read == [getattr(step, field.name) for field in FIELDS]


@pytest.mark.parametrize(("rows", "cols", "x_w", "w_w"), [(16, 16, 8, 8), (256, 256, 8, 2), (8, 1, 2, 8), (3, 3, 5, 8)])
def test_the_macros_of_the_c_header(rows: int, cols: int, x_w: int, w_w: int, tmp_path: Path) -> None:
    hardware = Hardware(rows=rows, cols=cols, x_w=x_w, w_w=w_w, scale_w=12, bias_w=33)
    word = registers.hardware_word(hardware.parameters())
    array = f"{rows}, {cols}, {x_w}, {w_w}"
    source = printed(
        f"T2C_STREAM_BITS({array})",
        "T2C_PARAM_BITS(12, 33)",
        f"T2C_PARAM_BEATS({array}, 12, 33)",
        f"T2C_SIZE(HARDWARE_ROWS, {word}u)",
        f"T2C_SIZE(HARDWARE_COLS, {word}u)",
        f"T2C_GET(HARDWARE_X_W, {word}u)",
        f"T2C_GET(HARDWARE_W_W, {word}u)",
    )
    widths = [hardware.stream_w, hardware.param_w, hardware.param_beats]
    assert compiled(source, tmp_path) == [*widths, rows, cols, x_w, w_w]
