"""What the operations of transformers are, read off a traced node; or why not, by its name."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from t2c.fusion.ops import Identity, Op
from t2c.fusion.refusal import PARTS, bound, constant_of, refuse, settled
from t2c.fusion.token_ops import (
    DotProductAttention,
    EncoderLayers,
    MultiHead,
    Parting,
    Picked,
    Product,
    RowNormalisation,
    RowSoftmax,
    RunningNormalisation,
    Scaled,
    Tabulated,
    TokenMean,
    Viewing,
)
from t2c.fusion.views import View, indexed
from t2c.layers.running_norm import RunningNorm

aten = torch.ops.aten
Describe = Callable[[fx.Node, dict[str, Any]], Op]


def _order(node: fx.Node, a: dict[str, Any]) -> Op:
    """permute: axes as numbers or as one tuple."""
    given: Any = settled(node.args[1:]) or a["dims"]
    order = list(given[0]) if len(given) == 1 and isinstance(given[0], (tuple, list)) else list(given)
    return Viewing(see=lambda view, shape: view.permuted(order), on=lambda x: aten.permute(x, order))


def _swap(node: fx.Node, a: dict[str, Any]) -> Op:
    first, second = (int(a[f"dim{i}"] if f"dim{i}" in a else a[f"axis{i}"]) for i in (0, 1))

    def see(view: View, shape: tuple[int, ...]) -> View:
        order = list(range(len(view.dims)))
        i, j = view.axis(first), view.axis(second)
        order[i], order[j] = j, i
        return view.permuted(order)

    return Viewing(see=see, on=lambda x: aten.transpose(x, first, second))


def _reshape(node: fx.Node, a: dict[str, Any]) -> Op:
    return Viewing(see=lambda view, shape: view.reshaped(shape), on=None)


def _unbind(node: fx.Node, a: dict[str, Any]) -> Op:
    dim = a.get("dim", 0)

    def see(view: View) -> list[View]:
        return [view.selected(dim, place) for place in range(view.shape[view.axis(dim)])]

    return Parting(see=see, on=lambda x: aten.unbind(x, dim))


def _split(node: fx.Node, a: dict[str, Any]) -> Op:
    """chunk and split: into the extents that came out."""
    dim, shapes = a.get("dim", 0), node.meta.get(PARTS, [])

    def see(view: View) -> list[View]:
        made, start = [], 0
        for shape in shapes:
            stop = start + shape[view.axis(dim)]
            made.append(view.sliced(dim, start, stop))
            start = stop
        return made

    sizes = [shape[dim] for shape in shapes]
    return Parting(see=see, on=lambda x: aten.split_with_sizes(x, sizes, dim))


def _item(node: fx.Node, a: dict[str, Any]) -> Op:
    source, items = node.args[0], a["index"]
    if isinstance(source, fx.Node) and PARTS in source.meta:
        return Picked(index=items)
    return Viewing(see=lambda view, shape: indexed(view, items), on=lambda x: x[items])


def _select(node: fx.Node, a: dict[str, Any]) -> Op:
    dim, index = a["dim"], a["index"]

    def see(view: View, shape: tuple[int, ...]) -> View:
        return view.selected(dim, index % view.shape[view.axis(dim)])

    return Viewing(see=see, on=lambda x: aten.select(x, dim, index))


def _mean(node: fx.Node, a: dict[str, Any]) -> Op:
    dims = a.get("dim")
    if dims is None or a.get("dtype") is not None:
        raise refuse(node, "a mean over everything, or in another type")
    listed = tuple(dims) if isinstance(dims, (tuple, list)) else (dims,)
    return TokenMean(dims=listed, keep=bool(a.get("keepdim", False)))


def _softmax(node: fx.Node, a: dict[str, Any]) -> Op:
    if a.get("dtype") is not None or a.get("dim") is None:
        raise refuse(node, "softmax without dim, or in another type")
    return RowSoftmax(dim=a["dim"])


def _multiply(node: fx.Node, a: dict[str, Any]) -> Op:
    """A product with a number; with a tensor that no input changes, the plan finds out what it is."""
    numbers = [arg for arg in (*node.args, *node.kwargs.values()) if not isinstance(arg, fx.Node)]
    fixed = [constant_of(arg) for arg in node.args]
    if "out" in a or len(node.args) + len(node.kwargs) != 2:
        raise refuse(node, "a product with options")
    if len(numbers) == 1 and isinstance(numbers[0], (int, float)):
        return Scaled(factor=float(numbers[0]))
    if sum(held is not None for held in fixed) == 1:
        held = next(held for held in fixed if held is not None)
        return Scaled(factor=float(held) if held.numel() == 1 else None)
    raise refuse(node, "a product of two activations, element by element")


def _divide(node: fx.Node, a: dict[str, Any]) -> Op:
    other = a.get("other")
    held = constant_of(other)
    if held is not None and held.numel() == 1:
        other = float(held)
    if not isinstance(other, (int, float)) or other == 0 or a.get("rounding_mode") is not None:
        raise refuse(node, "a quotient that is not by a number")
    return Scaled(factor=1.0 / float(other))


def _attention(node: fx.Node, a: dict[str, Any]) -> Op:
    if a.get("attn_mask") is not None:
        raise refuse(node, "attention with a mask")
    if a.get("is_causal"):
        raise refuse(node, "causal attention")
    if a.get("dropout_p"):
        raise refuse(node, "dropout that is active at inference")
    if a.get("enable_gqa"):
        raise refuse(node, "attention with enable_gqa")
    scale = a.get("scale")
    return DotProductAttention(factor=None if scale is None else float(scale))


def _function(name: str) -> Describe:
    return lambda node, a: Tabulated(function=name)


def _gelu(node: fx.Node, a: dict[str, Any]) -> Op:
    return Tabulated(function="gelu_tanh" if a.get("approximate", "none") == "tanh" else "gelu")


TOKEN_CALLS: dict[Any, tuple[str, Describe]] = {
    operator.matmul: ("other", lambda node, a: Product()),
    torch.matmul: ("other", lambda node, a: Product()),
    torch.bmm: ("mat2", lambda node, a: Product()),
    "matmul": ("other", lambda node, a: Product()),
    "bmm": ("mat2", lambda node, a: Product()),
    F.softmax: ("dim _stacklevel dtype", _softmax),
    torch.softmax: ("dim dtype", _softmax),
    "softmax": ("dim dtype", _softmax),
    operator.mul: ("other", _multiply),
    operator.imul: ("other", _multiply),
    torch.mul: ("other", _multiply),
    "mul": ("other", _multiply),
    "mul_": ("other", _multiply),
    operator.truediv: ("other", _divide),
    operator.itruediv: ("other", _divide),
    torch.div: ("other rounding_mode", _divide),
    "div": ("other rounding_mode", _divide),
    F.scaled_dot_product_attention: ("key value attn_mask dropout_p is_causal scale enable_gqa", _attention),
    F.gelu: ("approximate", _gelu),
    F.silu: ("inplace", _function("silu")),
    torch.tanh: ("", _function("tanh")),
    torch.sigmoid: ("", _function("sigmoid")),
    F.tanh: ("", _function("tanh")),
    F.sigmoid: ("", _function("sigmoid")),
    F.hardswish: ("inplace", _function("hardswish")),
    F.hardsigmoid: ("inplace", _function("hardsigmoid")),
    "tanh": ("", _function("tanh")),
    "sigmoid": ("", _function("sigmoid")),
    torch.permute: ("dims", _order),
    "permute": ("dims", _order),
    torch.transpose: ("dim0 dim1", _swap),
    torch.swapaxes: ("axis0 axis1", _swap),
    "transpose": ("dim0 dim1", _swap),
    "swapaxes": ("axis0 axis1", _swap),
    torch.reshape: ("", _reshape),
    torch.flatten: ("", _reshape),
    torch.unflatten: ("", _reshape),
    torch.squeeze: ("", _reshape),
    torch.unsqueeze: ("", _reshape),
    "view": ("", _reshape),
    "reshape": ("", _reshape),
    "flatten": ("", _reshape),
    "unflatten": ("", _reshape),
    "squeeze": ("", _reshape),
    "unsqueeze": ("", _reshape),
    "contiguous": ("memory_format", lambda node, a: Identity()),
    torch.unbind: ("dim", _unbind),
    "unbind": ("dim", _unbind),
    torch.chunk: ("chunks dim", _split),
    torch.split: ("split_size_or_sections dim", _split),
    "chunk": ("chunks dim", _split),
    "split": ("split_size dim", _split),
    torch.select: ("dim index", _select),
    "select": ("dim index", _select),
    operator.getitem: ("index", _item),
    torch.mean: ("dim keepdim dtype", _mean),
    "mean": ("dim keepdim dtype", _mean),
}
"""Functions and methods, with the names of their positional arguments after the tensor."""


def _layer_norm(node: fx.Node, m: nn.LayerNorm) -> Op:
    if len(m.normalized_shape) != 1:
        raise refuse(node, f"LayerNorm over {len(m.normalized_shape)} axes; one is supported")
    return RowNormalisation(module=m)


def _running(node: fx.Node, m: RunningNorm) -> Op:
    if not int(m.batches):
        raise refuse(node, "running statistics that no batch has set; train the model, or see with_running_norm")
    return RunningNormalisation(module=m)


def _multi_head(node: fx.Node, m: nn.MultiheadAttention) -> Op:
    check_multi_head(node, m)
    a = bound(node, "key value key_padding_mask need_weights attn_mask average_attn_weights is_causal")
    _no_masks(node, a, ("key_padding_mask", "attn_mask"))
    return MultiHead(module=m)


def _no_masks(node: fx.Node, a: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if a.get(name) is not None:
            raise refuse(node, f"attention with a mask ({name})")
    if a.get("is_causal"):
        raise refuse(node, "causal attention")


def check_multi_head(node: fx.Node, m: nn.MultiheadAttention) -> None:
    """Refuse what nn.MultiheadAttention may have and the chip has not; the message names the node."""
    if not m._qkv_same_embed_dim:
        raise refuse(node, "MultiheadAttention with kdim or vdim")
    if m.bias_k is not None or m.add_zero_attn:
        raise refuse(node, "MultiheadAttention with add_bias_kv or add_zero_attn")


def _check_encoder_layer(node: fx.Node, m: nn.TransformerEncoderLayer) -> None:
    check_multi_head(node, m.self_attn)
    if activation_of(m) is None:
        raise refuse(node, f"TransformerEncoderLayer with activation {m.activation!r}; relu or gelu is supported")


def activation_of(m: nn.TransformerEncoderLayer) -> str | None:
    """The name of the function between the two linear layers: relu, gelu, gelu_tanh; None for any other."""
    function = m.activation
    if function in (F.relu, torch.relu) or type(function) is nn.ReLU:
        return "relu"
    if function is F.gelu or (type(function) is nn.GELU and function.approximate == "none"):
        return "gelu"
    return "gelu_tanh" if type(function) is nn.GELU else None


def _encoder_layer(node: fx.Node, m: nn.TransformerEncoderLayer) -> Op:
    _check_encoder_layer(node, m)
    _no_masks(node, bound(node, "src_mask src_key_padding_mask is_causal"), ("src_mask", "src_key_padding_mask"))
    return EncoderLayers(layers=(m,))


def _encoder(node: fx.Node, m: nn.TransformerEncoder) -> Op:
    _no_masks(node, bound(node, "mask src_key_padding_mask is_causal"), ("mask", "src_key_padding_mask"))
    layers = tuple(m.layers)
    for layer in layers:
        if type(layer) is not nn.TransformerEncoderLayer:
            raise refuse(node, f"no integer form of {type(layer).__name__} is known")
        _check_encoder_layer(node, layer)
    if m.norm is not None and type(m.norm) is not nn.LayerNorm:
        raise refuse(node, f"no integer form of {type(m.norm).__name__} is known")
    return EncoderLayers(layers=layers, norm=m.norm)


TOKEN_MODULES: dict[type[nn.Module], Callable[[fx.Node, Any], Op]] = {
    nn.LayerNorm: _layer_norm,
    RunningNorm: _running,
    nn.Softmax: lambda node, m: _softmax(node, {"dim": m.dim}),
    nn.GELU: lambda node, m: _gelu(node, {"approximate": m.approximate}),
    nn.SiLU: lambda node, m: Tabulated(function="silu"),
    nn.Tanh: lambda node, m: Tabulated(function="tanh"),
    nn.Sigmoid: lambda node, m: Tabulated(function="sigmoid"),
    nn.Hardswish: lambda node, m: Tabulated(function="hardswish"),
    nn.Hardsigmoid: lambda node, m: Tabulated(function="hardsigmoid"),
    nn.Dropout1d: lambda node, m: Identity(),
    nn.Flatten: _reshape,
    nn.Unflatten: _reshape,
    nn.MultiheadAttention: _multi_head,
    nn.TransformerEncoderLayer: _encoder_layer,
    nn.TransformerEncoder: _encoder,
}
"""Modules by exact type."""
