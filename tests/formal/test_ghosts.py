"""What the proofs of integer_root and reciprocal let grow beside the unit is the square, and the product."""

from __future__ import annotations

import numpy as np

BITS = 16


def test_squares_that_grow_digit_by_digit_are_squares() -> None:
    """(2 k + d)^2 = 4 k^2 + d (4 k + 1), from 0 on, for all numbers of 16 bits."""
    numbers = np.arange(1 << BITS, dtype=np.int64)
    k, square = np.zeros_like(numbers), np.zeros_like(numbers)
    for place in reversed(range(BITS)):
        digit = numbers >> place & 1
        k, square = 2 * k + digit, 4 * square + digit * (4 * k + 1)
    assert np.array_equal(k, numbers)
    assert np.array_equal(square, numbers * numbers)


def test_products_that_grow_bit_by_bit_are_products() -> None:
    """(2 r + b) d = 2 r d + b d, from 0 on: all r of 12 bits, divisors at their ends and between."""
    numbers = np.arange(1 << 12, dtype=np.int64)
    for divisor in (1, 2, 3, 1 << 15, (1 << 15) + 1, 51217, (1 << BITS) - 1):
        r, product = np.zeros_like(numbers), np.zeros_like(numbers)
        for place in reversed(range(12)):
            bit = numbers >> place & 1
            r, product = 2 * r + bit, 2 * product + bit * divisor
        assert np.array_equal(r, numbers)
        assert np.array_equal(product, numbers * divisor)
