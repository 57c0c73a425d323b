"""Layers on the RTL: every conv2d and linear layer of the shipped packages, and random ones, on both simulators."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golden.package import load_package
from mapping.hardware import Hardware
from tb.layer_job import prepare_layer, run_layer
from tb.layer_request import MAIN_TEST, RESET_TEST, LayerRequest
from tb.simulators import SIMULATORS, find_simulator
from tb.stalls import PROFILES
from tests.conftest import ROOT
from tests.random_layers import LayerShape, layer_package, random_shape

SMALL = Hardware(rows=8, cols=8)
SHIPPED = [
    (model, node["name"])
    for model in ("digits_w8a8", "digits_w4a4")
    for node in json.loads((ROOT / "examples" / model / "graph.json").read_text())["nodes"]
    if node["op"] in ("conv2d", "linear")
]
SHAPES = [
    LayerShape(channels=12, out=12, groups=12),
    LayerShape(channels=9, out=9, stride=(2, 3), dilation=(2, 1), padding=(2, 0), size=(9, 7)),
    LayerShape(channels=37, out=11, linear=True),
    LayerShape(channels=3, out=2, linear=True, x_signed=True),
    *(random_shape(seed) for seed in range(100, 112)),
]


def test_the_shipped_packages_have_the_layers_of_the_model() -> None:
    assert len(SHIPPED) == 8


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize(("model", "layer"), SHIPPED)
def test_shipped_layer_matches_golden(model: str, layer: str, simulator: str, examples: Path, sim_output: Path) -> None:
    images = 360 if simulator == "verilator" else 2
    request = LayerRequest(layer=layer, images=images)
    package = load_package(examples / model)
    result = run_layer(package, model, request, SMALL, find_simulator(simulator), sim_output)
    assert result.passed, result.reasons
    shape = result.figures["output_shape"]
    assert result.figures["compared"] == images * shape[0] * shape[1] * shape[2]


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize("index", range(len(SHAPES)), ids=lambda index: SHAPES[index].label)
def test_random_layer_survives_stalls_and_resets(index: int, simulator: str, sim_output: Path) -> None:
    """Each shape meets its own pair of back-pressure profiles; both benches run."""
    names = list(PROFILES)
    stall = f"{names[index % len(names)]},{names[(index // 2 + 1) % len(names)]}"
    request = LayerRequest(layer="layer", images=3, seed=index + 1, stall=stall, tests=(MAIN_TEST, RESET_TEST))
    package = layer_package(SHAPES[index], seed=index)
    result = run_layer(package, "random", request, SMALL, find_simulator(simulator), sim_output)
    assert result.passed, (stall, result.reasons)


SIZES = [
    # rows, cols, x_w, w_w, acc_depth
    (2, 1, 8, 8, 1024),
    (5, 9, 8, 8, 7),
    (7, 2, 8, 8, 1000),
    (16, 3, 8, 8, 5),
    (3, 16, 8, 8, 2),
    (2, 2, 2, 2, 1024),
]


@pytest.mark.parametrize("index", range(len(SIZES)), ids=lambda index: "x".join(map(str, SIZES[index])))
def test_every_shape_of_array_matches_and_takes_the_cycles_it_should(index: int, sim_output: Path) -> None:
    """Without stalls the cycle count is exactly the documented formula, for three layers on each array."""
    rows, cols, x_w, w_w, acc_depth = SIZES[index]
    hardware = Hardware(rows=rows, cols=cols, x_w=x_w, w_w=w_w, acc_depth=acc_depth, act_depth=4096, wgt_depth=8192)
    narrow = {"x_bits": 2, "w_bits": 2, "y_bits": 2} if x_w == 2 else {}
    for shape in (
        LayerShape(channels=5, out=7, size=(4, 5), **narrow),
        LayerShape(channels=12, out=12, groups=12, size=(3, 3), **narrow),
        LayerShape(channels=11, out=5, linear=True, **narrow),
    ):
        job = prepare_layer(
            layer_package(shape, seed=index),
            "random",
            LayerRequest(layer="layer", images=2),
            hardware,
            find_simulator("icarus"),
            sim_output,
        )
        result = job.run()
        assert result.passed, result.reasons
        assert result.figures["cycles"] == job.program.ideal_cycles(2) + job.program.pipeline_cycles()


def test_every_stall_profile_costs_cycles(examples: Path, sim_output: Path) -> None:
    """A profile that costs nothing would test nothing."""
    package = load_package(examples / "digits_w8a8")
    took: dict[str, tuple[int, int]] = {}
    for stall in ("none,none", *(f"none,{name}" for name in PROFILES), *(f"{name},none" for name in PROFILES)):
        request = LayerRequest(layer="conv1", images=4, stall=stall)
        figures = run_layer(package, "digits", request, SMALL, find_simulator("icarus"), sim_output).figures
        took[stall] = figures["load_cycles"], figures["cycles"]
    load, run = took["none,none"]
    for name in PROFILES:
        if name != "none":
            assert took[f"{name},none"][0] > load + 15, (name, took)
            assert took[f"none,{name}"][1] > run + 15, (name, took)
    assert took["none,blocked"][1] >= run + 100
    assert took["blocked,none"][0] >= load + 190


def test_a_large_activation_memory_is_addressed_right(sim_output: Path) -> None:
    """More than 16 address bits."""
    hardware = Hardware(rows=4, cols=4, act_depth=1 << 17)
    package = layer_package(LayerShape(channels=9, out=4), samples=1)
    request = LayerRequest(layer="layer", images=1)
    result = run_layer(package, "random", request, hardware, find_simulator("icarus"), sim_output)
    assert result.passed, result.reasons


def test_batches_beyond_the_activation_memory_run_one_after_the_other(sim_output: Path) -> None:
    """A memory of two images splits five images into three batches, each of several pixel blocks."""
    hardware = Hardware(rows=4, cols=4, act_depth=80, acc_depth=16, wgt_depth=256, par_depth=16)
    package = layer_package(LayerShape(channels=3, out=6), samples=5)
    request = LayerRequest(layer="layer", images=5)
    job = prepare_layer(package, "random", request, hardware, find_simulator("icarus"), sim_output)
    batches = json.loads((job.folder / "job.json").read_text())["batches"]
    assert [batch["images"] for batch in batches] == [2, 2, 1]
    assert job.program.descriptors(2)[0].blocks > 1
    result = job.run()
    assert result.passed, result.reasons


def test_one_build_serves_every_layer(sim_output: Path, examples: Path) -> None:
    """Two layers of two models with the same hardware use the same simulator."""
    simulator = find_simulator("icarus")
    before = set()
    for model, layer in (("digits_w8a8", "conv1"), ("digits_w4a4", "fc")):
        request = LayerRequest(layer=layer, images=1)
        assert run_layer(load_package(examples / model), model, request, SMALL, simulator, sim_output).passed
        builds = {path.name for path in (sim_output / "builds").glob("icarus-layer_harness-*")}
        before = before or builds
        assert builds == before


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_waves_are_written(simulator: str, examples: Path, sim_output: Path) -> None:
    request = LayerRequest(layer="fc", images=1, waves=True)
    package = load_package(examples / "digits_w8a8")
    result = run_layer(package, "digits_w8a8", request, SMALL, find_simulator(simulator), sim_output)
    assert result.passed, result.reasons
    waves = Path(result.figures["waves"])
    assert waves.suffix == ".fst"
    assert waves.stat().st_size > 10_000


def test_result_json_holds_the_figures(examples: Path, sim_output: Path) -> None:
    request = LayerRequest(layer="conv1", images=2, stall="p10,bursts")
    package = load_package(examples / "digits_w8a8")
    job = prepare_layer(package, "digits_w8a8", request, SMALL, find_simulator("icarus"), sim_output)
    result = job.run()
    written = json.loads((job.folder / "result.json").read_text())
    assert written == json.loads(json.dumps(result.to_json()))
    assert written["verdict"] == "PASS"
    assert written["compared"] == 2 * 16 * 8 * 8
    assert written["cycles"] >= written["ideal_cycles"] > 0
    assert "SIM=icarus" in written["replay"]
