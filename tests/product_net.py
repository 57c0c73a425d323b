"""Small packages with products of two activations: attention without what lies between them, and single products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.matmul import Matmul
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice
from t2c.golden.nodes.transpose import Transpose
from tests.core_net import Net


def edge(name: str, zero_point: int = 0, *, bits: int = 8, signed: bool = True) -> TensorSpec:
    """A tensor whose shape its node gives."""
    return TensorSpec(name=name, shape=(1,), bits=bits, signed=signed, zero_point=zero_point)


def conv(made: Net, name: str, source: str, channels: int, **reading: Any) -> None:
    """A layer on every token."""
    inner = made.edges[source].shape[0]
    made.node(Conv2d, edge(name, **reading), source, **made.weight(8, channels, inner, 1, 1))


def attention_package(
    *,
    heads: int = 2,
    depth: int = 8,
    tokens: int = 9,
    channels: int = 6,
    zero_point: int = -5,
    fused: bool = True,
    whole: bool = False,
    key: Mapping[str, Any] | None = None,
    seed: int = 1,
) -> Package:
    """q·kᵀ, which keeps its heads apart, by v, whose heads a convolution joins.

    Args:
        heads, depth, tokens: of the attention.
        channels: of the input.
        zero_point: of the scores; of q as well, unless fused.
        fused: q, k and v are slices of one tensor.
        whole: another layer reads that tensor whole.
        key: format of k, unless fused.
        seed: of everything else.
    """
    x = TensorSpec(name="x", shape=(channels, tokens, 1), bits=8, signed=False, zero_point=7)
    made, width = Net(x, 2, seed), heads * depth
    if fused:
        conv(made, "qkv", "x", 3 * width)
    if whole:
        conv(made, "other", "qkv", 4)
    for place, name in enumerate("qkv"):
        if fused:
            made.node(Slice, edge(f"{name}_part"), "qkv", axis=0, start=place * width, length=width)
        else:
            reading = {"q": {"zero_point": zero_point}, "k": key or {}}.get(name, {})
            conv(made, f"{name}_part", "x", width, **reading)
        made.node(Reshape, edge(f"{name}_heads"), f"{name}_part", shape=(heads, depth, tokens))
    for name in "qv":
        made.node(Transpose, edge(name), f"{name}_heads", axes=(0, 2, 1))
    made.node(Matmul, edge("scores", zero_point), "q", "k_heads")
    made.node(Matmul, edge("mixed", 3), "scores", "v")
    made.node(Transpose, edge("turned"), "mixed", axes=(0, 2, 1))
    made.node(Reshape, edge("joined"), "turned", shape=(width, tokens, 1))
    conv(made, "y", "joined", 5)
    return made.package("attention")


def product_package(heads: tuple[int, ...], tokens: int, inner: int, columns: int, **fields: Any) -> Package:
    """One product (*heads, tokens, inner) x (*heads, inner, columns), node y, of two parts of the input."""
    shape, axis = (*heads, max(tokens, inner), max(inner, columns)), len(heads)
    made = Net(TensorSpec(name="x", shape=shape, bits=8, signed=True), 2, 5)
    for name, height, width in (("a", tokens, inner), ("b", inner, columns)):
        made.node(Slice, edge(f"{name}_rows"), "x", axis=axis, start=0, length=height)
        made.node(Slice, edge(name), f"{name}_rows", axis=axis + 1, start=0, length=width)
    made.node(Matmul, edge("y", 4), "a", "b", **fields)
    return made.package("product")
