"""The phases of a progressive training, as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LADDER = (5, 4)
"""Widths on the way down from 8 to 4 bits."""

BELOW = (4, 3)
"""Widths on the way below 4 bits."""

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


def phases_of(weight_bits: int, activation_bits: int) -> tuple[Phase, ...]:
    """PROFIT's phases: activations step by step to their width, then weights, then a third and two thirds frozen.

    Below 4 bits, where the paper does not go, both go down together, soon, and nothing is frozen: most of the time is
    for the widths at the end. MobileNet-V1 needs that at 2 bits.

    Args:
        weight_bits, activation_bits: 2..8, where it ends.
    """
    if min(weight_bits, activation_bits) < 4:
        down = [
            Phase(weight_bits=bits, activation_bits=bits) for bits in BELOW if bits > min(weight_bits, activation_bits)
        ]
        return (*down, Phase(weight_bits=weight_bits, activation_bits=activation_bits, share=6.0))
    down = [Phase(weight_bits=8, activation_bits=bits) for bits in LADDER if bits >= activation_bits]
    down += [Phase(weight_bits=bits, activation_bits=activation_bits) for bits in LADDER if bits > weight_bits]
    end = [Phase(weight_bits=weight_bits, activation_bits=activation_bits, share=2.0, frozen=part) for part in THIRDS]
    return (*down, *end)


def starts(phases: Sequence[Phase], steps: int) -> list[int]:
    """The first step of each phase, and the number of steps at the end; each as near its share as whole steps go."""
    total, sums = sum(phase.share for phase in phases), [0.0]
    for phase in phases:
        sums.append(sums[-1] + phase.share)
    return [round(steps * part / total) for part in sums]
