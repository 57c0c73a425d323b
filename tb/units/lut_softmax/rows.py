"""Stimulus for the bench of rtl/lut_softmax.v: corner rows and random rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.softmax import SoftmaxTable

Row = list[int]
"""Elements of one row."""


@dataclass(frozen=True, kw_only=True)
class Space:
    """What rows are made of. fmt: of an element; longest: elements; table: of the unit; rng: of every random choice."""

    fmt: IntFormat
    longest: int
    table: SoftmaxTable
    rng: random.Random

    def below(self, maximum: int, distances: list[int]) -> Row:
        """The row whose elements lie so far below the maximum, no element below the format."""
        return [max(maximum - distance, self.fmt.lo) for distance in distances]


def corner_rows(space: Space) -> Iterator[Row]:
    """Rows of one, equal and dominant elements, both ends of the format and of the table, ties, the largest sum."""
    lo, hi, longest, rng = space.fmt.lo, space.fmt.hi, space.longest, space.rng
    lengths = sorted({1, 2, min(3, longest), min(7, longest), longest - 1, longest} - {0})
    for value in (lo, lo + 1, -1 if lo < 0 else 0, 0, 1, hi - 1, hi):
        yield [value]
    for length in lengths:
        for value in (lo, 0, hi):
            yield [value] * length
        for place in {0, length // 2, length - 1}:
            yield [hi if k == place else lo for k in range(length)]
            yield [lo if k == place else hi for k in range(length)]
    yield [lo + k % (hi - lo + 1) for k in range(longest)]
    yield [hi - k % (hi - lo + 1) for k in range(longest)]
    depth = space.table.depth
    around = [d for d in (depth - 2, depth - 1, depth, depth + 1, hi - lo) if 0 <= d <= hi - lo]
    for distance in around:
        yield space.below(hi, [0, distance][:longest])
        yield space.below(lo + distance, [distance, 0][:longest])
        yield space.below(hi, [*rng.choices([0, *around], k=min(longest, 16)), 0][-longest:])
    yield from tie_rows(space, 6)
    heaviest = int(space.table.exp[: hi - lo + 1].argmax())
    yield space.below(hi, [0, *[heaviest] * (longest - 1)])


def tie_rows(space: Space, count: int) -> Iterator[Row]:
    """Rows in which e · r / 2^(R-P) ends in exactly one half: Σe = 2^k and e an odd multiple of 2^(k-P-1)."""
    exp, bits, rng, span = space.table.exp.tolist(), space.table.output_bits, space.rng, space.fmt.hi - space.fmt.lo
    where = {entry: index for index, entry in enumerate(exp[: span + 1]) if entry > 0}
    for k in range(exp[0].bit_length(), space.table.exponent_bits + space.longest.bit_length()):
        half = 1 << max(k - bits - 1, 0)
        tying = [entry for entry in where if k > bits and entry % (2 * half) == half]
        rng.shuffle(tying)
        for entry in tying[:count]:
            distances, rest = [0, where[entry]], (1 << k) - exp[0] - entry
            for filler in sorted(where, reverse=True):
                used = min(rest // filler, max(space.longest - len(distances), 0)) if rest > 0 else 0
                distances += [where[filler]] * used
                rest -= used * filler
            if rest == 0 and len(distances) <= space.longest:
                rng.shuffle(distances)
                yield space.below(space.fmt.hi, distances)


def random_rows(space: Space, count: int, longest: int) -> Iterator[Row]:
    """Rows of random lengths: spread over the format, or bunched near a maximum, where results are not 0."""
    rng, fmt = space.rng, space.fmt
    for _ in range(count):
        length = rng.randint(1, min(longest, space.longest))
        if rng.random() < 0.3:
            yield [rng.randint(fmt.lo, fmt.hi) for _ in range(length)]
            continue
        maximum, spread = rng.randint(fmt.lo, fmt.hi), rng.randint(1, min(space.table.depth + 1, fmt.hi - fmt.lo))
        yield space.below(maximum, [min(rng.randint(0, spread), rng.randint(0, spread)) for _ in range(length)])
