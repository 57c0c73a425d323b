"""From differing lanes of the trace to the first diverging layer and element."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.contract.operations import Combine
from t2c.golden.arithmetic.formats import IntArray
from t2c.mapping.plan import Axes, LayerPlan
from t2c.mapping.program import Program
from t2c.tb.cosim.comparison import UNKNOWN
from t2c.tb.cosim.expectation import Trace
from t2c.tb.cosim.sums import UNKNOWN_SUM, SumTrace


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """One differing element. n: image of the whole job; c, y, x: of the map, or what the plan's `axes` says; actual is
    None where a bit is unknown (X); run, word, lane: where in the trace; step: index in the program; before: it differs
    before it passes a table."""

    layer: str
    n: int
    c: int
    y: int
    x: int
    expected: int
    actual: int | None
    run: int
    word: int
    lane: int
    step: int
    axes: Axes = LayerPlan.axes
    lanes: str = LayerPlan.lanes
    before: bool = False

    def text(self) -> str:
        """One line: layer, coordinate, expected and actual in decimal and hex, array column or lane."""
        which = "output before the table" if self.before else "output"
        actual = "X (unknown)" if self.actual is None else f"{self.actual} (0x{self.actual & 0xFF:02x})"
        return (
            f"layer {self.layer}: {which} ({_coordinate(self)}): expected {self.expected} "
            f"(0x{self.expected & 0xFF:02x}), actual {actual}; {self.lanes} {self.lane}"
        )


@dataclass(frozen=True, kw_only=True)
class WrongSum:
    """One accumulator that differs before requantisation. n, c, y, x, run, lane, step, axes: as in `Mismatch`; word: of
    the trace, the result that the sum goes into; operand: 0 or 1, of a pair; paired: whether there are two; actual is
    None where a bit is unknown (X); cycle: of the run, None where nothing counts them."""

    layer: str
    n: int
    c: int
    y: int
    x: int
    operand: int
    paired: bool
    expected: int
    actual: int | None
    cycle: int | None
    run: int
    word: int
    lane: int
    step: int
    axes: Axes = LayerPlan.axes

    def text(self) -> str:
        """One line: layer, coordinate, golden's value, what came, the difference, array column, cycle."""
        of = f" of operand {self.operand}" if self.paired else ""
        came = "X (unknown)" if self.actual is None else f"{self.actual}, difference {self.actual - self.expected:+d}"
        when = "" if self.cycle is None else f"; cycle {self.cycle}"
        return (
            f"layer {self.layer}: accumulator{of} ({_coordinate(self)}): expected {self.expected}, actual {came}; "
            f"array column {self.lane}{when}"
        )


def _coordinate(found: Mismatch | WrongSum) -> str:
    """Image and coordinates, each with its name."""
    named = zip(("n", *found.axes), (found.n, found.c, found.y, found.x), strict=True)
    return ", ".join(f"{axis}={index}" for axis, index in named)


def wrong_sums_of(program: Program, trace: Trace, sums: SumTrace, rows: IntArray, shown: int) -> tuple[WrongSum, ...]:
    """Put wrong accumulators into program order, then tensor order, and return the first ones.

    Args:
        program, trace, sums: of the run.
        rows: (n, 6) run, word of `sums`, lane, expected, actual, cycle.
        shown: how many at most.
    """
    found = []
    layer = step_layers(program)[trace.step[sums.result[rows[:, 1]]]]
    for run, word, lane, expected, actual, cycle in _first_layer(layer, rows):
        result, second = int(sums.result[word]), bool(sums.second[word])
        step, (n, c, y, x) = _place(program, trace, run, result, lane)
        found.append(
            WrongSum(
                layer=program.layer_names[program.steps[step].descriptor.layer],
                n=n,
                c=c,
                y=y,
                x=x,
                operand=int(second),
                paired=program.steps[step].descriptor.combine is Combine.PAIR,
                expected=expected,
                actual=None if actual == UNKNOWN_SUM else actual,
                cycle=cycle if cycle >= 0 else None,
                run=run,
                word=result,
                lane=lane,
                step=step,
                axes=_plan(program, step).axes,
            )
        )
    return tuple(sorted(found, key=lambda m: (m.n, m.c, m.y, m.x, m.operand, m.lane))[:shown])


def step_layers(program: Program) -> IntArray:
    """By step, its layer number."""
    return np.array([step.descriptor.layer for step in program.steps], dtype=np.int64)


def result_layers(program: Program) -> IntArray:
    """By step, the layer number of the node whose output it writes; that of the step if it writes none."""
    numbers = program.layer_number
    return np.array(
        [numbers[step.result.edge] if step.result else step.descriptor.layer for step in program.steps], dtype=np.int64
    )


def _first_layer(layer: IntArray, rows: npt.NDArray[np.signedinteger]) -> list[list[int]]:
    """The rows of the first run that has any, and of its first layer. layer: number of each row's."""
    if not len(rows):
        return []
    mine = rows[:, 0] == rows[:, 0].min()
    mine &= layer == layer[mine].min()
    chosen: list[list[int]] = rows[mine].tolist()
    return chosen


def _place(program: Program, trace: Trace, run: int, word: int, lane: int) -> tuple[int, tuple[int, int, int, int]]:
    """Step, and coordinate among the images of the whole job, of a lane of a result word."""
    step = int(trace.step[word])
    plan = _plan(program, step)
    bank = int(trace.group[word]) * program.hardware.cols + lane
    n, *index = program.layouts[plan.node.output].coordinate(int(trace.word[word]), bank)
    return step, (n + run * program.batch, *plan.coordinate(index))


def _plan(program: Program, step: int) -> LayerPlan:
    """The plan whose results a step gives."""
    work = program.steps[step].result
    assert work is not None
    return work.plan


def mismatches_of(program: Program, trace: Trace, rows: npt.NDArray[np.int32], shown: int) -> tuple[Mismatch, ...]:
    """Put mismatches into program order, then tensor order, and return the first ones.

    Args:
        program, trace: of the run.
        rows: (n, 6) run, word of the trace, lane, expected, actual, whether that is before a table.
        shown: how many at most.
    """
    found = []
    step_of = trace.step[rows[:, 1]]
    layer = np.where(rows[:, 5], step_layers(program)[step_of], result_layers(program)[step_of])
    for run, word, lane, expected, actual, before in _first_layer(layer, rows):
        step, (n, c, y, x) = _place(program, trace, run, word, lane)
        layers = step_layers(program) if before else result_layers(program)
        found.append(
            Mismatch(
                layer=program.layer_names[layers[step]],
                before=bool(before),
                n=n,
                c=c,
                y=y,
                x=x,
                expected=expected,
                actual=None if actual == UNKNOWN else actual,
                run=run,
                word=word,
                lane=lane,
                step=step,
                axes=_plan(program, step).axes,
                lanes=_plan(program, step).lanes,
            )
        )
    return tuple(sorted(found, key=lambda m: (m.n, m.c, m.y, m.x, not m.before, m.lane))[:shown])
