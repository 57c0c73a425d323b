"""MUL by constants per channel: an average pooling of 1 x 1 with constants per channel, or a depthwise convolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.rounding import Rounding
from t2c.importing.constants import LayerConstants
from t2c.importing.errors import RefusedError
from t2c.importing.requantise import Requantised, requantise
from t2c.importing.rule import Reach, reach_of_weights
from t2c.importing.tflite.activation import output_range
from t2c.importing.tflite.conversion import INT8_HI, INT8_LO, OPERATORS, Conversion, Placed, node_name, zero_point
from t2c.importing.tflite.multiplier import LiteRtRule, quantized_multiplier, twice
from t2c.importing.tflite.schema import TfliteOperator


@dataclass(frozen=True, kw_only=True, eq=False)
class ProductRule:
    """clip(twice(acc · factor) + zp, lo, hi), channel by channel; it falls where the factor is negative."""

    factors: IntArray
    m: int
    e: int
    zero_point: int
    lo: int
    hi: int

    @property
    def falling(self) -> IntArray:
        return (self.factors < 0).astype(np.int64)

    def __call__(self, acc: IntArray) -> IntArray:
        scaled = twice(acc * self.factors[:, None], np.array(self.m), np.array(self.e))
        return np.clip(scaled + self.zero_point, self.lo, self.hi)

    def constants(self) -> LayerConstants:
        """The source's own scale times the factor, of 31 bits."""
        product = self.factors * self.m
        down = max(int(np.abs(product).max()).bit_length() - 31, 0)
        return LayerConstants(
            multiplier=product >> down,
            bias=np.zeros_like(product),
            shift=np.full_like(product, 31 - self.e - down),
            rounding=Rounding.HALF_UP,
            zero_point=self.zero_point,
            lo=self.lo,
            hi=self.hi,
        )


@OPERATORS("MUL")
def mul(conversion: Conversion, op: TfliteOperator) -> None:
    """One operand is a map, the other a constant."""
    if len(op.inputs) != 2:
        raise RefusedError([f"{op.label}: {len(op.inputs)} inputs; two are wanted"])
    constants = [i for i, index in enumerate(op.inputs) if conversion.model.tensors[index].data is not None]
    if len(constants) != 1:
        raise RefusedError([f"{op.label}: {len(constants)} of its inputs are constants; one is wanted"])
    given, placed = conversion.map_source(op, 1 - constants[0])
    other = conversion.model.tensors[op.inputs[constants[0]]]
    values = conversion.constant(op, other.index, "INT8")
    conversion.quantisation(op, other, 1)
    channels = placed.shape[0]
    if values.size not in (1, channels) or (values.size > 1 and values.shape[-1] != channels):
        raise RefusedError([f"{op.label}: {other.label} of shape {other.shape} is not one number a channel"])
    output, name = conversion.target(op, given.shape), node_name(op)
    lo, hi = output_range(op, output)
    m, e = quantized_multiplier(_scale(given.scales[0], other.scales[0], output.scales[0]))
    if e > 14:
        raise RefusedError([f"{op.label}: {output.label}: its scale is too small for LiteRT"])
    factors = values.reshape(-1) - zero_point(other)
    rule = ProductRule(factors=factors, m=m, e=e, zero_point=zero_point(output), lo=lo, hi=hi)
    zero = zero_point(given)
    reach = Reach(
        lo=np.full(factors.size, placed.lo - zero, np.int64), hi=np.full(factors.size, placed.hi - zero, np.int64)
    )
    done = requantise(rule, reach, zero_point=rule.zero_point, lo=lo, hi=hi, source=rule.constants(), place=op.label)
    if done.exactness.differing and factors.min() >= INT8_LO and factors.max() <= INT8_HI:
        factors = np.broadcast_to(factors, (channels,))
        done = _products(conversion, op, name, placed, factors, rule)
    else:
        conversion.node(
            "average_pool2d",
            name,
            (placed.edge,),
            name,
            done.constants,
            kernel=(1, 1),
            stride=(1, 1),
            mulquant=done.constants.mulquant,
        )
    conversion.place(output, name, lo=lo, hi=hi)
    conversion.report(op, name, done.exactness)


def _products(
    conversion: Conversion, op: TfliteOperator, name: str, placed: Placed, factors: IntArray, rule: ProductRule
) -> Requantised:
    """The factors as weights of a depthwise convolution of one tap, whose sums LiteRT's own constants take."""
    weight = factors.reshape(-1, 1, 1, 1)
    ones = np.ones_like(factors)
    litert = LiteRtRule(
        m=ones * rule.m,
        e=ones * rule.e,
        bias=0 * ones,
        two=True,
        zero_point=rule.zero_point,
        lo=rule.lo,
        hi=rule.hi,
    )
    given = conversion.model.tensors[next(index for index in op.inputs if conversion.placed.get(index) is placed)]
    zero = zero_point(given)
    reach = reach_of_weights(weight, min(placed.lo - zero, 0), max(placed.hi - zero, 0))
    done = requantise(
        litert,
        reach,
        zero_point=rule.zero_point,
        lo=rule.lo,
        hi=rule.hi,
        source=litert.constants(),
        place=op.label,
    )
    conversion.node(
        "conv2d",
        name,
        (placed.edge,),
        name,
        done.constants,
        groups=factors.size,
        weight=weight,
        weight_bits=8,
        mulquant=done.constants.mulquant,
    )
    return done


def _scale(left: float, right: float, output: float) -> float:
    """Source: `Prepare` of LiteRT's mul kernel: in float32."""
    return float(np.float32(left) * np.float32(right) / np.float32(output))
