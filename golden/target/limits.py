"""What the arithmetic of a chip can do: the limits that constants and tensors of a package must keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from t2c.golden.arithmetic.formats import IntFormat, check_int
from t2c.golden.arithmetic.mulquant import ACC_BITS, BIAS_BITS, SCALE_BITS
from t2c.golden.arithmetic.requantiser_order import RequantiserOrder
from t2c.golden.arithmetic.rounding import FIRST_SHIFT, MAX_SHIFT, Rounding
from t2c.golden.errors import RangeError
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, MAX_OPERAND_BITS, MIN_OPERAND_BITS


class Clip(StrEnum):
    """Bounds of an output. ANY: any lo and hi; RELU: a format, or that from the zero point up; FORMAT: a format."""

    ANY = "any"
    RELU = "relu"
    FORMAT = "format"


@dataclass(frozen=True, kw_only=True)
class MultiplierLimits:
    """bits: 1..32; signed; power_of_two: 2^k and nothing else."""

    bits: int = SCALE_BITS[1]
    signed: bool = True
    power_of_two: bool = False

    def __post_init__(self) -> None:
        check_int("multiplier: bits", self.bits, 2 if self.signed else 1, SCALE_BITS[1] - (not self.signed))

    @property
    def format(self) -> IntFormat:
        return IntFormat(bits=self.bits, signed=self.signed)

    @property
    def largest(self) -> int:
        """The largest multiplier."""
        hi = self.format.hi
        return 1 << hi.bit_length() - 1 if self.power_of_two else hi

    def refuses(self, value: int) -> bool:
        """Whether a multiplier is none of the chip's."""
        size = abs(value)
        return not self.format.lo <= value <= self.format.hi or (self.power_of_two and size.bit_count() != 1)

    def __str__(self) -> str:
        if self.largest == 1:
            return "none"
        powers = ", powers of two" if self.power_of_two else ""
        return f"{self.format}{powers}"


@dataclass(frozen=True, kw_only=True)
class ChipLimits:
    """A chip: q = clip(round_S(p) + zp, lo, hi) with p = sat(sat(acc) M + B), or sat(sat(acc + b) M).

    name: for reports; multiplier: see there; bias: signed bits of B or b, 0: there is none; order: whether the bias
    comes first, and where saturation is; per_layer: one M and one S for all channels of a layer; shift: least and
    largest S; rounding: modes of round_S; accumulator: signed bits of acc; activations: formats of tensors, none for
    all; zero_points: whether a tensor may have one besides 0; weights: bits; clip: of outputs; operations: kinds of
    nodes, none for all; references: functions of the user's own by layer, or by kind as op:KIND.

    What is not said is no limit. Formula and what follows from it: docs/arithmetic.md section 9.

    Raises:
        RangeError: a limit outside what the arithmetic has at all.
    """

    name: str = "chip"
    multiplier: MultiplierLimits = MultiplierLimits()
    per_layer: bool = False
    shift: tuple[int, int] = (0, MAX_SHIFT)
    bias: int = BIAS_BITS[1]
    order: RequantiserOrder = field(default_factory=RequantiserOrder)
    rounding: tuple[Rounding, ...] = tuple(Rounding)
    accumulator: int = ACC_BITS[1]
    activations: tuple[IntFormat, ...] = ()
    zero_points: bool = True
    weights: int = MAX_OPERAND_BITS
    clip: Clip = Clip.ANY
    operations: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        low, high = self.shift
        check_int("shift: least", low, 0, MAX_SHIFT)
        check_int("shift: largest", high, 0, MAX_SHIFT)
        if low > high:
            raise RangeError(f"shift: {low} is above {high}")
        if not self.rounding:
            raise RangeError("rounding: there is no mode")
        check_int("accumulator", self.accumulator, *ACC_BITS)
        check_int("weights", self.weights, MIN_OPERAND_BITS, MAX_OPERAND_BITS)
        if self.bias:
            check_int("bias", self.bias, *BIAS_BITS)
        for fmt in self.activations:
            check_int(f"activations: {fmt}: bits", fmt.bits, MIN_OPERAND_BITS, MAX_EDGE_BITS)

    @property
    def saturates(self) -> bool:
        """Whether something is cut off before the rounding."""
        return self.order.operand_bits is not None or self.order.sum_bits is not None

    def refuses_bias(self, value: int) -> bool:
        """Whether a bias is none of the chip's."""
        return bool(value) if not self.bias else not -(1 << self.bias - 1) <= value < 1 << self.bias - 1

    def rounds(self, mode: Rounding, largest_shift: int) -> bool:
        """Whether the chip has a mode, or one that is the same for all shifts up to the largest."""
        alike = {Rounding.HALF_UP, Rounding.DOUBLE}
        if mode in alike and largest_shift <= FIRST_SHIFT and alike & set(self.rounding):
            return True
        return mode in self.rounding or largest_shift == 0

    def holds(self, fmt: IntFormat) -> bool:
        """Whether every value of a format is one of a format that the chip has."""
        return not self.activations or any(own.lo <= fmt.lo and fmt.hi <= own.hi for own in self.activations)
