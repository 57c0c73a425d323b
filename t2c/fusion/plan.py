"""Trace a float model with torch.fx and group its nodes into the layers that a chip runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import fx, nn

from t2c.fusion.chip_layers import in_order
from t2c.fusion.describe import describe, operands
from t2c.fusion.encoder_plan import EncoderPlanner
from t2c.fusion.layer import Layer, Plan
from t2c.fusion.ops import Add, AveragePool, BatchNorm, Concat, Flatten, Identity, MaxPool, Op, Relu, Weighted
from t2c.fusion.refusal import FIXED, constant_of, refuse
from t2c.fusion.token_ops import (
    DotProductAttention,
    EncoderLayers,
    MultiHead,
    Offset,
    Parting,
    Picked,
    Prefix,
    Product,
    RowNormalisation,
    RowSoftmax,
    RunningNormalisation,
    Scaled,
    Tabulated,
    TokenMean,
    Viewing,
)
from t2c.fusion.trace import shape_of
from t2c.fusion.views import View, ViewError, plain_view

__all__ = ["Layer", "Plan", "plan_of"]

UNRECTIFIED = (RowSoftmax, Tabulated, Prefix)
"""Operations that no ReLU is fused into."""


class _Planner(EncoderPlanner):
    """Walks the traced graph once; `views` says where on the chip each node's value lies."""

    def __init__(self, traced: fx.GraphModule) -> None:
        super().__init__([str(node.name) for node in traced.graph.nodes])
        self.traced = traced

    def build(self) -> Plan:
        for node in self.traced.graph.nodes:
            if node.op == "placeholder":
                self._input(node)
            elif node.op == "output":
                self._output(node)
            elif FIXED not in node.meta:
                self._call(node, describe(node, self.traced))
        return self.plan

    def _input(self, node: fx.Node) -> None:
        if self.views:
            raise refuse(node, "a second input; one tensor goes in")
        taken = {name for name, _ in self.traced.named_modules()}
        self.plan.input_name = "input" if "input" not in taken else str(node.name)
        self.plan.input_shape = shape_of(node)
        self.batch = int(node.meta["tensor_meta"].shape[0])
        self.views[node] = plain_view(self.plan.input_name, self.plan.input_shape, self.batch)
        self.note(self.plan.input_name, self.plan.input_shape)

    def _output(self, node: fx.Node) -> None:
        value = node.args[0]
        view = self.views.get(value) if isinstance(value, fx.Node) else None
        if not isinstance(view, View) or not self.plan.layers:
            raise refuse(node, "the model must return one computed tensor")
        if view.batch_axis != 0:
            raise refuse(node, "the batch must be the first axis of the result")
        self.plan.output_name = self.bring(node, view, in_order, "output")

    def _call(self, node: fx.Node, op: Op) -> None:
        """Append what a node is; then its value must have the shape that the model gave it."""
        try:
            if not self.token_call(node, op):
                self._image_call(node, op)
        except ViewError as error:
            raise refuse(node, f"{error}, which no view of the chip's tensors is") from error
        view = self.views[node]
        if isinstance(view, View) and view.shape != tuple(node.meta["tensor_meta"].shape):
            raise refuse(node, f"a result of shape {tuple(node.meta['tensor_meta'].shape)}, taken for {view.shape}")

    def token_call(self, node: fx.Node, op: Op) -> bool:
        """What transformers are made of; False for anything else."""
        if isinstance(op, Viewing):
            self._viewing(node, op)
        elif isinstance(op, Parting):
            self.views[node] = self.seen(node, self.view(node, node.args[0]), op.see)
        elif isinstance(op, Picked):
            self._picked(node, op)
        elif isinstance(op, Scaled):
            self.scaled(node, op, self.view(node, operands(node, op)[0]), self._base)
        elif isinstance(op, (Product, DotProductAttention, MultiHead)):
            self.attention(node, op, [self.view(node, source) for source in operands(node, op)])
        elif isinstance(op, EncoderLayers):
            self.encoder(node, op, self.view(node, operands(node, op)[0]))
        elif isinstance(op, (RowSoftmax, RowNormalisation, RunningNormalisation, Tabulated, TokenMean)):
            self.tokens(node, op, self.view(node, operands(node, op)[0]))
        elif isinstance(op, Weighted) and isinstance(op.module, nn.Linear):
            self.linear(node, op, self.view(node, node.args[0]), str(node.name), hold=True)
        else:
            return False
        return True

    def _viewing(self, node: fx.Node, op: Viewing) -> None:
        view = self.view(node, node.args[0])
        seen = self.seen(node, view, lambda value: op.see(value, tuple(node.meta["tensor_meta"].shape)))
        flat = len(seen.inner) == 1 and len(view.inner) == 3 and not seen.parts and seen.factor == 1.0
        if flat and len(view.chip) == 3 and in_order(view.inner) == view.chip:
            shape = (math.prod(view.chip_shape),)
            name = self.append(node, str(node.name), [view.tensor], Flatten(), shape)
            self.hold(node, plain_view(name, shape, self.batch))
        else:
            self.views[node] = seen

    def _picked(self, node: fx.Node, op: Picked) -> None:
        parts = self.views[node.args[0]]  # type: ignore[index]
        assert isinstance(parts, list)
        if not -len(parts) <= op.index < len(parts):
            raise refuse(node, "the weights of an attention, which stay on the chip")
        self.hold(node, parts[op.index])

    def _image_call(self, node: fx.Node, op: Op) -> None:
        read = operands(node, op)
        if isinstance(op, (Add, Concat)) and any(constant_of(source) is not None for source in read):
            self.with_constant(node, op, read)
            return
        views = [self.view(node, source) for source in read]
        if isinstance(op, Identity) or (isinstance(op, Concat) and len(views) == 1):
            self.hold(node, views[0])
        elif isinstance(op, BatchNorm):
            self._batch_norm(node, views[0], op)
        elif isinstance(op, Relu):
            self._relu(node, views[0], op)
        elif isinstance(op, Add):
            self.add(node, views[0], views[1], str(node.name), hold=True)
        else:
            self._image_layer(node, views, op)

    def _alone(self, node: fx.Node, tensor: str, what: str) -> None:
        """Refuse to change a tensor that anything else reads, under whatever name: what was merged counts."""
        names = [other for other, views in self.views.items() if tensor in _tensors(views)]
        users = {user for other in names for user in other.users if user not in names}
        if len([user for user in users if FIXED not in user.meta]) != 1:
            raise refuse(node, f"{what} cannot be fused: node {names[-1].name!r} is also used elsewhere")

    def _base(self, node: fx.Node, view: View, what: str) -> Layer:
        """The weighted layer that a value comes directly from and that nothing else reads."""
        layer = self.plan.layer(view.tensor)
        if layer is None or not isinstance(layer.op, Weighted) or layer.ceiling is not None or layer.gain is not None:
            raise refuse(node, f"{what} must directly follow a convolution or linear layer")
        self._alone(node, view.tensor, what)
        return layer

    def _batch_norm(self, node: fx.Node, view: View, op: BatchNorm) -> None:
        layer = self._base(node, view, "batch normalisation")
        if layer.batch_norm is not None:
            raise refuse(node, "batch normalisation must directly follow a convolution or linear layer")
        if view.parts or view.factor != 1.0 or view.dims[1:2] != view.chip[:1]:
            raise refuse(node, "batch normalisation of other channels than the layer's")
        layer.batch_norm = op.module
        self.hold(node, view)

    def _relu(self, node: fx.Node, view: View, op: Relu) -> None:
        if view.factor != 1.0:
            raise refuse(node, "ReLU of a tensor times a number")
        tensor = view.tensor
        while True:
            layer = self.plan.layer(tensor)
            if layer is None:
                raise refuse(node, "ReLU of the input")
            if isinstance(layer.op, UNRECTIFIED):
                raise refuse(node, f"ReLU cannot be fused into {layer.name!r}")
            self._alone(node, tensor, "ReLU")
            if not layer.passing:
                break
            tensor = layer.inputs[0]  # ReLU commutes with all that only moves values
        layer.ceiling = op.ceiling if layer.ceiling is None else min(op.ceiling, layer.ceiling)
        self.hold(node, view)

    def _image_layer(self, node: fx.Node, views: Sequence[View], op: Op) -> None:
        """Convolutions, pools and concatenations of maps."""
        shapes = [view.inner_shape for view in views]
        if isinstance(op, MaxPool) and len(shapes[0]) == 3 and op.has_empty_window(shapes[0][1:], shape_of(node)[1:]):
            raise refuse(node, "a window of the max pooling holds padding only")
        rank = len(shapes[0]) if isinstance(op, Concat) else 3
        if len(shapes[0]) != rank or any(view.batch_axis for view in views):
            raise refuse(node, f"input of shape (N, {', '.join(map(str, shapes[0]))}); {rank + 1} axes are wanted")
        if isinstance(op, Concat) and (op.axis != 1 or rank == 2):
            raise refuse(node, "concatenation of activations other than along axis 1 of maps or features")
        inputs = [self.bring(node, view, in_order, f"{node.name}_x{i}") for i, view in enumerate(views)]
        name = self.append(node, str(node.name), inputs, op, shape_of(node))
        self.hold(node, plain_view(name, shape_of(node), self.batch))


def _tensors(views: View | list[View]) -> set[str]:
    return {view.tensor for view in (views if isinstance(views, list) else [views])}


def plan_of(traced: fx.GraphModule) -> Plan:
    """Return the layers of a traced model: Conv/Linear with BatchNorm and ReLU, adds, pools, transformers.

    Args:
        traced: of `trace`.

    Raises:
        UnsupportedError: something cannot be converted; the message names the fx node.
    """
    plan = _Planner(traced).build()
    for layer in plan.layers:
        _keep_signs(plan, layer)
    for layer in plan.layers:
        made = [plan.layer(name) for name in layer.inputs]
        layer.non_negative = not layer.signed and (
            layer.ceiling is not None
            or isinstance(layer.op, RowSoftmax)
            or (isinstance(layer.op, Tabulated) and layer.op.non_negative)
            or (_inherits(layer) and all(source is not None and source.non_negative for source in made))
        )
    return plan


def _inherits(layer: Layer) -> bool:
    """True if no output is negative where no input is."""
    constant: Any = getattr(layer.op, "constant", None)
    if constant is not None and bool((constant < 0).any()):
        return False
    return layer.passing or isinstance(layer.op, (Add, AveragePool, Concat, Offset))


def _keep_signs(plan: Plan, layer: Layer) -> None:
    """What is joined with a constant below 0 is read like it: neither may be unsigned."""
    if isinstance(layer.op, Prefix) and bool((layer.op.constant < 0).any()):
        producer = plan.producer(layer.name)
        if producer is not None:
            producer.signed = True
