"""What the row engine does not take is refused with the layer's name and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import UnsupportedError
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice
from t2c.golden.nodes.transpose import Transpose
from t2c.mapping.compiler import compile_program
from tests.attention_net import NetBuilder
from tests.row_net import package_of, softmax

NO_ROWS = "ROW_LANES = 0: the core has no row engine; with a power of two that divides COLS it has one"


def refusal(net: NetBuilder, **parameters: Any) -> str:
    package = package_of(net, "refused")
    with pytest.raises(UnsupportedError) as found:
        compile_program(package.graph, "all", Hardware(**{"rows": 8, "cols": 8, "row_lanes": 8, **parameters}))
    return str(found.value)


def net_of(*shape: int, **reading: Any) -> NetBuilder:
    net = NetBuilder(0)
    fmt = net.edge("x", shape, **reading).format
    net.values["x"] = net.rng.integers(fmt.lo, fmt.hi + 1, (1, *shape))
    return net


def test_without_row_engine() -> None:
    net = net_of(8, 2, 2)
    net.norm("norm", "x")
    assert refusal(net, row_lanes=0) == f"layer 'norm': {NO_ROWS}"
    net = net_of(2, 8)
    softmax(net, "p", "x")
    assert refusal(net, row_lanes=0) == f"layer 'p': {NO_ROWS}"


@pytest.mark.parametrize(
    ("norm", "reason"),
    [
        ({"root_bits": 18}, "root_bits = 18: the core takes 16"),
        ({"root_bits": 15}, "root_bits = 15: the core takes 16"),
        ({"fraction_bits": 11}, "fraction_bits = 11: the core takes 12"),
    ],
)
def test_other_roots_and_fractions(norm: dict[str, int], reason: str) -> None:
    net = net_of(8, 2, 2)
    net.norm("norm", "x", **norm)
    assert refusal(net) == f"layer 'norm': {reason}"


@pytest.mark.parametrize("rounding", [Rounding.FLOOR, Rounding.HALF_EVEN])
def test_other_roundings_of_softmax(rounding: Rounding) -> None:
    net = net_of(2, 8)
    softmax(net, "p", "x", rounding=rounding)
    assert refusal(net) == f"layer 'p': rounding {rounding.value}: the core takes half_up or half_away"


def test_long_rows() -> None:
    for kind, shape in (("norm", (1025, 2, 1)), ("softmax", (2, 1025))):
        net = net_of(*shape)
        if kind == "norm":
            net.norm("rows", "x")
        else:
            softmax(net, "rows", "x")
        assert refusal(net) == "layer 'rows': rows of 1025 elements: the core takes 1024"


def test_rows_that_begin_inside_a_word() -> None:
    net = net_of(24, 2, 1)
    net.dense("wide", "x", 24)
    net.view(Slice, "part", "wide", axis=0, start=4, length=16)
    net.norm("norm", "part")
    assert refusal(net) == "layer 'norm': its rows begin at bank 4, not with a memory word"


def test_rows_across_the_channels() -> None:
    """The last axis of a map is its width, of turned heads the tokens; heads side by side take uneven steps."""
    net = net_of(8, 4, 3)
    net.dense("wide", "x", 8)
    softmax(net, "p", "wide")
    text = "its rows, the last axis of shape {}, do not lie along the channels in even steps"
    assert refusal(net) == f"layer 'p': {text.format((8, 4, 3))}"
    net = net_of(16, 3, 1)
    net.dense("wide", "x", 16)
    net.view(Reshape, "split", "wide", shape=(2, 8, 3))
    net.view(Transpose, "heads", "split", axes=(0, 2, 1))
    softmax(net, "p", "heads")
    assert refusal(net) == f"layer 'p': {text.format((2, 3, 8))}"


def test_edges_and_constants_wider_than_the_hardware() -> None:
    net = net_of(2, 8, bits=9)
    softmax(net, "p", "x")
    assert refusal(net) == "layer 'p': input 'x' of 9 bits does not fit X_W = 8"
    net = net_of(2, 8, bits=5)
    softmax(net, "p", "x")
    assert refusal(net, x_w=6) == "layer 'p': output of 8 bits does not fit X_W = 6"
    net = net_of(8, 2, 2)
    net.norm("norm", "x")
    assert refusal(net, scale_w=12) == "layer 'norm': multiplier of 16 bits does not fit SCALE_W = 12"
    assert refusal(net, bias_w=30) == "layer 'norm': bias of 40 bits does not fit BIAS_W = 30"


def test_parameters_of_a_row_that_do_not_fit() -> None:
    net = net_of(40, 2, 2)
    net.norm("norm", "x")
    assert refusal(net, par_depth=4) == "layer 'norm': PAR_DEPTH = 4 does not hold the 5 words of its constants"


def test_what_is_taken() -> None:
    """The control of the refusals above: the largest row, the other rounding, a part that begins with a word."""
    net = net_of(1024, 2, 1)
    net.norm("norm", "x")
    net.view(Slice, "part", "norm", axis=0, start=8, length=1016)
    net.view(Reshape, "rows", "part", shape=(1016, 2))
    net.view(Transpose, "turned", "rows", axes=(1, 0))
    softmax(net, "p", "turned", rounding=Rounding.HALF_AWAY)
    package = package_of(net, "taken")
    program = compile_program(package.graph, "all", Hardware(rows=8, cols=8, row_lanes=1))
    assert [int(step.descriptor.row_length) for step in program.steps if step.result] == [1024, 1016]
    assert np.prod(package.graph.edges["p"].shape) == 2032
