"""PRELU: what is positive and what is negative, each requantised with constants per channel, and their sum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.rounding import Rounding
from t2c.importing.constants import AddConstants
from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, together
from t2c.importing.requantise import requantise
from t2c.importing.rule import Reach
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.multiplier import quantized_multiplier
from t2c.importing.tflite.operators.mul import ProductRule
from t2c.importing.tflite.placed import Placed, format_of, zero_point
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor


@dataclass(frozen=True, kw_only=True)
class Side:
    """factors: (C,), or (1,) for all; m, e: LiteRT's multiplier; lo, hi: of the results, one the zero point."""

    factors: IntArray
    m: int
    e: int
    lo: int
    hi: int


@OPERATORS("PRELU")
def prelu(conversion: Conversion, op: TfliteOperator) -> None:
    """x, or alpha[c] x below 0; source: `Prelu` of LiteRT's reference_ops and `PreluPrepare`.

    One of both parts is always 0, so their sum rounds nothing.
    """
    given, placed = conversion.map_source(op)
    if len(op.inputs) != 2 or not conversion.is_constant(op, 1):
        raise RefusedError([f"{op.label}: {len(op.inputs)} inputs; a map and its constant slopes are wanted"])
    held, channels = conversion.model.tensors[op.inputs[1]], placed.shape[0]
    values = conversion.constant(op, held.index, given.type)
    conversion.quantisation(op, held, 1)
    if values.size not in (1, channels) or values.shape[-1:] not in ((), (values.size,)):
        raise RefusedError([f"{op.label}: {held.label} of shape {held.shape} is not one slope a channel"])
    output, name = conversion.target(op, given.shape, given.type), node_name(op)
    slopes, point, fmt = values.reshape(-1) - zero_point(held), zero_point(output), format_of(output)
    if (slopes < 0).any() and (slopes > 0).any():
        raise RefusedError([f"{op.label}: {held.label} has slopes of both signs"])
    own = np.float32(given.scales[0]) / np.float32(output.scales[0])
    steep = quantized_multiplier(float(own))
    flat = quantized_multiplier(
        float(np.float32(given.scales[0]) * np.float32(held.scales[0]) / np.float32(output.scales[0]))
    )
    if max(steep[1], flat[1]) > 14:
        raise RefusedError([f"{op.label}: {output.label}: its scale is too small for LiteRT"])
    falls = bool((slopes < 0).any())
    sides = (
        Side(factors=np.ones(1, np.int64), m=steep[0], e=steep[1], lo=point, hi=fmt.hi),
        Side(factors=slopes, m=flat[0], e=flat[1], lo=point if falls else fmt.lo, hi=fmt.hi if falls else point),
    )
    known = [
        _side(conversion, op, (given, placed), output, f"{name}_{what}", side)
        for what, side in zip(("positive", "negative"), sides, strict=True)
    ]
    one = np.zeros(1, np.int64)
    constants = AddConstants(
        pair=(1, 1), bias=one, shift=one, rounding=Rounding.HALF_UP, zero_point=point, lo=fmt.lo, hi=fmt.hi
    )
    both = (f"{name}_positive", f"{name}_negative")
    conversion.node("add", name, both, name, constants, addquant=constants.addquant)
    conversion.place(output, name, like=placed)
    conversion.report(op, name, together(known))


def _side(
    conversion: Conversion,
    op: TfliteOperator,
    source: tuple[TfliteTensor, Placed],
    output: TfliteTensor,
    name: str,
    side: Side,
) -> Exactness:
    given, placed = source
    rule = ProductRule(factors=side.factors, m=side.m, e=side.e, zero_point=zero_point(output), lo=side.lo, hi=side.hi)
    count, zero = side.factors.size, zero_point(given)
    reach = Reach(lo=np.full(count, placed.lo - zero, np.int64), hi=np.full(count, placed.hi - zero, np.int64))
    done = requantise(
        rule, reach, zero_point=rule.zero_point, lo=rule.lo, hi=rule.hi, source=rule.constants(), place=op.label
    )
    conversion.builder.edge(conversion.spec(output, name, placed.shape))
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
    return done.exactness
