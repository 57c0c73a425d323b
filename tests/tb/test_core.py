"""Layers and whole networks on the RTL: the shipped packages, every operation, random layers, every shape of core."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import Package, load_package
from t2c.mapping.compiler import compile_program
from t2c.tb.components.stalls import PROFILES
from t2c.tb.cosim.cosimulation import cosimulate, prepare
from t2c.tb.cosim.request import ERROR_TEST, MAIN_TEST, RESET_TEST, RunRequest, Waves
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from tests.campaign import crossed
from tests.conftest import ROOT
from tests.core_net import core_package
from tests.every_op import every_op_package
from tests.random_layers import LayerShape, layer_package, random_shape
from tests.wide_constants import wide_package

pytestmark = pytest.mark.slow

DEPTHS = {"act_depth": 1 << 10, "wgt_depth": 1 << 12, "par_depth": 1 << 8, "prg_depth": 1 << 12}
"""Enough for every network here, and quick to set up in Icarus."""
SMALL = {"icarus": Hardware(rows=8, cols=8, **DEPTHS), "verilator": Hardware(rows=8, cols=8)}
"""The one build of each simulator that serves every shipped and random layer."""
ALL_TESTS = (MAIN_TEST, RESET_TEST, ERROR_TEST)
MODELS = ("digits_w8a8", "digits_w4a4")
SHIPPED = [
    (model, node["name"])
    for model in MODELS
    for node in json.loads((ROOT / "examples" / model / "graph.json").read_text())["nodes"]
    if node["op"] != "flatten"
]
SHAPES = [
    LayerShape(channels=12, out=12, groups=12),
    LayerShape(channels=9, out=9, stride=(2, 3), dilation=(2, 1), padding=(2, 0), size=(9, 7)),
    LayerShape(channels=5, out=15, groups=5, stride=(2, 2), padding=(0, 1, 0, 1), size=(8, 8)),
    LayerShape(channels=3, out=7, stride=(2, 3), padding=(0, 4, 3, 0), size=(7, 8), x_signed=True),
    LayerShape(channels=37, out=11, linear=True),
    LayerShape(channels=3, out=2, linear=True, x_signed=True),
    *(random_shape(seed) for seed in range(100, 105)),
]


@pytest.fixture(scope="module")
def net() -> Package:
    return core_package()


def run_on(
    package: Package, output: Path, hardware: Hardware | None = None, *, simulator: str = "icarus", **request: Any
) -> RunResult:
    core = hardware or SMALL[simulator]
    return cosimulate(package, package.name, RunRequest(**request), core, find_simulator(simulator), output)


def assert_cycles_are_exact(result: RunResult) -> None:
    """t2c.mapping.cycles says how long each layer takes; without stalls it is right to the cycle."""
    assert result.figures["cycles"] == result.figures["expected_cycles"] > 0
    for layer in result.figures["layers"]:
        assert layer["cycles"] == layer["expected_cycles"], layer["layer"]


def test_the_shipped_packages_have_the_layers_of_the_model() -> None:
    assert len(SHIPPED) == 14


@pytest.mark.parametrize(("shipped", "simulator"), crossed(SHIPPED, SIMULATORS, every=12))
def test_shipped_layer_matches_golden(
    shipped: tuple[str, str], simulator: str, examples: Path, sim_output: Path
) -> None:
    (model, layer), images = shipped, 120 if simulator == "verilator" else 1
    result = run_on(load_package(examples / model), sim_output, simulator=simulator, layer=layer, images=images)
    assert result.passed, result.reasons
    (figures,) = (entry for entry in result.figures["layers"] if entry["layer"] == layer)
    assert result.figures["compared"] == figures["compared"] == images * math.prod(figures["shape"])


@pytest.mark.parametrize(("model", "simulator"), crossed(MODELS, SIMULATORS, every=6))
def test_shipped_network_matches_golden(model: str, simulator: str, examples: Path, sim_output: Path) -> None:
    """Every layer on what the RTL itself computed before; the RTL's own predictions are as right as golden's."""
    images = 40 if simulator == "verilator" else 2
    package = load_package(examples / model)
    result = run_on(package, sim_output, simulator=simulator, layer="all", images=images, first_image=3)
    assert result.passed, result.reasons
    outputs = [package.graph.edges[node.output] for node in package.graph.nodes if node.op != "flatten"]
    assert result.figures["compared"] == images * sum(math.prod(edge.shape) for edge in outputs)
    assert_cycles_are_exact(result)
    chosen = slice(3, 3 + images)
    predictions = package.graph.run(package.samples[chosen])[package.graph.output].reshape(images, -1).argmax(axis=1)
    assert result.figures["accuracy"] == (predictions == package.labels[chosen]).mean()


@pytest.mark.parametrize(("index", "simulator"), crossed(range(len(SHAPES)), SIMULATORS, every=12))
def test_random_layer_survives_stalls_and_resets(index: int, simulator: str, sim_output: Path) -> None:
    """Each shape meets its own pair of back-pressure profiles; all benches run."""
    names = list(PROFILES)
    stall = f"{names[index % len(names)]},{names[(index // 2 + 1) % len(names)]}"
    package = layer_package(SHAPES[index], seed=index)
    request = {"layer": "layer", "images": 3, "seed": index + 1, "stall": stall, "tests": ALL_TESTS}
    result = run_on(package, sim_output, simulator=simulator, **request)
    assert result.passed, (stall, result.reasons)


@pytest.mark.parametrize(("stall", "simulator"), crossed(["p50,p10", "bursts,p90", "blocked"], SIMULATORS, every=6))
def test_every_operation_survives_stalls_and_resets(stall: str, simulator: str, net: Package, sim_output: Path) -> None:
    images = 1 if simulator == "icarus" else 2
    result = run_on(net, sim_output, simulator=simulator, layer="all", images=images, stall=stall, tests=ALL_TESTS)
    assert result.passed, result.reasons


CORES = [
    # rows, cols, acc_depth: one group of columns and several, columns that are no power of two, one column
    (2, 1, 1024),
    (2, 2, 6),
    (4, 1, 1024),
    (6, 3, 10),
    (5, 5, 1024),
    (3, 1, 2),
    (8, 2, 20),
    (16, 4, 1024),
]


WIDTHS = ({"x_w": 2, "w_w": 2}, {"x_w": 8, "w_w": 2}, {"x_w": 3, "w_w": 8})
"""Of operands."""


@pytest.mark.sample(9)
@pytest.mark.parametrize("shape", CORES)
def test_every_operation_on_every_shape_of_core(shape: tuple[int, int, int], net: Package, sim_output: Path) -> None:
    """Without stalls each layer takes exactly the cycles of the documented formula."""
    rows, cols, acc_depth = shape
    result = run_on(net, sim_output, Hardware(rows=rows, cols=cols, acc_depth=acc_depth, **DEPTHS), layer="all")
    assert result.passed, result.reasons
    assert_cycles_are_exact(result)


@pytest.mark.parametrize(("linear", "widths"), crossed([False, True], WIDTHS, every=6))
def test_every_width_of_operands(widths: dict[str, int], linear: bool, sim_output: Path) -> None:
    """The stream's word is as wide as the wider of both."""
    bits = {"x_bits": widths["x_w"], "w_bits": widths["w_w"], "y_bits": widths["x_w"]}
    package = layer_package(LayerShape(channels=5, out=7, size=(4, 5), linear=linear, **bits), seed=3)
    hardware = Hardware(rows=4, cols=4, **widths, **DEPTHS | {"wgt_depth": 36, "par_depth": 4})
    result = run_on(package, sim_output, hardware, layer="layer", images=2)
    assert result.passed, result.reasons
    assert_cycles_are_exact(result)


TINY = {
    # name: (hardware, whether tensors visit the host, whether constants come by the program, whether sums are split)
    "strips of rows": ({"cols": 4, "act_depth": 60}, True, False, False),
    "constants by the program": ({"cols": 2, "wgt_depth": 100, "par_depth": 4}, False, True, False),
    "sums over several runs": ({"cols": 4, "wgt_depth": 36, "par_depth": 4, "acc_depth": 12}, False, True, True),
    "parameters in one beat": ({"rows": 16, "cols": 2, "wgt_depth": 512, "par_depth": 16}, False, True, False),
    "all of it": ({"cols": 4, "act_depth": 80, "wgt_depth": 36, "par_depth": 4, "acc_depth": 6}, True, True, True),
}


@pytest.mark.sample(9)
@pytest.mark.parametrize("name", TINY)
def test_memories_too_small_for_the_network(name: str, net: Package, sim_output: Path) -> None:
    """Tensors visit the host in strips of rows; weights and parameters come piece by piece; still the same integers."""
    depths, spilled, streamed, split = TINY[name]
    hardware = Hardware(**{"rows": 4, **DEPTHS, "prg_depth": 1 << 14, **depths})
    program = compile_program(net.graph, "all", hardware)
    steps = [step.descriptor for step in program.steps]
    assert bool(program.spilled) == spilled
    assert {Operation.WEIGHTS, Operation.PARAMS} <= {step.op for step in steps} or not streamed
    assert any(step.hold for step in steps) == any(step.keep for step in steps) == split
    result = run_on(net, sim_output, hardware, layer="all", images=1)
    assert result.passed, result.reasons
    assert_cycles_are_exact(result)
    if name == "all of it":
        assert run_on(net, sim_output, hardware, layer="all", images=1, stall="p10,bursts", tests=ALL_TESTS).passed


@pytest.mark.campaign
@pytest.mark.parametrize(("par_depth", "simulator"), crossed([1 << 8, 4], SIMULATORS, every=3))
def test_parameter_lanes_of_98_bits(par_depth: int, simulator: str, sim_output: Path) -> None:
    """Multipliers of 32 bits and biases of 60, from the file and in several beats of the stream, under stalls."""
    package = wide_package()
    hardware = Hardware(
        rows=4, cols=4, acc_w=29, scale_w=32, bias_w=60, **{**DEPTHS, "prg_depth": 1 << 13, "par_depth": par_depth}
    )
    for stall in ("none", "p50,p10"):
        result = run_on(
            package, sim_output, hardware, simulator=simulator, layer="all", images=2, stall=stall, tests=ALL_TESTS
        )
        assert result.passed, result.reasons
        if stall == "none":
            assert_cycles_are_exact(result)


@pytest.mark.campaign
def test_every_stall_profile_costs_cycles(net: Package, sim_output: Path) -> None:
    """A profile that costs nothing would test nothing."""
    hardware, took = Hardware(rows=4, cols=4, **DEPTHS), {}
    for stall in (*PROFILES, "p90,none", "none,p90"):
        layers = run_on(net, sim_output, hardware, layer="peak", images=2, stall=stall).figures["layers"]
        took[stall] = layers[0]["cycles"], layers[-1]["cycles"]
    load, store = took["none"]
    for name in PROFILES:
        if name != "none":
            assert took[name][0] > load + 15, (name, took)
            assert took[name][1] > store + 5, (name, took)
    assert took["blocked"][0] >= load + 140  # fetching the first step hides the beginning
    assert took["blocked"][1] >= store + 190
    assert (took["none,p90"][0], took["p90,none"][1]) == (load, store)


def test_large_memories_are_addressed_right(sim_output: Path) -> None:
    """More than 16 address bits, and a depth that is no power of two."""
    hardware = Hardware(rows=4, cols=4, act_depth=(1 << 17) - 3, wgt_depth=1000, par_depth=5)
    package = layer_package(LayerShape(channels=9, out=4), samples=1)
    assert run_on(package, sim_output, hardware, layer="layer").passed


def test_images_run_together_as_far_as_they_fit(sim_output: Path) -> None:
    """A memory of two images runs six in three runs, each of several pixel blocks."""
    hardware = Hardware(rows=4, cols=4, act_depth=220, acc_depth=16, wgt_depth=256, par_depth=16, prg_depth=256)
    package = layer_package(LayerShape(channels=3, out=6), samples=6)
    result = run_on(package, sim_output, hardware, layer="layer", images=6)
    assert result.passed, result.reasons
    assert result.figures["batch"] == 2
    assert compile_program(package.graph, "layer", hardware, batch=2).steps[1].descriptor.blocks > 1
    assert_cycles_are_exact(result)


def test_one_build_serves_every_layer(tmp_path: Path, examples: Path) -> None:
    """A layer, another model and another operation with the same hardware use the same simulator."""
    for model, layer in (("digits_w8a8", "conv1"), ("digits_w4a4", "fc"), ("digits_w4a4", "add")):
        assert run_on(load_package(examples / model), tmp_path, layer=layer).passed
        assert len(list((tmp_path / "builds").iterdir())) == 1


@pytest.mark.sample(2)
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_waves_are_written(simulator: str, net: Package, sim_output: Path) -> None:
    """On a small core: Verilator takes long to build one with tracing."""
    hardware = Hardware(rows=2, cols=1, **DEPTHS)
    result = run_on(net, sim_output, hardware, simulator=simulator, layer="peak", waves=Waves())
    assert result.passed, result.reasons
    waves = Path(result.figures["waves"])
    assert waves.suffix == ".fst"
    assert waves.stat().st_size > 10_000


def test_result_json_holds_the_figures(examples: Path, sim_output: Path) -> None:
    request = RunRequest(layer="conv1", images=2, stall="p10,bursts", first_image=5)
    package = load_package(examples / "digits_w8a8")
    job = prepare(package, "digits_w8a8", request, SMALL["icarus"], find_simulator("icarus"), sim_output)
    result = job.run()
    written = json.loads((job.folder / "result.json").read_text())
    assert written == json.loads(json.dumps(result.to_json()))
    assert written["verdict"] == "PASS"
    assert written["compared"] == 2 * 16 * 8 * 8
    assert written["cycles"] >= written["expected_cycles"] > written["ideal_cycles"] > 0
    for setting in ("--sim icarus", "--first-image 5", "--stall p10,bursts"):
        assert f" {setting} " in written["replay"]
    assert written["hardware"]["rows"] == 8


def test_a_layer_that_the_core_does_not_run(sim_output: Path) -> None:
    for layer in ("all", "product"):
        with pytest.raises(
            UnsupportedError,
            match=r"^layer 'product': the second operand 'mean' has the zero point -5, the core takes 0 alone$",
        ):
            run_on(every_op_package(), sim_output, layer=layer)
