"""BATCH_MATMUL of two activations: a matmul of golden; LiteRT's kernel rounds as its convolutions do."""

from __future__ import annotations

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.requantise import requantise
from t2c.importing.rule import Reach
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.edges import reshaped, transposed
from t2c.importing.tflite.multiplier import LiteRtRule, quantized_multiplier
from t2c.importing.tflite.placed import format_of, zero_point
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor
from t2c.importing.tflite.views import in_source_order, place_in_source_order
from t2c.importing.tflite.weighted import product_in_float32, refuse_overflow, refuse_shift


@OPERATORS("BATCH_MATMUL")
def batch_matmul(conversion: Conversion, op: TfliteOperator) -> None:
    """(..., M, K) times (..., K, O), either turned round; the axes before are the same."""
    if len(op.inputs) != 2:
        raise RefusedError([f"{op.label}: {len(op.inputs)} inputs; two are wanted"])
    sides, shapes, ends, name = [], [], [], node_name(op)
    for position, what in enumerate(("AdjX", "AdjY")):
        tensor, placed = conversion.source(op, position)
        if len(tensor.shape) < 2:
            raise RefusedError([f"{op.label}: {tensor.label} has shape {tensor.shape}; two axes or more are wanted"])
        edge = in_source_order(conversion, f"{name}_in{position}", tensor, placed)
        edge = reshaped(conversion, f"{name}_whole{position}", edge, tensor.shape)
        shape = tensor.shape
        if op.options[what]:
            axes = (*range(len(shape) - 2), len(shape) - 1, len(shape) - 2)
            edge, shape = transposed(conversion, f"{name}_turned{position}", edge, axes), tuple(shape[i] for i in axes)
        sides.append((tensor, edge))
        shapes.append(shape)
        ends.append((placed.lo - zero_point(tensor), placed.hi - zero_point(tensor)))
    (left, right), (a, b) = shapes, sides
    if left[:-2] != right[:-2] or left[-1] != right[-2] or a[0].type != b[0].type:
        raise RefusedError([f"{op.label}: {a[0].label} of shape {left} and {b[0].label} of shape {right}"])
    output = conversion.target(op, (*left[:-1], right[-1]), a[0].type)
    rule = _rule(op, (a[0], b[0]), output)
    corners = [p * q * left[-1] for p in ends[0] for q in ends[1]]
    reach = Reach(lo=np.array([min(*corners, 0)]), hi=np.array([max(*corners, 0)]))
    refuse_overflow(op, output, rule, reach)
    done = requantise(
        rule, reach, zero_point=rule.zero_point, lo=rule.lo, hi=rule.hi, source=rule.constants(), place=op.label
    )
    made = f"{name}_products"
    conversion.builder.edge(conversion.spec(output, made, output.shape))
    conversion.node("matmul", made, (a[1], b[1]), made, done.constants, mulquant=done.constants.mulquant)
    place_in_source_order(conversion, name, output, made, lo=rule.lo, hi=rule.hi)
    conversion.report(op, made, done.exactness, macs=int(np.prod(output.shape)) * left[-1])


def _rule(op: TfliteOperator, given: tuple[TfliteTensor, TfliteTensor], output: TfliteTensor) -> LiteRtRule:
    """Source: `Prepare` of LiteRT's batch_matmul kernel: scales are multiplied in float32, then divided in double."""
    product = product_in_float32(given[0].scales[0], given[1].scales[0])
    m, e = quantized_multiplier(product / output.scales[0])
    refuse_shift(op, output, e)
    fmt = format_of(output)
    return LiteRtRule.of_tensor(m, e, zero_point=zero_point(output), lo=fmt.lo, hi=fmt.hi)
