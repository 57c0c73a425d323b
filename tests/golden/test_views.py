"""What moves no number: shapes, orders of axes, parts and joins, each against nested lists; and what is refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from oracle import plain as oracle
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.mulquant import AddQuant
from t2c.golden.arithmetic.views import concatenate, joined, part, reshape, reshaped, sliced, transpose
from t2c.golden.errors import PackageError, RangeError, ShapeError
from t2c.golden.graph.graph import Graph, Widths
from t2c.golden.graph.node import Node
from t2c.golden.graph.operand import ConstantOperand
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add_constant import AddConstant
from t2c.golden.nodes.concat import Concatenate
from t2c.golden.nodes.concat_constant import ConcatConstant
from t2c.golden.nodes.slice import START, Slice

X = np.arange(2 * 2 * 3 * 4).reshape(2, 2, 3, 4)
S8 = IntFormat(bits=8, signed=True)


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
def test_every_order_of_three_axes(axes: tuple[int, ...]) -> None:
    assert transpose(X, axes).tolist() == [oracle.transpose(sample, list(axes)) for sample in X.tolist()]


@pytest.mark.parametrize("shape", [(24,), (4, 6), (2, 2, 2, 3), (1, 24, 1), (3, 4, 2), (1,) * 7 + (24,)])
def test_every_shape_keeps_the_order(shape: tuple[int, ...]) -> None:
    assert reshape(X, shape).tolist() == [oracle.folded(oracle.flat(sample), list(shape)) for sample in X.tolist()]
    turned = X.transpose(0, 3, 1, 2)
    assert reshape(turned, shape).tolist() == [
        oracle.folded(oracle.flat(sample), list(shape)) for sample in turned.tolist()
    ]


def test_every_part_of_every_axis() -> None:
    for axis in range(3):
        extent = X.shape[axis + 1]
        for start, length in itertools.product(range(extent), range(1, extent + 1)):
            if start + length > extent:
                with pytest.raises(RangeError, match=f"length = {length} is outside 1..{extent - start}"):
                    part(X, axis=axis, start=start, length=length)
                continue
            wanted = oracle.along(axis + 1, lambda p, a=start, b=length: p[a : a + b], X.tolist())
            assert part(X, axis=axis, start=start, length=length).tolist() == wanted


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_parts_join_to_the_whole(axis: int) -> None:
    extent = X.shape[axis + 1]
    pieces = [part(X, axis=axis, start=k, length=1) for k in range(extent)]
    assert np.array_equal(concatenate(pieces, axis=axis), X)
    assert not np.array_equal(concatenate(pieces[::-1], axis=axis), X)


def test_the_dtype_is_kept() -> None:
    narrow = X.astype(np.uint8)
    for found in (
        reshape(narrow, (24,)),
        transpose(narrow, (2, 0, 1)),
        part(narrow, axis=1, start=1, length=1),
        concatenate([narrow, narrow], axis=2),
    ):
        assert found.dtype == np.uint8


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "elements": (lambda: reshape(X, (5, 5)), ShapeError, r"shape \(2, 3, 4\) has not the elements of \(5, 5\)"),
    "empty extent": (lambda: reshape(X, (0, 24)), ShapeError, "has not the elements"),
    "negative extents": (lambda: reshape(X, (-4, -6)), ShapeError, "has not the elements"),
    "no axes": (lambda: reshaped((1,), ()), ShapeError, r"shape \(\) does not have 1 to 8 axes"),
    "nine axes": (lambda: reshape(X, (1,) * 8 + (24,)), ShapeError, "does not have 1 to 8 axes"),
    "axis twice": (lambda: transpose(X, (0, 0, 1)), ShapeError, r"axes = \(0, 0, 1\) does not name each axis"),
    "axis missing": (lambda: transpose(X, (1, 0)), ShapeError, "does not name each axis"),
    "axis from the end": (lambda: transpose(X, (0, 1, -1)), ShapeError, "does not name each axis"),
    "no such axis": (lambda: part(X, axis=3, start=0, length=1), RangeError, "axis = 3 is outside 0..2"),
    "start": (lambda: part(X, axis=0, start=2, length=1), RangeError, "start = 2 is outside 0..1"),
    "start below": (lambda: part(X, axis=0, start=-1, length=1), RangeError, "start = -1 is outside 0..1"),
    "nothing": (lambda: part(X, axis=0, start=0, length=0), RangeError, "length = 0 is outside 1..2"),
    "part of nine axes": (lambda: sliced((1,) * 9, 8, 0, 1), ShapeError, "does not have 1 to 8 axes"),
    "join axis": (lambda: concatenate([X, X], axis=3), RangeError, "axis = 3 is outside 0..2"),
    "join shapes": (lambda: concatenate([X, X[:, :, :2]], axis=0), ShapeError, "differ in more than axis 0"),
    "join order": (
        lambda: joined([(2, 3), (2, 4)], 0),
        ShapeError,
        r"shapes \(2, 3\) and \(2, 4\) differ in more than axis 0",
    ),
    "join without the axis": (lambda: joined([(5, 3), (5,)], 1), ShapeError, r"shapes \(5, 3\) and \(5,\) differ"),
    "join of an axis too many": (lambda: joined([(5,), (5, 3)], 0), ShapeError, r"shapes \(5,\) and \(5, 3\) differ"),
    "join of nothing": (lambda: joined([], 0), ShapeError, "^there are no parts to join$"),
    "join ranks": (lambda: concatenate([X, X[..., 0]], axis=0), ShapeError, "differ in more than axis 0"),
    "batches": (lambda: concatenate([X, X[:1]], axis=0), ShapeError, r"batches of \[2, 1\] samples"),
    **{
        f"floats in {name}": (call, RangeError, "^x: dtype float64 is not an integer type")
        for name, call in {
            "reshape": lambda: reshape(X * 0.5, (24,)),
            "transpose": lambda: transpose(X * 0.5, (0, 1, 2)),
            "part": lambda: part(X * 0.5, axis=0, start=0, length=1),
            "concatenate": lambda: concatenate([X, X * 0.5], axis=0),
        }.items()
    },
    "operand": (
        lambda: ConstantOperand(values=np.array([128]), format=S8),
        RangeError,
        r"operand\[0\] = 128 is outside -128..127",
    ),
    "operand bits": (
        lambda: ConstantOperand(values=np.array([1]), format=IntFormat(bits=17, signed=True)),
        RangeError,
        "bits = 17 is outside 2..16",
    ),
    "no operand": (
        lambda: ConstantOperand(values=np.zeros((2, 0), int), format=S8),
        ShapeError,
        r"operand: shape \(2, 0\) has no elements",
    ),
    "operand without axes": (
        lambda: ConstantOperand(values=np.array(3), format=S8),
        ShapeError,
        "does not have 1 to 8 axes",
    ),
    "slice start": (
        lambda: Slice(name="s", inputs=("x",), output="y", axis=0, start=START[1] + 1, length=1),
        RangeError,
        "start = 65535 is outside 0..65534",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_by_name(case: str) -> None:
    call, error, text = REFUSED[case]
    with pytest.raises(error, match=text):
        call()


def graph_of(node: Node, *edges: TensorSpec) -> Graph:
    """One node; the last edge is its output, inputs that are no graph input come from a copy of the first."""
    return Graph(
        name="g", widths=Widths(), edges={e.name: e for e in edges}, nodes=(node,), input="x", output=edges[-1].name
    )


def spec(name: str, shape: tuple[int, ...], **reading: Any) -> TensorSpec:
    return TensorSpec(name=name, shape=shape, **{"bits": 8, "signed": True, "zero_point": 3, "scale": 0.5, **reading})


@pytest.mark.parametrize("change", [{"scale": 0.25}, {"zero_point": 4}, {"bits": 7}, {"signed": False}], ids=str)
def test_what_is_joined_is_read_alike(change: dict[str, Any]) -> None:
    node = Concatenate(name="c", inputs=("x", "x"), output="y", axis=0)
    graph_of(node, spec("x", (2, 3)), spec("y", (4, 3)))
    with pytest.raises(PackageError, match="node 'c': output 'y': bits, sign, zero point and scale must equal"):
        graph_of(node, spec("x", (2, 3)), spec("y", (4, 3), **change))
    other = spec("other", (2, 3), **change)
    with pytest.raises(RangeError, match="must equal those of input 'other'"):
        node.check_numbers([spec("x", (2, 3)), other], spec("y", (4, 3)))


def test_a_join_of_one_is_refused() -> None:
    node = Concatenate(name="c", inputs=("x",), output="y", axis=0)
    with pytest.raises(PackageError, match="node 'c': 1 inputs where concat takes 2 or more"):
        graph_of(node, spec("x", (2, 3)), spec("y", (2, 3)))
    three = Concatenate(name="c", inputs=("x",) * 3, output="y", axis=1)
    found = graph_of(three, spec("x", (2, 1)), spec("y", (2, 3))).run([[[1], [2]]])
    assert found["y"].tolist() == [[[1, 1, 1], [2, 2, 2]]]


@pytest.mark.parametrize("first", [True, False])
def test_a_constant_is_joined_to_every_sample(first: bool) -> None:
    token = ConstantOperand(values=np.array([[[-128]], [[127]]]), format=S8)
    node = ConcatConstant(name="c", inputs=("x",), output="y", axis=1, first=first, constant=token)
    values = [[[[1], [2]], [[3], [4]]], [[[5], [6]], [[7], [8]]]]
    found = graph_of(node, spec("x", (2, 2, 1)), spec("y", (2, 3, 1))).run(values)["y"]
    for sample, given in zip(found.tolist(), values, strict=True):
        for row, part_of, end in zip(sample, given, (-128, 127), strict=True):
            assert row == ([[end], *part_of] if first else [*part_of, [end]])
    with pytest.raises(PackageError, match="node 'c': constant: it is s8, input 'x' is u8"):
        graph_of(node, spec("x", (2, 2, 1), signed=False), spec("y", (2, 3, 1), signed=False))


def test_a_constant_is_added_to_every_sample() -> None:
    add = AddQuant(multiplier_a=2, multiplier_b=3, bias=1, shift=1, zero_point=3, lo=-128, hi=127)
    place = ConstantOperand(values=np.array([[5, -300]]), format=IntFormat(bits=10, signed=True))
    node = AddConstant(name="a", inputs=("x",), output="y", constant=place, addquant=add)
    found = graph_of(node, spec("x", (1, 2)), spec("y", (1, 2))).run([[[7, 7]], [[3, 127]]])["y"]
    wanted = [
        [[max(-128, min(127, ((v - 3) * 2 + c * 3 + 1 + 1) // 2 + 3)) for v, c in zip(row, (5, -300), strict=True)]]
        for row in ([7, 7], [3, 127])
    ]
    assert found.tolist() == wanted
    with pytest.raises(PackageError, match=r"node 'a': add_constant: shapes \(2, 1\) and \(1, 2\) differ"):
        graph_of(node, spec("x", (2, 1)), spec("y", (2, 1)))
