"""What may be a kind of node: the decorator refuses what would be lost on the way to the package and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, Widths
from t2c.golden.graph.codec import node_from_json, node_to_json
from t2c.golden.graph.fields import Field, Integer
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.kinds import NODES, node_kinds, register_node
from t2c.golden.graph.node import Node
from t2c.golden.graph.stages import ADDQUANT, MULQUANT
from t2c.golden.graph.tensor_spec import TensorSpec


class Whole(Node):
    """Does nothing, and nothing is missing."""

    op: ClassVar[str] = "whole"

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return inputs[0].shape

    def forward(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        return values[0]

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None: ...


def made(**attributes: Any) -> type[Node]:
    """A subclass with these attributes; those with an annotation in `types` are fields of the dataclass."""
    types = attributes.pop("types", {})
    kind = type("Made", (Whole,), {"__annotations__": types, **attributes})
    return dataclass(frozen=True, kw_only=True, eq=False)(kind)


SECOND = replace(MULQUANT, name="second")
DEPTH: tuple[Field, ...] = (Integer("depth"),)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"op": ""}, "`op` names no operation"),
        ({"op": 3}, "`op` names no operation"),
        ({"types": {"depth": int}}, r"`fields` declares \[\], the dataclass holds \['depth'\]"),
        ({"fields": DEPTH}, r"`fields` declares \['depth'\], the dataclass holds \[\]"),
        ({"fields": DEPTH + DEPTH, "types": {"depth": int}}, r"declares \['depth', 'depth'\]"),
        ({"fields": (MULQUANT, SECOND), "types": {"mulquant": Any, "second": Any}}, "two tensors have one name in"),
        ({"fields": (Integer("window"),), "types": {"window": int}}, "every node has a property 'window'"),
    ],
)
def test_what_is_no_kind_of_node(attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        register_node(made(**attributes))
    assert NODES.find("whole") is None


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        (lambda self, values, inputs: values[0][:, 1:], r"node 'a': whole gives shape \(1, 1\), not \(N, \*\(2,\)\)"),
        (lambda self, values, inputs: values[0] + 100, "= 227 is outside -128..127"),
        (lambda self, values, inputs: values[0] / 2, "node 'a': output.*float64"),
    ],
)
def test_a_forward_that_does_not_fit_its_edge_is_refused(forward: Any, message: str) -> None:
    """Golden keeps tensors in one byte: nothing may wrap on the way."""
    edges = {name: TensorSpec(name=name, shape=(2,), bits=8, signed=True) for name in ("x", "y")}
    node = made(forward=forward)(name="a", inputs=("x",), output="y")
    graph = Graph(name="one", widths=Widths(), edges=edges, nodes=(node,), input="x", output="y")
    with pytest.raises(ValueError, match=message):
        graph.run([[127, 3]])


def test_an_abstract_class_is_no_kind_of_node() -> None:
    class Half(Node):
        op: ClassVar[str] = "half"

    with pytest.raises(TypeError, match="it lacks check_numbers, forward, output_shape"):
        register_node(Half)


def quant(multiplier: int, zero_point: int) -> MulQuant:
    constants = (np.array([value]) for value in (multiplier, 3, 2))
    return MulQuant(
        **dict(zip(("multiplier", "bias", "shift"), constants, strict=True)), zero_point=zero_point, lo=0, hi=9
    )


def test_two_records_of_one_kind_keep_apart() -> None:
    """Written, read again, and in memories: the constants of each under names of their own."""
    other = replace(SECOND, prefix="second_")
    kind = made(op="twofold", fields=(MULQUANT, other), types={"mulquant": Any, "second": Any})
    node: Any = kind(name="two", inputs=("x",), output="y", mulquant=quant(5, 1), second=quant(7, 2))  # type: ignore[call-arg]
    register_node(kind)
    try:
        tensors: dict[str, Any] = {}
        data = node_to_json(node, tensors)
        again: Any = node_from_json(data, tensors, Widths(), "node")
    finally:
        NODES._entries.pop("twofold")
    assert (again.mulquant.multiplier, again.second.multiplier) == (5, 7)
    assert (again.mulquant.zero_point, again.second.zero_point) == (1, 2)
    held = {constant.name: constant.values.tolist() for constant in node.constants}
    assert (held["multiplier"], held["second_multiplier"], len(held)) == ([5], [7], 6)
    assert data["second"]["multiplier"] == "two.second_multiplier"


def test_constants_of_one_name_are_refused() -> None:
    twice = replace(ADDQUANT, name="again")
    kind = made(op="sums", fields=(ADDQUANT, twice), types={"addquant": Any, "again": Any})
    add = AddQuant(multiplier_a=1, multiplier_b=2, bias=0, shift=1, lo=0, hi=9)
    node = kind(name="sum", inputs=("x",), output="y", addquant=add, again=add)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="sums: two constants have one name in"):
        _ = node.constants


def test_an_operation_has_one_class() -> None:
    with pytest.raises(ValueError, match=r"kind of node 'conv2d' of .*Made: .*Conv2d has registered the name"):
        register_node(made(op="conv2d"))


def test_kinds_come_in_the_order_of_the_specification() -> None:
    kinds = node_kinds()
    assert [kind.op for kind in kinds][:3] == ["conv2d", "linear", "matmul"]
    assert [kind.section for kind in kinds] == sorted(kind.section for kind in kinds)
    assert all(kind.section for kind in kinds)
