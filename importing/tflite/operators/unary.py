"""Operators of one element as tables of all 256 inputs: LOGISTIC, TANH, HARD_SWISH, RELU, RELU6, QUANTIZE."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.pointwise import PointwiseTable
from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.activation import quantised
from t2c.importing.tflite.conversion import INPUT, INT8_HI, INT8_LO, OPERATORS, Conversion, node_name, zero_point
from t2c.importing.tflite.hard_swish import hard_swish_values
from t2c.importing.tflite.multiplier import quantized_multiplier, twice
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor

_ALL = np.arange(INT8_LO, INT8_HI + 1, dtype=np.int64)

FloatArray = npt.NDArray[np.floating]
Values = Callable[[TfliteTensor, TfliteTensor], IntArray]


def _tabulate(conversion: Conversion, op: TfliteOperator, values: Values) -> None:
    """Add an operator whose output is `values` of its input and output for all inputs, -128 .. 127."""
    given, placed = conversion.source(op, 0)
    if any(placed.pads):
        raise RefusedError([f"{op.label}: {given.label} is padded, which only a convolution after it can take"])
    output, name = conversion.target(op, given.shape), node_name(op)
    results = values(given, output)
    reached = results[placed.lo - INT8_LO : placed.hi - INT8_LO + 1]
    by_pattern = np.roll(results, -INT8_LO)  # entry k is for the bit pattern k: 0 .. 127, -128 .. -1
    table = PointwiseTable(entries=by_pattern, output=IntFormat(bits=8, signed=True))
    conversion.node("pointwise", name, (placed.edge,), name, pointwise=table)
    conversion.place(output, name, shape=placed.shape, order=placed.order, lo=int(reached.min()), hi=int(reached.max()))
    conversion.report(op, name, Exactness(grade=Grade.TABLE, reachable=reached.size))


def _looked_up(given: TfliteTensor, output: TfliteTensor, function: Callable[[FloatArray], FloatArray]) -> IntArray:
    """A real function by LiteRT's own table, in float32: round(f(scale · (x - zp)) / output scale) + zp.

    Source: `PopulateLookupTable` of LiteRT; halves are rounded away from zero.
    """
    x = np.float32(given.scales[0]) * (_ALL - zero_point(given)).astype(np.float32)
    steps = function(x.astype(np.float64)).astype(np.float32) * (np.float32(1) / np.float32(output.scales[0]))
    rounded = np.copysign(np.floor(np.abs(steps) + np.float32(0.5)), steps).astype(np.int64)
    clipped: IntArray = np.clip(rounded + zero_point(output), INT8_LO, INT8_HI)
    return clipped


def _require_output(op: TfliteOperator, output: TfliteTensor, scale: float, zero: int) -> None:
    if (output.scales[0], zero_point(output)) != (scale, zero):
        raise RefusedError([f"{op.label}: {output.label} has scale {output.scales[0]}, not {scale} with {zero}"])


@OPERATORS("LOGISTIC")
def logistic_operator(conversion: Conversion, op: TfliteOperator) -> None:
    """1 / (1 + exp(-x)) of scale 1/256 and zero point -128."""

    def values(given: TfliteTensor, output: TfliteTensor) -> IntArray:
        _require_output(op, output, 1 / 256, -128)
        return _looked_up(given, output, lambda x: 1 / (1 + np.exp(np.minimum(-x, 700.0))))

    _tabulate(conversion, op, values)


@OPERATORS("TANH")
def tanh_operator(conversion: Conversion, op: TfliteOperator) -> None:
    """Hyperbolic tangent of scale 1/128 and zero point 0."""

    def values(given: TfliteTensor, output: TfliteTensor) -> IntArray:
        _require_output(op, output, 1 / 128, 0)
        return _looked_up(given, output, np.tanh)

    _tabulate(conversion, op, values)


@OPERATORS("QUANTIZE")
def quantize(conversion: Conversion, op: TfliteOperator) -> None:
    """Of real inputs the host's, with which the network begins; of integers a requantisation."""
    if op.inputs and conversion.quantises(op.inputs[0]):
        conversion.place(conversion.target(op, conversion.model.tensors[op.inputs[0]].shape), INPUT)
        conversion.report(op, "", Exactness(grade=Grade.HOST))
        return

    def values(given: TfliteTensor, output: TfliteTensor) -> IntArray:
        m, e = quantized_multiplier(given.scales[0] / output.scales[0])
        if e > 22:
            raise RefusedError([f"{op.label}: {output.label}: its scale is too small for LiteRT"])
        scaled = twice(_ALL - zero_point(given), np.array(m), np.array(e)) + zero_point(output)
        return np.clip(scaled, INT8_LO, INT8_HI)

    _tabulate(conversion, op, values)


@OPERATORS("DEQUANTIZE")
def dequantize(conversion: Conversion, op: TfliteOperator) -> None:
    """At the end: real results are the host's."""
    given, _ = conversion.source(op, 0)
    if conversion.model.outputs != op.outputs:
        raise RefusedError([f"{op.label}: real numbers in the middle of the network"])
    if conversion.host is None:
        conversion.host = given.index
    conversion.report(op, "", Exactness(grade=Grade.HOST))


@OPERATORS("HARD_SWISH")
def hard_swish(conversion: Conversion, op: TfliteOperator) -> None:
    """x · relu6(x + 3) / 6."""

    def values(given: TfliteTensor, output: TfliteTensor) -> IntArray:
        found = hard_swish_values(_ALL - zero_point(given), given.scales[0], output.scales[0])
        if found is None:
            raise RefusedError([f"{op.label}: {output.label}: its scale is too small for LiteRT"])
        return np.clip(found + zero_point(output), INT8_LO, INT8_HI)

    _tabulate(conversion, op, values)


def _relu(conversion: Conversion, op: TfliteOperator, most: float | None) -> None:
    """Requantised and clipped at real 0 and `most`; source: `ReluPrepare` and `QuantizedReluX` of LiteRT."""

    def values(given: TfliteTensor, output: TfliteTensor) -> IntArray:
        m, e = quantized_multiplier(float(np.float32(given.scales[0]) / np.float32(output.scales[0])))
        if e > 22:
            raise RefusedError([f"{op.label}: {output.label}: its scale is too small for LiteRT"])
        scaled = twice(_ALL - zero_point(given), np.array(m), np.array(e)) + zero_point(output)
        hi = INT8_HI if most is None else min(INT8_HI, quantised(most, output))
        return np.clip(scaled, max(INT8_LO, zero_point(output)), hi)

    _tabulate(conversion, op, values)


@OPERATORS("RELU")
def relu(conversion: Conversion, op: TfliteOperator) -> None:
    """max(x, 0)."""
    _relu(conversion, op, None)


@OPERATORS("RELU6")
def relu6(conversion: Conversion, op: TfliteOperator) -> None:
    """min(max(x, 0), 6)."""
    _relu(conversion, op, 6.0)
