"""Level sets of sums of powers of two: the magnitudes as integers, in units of the smallest power."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import product


def _sums(terms: Iterable[Sequence[Fraction]]) -> tuple[int, ...]:
    """All sums of one value of each term, ascending, divided by their common power of two."""
    sums = sorted({sum(chosen, Fraction(0)) for chosen in product(*terms)})
    unit = max(value.denominator for value in sums)
    return tuple(int(value * unit) for value in sums)


def _powers(*exponents: int) -> list[Fraction]:
    """0 and 2^-e for each exponent."""
    return [Fraction(0), *(Fraction(1, 1 << e) for e in exponents)]


_APOT_TERMS = {
    2: [_powers(0)],
    3: [_powers(0, 1, 2)],
    4: [_powers(0, 1, 3), _powers(2)],
    5: [_powers(0, 2, 4), _powers(1, 3, 5)],
}
"""Terms by bits: b - 1 bits of magnitude, two per term; a single bit left over chooses 0 or one power."""


def apot_magnitudes(bits: int) -> tuple[int, ...]:
    """Additive powers of two: the 2^(b-1) magnitudes of 2..5 bits, in units of 2^-F.

    >>> apot_magnitudes(4)
    (0, 1, 2, 3, 4, 6, 8, 10)
    """
    return _sums(_APOT_TERMS[bits])


def sp2_magnitudes(bits: int) -> tuple[int, ...]:
    """Sums of two powers of two: q1 + q2 with q_i in {0, 2^-1, ..., 2^-(2^m_i - 1)}, b = 1 + m1 + m2, m1 >= m2.

    >>> sp2_magnitudes(4)
    (0, 1, 2, 4, 5, 6, 8)
    """
    m2 = (bits - 1) // 2
    m1 = bits - 1 - m2
    levels = _sums(_powers(*range(1, 1 << m)) for m in (m1, m2))
    return levels
