"""MulQuant of one channel in logic: clip(round_S(acc M + B) + zp, lo, hi), docs/arithmetic.md section 3."""

from __future__ import annotations

from dataclasses import dataclass

from t2c.golden.arithmetic.rounding import FIRST_SHIFT, Rounding, round_integer
from t2c.pipelines.logic import Logic, signed
from t2c.pipelines.value import LogicValue, Summand, extended, literal, width_of

KIND = "requant"


@dataclass(frozen=True, kw_only=True)
class ChannelConstants:
    """MulQuant of one channel: integers of any size."""

    multiplier: int
    bias: int
    shift: int
    rounding: Rounding
    zero_point: int
    lo: int
    hi: int

    def of(self, acc: int) -> int:
        """The result for one accumulator."""
        rounded = round_integer(acc * self.multiplier + self.bias, self.shift, self.rounding)
        return min(max(rounded + self.zero_point, self.lo), self.hi)


def requantised(logic: Logic, term: Summand | None, offset: int, constants: ChannelConstants) -> LogicValue:
    """The result for the accumulator term + offset; term is None where the accumulator is a constant.

    Everything that is added is one constant where the rounding mode lets it be: bias, half, zero point.
    """
    factor = constants.multiplier
    if term is None or factor == 0 or term.value.constant:
        fixed = 0 if term is None or factor == 0 else term.bounds[0]
        result = constants.of(fixed + offset)
        return LogicValue("", result, result)
    product = logic.product(term.value, -factor if term.negative else factor, KIND)
    product = Summand(product.value, product.shift + term.shift, product.negative)
    return _finished(logic, product, offset * factor + constants.bias, constants)


def summed(logic: Logic, product: Summand, bias: int, constants: ChannelConstants) -> LogicValue:
    """The result for p = product + bias, of which the multiplier is done already."""
    return _finished(logic, product, bias, constants)


def _finished(logic: Logic, product: Summand, bias: int, constants: ChannelConstants) -> LogicValue:
    amount = constants.shift
    mode = constants.rounding if amount else Rounding.FLOOR
    # A tie of half_even is seen in the last bit of the result, which an odd zero point would turn round.
    late = constants.zero_point if mode is Rounding.HALF_EVEN and constants.zero_point & 1 else 0
    early = constants.zero_point - late
    below, above = (bias + half + (early << amount) for half in _halves(mode, amount))
    lo, hi = (bound + bias for bound in product.bounds)
    below, above = (above if lo >= 0 else below), (below if hi < 0 else above)
    # The bits below both the product and the place where it is cut are those of the constant.
    free = min(product.shift, amount)
    left, rest = Summand(product.value, product.shift - free, product.negative), amount - free
    if below == above:
        total = logic.offset(left, above >> free, KIND)
    else:
        base = logic.offset(left, bias >> free, KIND)
        total = _by_sign(logic, base, (below >> free) - (bias >> free), (above >> free) - (bias >> free))
    rounded = _shifted(logic, total, rest)
    if mode is Rounding.HALF_EVEN and not above & ((1 << free) - 1):
        rounded = _evened(logic, rounded, total, rest)
    result = clipped(logic, rounded, constants.lo - late, constants.hi - late)
    return logic.offset(Summand(result), late, KIND) if late and not result.constant else _moved(result, late)


def _moved(value: LogicValue, by: int) -> LogicValue:
    return LogicValue("", value.lo + by, value.hi + by) if by else value


def _halves(mode: Rounding, amount: int) -> tuple[int, int]:
    """What is added to p before it is cut, where p is negative and where it is not."""
    half = 1 << amount - 1 if amount and mode is not Rounding.FLOOR else 0
    if mode is Rounding.HALF_AWAY:
        return half - 1, half
    if mode is Rounding.DOUBLE and amount > FIRST_SHIFT:
        more = 1 << FIRST_SHIFT - 1
        return half - more, half + more
    return half, half


def _by_sign(logic: Logic, base: LogicValue, below: int, above: int) -> LogicValue:
    """base + below where it is negative, base + above where it is not; it may be both."""
    bounds = (base.lo + below, -1 + below, above, base.hi + above)
    lo, hi = min(bounds), max(bounds)
    width = width_of(lo, hi)
    chosen = f"({base.name}[{base.width - 1}] ? {literal(below, width)} : {literal(above, width)})"
    text = f"{extended(base, width)} + {chosen}"
    return logic.wire(text, lo, hi, base.time, base.depth + 1, {f"{KIND}_bits": width})


def _shifted(logic: Logic, value: LogicValue, amount: int) -> LogicValue:
    """floor(value / 2^amount)."""
    if not amount or value.constant:
        return LogicValue("", value.lo >> amount, value.hi >> amount) if value.constant else value
    lo, hi = value.lo >> amount, value.hi >> amount
    return logic.wire(extended(value, width_of(lo, hi), amount), lo, hi, value.time, value.depth)


def _evened(logic: Logic, rounded: LogicValue, total: LogicValue, rest: int) -> LogicValue:
    """Halves were rounded up: an odd result of a tie is one too large."""
    if rounded.constant and not rounded.lo & 1:
        return rounded
    lo, hi = rounded.lo & ~1, rounded.hi
    (rounded, total), time, depth = logic.aligned([rounded, total])
    width = width_of(lo, hi)
    tie = f"~(|{extended(total, rest)})" if rest else "1'b1"
    last = "1'b1" if rounded.constant else f"{rounded.name}[0]"
    text = f"{last} & ~({tie})"
    if width > 1:
        text = f"{{{extended(rounded, width - 1, 1)}, {text}}}"
    return logic.wire(text, lo, hi, time, depth + 1, {f"{KIND}_clip_bits": 1})


def clipped(logic: Logic, value: LogicValue, lo: int, hi: int) -> LogicValue:
    """The value within lo..hi; what it cannot reach costs nothing."""
    if value.hi <= lo or value.lo >= hi or value.constant:
        result = min(max(value.lo, lo), hi)
        return LogicValue("", result, result)
    cases = []
    if value.lo < lo:
        cases.append(f"{_below(value, lo)} ? ")
    if value.hi > hi:
        cases.append(f"{_above(value, hi)} ? ")
    if not cases:
        return value
    low, high = max(value.lo, lo), min(value.hi, hi)
    width = width_of(low, high)
    limits = [literal(lo, width)] * (value.lo < lo) + [literal(hi, width)] * (value.hi > hi)
    text = "".join(f"{case}{limit} : " for case, limit in zip(cases, limits, strict=True))
    takes = {f"{KIND}_clip_bits": width}
    return logic.wire(f"{text}{extended(value, width)}", low, high, value.time, value.depth + 1, takes)


def _below(value: LogicValue, limit: int) -> str:
    """Whether value < limit, which it may be and may not be."""
    top = value.width - 1
    if limit == 0:
        return f"{value.name}[{top}]"
    power = (-limit).bit_length() - 1
    if limit < 0 and -limit == 1 << power and value.lo < 0:
        return f"({value.name}[{top}] & ~(&{value.name}[{top - 1}:{power}]))" if top > power else "1'b0"
    return _compared(value, "<", limit)


def _above(value: LogicValue, limit: int) -> str:
    top = value.width - 1
    power = (limit + 1).bit_length() - 1
    if limit >= 0 and limit + 1 == 1 << power:
        if value.lo >= 0:
            return f"(|{value.name}[{top}:{power}])"
        return f"(~{value.name}[{top}] & (|{value.name}[{top - 1}:{power}]))"
    return _compared(value, ">", limit)


def _compared(value: LogicValue, sign: str, limit: int) -> str:
    bits = max(width_of(min(limit, -1), max(limit, 0)), value.width) + 1
    number = f"-{bits}'sd{-limit}" if limit < 0 else f"{bits}'sd{limit}"
    return f"({signed(value)} {sign} {number})"
