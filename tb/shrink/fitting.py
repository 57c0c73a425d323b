"""What a node holds, cut to the smaller tensors that it gets: weights, constants, shapes of views, sets per channel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec


def changed(node: Node, **fields: Any) -> Node:
    """The node with other fields."""
    return replace(node, **fields)


def fitted(node: Node, inputs: Sequence[TensorSpec], graph: Graph) -> Node:
    """The node for these inputs, of which some may be smaller than those of the graph.

    Raises:
        ValueError: there is none.
    """
    for fit in (_columns, _constant, _shape):
        node = fit(node, inputs[0], graph)
    return _stage(node, inputs)


def _columns(node: Node, source: TensorSpec, graph: Graph) -> Node:
    """With the columns of its weight that a smaller map before a flatten leaves."""
    if node.weight_axes != "OI" or node.weights is None or node.weights.values.shape[1] == source.shape[0]:
        return node
    producer = next((other for other in graph.nodes if other.output == source.name), None)
    old = graph.edges[producer.inputs[0]].shape if producer is not None and not producer.moves_data else ()
    if len(old) != 3 or source.shape[0] % old[0]:
        return node
    # The new map has the same channels; which height and width it has does not matter, only how many pixels.
    values = node.weights.values.reshape(len(node.weights.values), old[0], -1)
    pixels = source.shape[0] // old[0]
    return changed(node, weight=values[:, :, :pixels].reshape(len(values), -1))


def _constant(node: Node, source: TensorSpec, graph: Graph) -> Node:
    """With the part of a constant operand that meets the smaller tensor; along the axis of a join it stays whole."""
    if not node.declares("constant"):
        return node
    fields = vars(node)
    joined, constant = fields.get("axis"), fields["constant"]
    part = tuple(slice(None if axis == joined else extent) for axis, extent in enumerate(source.shape))
    return changed(node, constant=replace(constant, values=constant.values[part]))


def _shape(node: Node, source: TensorSpec, graph: Graph) -> Node:
    """A reshape to fewer elements, where making one axis shorter does it; the last that can is taken."""
    if not node.declares("shape"):
        return node
    shape, count = list(vars(node)["shape"]), math.prod(source.shape)
    for axis in reversed(range(len(shape))):
        others = math.prod(shape) // shape[axis]
        if count % others == 0 and count // others <= shape[axis]:
            shape[axis] = count // others
            return changed(node, shape=tuple(shape))
    return node


def _stage(node: Node, inputs: Sequence[TensorSpec]) -> Node:
    """With as many sets of constants as there are channels now."""
    stage = node.stage
    if not isinstance(stage, MulQuant) or stage.channels == 1:
        return node
    channels = (1, *node.output_shape(inputs))[node.channel_axis]
    if stage.channels <= channels:
        return node
    parts = {name: getattr(stage, name)[:channels] for name in ("multiplier", "bias", "shift")}
    return changed(node, **{node.stage_field: replace(stage, **parts)})
