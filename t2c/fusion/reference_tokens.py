"""The operations of transformers in ATen's own operators, for the proof that a traced node computes just that."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from t2c.fusion.describe_tokens import activation_of
from t2c.fusion.reference import reference
from t2c.fusion.token_ops import (
    DotProductAttention,
    EncoderLayers,
    MultiHead,
    Product,
    RowNormalisation,
    RowSoftmax,
    RunningNormalisation,
    Tabulated,
    TokenMean,
)

aten = torch.ops.aten
COMPOSED = 2.0**16
"""By how much what is made of several operations may magnify a rounding, relative to its largest result."""


@reference.register
def _(op: Product, x: Sequence[Tensor], size: bool = False) -> Tensor:
    result: Tensor = aten.matmul(x[0], x[1])
    return result


@reference.register
def _(op: RowSoftmax, x: Sequence[Tensor], size: bool = False) -> Tensor:
    if size:
        return torch.ones_like(x[0]) * (1.0 + x[0].max())
    result: Tensor = aten.softmax(x[0], op.dim)
    return result


@reference.register
def _(op: RowNormalisation, x: Sequence[Tensor], size: bool = False) -> Tensor:
    norm = op.module
    if size:
        spread = math.sqrt(norm.normalized_shape[0]) * (1.0 if norm.weight is None else norm.weight.detach().abs())
        return torch.ones_like(x[0]) * spread * 16.0 + (0.0 if norm.bias is None else norm.bias.detach().abs())
    result: Tensor = aten.layer_norm(x[0], list(norm.normalized_shape), norm.weight, norm.bias, norm.eps)
    return result


@reference.register
def _(op: RunningNormalisation, x: Sequence[Tensor], size: bool = False) -> Tensor:
    norm = op.module
    parts = (norm.running_mean, norm.weight, norm.bias)
    mean, weight, bias = (part.detach().abs() if size else part.detach() for part in parts)
    return (x[0] + mean if size else x[0] - mean) / (norm.running_var + norm.eps).sqrt() * weight + bias


_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": aten.gelu,
    "gelu_tanh": lambda x: aten.gelu(x, approximate="tanh"),
    "silu": aten.silu,
    "tanh": aten.tanh,
    "sigmoid": aten.sigmoid,
    "hardswish": aten.hardswish,
    "hardsigmoid": aten.hardsigmoid,
}


@reference.register
def _(op: Tabulated, x: Sequence[Tensor], size: bool = False) -> Tensor:
    result: Tensor = x[0] + 1.0 if size else _FUNCTIONS[op.function](x[0])
    return result


@reference.register
def _(op: TokenMean, x: Sequence[Tensor], size: bool = False) -> Tensor:
    result: Tensor = aten.mean(x[0], list(op.dims), op.keep)
    return result


def _attention(q: Tensor, k: Tensor, v: Tensor, factor: float | None) -> Tensor:
    scale = 1.0 / math.sqrt(q.shape[-1]) if factor is None else factor
    scores = aten.matmul(q * scale, aten.transpose(k, -2, -1))
    result: Tensor = aten.matmul(aten.softmax(scores, -1), v)
    return result


def _sized(result: Tensor) -> Tensor:
    return torch.ones_like(result) * COMPOSED * (1.0 + result.abs().max())


@reference.register
def _(op: DotProductAttention, x: Sequence[Tensor], size: bool = False) -> Tensor:
    result = _attention(x[0], x[1], x[2], op.factor)
    return _sized(result) if size else result


def _multi_head(module: nn.MultiheadAttention, x: Sequence[Tensor]) -> Tensor:
    width, heads = module.embed_dim, module.num_heads
    parts = []
    for i, given in enumerate(x):
        rows = slice(i * width, (i + 1) * width)
        bias = None if module.in_proj_bias is None else module.in_proj_bias[rows]
        tokens = given if module.batch_first else aten.transpose(given, 0, 1)
        made = aten.linear(tokens, module.in_proj_weight[rows], bias)
        parts.append(made.reshape(*made.shape[:2], heads, width // heads).permute(0, 2, 1, 3))
    mixed = _attention(parts[0], parts[1], parts[2], None).permute(0, 2, 1, 3)
    out = module.out_proj
    result: Tensor = aten.linear(mixed.reshape(*mixed.shape[:2], width), out.weight, out.bias)
    return result if module.batch_first else aten.transpose(result, 0, 1)


@reference.register
def _(op: MultiHead, x: Sequence[Tensor], size: bool = False) -> Tensor:
    result = _multi_head(op.module, x)
    return _sized(result) if size else result


def _norm(module: nn.LayerNorm, x: Tensor) -> Tensor:
    result: Tensor = aten.layer_norm(x, list(module.normalized_shape), module.weight, module.bias, module.eps)
    return result


def _mlp(module: nn.TransformerEncoderLayer, x: Tensor) -> Tensor:
    name = activation_of(module)
    hidden = aten.linear(x, module.linear1.weight, module.linear1.bias)
    active = aten.relu(hidden) if name == "relu" else _FUNCTIONS[str(name)](hidden)
    result: Tensor = aten.linear(active, module.linear2.weight, module.linear2.bias)
    return result


@reference.register
def _(op: EncoderLayers, x: Sequence[Tensor], size: bool = False) -> Tensor:
    y = x[0]
    for module in op.layers:
        if module.norm_first:
            y = y + _multi_head(module.self_attn, [_norm(module.norm1, y)] * 3)
            y = y + _mlp(module, _norm(module.norm2, y))
        else:
            y = _norm(module.norm1, y + _multi_head(module.self_attn, [y] * 3))
            y = _norm(module.norm2, y + _mlp(module, y))
    y = y if op.norm is None else _norm(op.norm, y)
    return _sized(y) if size else y
