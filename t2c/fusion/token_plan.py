"""How the operations of transformers become layers of the chip: tokens as maps (C, T, 1), heads as views."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import fx

from t2c.fusion.chip_layers import ChipLayers, in_order
from t2c.fusion.layer import Layer
from t2c.fusion.ops import Add, AveragePool, Concat, Op, Weighted
from t2c.fusion.refusal import constant_of, refuse
from t2c.fusion.token_ops import (
    Offset,
    Prefix,
    Product,
    RowSoftmax,
    Scaled,
    Tabulated,
    TokenMean,
)
from t2c.fusion.views import BATCH, Atom, Axis, View, token_axes

MASKING = 40.0
"""Constants that lie farther apart, added to the scores of a softmax, are a mask: e^-40 is nothing in any format."""


def _matrices(inner: Sequence[Axis]) -> tuple[Axis, ...]:
    """(heads, rows, columns): the operand of a matmul, one head if there are none."""
    *heads, rows, columns = inner
    return (tuple(atom for axis in heads for atom in axis), rows, columns)


class TokenPlanner(ChipLayers):
    """The part of a planner that knows transformers."""

    def view(self, node: fx.Node, source: Any) -> View:
        """Where an operand lies.

        Raises:
            UnsupportedError: it is no activation, or a tuple of several.
        """
        view = self.views.get(source) if isinstance(source, fx.Node) else None
        if not isinstance(view, View):
            raise refuse(node, f"operand {source!r} is not an activation tensor")
        return view

    def hold(self, node: fx.Node, view: View) -> None:
        """A node's value is that; if it is all of a tensor, the two are compared later."""
        self.views[node] = view
        if not view.parts and view.factor == 1.0:
            self.plan.held[view.tensor] = (str(node.name), view)

    def _new(
        self, node: fx.Node, name: str, inputs: Sequence[str], op: Op, made: View, *, hold: bool, **fields: Any
    ) -> View:
        """Append a layer whose value lies as `made` says."""
        view = replace(made, tensor=self.append(node, name, inputs, op, made.chip_shape, **fields))
        if hold:
            self.hold(node, view)
        return view

    def linear(self, node: fx.Node, op: Weighted, view: View, name: str, *, hold: bool) -> View:
        """A linear layer of the last axis: of tokens a convolution of kernel 1x1."""
        source = self.bring(node, view, token_axes, f"{name}_x")
        made = self.result(view, (*view.inner_shape[:-1], op.module.weight.shape[0]), token_axes)
        return self._new(node, name, [source], op, made, hold=hold)

    def add(self, node: fx.Node, a: View, b: View, name: str, *, hold: bool) -> View:
        """The sum of two tensors of one shape."""
        if a.inner_shape != b.inner_shape or a.batch_axis != b.batch_axis:
            raise refuse(node, f"add of shapes {a.inner_shape} and {b.inner_shape}; broadcasting is not supported")
        layout = self.layout_of(a)
        inputs = [self.bring(node, view, layout, f"{name}_{letter}") for view, letter in ((a, "a"), (b, "b"))]
        return self._new(node, name, inputs, Add(), self.result(a, a.inner_shape, layout), hold=hold)

    def with_constant(self, node: fx.Node, op: Add | Concat, read: Sequence[Any]) -> None:
        """A sum with a constant, or tokens beside constant ones."""
        active = [source for source in read if constant_of(source) is None]
        if len(active) != 1:
            raise refuse(node, "constants beside several activations")
        for held in map(constant_of, read):
            if held is not None and not bool(torch.isfinite(held).all()):
                raise refuse(node, "a constant that is not finite everywhere, such as a mask")
        view = self.view(node, active[0])
        if isinstance(op, Concat):
            self._prefix(node, op, view, read)
            return
        (constant,) = (held for held in map(constant_of, read) if held is not None)
        if tuple(node.meta["tensor_meta"].shape) != view.shape:
            raise refuse(
                node, f"add of shapes {view.inner_shape} and {tuple(constant.shape)}; it widens the activation"
            )
        layout = self.layout_of(view)
        source = self.bring(node, view, layout, f"{node.name}_x")
        values = self.constant_on_chip(node, constant.expand(view.shape), view, layout)
        made = self.result(view, view.inner_shape, layout)
        self._new(node, str(node.name), [source], Offset(constant=values), made, hold=True)

    def _prefix(self, node: fx.Node, op: Concat, view: View, read: Sequence[Any]) -> None:
        axis = view.axis(op.axis)
        if view.dims[axis] == (BATCH,):
            raise refuse(node, "concatenation along the batch")
        layout = self.layout_of(view)
        made = self.result(view, view.inner_shape, layout)
        place = next(i for i, atoms in enumerate(made.chip) if made.dims[axis][0] in atoms)
        if len(made.chip[place]) != 1:
            raise refuse(node, "concatenation along an axis that the chip joins with another")
        tensor = self.bring(node, view, layout, f"{node.name}_x")
        held = [constant_of(source) for source in read]
        here = next(i for i, constant in enumerate(held) if constant is None)
        joins = [(held[:here], True), (held[here + 1 :], False)]
        joins = [(constants, first) for constants, first in joins if constants]
        inner = axis - (axis > view.batch_axis)
        shape = list(view.inner_shape)
        for index, (constants, first) in enumerate(joins):
            joined = torch.cat([constant for constant in constants if constant is not None], axis)
            if joined.shape[view.batch_axis] != self.batch:
                raise refuse(node, "a constant that is not expanded to the batch")
            values = self.constant_on_chip(node, joined, view, layout)
            shape[inner] += values.shape[place]
            made = self.result(view, shape, layout)
            name = str(node.name) if index == len(joins) - 1 else f"{node.name}_join{index}"
            join = Prefix(axis=place, first=first, constant=values)
            made = self._new(node, name, [tensor], join, made, hold=index == len(joins) - 1)
            tensor = made.tensor

    def scaled(self, node: fx.Node, op: Scaled, view: View, base: Callable[[fx.Node, View, str], Layer]) -> None:
        """A number travels on with the value; factors of the channels go into the layer before them."""
        if op.factor is not None:
            if not (math.isfinite(op.factor) and op.factor > 0):
                raise refuse(node, f"a product with {op.factor}, which is not above 0")
            self.views[node] = replace(view, factor=view.factor * op.factor)
            return
        gain = next(held for held in map(constant_of, node.args) if held is not None)
        layer = base(node, view, "a product with constants")
        channels = next((i for i, axis in enumerate(view.dims) if axis == view.chip[0]), None)
        if channels is None or view.parts or view.factor != 1.0 or gain.ndim > len(view.dims):
            raise refuse(node, "a product with constants other than one for each channel of a layer")
        spread = gain.reshape((1,) * (len(view.dims) - gain.ndim) + tuple(gain.shape))
        if any(extent != 1 for i, extent in enumerate(spread.shape) if i != channels):
            raise refuse(node, "a product with constants other than one for each channel of a layer")
        layer.gain = spread.flatten().expand(view.chip_shape[0]).detach().clone()
        self.hold(node, view)

    def tokens(self, node: fx.Node, op: Op, view: View) -> None:
        """Operations on one tensor."""
        if isinstance(op, RowSoftmax):
            if view.axis(op.dim) != len(view.dims) - 1:
                raise refuse(node, "softmax other than along the last axis")
            self.softmax(node, view, str(node.name), hold=True)
        elif isinstance(op, Tabulated):
            self.tabulated(node, op, view, str(node.name), hold=True)
        elif isinstance(op, TokenMean):
            self._mean(node, op, view)
        else:
            self.normalised(node, op, view, str(node.name), hold=True)

    def softmax(self, node: fx.Node, view: View, name: str, *, hold: bool) -> View:
        """Softmax along the last axis; it takes a factor."""
        before = self.plan.layer(view.tensor)
        if before is not None and isinstance(before.op, Offset):
            constant = before.op.constant
            if float(constant.max() - constant.min()) * view.factor > MASKING:
                raise refuse(
                    node, f"softmax with a mask: node {before.name!r} adds constants that leave nothing of some"
                )
        source = self.bring(node, replace(view, factor=1.0), in_order, f"{name}_x")
        made = self.result(view, view.inner_shape, in_order)
        return self._new(node, name, [source], RowSoftmax(dim=-1, factor=view.factor), made, hold=hold)

    def tabulated(self, node: fx.Node, op: Tabulated, view: View, name: str, *, hold: bool) -> View:
        """A function of every element, wherever it lies."""
        if view.factor != 1.0:
            raise refuse(node, "a function of a tensor times a number")
        view = self.settle(node, view, f"{name}_x")
        return self._new(node, name, [view.tensor], op, view, hold=hold)

    def normalised(self, node: fx.Node, op: Op, view: View, name: str, *, hold: bool) -> View:
        """LayerNorm over the last axis, with either statistics."""
        source = self.bring(node, view, token_axes, f"{name}_x")
        made = self.result(view, view.inner_shape, token_axes)
        return self._new(node, name, [source], op, made, hold=hold)

    def _mean(self, node: fx.Node, op: TokenMean, view: View) -> None:
        axes = {view.axis(dim) for dim in op.dims}
        kept = [axis for i, axis in enumerate(view.dims) if i not in axes and axis != (BATCH,)]
        gone = [axis for i, axis in enumerate(view.dims) if i in axes]
        if (BATCH,) in gone or len(kept) != 1:
            raise refuse(node, "a mean that does not leave one axis")

        def layout(inner: Sequence[Axis]) -> tuple[Axis, ...]:
            listed = [axis for axis in view.inner if axis in gone]
            pixels = listed if len(listed) == 2 else [tuple(atom for axis in listed for atom in axis), ()]
            return (*kept, *pixels)

        view = self.settle(node, view, f"{node.name}_x")
        kept = [axis for i, axis in enumerate(view.dims) if i not in axes and axis != (BATCH,)]
        gone = [axis for i, axis in enumerate(view.dims) if i in axes]
        source = self.bring(node, view, layout, f"{node.name}_x")
        pool = AveragePool(kernel=None, stride=None, padding=(0, 0))
        channels = (Atom(view.size(kept[0])),)
        stays = [(BATCH,) if axis == (BATCH,) else channels for axis in view.dims]
        dims = [() if i in axes else axis for i, axis in enumerate(stays) if op.keep or i not in axes]
        made = replace(view, chip=(channels, (), ()), dims=tuple(dims))
        self._new(node, str(node.name), [source], pool, made, hold=True)

    def product(self, node: fx.Node, a: View, b: View, name: str, *, hold: bool) -> View:
        """a b, each (..., rows, columns); it takes their factors."""
        for view in (a, b):
            if len(view.inner) < 2 or view.batch_axis != 0:
                raise refuse(node, f"matmul of shape {view.shape}; (N, ..., rows, columns) is wanted")
        if a.inner_shape[:-2] != b.inner_shape[:-2] or a.inner_shape[-1] != b.inner_shape[-2]:
            raise refuse(node, f"matmul of shapes {a.inner_shape} and {b.inner_shape}; broadcasting is not supported")
        factor = a.factor * b.factor
        inputs = [
            self.bring(node, replace(view, factor=1.0), _matrices, f"{name}_{letter}")
            for view, letter in ((a, "a"), (b, "b"))
        ]
        made = self.result(a, (*a.inner_shape[:-1], b.inner_shape[-1]), _matrices)
        return self._new(node, name, inputs, Product(factor=factor), made, hold=hold)

    def dot_product(self, node: fx.Node, views: Sequence[View], factor: float | None, name: str, *, hold: bool) -> View:
        """softmax(q k^T factor) v."""
        q, k, v = views
        if any(view.inner_shape[:-2] != q.inner_shape[:-2] or len(view.dims) != len(q.dims) for view in (k, v)):
            raise refuse(node, "attention whose query, key and value have other heads; broadcasting is not supported")
        scale = 1.0 / math.sqrt(q.inner_shape[-1]) if factor is None else factor
        if not (math.isfinite(scale) and scale > 0):
            raise refuse(node, f"attention with scale {scale}, which is not above 0")
        order = list(range(len(k.dims)))
        order[-2:] = order[:-3:-1]
        scores = self.product(
            node, replace(q, factor=q.factor * scale), k.permuted(order), f"{name}_scores", hold=False
        )
        weights = self.softmax(node, scores, f"{name}_softmax", hold=False)
        return self.product(node, weights, v, name, hold=hold)
