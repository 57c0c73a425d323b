"""Compare what the engine gave with what golden expects, and say where they first differ. Equality is ==."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from golden.formats import IntArray
from mapping.order import OutputOrder
from tb.capture import Words

SHOWN = 8
"""Mismatches that a report lists."""


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """One differing element. actual is None where a bit is unknown (X)."""

    layer: str
    n: int
    c: int
    y: int
    x: int
    expected: int
    actual: int | None
    word: int
    lane: int

    def text(self) -> str:
        """One line: layer, coordinate, expected and actual in decimal and hex, array column."""
        actual = "X (unknown)" if self.actual is None else f"{self.actual} (0x{self.actual & 0xFF:02x})"
        return (
            f"layer {self.layer}: output (n={self.n}, c={self.c}, y={self.y}, x={self.x}): expected {self.expected} "
            f"(0x{self.expected & 0xFF:02x}), actual {actual}; stream word {self.word}, array column {self.lane}"
        )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Outcome of one comparison. A run passes only if it compared something, all of it, and found no fault."""

    compared: int
    mismatches: int
    first: tuple[Mismatch, ...]
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return self.compared > 0 and self.mismatches == 0 and not self.faults

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed}


def compare_batch(
    layer: str,
    captured: Words,
    expected: IntArray,
    order: OutputOrder,
    *,
    x_w: int,
    signed: bool,
    first_image: int,
    last_words: Sequence[int] | None = None,
) -> Verdict:
    """Compare the words of one batch, {tlast, tkeep, tdata} each, with golden's output.

    Args:
        layer: name, for the report.
        captured: the words that came.
        expected: golden's output (N, O, OH, OW) or (N, O).
        order: how the engine orders it.
        x_w, signed: reading of a lane.
        first_image: number of the batch's first image.
        last_words: the words that must have tlast, and no others; None means the batch's last one.
    """
    images = expected.shape[0]
    wanted, kept = order.to_words(expected), order.kept(images)
    came = captured.value.shape[0]
    faults = []
    if came != len(wanted):
        faults.append(f"{came} output words came, {len(wanted)} were expected")
    common = min(came, len(wanted))
    actual, unknown = captured.field(0, x_w, order.cols, signed=signed)
    keep, keep_unknown = captured.field(order.cols * x_w, 1, order.cols, signed=False)
    differs = ((actual[:common] != wanted[:common]) | unknown[:common]) & kept[:common]
    if (keep_unknown[:common] | (keep[:common] != kept[:common])).any():
        faults.append("tkeep does not mark the real channels")
    last, last_unknown = captured.field(order.cols * (x_w + 1), 1, 1, signed=False)
    marked = np.zeros((len(wanted), 1), dtype=np.int64)
    marked[[len(wanted) - 1] if last_words is None else list(last_words)] = 1
    if (last_unknown[:common] | (last[:common] != marked[:common])).any():
        faults.append("tlast does not mark the last word of each run")
    # Tensor order, so that "first" means what a reader of the tensor means.
    words, lanes = np.nonzero(differs)
    found = sorted(
        (order.coordinate(int(w), int(k), images), int(w), int(k)) for w, k in zip(words, lanes, strict=True)
    )
    first = tuple(
        Mismatch(
            layer=layer,
            n=n + first_image,
            c=c,
            y=y,
            x=x,
            expected=int(wanted[word, lane]),
            actual=None if unknown[word, lane] else int(actual[word, lane]),
            word=word,
            lane=lane,
        )
        for (n, c, y, x), word, lane in found[:SHOWN]
    )
    return Verdict(compared=int(kept[:common].sum()), mismatches=len(found), first=first, faults=tuple(faults))


def merge(verdicts: list[Verdict], faults: list[str]) -> Verdict:
    """Join the verdicts of several batches and the faults of the run itself."""
    return Verdict(
        compared=sum(v.compared for v in verdicts),
        mismatches=sum(v.mismatches for v in verdicts),
        first=tuple(m for v in verdicts for m in v.first)[:SHOWN],
        faults=tuple(f for v in verdicts for f in v.faults) + tuple(faults),
    )
