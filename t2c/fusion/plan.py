"""Trace a float model with torch.fx and group its nodes into the layers that a chip runs."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, field

from torch import fx, nn

from t2c.fusion.describe import describe, operands, refuse
from t2c.fusion.ops import (
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Flatten,
    Identity,
    MaxPool,
    Op,
    Relu,
    ShapeQuery,
    Weighted,
)
from t2c.fusion.trace import asks_shape, shape_of


@dataclass(kw_only=True)
class Layer:
    """One layer: an operation and what was fused into it.

    name: of the layer and its output; inputs: names of tensors; op: what it does; batch_norm: fused normalisation;
    ceiling: upper clip of a fused ReLU, None without ReLU; non_negative: the output is never below 0;
    input_shapes: of its inputs, without batch.
    """

    name: str
    inputs: tuple[str, ...]
    op: Op
    input_shapes: tuple[tuple[int, ...], ...]
    batch_norm: nn.BatchNorm1d | nn.BatchNorm2d | None = None
    ceiling: float | None = None
    non_negative: bool = False

    @property
    def passing(self) -> bool:
        """True if it moves values without computing new ones."""
        return isinstance(self.op, (MaxPool, Flatten))


@dataclass(kw_only=True)
class Plan:
    """A traced model.

    layers: in topological order; input_name, output_name: of tensors; input_shape: no batch; last_node: the traced node
    that holds a tensor's value, after all that was fused into it, by the tensor's name.
    """

    input_name: str = ""
    input_shape: tuple[int, ...] = ()
    output_name: str = ""
    layers: list[Layer] = field(default_factory=list)
    last_node: dict[str, str] = field(default_factory=dict)

    def layer(self, name: str) -> Layer | None:
        """The layer that makes a tensor; None for the input."""
        return next((layer for layer in self.layers if layer.name == name), None)

    def producer(self, name: str) -> Layer | None:
        """The computing layer behind a tensor, seen through passing layers."""
        layer = self.layer(name)
        while layer is not None and layer.passing:
            layer = self.layer(layer.inputs[0])
        return layer


class _Planner:
    """Walks the traced graph once; `names` maps an fx node to the tensor that carries its value."""

    def __init__(self, traced: fx.GraphModule) -> None:
        self.traced = traced
        self.plan = Plan()
        self.names: dict[fx.Node, str] = {}
        self.queries: set[fx.Node] = set()

    def build(self) -> Plan:
        for node in self.traced.graph.nodes:
            if node.op == "placeholder":
                self._input(node)
            elif node.op == "output":
                self._output(node)
            else:
                self._call(node, describe(node, self.traced))
        return self.plan

    def _input(self, node: fx.Node) -> None:
        if self.names:
            raise refuse(node, "a second input; one tensor goes in")
        taken = {name for name, _ in self.traced.named_modules()}
        self.plan.input_name = "input" if "input" not in taken else str(node.name)
        self.plan.input_shape = shape_of(node)
        self.names[node] = self.plan.input_name

    def _output(self, node: fx.Node) -> None:
        value = node.args[0]
        if not isinstance(value, fx.Node) or value not in self.names or not self.plan.layers:
            raise refuse(node, "the model must return one computed tensor")
        self.plan.output_name = self.names[value]

    def _call(self, node: fx.Node, op: Op) -> None:
        if isinstance(op, ShapeQuery):
            self._query(node)
            return
        sources = self._sources(node, op)
        if isinstance(op, Identity) or (isinstance(op, Concat) and len(sources) == 1):
            self._merge(node, sources[0])
        elif isinstance(op, BatchNorm):
            self._batch_norm(node, sources[0], op)
        elif isinstance(op, Relu):
            self._relu(node, sources[0], op)
        else:
            self._layer(node, sources, op)

    def _sources(self, node: fx.Node, op: Op) -> list[fx.Node]:
        """The activation tensors that a node reads."""
        read = operands(node, op)
        for operand in read:
            if not isinstance(operand, fx.Node) or operand not in self.names:
                raise refuse(node, f"operand {operand!r} is not an activation tensor")
        return read

    def _query(self, node: fx.Node) -> None:
        source = node.args[0]
        if node.target is operator.getitem and source not in self.queries:
            raise refuse(node, "indexing of an activation tensor")
        self.queries.add(node)

    def _merge(self, node: fx.Node, source: fx.Node) -> None:
        """The node's value is its source's tensor."""
        self.names[node] = self.names[source]

    def _alone(self, node: fx.Node, tensor: str, what: str) -> None:
        """Refuse to change a tensor that anything else reads, under whatever name: what was merged counts."""
        names = [other for other, name in self.names.items() if name == tensor]
        users = {user for other in names for user in other.users if user not in names}
        if len([user for user in users if user not in self.queries and not asks_shape(user)]) != 1:
            raise refuse(node, f"{what} cannot be fused: node {names[-1].name!r} is also used elsewhere")

    def _batch_norm(self, node: fx.Node, source: fx.Node, op: BatchNorm) -> None:
        layer = self.plan.layer(self.names[source])
        if layer is None or not isinstance(layer.op, Weighted) or layer.batch_norm or layer.ceiling is not None:
            raise refuse(node, "batch normalisation must directly follow a convolution or linear layer")
        self._alone(node, self.names[source], "batch normalisation")
        layer.batch_norm = op.module
        self._merge(node, source)

    def _relu(self, node: fx.Node, source: fx.Node, op: Relu) -> None:
        tensor = self.names[source]
        while True:
            layer = self.plan.layer(tensor)
            if layer is None:
                raise refuse(node, "ReLU of the input")
            self._alone(node, tensor, "ReLU")
            if not layer.passing:
                break
            tensor = layer.inputs[0]  # ReLU commutes with max pooling and flatten
        layer.ceiling = op.ceiling if layer.ceiling is None else min(op.ceiling, layer.ceiling)
        self._merge(node, source)

    def _layer(self, node: fx.Node, sources: list[fx.Node], op: Op) -> None:
        shapes = [shape_of(source) for source in sources]
        if isinstance(op, Add) and (shapes[0] != shapes[1] or shape_of(node) != shapes[0]):
            raise refuse(node, f"add of shapes {shapes[0]} and {shapes[1]}; broadcasting is not supported")
        if isinstance(op, Flatten) and shape_of(node) != (math.prod(shapes[0]),):
            raise refuse(node, f"reshape of {shapes[0]} to {shape_of(node)}; only flatten is supported")
        if isinstance(op, Flatten) and len(shapes[0]) == 1:
            self._merge(node, sources[0])  # flat already
            return
        if isinstance(op, MaxPool) and len(shapes[0]) == 3 and op.has_empty_window(shapes[0][1:], shape_of(node)[1:]):
            raise refuse(node, "a window of the max pooling holds padding only")
        rank = len(shapes[0]) if isinstance(op, (Add, Concat)) else 3
        if isinstance(op, Weighted) and isinstance(op.module, nn.Linear):
            rank = 1
        if len(shapes[0]) != rank:
            raise refuse(node, f"input of shape (N, {', '.join(map(str, shapes[0]))}); {rank + 1} axes are wanted")
        name = str(node.name)
        self.names[node] = name
        inputs = tuple(self.names[source] for source in sources)
        self.plan.layers.append(Layer(name=name, inputs=inputs, op=op, input_shapes=tuple(shapes)))


def plan_of(traced: fx.GraphModule) -> Plan:
    """Return the layers of a traced model: Conv/Linear with BatchNorm and ReLU, adds, pools, flatten.

    Args:
        traced: of `trace`.

    Raises:
        UnsupportedError: something cannot be converted; the message names the fx node.
    """
    planner = _Planner(traced)
    plan = planner.build()
    for layer in plan.layers:
        made = [plan.layer(name) for name in layer.inputs]
        inherits = isinstance(layer.op, (Add, AveragePool, Concat, MaxPool, Flatten))
        layer.non_negative = layer.ceiling is not None or (
            inherits and all(source is not None and source.non_negative for source in made)
        )
    plan.last_node = {tensor: str(node.name) for node, tensor in planner.names.items()}
    return plan
