"""Stranger: IEEE 754 roundings in float64, those of NumPy and those of the C library.

|p| < 2^53 is a float64 and so is p·2^-S (S ≤ 63 only lowers the exponent), so the quotient is exact and the function
rounds once. floor is floor; half_even is roundTiesToEven, C's rint; half_away is roundTiesToAway, C's round. half_up
has no function: it is floor(x + 1/2), and x + 1/2 = (p + 2^(S-1))·2^-S is exact where |p| + 2^(S-1) < 2^53.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from oracle import draw
from oracle.check import Batch, Check, elementwise
from oracle.draw import Ints
from t2c.golden.arithmetic import rounding
from t2c.golden.arithmetic.rounding import Rounding

Floats = npt.NDArray[np.float64]
NUMPY = f"NumPy {np.__version__} on float64"
LIBC = " ".join(platform.libc_ver()) + " libm" if platform.libc_ver()[0] else "C library's libm"
MODES = (Rounding.FLOOR, Rounding.HALF_UP, Rounding.HALF_EVEN, Rounding.HALF_AWAY)
"""Modes that round once."""
SIZE = 1 << 12


def libm(name: str) -> Callable[[Floats], Floats]:
    """Return the C library's function over arrays.

    Raises:
        OSError: no C library was found.
    """
    function = getattr(ctypes.CDLL(None), name)
    function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double]
    return lambda values: np.array(list(map(function, values.tolist())), np.float64)


def numpy_rounding(mode: Rounding, x: Floats) -> Floats:
    """half_away is trunc(x + copysign(1/2, x)); exact where half_up's floor(x + 1/2) is."""
    if mode is Rounding.FLOOR:
        return np.floor(x)
    if mode is Rounding.HALF_UP:
        return np.floor(x + 0.5)
    if mode is Rounding.HALF_EVEN:
        return np.rint(x)
    return np.trunc(x + np.copysign(0.5, x))


def c_rounding(mode: Rounding, x: Floats) -> Floats:
    """Round with floor, rint or round of the C library."""
    if mode is Rounding.HALF_UP:
        return libm("floor")(x + 0.5)
    return libm({Rounding.FLOOR: "floor", Rounding.HALF_EVEN: "rint", Rounding.HALF_AWAY: "round"}[mode])(x)


def compare(p: Ints, shifts: Ints, mode: Rounding, function: Callable[[Rounding, Floats], Floats]) -> Batch:
    rounded = function(mode, np.ldexp(p.astype(np.float64), -shifts))
    return Batch(
        rounding.round_shift(p, shifts, mode), rounded.astype(np.int64), elementwise(p=p, shift=shifts, mode=mode)
    )


def every_16_bit_value(function: Callable[[Rounding, Floats], Floats]) -> Callable[[Any], Iterator[Batch]]:
    """All p of 16 bits, unsigned and signed together, by every shift 0..16 in the four modes."""

    def batches(_: np.random.Generator) -> Iterator[Batch]:
        for p in np.arange(-(1 << 15), 1 << 16).reshape(-1, SIZE):
            for s in range(17):
                for mode in MODES:
                    yield compare(p, np.full(p.shape, s), mode, function)

    return batches


def wide(function: Callable[[Rounding, Floats], Floats]) -> Callable[[np.random.Generator], Iterator[Batch]]:
    """|p| < 2^51 by shifts 0..52, half of them ties and their neighbours: |p| + 2^(S-1) < 2^53."""

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        top = (1 << 51) - 1
        while True:
            shifts = rng.integers(0, 53, SIZE)
            some = draw.integers(rng, -top, top, SIZE)
            near = draw.ties(rng, some >> (shifts + 1), shifts).clip(-top, top)
            p = np.where(rng.random(SIZE) < 0.5, some, near)
            for mode in MODES:
                yield compare(p, shifts, mode, function)

    return batches


CHECKS = tuple(
    check
    for short, name, function in (("numpy", NUMPY, numpy_rounding), ("libm", LIBC, c_rounding))
    for check in (
        Check(
            name=f"round_shift/{short}-16-bit",
            stranger=name,
            domain="all p of -2^15 .. 2^16 - 1, S = 0..16, four modes",
            batches=every_16_bit_value(function),
            exhaustive=True,
        ),
        Check(
            name=f"round_shift/{short}-wide",
            stranger=name,
            domain="|p| < 2^51, S = 0..52, four modes",
            batches=wide(function),
        ),
    )
)
