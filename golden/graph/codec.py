"""Nodes and edges to JSON objects and back; tensors go through a store of named arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray, IntFormat, as_int64
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, OutputStage, Widths
from t2c.golden.arithmetic.pointwise import PointwiseTable
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.golden.errors import PackageError
from t2c.golden.graph.json_fields import Fields
from t2c.golden.graph.node import Node
from t2c.golden.graph.nodes import Add, AveragePool2d, Conv2d, Flatten, Linear, Matmul, MaxPool2d
from t2c.golden.graph.table_nodes import Pointwise, Softmax
from t2c.golden.graph.tensor_spec import TensorSpec

Json = dict[str, Any]
Arrays = Mapping[str, npt.NDArray[Any]]

_PAIRS: dict[type[Node], tuple[str, ...]] = {
    Conv2d: ("stride", "padding", "dilation"),
    AveragePool2d: ("kernel", "stride", "padding"),
    MaxPool2d: ("kernel", "stride", "padding", "dilation"),
}
_SOFTMAX_WIDTHS = ("exponent_bits", "output_bits", "reciprocal_bits")
_KINDS: dict[str, type[Node]] = {
    kind.op: kind for kind in (Conv2d, Linear, Matmul, AveragePool2d, Add, MaxPool2d, Flatten, Softmax, Pointwise)
}


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
    fields = Fields(data, f"edge {name!r}")
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


def _stage_to_json(stage: OutputStage) -> Json:
    return {
        "rounding": stage.rounding.value,
        "zero_point": stage.zero_point,
        "lo": stage.lo,
        "hi": stage.hi,
    }


def _stage_from_json(fields: Fields) -> Json:
    return {
        "rounding": Rounding.parse(fields.text("rounding")),
        "zero_point": fields.integer("zero_point"),
        "lo": fields.integer("lo"),
        "hi": fields.integer("hi"),
    }


def node_to_json(node: Node, tensors: dict[str, npt.NDArray[Any]]) -> Json:
    """Return the JSON object of a node and put its tensors into the store under `<node>.<field>`."""

    def store(field: str, values: IntArray) -> str:
        key = f"{node.name}.{field}"
        tensors[key] = smallest_dtype(values)
        return key

    data: Json = {"name": node.name, "op": node.op, "inputs": list(node.inputs), "output": node.output}
    for pair in _PAIRS.get(type(node), ()):
        data[pair] = list(getattr(node, pair))
    if isinstance(node, Conv2d):
        data["groups"] = node.groups
    if isinstance(node, (Conv2d, Linear)):
        data |= {"weight_bits": node.weight_bits, "weight": store("weight", node.weight)}
    if isinstance(node, (Conv2d, Linear, Matmul, AveragePool2d)):
        quant = node.mulquant
        data["mulquant"] = _stage_to_json(quant) | {
            name: store(name, getattr(quant, name)) for name in ("multiplier", "bias", "shift")
        }
    if isinstance(node, Add):
        add = node.addquant
        constants = ("multiplier_a", "multiplier_b", "bias", "shift")
        data["addquant"] = _stage_to_json(add) | {name: getattr(add, name) for name in constants}
    if isinstance(node, Softmax):
        widths = {name: getattr(node.softmax, name) for name in _SOFTMAX_WIDTHS}
        data["softmax"] = widths | {"rounding": node.softmax.rounding.value, "exp": store("exp", node.softmax.exp)}
    if isinstance(node, Pointwise):
        fmt = node.pointwise.output
        entries = store("table", node.pointwise.entries)
        data["pointwise"] = {"bits": fmt.bits, "signed": fmt.signed, "table": entries}
    return data


def _tensor(fields: Fields, field: str, tensors: Arrays) -> IntArray:
    key = fields.text(field)
    if key not in tensors:
        raise PackageError(f"{fields.place}: field {field!r}: tensor {key!r} is missing")
    return as_int64(field, tensors[key])


def node_from_json(data: object, tensors: Arrays, widths: Widths, place: str) -> Node:
    """Read one node; `place` names it until its own name is known.

    Raises:
        PackageError: a field or tensor is missing, unknown or out of range; the message names the node and the field.
    """
    fields = Fields(data, place)
    name = fields.text("name")
    fields.place = f"node {name!r}"
    op = fields.text("op")
    if op not in _KINDS:
        raise PackageError(f"{fields.place}: field 'op' = {op!r} is not one of {', '.join(_KINDS)}")
    kind = _KINDS[op]
    with fields.naming():
        given: Json = {"name": name, "inputs": fields.texts("inputs"), "output": fields.text("output")}
        given |= {pair: fields.integers(pair) for pair in _PAIRS.get(kind, ())}
        if kind is Conv2d:
            given["groups"] = fields.integer("groups")
        if kind in (Conv2d, Linear):
            given |= {"weight_bits": fields.integer("weight_bits"), "weight": _tensor(fields, "weight", tensors)}
        if kind in (Conv2d, Linear, Matmul, AveragePool2d):
            given["mulquant"] = _mulquant_from_json(fields.object("mulquant"), tensors, widths)
        if kind is Add:
            given["addquant"] = _addquant_from_json(fields.object("addquant"), widths)
        if kind is Softmax:
            given["softmax"] = _softmax_from_json(fields.object("softmax"), tensors)
        if kind is Pointwise:
            given["pointwise"] = _pointwise_from_json(fields.object("pointwise"), tensors)
        fields.close()
        node = kind(**given)
        if isinstance(node, (Conv2d, AveragePool2d, MaxPool2d)):
            _ = node.window  # checks kernel, stride, padding and dilation
        return node


def _mulquant_from_json(fields: Fields, tensors: Arrays, widths: Widths) -> MulQuant:
    constants: Json = {name: _tensor(fields, name, tensors) for name in ("multiplier", "bias", "shift")}
    quant = MulQuant(**constants, **_stage_from_json(fields), widths=widths)
    fields.close()
    return quant


def _addquant_from_json(fields: Fields, widths: Widths) -> AddQuant:
    constants: Json = {name: fields.integer(name) for name in ("multiplier_a", "multiplier_b", "bias", "shift")}
    quant = AddQuant(**constants, **_stage_from_json(fields), widths=widths)
    fields.close()
    return quant


def _softmax_from_json(fields: Fields, tensors: Arrays) -> SoftmaxTable:
    constants: Json = {name: fields.integer(name) for name in _SOFTMAX_WIDTHS}
    rounding = Rounding.parse(fields.text("rounding"))
    table = SoftmaxTable(**constants, rounding=rounding, exp=_tensor(fields, "exp", tensors))
    fields.close()
    return table


def _pointwise_from_json(fields: Fields, tensors: Arrays) -> PointwiseTable:
    output = IntFormat(bits=fields.integer("bits"), signed=fields.boolean("signed"))
    table = PointwiseTable(output=output, entries=_tensor(fields, "table", tensors))
    fields.close()
    return table
