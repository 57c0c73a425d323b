"""How to read the integers of one activation tensor: real value = scale * (x - zero_point)."""

from __future__ import annotations

from dataclasses import dataclass

from t2c.golden.arithmetic.formats import IntFormat


@dataclass(frozen=True, kw_only=True)
class QuantisationParameters:
    """Format, zero point and real step of a tensor; what travels along an edge during conversion.

    bits: 2..8; signed; zero_point: a legal value of the format; scale: positive real step.
    """

    bits: int
    signed: bool
    zero_point: int
    scale: float

    @property
    def format(self) -> IntFormat:
        return IntFormat(bits=self.bits, signed=self.signed)

    @property
    def reach(self) -> int:
        """The largest |x - zero point|."""
        return max(self.format.hi - self.zero_point, self.zero_point - self.format.lo)
