"""Modules that read files of their own when they run: by a name in the source, a parameter and a plusarg."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.common.strict_yaml import YamlError
from t2c.tb.dut.description import load_description
from t2c.tb.dut.file_fields import lay_out
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from t2c.tb.units.run import run_description

TABLES = Path(__file__).parent / "duts" / "tables"


def copied(folder: Path, original: str = "", changed: str = "") -> Path:
    """The description in a folder of its own, whose name has a space."""
    shutil.copytree(TABLES, folder / "their luts")
    path = folder / "their luts" / "own_table.yaml"
    assert not original or path.read_text().count(original) == 1
    path.write_text(path.read_text().replace(original, changed))
    return path


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_tables_lie_where_the_module_looks_for_them(simulator: str, tmp_path: Path, sim_output: Path) -> None:
    found = run_description(load_description(copied(tmp_path)), find_simulator(simulator), sim_output)
    assert found.outcome.passed, found.outcome.log.read_text()[-2000:]
    assert found.missing == {}


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("name", ["luts/one.hex", "two.hex", "luts/three.hex", "sum.hex"])
def test_an_entry_that_is_wrong_is_seen(name: str, tmp_path: Path, sim_output: Path) -> None:
    path = copied(tmp_path)
    table = path.parent / name
    lines = table.read_text().splitlines()
    lines[9] = "1" if lines[9] == "0" else "0"
    table.write_text("\n".join(lines))
    found = run_description(load_description(path), find_simulator("icarus"), sim_output, only=("sweep",))
    assert not found.outcome.passed
    assert "x = 0x9" in found.outcome.log.read_text()


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("function", ["quarter", "negative"])
def test_a_function_of_ones_own_in_the_place_of_a_table(function: str, tmp_path: Path, sim_output: Path) -> None:
    path = copied(tmp_path).with_name("square.yaml")
    path.write_text(path.read_text().replace("quarter", function))
    found = run_description(load_description(path), find_simulator("icarus"), sim_output)
    assert found.missing == {"reset_in_mid_stream": "it has no reset"}
    assert found.outcome.passed == (function == "quarter"), found.outcome.log.read_text()[-2000:]


HARD = """def hard(row):
    return [255 if x == max(row) else 0 for x in row]

def short(row):
    return hard(row)[1:]

def single(row):
    return 3
"""


def hard_softmax(folder: Path, function: str) -> Path:
    """A softmax without exponentials, which gives the largest elements everything."""
    duts = Path(__file__).parent / "duts"
    text = (duts / "row_softmax.sv").read_text()
    line = "result = (entry(largest - value(row[k], is_signed)) * reciprocal + (1 << (R - Y - 1))) >>> (R - Y);"
    assert text.count(line) == 1
    (folder / "row_softmax.sv").write_text(
        text.replace(line, "result = value(row[k], is_signed) == largest ? 255 : 0;")
    )
    (folder / "hard.py").write_text(HARD)
    path = folder / "hard.yaml"
    path.write_text((duts / "row_softmax.yaml").read_text() + f"reference: hard.py:{function}\n")
    return path


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("right", [True, False])
def test_a_function_that_makes_rows(right: bool, tmp_path: Path, sim_output: Path) -> None:
    path = hard_softmax(tmp_path, "hard")
    if not right:
        (tmp_path / "hard.py").write_text(HARD.replace("max(row)", "row[0]"))
    found = run_description(
        load_description(path), find_simulator("icarus"), sim_output, parameters={"LEN_W": 3}, only=("random_data",)
    )
    assert found.outcome.passed == right, found.outcome.log.read_text()[-2000:]


@pytest.mark.parametrize(
    ("function", "message"),
    [("short", r"short\(row=\[0, 0\]\) returned 1 elements, not 2"), ("single", r"returned 3, which is no list")],
)
def test_a_function_that_makes_no_row(function: str, message: str, tmp_path: Path, sim_output: Path) -> None:
    with pytest.raises(YamlError, match=rf"hard\.yaml:18: reference: .*{message}"):
        run_description(load_description(hard_softmax(tmp_path, function)), find_simulator("icarus"), sim_output)


def test_a_function_that_returns_too_much(tmp_path: Path, sim_output: Path) -> None:
    path = copied(tmp_path).with_name("square.yaml")
    path.write_text(path.read_text().replace("quarter", "wide"))
    with pytest.raises(UserError, match=r"square\.py:wide\(x=8\) returned 64, outside -32\.\.63"):
        run_description(load_description(path), find_simulator("icarus"), sim_output)


def test_the_files_of_the_last_run_are_gone(tmp_path: Path) -> None:
    (tmp_path / "a.hex").write_text("1\n")
    run = tmp_path / "run"
    run.mkdir()
    lay_out({"in/a.hex": tmp_path / "a.hex", "b.hex": tmp_path / "a.hex"}, run)
    assert (run / "in" / "a.hex").read_text() == "1\n"
    lay_out({"b.hex": tmp_path / "a.hex"}, run)
    assert not (run / "in" / "a.hex").exists()
    assert (run / "b.hex").exists()


@pytest.mark.parametrize(
    ("original", "changed", "message"),
    [
        ("luts/one.hex,", "luts/four.hex,", "11: files: no file 'luts/four.hex' beside this description"),
        (
            "luts/one.hex,",
            "../one.hex,",
            "11: files: '../one.hex' leads out of the description's folder; a",
        ),
        ("luts/one.hex,", "/one.hex,", "11: files: '/one.hex' leads out of"),
        ("{third: luts/three.hex}", '{third: "\\0"}', "12: plusargs: 'third': a name and a printable text are wanted"),
        ("{third: luts/three.hex}", "{3rd: x}", "12: plusargs: '3rd': a name and a printable"),
        ("table: sum.hex", "table: product.hex", "13: table: no file 'product.hex' beside this description"),
        ("table: sum.hex", "table: luts", "13: table: no file 'luts' beside this description"),
        ("table: sum.hex", "table: sum.hex\nreference: f.py:f", "14: reference: and a table; one of them says"),
        ("unit: lut_pointwise", "unit: mac_pe", "table: mac_pe has none"),
        ("unit: lut_pointwise", "unit: layer_engine", "files: layer_engine runs inside the core; a parameter with"),
    ],
)
def test_files_that_are_not_there(original: str, changed: str, message: str, tmp_path: Path) -> None:
    path = copied(tmp_path, original, changed)
    if "unit" in original:
        path.write_text(path.read_text().replace("handshake: valid_only\n", ""))
    with pytest.raises(YamlError) as caught:
        load_description(path)
    assert message in str(caught.value)


def test_a_table_that_is_none(tmp_path: Path, sim_output: Path) -> None:
    path = copied(tmp_path)
    (path.parent / "sum.hex").write_text("1\nx\n")
    with pytest.raises(UserError, match=r"sum\.hex:2: 'x' is not a hexadecimal entry"):
        run_description(load_description(path), find_simulator("icarus"), sim_output)
