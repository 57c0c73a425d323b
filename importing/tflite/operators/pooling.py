"""AVERAGE_POOL_2D and MAX_POOL_2D."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.rounding import Rounding
from t2c.importing.constants import LayerConstants
from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.requantise import requantise
from t2c.importing.rule import Reach
from t2c.importing.tflite.activation import output_range
from t2c.importing.tflite.conversion import OPERATORS, Conversion, Placed, node_name, zero_point
from t2c.importing.tflite.same_reading import require_same_reading
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor
from t2c.importing.tflite.window import SlidingWindow, padded_size, sliding_window


@dataclass(frozen=True, kw_only=True, eq=False)
class MeanOfRaw:
    """clip(trunc((raw ± n/2) / n), lo, hi), raw = acc + n · zp, halves away from 0: raw values, zero point included.

    It never falls as acc grows: neither does rounding a quotient by a positive number.
    """

    count: int
    zero_point: int
    lo: int
    hi: int

    @property
    def falling(self) -> IntArray:
        return np.zeros(1, np.int64)

    def __call__(self, acc: IntArray) -> IntArray:
        raw = acc + self.count * self.zero_point
        size = (np.abs(raw) + self.count // 2) // self.count
        return np.clip(np.where(raw > 0, size, -size), self.lo, self.hi)

    def constants(self) -> LayerConstants:
        """What the mean itself would be, rounded half up."""
        shift = 24
        return LayerConstants(
            multiplier=np.array([round((1 << shift) / self.count)]),
            bias=np.array([0]),
            shift=np.array([shift]),
            rounding=Rounding.HALF_UP,
            zero_point=self.zero_point,
            lo=self.lo,
            hi=self.hi,
        )


def _pool(
    conversion: Conversion, op: TfliteOperator
) -> tuple[TfliteTensor, Placed, TfliteTensor, SlidingWindow, tuple[int, int]]:
    given, placed = conversion.map_source(op)
    kernel = (int(op.options["FilterHeight"]), int(op.options["FilterWidth"]))
    window = sliding_window(op, padded_size(placed), kernel, placed.pads)
    output = conversion.target(op, (1, *window.output, placed.shape[0]))
    require_same_reading(op, given, output)
    if any(2 * side > window.kernel[i // 2] for i, side in enumerate(window.padding)):
        raise RefusedError([f"{op.label}: padding {window.padding} is more than half the kernel {window.kernel}"])
    return given, placed, output, window, output_range(op, output)


@OPERATORS("AVERAGE_POOL_2D")
def average_pool_2d(conversion: Conversion, op: TfliteOperator) -> None:
    """The divisor counts pixels of the image alone, so padding that is not there is taken only."""
    given, placed, output, window, (lo, hi) = _pool(conversion, op)
    if any(window.padding):
        raise RefusedError([f"{op.label}: padding {window.padding}: its divisor changes along the edge of the image"])
    name, zero, count = node_name(op), zero_point(given), window.kernel[0] * window.kernel[1]
    rule = MeanOfRaw(count=count, zero_point=zero, lo=lo, hi=hi)
    reach = Reach(
        lo=np.array([count * (placed.lo - zero)], np.int64), hi=np.array([count * (placed.hi - zero)], np.int64)
    )
    done = requantise(rule, reach, zero_point=zero, lo=lo, hi=hi, source=rule.constants(), place=op.label)
    conversion.node(
        "average_pool2d",
        name,
        (placed.edge,),
        name,
        done.constants,
        kernel=window.kernel,
        stride=window.stride,
        mulquant=done.constants.mulquant,
    )
    conversion.place(output, name, lo=max(lo, placed.lo), hi=min(hi, placed.hi))
    conversion.report(op, name, done.exactness)


@OPERATORS("MAX_POOL_2D")
def max_pool_2d(conversion: Conversion, op: TfliteOperator) -> None:
    """A fused activation is taken where it changes nothing."""
    _, placed, output, window, (lo, hi) = _pool(conversion, op)
    if lo > placed.lo or hi < placed.hi:
        raise RefusedError([f"{op.label}: its fused activation clips {placed.lo}..{placed.hi} to {lo}..{hi}"])
    name = node_name(op)
    conversion.node(
        "max_pool2d",
        name,
        (placed.edge,),
        name,
        kernel=window.kernel,
        stride=window.stride,
        padding=window.golden_padding(),
    )
    conversion.place(output, name, lo=placed.lo, hi=placed.hi)
    conversion.report(op, name, Exactness(grade=Grade.SAME))
