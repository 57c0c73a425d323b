"""Networks with joins and constant operands on the model of the core: every word of every joined tensor is golden's."""

from __future__ import annotations

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.operand import ConstantOperand
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add_constant import AddConstant
from t2c.golden.nodes.concat import Concatenate
from t2c.golden.nodes.concat_constant import ConcatConstant
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.slice import Slice
from t2c.mapping.compiler import compile_program
from t2c.mapping.program import Content, Program
from tests.core_model.running import run_and_hold_to_golden
from tests.view_nets import constant, conv, embedding_package, image_net, joins_package, signed_edge

SIZES = ((4, 4), (8, 8), (8, 4), (6, 2))


def copies(program: Program, layer: str) -> int:
    """RUN steps of a layer."""
    number = program.layer_names.index(layer)
    return sum(step.op is Operation.RUN and step.descriptor.layer == number for step in program.steps)


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_an_embedding_copies_nothing(size: tuple[int, int], batch: int) -> None:
    package = embedding_package()
    program = compile_program(package.graph, "all", Hardware(rows=size[0], cols=size[1]), batch=batch)
    assert program.roots["patches"] == program.roots["row"] == program.roots["tokens.constant"] == "tokens"
    assert copies(program, "tokens") == 0
    run_and_hold_to_golden(package, program)


@pytest.mark.parametrize("depth", [150, 64])
def test_positions_in_strips(depth: int) -> None:
    package = embedding_package()
    program = compile_program(package.graph, "all", Hardware(rows=4, cols=4, act_depth=depth))
    loads = [step for step in program.steps if step.transfer and step.transfer.edge == "stream.constant"]
    assert (len(loads) > 1) == (depth < 150)
    run_and_hold_to_golden(package, program)


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("size", [(4, 4), (8, 8), (8, 4)], ids=str)
def test_joins_along_every_axis(size: tuple[int, int], axis: int, batch: int) -> None:
    package = joins_package(axis)
    program = compile_program(package.graph, "all", Hardware(rows=size[0], cols=size[1]), batch=batch)
    run_and_hold_to_golden(package, program)
    if axis == 1:
        assert {program.roots[name] for name in ("one", "two", "inner", "sum")} == {"twice"}
        assert copies(program, "inner") == copies(program, "outer") == 0
    if axis == 0:  # a sum reads "one" beside a tensor whose pixels lie closer
        assert (program.roots["one"], program.roots["two"]) == ("one", "twice")


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("channels", [1, 2, 3, 5, 8, 9])
def test_few_channels_have_no_copies_in_a_join(channels: int, axis: int) -> None:
    package = joins_package(axis, (channels,))
    for rows, cols in ((8, 8), (6, 3)):
        program = compile_program(package.graph, "all", Hardware(rows=rows, cols=cols))
        assert program.layouts["inner"].copies == 1
        run_and_hold_to_golden(package, program)


def test_an_input_is_copied_into_its_place_and_a_join_may_be_the_output() -> None:
    made = image_net(3, 4, 4)
    made.node(Concatenate, TensorSpec(name="pair", shape=(1,), bits=8, signed=False), "x", "x", axis=1)
    token = constant(made, "x", (3, 8, 2))
    made.node(ConcatConstant, signed_edge("y"), "pair", axis=2, first=False, constant=token)
    package = made.package("inputs-joined")
    for rows, cols, batch in ((4, 4, 1), (8, 4, 2), (2, 1, 2)):
        program = compile_program(package.graph, "all", Hardware(rows=rows, cols=cols), batch=batch)
        assert program.output == "y"
        assert any(step.transfer.content is Content.OPERAND for step in program.steps if step.transfer)
        run_and_hold_to_golden(package, program)


@pytest.mark.parametrize("layer", ["tokens", "stream", "row"])
def test_a_single_layer(layer: str) -> None:
    package = embedding_package()
    if layer == "row":
        with pytest.raises(UnsupportedError, match="layer 'row': reshape moves no data; there is nothing to run"):
            compile_program(package.graph, layer, Hardware(rows=8, cols=8))
        return
    run_and_hold_to_golden(package, compile_program(package.graph, layer, Hardware(rows=8, cols=8), batch=2))


def test_vectors_are_joined() -> None:
    made = image_net(12)
    made.node(Linear, signed_edge("one"), "x", **made.weight(8, 8, 12))
    made.node(Linear, signed_edge("two"), "x", **made.weight(8, 5, 12))
    made.node(Concatenate, signed_edge("both"), "one", "two", axis=0)
    made.node(Linear, signed_edge("y"), "both", **made.weight(8, 3, 13))
    package = made.package("vectors")
    for rows in (2, 4, 8):
        program = compile_program(package.graph, "all", Hardware(rows=rows, cols=2), batch=2)
        assert copies(program, "both") == 0
        run_and_hold_to_golden(package, program)


def test_parts_that_share_a_word_are_refused_by_name() -> None:
    made = image_net(3, 2, 2)
    conv(made, "one", "x", 5)
    conv(made, "two", "x", 8)
    made.node(Concatenate, signed_edge("y"), "one", "two", axis=0)
    graph = made.package("shared").graph
    text = r"^layer 'y': input 'one' shares a memory word of 8 channels with another part$"
    with pytest.raises(UnsupportedError, match=text):
        compile_program(graph, "all", Hardware(rows=8, cols=8))
    assert copies(compile_program(graph, "all", Hardware(rows=5, cols=5)), "y") == 0


def test_a_constant_takes_no_more_words_than_what_it_is_added_to() -> None:
    made = image_net(3, 6, 2)
    conv(made, "stem", "x", 5)
    made.node(Slice, signed_edge("part"), "stem", axis=1, start=2, length=3)
    made.node(AddConstant, signed_edge("y"), "part", constant=constant(made, "part", (5, 3, 2)))
    package = made.package("beside")
    program = compile_program(package.graph, "all", Hardware(rows=8, cols=4), batch=2)
    assert program.layouts["y.constant"].size == 3 * 2
    run_and_hold_to_golden(package, program)


def test_a_part_in_other_banks_is_refused_by_name() -> None:
    made = image_net(3, 4, 4)
    conv(made, "stem", "x", 12)
    made.node(Slice, signed_edge("part"), "stem", axis=0, start=3, length=8)
    made.node(Concatenate, signed_edge("y"), "part", "part", axis=0)
    graph = made.package("banks").graph
    text = r"^layer 'y': input 'part' begins at bank 3, its place at bank 0$"
    with pytest.raises(UnsupportedError, match=text):
        compile_program(graph, "all", Hardware(rows=8, cols=8))


def test_a_join_stays_in_the_memory() -> None:
    text = r"^layer '\w+': ACT_DEPTH = 30 words hold not even one row of its tensors beside .*'twice'.*, which a join"
    with pytest.raises(UnsupportedError, match=text):
        compile_program(joins_package(0).graph, "all", Hardware(rows=8, cols=8, act_depth=30))


def test_a_constant_too_wide_is_refused_by_name() -> None:
    made = image_net(3, 2, 2)
    wide = ConstantOperand(values=np.full((3, 2, 2), 300), format=IntFormat(bits=12, signed=True))
    made.node(AddConstant, signed_edge("y"), "x", constant=wide)
    with pytest.raises(UnsupportedError, match=r"^layer 'y': constant of 12 bits does not fit X_W = 8$"):
        compile_program(made.package("wide").graph, "all", Hardware())
