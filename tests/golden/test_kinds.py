"""What may be a kind of node: the decorator refuses what would be lost on the way to the package and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.fields import Field, Integer
from t2c.golden.graph.kinds import NODES, node_kinds, register_node
from t2c.golden.graph.node import Node
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


DEPTH: tuple[Field, ...] = (Integer("depth"),)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"op": ""}, "`op` names no operation"),
        ({"op": 3}, "`op` names no operation"),
        ({"types": {"depth": int}}, r"`fields` declares \[\], the dataclass holds \['depth'\]"),
        ({"fields": DEPTH}, r"`fields` declares \['depth'\], the dataclass holds \[\]"),
        ({"fields": DEPTH + DEPTH, "types": {"depth": int}}, r"declares \['depth', 'depth'\]"),
        ({"fields": (Integer("window"),), "types": {"window": int}}, "every node has a property 'window'"),
    ],
)
def test_what_is_no_kind_of_node(attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        register_node(made(**attributes))
    assert NODES.find("whole") is None


def test_an_abstract_class_is_no_kind_of_node() -> None:
    class Half(Node):
        op: ClassVar[str] = "half"

    with pytest.raises(TypeError, match="it lacks check_numbers, forward, output_shape"):
        register_node(Half)


def test_an_operation_has_one_class() -> None:
    with pytest.raises(ValueError, match=r"kind of node 'conv2d' of .*Made: .*Conv2d has registered the name"):
        register_node(made(op="conv2d"))


def test_kinds_come_in_the_order_of_the_specification() -> None:
    kinds = node_kinds()
    assert [kind.op for kind in kinds][:3] == ["conv2d", "linear", "matmul"]
    assert [kind.section for kind in kinds] == sorted(kind.section for kind in kinds)
    assert all(kind.section for kind in kinds)
