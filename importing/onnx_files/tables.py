"""Functions of an activation as tables, and joins of activations that a quantiser makes alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.node import Node
from t2c.golden.nodes.concat import Concatenate
from t2c.golden.nodes.pointwise import Pointwise
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.quantiser import Quantiser
from t2c.importing.onnx_files.values import Activation, Mapped
from t2c.importing.onnx_files.walk import MOVED, Walk
from t2c.importing.proof import Exactness, Grade
from t2c.importing.table import table_of

TABLE = Exactness(grade=Grade.TABLE)


def close_activation(walk: Walk, value: Activation, quantiser: Quantiser, node: OnnxNode, tensor: str) -> Activation:
    """The activation itself where the quantiser changes nothing, else a table."""
    integers = np.arange(value.spec.format.lo, value.spec.format.hi + 1)
    alike = quantiser.fmt == value.spec.format and quantiser.zero_point == value.spec.zero_point
    if alike and np.array_equal(quantiser(value.reals()), integers):
        walk.note(tensor, value.spec)
        return value
    return close_mapped(walk, Mapped(source=value, functions=()), quantiser, node, tensor)


def close_mapped(walk: Walk, value: Mapped, quantiser: Quantiser, node: OnnxNode, tensor: str) -> Activation:
    """A table of what the file's own arithmetic gives for every integer."""
    with np.errstate(all="ignore"):
        reals = value.reals()
    if not np.isfinite(reals).all():
        raise RefusedError([f"{node.place}: a function of it is not finite everywhere"])
    return add_table(walk, value.source, quantiser(reals), quantiser, node, tensor)


def add_table(
    walk: Walk, source: Activation, results: IntArray, quantiser: Quantiser, node: OnnxNode, tensor: str
) -> Activation:
    """Add a table with a result for every integer of an activation, from the least to the largest."""
    spec, name = walk.spec_of(quantiser, source.shape, tensor), walk.node_name(node)
    made = Pointwise(
        name=name,
        inputs=(source.spec.name,),
        output=spec.name,
        pointwise=table_of(source.spec.format, results, spec.format),
    )
    exactness = replace(TABLE, reachable=results.size)
    return add_function(
        walk, source, made, Activation(spec=spec, scale=quantiser.scale, real=True), exactness, node, tensor
    )


def add_function(
    walk: Walk, source: Activation, made: Node, result: Activation, exactness: Exactness, node: OnnxNode, tensor: str
) -> Activation:
    """Add a node that makes one activation of another, and its edge; return the result."""
    walk.add_edge(result.spec, tensor)
    walk.add_node(
        lambda _: made,
        made.name,
        place=node.place,
        operation=made.op,
        inputs=[source.spec],
        output=result.spec,
        exactness=exactness,
    )
    return result


def join(walk: Walk, parts: list[Activation], axis: int, node: OnnxNode, tensor: str) -> Activation:
    """Add a concat of activations that are read alike."""
    first = parts[0]
    if len(parts) == 1:
        walk.note(tensor, first.spec)
        return first
    name = walk.node_name(node)
    alike = [replace(part.spec, scale=first.spec.scale) for part in parts]
    for part, spec in zip(parts, alike, strict=True):
        if not spec.same_reading(first.spec) or part.scale != first.scale:
            raise RefusedError([f"{node.place}: it joins tensors of other scales or formats"])
    made = Concatenate(name=name, inputs=tuple(part.spec.name for part in parts), output="", axis=axis)
    spec = replace(first.spec, name=walk.edge_name(tensor), shape=made.output_shape(alike))
    made = replace(made, output=spec.name)
    walk.add_edge(spec, tensor)
    walk.add_node(
        lambda _: made,
        name,
        place=node.place,
        operation=made.op,
        inputs=[part.spec for part in parts],
        output=spec,
        exactness=MOVED,
    )
    return replace(first, spec=spec)
