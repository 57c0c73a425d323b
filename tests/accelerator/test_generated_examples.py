"""Accelerators that NNgen and da4ml generate: right as described, and the tensor that is wrong is named.

What docs/your_accelerator.md prints of both is compared in tests/docs; of NNgen's core, which takes seconds to generate
and to build, there is more in `make faults`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from t2c.golden.graph.package import load_package
from t2c.golden.target.check import refuse_misfits
from t2c.golden.target.description import load_chip
from tests.accelerator.door import EXAMPLES, refusal, simulated

NNGEN, DA4ML = EXAMPLES / "nngen", EXAMPLES / "da4ml"


def test_the_package_is_what_nngen_can_do() -> None:
    graph = load_package(NNGEN / "two_layers").graph
    refuse_misfits(graph, load_chip(NNGEN / "nngen.yaml"))
    for name in ("conv1", "conv2", "fc"):
        quant = graph.node(name).mulquant  # type: ignore[attr-defined]
        assert np.unique(quant.multiplier).size > 1
        assert quant.bias.any()


@pytest.mark.slow
def test_a_package_that_nngen_cannot_do_is_refused_by_name(sim_output: Path) -> None:
    text = refusal(NNGEN / "dut.yaml", sim_output, model=str(EXAMPLES.parent / "digits_w8a8"))
    assert "nngen/dut.yaml:3: generate: make_core.py ended with status 1: " in text
    assert ": layer 'input': tensor 'input' is u8 (activations: s8), and " in text


@pytest.mark.campaign
@pytest.mark.slow
@pytest.mark.parametrize("runs", ["icarus 1 none,none", "icarus 1 all", "verilator 8 all"])
def test_a_core_of_nngen_behind_every_stall(runs: str, sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """runs: simulator, images, and one back-pressure or the whole campaign."""
    sim, images, stall = runs.split()[0], int(runs.split()[1]), runs.split()[2]
    chosen = {} if stall == "all" else {"stall": stall}
    run = simulated(capsys, NNGEN / "dut.yaml", sim_output, images=images, sim=sim, **chosen)
    assert run.status == 0, run.text
    scenarios = run.record["scenarios"]
    assert len(scenarios) == (1 if chosen else 10)
    for scenario in scenarios:
        found = [(count["name"], count["compared"]) for count in scenario["tensors"]]
        assert found == [("conv1", 256 * images), ("conv2", 128 * images), ("fc", 10 * images)]


@pytest.mark.slow
def test_the_first_wrong_layer_of_nngen_is_named(sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = simulated(capsys, NNGEN / "dut_wrong.yaml", sim_output, stall="none,none")
    assert run.status == 1, run.text
    conv1, conv2, fc = run.record["scenarios"][0]["tensors"]
    assert (conv1["wrong"], conv1["missing"]) == (0, 0)
    assert conv2["wrong"] > 64
    assert fc["wrong"] > 0
    assert "    conv2[0, 0, 0]: expected " in run.text
    assert "; port mem, address 0xb80; cycle " in run.text
    assert "  first wrong tensor in program order: conv2\n" in run.text


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_a_layer_in_logic_of_da4ml(sim: str, sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Eight images one after the other, a word each cycle."""
    run = simulated(capsys, DA4ML / "dut.yaml", sim_output, images=3, sim=sim)
    assert run.status == 0, run.text
    (scenario,) = run.record["scenarios"]
    assert [(count["name"], count["compared"]) for count in scenario["tensors"]] == [("fc", 240)]


@pytest.mark.slow
def test_a_rounding_of_da4ml_is_named(sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = simulated(capsys, DA4ML / "dut_wrong.yaml", sim_output)
    assert run.status == 1, run.text
    findings = run.record["scenarios"][0]["findings"]
    assert findings[0]["text"].startswith(
        "fc[0, 1]: expected -22 (0xea), actual -23 (0xe9), difference -1; port y, word 0"
    )
    assert {"fc"} == {finding["tensor"] for finding in findings}


@pytest.mark.slow
def test_a_latency_that_is_too_short_is_wrong(
    tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (DA4ML / "dut.yaml").read_text()
    for path in DA4ML.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "dut.yaml").write_text(text.replace("latency: 4", "latency: 3"))
    run = simulated(capsys, tmp_path / "dut.yaml", sim_output)
    assert run.status == 1, run.text
    assert "    fc[0, 0]: expected " in run.text
