"""Kinds of descriptor fields: sign and range."""

from __future__ import annotations

from dataclasses import dataclass

from t2c.contract.operations import ROUNDINGS, Combine, Operation
from t2c.golden.arithmetic.layer_norm import EPSILON
from t2c.golden.arithmetic.softmax import EXPONENT_BITS, MAX_RECIPROCAL_BITS, OUTPUT_BITS

WORD_BITS = 32
"""Bits of a field's word in the program memory."""
COUNT_BITS = 16
"""Bits of the engine's counters, of its signed geometry and of layer numbers."""
ADDRESS_BITS = 24
"""Bits of addresses and word counts of a transfer, and of the trace's addresses: no memory is deeper."""
TABLE_BITS = 16
"""Bits of an entry of the table memory: the widest exponential of softmax."""
ROW_BITS = 10
"""A row of the row engine has up to 2 to this power elements."""
ZERO_POINT_BITS = 9
"""Bits of zero points and clip bounds, signed, at X_W = 8; the engine reads the lowest X_W + 1."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A range of integers. name: in a word; signed: two's complement in its word; low, high: inclusive."""

    name: str
    signed: bool = False
    low: int
    high: int

    @property
    def values(self) -> range:
        """The range."""
        return range(self.low, self.high + 1)

    @property
    def word(self) -> range:
        """What a 32-bit word of that sign holds, whatever the range."""
        half = 1 << (WORD_BITS - 1)
        return range(-half, half) if self.signed else range(2 * half)

    def decode(self, word: int) -> int:
        """The value of a 32-bit word, given in any sign."""
        value = int(word) % (1 << WORD_BITS)
        return value - (1 << WORD_BITS) if self.signed and value >> (WORD_BITS - 1) else value


def _unsigned(name: str, bits: int, low: int = 0) -> Kind:
    return Kind(name=name, low=low, high=(1 << bits) - 1)


def _signed(name: str, bits: int) -> Kind:
    return Kind(name=name, signed=True, low=-(1 << (bits - 1)), high=(1 << (bits - 1)) - 1)


OPERATION = Kind(name="operation", low=min(Operation), high=max(Operation))
COMBINE = Kind(name="combine", low=min(Combine), high=max(Combine))
ROUNDING = Kind(name="rounding", low=0, high=max(ROUNDINGS))
LAYER = _unsigned("layer number", COUNT_BITS)
COUNT = _unsigned("count", COUNT_BITS, low=1)
DISTANCE = _unsigned("distance", COUNT_BITS)
PIXELS = _signed("pixels", COUNT_BITS)
WORDS = _unsigned("words", ADDRESS_BITS, low=1)
ADDRESS = _unsigned("address", ADDRESS_BITS)
WRAPPING = _signed("wrapping address or step", WORD_BITS)
FLAG = _unsigned("flag", 1)
PAGE = _unsigned("page", COUNT_BITS)
BANK = _unsigned("bank", 8)
ROW_LENGTH = Kind(name="elements of a row", low=1, high=1 << ROW_BITS)
RECIPROCAL = Kind(name="bits of a reciprocal", low=EXPONENT_BITS[0] + OUTPUT_BITS[0], high=MAX_RECIPROCAL_BITS)
RESULT = Kind(name="bits of a result", low=OUTPUT_BITS[0], high=OUTPUT_BITS[1])
EPSILON_LOW = _unsigned("lower word of epsilon", WORD_BITS)
EPSILON_HIGH = _unsigned("upper part of epsilon", (EPSILON[1]).bit_length() - WORD_BITS)
ZERO_POINT = _signed("zero point or bound", ZERO_POINT_BITS)
