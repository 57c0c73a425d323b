"""A description that does not fit is refused before anything is simulated: one line, with the place and both sides."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.common.places import RTL
from t2c.common.strict_yaml import YamlError
from t2c.tb.catalogue.unit_registry import benched_units, units
from t2c.tb.dut.description import load_description
from t2c.tb.dut.expressions import evaluate
from t2c.tb.dut.loader import load_module, own_module
from t2c.tb.dut.ports import Elaboration, SourceError
from t2c.tb.units.run import find_description
from tests.conftest import ROOT

EXAMPLE = ROOT / "examples" / "byo_rtl"
PORTS = "it has clk, a, m, b, s, offset, least, most, y"


def copy(folder: Path, *changes: tuple[str, str]) -> Path:
    """The passing example in another folder, with changes to its description and then to its Verilog."""
    shutil.copy(EXAMPLE / "requant.v", folder)
    text = (EXAMPLE / "dut.yaml").read_text()
    for original, changed in changes:
        assert text.count(original) >= 1, original
        text = text.replace(original, changed, 1)
    (folder / "dut.yaml").write_text(text)
    return folder / "dut.yaml"


def open_example(path: Path, output: Path) -> None:
    description = find_description("mulquant", path)
    load_module(description, {**units()["mulquant"].parameters, **description.unit_parameters}, output)


REFUSED = {
    "port of theirs": ([("acc: a", "acc: aa")], f"dut.yaml:14: acc: requant has no port 'aa'; {PORTS}"),
    "width": ([("acc: a\n", "acc: m\n")], "dut.yaml:14: acc: requant's 'm' has 12 bits, mulquant's acc has 24"),
    "width by parameter": ([("A: ACC_W", "A: ACC_W + 1")], "acc: requant's 'a' has 25 bits, mulquant's acc has 24"),
    "port of ours": ([("acc: a", "accu: a")], "dut.yaml:14: ports: mulquant has no 'accu'; it has rounding, zero_po"),
    "unmapped input": ([("  acc: a\n", "")], "ports: mulquant's acc is mapped to nothing"),
    "unmapped feature": (
        [("absent: pairs", "")],
        r"s_axis_tuser is mapped to nothing (a module without it says",
    ),
    "unmapped constant": ([("  hi: most\n", "")], "mulquant's hi is mapped to nothing (a module that fixes it says so"),
    "direction": ([("tdata: y", "tdata: a")], "m_axis_tdata: requant's 'a' is an input, an output is wanted"),
    "one port twice": (
        [("multiplier: m", "multiplier: a"), ("SCALE_W: 12", "SCALE_W: 24")],
        "'a' serves both",
    ),
    "unconnected input": (
        [("  hi: most\n", ""), ("absent: pairs", "absent: pairs\nconstants: {hi: 127}")],
        "ports: input 'most' of requant (",
    ),
    "parameter of theirs": (
        [("{A: ACC_W", "{AA: ACC_W")],
        "dut.yaml:6: parameters: requant has no parameter 'AA'",
    ),
    "parameter of ours": ([("A: ACC_W", "A: ACC")], "parameters: A: 'ACC' is none of the unit's parameters: ACC_W, SC"),
    "range of ours": ([("BIAS_W: 32", "BIAS_W: 99")], "dut.yaml:5: unit_parameters: BIAS_W = 99 is outside its range"),
    "product of ours": (
        [("ACC_W: 24, SCALE_W: 12", "ACC_W: 48, SCALE_W: 32")],
        "dut.yaml:5: unit_parameters: ACC_W + SCALE_W = 80 is outside its range",
    ),
    "unit parameter": ([("BIAS_W: 32", "BIS_W: 9")], "unit_parameters: mulquant has no 'BIS_W'; it has ACC_W, SCALE_W"),
    "top": ([("top: requant", "top: requan")], "dut.yaml:4: top: no module 'requan' in the sources; there are requant"),
    "source": (
        [("sources: requant.v", "sources: requan.v")],
        "dut.yaml:3: sources: no file 'requan.v' beside this description",
    ),
    "kind of source": (
        [("sources: requant.v", "sources: dut.yaml")],
        "sources: dut.yaml ends neither in .v nor in .sv",
    ),
    "clock": ([("clock: clk", "clock: ck")], f"dut.yaml:7: clock: requant has no port 'ck'; {PORTS}"),
    "clock's width": ([("clock: clk", "clock: a")], "clock: requant's 'a' has 24 bits, mulquant's clock has 1"),
    "reset's form": (
        [("reset: none", "reset: rst")],
        "dut.yaml:8: reset: 'none', or {port: NAME, active",
    ),
    "reset": ([("reset: none", "reset: {port: rst, active: low}")], "reset: requant has no port 'rst'"),
    "active": ([("reset: none", "reset: {port: clk, active: up}")], "active: 'up' is not one of low, high"),
    "handshake": ([("fixed_latency", "axi")], "handshake: 'axi' is not one of valid_ready, valid_only, fixed_latency"),
    "no handshake": (
        [("handshake: fixed_latency", "")],
        "dut.yaml: handshake is missing: one of valid_ready, valid_only",
    ),
    "valid wanted": ([("fixed_latency", "valid_only")], "ports: mulquant's s_axis_tvalid is mapped to nothing"),
    "ready of none": (
        [("  hi: most", "  hi: most\n  m_axis_tready: clk")],
        "m_axis_tready does not exist",
    ),
    "latency": ([("latency: 4", "")], "latency is missing; handshake fixed_latency needs it"),
    "latency's value": ([("latency: 4", "latency: FOO")], "latency: 'FOO' is none of the unit's parameters"),
    "latency's range": ([("latency: 4", "latency: 0 - 1")], "latency: -1 is outside 0..4096"),
    "unknown field": (
        [("latency: 4", "latencies: 4")],
        "dut.yaml:10: unknown field 'latencies'; there are unit",
    ),
    "field twice": ([("latency: 4", "latency: 4\nlatency: 5")], "dut.yaml:11: latency stands there twice"),
    "missing field": ([("clock: clk", "")], "clock is missing; needed are unit, sources, top, clock, reset"),
    "rounding": (
        [("half_even", "half_evn")],
        "rounding: 'half_evn' is not one of floor, half_up",
    ),
    "no rounding": ([("rounding: half_even", "")], "rounding is missing: one of floor, half_up"),
    "rounding's code": ([("half_even", "{port: s, floor: 32}")], "rounding: code 32 of floor does not fit 5 bits"),
    "codes": ([("half_even", "{port: s, floor: 1, half_up: 1}")], "rounding: two modes have the same code"),
    "rounding's port": ([("half_even", "{port: s, floor: 0}")], "requant's 's' serves both rounding and ports.shift"),
    "absent": ([("absent: pairs", "absent: pears")], "absent: 'pears' is not one of pairs"),
    "lanes": ([("absent: pairs", "absent: pairs\nlane_order: msb_first")], "lane_order: mulquant has one lane"),
    "rows": ([("absent: pairs", "absent: pairs\nweight_rows: last_first")], "weight_rows: mulquant has no such thing"),
    "narrow": (
        [("absent: pairs", "absent: pairs\noutput: signed")],
        "'offset' has 9 bits, mulquant's zero_point has",
    ),
    "constant": ([("  hi: most\n", ""), ("absent", "constants: {hi: 300}\nabsent")], "hi = 300 is outside -128..255"),
    "tie": ([("  hi: most\n", ""), ("absent", "tie: {most: 512}\nabsent")], "hi is mapped to nothing"),
    "unit": (
        [("unit: mulquant", "unit: adder")],
        "unit: 'adder' is not one of accumulator, activation_memory, adc_pe",
    ),
    "other unit": (
        [
            *(("unit: mulquant", "unit: lut_softmax"), ("rounding: half_even", "")),
            *(("fixed_latency", "valid_only"), ("absent: pairs", "")),
        ],
        "unit: this describes a lut_softmax, not a mulquant",
    ),
    "no YAML": ([("absent: pairs", "absent: [pairs")], "dut.yaml:13: expected ',' or ']'"),
    "no mapping": ([("absent: pairs", "absent: pairs\ntie: 3")], "tie: 'key: value' entries"),
    "no list": ([("absent: pairs", "absent: {pairs: 1}")], "absent: a list is wanted"),
    "boolean": ([("tdata: y", "tdata: on")], f"m_axis_tdata: requant has no port 'on'; {PORTS}"),
    "merge key": ([("latency: 4", "<<: {latency: 4}")], "dut.yaml:10: unknown field '<<'"),
    "tag": ([("latency: 4", "latency: !foo 4")], "dut.yaml:10: latency: a text or an integer is wanted"),
    "tagged integer": ([("latency: 4", "latency: !!int abc")], "dut.yaml:10: latency: a text or an integer is wanted"),
    "digits": ([("latency: 4", "latency: " + "9" * 5000)], "dut.yaml:10: latency: an integer beyond 64 bits"),
    "depth": ([("latency: 4", "latency: " + "[" * 500)], "dut.yaml: lists or entries are nested too deep"),
    "huge parameter": ([("ACC_W: 24", "ACC_W: 1" + "0" * 30)], "dut.yaml:5: ACC_W: an integer beyond 64 bits"),
    "wide parameter": (
        [("ACC_W: 24", "ACC_W: 99999999999")],
        "dut.yaml:5: unit_parameters: ",
    ),
    "source twice": (
        [("sources: requant.v", "sources: [requant.v, ./requant.v]")],
        "dut.yaml:3: sources: requant.v stands there twice",
    ),
    "macro": ([("top: req", 'defines: {"A B": 1}\ntop: req')], "dut.yaml:4: defines: 'A B' is no name of a macro"),
    "no integer": ([("ACC_W: 24", "ACC_W: wide")], "ACC_W: 'wide' is no integer"),
    "tied": (
        [("  hi: most\n", ""), ("absent", "constants: {hi: 9}\ntie: {most: 512}\nabsent")],
        "512 does not fit the 9",
    ),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("case", REFUSED)
def test_one_line_says_what_does_not_fit(case: str, tmp_path: Path) -> None:
    changes, message = REFUSED[case]
    path = copy(tmp_path, *changes)
    with pytest.raises(UserError) as caught:
        open_example(path, tmp_path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


VERILOG = {
    "syntax": ("product <= a * m;", "product <= a * m", "requant.v:31: expected ';'"),
    "undeclared": ("product <= a", "produkt <= a", "requant.v:31: use of undeclared identifier 'produkt'"),
    "missing module": ("endmodule", "    sub i_sub (.x(clk));\nendmodule", "unknown module 'sub'"),
    "new input": ("input                    clk", "input en, input clk", "ports: input 'en' of requant ("),
    "no vector": ("input                    clk", "input real r, input clk", "ports: input 'r' of requant ("),
    "delay": ("product <= a * m;", "product <= #1 a * m;", "requant.v:31: a delay"),
    "name of ours": (
        "module requant",
        "module dut_bridge (input a); endmodule\nmodule requant",
        "'dut_bridge' has",
    ),
}


@pytest.mark.parametrize("case", VERILOG)
def test_verilog_that_cannot_be_used_is_named_by_file_and_line(case: str, tmp_path: Path) -> None:
    original, changed, message = VERILOG[case]
    path = copy(tmp_path)
    source = tmp_path / "requant.v"
    text = source.read_text()
    assert text.count(original) == 1
    source.write_text(text.replace(original, changed))
    with pytest.raises(UserError) as caught:
        open_example(path, tmp_path)
    assert message in str(caught.value)


def test_a_description_has_forty_lines(tmp_path: Path) -> None:
    path = copy(tmp_path)
    path.write_text(path.read_text() + "# a comment does not count\n\n" * 30)
    load_description(path)
    path.write_text(path.read_text() + "".join(f"  p{k}: q\n" for k in range(30)))
    with pytest.raises(YamlError, match="lines; a description has at most 40"):
        load_description(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(YamlError, match=r"nowhere\.yaml: No such file"):
        load_description(tmp_path / "nowhere.yaml")


def test_a_list_of_files_brings_folders_and_macros(tmp_path: Path) -> None:
    path = copy(tmp_path, ("sources: requant.v", "sources: all.f"))
    (tmp_path / "inc").mkdir()
    (tmp_path / "all.f").write_text("// theirs\n+incdir+inc\n+define+WIDE=1\n\nrequant.v # the module\n")
    description = load_description(path)
    assert description.sources == (tmp_path / "requant.v",)
    assert description.includes == (tmp_path / "inc", tmp_path)
    assert description.defines == {"WIDE": "1"}
    (tmp_path / "all.f").write_text("+incdir+inc+.\n+define+WIDE=1+DEEP\nrequant.v\n")
    description = load_description(path)
    assert description.includes == (tmp_path / "inc", tmp_path)
    assert description.defines == {"WIDE": "1", "DEEP": ""}
    (tmp_path / "all.f").write_text("-y folder\n")
    with pytest.raises(UserError, match=r"all.f:1: '-y folder': only files, \+incdir\+ and \+define\+ are understood"):
        load_description(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"+incdir+nowhere\nrequant.v\n", "no folder {folder}/nowhere, which a list names"),
        (b"nowhere.v\n", "no file {folder}/nowhere.v, which a list names"),
        (b"// nothing\n", "dut.yaml:3: sources: the lists name no file"),
        (b"\xff\nrequant.v\n", "all.f: no UTF-8 text"),
    ],
)
def test_a_list_of_files_that_cannot_be_used(content: bytes, message: str, tmp_path: Path) -> None:
    path = copy(tmp_path, ("sources: requant.v", "sources: all.f"))
    (tmp_path / "all.f").write_bytes(content)
    with pytest.raises(UserError) as caught:
        load_description(path)
    assert message.format(folder=tmp_path) in str(caught.value)


@pytest.mark.sample(3)
@pytest.mark.parametrize("unit", [unit.name for unit in benched_units()])
def test_our_own_units_fit_without_an_adapter(unit: str, tmp_path: Path) -> None:
    opened = load_module(find_description(unit), units()[unit].parameters, tmp_path, table=tmp_path / "table.hex")
    assert opened.design.top == unit
    assert opened.missing == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.sample(3)
@pytest.mark.parametrize("unit", [unit.name for unit in benched_units()])
def test_an_adapter_fits_what_stands_behind_it(unit: str, tmp_path: Path) -> None:
    """Our units as foreign ones: what is generated elaborates with our ports, and with no parameters but these."""
    path = tmp_path / "ours.yaml"
    path.write_text(units()[unit].description.read_text().replace("../../../rtl", str(RTL)))
    opened = load_module(load_description(path), units()[unit].parameters, tmp_path)
    design = opened.design
    assert design.top == f"dut_{unit}"
    adapter = Elaboration(design.sources(), design.top, includes=design.includes()).top()
    ours = own_module(units()[unit], units()[unit].parameters)
    assert {name: (port.direction, port.width) for name, port in adapter.ports.items()} == {
        name: (port.direction, port.width) for name, port in ours.ports.items()
    }
    first = next(iter(units()[unit].parameters))
    with pytest.raises(SourceError, match=f"dut_{unit}_is_generated_for_other_parameters"):
        Elaboration(design.sources(), design.top, {first: 3}, includes=design.includes())


def test_every_unit_has_a_description() -> None:
    for unit in units().values():
        assert unit.description.is_file() == bool(unit.interface)
        if unit.interface:
            assert load_description(unit.description).unit == unit.name


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), (7, 7), ("ROWS + COLS - 1", 11), ("-(1 << ROWS)", -16), ("clog2(COLS)", 3), ("COLS // 3 * 2", 4)],
)
def test_expressions(text: str | int, value: int) -> None:
    assert evaluate(text, {"ROWS": 4, "COLS": 8}) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ROWS +", "is no expression"),
        ("ROWS / 2", "is no integer, parameter or"),
        ("open('x')", "is no integer, parameter or"),
        ("1 // 0", "has no value"),
        ("1 << 99", "a shift by 99"),
        ("9 ** 9", "is no integer, parameter or"),
    ],
)
def test_no_expressions(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evaluate(text, {"ROWS": 4})
