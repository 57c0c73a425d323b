"""Every operation of docs/arithmetic.md in plain Python integers and fractions, one element at a time.

Written from the page, apart from golden/ on purpose: no NumPy, no shared helper, no shared order of loops.
Tensors are nested lists.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import Any

Tensor = Any
"""Nested lists of int."""


def round_shift(p: int, shift: int, mode: str) -> int:
    """Section 2, on the exact rational p / 2^S."""
    real = Fraction(p, 2**shift)
    if mode == "floor":
        return math.floor(real)
    if mode == "half_up":
        return math.floor(real + Fraction(1, 2))
    if mode == "half_even":
        return round(real)
    if mode == "half_away":
        size = math.floor(abs(real) + Fraction(1, 2))
        return size if real > 0 else -size
    if mode == "double":
        return rounded_twice(p, shift)
    raise AssertionError(mode)


def rounded_twice(p: int, shift: int) -> int:
    """Mode double as gemmlowp has it, step by step: the high half of 2p with C's division, then a power of two."""
    left, right = max(31 - shift, 0), max(shift - 31, 0)
    product = p << left
    high = math.trunc(Fraction(product + (2**30 if product >= 0 else 1 - 2**30), 2**31))
    mask = (1 << right) - 1
    threshold = (mask >> 1) + (1 if high < 0 else 0)
    return (high >> right) + (1 if high & mask > threshold else 0)


def clip(value: int, lo: int, hi: int) -> int:
    """Notation."""
    return lo if value < lo else hi if value > hi else value


def mulquant(acc: int, m: int, b: int, s: int, *, mode: str, zp: int, lo: int, hi: int) -> int:
    """Section 3, one element."""
    return clip(round_shift(acc * m + b, s, mode) + zp, lo, hi)


def scaled_sum(acc: int, m: int, b: int, *, bias_first: bool, operand_bits: int | None, sum_bits: int | None) -> int:
    """Section 3.1, one element."""

    def saturated(value: int, bits: int | None) -> int:
        while bits is not None and not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            value = -(2 ** (bits - 1)) if value < 0 else 2 ** (bits - 1) - 1
        return value

    if bias_first:
        return saturated(saturated(acc + b, operand_bits) * m, sum_bits)
    return saturated(saturated(acc, operand_bits) * m + b, sum_bits)


def residual_add(
    a: int,
    b: int,
    *,
    zps: tuple[int, int],
    ms: tuple[int, int],
    bias: int,
    s: int,
    mode: str,
    zp: int,
    lo: int,
    hi: int,
) -> int:
    """Section 4.4, one element."""
    p = sum((value - z) * m for value, z, m in zip((a, b), zps, ms, strict=True)) + bias
    return clip(round_shift(p, s, mode) + zp, lo, hi)


def sides(padding: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Section 4.1: top, bottom, left, right."""
    if len(padding) == 2:
        vertical, horizontal = padding
        return vertical, vertical, horizontal, horizontal
    top, bottom, left, right = padding
    return top, bottom, left, right


def conv2d(
    x: Tensor,
    w: Tensor,
    *,
    stride: tuple[int, int],
    padding: tuple[int, ...],
    dilation: tuple[int, int],
    groups: int,
    zero_point: int,
) -> Tensor:
    """Section 4.1: the sum as written, one output at a time."""
    height, width = len(x[0][0]), len(x[0][0][0])
    outputs, per_group, kh, kw = len(w), len(w[0]), len(w[0][0]), len(w[0][0][0])
    top, bottom, left, right = sides(padding)
    oh = math.floor(Fraction(height + top + bottom - dilation[0] * (kh - 1) - 1, stride[0])) + 1
    ow = math.floor(Fraction(width + left + right - dilation[1] * (kw - 1) - 1, stride[1])) + 1

    def pixel(n: int, c: int, row: int, column: int) -> int:
        return x[n][c][row][column] if 0 <= row < height and 0 <= column < width else zero_point

    def element(n: int, o: int, y: int, z: int) -> int:
        group = o // (outputs // groups)
        return sum(
            w[o][c][i][j]
            * (
                pixel(
                    n,
                    group * per_group + c,
                    y * stride[0] + i * dilation[0] - top,
                    z * stride[1] + j * dilation[1] - left,
                )
                - zero_point
            )
            for j, i, c in product(range(kw), range(kh), range(per_group))
        )

    return [
        [[[element(n, o, y, z) for z in range(ow)] for y in range(oh)] for o in range(outputs)] for n in range(len(x))
    ]


def linear(x: Tensor, w: Tensor, *, zero_point: int) -> Tensor:
    """Section 4.2."""
    return [[sum(weight * (v - zero_point) for weight, v in zip(row, xs, strict=True)) for row in w] for xs in x]


def matmul(a: Tensor, b: Tensor, *, zps: tuple[int, int]) -> Tensor:
    """Section 4.3 for one matrix pair."""
    columns = list(zip(*b, strict=True))
    return [[sum((p - zps[0]) * (q - zps[1]) for p, q in zip(row, col, strict=True)) for col in columns] for row in a]


def window_elements(
    plane: Tensor,
    y: int,
    z: int,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, ...],
    dilation: tuple[int, int],
) -> list[int | None]:
    """The elements of one pooling window; None outside the image."""
    found: list[int | None] = []
    top, _, left, _ = sides(padding)
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            row, column = y * stride[0] + i * dilation[0] - top, z * stride[1] + j * dilation[1] - left
            inside = row >= 0 and column >= 0 and row < len(plane) and column < len(plane[0])
            found.append(plane[row][column] if inside else None)
    return found


def rom_words(values: list[int], *, bits: int, lanes: int, msb_first: bool) -> list[str]:
    """Section 6: each word as a string of binary digits."""
    digits = [format(value % 2**bits, f"0{bits}b") for value in values]
    digits += ["0" * bits] * (-len(digits) % lanes)
    words = [digits[k : k + lanes] for k in range(0, len(digits), lanes)]
    return ["".join(word if msb_first else reversed(word)) for word in words]


def softmax(
    row: list[int], *, exp: list[int], exponent_bits: int, output_bits: int, reciprocal_bits: int, mode: str
) -> list[int]:
    """Section 7.1, one row; the widths it promises are checked on the way."""
    top = sorted(row)[-1]
    terms = [exp[top - v] if top - v < len(exp) else 0 for v in row]
    assert all(0 <= e < 2**exponent_bits for e in terms)
    reciprocal = math.floor(Fraction(2**reciprocal_bits, sum(terms)))
    assert max(terms) * reciprocal <= 2**reciprocal_bits
    found = [round_shift(e * reciprocal, reciprocal_bits - output_bits, mode) for e in terms]
    return [clip(y, 0, 2**output_bits - 1) for y in found]


def pointwise(x: int, *, table: list[int], bits: int) -> int:
    """Section 7.2, one element: the pattern as a string of binary digits, read again."""
    pattern = format(x if x >= 0 else 2**bits + x, f"0{bits}b")
    assert len(pattern) == bits
    return table[int(pattern, 2)]


def layer_norm_row(row: list[int], *, epsilon: int, root_bits: int, fraction_bits: int) -> list[int]:
    """Section 8.1 up to t, one row; the widths it promises are checked on the way."""
    n, low = len(row), min(row)
    above = [v - low for v in row]  # a constant cancels
    centred = [n * v - sum(above) for v in above]
    spread = Fraction(sum(c * c for c in centred), n) + epsilon  # N·Q − S² is a whole number
    assert spread.denominator == 1
    half = 1
    while 4**half <= spread:
        half += 1
    normal = math.floor(spread * Fraction(4) ** (root_bits - half))
    assert 4 ** (root_bits - 1) <= normal < 4**root_bits
    least, most = 0, 2**root_bits  # least² <= normal < most²
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if middle * middle <= normal else (least, middle)
    reciprocal = math.floor(Fraction(4**root_bits, least))
    assert 2**root_bits < reciprocal <= 2 ** (root_bits + 1)
    return [round_shift(c * reciprocal, root_bits + half - fraction_bits, "half_up") for c in centred]


def interpolate(
    x: int, *, entries: list[int], bits: int, low: int, fraction_bits: int, mode: str, zp: int, lo: int, hi: int
) -> int:
    """Section 7.3, one element: the line through two neighbours, as a fraction."""
    piece = Fraction(2) ** (bits - 9)
    place = Fraction(x - low) / piece
    left = math.floor(place)
    height = entries[left] + (entries[left + 1] - entries[left]) * (place - left)
    whole = height * piece
    assert whole.denominator == 1
    assert abs(whole) <= 2**22
    return clip(round_shift(int(whole), bits - 9 + fraction_bits, mode) + zp, lo, hi)


def flat(x: Tensor) -> list[int]:
    """The elements of nested lists in their order."""
    return [element for part in x for element in flat(part)] if isinstance(x, list) else [x]


def folded(elements: list[int], shape: list[int]) -> Tensor:
    """Nested lists of that shape from elements in their order."""
    if not shape:
        (element,) = elements
        return element
    step = len(elements) // shape[0]
    return [folded(elements[k * step : (k + 1) * step], shape[1:]) for k in range(shape[0])]


def transpose(x: Tensor, axes: list[int]) -> Tensor:
    """Section 5, one sample, element by element."""
    extents, inner = [], x
    while isinstance(inner, list):
        extents.append(len(inner))
        inner = inner[0]
    elements = []
    for place in product(*(range(extents[axis]) for axis in axes)):
        index = [place[axes.index(axis)] for axis in range(len(axes))]
        value = x
        for step in index:
            value = value[step]
        elements.append(value)
    return folded(elements, [extents[axis] for axis in axes])


def along(axis: int, function: Any, *tensors: Tensor) -> Tensor:
    """Apply a function to the parts of tensors that lie along an axis."""
    if axis == 0:
        return function(*tensors)
    return [along(axis - 1, function, *parts) for parts in zip(*tensors, strict=True)]
