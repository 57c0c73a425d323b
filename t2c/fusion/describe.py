"""Say what an fx node does, in terms of `ops`, or refuse it by name."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from t2c.fusion.describe_tokens import TOKEN_CALLS, TOKEN_MODULES
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
)
from t2c.fusion.refusal import FIXED, bound, refuse
from t2c.fusion.token_ops import DotProductAttention, EncoderLayers, MultiHead, Product, Scaled
from t2c.golden.arithmetic.window import Pair


def operands(node: fx.Node, op: Op) -> list[Any]:
    """What a call reads as activations, or joins with them: one, two for an add, all that a concatenation joins."""
    arguments: dict[Any, Any] = dict(enumerate(node.args)) | dict(node.kwargs)
    if isinstance(op, Concat):
        return list(arguments.get(0, arguments.get("tensors", ())))
    if isinstance(op, (Add, Product)):
        return [arguments.get(0), arguments.get(1, arguments.get("other", arguments.get("mat2")))]
    if isinstance(op, (DotProductAttention, MultiHead)):
        return [arguments.get(place, arguments.get(name)) for place, name in enumerate(("query", "key", "value"))]
    if isinstance(op, Scaled):
        return [next((value for value in arguments.values() if is_activation(value)), None)]
    if isinstance(op, EncoderLayers):
        return [arguments.get(0, arguments.get("src"))]
    return [arguments.get(0)]


def is_activation(value: Any) -> bool:
    """True for a node whose value an input changes."""
    return isinstance(value, fx.Node) and FIXED not in value.meta


def _pair(value: Any) -> Pair:
    if isinstance(value, (tuple, list)):
        first, second = value if len(value) == 2 else (value[0], value[0])
        return int(first), int(second)
    return int(value), int(value)


def _max_pool(node: fx.Node, a: dict[str, Any]) -> Op:
    if a.get("ceil_mode") or a.get("return_indices"):
        raise refuse(node, "max pooling with ceil_mode or return_indices")
    kernel = a["kernel_size"]
    return MaxPool(
        kernel=_pair(kernel),
        stride=_pair(kernel if a.get("stride") in (None, []) else a["stride"]),
        padding=_pair(a.get("padding", 0)),
        dilation=_pair(a.get("dilation", 1)),
    )


def _average_pool(node: fx.Node, a: dict[str, Any]) -> Op:
    padding = _pair(a.get("padding", 0))
    if a.get("ceil_mode") or a.get("divisor_override") is not None:
        raise refuse(node, "average pooling with ceil_mode or divisor_override")
    if padding != (0, 0) and not a.get("count_include_pad", True):
        raise refuse(node, "padded average pooling with count_include_pad=False")
    kernel = a["kernel_size"]
    stride = kernel if a.get("stride") in (None, []) else a["stride"]
    return AveragePool(kernel=_pair(kernel), stride=_pair(stride), padding=padding)


def _global_pool(node: fx.Node, a: dict[str, Any]) -> Op:
    if a["output_size"] not in (1, (1, 1), [1, 1]):
        raise refuse(node, f"adaptive average pooling to {a['output_size']}; only 1 is supported")
    return AveragePool(kernel=None, stride=None, padding=(0, 0))


def _add(node: fx.Node, a: dict[str, Any]) -> Op:
    if a.get("alpha", 1) != 1 or "out" in a:
        raise refuse(node, "add with alpha or out")
    return Add()


def _concat(node: fx.Node, a: dict[str, Any]) -> Op:
    if "out" in a:
        raise refuse(node, "concatenation with out")
    return Concat(axis=a.get("dim", a.get("axis", 0)))


def _dropout(node: fx.Node, a: dict[str, Any]) -> Op:
    if a.get("training", True):
        raise refuse(node, "dropout that is active at inference")
    return Identity()


_POOL = "kernel_size stride padding dilation ceil_mode return_indices"
_AVERAGE = "kernel_size stride padding ceil_mode count_include_pad divisor_override"

_Call = tuple[str, Callable[[fx.Node, dict[str, Any]], Op]]
_RELU: _Call = ("inplace", lambda node, a: Relu())
_RELU6: _Call = ("inplace", lambda node, a: Relu(ceiling=6.0))
_SUM: _Call = ("other", _add)
_CONCAT: _Call = ("dim", _concat)

CALLS: dict[Any, _Call] = {
    F.relu: _RELU,
    torch.relu: _RELU,
    torch.relu_: _RELU,
    "relu": _RELU,
    "relu_": _RELU,
    F.relu6: _RELU6,
    operator.add: _SUM,
    operator.iadd: _SUM,
    torch.add: _SUM,
    "add": _SUM,
    "add_": _SUM,
    torch.cat: _CONCAT,
    torch.concat: _CONCAT,
    torch.concatenate: _CONCAT,
    F.max_pool2d: (_POOL, _max_pool),
    F.avg_pool2d: (_AVERAGE, _average_pool),
    F.adaptive_avg_pool2d: ("output_size", _global_pool),
    F.dropout: ("p training inplace", _dropout),
    **TOKEN_CALLS,
}
"""Functions and method names, with the names of their positional arguments after the tensor."""


def _conv(node: fx.Node, m: nn.Conv2d) -> Op:
    if m.padding_mode != "zeros":
        raise refuse(node, f"padding_mode {m.padding_mode!r}; only zeros is supported")
    if m.padding == "same" and any(d * (k - 1) % 2 for d, k in zip(m.dilation, m.kernel_size, strict=True)):
        raise refuse(node, "padding 'same' that is not symmetric")
    return Weighted(module=m)


def _batch_norm(node: fx.Node, m: nn.BatchNorm1d | nn.BatchNorm2d) -> Op:
    if m.running_mean is None or m.running_var is None:
        raise refuse(node, "batch normalisation without running statistics")
    return BatchNorm(module=m)


MODULES: dict[type[nn.Module], Callable[[fx.Node, Any], Op]] = {
    nn.Conv2d: _conv,
    nn.Linear: lambda node, m: Weighted(module=m),
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.ReLU: lambda node, m: Relu(),
    nn.ReLU6: lambda node, m: Relu(ceiling=6.0),
    nn.MaxPool2d: lambda node, m: _max_pool(node, vars(m)),
    nn.AvgPool2d: lambda node, m: _average_pool(node, vars(m)),
    nn.AdaptiveAvgPool2d: lambda node, m: _global_pool(node, vars(m)),
    nn.Identity: lambda node, m: Identity(),
    nn.Dropout: lambda node, m: Identity(),
    nn.Dropout2d: lambda node, m: Identity(),
    **TOKEN_MODULES,
}
"""Modules by exact type: a subclass may compute anything."""


def describe(node: fx.Node, root: nn.Module) -> Op:
    """Return the operation of a call node.

    Raises:
        UnsupportedError: the operation, or one of its options, cannot be converted; the message names the node.
    """
    if node.op == "call_module":
        module = root.get_submodule(str(node.target))
        if type(module) not in MODULES:
            raise refuse(node, f"no integer form of {type(module).__name__} is known")
        if any(part._forward_hooks or part._forward_pre_hooks for part in module.modules()):
            raise refuse(node, "forward hooks would be lost")
        return MODULES[type(module)](node, module)
    if node.op in ("call_function", "call_method") and node.target in CALLS:
        names, make = CALLS[node.target]
        return make(node, bound(node, names))
    if node.target is getattr:
        raise refuse(node, f"attribute {node.args[1]!r}")
    raise refuse(node, "no integer form of this operation is known")
