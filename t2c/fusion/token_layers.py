"""Dual-path layers of what transformers have."""

from __future__ import annotations

from collections.abc import Callable

import torch

from t2c.functions import Tables
from t2c.fusion.layer import Layer
from t2c.fusion.ops import Flatten, MaxPool
from t2c.fusion.token_ops import (
    ChipReshape,
    ChipSlice,
    ChipTranspose,
    Offset,
    Prefix,
    Product,
    RowNormalisation,
    RowSoftmax,
    RunningNormalisation,
    Tabulated,
)
from t2c.layers.add import QAddConstant
from t2c.layers.attention import QMatmul, QSoftmax
from t2c.layers.base import QLayer
from t2c.layers.norm import QLayerNorm, QRunningNorm
from t2c.layers.pointwise import QPointwise
from t2c.layers.pooling import QFlatten, QMaxPool2d
from t2c.layers.views import QConcatConstant, QReshape, QSlice, QTranspose
from t2c.quantisers.base import _QBase
from t2c.quantisers.minmax import MinMax

CONSTANT_BITS = 8
"""Of constants that are added, such as position embeddings."""


def moving_layer(layer: Layer, quantiser: Callable[[], _QBase]) -> QLayer:
    """A layer that moves values; quantiser: gives that of the tensor that it reads."""
    op = layer.op
    if isinstance(op, MaxPool):
        return QMaxPool2d(op.kernel, op.stride, op.padding, op.dilation)
    if isinstance(op, ChipSlice):
        return QSlice(op.axis, op.start, op.length)
    if isinstance(op, ChipReshape):
        return QReshape(op.shape)
    if isinstance(op, ChipTranspose):
        return QTranspose(op.axes)
    if isinstance(op, Prefix):
        return QConcatConstant(op.constant.clone(), op.axis, op.first, quantiser())
    assert isinstance(op, Flatten)
    return QFlatten()


def token_layer(layer: Layer, output: _QBase, tables: Tables) -> QLayer:
    """A layer that computes; output: the quantiser of its result."""
    op = layer.op
    if isinstance(op, Product):
        return QMatmul(op.factor, output, ceiling=layer.ceiling)
    if isinstance(op, RowSoftmax):
        return QSoftmax(op.factor, layer.input_shapes[0][-1], tables, output)
    if isinstance(op, Tabulated):
        return QPointwise(op.function, layer.name, tables, output)
    if isinstance(op, Offset):
        quantiser = MinMax(CONSTANT_BITS, name=f"{layer.name}.constant")
        return QAddConstant(op.constant.clone(), quantiser, output, ceiling=layer.ceiling)
    if isinstance(op, RowNormalisation):
        norm, channels = op.module, op.module.normalized_shape
        like = torch.get_default_dtype() if norm.weight is None else norm.weight.dtype
        gamma = torch.ones(channels, dtype=like) if norm.weight is None else norm.weight.detach().clone()
        beta = torch.zeros(channels, dtype=like) if norm.bias is None else norm.bias.detach().clone()
        return QLayerNorm(gamma, beta, norm.eps, output, ceiling=layer.ceiling)
    assert isinstance(op, RunningNormalisation)
    running = op.module
    gamma, beta = running.weight.detach().clone(), running.bias.detach().clone()
    mean, var = (part.expand(running.channels).clone() for part in (running.running_mean, running.running_var))
    return QRunningNorm(gamma, beta, mean, var, running.eps, output, ceiling=layer.ceiling)
