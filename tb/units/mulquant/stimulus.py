"""Stimulus for the bench of rtl/mulquant.v: corners and random vectors, alone and in pairs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.rounding import FIRST_SHIFT, Rounding
from t2c.tb.components.corner_values import near_powers
from t2c.tb.dut.traits import Traits


@dataclass(frozen=True, kw_only=True)
class Config:
    """What must not change while results are inside: rounding mode, zero point and clip range."""

    rounding: Rounding
    zero_point: int
    lo: int
    hi: int

    def text(self) -> str:
        return f"{self.rounding.value}, zero point {self.zero_point}, {self.lo}..{self.hi}"


@dataclass(frozen=True, kw_only=True)
class Vector:
    """One input of the unit."""

    acc: int
    multiplier: int
    bias: int
    shift: int

    def text(self) -> str:
        return f"acc {self.acc}, multiplier {self.multiplier}, bias {self.bias}, shift {self.shift}"


Item = tuple[Vector, ...]
"""What gives one result: a vector, or a pair of them of which the first is partial."""


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """How large vectors may be. shift_w, out_w: bits; rng: of every random choice."""

    widths: Widths
    shift_w: int
    out_w: int
    rng: random.Random


def singles(vectors: Iterator[Vector]) -> list[Item]:
    """Vectors that each give a result."""
    return [(vector,) for vector in vectors]


def configs(out_w: int, traits: Traits) -> list[Config]:
    """Every rounding mode of the module with a signed, an unsigned, a ReLU, a one-value and a negative range.

    Args:
        out_w: bits of the output.
        traits: modes, signedness, and what of zero_point, lo and hi the module fixes.
    """
    signed, unsigned = (1 << (out_w - 1)), (1 << out_w) - 1
    ranges = [
        (0, -signed, signed - 1),
        (unsigned // 2, 0, unsigned),
        (-signed, -signed, 1),
        (1, 1, 1),
        (0, -signed, -1),
    ]
    least, largest = {"signed": (-signed, signed - 1), "unsigned": (0, unsigned)}.get(
        traits.output, (-signed, unsigned)
    )
    names = ("zero_point", "lo", "hi")
    fixed = [tuple(traits.constants.get(n, v) for n, v in zip(names, values, strict=True)) for values in ranges]
    inside = [values for values in dict.fromkeys(fixed) if least <= min(values) and max(values) <= largest]
    return [
        Config(rounding=Rounding(mode), zero_point=zero_point, lo=lo, hi=hi)
        for mode in traits.rounding
        for zero_point, lo, hi in inside
        if lo <= hi
    ]


def one_of_each_mode(settings: list[Config]) -> list[Config]:
    """A configuration of each rounding mode, each of another range while there are some."""
    modes = list(dict.fromkeys(config.rounding for config in settings))
    by_mode = [[config for config in settings if config.rounding is mode] for mode in modes]
    return [found[index % len(found)] for index, found in enumerate(by_mode)]


def corner_vectors(ranges: Ranges, count: int) -> Iterator[Vector]:
    """Accumulator corners, exact ties of both signs around the rounding point, largest shifts, extreme constants."""
    widths, max_shift, rng = ranges.widths, (1 << ranges.shift_w) - 1, ranges.rng
    accs, scales, biases = near_powers(widths.acc), near_powers(widths.scale), near_powers(widths.bias)
    for extreme in (accs[0], accs[-1], 0):
        for scale in (scales[0], scales[-1], 0, 1, -1):
            for bias in (biases[0], biases[-1], 0):
                for shift in (0, 1, min(widths.scale - 1, max_shift), max_shift // 2, max_shift):
                    yield Vector(acc=extreme, multiplier=scale, bias=bias, shift=shift)
    for shift in range(1, min(max_shift, widths.bias - 3) + 1):
        half = 1 << (shift - 1)
        for quotient in (-2, -1, 0, 1):
            for delta in (-1, 0, 1):
                # p = (2 q + 1) 2^(S-1) + delta: a tie where delta is 0.
                yield Vector(acc=0, multiplier=1, bias=(2 * quotient + 1) * half + delta, shift=shift)
    # The same ties by the product, acc M = (2 q + 1) 2^(S-1), up to the largest shift that a product reaches.
    for acc_bits in range(widths.acc - 3):
        for scale_bits in {rng.randint(0, widths.scale - 2), widths.scale - 2}:
            shift = acc_bits + scale_bits + 1
            if shift <= max_shift:
                for odd in (-3, -1, 1, 3):
                    yield Vector(acc=odd << acc_bits, multiplier=1 << scale_bits, bias=0, shift=shift)
    yield from _beside_largest_ties(ranges)
    yield from _one_bit_beside(ranges)
    yield from _where_double_turns(ranges)
    yield from _one_bit_beyond(ranges)
    for _ in range(count):
        yield Vector(
            acc=rng.choice(accs),
            multiplier=rng.choice(scales),
            bias=rng.choice(biases),
            shift=rng.randint(0, max_shift),
        )


def _beside_largest_ties(ranges: Ranges) -> Iterator[Vector]:
    """p = +-2^(S-1) + 2^k for every k: a tie but for one bit, at the largest shift whose half step a product is."""
    widths, max_shift = ranges.widths, (1 << ranges.shift_w) - 1
    for sign in (1, -1):
        shift = min(max_shift, widths.scale + widths.acc - (1 if sign > 0 else 2))
        if shift >= widths.scale:
            acc = -sign * (1 << (shift - widths.scale))
            for k in range(min(shift - 1, widths.bias - 1)):
                yield Vector(acc=acc, multiplier=-(1 << (widths.scale - 1)), bias=1 << k, shift=shift)


def _one_bit_beside(ranges: Ranges) -> Iterator[Vector]:
    """p = +-2^(S-1) + 2^k, and in mode double's second rounding all ones but bit k, for every k: one bit tells.

    By product and bias together, at the largest shift at which both reach it.
    """
    widths, first = ranges.widths, FIRST_SHIFT - 1
    scale_bits = min(widths.scale, widths.bias) - 2
    shift = min((1 << ranges.shift_w) - 1, widths.acc - 1 + scale_bits)
    half = 1 << shift - 1
    targets = [sign * half + (1 << k) for k in range(shift - 1) for sign in (1, -1)]
    targets += [half - (1 << first) - (1 << k) for k in range(first, shift - 1)]
    for p in targets:
        bias = p & (1 << scale_bits) - 1
        yield Vector(acc=p >> scale_bits, multiplier=1 << scale_bits, bias=bias, shift=shift)


def _where_double_turns(ranges: Ranges) -> Iterator[Vector]:
    """p = (2 q + 1) 2^(S-1) -+ 2^30 + delta for S >= 32, by the bias and by the product: where mode double turns."""
    widths, first = ranges.widths, 1 << FIRST_SHIFT - 1
    scale_bits = min(widths.scale - 2, FIRST_SHIFT - 1)
    acc_bits = FIRST_SHIFT - 1 - scale_bits
    for shift in range(FIRST_SHIFT + 1, 1 << ranges.shift_w):
        for odd, sign, delta in product((-3, -1, 1, 3), (-1, 1), (-1, 0, 1)):
            turn = (odd << shift - 1) + sign * first
            if shift <= widths.bias - 3:
                yield Vector(acc=0, multiplier=1, bias=turn + delta, shift=shift)
            if shift - FIRST_SHIFT + 2 + acc_bits < widths.acc:
                yield Vector(acc=turn >> scale_bits, multiplier=1 << scale_bits, bias=delta, shift=shift)


def _one_bit_beyond(ranges: Ranges) -> Iterator[Vector]:
    """p = 2^k and -1 - 2^k, beyond every result: one bit tells that it saturates. Every k at each eighth shift."""
    widths, rng = ranges.widths, ranges.rng
    top = widths.acc + widths.scale - 4
    for shift in range(1 << ranges.shift_w):
        bits = range(shift + ranges.out_w + 1, top + 1)
        for k in bits if shift % 8 == 0 else rng.sample(bits, min(len(bits), 1)):
            acc_bits = min(k, widths.acc - 2)
            for sign in (1, -1):
                acc, multiplier = sign << acc_bits, 1 << k - acc_bits
                yield Vector(acc=acc, multiplier=multiplier, bias=min(sign, 0), shift=shift)


def random_vectors(ranges: Ranges, count: int) -> Iterator[Vector]:
    """Vectors whose result lies around the output range, so that rounding shows and both ends saturate."""
    widths, max_shift, rng = ranges.widths, (1 << ranges.shift_w) - 1, ranges.rng
    for _ in range(count):
        acc = rng.getrandbits(rng.randint(1, widths.acc - 1)) * rng.choice((-1, 1))
        scale = rng.getrandbits(rng.randint(1, widths.scale - 1)) * rng.choice((-1, 1))
        product_bits = (acc * scale).bit_length()
        shift = min(max(product_bits - ranges.out_w + rng.randint(-2, 3), 0), max_shift)
        span = min(shift + ranges.out_w - 1, widths.bias - 1)
        bias = rng.getrandbits(span) * rng.choice((-1, 0, 1)) if span > 0 else 0
        yield Vector(acc=acc, multiplier=scale, bias=bias, shift=shift)


def corner_pairs(ranges: Ranges) -> Iterator[Item]:
    """Both products and the bias at the ends of their ranges, which is what p must hold; ties that only the sum has."""
    widths, max_shift, rng = ranges.widths, (1 << ranges.shift_w) - 1, ranges.rng
    ends = [(-(1 << (bits - 1)), (1 << (bits - 1)) - 1) for bits in (widths.acc, widths.scale, widths.bias)]
    for acc_a, acc_b, scale_a, scale_b, bias in product(ends[0], ends[0], ends[1], ends[1], (*ends[2], 0)):
        for shift in (0, max_shift, rng.randint(0, max_shift)):
            yield _pair(ranges, Vector(acc=acc_a, multiplier=scale_a, bias=bias, shift=shift), acc_b, scale_b)
    for shift in range(1, min(max_shift, widths.acc - 3, widths.bias - 3) + 1):
        half = 1 << (shift - 1)
        for odd, delta in product((-3, -1, 1, 3), (-1, 0, 1)):
            # a + bias + b = odd 2^(S-1) + delta: a tie where delta is 0.
            part = rng.randint(-half, half)
            first = Vector(acc=odd * half - part, multiplier=1, bias=delta, shift=shift)
            yield _pair(ranges, first, part, 1)


def _pair(ranges: Ranges, first: Vector, acc: int, multiplier: int) -> Item:
    """The shift counts with the second vector, whose bias does not; what does not count is anything."""
    rng, widths = ranges.rng, ranges.widths
    bias = rng.getrandbits(widths.bias) - (1 << (widths.bias - 1))
    ignored = rng.randrange(1 << ranges.shift_w)
    second = Vector(acc=acc, multiplier=multiplier, bias=bias, shift=first.shift)
    return Vector(acc=first.acc, multiplier=first.multiplier, bias=first.bias, shift=ignored), second


def mixed_items(ranges: Ranges, count: int) -> Iterator[Item]:
    """Random vectors and random pairs in any order."""
    for a, b in zip(random_vectors(ranges, count), random_vectors(ranges, count), strict=True):
        yield (a,) if ranges.rng.random() < 0.4 else _pair(ranges, a, b.acc, b.multiplier)
