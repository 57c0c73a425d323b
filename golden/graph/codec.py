"""Nodes and edges to JSON objects and back; tensors go through a store of named arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import PackageError
from t2c.golden.graph.fields import Source
from t2c.golden.graph.json_fields import Fields
from t2c.golden.graph.kinds import NODES, node_kinds
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec

Json = dict[str, Any]
Arrays = Mapping[str, npt.NDArray[Any]]


def smallest_dtype(values: IntArray) -> npt.NDArray[Any]:
    """Return the same integers in the smallest signed dtype that holds them."""
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    for dtype in (np.int8, np.int16, np.int32):
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return values.astype(dtype)
    return values


def edge_to_json(edge: TensorSpec) -> Json:
    """Return the JSON object of an edge; its name is the key under which it is stored."""
    return {
        "shape": list(edge.shape),
        "bits": edge.bits,
        "signed": edge.signed,
        "zero_point": edge.zero_point,
        "scale": edge.scale,
    }


def edge_from_json(name: str, data: object) -> TensorSpec:
    """Read one edge.

    Raises:
        PackageError: a field is missing, unknown or out of range.
    """
    fields = Fields(data, f"edge {shown(name)}")
    with fields.naming():
        edge = TensorSpec(
            name=name,
            shape=fields.integers("shape"),
            bits=fields.integer("bits"),
            signed=fields.boolean("signed"),
            zero_point=fields.integer("zero_point"),
            scale=fields.real("scale"),
        )
    fields.close()
    return edge


def node_to_json(node: Node, tensors: dict[str, npt.NDArray[Any]]) -> Json:
    """Return the JSON object of a node and put its tensors into the store under `<node>.<field>`.

    Raises:
        PackageError: a node of a kind that none who reads it would know.
    """

    def store(field: str, values: IntArray) -> str:
        key = f"{node.name}.{field}"
        tensors[key] = smallest_dtype(values)
        return key

    if NODES.find(node.op) is not type(node):
        raise PackageError(f"node {shown(node.name)}: a package does not hold what {shown(node.op)} stands for")
    data: Json = {"name": node.name, "op": node.op, "inputs": list(node.inputs), "output": node.output}
    held = ((field, getattr(node, field.name)) for field in node.fields)
    return data | {f.name: f.write(value, store) for f, value in held if value is not None or not f.optional}


def node_from_json(data: object, tensors: Arrays, widths: Widths, place: str) -> Node:
    """Read one node; `place` names it until its own name is known.

    Raises:
        PackageError: a field or tensor is missing, unknown or out of range; the message names the node and the field.
        UserError: a plug-in that could know the operation cannot be imported.
    """
    fields, source = Fields(data, place), Source(tensors=tensors, widths=widths)
    name = fields.text("name")
    fields.place = f"node {shown(name)}"
    op = fields.text("op")
    kind = NODES.find(op)
    if kind is None:
        known = ", ".join(kind.op for kind in node_kinds())
        raise PackageError(f"{fields.place}: field 'op' = {shown(op)} is not one of {known}")
    with fields.naming():
        given: Json = {"name": name, "inputs": fields.texts("inputs"), "output": fields.text("output")}
        there = (field for field in kind.fields if not field.optional or fields.has(field.name))
        given |= {field.name: field.read(fields, source) for field in there}
        fields.close()
        node = kind(**given)
        _ = node.window  # checks kernel, stride, padding and dilation
        return node
