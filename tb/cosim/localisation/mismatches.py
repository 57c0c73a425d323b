"""From differing lanes of the trace to the first diverging layer and element."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.mapping.program import Program
from t2c.tb.cosim.comparison import UNKNOWN
from t2c.tb.cosim.expectation import Trace


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """One differing element. n: image of the whole job; c, y, x: of the map; actual is None where a bit is unknown (X);
    run, word, lane: where in the trace; step: index in the program."""

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

    def text(self) -> str:
        """One line: layer, coordinate, expected and actual in decimal and hex, array column."""
        actual = "X (unknown)" if self.actual is None else f"{self.actual} (0x{self.actual & 0xFF:02x})"
        return (
            f"layer {self.layer}: output (n={self.n}, c={self.c}, y={self.y}, x={self.x}): expected {self.expected} "
            f"(0x{self.expected & 0xFF:02x}), actual {actual}; array column {self.lane}"
        )


def mismatches_of(program: Program, trace: Trace, rows: npt.NDArray[np.int32], shown: int) -> tuple[Mismatch, ...]:
    """Put mismatches into program order, then tensor order, and return the first ones.

    Args:
        program, trace: of the run.
        rows: (n, 5) run, word of the trace, lane, expected, actual.
        shown: how many at most.
    """
    if not len(rows):
        return ()
    steps = program.steps
    layer = np.array([step.descriptor.layer for step in steps])[trace.step[rows[:, 1]]]
    first_run = rows[rows[:, 0] == rows[:, 0].min()]
    layer = layer[rows[:, 0] == rows[:, 0].min()]
    first = first_run[layer == layer.min()]
    found = []
    for run, word, lane, expected, actual in first.tolist():
        step = steps[int(trace.step[word])]
        assert step.result is not None
        layout = program.layouts[step.result.edge]
        bank = int(trace.group[word]) * program.hardware.cols + lane
        n, c, y, x = layout.coordinate(int(trace.word[word]), bank)
        found.append(
            Mismatch(
                layer=step.result.plan.node.name,
                n=n + run * program.batch,
                c=c,
                y=y,
                x=x,
                expected=expected,
                actual=None if actual == UNKNOWN else actual,
                run=run,
                word=word,
                lane=lane,
                step=int(trace.step[word]),
            )
        )
    return tuple(sorted(found, key=lambda m: (m.n, m.c, m.y, m.x, m.lane))[:shown])
