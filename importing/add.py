"""Constants of a residual add that gives a source's result for every pair of operands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import residual_add
from t2c.golden.arithmetic.rounding import Rounding
from t2c.importing.constants import AddConstants
from t2c.importing.proof import Exactness, Grade

LARGEST_MULTIPLIER = (1 << 31) - 1
PAIRS = "pairs of operands"
NEIGHBOURS = (0, -1, 1)
"""How far a multiplier may be from the real one's nearest."""
SHIFTS = range(8, 32)


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Every pair of operands and what the source makes of it.

    a: (A,), b: (B,), the operands' values without their zero points; result: (A, B), clipped;
    zero_point, lo, hi: of the result.
    """

    a: IntArray
    b: IntArray
    result: IntArray
    zero_point: int
    lo: int
    hi: int

    def differing(self, constants: AddConstants) -> tuple[int, int]:
        """How many pairs golden's add gives another result for, and by how much at most."""
        left, right = np.broadcast_arrays(self.a[:, None], self.b[None, :])
        gap = np.abs(residual_add(left, right, constants.addquant()) - self.result)
        return int((gap > 0).sum()), int(gap.max())


def requantise_add(pairs: Pairs, scale_a: float, scale_b: float) -> tuple[AddConstants, Exactness]:
    """Find constants; every pair is tried, so what is called exact is.

    With half_up, which needs no more than the core has, a pair of result q wants
    (q - zp) 2^S <= a M_a + b M_b + B' < (q - zp + 1) 2^S, one side of it where q is clipped: for given multipliers an
    interval of B'. Multipliers next to the real ones are tried from the smallest S on. A sum that lies half way is
    rounded away from zero by LiteRT and others: then half_away, and the constants with the fewest pairs that differ.

    Args:
        pairs: what is wanted.
        scale_a, scale_b: real scales of the operands over that of the result, negative for what is subtracted.
    """
    left, right = np.broadcast_arrays(pairs.a[:, None], pairs.b[None, :])
    count = pairs.result.size
    for shift, m_a, m_b in _multipliers(scale_a, scale_b):
        unit, p = 1 << shift, left * m_a + right * m_b
        level = (pairs.result - pairs.zero_point) << shift
        least = np.where(pairs.result > pairs.lo, level - p, np.iinfo(np.int64).min).max()
        most = np.where(pairs.result < pairs.hi, level + unit - 1 - p, np.iinfo(np.int64).max).min()
        if least <= most:
            bias = min(max(unit // 2, int(least)), int(most)) - unit // 2
            found = _constants(pairs, m_a, m_b, bias, shift, Rounding.HALF_UP)
            if pairs.differing(found)[0] == 0:
                return found, Exactness(grade=Grade.PROVEN, reachable=count, scale_bits=found.scale_bits, of=PAIRS)
    best = None
    for shift, m_a, m_b in _multipliers(scale_a, scale_b):
        found = _constants(pairs, m_a, m_b, 0, shift, Rounding.HALF_AWAY)
        wrong, largest = pairs.differing(found)
        exactness = Exactness(
            grade=Grade.DIFFERS if wrong else Grade.PROVEN, reachable=count, differing=wrong, largest=largest, of=PAIRS
        )
        if best is None or wrong < best[1].differing:
            best = found, replace(exactness, scale_bits=0 if wrong else found.scale_bits)
        if not wrong:
            break
    if best is None:
        best = (
            _constants(pairs, 0, 0, 0, 0, Rounding.HALF_UP),
            Exactness(grade=Grade.DIFFERS, reachable=count, of=PAIRS),
        )
        wrong, largest = pairs.differing(best[0])
        return best[0], replace(best[1], differing=wrong, largest=largest)
    return best


def _constants(pairs: Pairs, m_a: int, m_b: int, bias: int, shift: int, rounding: Rounding) -> AddConstants:
    return AddConstants(
        pair=(m_a, m_b),
        bias=np.array([bias], np.int64),
        shift=np.array([shift], np.int64),
        rounding=rounding,
        zero_point=pairs.zero_point,
        lo=pairs.lo,
        hi=pairs.hi,
    )


def _multipliers(scale_a: float, scale_b: float) -> Iterator[tuple[int, int, int]]:
    """S and the multipliers next to the real ones, from the smallest S on."""
    for shift in SHIFTS:
        near_a, near_b = round(scale_a * (1 << shift)), round(scale_b * (1 << shift))
        for off_a in NEIGHBOURS:
            for off_b in NEIGHBOURS:
                m_a, m_b = near_a + off_a, near_b + off_b
                if max(abs(m_a), abs(m_b)) <= LARGEST_MULTIPLIER:
                    yield shift, m_a, m_b
