"""Stranger: onnxruntime's integer operators, ConvInteger, MatMulInteger and MaxPool on 8-bit operands.

Both operands go in unsigned, a signed one as v + 128 with its zero point moved by 128: v - zp stays the same. Mixed
signs are not used: on processors without a dot-product instruction onnxruntime adds pairs of u8·s8 products in 16 bits
that saturate. ConvInteger pads with the zero point of x, as golden does. Its sums are int32: K ≤ 2700 gives at most
2700·255·255 < 2^31.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from oracle import draw
from oracle.check import LAYER, Batch, Check, elementwise
from oracle.layers import (
    BYTE,
    WEIGHT,
    batched_shape,
    conv_layer,
    dot_inputs,
    pool_layer,
    product_shape,
)
from oracle.onnx_node import VERSION, run_node
from t2c.golden.arithmetic import conv, linear, pooling
from t2c.golden.arithmetic.window import Window

OFFSET = 128
Unsigned = npt.NDArray[np.uint8]


def unsigned(values: Any, offset: int = 0) -> Unsigned:
    """Return values + offset as uint8.

    Raises:
        ValueError: one lies outside 0..255.
    """
    moved = np.asarray(values) + offset
    if moved.size and not 0 <= int(moved.min()) <= int(moved.max()) <= 255:
        raise ValueError(f"values {moved.min()}..{moved.max()} are outside 0..255")
    return moved.astype(np.uint8)


def operand(rng: np.random.Generator) -> tuple[tuple[int, int], int]:
    """Draw a sign: the range of an 8-bit operand, and what brings it to uint8."""
    return (BYTE, 0) if rng.random() < 0.5 else (WEIGHT, OFFSET)


def geometry(window: Window) -> dict[str, Any]:
    """Return the attributes that Conv and pooling share."""
    return {
        "strides": list(window.stride),
        "pads": [side for ends in zip(*window.pads, strict=True) for side in ends],
        "dilations": list(window.dilation),
    }


def conv_integer(rng: np.random.Generator) -> Iterator[Batch]:
    """conv2d with stride, padding, dilation, groups and zero points; K to 2700."""
    while True:
        bounds, offset = operand(rng)
        layer = conv_layer(rng, x=bounds)
        inputs = {
            "x": unsigned(layer.x, offset),
            "w": unsigned(layer.w, OFFSET),
            "x_zp": unsigned(layer.zero_point, offset),
            "w_zp": unsigned(OFFSET),
        }
        acc = run_node(
            "ConvInteger", inputs, np.int32, constants=("w", "w_zp"), group=layer.groups, **geometry(layer.window)
        )
        golden = conv.conv2d(layer.x, layer.w, window=layer.window, groups=layer.groups, zero_point=layer.zero_point)
        yield Batch(golden, acc, layer.inputs)


def matmul_linear(rng: np.random.Generator) -> Iterator[Batch]:
    """linear, K to 2700."""
    while True:
        bounds, offset = operand(rng)
        rows, depth, outputs = product_shape(rng)
        x = draw.operand(rng, *bounds, (rows, depth))
        w = draw.operand(rng, *WEIGHT, (outputs, depth))
        zp = int(draw.integers(rng, *bounds, 1)[0])
        inputs = {
            "a": unsigned(x, offset),
            "b": unsigned(w.T, OFFSET),
            "a_zp": unsigned(zp, offset),
            "b_zp": unsigned(OFFSET),
        }
        acc = run_node("MatMulInteger", inputs, np.int32, constants=("b", "b_zp"))
        yield Batch(linear.linear(x, w, zero_point=zp), acc, dot_inputs(x, w, zp=zp))


def matmul_batched(rng: np.random.Generator) -> Iterator[Batch]:
    """matmul of two activations with a zero point each, over one or two leading axes."""
    while True:
        (a_bounds, a_offset), (b_bounds, b_offset) = operand(rng), operand(rng)
        lead, (rows, depth, columns) = batched_shape(rng)
        a = draw.operand(rng, *a_bounds, (*lead, rows, depth))
        b = draw.operand(rng, *b_bounds, (*lead, depth, columns))
        za, zb = int(draw.integers(rng, *a_bounds, 1)[0]), int(draw.integers(rng, *b_bounds, 1)[0])
        inputs = {
            "a": unsigned(a, a_offset),
            "b": unsigned(b, b_offset),
            "a_zp": unsigned(za, a_offset),
            "b_zp": unsigned(zb, b_offset),
        }
        golden = linear.matmul(a, b, zero_point_a=za, zero_point_b=zb)
        explain = dot_inputs(a, np.swapaxes(b, -1, -2), zp_a=za, zp_b=zb)
        yield Batch(golden, run_node("MatMulInteger", inputs, np.int32), explain)


def every_product(_: np.random.Generator) -> Iterator[Batch]:
    """Every (x - zp)·w of 8-bit x, zp and w: an outer product for each zp, unsigned x and then signed."""
    w = np.arange(WEIGHT[0], WEIGHT[1] + 1)
    for zp in range(256):
        for offset in (0, OFFSET):
            x = np.arange(256) - offset
            inputs = {
                "a": unsigned(x[:, None], offset),
                "b": unsigned(w[None, :], OFFSET),
                "a_zp": unsigned(zp),
                "b_zp": unsigned(OFFSET),
            }
            golden = linear.linear(x[:, None], w[:, None], zero_point=zp - offset)
            explain = elementwise(x=x[:, None], w=w, zp=zp - offset)
            yield Batch(golden, run_node("MatMulInteger", inputs, np.int32), explain)


def max_pool(rng: np.random.Generator) -> Iterator[Batch]:
    """Max pooling of int8 and uint8 with stride, padding and dilation."""
    while True:
        bounds, _ = operand(rng)
        layer = pool_layer(rng, x=bounds, dilation=3)
        kind = np.uint8 if bounds == BYTE else np.int8
        best = run_node(
            "MaxPool", {"x": layer.x.astype(kind)}, kind, kernel_shape=layer.window.kernel, **geometry(layer.window)
        )
        yield Batch(pooling.max_pool2d(layer.x, layer.window), best, layer.inputs)


CHECKS = (
    Check(
        name="conv2d/onnxruntime",
        stranger=f"{VERSION} ConvInteger",
        domain="8 bits; stride, padding, dilation, groups, zero point",
        batches=conv_integer,
        most=LAYER,
    ),
    Check(
        name="linear/onnxruntime",
        stranger=f"{VERSION} MatMulInteger",
        domain="8 bits, K ≤ 8200, zero point",
        batches=matmul_linear,
        most=LAYER,
    ),
    Check(
        name="linear/onnxruntime-every-product",
        stranger=f"{VERSION} MatMulInteger",
        domain="all 8-bit x, zp, w; x of both signs",
        batches=every_product,
        exhaustive=True,
    ),
    Check(
        name="matmul/onnxruntime",
        stranger=f"{VERSION} MatMulInteger",
        domain="8 bits of any sign, two zero points",
        batches=matmul_batched,
        most=LAYER,
    ),
    Check(
        name="max_pool2d/onnxruntime",
        stranger=f"{VERSION} MaxPool",
        domain="8 bits; stride, padding, dilation",
        batches=max_pool,
        most=LAYER,
    ),
)
