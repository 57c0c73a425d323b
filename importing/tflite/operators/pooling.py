"""AVERAGE_POOL_2D and MAX_POOL_2D."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.rounding import Rounding
from t2c.importing.constants import LayerConstants
from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade, together
from t2c.importing.requantise import requantise
from t2c.importing.rule import Reach
from t2c.importing.tflite.activation import output_range
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.edges import joined, part, surrounded, tabulated
from t2c.importing.tflite.placed import NO_PADS, Placed, every_integer, format_of, zero_point
from t2c.importing.tflite.same_reading import require_same_reading
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor
from t2c.importing.tflite.window import SlidingWindow, padded_size, sliding_window
from t2c.importing.window_runs import runs_of

MOST_REGIONS = 64
"""Parts of a map whose averages have divisors of their own."""


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
    window = sliding_window(op, padded_size(placed), kernel, NO_PADS)
    output = conversion.target(op, (1, *window.output, placed.shape[0]), given.type)
    require_same_reading(op, given, output)
    return given, placed, output, window, output_range(op, output)


@OPERATORS("AVERAGE_POOL_2D")
def average_pool_2d(conversion: Conversion, op: TfliteOperator) -> None:
    """The divisor counts pixels of the image alone: with padding, each part of the image with its own divisor."""
    given, placed, output, window, (lo, hi) = _pool(conversion, op)
    name, zero = node_name(op), zero_point(given)
    rows, columns = (
        runs_of(
            kernel=window.kernel[axis],
            stride=window.stride[axis],
            before=window.padding[2 * axis],
            size=placed.shape[1 + axis],
            count=window.output[axis],
        )
        for axis in range(2)
    )
    if not 1 <= len(rows) * len(columns) <= MOST_REGIONS:
        count = len(rows) * len(columns)
        raise RefusedError(
            [f"{op.label}: padding {window.padding}: {count} parts with divisors of their own; {MOST_REGIONS} are read"]
        )
    known, strips = [], []
    for y, row in enumerate(rows):
        band = part(conversion, f"{name}_{y}", placed.edge, 1, row.start, row.length)
        parts = []
        for x, column in enumerate(columns):
            whole = len(rows) == len(columns) == 1
            made = name if whole else f"{name}_{y}_{x}"
            source = part(conversion, f"{made}_part", band, 2, column.start, column.length)
            count = row.kernel * column.kernel
            rule = MeanOfRaw(count=count, zero_point=zero, lo=lo, hi=hi)
            ends = [np.array([count * (end - zero)], np.int64) for end in (placed.lo, placed.hi)]
            reach = Reach(lo=ends[0], hi=ends[1])
            done = requantise(rule, reach, zero_point=zero, lo=lo, hi=hi, source=rule.constants(), place=op.label)
            known.append(done.exactness)
            conversion.builder.edge(conversion.spec(output, made, (placed.shape[0], row.count, column.count)))
            conversion.node(
                "average_pool2d",
                made,
                (source,),
                made,
                done.constants,
                kernel=(row.kernel, column.kernel),
                stride=(row.stride, column.stride),
                mulquant=done.constants.mulquant,
            )
            parts.append(made)
        strips.append(joined(conversion, f"{name}_row{y}" if len(rows) > 1 else name, parts, 2))
    edge = joined(conversion, name, strips, 1)
    conversion.place(output, edge, lo=max(lo, placed.lo), hi=min(hi, placed.hi))
    conversion.report(op, edge, together(known))


@OPERATORS("MAX_POOL_2D")
def max_pool_2d(conversion: Conversion, op: TfliteOperator) -> None:
    """A fused activation that changes something is a table behind it."""
    given, placed, output, window, (lo, hi) = _pool(conversion, op)
    name = node_name(op)
    source = placed.edge
    padding = window.golden_padding()
    if any(side >= window.kernel[i // 2] for i, side in enumerate(window.padding)):
        raise RefusedError([f"{op.label}: padding {window.padding} is the kernel {window.kernel} or more"])
    if any(2 * side > window.kernel[i // 2] for i, side in enumerate(window.padding)):
        top, bottom, left, right = window.padding
        least = format_of(given).lo
        source = surrounded(conversion, f"{name}_in", source, 1, least, top, bottom)
        source, padding = surrounded(conversion, f"{name}_in", source, 2, least, left, right), (0, 0)
    clips = lo > placed.lo or hi < placed.hi
    made = f"{name}_largest" if clips else name
    conversion.builder.edge(conversion.spec(output, made, (placed.shape[0], *window.output)))
    conversion.node(
        "max_pool2d",
        made,
        (source,),
        made,
        kernel=window.kernel,
        stride=window.stride,
        padding=padding,
    )
    if clips:
        results = np.clip(every_integer(output), lo, hi)
        tabulated(conversion, name, made, results, conversion.builder.edges[made])
    lo, hi = (max(min(placed.lo, hi), lo), max(min(placed.hi, hi), lo))
    conversion.place(output, name, lo=lo, hi=hi)
    conversion.report(op, made, Exactness(grade=Grade.SAME))
