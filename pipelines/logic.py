"""Builds the logic of one module: adders, products by constants, registers where enough levels of logic have come."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from t2c.pipelines.digits import signed_digits, trailing_zeros
from t2c.pipelines.value import LogicValue, Summand, extended, literal, span, width_of

IN_BLOCKS = ("multiplier_sum_bits", "multiplier_register_bits")
"""Quantities that a DSP block has beside its multiplier: the adder and the register behind it."""


class Logic:
    """Lines of Verilog, and what they take.

    All arithmetic is modulo 2^width of the result, whose bounds are exact: operands are extended by hand, so that no
    rule of Verilog about signs is needed but in a `*`.

    Args:
        digits: products by constants of more signed digits are a `*`.
        every: levels of adders after which a register comes.

    lines: what was written; counts: bits and blocks by name; spare: while it is true nothing is counted and no `*` is
    written, since nothing reads what is made.
    """

    def __init__(self, *, digits: int, every: int) -> None:
        self.digits, self.every = digits, every
        self.lines: list[str] = []
        self.counts: Counter[str] = Counter()
        self.spare = False
        self._made = 0
        self._delayed: dict[tuple[str, int], LogicValue] = {}
        self._uncounted: set[str] = set()
        self._wires: dict[tuple[bool, str, int, int], LogicValue] = {}
        self._products: dict[tuple[bool, str, int], LogicValue] = {}
        self._of_multipliers: set[str] = set()
        self._declared: dict[str, int] = {}

    def count(self, what: str, number: int) -> None:
        """Add to what is taken."""
        if not self.spare:
            self.counts[what] += number

    def name(self, letter: str) -> str:
        """One that nothing has yet."""
        self._made += 1
        return f"{letter}{self._made}"

    def wire(
        self, text: str, lo: int, hi: int, time: int, depth: int, takes: Mapping[str, int] | None = None
    ) -> LogicValue:
        """An expression under a name, in a register at once if enough logic lies before it; made once.

        Args:
            text: of exactly the width of lo..hi.
            time, depth: as a `LogicValue` has them; takes: what is counted of it.
        """
        if lo == hi:
            return LogicValue("", lo, hi)
        for spare in {False, self.spare}:
            if (found := self._wires.get((spare, text, lo, hi))) is not None:
                return found
        for what, number in (takes or {}).items():
            self.count(what, number)
        value = LogicValue(self.name("n"), lo, hi, time, depth)
        self.lines.append(f"    wire {span(value.width)} {value.name} = {text};")
        value = self.at(value, time + 1) if depth >= self.every else value
        self._wires[self.spare, text, lo, hi] = value
        return value

    def at(self, value: LogicValue, time: int) -> LogicValue:
        """The value so many registers after the input; the same registers whoever asks."""
        if value.constant:
            return value
        while value.time < time:
            key = value.name, value.time + 1
            if key not in self._delayed:
                late = replace(value, name=self.name("r"), time=value.time + 1, depth=0)
                self.declare(late)
                self.lines.append(f"    always @(posedge clk) if (en) {late.name} <= {value.name};")
                self._uncounted.add(late.name)
                self._delayed[key] = late
            value = self._delayed[key]
            if not self.spare and value.name in self._uncounted:
                self._uncounted.remove(value.name)
                self.count("register_bits", value.width)
        return value

    def declare(self, value: LogicValue) -> None:
        """Declare a register of data.

        The attribute keeps Yosys from asking whether it is the state of a machine, which it would do for minutes.
        """
        self._declared[value.name] = len(self.lines)
        self.lines.append(f'    (* fsm_encoding = "none" *) reg {span(value.width)} {value.name};')

    def aligned(self, values: Sequence[LogicValue]) -> tuple[list[LogicValue], int, int]:
        """The values at the time of the latest; that time, and the most logic before any of them."""
        time = max((value.time for value in values if not value.constant), default=0)
        there = [self.at(value, time) for value in values]
        return there, time, max((value.depth for value in there if not value.constant), default=0)

    def add(self, one: Summand, other: Summand, kind: str, bounds: tuple[int, int] | None = None) -> Summand:
        """The sum of two terms.

        Args:
            kind: what its bits are counted as; bounds: of the sum where they are known to be closer.
        """
        low = min(one.shift, other.shift)
        one, other = replace(one, shift=one.shift - low), replace(other, shift=other.shift - low)
        negative = one.negative and other.negative
        if negative:
            one, other = replace(one, negative=False), replace(other, negative=False)
        (a_lo, a_hi), (b_lo, b_hi) = one.bounds, other.bounds
        lo, hi = bounds or (a_lo + b_lo, a_hi + b_hi)
        if one.negative:
            one, other = other, one
        width = width_of(lo, hi)
        (a, b), time, depth = self.aligned([one.value, other.value])
        if other.negative:
            base, shifted, shift = a, b, other.shift if not one.shift else 0
        else:
            base, shifted, shift = (a, b, other.shift) if other.shift else (b, a, one.shift)
        if not 0 < shift < width:
            shift = 0
        if not other.negative and shift and base.lo >= 0 and base.width <= shift:
            text = f"{{{extended(shifted, width - shift)}, {extended(base, shift)}}}"
            return Summand(self.wire(text, lo, hi, time, depth), low, negative)
        sign = "-" if other.negative else "+"
        if shift:
            upper = f"{extended(base, width - shift, shift)} {sign} {extended(shifted, width - shift)}"
            text = f"{{{upper}, {extended(base, shift)}}}"
        else:
            text = f"{_left(a, one.shift, width)} {sign} {_left(b, other.shift, width)}"
        return Summand(
            self.wire(text, lo, hi, time, depth + 1, {self._adder(kind, a, b): width - shift}), low, negative
        )

    def product(self, value: LogicValue, constant: int, kind: str) -> Summand:
        """A value times a constant that is not 0; products by one odd number are made once.

        Args:
            value: not a constant; kind: what its adders are counted as, and its `*`.
        """
        shift = trailing_zeros(constant)
        odd = abs(constant) >> shift
        return Summand(self._odd(value, odd, kind), shift, constant < 0)

    def _odd(self, value: LogicValue, odd: int, kind: str) -> LogicValue:
        if odd == 1:
            return value
        key = self.spare and (False, value.name, odd) not in self._products, value.name, odd
        if key not in self._products:
            terms = [Summand(value, shift, sign < 0) for shift, sign in signed_digits(odd)]
            if len(terms) <= self.digits or self.spare:
                total = terms[-1]
                for place, term in reversed(list(enumerate(terms[:-1]))):
                    part = sum(sign << at for at, sign in signed_digits(odd)[place:])
                    known = part >> term.shift
                    bounds = sorted((value.lo * known, value.hi * known))
                    total = self.add(total, term, kind, (bounds[0], bounds[1]))
                self._products[key] = total.value
            else:
                self._products[key] = self._multiplied(value, odd, kind)
        return self._products[key]

    def _multiplied(self, value: LogicValue, odd: int, kind: str) -> LogicValue:
        lo, hi = value.lo * odd, value.hi * odd
        if value.width == 1:
            width = width_of(lo, hi)
            text = f"{{{width}{{{value.name}}}}} & {literal(odd if lo == 0 else -odd, width)}"
            return self.wire(text, lo, hi, value.time, value.depth)
        if value.depth:
            value = self.at(value, value.time + 1)
        self._held(value)
        bits = odd.bit_length() + 1
        text = f"{signed(value)} * {bits}'sd{odd}"
        takes = {f"{kind}_multipliers": 1, f"{kind}_multiplier_bits": value.width * (bits - 1)}
        found = self.wire(text, lo, hi, value.time, self.every, takes)
        if found.name not in self._of_multipliers:
            self._of_multipliers.add(found.name)
            self.count("register_bits", -found.width)
            self.count(IN_BLOCKS[1], found.width)
        return found

    def _held(self, value: LogicValue) -> None:
        """Keep a register in front of a multiplier where it is.

        Yosys 0.70 takes one behind an adder into a DSP48E1, with the adder, though others read it too.
        """
        place = self._declared.pop(value.name, None)
        if place is not None:
            self.lines[place] = self.lines[place].replace("(* ", "(* keep, ", 1)

    def _adder(self, kind: str, *summands: LogicValue) -> str:
        """What the bits of an adder are counted as: a block with a multiplier adds to its product for nothing."""
        return IN_BLOCKS[0] if any(one.name in self._of_multipliers for one in summands) else f"{kind}_bits"

    def total(self, terms: Sequence[Summand], kind: str) -> Summand:
        """The sum of terms, at least one; those that come first, and of those the narrow ones, are added first."""
        heap = [(*_order(term), place, term) for place, term in enumerate(terms)]
        heapq.heapify(heap)
        place = len(heap)
        while len(heap) > 1:
            one, other = heapq.heappop(heap)[-1], heapq.heappop(heap)[-1]
            term = self.add(one, other, kind)
            heapq.heappush(heap, (*_order(term), place, term))
            place += 1
        return heap[0][-1]

    def offset(self, term: Summand, constant: int, kind: str) -> LogicValue:
        """A term and a constant, as a plain value."""
        value = term.value
        lo, hi = (bound + constant for bound in term.bounds)
        width = width_of(lo, hi)
        if not constant and not term.negative:
            if not term.shift:
                return value
            return self.wire(_left(value, term.shift, width), lo, hi, value.time, value.depth)
        if not term.negative and term.shift:
            upper = self.offset(Summand(value), constant >> term.shift, kind)
            below = literal(constant & ((1 << term.shift) - 1), term.shift)
            text = f"{{{extended(upper, width - term.shift)}, {below}}}"
            return self.wire(text, lo, hi, upper.time, upper.depth)
        sign = "-" if term.negative else "+"
        text = f"{literal(constant, width)} {sign} {_left(value, term.shift, width)}"
        return self.wire(text, lo, hi, value.time, value.depth + 1, {self._adder(kind, value): width})


def signed(value: LogicValue) -> str:
    """A value as Verilog reads it as a signed number."""
    return f"$signed({{1'b0, {value.name}}})" if value.lo >= 0 else f"$signed({value.name})"


def _left(value: LogicValue, shift: int, width: int) -> str:
    """A value times 2^shift, in a width that holds it."""
    if not shift:
        return extended(value, width)
    if width <= shift:
        return literal(0, width)
    return f"{{{extended(value, width - shift)}, {literal(0, shift)}}}"


def _order(term: Summand) -> tuple[int, int, int]:
    return term.value.time, term.value.depth, term.value.width + term.shift
