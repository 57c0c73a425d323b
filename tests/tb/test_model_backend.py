"""`--backend model`: the same run without a simulator, judged in the same way, and dumped for who writes a driver."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import activation_layout
from t2c.contract.registers import Register
from t2c.core_model import engine
from t2c.core_model.images import read_words
from t2c.core_model.stream_words import lanes_of
from t2c.golden.graph.package import load_package
from t2c.tb.cosim.cosimulation import locked_cosimulation
from t2c.tb.cosim.on_model import BACKEND, run_on_model
from t2c.tb.cosim.request import RunRequest
from t2c.tb.cosim.verdict import RunResult
from tests.conftest import ROOT
from tests.core_net import core_package

NOTHING_BUT_NUMPY = """
import importlib.abc, runpy, sys
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in "cocotb cocotb_tools cocotb_bus find_libpython pyslang yaml torch".split():
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
sys.argv[0] = "sim"
runpy.run_module("t2c.tb", run_name="__main__", alter_sys=True)
"""


def sim(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command where neither cocotb nor a simulator is installed."""
    return subprocess.run(
        [sys.executable, "-c", NOTHING_BUT_NUMPY, "--backend", "model", *map(str, arguments)],
        cwd=ROOT,
        env={"PATH": "/nowhere", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_network_runs_where_nothing_is_installed(tmp_path: Path) -> None:
    done = sim("--layer", "all", "--images", 2, "--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert re.search(r"^verdict +PASS$", done.stdout, re.MULTILINE)
    assert re.search(r"^array +8x8 on model of the core$", done.stdout, re.MULTILINE)
    assert "100.00% of the model's own predictions" in done.stdout
    result = json.loads((tmp_path / "digits_w8a8-all-model-8x8" / "result.json").read_text())
    assert (result["verdict"], result["backend"], result["mismatches"]) == ("PASS", "model", 0)
    assert result["cycles"] == result["expected_cycles"] > 0
    assert result["compared"] == 2 * 3754


def test_a_layer_runs(tmp_path: Path) -> None:
    done = sim("--layer", "add", "--rows", 4, "--cols", 2, "--first-image", 5, "--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert "4 images, 4 at a time" in done.stdout


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("--waves 1", "--waves = '1' is for the RTL; the model of the core has no signals"),
        ("--stall p10", "--stall = 'p10' is for the RTL; the model of the core has no back-pressure"),
        ("--dut dut.yaml", "--dut = 'dut.yaml' is for the RTL; the model of the core has no modules"),
        ("--unit mulquant", "--unit = 'mulquant' is for the RTL; the model of the core has no units"),
        ("--sim verilator", "--sim = 'verilator' is for the RTL; the model of the core has no simulator"),
        ("--table exp", "--table = 'exp' is for the RTL; the model of the core has no units"),
        ("--backend rtl --dump here", "--dump = 'here' needs --backend = model"),
        ("--backend fpga", "--backend: invalid choice: 'fpga' (choose from 'rtl', 'model')"),
        ("--dump tb", "--dump = 'tb': the folder is not empty"),
        ("--images 0", "--images = 0 is outside 1..360"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: str, wanted: str) -> None:
    done = sim("--layer", "fc", *arguments.split())
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.count("\n") == 1, done.stderr
    assert wanted in done.stderr


def run(layer: str, hardware: Hardware, output: Path, dump: Path | None = None, images: int = 1) -> RunResult:
    request = RunRequest(layer=layer, images=images)
    with locked_cosimulation(core_package(samples=3), "random", request, hardware, BACKEND, output) as job:
        return run_on_model(job, dump)


SMALL = Hardware(rows=4, cols=2, act_depth=64, wgt_depth=100, par_depth=4, acc_depth=22)


def test_memories_that_hold_not_all(tmp_path: Path) -> None:
    result = run("all", SMALL, tmp_path, images=3)
    assert result.verdict == "PASS", result.reasons
    assert result.figures["spilled"]
    assert result.figures["cycles"] == result.figures["expected_cycles"]


def test_a_model_that_computes_something_else_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Expected values are golden's, not the model's own."""
    real = engine.round_shift
    monkeypatch.setattr(engine, "round_shift", lambda p, shift, mode: real(p, shift, mode) + (p == p.max()))
    result = run("stem", SMALL, tmp_path)
    assert result.verdict == "FAIL"
    assert result.first is not None
    assert result.first.layer == "stem"
    assert "--backend model" in result.figures["replay"]
    assert "--waves" not in result.figures["replay"]


def test_a_model_that_writes_elsewhere_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = engine.walk.result_places
    monkeypatch.setattr(engine.walk, "result_places", lambda d, hw: (real(d, hw)[0], (real(d, hw)[1] + 1) % hw.groups))
    result = run("stem", SMALL, tmp_path)
    assert result.verdict == "FAIL"
    assert "went to address" in result.reasons[0] or "never written" in " ".join(result.reasons)


def test_a_fault_of_the_program_is_a_reason(tmp_path: Path) -> None:
    with locked_cosimulation(core_package(), "random", RunRequest(layer="stem"), SMALL, BACKEND, tmp_path) as job:
        words = (job.folder / "program.hex").read_text().split()
        words[0] = f"{9:08x}"
        (job.folder / "program.hex").write_text("\n".join(words) + "\n")
        result = run_on_model(job)
    assert result.verdict == "FAIL"
    assert any("STATUS = 4, ERROR = 1 at layer" in reason for reason in result.reasons), result.reasons


def test_the_dump_holds_every_memory_after_each_step(tmp_path: Path) -> None:
    hardware = Hardware(rows=4, cols=2, acc_depth=22)
    result = run("all", hardware, tmp_path / "out", tmp_path / "dump", images=2)
    assert result.verdict == "PASS"
    folder = tmp_path / "dump" / "run_0"
    steps = sorted(path.name for path in folder.glob("step_*"))
    assert steps[0] == "step_000_LOAD"
    assert steps[-1].endswith("_END")
    # What was stored is what lies in the memory, as golden says.
    layout = activation_layout(hardware)
    out = lanes_of(read_words(folder / "m_axis.hex", layout.word_bits), layout)
    golden = core_package(samples=3).graph.run(core_package(samples=3).samples[:1])["y"]
    assert out.reshape(-1)[: golden.size].tolist() == (golden.reshape(-1) & 255).tolist()
    assert (folder / "activations.hex").read_text() == ""
    assert (folder / "weights.hex").read_text() == (next((tmp_path / "out").glob("*/weights.hex"))).read_text()
    assert "CYCLES_LO" in (folder / steps[-1] / "registers.txt").read_text()
    registers = dict(line.split() for line in (folder / steps[-1] / "registers.txt").read_text().splitlines())
    assert int(registers[Register.LAYER.name], 16) == len(result.figures["layers"]) - 1
    # A second run begins with what the first has left.
    first, second = (tmp_path / "dump" / f"run_{k}" for k in (0, 1))
    last = [path for path in sorted(first.glob("step_*")) if (path / "activations.hex").is_file()][-1]
    assert (second / "activations.hex").read_text() == (last / "activations.hex").read_text()
    assert np.any([(path / "results.txt").is_file() for path in first.glob("step_*_RUN")])


def test_the_images_of_an_example_run_from_their_files(tmp_path: Path, examples: Path) -> None:
    package = load_package(examples / "digits_w4a4")
    request = RunRequest(layer="all", images=2)
    with locked_cosimulation(package, "digits_w4a4", request, Hardware(), BACKEND, tmp_path) as job:
        result = run_on_model(job)
    assert result.verdict == "PASS", result.reasons
