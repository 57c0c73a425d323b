"""What convolutions and FULLY_CONNECTED share: weights, bias, scales, and their requantisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.importing.errors import RefusedError
from t2c.importing.requantise import Requantised, requantise
from t2c.importing.rule import Reach, reach_of_weights
from t2c.importing.tflite.activation import output_range
from t2c.importing.tflite.conversion import Conversion
from t2c.importing.tflite.multiplier import INT32_HI, INT32_LO, LiteRtRule, RealScaleRule, quantized_multiplier
from t2c.importing.tflite.placed import FORMATS, Placed, zero_point
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor

WEIGHT, BIAS = 1, 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Parameters:
    """weight: its tensor; values: in the file's order, zero point taken off; bias: (O,), zeros if there is none."""

    weight: TfliteTensor
    values: IntArray
    bias: IntArray


def parameters(
    conversion: Conversion, op: TfliteOperator, rank: int, channel_axis: int, *, bias_wanted: bool = False
) -> Parameters:
    """The constants of an operator; raise RefusedError if they do not fit it.

    Args:
        conversion, op: where.
        rank: axes of the weight.
        channel_axis: which of them the output channels lie on.
        bias_wanted: whether LiteRT runs no such operator without a bias.
    """
    if not WEIGHT < len(op.inputs) <= BIAS + 1 or op.inputs[WEIGHT] < 0:
        raise RefusedError([f"{op.label}: {len(op.inputs)} inputs; activation, weight and bias are wanted"])
    type_ = conversion.model.tensors[op.inputs[0]].type if op.inputs[0] >= 0 else ""
    values = conversion.constant(op, op.inputs[WEIGHT], type_ if type_ in FORMATS else "INT8")
    weight = conversion.model.tensors[op.inputs[WEIGHT]]
    if values.ndim != rank or not values.size:
        raise RefusedError([f"{op.label}: {weight.label} has shape {weight.shape}; {rank} axes are wanted"])
    channels = values.shape[channel_axis]
    count = 1 if len(weight.scales) == 1 else channels
    unsigned = weight.type == "UINT8"
    conversion.quantisation(op, weight, 1 if unsigned else count, zero=not unsigned)
    if unsigned:
        values = values - zero_point(weight)
    if count > 1 and weight.axis != channel_axis:
        raise RefusedError([f"{op.label}: {weight.label} has scales along axis {weight.axis}, not {channel_axis}"])
    bias = np.zeros(channels, np.int64)
    if len(op.inputs) > BIAS and op.inputs[BIAS] >= 0:
        bias = conversion.constant(op, op.inputs[BIAS], "INT32").reshape(-1)
        if bias.size != channels:
            label = conversion.model.tensors[op.inputs[BIAS]].label
            raise RefusedError([f"{op.label}: {label} has {bias.size} elements for {channels} channels"])
    elif bias_wanted:
        raise RefusedError([f"{op.label}: it has no bias, without which LiteRT does not run it"])
    return Parameters(weight=weight, values=values, bias=bias)


def scales_of(weight: TfliteTensor, channels: int) -> list[float]:
    """One a channel."""
    return list(weight.scales) * channels if len(weight.scales) == 1 else list(weight.scales)


def product_in_double(given: float, weight: float) -> float:
    """Scale of sums of int8; source: `PopulateConvolutionQuantizationParams` of LiteRT."""
    return given * weight


def product_in_float32(given: float, weight: float) -> float:
    """The same of uint8, and of BATCH_MATMUL; source: `GetQuantizedConvolutionMultipler` of LiteRT's kernel_util."""
    return float(np.float32(given) * np.float32(weight))


def requantised(
    op: TfliteOperator,
    source: Placed,
    tensors: tuple[TfliteTensor, TfliteTensor],
    weight: IntArray,
    bias: IntArray,
    scales: list[float],
    *,
    real: bool = False,
) -> tuple[Requantised, int, int]:
    """MulQuant's constants of an operator with weights, and the bounds of its output.

    Args:
        op: the operator.
        source: its input in golden; tensors: input and output in the file.
        weight: (O, ...), the factors of each channel's sum.
        bias: (O,).
        scales: real ones of each channel, input times weight over output.
        real: its kernel multiplies by the real scale, in place of a fixed-point multiplier.
    """
    given, output = tensors
    lo, hi = output_range(op, output)
    pairs = np.array([quantized_multiplier(scale) for scale in scales], np.int64)
    refuse_shift(op, output, int(pairs[:, 1].max()))
    point = zero_point(output)
    rule: LiteRtRule | RealScaleRule = LiteRtRule(
        m=pairs[:, 0], e=pairs[:, 1], bias=bias, zero_point=point, lo=lo, hi=hi
    )
    if real:
        rule = RealScaleRule(scale=np.array(scales), bias=bias, zero_point=point, lo=lo, hi=hi)
    least, most = source.lo - zero_point(given), source.hi - zero_point(given)
    reach = reach_of_weights(weight, min(least, 0), max(most, 0))
    refuse_overflow(op, output, rule, reach)
    done = requantise(rule, reach, zero_point=rule.zero_point, lo=lo, hi=hi, source=rule.constants(), place=op.label)
    return done, lo, hi


def refuse_shift(op: TfliteOperator, output: TfliteTensor, e: int) -> None:
    """Refuse multipliers of 2^30 and more, which LiteRT does not shift by."""
    if e > 30:
        raise RefusedError([f"{op.label}: {output.label}: its scale is 2^{e - 1} times too small"])


def refuse_overflow(op: TfliteOperator, output: TfliteTensor, rule: LiteRtRule | RealScaleRule, reach: Reach) -> None:
    """Refuse sums that leave int32, of which LiteRT's own result is undefined."""
    if reach.lo.min() < INT32_LO or reach.hi.max() > INT32_HI or rule.overflows(reach.lo, reach.hi):
        raise RefusedError([f"{op.label}: {output.label}: sums can leave int32, where LiteRT's result is undefined"])
