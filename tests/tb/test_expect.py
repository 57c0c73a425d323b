"""Golden in a user's bench: the page's example outside the tree, planted faults, and each thing that a report says."""

from __future__ import annotations

import doctest
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t2c.golden.errors import RangeError, ShapeError
from t2c.layouts.pattern import LayoutError
from t2c.tb.expect import Golden, WrongTensor
from t2c.tb.expect import golden as golden_module
from t2c.tb.expect.expected import REPORT, Expected
from tests.conftest import ROOT
from tests.threshold_net import threshold_package

PAGE = (ROOT / "docs" / "pytest.md").read_text()
BLOCKS = dict(re.findall(r"```(verilog|py)\n(.*?)```", PAGE, re.DOTALL))
OUTPUTS = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)


def follow(folder: Path, verilog: str = BLOCKS["verilog"], bench: str = BLOCKS["py"]) -> tuple[int, str]:
    """Run pytest on the page's files in a folder outside the tree."""
    (folder / "max4.v").write_text(verilog)
    (folder / "test_max4.py").write_text(bench)
    builds = ROOT / "sim_build" / "builds"
    if not (folder / "sim_build").exists():  # a simulator, and Verilator's own library, are built once for all
        builds.mkdir(parents=True, exist_ok=True)
        (folder / "sim_build").mkdir()
        (folder / "sim_build" / "builds").symlink_to(builds)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COCOTB"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_max4.py"],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_example_is_short() -> None:
    assert len([line for line in BLOCKS["py"].splitlines() if line.strip()]) <= 20


@pytest.mark.slow
def test_the_example_of_the_page(tmp_path: Path) -> None:
    status, said = follow(tmp_path)
    assert status == 0, said
    for line in OUTPUTS[0].splitlines():
        assert line in said
    assert "1 passed" in said


@pytest.mark.campaign
def test_the_example_of_the_page_on_verilator(tmp_path: Path) -> None:
    verilator = BLOCKS["py"].replace('top="max4")', 'top="max4", simulator="verilator")')
    status, said = follow(tmp_path, bench=verilator)
    assert (status, "128 elements equal" in said) == (0, True), said


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("upper > lower ?", "upper < lower ?", OUTPUTS[1]),
        ("x[7:0] >", "x[0] >", r" elements differ"),
        ("reg [7:0] y", "reg [8:0] y", "word 0 has 9 bits, the layout's have 8"),
        ("? upper : lower;\nend", "? upper : 8'bx;\nend", r"actual unknown \(X\); word \d+, lane 0 at \d+ ns"),
        ("reg [7:0] y", "reg [7:0] why", "cocotb test windows failed: AttributeError"),
        ("endmodule", "", r"icarus cannot build max4: .*max4\.v"),
    ],
)
def test_a_wrong_module_is_red(right: str, wrong: str, said: str, tmp_path: Path) -> None:
    text = BLOCKS["verilog"].replace(right, wrong)
    if "why" in wrong:
        text = text.replace("y <=", "why <=")
    assert text != BLOCKS["verilog"]
    status, printed = follow(tmp_path, verilog=text)
    assert (status, "1 failed" in printed) == (1, True), printed
    for line in said.splitlines():
        assert re.search(line if "\\" in line else re.escape(line), printed), printed


WITH = 'with golden.expect("max_pool") as pooled:'
NOTHING = {
    "no word": (
        "            pooled.word(dut.y.value)",
        "            pass",
        "128 of 128 elements never came, the first is (0, 0, 0)",
    ),
    "no check": (
        WITH,
        'pooled = golden.expect("max_pool")\n    if True:',
        "max_pool of image 3 was expected and never checked: use `with`, or call check()",
    ),
    "no tensor": (f"    {WITH}", "    return\n    if True:", "nothing was compared: no cocotb test expected a tensor"),
    "no test": ("@cocotb.test()", "", "no cocotb test of test_max4 ran"),
    "no source": ('["max4.v"]', '["max5.v"]', "max5.v: there is no such source"),
    "no simulator": ('top="max4")', 'top="max4", simulator="abacus")', "'abacus' is not one of icarus, verilator"),
    "no parameter": ('top="max4")', 'top="max4", parameters={"W": 9})', "max4 has no parameter 'W'"),
    "no image": (
        "image=3",
        "image=3000",
        "cocotb test windows failed: RangeError: image 3000 is not among the package's 0..",
    ),
    "an error": ("await FallingEdge", "raise KeyError(7) or FallingEdge", "cocotb test windows failed: KeyError"),
}


@pytest.mark.sample(9)
@pytest.mark.slow
@pytest.mark.parametrize("name", NOTHING)
def test_a_bench_that_proves_nothing_is_red(name: str, tmp_path: Path) -> None:
    right, wrong, said = NOTHING[name]
    assert right in BLOCKS["py"]
    status, printed = follow(tmp_path, bench=BLOCKS["py"].replace(right, wrong))
    assert (status, "1 failed" in printed) == (1, True), printed
    assert said in printed, printed


@pytest.fixture
def golden() -> Golden:
    return Golden(threshold_package(), image=1)


def fed(expected: Expected, words: list[Any]) -> list[str]:
    """The report after some words."""
    for word in words:
        expected.word(word)
    return expected.report()


def test_doctests_of_golden_in_a_bench() -> None:
    assert doctest.testmod(golden_module).failed == 0


@pytest.mark.parametrize("layout", ["c h w -> h w c(2)", "c h w -> (c h w)(5)", "... -> ..."])
@pytest.mark.parametrize("order", ["lsb_first", "msb_first"])
def test_what_is_driven_is_what_is_expected(golden: Golden, layout: str, order: str) -> None:
    words = golden.words("sums", layout, lane_order=order, padding=-5)
    expected = golden.expect("sums", layout, lane_order=order, padding=-5)
    assert not expected.done
    assert fed(expected, words) == []
    assert expected.done
    width = expected.packed.form.word_bits
    again = golden.expect("sums", layout, lane_order=order, padding=-5)
    assert fed(again, [format(word, f"0{width}b") for word in words]) == []  # as cocotb prints them
    again.check()


def test_the_first_wrong_element_has_its_coordinate(golden: Golden) -> None:
    words = golden.words("sums", "c h w -> h w c(2)", padding=0)
    words[4] ^= 1 << 16  # the second word has two lanes of 16 bits
    value = int(golden["sums"][1, 0, 2])
    wrong = value ^ 1
    expected = golden.expect("sums", "c h w -> h w c(2)")
    fed(expected, words)
    with pytest.raises(WrongTensor) as caught, expected:
        pass
    assert str(caught.value).splitlines() == [
        "sums of image 1: 1 of 27 elements differ",
        f"  (1, 0, 2): expected {value} (0x{value & 0xFFFF:04x}), "
        f"actual {wrong} (0x{wrong & 0xFFFF:04x}); word 4, lane 1",
    ]


def test_what_a_report_says(golden: Golden) -> None:
    layout = "c h w -> h w c(2)"
    words = golden.words("sums", layout, padding=7)
    assert fed(golden.expect("sums", layout), [*words, 0, 0]) == [
        "sums of image 1:", "more than the 18 words of the tensor came, the first"
    ]  # fmt: skip
    assert fed(golden.expect("sums", layout), words[:-1]) == [
        "sums of image 1:", "1 of 27 elements never came, the first is (2, 2, 2)"
    ]  # fmt: skip
    assert fed(golden.expect("sums", layout), words) == []
    report = fed(golden.expect("sums", layout, padding=0), words)
    assert report[:2] == [
        "sums of image 1: 9 of 27 elements differ",
        "  padding: expected 0 (0x0000), actual 7 (0x0007); word 1, lane 1",
    ]
    report = fed(golden.expect("sums", layout, lane_order="msb_first", padding=7), words)
    assert report[-1] == "  all is equal with the lanes of each word in reverse: lane_order"
    report = fed(golden.expect("sums", layout, padding=7), words[::-1])
    assert report[-1] == "  all is equal with the words in reverse"
    report = fed(golden.expect("sums", layout, padding=7), words[1:])
    assert "the stream is shifted by one" in report[-1]
    assert fed(golden.expect("sums", layout), [*words[:3], -1 << 40, *words[4:]])[1:] == [
        "word 3 has 42 bits, the layout's have 32", "1 of 27 elements never came, the first is (2, 0, 1)"
    ]  # fmt: skip
    unknown = fed(golden.expect("sums"), ["X" * 16, *golden.words("sums")[1:]])
    assert unknown[1].endswith("actual unknown (X); word 0, lane 0")


def test_elements_in_any_order_and_whole_tensors(golden: Golden) -> None:
    values = golden["steps"]
    expected = golden.expect("steps", "c ... -> ... c(2)")
    for coordinate in sorted(np.ndindex(values.shape), reverse=True):
        expected.element(coordinate, values[coordinate])
    expected.check()
    expected.element((0, 0, 0), "Z")
    with pytest.raises(WrongTensor, match=r"element \(0, 0, 0\) came twice"):
        expected.check()
    with pytest.raises(IndexError, match="is outside shape"):
        expected.element((3, 0, 0), 0)
    golden.expect("steps").equals(values.astype(np.int8))
    with pytest.raises(WrongTensor, match="27 of 27 elements differ"):
        golden.expect("steps").equals(values + 1)
    with pytest.raises(ShapeError, match=r"shape \(27,\), golden has \(3, 3, 3\)"):
        golden.expect("steps").equals(values.reshape(-1))
    with pytest.raises(RangeError, match="dtype float64 is not an integer type"):
        golden.expect("steps").equals(values * 1.0)


def test_what_there_is_not(golden: Golden) -> None:
    with pytest.raises(KeyError, match="'nothing' is no tensor of staircases; there are x, sums, steps, flat"):
        golden.expect("nothing")
    with pytest.raises(RangeError, match=r"image 6 is not among the package's 0\.\.5"):
        Golden(threshold_package(), image=6)
    with pytest.raises(LayoutError, match="3 axes on the left"):
        golden.expect("flat", "c h w -> c h w")


def test_the_file_that_the_fixture_reads(golden: Golden, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(REPORT, str(tmp_path / "report"))
    open_one = golden.expect("y")
    with golden.expect("y") as good:
        for word in golden.words("y"):
            good.word(word)
    with pytest.raises(KeyError), golden.expect("y"):
        raise KeyError
    records = [json.loads(line) for line in (tmp_path / "report").read_text().splitlines()]
    states = [(record["state"], record.get("elements"), record.get("report")) for record in records]
    missing = ["y of image 1:", "4 of 4 elements never came, the first is (0,)"]
    assert states == [
        ("expected", None, None),
        ("expected", None, None),
        ("compared", 4, []),
        ("expected", None, None),
        ("ended", 0, missing),
    ]
    assert [record["number"] - records[0]["number"] for record in records] == [0, 1, 1, 2, 2]
    assert open_one.label == "y of image 1"
