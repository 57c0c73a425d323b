"""Draws values for the fields of a step over their whole legal range: what all kinds of steps share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from t2c.contract.descriptor import FIELDS
from t2c.contract.hardware import Hardware
from t2c.contract.legal_space import dimension

FEW = 6
"""A loop of so few turns may step anywhere in a memory that is not full."""


class FieldDraw:
    """One step in the making.

    rng: where chance comes from; hardware: of the core; full: every word of the activation memory is known, so that
    reads may go anywhere; budget: cycles that the step may take; fixed: fields that somebody has chosen; made: fields
    so far.
    """

    def __init__(
        self, rng: np.random.Generator, hardware: Hardware, *, full: bool, budget: int, fixed: Mapping[str, int]
    ) -> None:
        self.rng = rng
        self.hardware = hardware
        self.full = full
        self.budget = budget
        self.fixed = dict(fixed)
        self.made: dict[str, Any] = {}

    def _chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def _field(self, name: str, low: int | None = None, high: int | None = None) -> int:
        """A fixed field as it is, else a random value of the legal range or of a part of it."""
        if name in self.fixed:
            return self.fixed[name]
        return dimension(f"descriptor.{name}").draw(self.rng, low, high)

    def _any_word(self, name: str) -> int:
        """A field that the step does not read holds whatever its word holds."""
        kind = next(entry.kind for entry in FIELDS if entry.name == name)
        return int(self.rng.integers(kind.word[0], kind.word[-1], endpoint=True))

    # ------------------------------------------------------------------ addresses
    def _step(self, name: str, turns: int, factor: int) -> int:
        """A step of a loop of so many turns: anything in a full memory, or where it is taken seldom; else small."""
        if name in self.fixed:
            return self.fixed[name]
        if turns > 1 and not self.wraps:
            reach = self.hardware.act_depth // (3 * turns) // factor
            return int(self.rng.integers(-reach, reach + 1)) * factor
        if self.full or turns <= FEW or self._chance(0.1):
            step = self._field(name)
            if self._chance(0.7):
                step = int(self.rng.integers(-(1 << 31), 1 << 31))
            return within(step // factor * factor)
        return int(self.rng.integers(-2, 3))

    def _base(self, name: str, span: tuple[int, int], factor: int, first: int) -> int:
        """First address of a walk over a span of offsets; inside the memory where its end is no power of two."""
        if name in self.fixed:
            return self.fixed[name]
        low, high = -span[0], self.hardware.act_depth - span[1]
        if self.wraps or high < low:
            return within(self._field(name) // factor * factor + first)
        inside = int(self.rng.integers(low, high + 1)) // factor * factor + first
        return within(inside + (self._field(name) & -(1 << self.hardware.act_addr_w)))

    @property
    def wraps(self) -> bool:
        """Every address is a word of the memory."""
        return self.hardware.act_depth & (self.hardware.act_depth - 1) == 0


def within(value: int) -> int:
    """A wrapping number in the range of its word."""
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)
