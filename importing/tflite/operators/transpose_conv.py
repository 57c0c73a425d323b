"""TRANSPOSE_CONV: a convolution of the input with zero points between its pixels; LiteRT's kernel rounds twice."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.window import MAX_EXTENT
from t2c.golden.graph.operand import ConstantOperand
from t2c.importing.errors import RefusedError
from t2c.importing.parts import in_parts
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.edges import part, reshaped
from t2c.importing.tflite.operators.convolution import repeated
from t2c.importing.tflite.placed import format_of, zero_point
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor
from t2c.importing.tflite.weighted import parameters, product_in_double, product_in_float32, requantised, scales_of
from t2c.importing.tflite.window import SAME, VALID

NAMES = ("StrideH", "StrideW")


@OPERATORS("TRANSPOSE_CONV")
def transpose_conv(conversion: Conversion, op: TfliteOperator) -> None:
    """weight: (O, KH, KW, C); inputs: the output's shape, weights, input, bias.

    With s - 1 zeros behind each, pixel y of the output is the sum over j of D[y + before - (K - 1) + j] w[K - 1 - j]:
    a convolution with the kernel turned round.
    """
    if not 3 <= len(op.inputs) <= 4:
        raise RefusedError([f"{op.label}: {len(op.inputs)} inputs; shape, weights, activation and bias are wanted"])
    turned = replace(op, inputs=(op.inputs[2], op.inputs[1], *op.inputs[3:]))
    held = parameters(conversion, turned, 4, 0)
    given, placed = conversion.map_source(turned)
    out, *kernel, channels = held.values.shape
    if channels != placed.shape[0]:
        raise RefusedError(
            [f"{op.label}: {held.weight.label} of shape {held.weight.shape} for {placed.shape[0]} channels"]
        )
    shape = tuple(conversion.numbers(op, 0))
    stride = [int(op.options[name]) for name in NAMES]
    if (
        len(shape) != 4
        or shape[0] != 1
        or shape[3] != out
        or not all(1 <= n <= MAX_EXTENT for n in (*shape[1:3], *stride))
    ):
        raise RefusedError([f"{op.label}: an output of {shape} with strides {stride}"])
    output, name = conversion.target(op, shape, given.type), node_name(op)
    edge, sides = placed.edge, []
    for axis in range(2):
        before, after = _sides(op, placed.shape[1 + axis], shape[1 + axis], kernel[axis], stride[axis])
        edge = _apart(conversion, f"{name}_{axis}", given, edge, 1 + axis, stride[axis])
        if after < 0:
            edge = part(
                conversion, f"{name}_{axis}_cut", edge, 1 + axis, 0, conversion.shape_of(edge)[1 + axis] + after
            )
        sides += [before, max(after, 0)]
    product = product_in_float32 if given.type == "UINT8" else product_in_double
    scales = [product(given.scales[0], scale) / output.scales[0] for scale in scales_of(held.weight, out)]
    weight = held.values[:, ::-1, ::-1].transpose(0, 3, 1, 2)
    done, lo, hi = requantised(op, placed, (given, output), weight, held.bias, scales)
    parts = in_parts(weight)
    conversion.node(
        "conv2d",
        name,
        (repeated(conversion, f"{name}_again", edge, 1, len(parts)),),
        name,
        done.constants,
        padding=tuple(sides),
        weight=np.concatenate(parts, axis=1),
        weight_bits=8,
        mulquant=done.constants.mulquant,
    )
    conversion.place(output, name, lo=lo, hi=hi)
    conversion.report(op, name, done.exactness, weights=held.weight, macs=math.prod(placed.shape[1:]) * weight.size)


def _sides(op: TfliteOperator, size: int, wanted: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and behind the input that is apart; less than none behind it cuts it."""
    mode = int(op.options["Padding"])
    if mode not in (SAME, VALID):
        raise RefusedError([f"{op.label}: padding {mode} is neither SAME nor VALID"])
    count = -(-wanted // stride) if mode == SAME else (wanted + stride - kernel) // stride
    total = max((count - 1) * stride + kernel - wanted, 0) if mode == SAME else 0
    before = kernel - 1 - total // 2
    after = wanted + total // 2 - size * stride
    if before < 0 or count != size or -after >= stride or kernel > MAX_EXTENT or max(before, after) > MAX_EXTENT:
        raise RefusedError([f"{op.label}: {size} pixels do not become {wanted} with a kernel of {kernel}"])
    return before, after


def _apart(conversion: Conversion, name: str, given: TfliteTensor, edge: str, axis: int, stride: int) -> str:
    """A map with stride - 1 zero points behind every pixel along an axis."""
    if stride == 1:
        return edge
    shape = conversion.shape_of(edge)
    wide = (*shape[: axis + 1], 1, *shape[axis + 1 :])
    single, made = reshaped(conversion, f"{name}_one", edge, wide), f"{name}_apart"
    zeros = np.full((*wide[: axis + 1], stride - 1, *wide[axis + 2 :]), zero_point(given), np.int64)
    constant = ConstantOperand(values=zeros, format=format_of(given))
    conversion.builder.edge(conversion.spec(given, made, (*wide[: axis + 1], stride, *wide[axis + 2 :])))
    conversion.node("concat_constant", made, (single,), made, axis=axis + 1, first=False, constant=constant)
    return reshaped(conversion, f"{name}_map", made, (*shape[:axis], shape[axis] * stride, *shape[axis + 1 :]))
