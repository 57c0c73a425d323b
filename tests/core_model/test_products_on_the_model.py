"""Products of two activations on the model of the core: every tensor is golden's, wherever the heads lie."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import compile_largest_batch, compile_program
from t2c.mapping.product import ProductPlan
from t2c.mapping.program import Program
from t2c.mapping.tiles import ColumnRun
from t2c.tb.cosim.expectation import trace_of
from tests.core_model.running import ModelRun, golden_tensors, run_and_hold_to_golden
from tests.product_net import attention_package, product_package

SIZES = ((4, 4), (8, 4), (8, 8), (16, 16))


def run(package: Package, program: Program) -> ModelRun:
    """A run that is golden's, weights that were moved included, and whose expected trace names every word once."""
    trace_of(program)
    made = run_and_hold_to_golden(package, program)
    tensors, seen = golden_tensors(package, program), Counter[tuple[str, ColumnRun]]()
    for step, record in zip(program.steps, made.records, strict=True):
        if record.moves is None:
            continue
        assert step.work is not None
        plan, part = step.work.plan, step.work.run
        assert isinstance(plan, ProductPlan)
        image = seen[plan.node.name, part]
        seen[plan.node.name, part] += 1
        assert (record.moves.values == plan.moved_weights(part, tensors[plan.node.inputs[1]][image])).all()
    assert set(seen.values()) == {program.batch}
    return made


def steps(program: Program, operation: Operation, layer: str) -> list[Any]:
    """The descriptors of a kind that a layer has."""
    number = program.layer_names.index(layer)
    return [step.descriptor for step in program.steps if step.op is operation and step.descriptor.layer == number]


@pytest.mark.sample(3)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    ("heads", "depth", "tokens"), [(1, 3, 9), (1, 16, 4), (2, 16, 17), (3, 16, 5), (4, 16, 1)], ids=str
)
@pytest.mark.parametrize("fused", [False, True])
def test_attention(size: tuple[int, int], heads: int, depth: int, tokens: int, fused: bool) -> None:
    """One to four heads; tokens above and below the array's sides; as many channels as rows, fewer, and more; slices of
    one tensor and tensors of their own."""
    package = attention_package(heads=heads, depth=depth, tokens=tokens, fused=fused)
    program = compile_program(package.graph, "all", Hardware(rows=size[0], cols=size[1]))
    for layer, transpose in (("scores", 1), ("mixed", 0)):
        moves = steps(program, Operation.MOVE, layer)
        assert [step.transpose for step in moves] == [transpose] * heads
        assert len(steps(program, Operation.RUN, layer)) == heads
    run(package, program)


@pytest.mark.parametrize(
    ("size", "depth", "skips"),
    [((4, 4), 5, 0), ((8, 8), 3, 0), ((8, 8), 12, 0), ((8, 4), 4, 1), ((12, 4), 16, 2), ((8, 2), 2, 2), ((6, 1), 5, 5)],
    ids=str,
)
@pytest.mark.parametrize("fused", [False, True])
def test_heads_in_one_word(size: tuple[int, int], depth: int, skips: int, fused: bool) -> None:
    """Results of several heads in a memory word: sums that add up, or column tiles that are written again."""
    package = attention_package(heads=3, depth=depth, tokens=7, fused=fused)
    program = compile_program(package.graph, "all", Hardware(rows=size[0], cols=size[1]))
    works = [step.work for step in program.steps if step.work and step.work.edge == "mixed"]
    assert max(work.run.skip for work in works) == skips
    assert any(work.run.hold for work in works) == (size[0] == size[1])
    run(package, program)


def test_operands_that_are_slices_begin_with_a_memory_word() -> None:
    """Unless somebody else reads what they are slices of."""
    for whole in (False, True):
        package = attention_package(heads=2, depth=6, tokens=5, whole=whole)
        hardware = Hardware(rows=8, cols=8)
        if whole:
            with pytest.raises(UnsupportedError, match="layer 'scores': head 0: the second operand"):
                compile_program(package.graph, "all", hardware)
            continue
        program = compile_program(package.graph, "all", hardware, batch=1)
        layout = program.layouts["qkv"]
        assert [program.layouts[f"{name}_part"].start for name in "qkv"] == [0, 2, 4]
        assert [program.layouts[f"{name}_part"].bank for name in "qkv"] == [0, 0, 0]
        assert (layout.size, layout.kept().sum()) == (5 * 6, 5 * 36)
        run(package, program)


@pytest.mark.parametrize("size", SIZES[:3], ids=str)
@pytest.mark.parametrize("batch", [1, 2])
def test_several_images(size: tuple[int, int], batch: int) -> None:
    package = attention_package(heads=2, depth=16, tokens=6)
    program = compile_program(package.graph, "all", Hardware(rows=size[0], cols=size[1]), batch=batch)
    assert len(steps(program, Operation.MOVE, "mixed")) == 2 * batch
    run(package, program)


def test_a_batch_that_needs_sums_over_several_runs_is_made_smaller() -> None:
    package = attention_package(heads=2, depth=4, tokens=6, fused=False)
    program = compile_largest_batch(package.graph, "all", Hardware(rows=8, cols=8), 2)
    assert program.batch == 1
    run(package, program)


@pytest.mark.parametrize("layer", ["scores", "mixed"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_product_alone(layer: str, size: tuple[int, int]) -> None:
    """Both operands come from the host, as rows of their last axis."""
    package = attention_package(heads=3, depth=5, tokens=9)
    program = compile_program(package.graph, layer, Hardware(rows=size[0], cols=size[1]))
    assert {step.transpose for step in steps(program, Operation.MOVE, layer)} == {0}
    run(package, program)


@pytest.mark.parametrize(
    ("heads", "tokens", "inner", "columns"),
    [((), 5, 6, 7), ((2,), 3, 9, 1), ((2, 3), 1, 2, 9), ((1,), 9, 1, 5), ((3, 1, 2), 1, 1, 1)],
    ids=str,
)
@pytest.mark.parametrize("channels", [0, 1])
def test_any_number_of_heads(heads: tuple[int, ...], tokens: int, inner: int, columns: int, channels: int) -> None:
    """(..., M, K) by (..., K, O), with constants of each column and of all."""
    package = product_package(heads, tokens, inner, columns, channels=channels)
    run(package, compile_program(package.graph, "y", Hardware(rows=4, cols=4), batch=2))


@pytest.mark.parametrize(
    ("depths", "streamed", "moves", "held"),
    [
        pytest.param({"wgt_depth": 192}, False, [2, 2], 0, id="all constants, all rows of a head"),
        pytest.param({"wgt_depth": 160}, False, [4, 4], 0, id="column tiles by themselves"),
        pytest.param({"wgt_depth": 151}, True, [2, 2], 0, id="the program brings constants"),
        pytest.param({"par_depth": 4}, True, [2, 2], 0, id="few constants at a time"),
        pytest.param({"wgt_depth": 24}, True, [6, 4], 1, id="one column tile"),
        pytest.param({"wgt_depth": 16}, True, [6, 8], 5, id="a sum of V in two parts"),
        pytest.param({"wgt_depth": 8}, True, [12, 12], 17, id="one tile of the array"),
        pytest.param({"wgt_depth": 24, "acc_depth": 18}, True, [6, 4], 1, id="accumulators for one row"),
    ],
)
def test_little_memory(depths: dict[str, int], streamed: bool, moves: list[int], held: int) -> None:
    """128 weight rows and 18 parameter words of constants; a head of K takes 48 weight rows, one of V 48."""
    package = attention_package(heads=2, depth=16, tokens=17)
    program = compile_program(package.graph, "all", Hardware(rows=8, cols=8, **depths))
    assert (len(program.weights), len(program.params)) == ((0, 0) if streamed else (128, 18))
    assert [len(steps(program, Operation.MOVE, layer)) for layer in ("scores", "mixed")] == moves
    assert sum(step.op is Operation.RUN and step.descriptor.hold for step in program.steps) == held
    run(package, program)


@pytest.mark.parametrize("depth", [280, 240])
def test_operands_and_results_at_the_host(depth: int) -> None:
    """A product is not cut into rows: its operands visit the memory whole."""
    package = attention_package(heads=2, depth=16, tokens=17, fused=False)
    program = compile_program(package.graph, "all", Hardware(rows=8, cols=8, act_depth=depth))
    assert "scores" in program.spilled
    run(package, program)


@pytest.mark.parametrize(
    ("layer", "changes", "depths", "text"),
    [
        ("scores", {}, {"wgt_depth": 7}, "WGT_DEPTH = 7 rows do not hold the 8 of one channel word"),
        (
            "scores",
            {},
            {"cols": 4, "wgt_depth": 31},
            "WGT_DEPTH = 31 rows do not hold the 32 of one memory word of results",
        ),
        ("mixed", {}, {"cols": 1}, "PAR_DEPTH = 4 holds not one word of constants"),
        ("mixed", {}, {"wgt_depth": 16, "acc_depth": 16}, "ACC_DEPTH = 16 does not hold a row of 17"),
        (
            "scores",
            {},
            {"w_w": 7},
            "the second operand 'k_heads' of 8 bits signed does not fit a signed weight of W_W = 7 bits",
        ),
        (
            "scores",
            {"fused": False, "key": {"zero_point": 3}},
            {},
            "the second operand 'k_heads' has the zero point 3, the core takes 0 alone",
        ),
        (
            "scores",
            {"fused": False, "key": {"signed": False}},
            {},
            "the second operand 'k_heads' of 8 bits unsigned does not fit a signed weight of W_W = 8 bits",
        ),
        (
            "all",
            {"depth": 6, "whole": True, "layer": "scores"},
            {},
            "head 0: the second operand 'k_heads' has K from bank 4 on, the first one from bank 0 on; "
            "a multiple of ROWS = 8 channels apart they would fit",
        ),
        (
            "all",
            {"depth": 6, "fused": False, "layer": "mixed"},
            {"cols": 4},
            "heads of 6 channels share column tiles; they need a multiple of COLS = 4",
        ),
    ],
)
def test_refusals(layer: str, changes: dict[str, Any], depths: dict[str, int], text: str) -> None:
    """What does not fit is one line with the node's name."""
    named = changes.pop("layer", layer)
    package = attention_package(**{"depth": 16, "tokens": 17, **changes})
    with pytest.raises(UnsupportedError, match=f"^layer {named!r}: {re.escape(text)}$"):
        compile_program(package.graph, layer, Hardware(**{"rows": 8, "cols": 8, "par_depth": 4, **depths}))
