"""Choosing MulQuant constants: integers M, B, S for a real scale m and a real bias b (docs/arithmetic.md section 3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray, IntFormat, check_int
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import RangeError, ShapeError

RealArray = npt.NDArray[np.float64]

MAX_NORMALIZED_SHIFT = 47
"""Largest shift that `normalized` chooses."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Constants:
    """Chosen integers and what they cost.

    multiplier, bias, shift: (C,) int64; scale_error: max over channels of |M 2^-S - m| / |m| (0 where m = 0);
    bias_error: max over channels of |B 2^-S - b|, in steps of the output.
    """

    multiplier: IntArray
    bias: IntArray
    shift: IntArray
    scale_error: float
    bias_error: float


Chooser = Callable[..., Constants]
"""choose(scale, bias, widths, shared=False) -> Constants."""


def _round_scaled(values: RealArray, shift: npt.NDArray[np.int64] | int) -> RealArray:
    """Round values * 2^shift half to even. Exact: scaling up by a power of two is, and so is rint."""
    with np.errstate(over="ignore"):  # an infinity fits no format
        return np.rint(np.ldexp(values, shift))


def _fits(values: RealArray, fmt: IntFormat) -> npt.NDArray[np.bool_]:
    return (values >= float(fmt.lo)) & (values < float(fmt.hi + 1))


def _checked(scale: npt.ArrayLike, bias: npt.ArrayLike) -> tuple[RealArray, RealArray]:
    m, b = np.asarray(scale, dtype=np.float64), np.asarray(bias, dtype=np.float64)
    if m.ndim != 1 or m.shape != b.shape or not m.size:
        raise ShapeError(f"scale and bias: shapes {m.shape} and {b.shape} are not equal vectors")
    for name, values in (("scale", m), ("bias", b)):
        if not np.isfinite(values).all():
            raise RangeError(f"{name}[{int(np.argmin(np.isfinite(values)))}] is not finite")
    return m, b


def constants_of(
    m: RealArray, b: RealArray, multiplier: RealArray | IntArray, bias: RealArray | IntArray, shift: IntArray
) -> Constants:
    """The constants that were chosen for real m and b, with what they cost; all (C,)."""
    multiplier, bias = multiplier.astype(np.float64), bias.astype(np.float64)
    scale_gap = np.abs(np.ldexp(multiplier, -shift) - m)
    relative = np.divide(scale_gap, np.abs(m), out=np.zeros_like(m), where=m != 0)
    return Constants(
        multiplier=multiplier.astype(np.int64),
        bias=bias.astype(np.int64),
        shift=shift,
        scale_error=float(relative.max()),
        bias_error=float(np.abs(np.ldexp(bias, -shift) - b).max()),
    )


def normalized(
    scale: npt.ArrayLike, bias: npt.ArrayLike, widths: Widths | None = None, *, shared: bool = False
) -> Constants:
    """Choose, per channel, the largest S <= 47 for which round(m 2^S) fits SCALE_W and round(b 2^S) fits BIAS_W.

    Args:
        scale: (C,) real m, output steps per accumulator step.
        bias: (C,) real b, in output steps.
        widths: hardware widths; the defaults if None.
        shared: one S for all channels (the two operands of a residual add).

    Returns:
        The constants; round is half to even on the real number. scale_error <= 2^-(SCALE_W - 1) unless S hits a limit.

    Raises:
        RangeError: a value that is not finite, or one that does not fit even with S = 0.
        ShapeError: not two vectors of one length.

    Source: docs/arithmetic.md section 3.

    >>> c = normalized([0.75], [-0.5])
    >>> c.multiplier.tolist(), c.bias.tolist(), c.shift.tolist(), c.scale_error
    ([24576], [-16384], [15], 0.0)
    """
    widths = widths or Widths()
    m, b = _checked(scale, bias)
    shift = np.full(m.shape, -1, dtype=np.int64)
    for s in range(MAX_NORMALIZED_SHIFT + 1):
        fits = _fits(_round_scaled(m, s), widths.scale_format) & _fits(_round_scaled(b, s), widths.bias_format)
        shift[np.logical_and.reduce(fits) if shared else fits] = s
    if (shift < 0).any():
        c = int(np.argmin(shift))
        raise RangeError(
            f"channel {c}: scale {m[c]} or bias {b[c]} does not fit {widths.scale} and {widths.bias} bits at any shift"
        )
    return constants_of(m, b, _round_scaled(m, shift), _round_scaled(b, shift), shift)


def power_of_two(
    scale: npt.ArrayLike, bias: npt.ArrayLike, widths: Widths | None = None, *, shared: bool = False
) -> Constants:
    """As `normalized` for the power of two nearest to each scale, so that M is one: a shift, for chips that have no
    multiplier. Half-way between two, the larger one.

    Args, raises: as `normalized`.

    Returns:
        The constants, with their errors against the scale itself: scale_error <= 1/3.

    >>> c = power_of_two([0.75, -0.7, 3.1, 0.0], [0.0, 0.0, -0.5, 0.0])
    >>> (c.multiplier * 2.0**-c.shift).tolist(), (c.bias * 2.0**-c.shift).tolist(), round(c.scale_error, 4)
    ([1.0, -0.5, 4.0, 0.0], [0.0, 0.0, -0.5, 0.0], 0.3333)
    """
    m, b = _checked(scale, bias)
    fraction, exponent = np.frexp(np.abs(m))  # |m| = fraction 2^exponent, fraction in 0.5..1
    nearest = np.where(m == 0, 0.0, np.copysign(np.ldexp(1.0, exponent - (fraction < 0.75)), m))
    c = normalized(nearest, b, widths, shared=shared)
    return constants_of(m, b, c.multiplier, c.bias, c.shift)


def fixed(
    scale: npt.ArrayLike,
    bias: npt.ArrayLike,
    widths: Widths | None = None,
    *,
    shared: bool = False,
    int_bits: int = 4,
    frac_bits: int = 12,
) -> Constants:
    """Use S = FRAC everywhere: M and B are round(m 2^FRAC) and round(b 2^FRAC), saturated to INT + FRAC bits signed.

    Args:
        scale, bias, widths: as `normalized`; shared changes nothing here.
        int_bits, frac_bits: INT and FRAC; INT + FRAC is at most SCALE_W and BIAS_W.

    Raises:
        RangeError: INT + FRAC does not fit the widths, or a value is not finite.
        ShapeError: not two vectors of one length.

    Source: Torch2Chip (MLSys 2024) INT(12,4), read as 4 integer and 12 fraction bits; docs/arithmetic.md section 3.

    >>> c = fixed([1e-3, 100.0], [0.0, -9.0])
    >>> c.multiplier.tolist(), c.bias.tolist(), c.shift.tolist()
    ([4, 32767], [0, -32768], [12, 12])
    """
    del shared
    widths = widths or Widths()
    check_int("fixed: INT", int_bits, 1, widths.scale)
    check_int("fixed: FRAC", frac_bits, 0, widths.scale)
    bits = check_int("fixed: INT + FRAC", int_bits + frac_bits, 2, min(widths.scale, widths.bias))
    fmt = IntFormat(bits=bits, signed=True)
    m, b = _checked(scale, bias)
    shift = np.full(m.shape, frac_bits, dtype=np.int64)
    multiplier = np.clip(_round_scaled(m, shift), fmt.lo, fmt.hi)
    return constants_of(m, b, multiplier, np.clip(_round_scaled(b, shift), fmt.lo, fmt.hi), shift)


def step_errors(
    constants: Constants, scale: RealArray, bias: RealArray, *, reach: RealArray | float, span: float
) -> RealArray:
    """Return how far the constants of each channel can move an output, in output steps: (C,) real.

    |M 2^-S - m| a + |B 2^-S - b| for the largest |accumulator| a that counts: `reach`, or where m a + b passes both
    clip bounds, whichever comes first; from there on both the real and the integer value are clipped.

    Args:
        constants: what was chosen for scale and bias, real (C,).
        reach: the largest |accumulator| that any legal input gives, of each channel or of all.
        span: steps from the zero point to the farther clip bound.
    """
    scale_gap = np.abs(np.ldexp(constants.multiplier.astype(np.float64), -constants.shift) - scale)
    bias_gap = np.abs(np.ldexp(constants.bias.astype(np.float64), -constants.shift) - bias)
    clipped = np.divide(
        span + 1 + np.abs(bias), np.abs(scale), out=np.full_like(scale, np.inf), where=np.abs(scale) > 0
    )
    errors: RealArray = scale_gap * np.minimum(reach, clipped) + bias_gap
    return errors


def fixed_format(int_bits: int, frac_bits: int) -> Chooser:
    """Return `fixed` for one INT(i).FRAC(f) format."""
    return partial(fixed, int_bits=int_bits, frac_bits=frac_bits)
