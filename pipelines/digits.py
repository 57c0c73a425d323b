"""A constant as the fewest powers of two, added and subtracted: canonical signed digits."""

from __future__ import annotations


def signed_digits(constant: int) -> list[tuple[int, int]]:
    """(shift, 1 or -1) of each nonzero digit, the lowest first. Without a subtraction where that takes no more digits.

    >>> signed_digits(7), signed_digits(-6), signed_digits(3)
    ([(0, -1), (3, 1)], [(1, -1), (2, -1)], [(0, 1), (1, 1)])
    """
    found = []
    sign = -1 if constant < 0 else 1
    plain = [(shift, sign) for shift in range(constant.bit_length()) if abs(constant) >> shift & 1]
    rest, shift = constant, 0
    while rest:
        if rest & 1:
            digit = 2 - (rest & 3)
            found.append((shift, digit))
            rest -= digit
        rest >>= 1
        shift += 1
    return plain if len(plain) <= len(found) else found


def trailing_zeros(constant: int) -> int:
    """How often 2 divides a constant that is not 0.

    >>> trailing_zeros(12), trailing_zeros(-1)
    (2, 0)
    """
    return (constant & -constant).bit_length() - 1
