"""Compiled programs give golden's tensors on the model, tensor by tensor: each is the other's test."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from t2c.contract.descriptor import FIELDS, Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import compile_program
from t2c.mapping.program import Program
from t2c.tb.cosim.expectation import trace_of, trace_values
from tests.core_model.running import golden_tensors, run_and_hold_to_golden
from tests.core_net import core_package
from tests.random_layers import LayerShape, layer_package, random_shape
from tests.wide_constants import wide_package

CORES = [(8, 8), (4, 4), (8, 2), (16, 4), (4, 1), (6, 3)]
SHAPES = [
    LayerShape(channels=1, out=5),
    LayerShape(channels=2, out=9, kernel=(2, 3), stride=(2, 1), padding=(0, 2)),
    LayerShape(channels=9, out=4, dilation=(2, 1)),
    LayerShape(channels=8, out=8, groups=8),
    LayerShape(channels=12, out=12, groups=12, x_signed=True),
    LayerShape(channels=10, out=15, groups=5, kernel=(1, 1), padding=(0, 0)),
    LayerShape(channels=5, out=15, groups=5, stride=(2, 2), padding=(0, 1, 0, 1), size=(8, 8)),
    LayerShape(channels=4, out=4, groups=4, padding=(2, 0, 0, 1)),
    LayerShape(channels=3, out=7, stride=(2, 3), padding=(0, 4, 3, 0), size=(7, 8), x_signed=True),
    LayerShape(channels=6, out=12, groups=6, kernel=(1, 2), padding=(0, 0, 0, 3)),
    LayerShape(channels=19, out=3, linear=True),
    LayerShape(channels=3, out=17, linear=True),
    LayerShape(channels=5, out=6, size=(2, 3), kernel=(2, 3), padding=(2, 3), stride=(3, 2)),
    *(random_shape(seed) for seed in range(8)),
]


@pytest.fixture(scope="module")
def net() -> Package:
    return core_package(samples=3)


@pytest.mark.sample(3)
@pytest.mark.parametrize("size", CORES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.label)
def test_a_layer(shape: LayerShape, size: tuple[int, int]) -> None:
    package = layer_package(shape, seed=1)
    batch = 1 + 2 * (size[0] % 8 == 0)
    program = compile_program(package.graph, "layer", Hardware(rows=size[0], cols=size[1]), batch=batch)
    run_and_hold_to_golden(package, program)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("size", CORES, ids=str)
def test_every_operation(size: tuple[int, int], batch: int, net: Package) -> None:
    """A whole network, pools and adds and flatten included, with pixel blocks that end anywhere."""
    hardware = Hardware(rows=size[0], cols=size[1], acc_depth=22)
    run_and_hold_to_golden(net, compile_program(net.graph, "all", hardware, batch=batch))


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("layer", ["depthwise", "sum", "twice", "peak", "mean", "means", "fc"])
def test_one_layer_of_a_network(layer: str, batch: int, net: Package) -> None:
    program = compile_program(net.graph, layer, Hardware(rows=4, cols=2), batch=batch)
    run_and_hold_to_golden(net, program)
    assert {step.descriptor.layer for step in program.steps} == {0, 1, 2}


TINY: dict[str, tuple[dict[str, int], set[str]]] = {
    # name: (hardware, what the program must contain)
    "strips": ({"act_depth": 50}, {"spill"}),
    "strips of several rows": ({"act_depth": 91}, {"spill"}),
    "strips in groups": ({"cols": 1, "act_depth": 50, "acc_depth": 2}, {"spill"}),
    "strips of 8": ({"rows": 8, "cols": 4, "act_depth": 25}, {"spill"}),
    "pieces": ({"wgt_depth": 60, "par_depth": 4}, {"stream"}),
    "pieces of parameters": ({"par_depth": 4}, {"stream"}),
    "pieces of weights": ({"wgt_depth": 100}, {"stream"}),
    "pieces in groups": ({"cols": 2, "wgt_depth": 100, "par_depth": 4}, {"stream"}),
    "split sums": ({"wgt_depth": 36, "acc_depth": 6}, {"stream", "split"}),
    "all of it": ({"wgt_depth": 40, "acc_depth": 14, "act_depth": 60, "par_depth": 4}, {"spill", "stream", "split"}),
    "pieces in strips": ({"wgt_depth": 72, "acc_depth": 2, "act_depth": 50}, {"spill", "stream"}),
}  # fmt: skip


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", TINY)
def test_memories_too_small_for_the_network(name: str, net: Package) -> None:
    change, wanted = TINY[name]
    hardware = Hardware(**{"rows": 4, "cols": 4, **change})
    program = compile_program(net.graph, "all", hardware)
    steps = [step.descriptor for step in program.steps]
    found = {"spill"} if program.spilled else set()
    found |= {"stream"} if {Operation.WEIGHTS, Operation.PARAMS} <= {step.op for step in steps} else set()
    found |= {"split"} if any(step.keep for step in steps) and any(step.hold for step in steps) else set()
    assert found == wanted
    assert len(program.weights) == len(program.params) == 0 or "stream" not in wanted
    run_and_hold_to_golden(net, program)


@pytest.mark.parametrize(
    "change",
    [{}, {"par_depth": 4}, {"cols": 2, "par_depth": 5}, {"scale_w": 31}, {"scale_w": 2, "bias_w": 40}],
    ids=str,
)
def test_lanes_of_more_than_64_bits(change: dict[str, int]) -> None:
    """In the memory from the start, or in several beats of the stream; what does not fit is refused by name."""
    package = wide_package(samples=3)
    stages = [node.stage for node in package.graph.nodes if isinstance(node.stage, MulQuant)]
    assert max(int(np.abs(stage.multiplier).max()).bit_length() for stage in stages) == 31
    assert max(int(np.abs(stage.bias).max()).bit_length() for stage in stages) > 57
    hardware = Hardware(**{"rows": 4, "cols": 4, "acc_w": 29, "scale_w": 32, "bias_w": 60} | change)
    if hardware.scale_w < 32:
        with pytest.raises(UnsupportedError, match=r"^layer 'stem': multiplier of 32 bits does not fit SCALE_W = "):
            compile_program(package.graph, "all", hardware)
        return
    program = compile_program(package.graph, "all", hardware)
    assert hardware.param_w == 98
    assert bool(len(program.params)) == (not change)
    run_and_hold_to_golden(package, program)


@pytest.mark.parametrize("seed", range(12))
def test_random_cores_and_memories(seed: int, net: Package) -> None:
    """Whatever compiles is right; what does not is refused by its own error, never by an assertion."""
    rng = np.random.default_rng(seed)
    cols = int(rng.integers(1, 5))
    sizes: dict[str, Any] = {
        "rows": max(cols * int(rng.integers(1, 4)), 2),
        "cols": cols if cols > 1 else 1,
        "act_depth": int(rng.integers(30, 400)),
        "wgt_depth": int(rng.choice([1 << 12, int(rng.integers(40, 400))])),
        "par_depth": int(rng.choice([1 << 8, int(rng.integers(8, 20))])),
        "acc_depth": 2 * int(rng.integers(3, 40)),
    }
    package = net if seed % 2 else core_package(seed, samples=1)
    try:
        program, refusal = compile_program(package.graph, "all", Hardware(**sizes)), ""
    except NotImplementedError as error:
        program, refusal = None, str(error)
    assert (program is None) == refusal.startswith("layer '"), refusal
    if program is not None:
        run_and_hold_to_golden(package, program)


def test_the_harness_expects_the_words_where_the_contract_puts_them(net: Package) -> None:
    """t2c.tb.cosim.expectation's trace against the model: addresses, groups, values, in order."""
    program = compile_program(net.graph, "all", Hardware(rows=4, cols=2, act_depth=50, acc_depth=22))
    trace = trace_of(program)
    run = run_and_hold_to_golden(net, program)
    results = [record.results for record in run.records if record.results is not None]
    assert np.concatenate([found.address for found in results]).tolist() == trace.address.tolist()
    assert np.concatenate([found.group for found in results]).tolist() == trace.group.tolist()
    values = np.concatenate([found.values for found in results])
    wanted = trace_values(program, trace, golden_tensors(net, program))
    assert ((values == wanted & 255) | ~trace.kept).all()
    for edge in run.tensors:
        mine = [i for i, step in enumerate(trace.step) if program.steps[step].result.edge == edge]
        places = sorted(zip(trace.word[mine].tolist(), trace.group[mine].tolist(), strict=True))
        assert places == [(word, group) for word in range(len(run.tensors[edge])) for group in range(2)]


def test_a_strip_that_sees_only_padding() -> None:
    """Windows that lie wholly beyond an edge of the image, in strips of one row."""
    for size, padding in (((2, 3), (3, 4)), ((3, 2), (2, 2)), ((1, 1), (2, 2))):
        package = layer_package(LayerShape(channels=5, out=6, size=size, kernel=(2, 2), padding=padding))
        source, row = size[0] * size[1] * 2, (size[1] + 2 * padding[1] - 1) * 2
        program = compile_program(package.graph, "layer", Hardware(rows=4, cols=4, act_depth=source + row))
        assert any(step.descriptor.layer == 1 and step.op is Operation.STORE for step in program.steps)
        run_and_hold_to_golden(package, program)
        tightest = Hardware(rows=4, cols=4, act_depth=min(2, size[0]) * size[1] * 2 + row)
        run_and_hold_to_golden(package, compile_program(package.graph, "layer", tightest))


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    "name", sorted({field.name for field in FIELDS if field.readers & {Operation.RUN, Operation.LOAD}} - {"op"})
)
def test_every_field_of_a_descriptor_matters(name: str, net: Package) -> None:
    """The control of the tests above: some step of some program goes wrong when this one field is off by one."""
    flags = ("same_weights", "x_signed", "x2_signed", "keep", "hold")
    for core in ({"rows": 8, "cols": 8}, {"cols": 2, "acc_depth": 22}, {"wgt_depth": 36, "acc_depth": 6}):
        program = compile_program(net.graph, "all", Hardware(**{"rows": 4, "cols": 4, **core}), batch=1)
        for number, step in enumerate(program.steps):
            other = copy.copy(step.descriptor)
            value = getattr(other, name)
            object.__setattr__(other, name, 1 - value if name in flags else value - 1)
            if other.op in (Operation.RUN, Operation.LOAD) and _fails(net, program, number, other):
                return
    raise AssertionError(f"{name} may have any value")


def _fails(package: Package, program: Program, number: int, descriptor: Descriptor) -> bool:
    steps = list(program.steps)
    steps[number] = replace(steps[number], descriptor=descriptor)
    try:
        run_and_hold_to_golden(package, replace(program, steps=tuple(steps)))
    except (AssertionError, IndexError, ValueError):
        return True
    return False
