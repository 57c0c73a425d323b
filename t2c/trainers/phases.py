"""The phases of a progressive training, as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LADDER = (5, 4)
"""Widths on the way down from 8 to 4 bits."""

TOGETHER = (5, 4, 3)
"""Widths on the way down where weights and activations go together."""

THIRDS = {0.0: 5.0, 1 / 3: 1.0, 2 / 3: 1.0}
"""Share of the layers whose weights are frozen in the last phases: the share of the steps of each."""

BRIEF = 0.5
"""Share of each phase before."""


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

    Below 4 bits, where the paper does not go, they are `phases_together`.

    Args:
        weight_bits, activation_bits: 2..8, where it ends.
    """
    if min(weight_bits, activation_bits) < 4:
        return phases_together(weight_bits, activation_bits)
    down = [(8, bits) for bits in LADDER if bits >= activation_bits]
    down += [(bits, activation_bits) for bits in LADDER if bits > weight_bits]
    return (
        *(Phase(weight_bits=weight, activation_bits=activation, share=BRIEF) for weight, activation in down),
        *(
            Phase(weight_bits=weight_bits, activation_bits=activation_bits, share=share, frozen=part)
            for part, share in THIRDS.items()
        ),
    )


def phases_together(weight_bits: int, activation_bits: int) -> tuple[Phase, ...]:
    """Both go down together, one or two widths on the way, and nothing is frozen: three quarters for the end, or more.

    MobileNet-V1 needs that at 2 bits, and where there are few epochs it is better at 4 too.

    Args:
        weight_bits, activation_bits: 2..8, where it ends.
    """
    least = min(weight_bits, activation_bits)
    down = [bits for bits in TOGETHER if least < bits][-2:]
    end = Phase(weight_bits=weight_bits, activation_bits=activation_bits, share=8.0 - len(down))
    return (*(Phase(weight_bits=bits, activation_bits=bits) for bits in down), end)


def starts(phases: Sequence[Phase], steps: int) -> list[int]:
    """The first step of each phase, and the number of steps at the end; each as near its share as whole steps go."""
    total, sums = sum(phase.share for phase in phases), [0.0]
    for phase in phases:
        sums.append(sums[-1] + phase.share)
    return [round(steps * part / total) for part in sums]
