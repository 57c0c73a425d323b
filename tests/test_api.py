"""The public API: what its page shows works as printed, and what it refuses says why in Python's words."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import t2c
from t2c import api
from t2c.common.places import RTL
from tests.conftest import ROOT
from tests.wide_constants import wide_package

PAGE = (ROOT / "docs" / "api.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_names_everything_public() -> None:
    torch = {"METHODS", "T2C", "TRAINER", "LayerBits", "NetFuser"}
    assert set(t2c.__all__) == {*api.__all__, *torch}
    assert set(t2c.__all__) <= set(dir(t2c))
    for name in t2c.__all__:
        assert f"`{name}" in PAGE, name
    for result in (t2c.Result, t2c.UnitResult):
        for field in (*result.__dataclass_fields__, "passed"):
            assert f"`{field}`" in PAGE, field


def test_nothing_heavy_loads_before_it_is_used() -> None:
    use = "t2c.load_package('digits_w4a4'); t2c.compile_program('digits_w4a4')"
    show = f"import sys, t2c; {use}; print({{'torch', 'cocotb', 'yaml'}} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", show], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
    with pytest.raises(AttributeError, match="module 't2c' has no attribute 'nonsense'"):
        t2c.nonsense  # noqa: B018


@pytest.mark.slow
def test_the_page_works_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(BLOCKS[0], "api.md", "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    commented = re.search(r"# (\[.*?\])", BLOCKS[0])
    assert commented is not None
    assert printed[0] == commented[1]
    assert printed[2].startswith("True ")
    assert re.fullmatch(r"verdict +PASS", printed[-1])
    assert [path.name for path in tmp_path.iterdir()] == ["sim_build"]
    assert BLOCKS[1] in (ROOT / "examples" / "byo_rtl" / "test_my_rtl.py").read_text()


def test_golden_tensors_are_those_of_the_graph(examples: Path) -> None:
    package = t2c.load_package(examples / "digits_w4a4")
    found = t2c.golden_tensors("digits_w4a4", package.samples[3:5])
    assert set(found) == set(package.graph.edges)
    assert all(values.dtype == np.int64 and len(values) == 2 for values in found.values())


@pytest.mark.slow
def test_a_failure_is_a_result_that_explains_itself(tmp_path: Path, sim_output: Path) -> None:
    rtl = Path(shutil.copytree(RTL, tmp_path / "rtl"))
    text = (rtl / "mulquant.v").read_text()
    assert text.count("q_q <= lo_i[OUT_W-1:0];") == 1
    (rtl / "mulquant.v").write_text(text.replace("q_q <= lo_i[OUT_W-1:0];", "q_q <= lo_i[OUT_W-1:0] + 1'b1;"))
    result = t2c.simulate("digits_w8a8", layer="conv1", rtl=rtl, out=tmp_path / "out")
    assert (result.passed, result.verdict) == (False, "FAIL")
    assert result.first is not None
    assert (result.first.layer, result.first.actual) == ("conv1", result.first.expected + 1)
    assert "first wrong signal: " in result.diagnosis
    assert str(result) == f"{result.table}\n{result.diagnosis}"
    assert result.reasons[0] in result.table


def test_the_model_of_the_core_runs_what_the_rtl_runs(sim_output: Path) -> None:
    result = t2c.simulate("digits_w4a4", simulator="model", images=2, out=sim_output)
    assert result.passed, result
    assert result.cycles > 0
    with pytest.raises(t2c.UserError, match="stall = 'p50' is for the RTL; the model of the core has none"):
        t2c.simulate("digits_w4a4", simulator="model", stall="p50", out=sim_output)


@pytest.mark.slow
def test_a_unit_is_run_with_parameters_of_its_own(sim_output: Path) -> None:
    result = t2c.run_unit("lut_pointwise", parameters={"X_W": 4, "OUT_W": 6}, out=sim_output)
    assert result.passed, result
    assert result.mismatches == 0 < result.compared
    assert "verdict   PASS" in str(result)


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        ({"layer": "nope"}, KeyError, r"no layer 'nope' in digits_w8a8"),
        ({"images": 0}, t2c.UserError, r"^images = 0 is outside 1..360, the samples of "),
        ({"stall": "p20"}, t2c.UserError, r"^stall: profile 'p20' is not one of none, "),
        ({"simulator": "vcs"}, t2c.UserError, r"^simulator = 'vcs' is not one of icarus, verilator"),
        ({"waves": "9:9"}, t2c.UserError, r"^waves = '9:9': 0, 1 or FIRST:LAST in cycles"),
        ({"hardware": None, "package": "nowhere"}, t2c.PackageError, r"^model = 'nowhere' is not a package directory"),
    ],
)
def test_a_request_that_cannot_be_served(
    words: dict[str, object], kind: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=message):
        t2c.simulate(**{"package": "digits_w8a8", "layer": "fc", "out": tmp_path} | words)  # type: ignore[arg-type]


def test_hardware_has_the_widths_of_the_package_and_what_is_asked_for(examples: Path) -> None:
    hardware = t2c.hardware_for("digits_w8a8", rows=16, act_depth=64)
    widths = t2c.load_package("digits_w8a8").graph.widths
    assert (hardware.rows, hardware.cols, hardware.act_depth) == (16, 8, 64)
    assert (hardware.scale_w, hardware.bias_w) == (widths.scale, widths.bias)
    assert (t2c.hardware_for("digits_w8a8").acc_w, t2c.hardware_for(wide_package()).acc_w) == (32, 29)
    assert t2c.hardware_for("digits_w8a8", scale_w=30).acc_w == 31
    with pytest.raises(t2c.RangeError, match="ROWS = 1 is outside"):
        t2c.hardware_for("digits_w8a8", rows=1)
