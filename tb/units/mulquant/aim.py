"""Legal vectors whose operand or p is what a test wants, or as near as legal values come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from t2c.golden.arithmetic.requantiser_order import RequantiserOrder
from t2c.golden.arithmetic.rounding import FIRST_SHIFT
from t2c.tb.dut.legal_values import Legal
from t2c.tb.units.mulquant.stimulus import Vector


@dataclass(frozen=True, kw_only=True)
class Aim:
    """Solves p for the accumulator and the bias. legal: field -> its values, every field; order: of operations."""

    legal: Mapping[str, Legal]
    order: RequantiserOrder

    def sum(self, target: int, multiplier: int, shift: int, bias: int) -> Vector:
        """A vector whose p is the target. bias: what to begin with."""
        if self.order.bias_first:
            return self.operand(target // multiplier if multiplier else target, multiplier, shift, bias)
        acc = self.legal["acc"].nearest((target - bias) // multiplier if multiplier else target)
        rest = self.legal["bias"].nearest(target - acc * multiplier)
        return Vector(acc=acc, multiplier=multiplier, bias=rest, shift=shift)

    def operand(self, value: int, multiplier: int, shift: int, bias: int) -> Vector:
        """A vector in which that value is multiplied, before it saturates."""
        acc = self.legal["acc"].nearest(value - bias if self.order.bias_first else value)
        rest = self.legal["bias"].nearest(value - acc if self.order.bias_first else bias)
        return Vector(acc=acc, multiplier=multiplier, bias=rest, shift=shift)

    def ties(self, multiplier: int, shift: int, *, twice: bool) -> Iterator[Vector]:
        """Ties of both signs and what lies beside them; twice: and where mode double turns."""
        half, bias = (1 << shift) >> 1, self.legal["bias"].nearest(0)
        turns: tuple[int, ...] = (0,)
        if twice and shift > FIRST_SHIFT:
            turns = (-(1 << FIRST_SHIFT - 1), 0, 1 << FIRST_SHIFT - 1)
        odd_part = multiplier // (multiplier & -multiplier) if multiplier and self.order.bias_first else 1
        for odd, turn, delta in product((-3, -1, 1, 3), turns, (-1, 0, 1)):
            yield self.sum((odd * half + turn) * odd_part + delta, multiplier, shift, bias)

    def saturations(self, multiplier: int, shift: int) -> Iterator[Vector]:
        """Both ends of each width to which something saturates, from either side."""
        legal = self.legal["bias"]
        for bits, hit in ((self.order.operand_bits, self.operand), (self.order.sum_bits, self.sum)):
            if bits is not None:
                end = 1 << bits - 1
                beside = [sign * end + delta for sign in (-1, 1) for delta in (-2, -1, 0, 1)]
                for value in (-2 * end, *beside, 3 * end // 2):
                    yield hit(value, multiplier, shift, legal.nearest(0))
                    yield hit(value, multiplier, shift, legal.nearest(value // 2))

    def telling_shifts(self, multiplier: int, out_w: int) -> Iterator[int]:
        """Shifts at which the end of a width to which something saturates is a quarter of the largest result."""
        reach = abs(multiplier).bit_length()
        for bits, scale in ((self.order.operand_bits, reach), (self.order.sum_bits, 0)):
            if bits is not None:
                yield self.legal["shift"].nearest(bits - 1 + scale - (out_w - 2))
