"""The phases of a progressive training, as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LADDER = (8, 5, 4, 3, 2)
"""Widths on the way down; PROFIT's end at 4."""

THIRDS = (0.0, 1 / 3, 2 / 3)
"""Share of the layers whose weights are frozen, in the last phases."""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A part of the training.

    weight_bits, activation_bits: no tensor has fewer; one that is to have more has those. share: of the steps, relative
    to the other phases. frozen: share of the layers whose weights are frozen, the least stable ones first.

    Raises:
        ValueError: a setting that makes no sense; the message names it.
    """

    weight_bits: int
    activation_bits: int
    share: float = 1.0
    frozen: float = 0.0

    def __post_init__(self) -> None:
        for name in ("weight_bits", "activation_bits"):
            if not 2 <= getattr(self, name) <= 8:
                raise ValueError(f"phases: {name} = {getattr(self, name)} is not in 2..8")
        if not 0.0 < self.share < math.inf:
            raise ValueError(f"phases: share = {self.share} is not a positive number")
        if not 0.0 <= self.frozen < 1.0:
            raise ValueError(f"phases: frozen = {self.frozen} is not in 0..1")


def phases_of(weight_bits: int, activation_bits: int, last: float = 2.0) -> tuple[Phase, ...]:
    """PROFIT's phases: activations step by step to their width, then weights, then a third and two thirds frozen.

    Args:
        weight_bits, activation_bits: 2..8, where it ends.
        last: share of each of the three phases at the end, relative to one before it.
    """
    down = [Phase(weight_bits=8, activation_bits=bits) for bits in LADDER[1:] if bits >= activation_bits]
    down += [Phase(weight_bits=bits, activation_bits=activation_bits) for bits in LADDER[1:] if bits > weight_bits]
    end = [Phase(weight_bits=weight_bits, activation_bits=activation_bits, share=last, frozen=part) for part in THIRDS]
    return (*down, *end)


def starts(phases: Sequence[Phase], steps: int) -> list[int]:
    """The first step of each phase, and the number of steps at the end; each as near its share as whole steps go."""
    total, sums = sum(phase.share for phase in phases), [0.0]
    for phase in phases:
        sums.append(sums[-1] + phase.share)
    return [round(steps * part / total) for part in sums]
