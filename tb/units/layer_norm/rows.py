"""Stimulus for the bench of rtl/layer_norm.v: rows, what normalises them, and parameters that show every bit of t."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.layer_norm import RowNorm, normalise
from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.tb.dut.traits import Traits
from t2c.tb.units.row_space import BeatSpace, Row


@dataclass(frozen=True, kw_only=True)
class RowSpace(BeatSpace):
    """Rows, and what normalises them. traits: of the module."""

    traits: Traits

    @property
    def t_w(self) -> int:
        """Bits of MulQuant's input."""
        return max(self.parameters["FRAC_W"] + self.parameters["LEN_W"] // 2 + 2, 8)

    def norm(self, epsilon: int) -> RowNorm:
        """With E as near to `epsilon` as the unit allows."""
        most = (1 << self.parameters["E_W"]) - 1
        root, fraction = self.parameters["ROOT_W"], self.parameters["FRAC_W"]
        return RowNorm(epsilon=min(max(epsilon, 1), most), root_bits=root, fraction_bits=fraction)

    def any_norm(self) -> RowNorm:
        return self.norm(self.rng.getrandbits(self.rng.randint(1, self.parameters["E_W"])))


def corner_rows(space: RowSpace) -> Iterator[Row]:
    """Equal elements, one that stands out, half a row at either end, ramps: all lengths that tell counters apart."""
    lo, hi, rng = space.fmt.lo, space.fmt.hi, space.rng
    for length in space.lengths:
        yield [rng.choice((lo, 0, hi))] * length
        yield [lo if k < length // 2 else hi for k in range(length)]
        yield [rng.randint(lo, hi) for _ in range(length)]
        place = rng.randrange(length)
        yield [hi if k == place else lo for k in range(length)]
        yield [lo if k == place else hi for k in range(length)]
    for length in (1, space.longest):
        for value in (lo, lo + 1, -1 if lo < 0 else 0, 0, 1, hi - 1, hi):
            yield [value] * length
    for k in range(space.fmt.bits):
        yield [min(lo + (1 << k), hi), lo]
    yield [lo + k % (hi - lo + 1) for k in range(space.longest)]
    yield [hi - k % (hi - lo + 1) for k in range(space.longest)]
    for place in (0, space.longest // 2, space.longest - 1):
        yield [hi if k == place else lo for k in range(space.longest)]


def root_cases(space: RowSpace) -> Iterator[tuple[Row, RowNorm]]:
    """Two elements and an epsilon for which V is a square, one less or more, of roots of every length; ties of t.

    Then longest rows and an epsilon for which V is a power of 4 or one less: N r is as large, or as small, as it gets.
    """
    lo, rng, span = space.fmt.lo, space.rng, space.fmt.hi - space.fmt.lo
    fraction = space.parameters["FRAC_W"]
    most = (1 << space.parameters["E_W"]) - 1
    roots = {1 << (fraction + 1)}  # 4^(FRAC_W+1) = V: t = d / 2
    for bits in range(1, 25):
        top = (1 << bits) - 1
        roots |= {top, (top + 1) // 2, (top + 1) // 2 + 1, rng.randint((top + 1) // 2, top)}
    for root in sorted(roots - {0}):
        for near in (-1, 0, 1):
            wide = min(span, root)
            for d in {wide, wide - 1, rng.randint(1, wide)}:
                epsilon = root * root + near - d * d
                if d > 0 and 1 <= epsilon <= most and (near == 0 or rng.random() < 0.3):
                    base = lo + rng.randint(0, span - d)
                    yield rng.choice(([base, base + d], [base + d, base])), space.norm(epsilon)
    for half in range(1, 32):
        wide = min(span, (2 << half) // space.longest)
        base = lo + rng.randint(0, span - wide)
        row = [base + rng.randint(0, wide) for _ in range(space.longest)]
        spread = len(row) * sum(x * x for x in row) - sum(row) ** 2
        for epsilon in (4**half - spread, 4**half - 1 - spread):
            if 1 <= epsilon <= most:
                yield row, space.norm(epsilon)


def random_rows(space: RowSpace, count: int, longest: int) -> Iterator[Row]:
    """Rows of random lengths: spread over the format, or bunched, as the rows of networks are."""
    rng, fmt = space.rng, space.fmt
    for _ in range(count):
        length = rng.randint(1, min(longest, space.longest))
        spread = rng.randint(0, fmt.hi - fmt.lo)
        middle = rng.randint(fmt.lo, fmt.hi)
        least, most = max(middle - spread, fmt.lo), min(middle + spread, fmt.hi)
        yield [rng.randint(least, most) for _ in range(length)]


def after_reset(space: RowSpace) -> list[Row]:
    """The longest first, which a counter of beats that was not reset would end too early; then short ones."""
    return [space.longest_row(), *random_rows(space, 2, 6)]


def random_quant(space: RowSpace) -> MulQuant:
    """Constants for every element of the longest row, with which results fill the output's range."""
    rng, p = space.rng, space.parameters
    scale, bias, shift = [], [], []
    for _ in range(space.longest):
        m = rng.getrandbits(rng.randint(1, p["SCALE_W"] - 1)) * rng.choice((-1, 1))
        want = m.bit_length() + p["FRAC_W"] + 1 - p["OUT_W"] + rng.randint(-1, 2)
        s = min(max(want, 0), (1 << p["SHIFT_W"]) - 1)
        b = rng.getrandbits(min(s + p["OUT_W"] - 1, p["BIAS_W"] - 1)) * rng.choice((-1, 0, 1))
        if rng.random() < 0.2:  # any shift, and those about the width of the largest biases
            top = (1 << (p["BIAS_W"] - 1)) - 1
            s = rng.choice((p["BIAS_W"] - 1, p["BIAS_W"], p["BIAS_W"] + 1, rng.getrandbits(p["SHIFT_W"])))
            s, b = min(s, (1 << p["SHIFT_W"]) - 1), rng.choice((top, -top - 1, rng.randint(-top, top)))
        scale.append(m)
        bias.append(b)
        shift.append(s)
    return _quant(space, scale, bias, shift)


def telling_quant(space: RowSpace, row: Row, norm: RowNorm) -> MulQuant:
    """Constants by which all bits of t reach the results: t is taken away again, but for a small number, or for one of
    2^S about a tie of the last rounding."""
    rng, bits = space.rng, space.parameters["BIAS_W"]
    t = [int(value) for value in normalise(row, norm)] + [0] * (space.longest - len(row))
    most = max(min(bits - 5, (1 << space.parameters["SHIFT_W"]) - 1), 0)
    shift = [rng.randint(0, most) for _ in t]
    if rng.random() < 0.5:
        shift = [0] * len(t)
    near = [(2 * rng.randint(-3, 2) + 1) * ((1 << s) >> 1) + rng.randint(-1, 1) for s in shift]
    fits = [min(max(b - v, -(1 << (bits - 1))), (1 << (bits - 1)) - 1) for b, v in zip(near, t, strict=True)]
    return _quant(space, [1] * len(t), fits, shift)


def _quant(space: RowSpace, scale: list[int], bias: list[int], shift: list[int]) -> MulQuant:
    p, rng, traits = space.parameters, space.rng, space.traits
    half, full = 1 << (p["OUT_W"] - 1), (1 << p["OUT_W"]) - 1
    ranges = [(0, -half, half - 1), (full // 2, 0, full), (-half, -half, 1), (0, -half, -1)]
    if traits.output != "any":
        ranges = [ranges[1] if traits.output == "unsigned" else ranges[0]]
    names = ("zero_point", "lo", "hi")
    zero_point, lo, hi = (traits.constants.get(n, v) for n, v in zip(names, rng.choice(ranges), strict=True))
    return MulQuant(
        multiplier=np.array(scale, dtype=np.int64),
        bias=np.array(bias, dtype=np.int64),
        shift=np.array(shift, dtype=np.int64),
        rounding=Rounding(rng.choice(traits.rounding)),
        zero_point=zero_point,
        lo=lo,
        hi=hi,
        widths=Widths(acc=space.t_w, scale=p["SCALE_W"], bias=p["BIAS_W"]),
    )


def of_row(quant: MulQuant, length: int) -> MulQuant:
    """The constants of a row's elements."""
    cut: dict[str, IntArray] = {name: getattr(quant, name)[:length] for name in ("multiplier", "bias", "shift")}
    return replace(quant, **cut)  # type: ignore[arg-type]
