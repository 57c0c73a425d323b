"""How exactly MulQuant does what a source says, over every accumulator that can come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import MulQuant, mulquant
from t2c.importing.errors import RefusedError
from t2c.importing.rule import Reach, Rule
from t2c.importing.thresholds import StepFunction, thresholds

EXHAUSTIVE = 1 << 16
"""Accumulators of a layer up to which every one is tried besides."""


class Grade(StrEnum):
    """How a layer's integers relate to its source's."""

    PROVEN = "exact, proven"
    DOUBLE = "exact by mode double"
    DIFFERS = "differs"
    SAME = "exact, moves data"
    TABLE = "exact, a table"
    PADDING = "exact, the next layer's padding"
    HOST = "exact, on the host"
    FLOAT = "in floats, on the host"
    ROUNDED = "no quantiser in the file: rounded here"


@dataclass(frozen=True, kw_only=True)
class Exactness:
    """What is known of a layer.

    grade: the kind of knowledge; reachable: accumulators, or other inputs, that it was established for; differing:
    how many of them have another output than the source says; largest: by how much at most; scale_bits: SCALE_W of
    the smallest multipliers that were found exact, 0 without any.
    """

    grade: Grade
    reachable: int = 0
    differing: int = 0
    largest: int = 0
    scale_bits: int = 0
    of: str = "accumulators"

    def __str__(self) -> str:
        if self.grade is not Grade.DIFFERS:
            return self.grade.value
        return f"{self.differing:,} of {self.reachable:,} reachable {self.of} differ, by at most {self.largest}"


def together(parts: Sequence[Exactness]) -> Exactness:
    """What is known of a layer of several nodes: the least of what is known of each."""
    order = (Grade.DIFFERS, Grade.DOUBLE, Grade.PROVEN)
    return Exactness(
        grade=min((part.grade for part in parts), key=lambda g: order.index(g) if g in order else len(order)),
        reachable=sum(part.reachable for part in parts),
        differing=sum(part.differing for part in parts),
        largest=max(part.largest for part in parts),
        scale_bits=max(part.scale_bits for part in parts),
        of=parts[0].of,
    )


def rising(rule: StepFunction, falling: IntArray) -> StepFunction:
    """The rule as one that never falls: of the negated accumulator in the channels of `falling`."""
    sign = np.where(falling.astype(bool), -1, 1)[:, None]
    return lambda acc: rule(acc * sign)


def check_monotone(rule: Rule, reach: Reach, place: str, points: int = 512) -> None:
    """Try that a rule never falls (never rises, in the channels of `falling`), at points spread over the reach.

    Raises:
        RefusedError: it does.
    """
    turned = reach.mirrored(rule.falling)
    steps = np.arange(points, dtype=np.int64)
    span = turned.hi - turned.lo
    acc = turned.lo[:, None] + span[:, None] * steps // (points - 1)
    if (np.diff(rising(rule, rule.falling)(acc), axis=1) < 0).any():
        raise RefusedError([f"{place}: its requantisation is no step function of the accumulator"])


def compare(rule: Rule, constants: MulQuant, reach: Reach, grade: Grade = Grade.PROVEN) -> Exactness:
    """Compare MulQuant with the rule over the whole reach.

    Both are step functions that never fall (in the channels of `falling`: of the negated accumulator, with M <= 0),
    so they are equal everywhere if they step at the same accumulators; where they do not, they differ between
    neighbouring steps of the two by what they differ at the first. Where there are few accumulators, each is tried
    besides.

    Args:
        rule: the source's.
        constants: MulQuant's, with the rule's number of channels; M of the sign that `falling` says.
        reach: accumulators, by channel.
        grade: what to call it if none differs.

    Raises:
        ValueError: a multiplier's sign is not the rule's direction.
    """
    falling, sign = rule.falling, np.where(rule.falling.astype(bool), -1, 1)
    if (constants.multiplier * sign < 0).any():
        raise ValueError("a multiplier falls where the rule rises")
    turned = reach.mirrored(falling)
    theirs = rising(rule, falling)
    ours = rising(lambda acc: mulquant(acc, constants, channel_axis=0), falling)
    steps = [thresholds(function, turned, constants.lo, constants.hi).first for function in (theirs, ours)]
    ends = np.sort(np.concatenate([turned.lo[:, None], *steps, turned.hi[:, None] + 1], axis=1), axis=1)
    lengths = np.diff(ends, axis=1)
    starts = np.minimum(ends[:, :-1], turned.hi[:, None])
    gap = np.abs(theirs(starts) - ours(starts))
    differing = int((lengths * (gap > 0)).sum())
    if reach.count <= EXHAUSTIVE:
        _confirm(rule, constants, reach, differing)
    largest = int(gap[lengths > 0].max(initial=0))
    return Exactness(
        grade=Grade.DIFFERS if differing else grade, reachable=reach.count, differing=differing, largest=largest
    )


def _confirm(rule: Rule, constants: MulQuant, reach: Reach, differing: int) -> None:
    """Count what differs one by one."""
    longest = int((reach.hi - reach.lo).max()) + 1
    acc = np.minimum(reach.lo[:, None] + np.arange(longest), reach.hi[:, None])
    different = rule(acc) != mulquant(acc, constants, channel_axis=0)
    inside = reach.lo[:, None] + np.arange(longest) <= reach.hi[:, None]
    if int((different & inside).sum()) != differing:
        raise AssertionError("two counts of the accumulators that differ disagree")
