"""Every operation that fusion knows, in ATen's own operators, and the proof that a traced node computes just that."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.utils._pytree import tree_leaves

from t2c.fusion.describe import describe, is_activation, operands
from t2c.fusion.ops import (
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Identity,
    MaxPool,
    Op,
    Relu,
    Weighted,
    pair,
)
from t2c.fusion.refusal import FIXED, refuse
from t2c.fusion.token_ops import MultiHead, Parting, Picked, Scaled, Viewing

aten = torch.ops.aten
ROUNDING = 2.0**-52
"""Of one float64 operation, relative, with a factor of 2 to spare."""


@functools.singledispatch
def reference(op: Op, x: Sequence[Tensor], size: bool = False) -> Tensor:
    """Return what an operation gives, in the operands' own type.

    Args:
        op: the operation.
        x: its operands, (N, ...).
        size: take the magnitudes of all numbers, parameters too; what a rounding error is relative to.
    """
    raise NotImplementedError(type(op).__name__)


def _sized(tensor: Tensor, size: bool) -> Tensor:
    return tensor.detach().abs() if size else tensor.detach()


@reference.register
def _(op: Weighted, x: Sequence[Tensor], size: bool = False) -> Tensor:
    module = op.module
    weight = _sized(module.weight, size)
    bias = None if module.bias is None else _sized(module.bias, size)
    if isinstance(module, nn.Linear):
        result: Tensor = aten.linear(x[0], weight, bias)
        return result
    form = [list(pair(module.stride)), list(op.padding), list(pair(module.dilation))]
    result = aten.conv2d(x[0], weight, bias, *form, module.groups)
    return result


@reference.register
def _(op: BatchNorm, x: Sequence[Tensor], size: bool = False) -> Tensor:
    norm = op.module
    assert norm.running_mean is not None
    assert norm.running_var is not None
    column = (-1,) + (1,) * (x[0].ndim - 2)
    ones = torch.ones_like(norm.running_mean)
    gamma = _sized(ones if norm.weight is None else norm.weight, size).reshape(column)
    beta = _sized(ones * 0 if norm.bias is None else norm.bias, size).reshape(column)
    mean = _sized(norm.running_mean, size).reshape(column)
    star = gamma / (norm.running_var.reshape(column) + norm.eps).sqrt()
    return star * (x[0] + mean if size else x[0] - mean) + beta


@reference.register
def _(op: Relu, x: Sequence[Tensor], size: bool = False) -> Tensor:
    result: Tensor = aten.clamp(x[0], 0.0, None if math.isinf(op.ceiling) else op.ceiling)
    return result


@reference.register
def _(op: Add, x: Sequence[Tensor], size: bool = False) -> Tensor:
    result: Tensor = aten.add(x[0], x[1])
    return result


@reference.register
def _(op: Concat, x: Sequence[Tensor], size: bool = False) -> Tensor:
    result: Tensor = aten.cat(list(x), op.axis)
    return result


@reference.register
def _(op: MaxPool, x: Sequence[Tensor], size: bool = False) -> Tensor:
    form = [list(op.kernel), list(op.stride), list(op.padding), list(op.dilation)]
    result: Tensor = aten.max_pool2d(x[0], *form)
    return result


@reference.register
def _(op: AveragePool, x: Sequence[Tensor], size: bool = False) -> Tensor:
    kernel = op.kernel or pair(x[0].shape[2:])
    result: Tensor = aten.avg_pool2d(x[0], list(kernel), list(op.stride or kernel), list(op.padding))
    return result


@reference.register
def _(op: Identity, x: Sequence[Tensor], size: bool = False) -> Tensor:
    return x[0]


def prove_nodes(traced: fx.GraphModule, images: Tensor) -> None:
    """Refuse a node that computes anything else than the operation it was taken for.

    Every node is run alone, on random operands of both signs and of many magnitudes whatever the images are, and
    compared with its operation in ATen's operators, within what float64 may round in a sum of that many terms.

    Args:
        traced: in float64; images: float64 (N, *shape).

    Raises:
        UnsupportedError: they differ; the message names the node.
    """
    interpreter = fx.Interpreter(traced, garbage_collect_values=False)
    interpreter.run(images.clone())
    values: dict[fx.Node, Any] = interpreter.env
    generator = torch.Generator().manual_seed(0)
    for node in traced.graph.nodes:
        if node.op in ("placeholder", "output") or FIXED in node.meta:
            continue
        op = describe(node, traced)
        if isinstance(op, Picked):
            continue
        read = dict.fromkeys(source for source in operands(node, op) if is_activation(source))
        probes = {source: _probe(values[source].shape, generator) for source in read}
        _prove(traced, node, op, probes, values)


def _probe(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    """Random numbers of both signs from 2^-12 to 2^6, so that each operation and clip shows; float64."""
    size = torch.rand(shape, generator=generator, dtype=torch.float64) * 18 - 12
    sign = torch.randint(0, 2, shape, generator=generator) * 2 - 1
    return sign * 2.0**size


def _prove(
    traced: fx.GraphModule, node: fx.Node, op: Op, probes: dict[fx.Node, Tensor], values: dict[fx.Node, Any]
) -> None:
    def value(source: fx.Node) -> Any:
        return probes[source].clone() if source in probes else values[source]

    args, kwargs = fx.map_arg(node.args, value), fx.map_arg(node.kwargs, value)
    if node.op == "call_module":
        got = traced.get_submodule(str(node.target))(*args, **kwargs)
    elif node.op == "call_method":
        got = getattr(args[0], str(node.target))(*args[1:], **kwargs)
    else:
        assert callable(node.target)
        got = node.target(*args, **kwargs)
    given = [value(source) for source in operands(node, op)]
    if isinstance(op, MultiHead):
        got = got[0]
    if isinstance(op, (Parting, Viewing)):
        wanted: Any = given[0].reshape(values[node].shape) if op.on is None else op.on(given[0])
        exact = [torch.zeros(()) for _ in tree_leaves(wanted)]
        _compare(node, op, tree_leaves(got), tree_leaves(wanted), exact)
        return
    terms = max(math.prod(part.shape[1:]) for part in given)
    if isinstance(op, Weighted):
        terms = op.module.weight[0].numel()
    if isinstance(op, Scaled):
        constants = [values[arg] if isinstance(arg, fx.Node) else arg for arg in node.args if arg not in probes]
        factor = op.factor if op.factor is not None else constants[0]
        wanted, size = given[0] * factor, (given[0] * factor).abs()
    else:
        wanted, size = reference(op, given), reference(op, [part.abs() for part in given], size=True)
    _compare(node, op, [got], [wanted], [(terms + 8) * ROUNDING * size])


def _compare(node: fx.Node, op: Op, got: Sequence[Any], wanted: Sequence[Tensor], allowed: Sequence[Tensor]) -> None:
    """Refuse results that differ by more than is allowed, or in number, shape or type."""
    alike = len(got) == len(wanted) and all(
        isinstance(mine, Tensor) and mine.shape == theirs.shape and mine.dtype == theirs.dtype
        for mine, theirs in zip(got, wanted, strict=True)
    )
    if not alike:
        raise refuse(node, f"it is no {type(op).__name__}: it returns another type or shape; is its forward patched?")
    for mine, theirs, most in zip(got, wanted, allowed, strict=True):
        gap = (mine - theirs).abs()
        if not bool((gap <= most).all()):
            raise refuse(
                node, f"it is no {type(op).__name__}: on random operands it is off by {float(gap.max()):.3g}; patched?"
            )
