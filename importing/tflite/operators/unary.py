"""Operators of one element as tables of all 256 inputs: LOGISTIC, TANH, HARD_SWISH, RELU, RELU6, QUANTIZE."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.activation import quantised
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.edges import tabulated
from t2c.importing.tflite.hard_swish import hard_swish_values
from t2c.importing.tflite.host import HostTable, host
from t2c.importing.tflite.multiplier import quantized_multiplier, twice
from t2c.importing.tflite.placed import every_integer, format_of, zero_point
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor

FloatArray = npt.NDArray[np.floating]
Values = Callable[[TfliteTensor, TfliteTensor], IntArray]


def _tabulate(conversion: Conversion, op: TfliteOperator, values: Values, *, requantises: bool = False) -> None:
    """Add an operator whose output is `values` of its input and output for all inputs, the least first.

    requantises: the output may be of another type than the input.
    """
    given, placed = conversion.source(op, 0)
    output, name = conversion.target(op, given.shape, "" if requantises else given.type), node_name(op)
    results, least = values(given, output), format_of(given).lo
    reached = results[placed.lo - least : placed.hi - least + 1]
    tabulated(conversion, name, placed.edge, results, conversion.spec(output, name, placed.shape))
    conversion.place(output, name, like=placed, lo=int(reached.min()), hi=int(reached.max()))
    conversion.report(op, name, Exactness(grade=Grade.TABLE, reachable=reached.size))


def _looked_up(given: TfliteTensor, output: TfliteTensor, function: Callable[[FloatArray], FloatArray]) -> IntArray:
    """A real function by LiteRT's own table, in float32: round(f(scale · (x - zp)) / output scale) + zp.

    Source: `PopulateLookupTable` of LiteRT; halves are rounded away from zero.
    """
    x = np.float32(given.scales[0]) * (every_integer(given) - zero_point(given)).astype(np.float32)
    steps = function(x.astype(np.float64)).astype(np.float32) * (np.float32(1) / np.float32(output.scales[0]))
    rounded = np.copysign(np.floor(np.abs(steps) + np.float32(0.5)), steps).astype(np.int64)
    return _clipped(rounded, output)


def _clipped(steps: IntArray, output: TfliteTensor) -> IntArray:
    fmt = format_of(output)
    clipped: IntArray = np.clip(steps + zero_point(output), fmt.lo, fmt.hi)
    return clipped


def _scaled(op: TfliteOperator, given: TfliteTensor, output: TfliteTensor, scale: float) -> IntArray:
    """Every input times a scale, rounded twice, before the output's zero point."""
    m, e = quantized_multiplier(scale)
    if e > 22:
        raise RefusedError([f"{op.label}: {output.label}: its scale is too small for LiteRT"])
    return twice(every_integer(given) - zero_point(given), np.array(m), np.array(e))


def _require_output(op: TfliteOperator, output: TfliteTensor, scale: float, zero: int) -> None:
    if (output.scales[0], zero_point(output)) != (scale, zero):
        raise RefusedError([f"{op.label}: {output.label} has scale {output.scales[0]}, not {scale} with {zero}"])


@OPERATORS("LOGISTIC")
def logistic_operator(conversion: Conversion, op: TfliteOperator) -> None:
    """1 / (1 + exp(-x)) of scale 1/256 and the least integer as zero point."""

    def values(given: TfliteTensor, output: TfliteTensor) -> IntArray:
        _require_output(op, output, 1 / 256, format_of(output).lo)
        return _looked_up(given, output, lambda x: 1 / (1 + np.exp(np.minimum(-x, 700.0))))

    _tabulate(conversion, op, values)


@OPERATORS("TANH")
def tanh_operator(conversion: Conversion, op: TfliteOperator) -> None:
    """Hyperbolic tangent of scale 1/128 and the middle as zero point."""

    def values(given: TfliteTensor, output: TfliteTensor) -> IntArray:
        _require_output(op, output, 1 / 128, format_of(output).lo + 128)
        return _looked_up(given, output, np.tanh)

    _tabulate(conversion, op, values)


@OPERATORS("QUANTIZE")
def quantize(conversion: Conversion, op: TfliteOperator) -> None:
    """Of real inputs the host's, with which the network begins; of integers a requantisation, of results the host's."""
    if op.inputs and op.outputs and op.outputs[0] in conversion.placed:
        conversion.report(op, "", Exactness(grade=Grade.HOST))
        return

    def values(given: TfliteTensor, output: TfliteTensor) -> IntArray:
        """Source: `EvalImpl` of LiteRT's quantize kernel: equal scales move by the zero points, with the same result"""
        return _clipped(_scaled(op, given, output, given.scales[0] / output.scales[0]), output)

    if op.inputs and op.inputs[0] in conversion.hosted:
        given = conversion.activation(op, op.inputs[0])
        output = conversion.target(op, given.shape, "")
        results = values(given, output)
        host(conversion, op, given, output, HostTable, table=tuple(results.tolist()), least=format_of(given).lo)
        return
    _tabulate(conversion, op, values, requantises=True)


@OPERATORS("DEQUANTIZE")
def dequantize(conversion: Conversion, op: TfliteOperator) -> None:
    """Integers as real numbers, at the end of the network: the host's."""
    if len(op.inputs) != 1 or len(op.outputs) != 1:
        raise RefusedError([f"{op.label}: one input and one output are wanted"])
    index = op.inputs[0]
    if index not in conversion.hosted:
        conversion.source(op, 0)
    if any(op.outputs[0] in other.inputs for other in conversion.model.operators):
        raise RefusedError([f"{op.label}: real numbers in the middle of the network"])
    conversion.hosted[op.outputs[0]] = conversion.hosted.get(index, index)
    conversion.report(op, "", Exactness(grade=Grade.HOST))


def _relu(conversion: Conversion, op: TfliteOperator, least: float, most: float | None) -> None:
    """Requantised and clipped at `least` and `most`; source: `ReluPrepare` and `QuantizedReluX` of LiteRT."""

    def values(given: TfliteTensor, output: TfliteTensor) -> IntArray:
        scale = float(np.float32(given.scales[0]) / np.float32(output.scales[0]))
        scaled = _scaled(op, given, output, scale) + zero_point(output)
        fmt = format_of(output)
        hi = fmt.hi if most is None else min(fmt.hi, quantised(most, output))
        lo = max(fmt.lo, zero_point(output) if least == 0 else quantised(least, output))
        return np.minimum(np.maximum(scaled, lo), hi)

    _tabulate(conversion, op, values)


@OPERATORS("RELU")
def relu(conversion: Conversion, op: TfliteOperator) -> None:
    """max(x, 0)."""
    _relu(conversion, op, 0.0, None)


@OPERATORS("RELU6")
def relu6(conversion: Conversion, op: TfliteOperator) -> None:
    """min(max(x, 0), 6)."""
    _relu(conversion, op, 0.0, 6.0)


@OPERATORS("RELU_0_TO_1")
def relu_0_to_1(conversion: Conversion, op: TfliteOperator) -> None:
    """min(max(x, 0), 1)."""
    _relu(conversion, op, 0.0, 1.0)


@OPERATORS("RELU_N1_TO_1")
def relu_n1_to_1(conversion: Conversion, op: TfliteOperator) -> None:
    """min(max(x, -1), 1)."""
    _relu(conversion, op, -1.0, 1.0)


@OPERATORS("LEAKY_RELU")
def leaky_relu(conversion: Conversion, op: TfliteOperator) -> None:
    """x, or alpha x below 0; source: `LeakyReluPrepare` and `QuantizeLeakyRelu` of LiteRT."""
    alpha = float(op.options["Alpha"])
    if not np.isfinite(alpha):
        raise RefusedError([f"{op.label}: alpha {alpha} is no number"])

    def values(given: TfliteTensor, output: TfliteTensor) -> IntArray:
        own, scale = np.float32(given.scales[0]), np.float32(output.scales[0])
        steep = _scaled(op, given, output, float(own / scale))
        flat = _scaled(op, given, output, abs(float(own * np.float32(alpha) / scale)))
        return _clipped(
            np.where(every_integer(given) >= zero_point(given), steep, flat if alpha >= 0 else -flat), output
        )

    _tabulate(conversion, op, values)


@OPERATORS("ABS")
def abs_(conversion: Conversion, op: TfliteOperator) -> None:
    """|x|; source: `AbsEvalQuantized` of LiteRT."""

    def values(given: TfliteTensor, output: TfliteTensor) -> IntArray:
        if given.type != "INT8":
            raise RefusedError([f"{op.label}: {given.label} is {given.type}, which LiteRT does not take"])
        scale = float(np.float32(given.scales[0]) / np.float32(output.scales[0]))
        m, e = quantized_multiplier(scale)
        if e > 22:
            raise RefusedError([f"{op.label}: {output.label}: its scale is too small for LiteRT"])
        size = np.abs(every_integer(given) - zero_point(given))
        return _clipped(size if given.scales[0] == output.scales[0] else twice(size, np.array(m), np.array(e)), output)

    _tabulate(conversion, op, values)


@OPERATORS("HARD_SWISH")
def hard_swish(conversion: Conversion, op: TfliteOperator) -> None:
    """x · relu6(x + 3) / 6."""

    def values(given: TfliteTensor, output: TfliteTensor) -> IntArray:
        found = hard_swish_values(every_integer(given) - zero_point(given), given.scales[0], output.scales[0])
        if found is None:
            raise RefusedError([f"{op.label}: {output.label}: its scale is too small for LiteRT"])
        return _clipped(found, output)

    _tabulate(conversion, op, values)
