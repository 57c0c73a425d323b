"""MUL: by constants a pooling of 1 x 1 with constants per channel; of two activations products of matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.rounding import Rounding
from t2c.importing.constants import LayerConstants
from t2c.importing.errors import RefusedError
from t2c.importing.parts import WEIGHT_HI, WEIGHT_LO
from t2c.importing.requantise import Requantised, requantise
from t2c.importing.rule import Reach, reach_of_weights
from t2c.importing.tflite.activation import output_range
from t2c.importing.tflite.binary import FileOperand, operands
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.edges import reshaped
from t2c.importing.tflite.multiplier import LiteRtRule, quantized_multiplier, twice
from t2c.importing.tflite.placed import Placed, sample_shape, zero_point
from t2c.importing.tflite.products import place_products
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor
from t2c.importing.tflite.views import as_vector


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
    """Operands of shapes that broadcast; a constant is one number, or one a channel."""
    left, right, output = operands(conversion, op)
    lo, hi = output_range(op, output)
    m, e = quantized_multiplier(_scale(left.tensor.scales[0], right.tensor.scales[0], output.scales[0]))
    if e > 14:
        raise RefusedError([f"{op.label}: {output.label}: its scale is too small for LiteRT"])
    if left.placed is not None and right.placed is not None:
        rule = LiteRtRule.of_tensor(m, e, zero_point=zero_point(output), lo=lo, hi=hi)
        place_products(conversion, op, left, right, output, rule)
        return
    given, other = (left, right) if right.held is not None else (right, left)
    rule_of = {"m": m, "e": e, "zero_point": zero_point(output), "lo": lo, "hi": hi}
    _by_constant(conversion, op, given, other, output, rule_of)


def _by_constant(
    conversion: Conversion,
    op: TfliteOperator,
    given: FileOperand,
    other: FileOperand,
    output: TfliteTensor,
    rule_of: dict[str, int],
) -> None:
    placed, held, name = given.placed, other.held, node_name(op)
    assert placed is not None
    assert held is not None
    values = held.reshape(-1) - zero_point(other.tensor)
    is_map = len(sample_shape(given.tensor.shape)) == 3
    if given.tensor.shape != output.shape or (values.size > 1 and values.size != held.shape[-1]):
        raise RefusedError(
            [f"{op.label}: {other.tensor.label} of shape {other.tensor.shape} is not one number a channel"]
        )
    edge, shape = placed.edge, placed.shape
    if not is_map:  # one channel an element, or a single one
        if values.size > 1 and values.size != placed.order.size:
            raise RefusedError(
                [f"{op.label}: {other.tensor.label} of shape {other.tensor.shape} is not one number an element"]
            )
        edge = as_vector(conversion, f"{name}_flat", placed)
        turned = values if values.size == 1 else np.empty_like(values)
        if values.size > 1:
            turned[placed.order] = values
        values = turned
        edge = reshaped(conversion, f"{name}_map", edge, (placed.order.size, 1, 1))
    factors = values
    rule = ProductRule(factors=factors, **rule_of)
    zero = zero_point(given.tensor)
    reach = Reach(
        lo=np.full(factors.size, placed.lo - zero, np.int64), hi=np.full(factors.size, placed.hi - zero, np.int64)
    )
    lo, hi = rule.lo, rule.hi
    done = requantise(rule, reach, zero_point=rule.zero_point, lo=lo, hi=hi, source=rule.constants(), place=op.label)
    made = name if is_map else f"{name}_products"
    channels = conversion.shape_of(edge)[0]
    conversion.builder.edge(conversion.spec(output, made, conversion.shape_of(edge)))
    if done.exactness.differing and factors.min() >= WEIGHT_LO and factors.max() <= WEIGHT_HI:
        factors = np.broadcast_to(factors, (channels,))
        done = _weighted(conversion, op, made, edge, (placed, zero), factors, rule)
    else:
        conversion.node(
            "average_pool2d",
            made,
            (edge,),
            made,
            done.constants,
            kernel=(1, 1),
            stride=(1, 1),
            mulquant=done.constants.mulquant,
        )
    if not is_map:
        reshaped(conversion, name, made, shape) if len(shape) > 1 else _flat(conversion, name, made)
    conversion.place(output, name, like=placed, lo=lo, hi=hi)
    conversion.report(op, made, done.exactness)


def _flat(conversion: Conversion, name: str, edge: str) -> str:
    return reshaped(conversion, name, edge, (conversion.shape_of(edge)[0],))


def _weighted(
    conversion: Conversion,
    op: TfliteOperator,
    name: str,
    edge: str,
    given: tuple[Placed, int],
    factors: IntArray,
    rule: ProductRule,
) -> Requantised:
    """The factors as weights of a depthwise convolution of one tap, whose sums LiteRT's own constants take."""
    weight = factors.reshape(-1, 1, 1, 1)
    ones = np.ones_like(factors)
    litert = LiteRtRule(
        m=ones * rule.m,
        e=ones * rule.e,
        bias=0 * ones,
        zero_point=rule.zero_point,
        lo=rule.lo,
        hi=rule.hi,
    )
    placed, zero = given
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
        (edge,),
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
