"""MulQuant, the fixed-point requantisation unit: q = clip(round_S(acc M + B) + zp, lo, hi)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.blocks import blocks, broadcast
from t2c.golden.arithmetic.channel_clip import ChannelClip
from t2c.golden.arithmetic.exact import peak
from t2c.golden.arithmetic.folded import folded
from t2c.golden.arithmetic.formats import (
    IntArray,
    IntFormat,
    check_format,
    check_int,
    check_range,
    in_range,
    smallest_dtype,
)
from t2c.golden.arithmetic.rounding import MAX_MAGNITUDE, MAX_SHIFT, Rounding, round_in_place, round_integers
from t2c.golden.arithmetic.workspace import scratch
from t2c.golden.arithmetic.zero_point import check_zero_point
from t2c.golden.errors import RangeError, ShapeError

ACTIVATION_LO, ACTIVATION_HI = -(1 << 15), (1 << 16) - 1
"""Union of all activation formats; zero point and clip bounds lie in it."""
BYTE_LO, BYTE_HI = -(1 << 7), (1 << 8) - 1
"""Union of those of at most 8 bits, which all that is not declared wider takes and gives."""
ACC_BITS, SCALE_BITS, BIAS_BITS = (8, 48), (2, 32), (2, 64)
"""Least and largest widths of accumulator, multiplier and bias."""


@dataclass(frozen=True, kw_only=True)
class Widths:
    """Hardware widths of the requantisation path, in bits.

    acc M + B may need more than 64 bits: it is computed in int64 where that is proven to hold it, else in Python.

    Raises:
        RangeError: a width outside its range.
    """

    acc: int = 32
    scale: int = 16
    bias: int = 40

    def __post_init__(self) -> None:
        check_int("acc bits", self.acc, *ACC_BITS)
        check_int("scale bits", self.scale, *SCALE_BITS)
        check_int("bias bits", self.bias, *BIAS_BITS)

    @property
    def acc_format(self) -> IntFormat:
        return IntFormat(bits=self.acc, signed=True)

    @property
    def scale_format(self) -> IntFormat:
        return IntFormat(bits=self.scale, signed=True)

    @property
    def bias_format(self) -> IntFormat:
        return IntFormat(bits=self.bias, signed=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class OutputStage:
    """What every requantising operation ends with: clip(round_S(p) + zp, lo, hi).

    rounding: mode of round_S; zero_point: zp of the output; lo, hi: clip bounds, inside -2^15..2^16 - 1.

    Raises:
        RangeError: a value outside its range, or lo > hi.
    """

    rounding: Rounding = Rounding.HALF_UP
    zero_point: int = 0
    lo: int
    hi: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "rounding", Rounding.parse(self.rounding))
        check_int("zero_point", self.zero_point, ACTIVATION_LO, ACTIVATION_HI)
        check_int("lo", self.lo, ACTIVATION_LO, ACTIVATION_HI)
        check_int("hi", self.hi, ACTIVATION_LO, ACTIVATION_HI)
        if self.lo > self.hi:
            raise RangeError(f"lo = {self.lo} is above hi = {self.hi}")

    def requantise(self, p: IntArray, shift: npt.ArrayLike) -> IntArray:
        """Return clip(round_S(p) + zp, lo, hi) for |p| <= 2^62."""
        value = check_range("p", p, -MAX_MAGNITUDE, MAX_MAGNITUDE)
        amount = check_range("shift", shift, 0, MAX_SHIFT)
        work: IntArray = np.array(np.broadcast_to(value, np.broadcast_shapes(value.shape, amount.shape)))
        self.finish(work, amount, work)
        return work[()]

    def finish(self, p: IntArray, shift: IntArray, out: npt.NDArray[Any]) -> None:
        """Write `requantise` of p to out; p is proven to lie within ±2^62 and overwritten, and may be out."""
        round_in_place(p, shift, self.rounding)
        self.place(p, out)

    def finish_in_python(self, p: npt.NDArray[np.object_], shift: IntArray, out: npt.NDArray[Any]) -> None:
        """Write `requantise` of p to out, for Python integers of any size."""
        out[...] = np.clip(round_integers(p, shift, self.rounding) + self.zero_point, self.lo, self.hi)

    def place(self, p: IntArray, out: npt.NDArray[Any]) -> None:
        """Do the rest of `finish` with what is rounded."""
        p += self.zero_point
        np.clip(p, self.lo, self.hi, out=p)
        out[...] = p

    @property
    def dtype(self) -> np.dtype[Any]:
        """The smallest dtype that holds lo..hi."""
        return smallest_dtype(self.lo, self.hi)


@dataclass(frozen=True, kw_only=True, eq=False)
class MulQuant(OutputStage):
    """Constants of one MulQuant, per tensor (length 1) or per output channel (length C).

    multiplier: (1,) or (C,) signed SCALE_W bits; bias: same shape, signed BIAS_W bits with S fraction bits;
    shift: same shape, 0..63; rounding, ...: see `OutputStage`; widths: hardware widths; clip: bounds of each channel.

    Raises:
        RangeError: a constant outside its width, or lo > hi.
        ShapeError: multiplier, bias and shift differ in length or are not vectors.
    """

    multiplier: IntArray
    bias: IntArray
    shift: IntArray
    widths: Widths = Widths()
    clip: ChannelClip | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        fields = {
            "multiplier": check_format("multiplier", self.multiplier, self.widths.scale_format),
            "bias": check_format("bias", self.bias, self.widths.bias_format),
            "shift": check_range("shift", self.shift, 0, MAX_SHIFT),
        }
        for name, value in fields.items():
            if value.ndim != 1 or value.shape != fields["multiplier"].shape or not value.size:
                raise ShapeError(
                    f"{name}: shape {value.shape} is not a vector of the multiplier's length "
                    f"{fields['multiplier'].shape}"
                )
            object.__setattr__(self, name, value)
        if self.clip is not None:
            self.clip.check(self.channels, self.lo, self.hi)

    @property
    def channels(self) -> int:
        """Number of channels; 1 means per tensor."""
        return int(self.multiplier.size)

    def largest(self, acc: int) -> int:
        """The largest |acc M + B| of any channel for accumulators of that magnitude."""
        constants = zip(self.multiplier.tolist(), self.bias.tolist(), strict=True)
        return int(max(abs(m) * acc + abs(b) for m, b in constants))

    @cached_property
    def fits_int64(self) -> bool:
        """Whether |acc M + B| <= 2^62 for every acc of ACC_W bits."""
        return self.largest(1 << self.widths.acc - 1) <= MAX_MAGNITUDE

    @cached_property
    def floored(self) -> tuple[IntArray, IntArray, IntArray] | None:
        """`floored_within` of every acc of ACC_W bits."""
        return self.floored_within(1 << self.widths.acc - 1)

    def floored_within(self, acc: int) -> tuple[IntArray, IntArray, IntArray] | None:
        """`folded` of the constants."""
        return folded(self.multiplier, self.bias, self.shift, self.rounding, acc)


def mulquant(acc: npt.ArrayLike, params: MulQuant, *, channel_axis: int = 1) -> IntArray:
    """Requantise accumulators: q = clip(round_S(acc M + B) + zp, lo, hi).

    Args:
        acc: int, any shape, ACC_W bits signed, scale s_x s_w.
        params: the constants; per channel they run along channel_axis.
        channel_axis: axis of acc that the channels lie on; ignored per tensor.

    Returns:
        int64, shape of acc, in lo..hi, scale s_y and zero point zp. Exact: one rounding, one saturation.

    Raises:
        RangeError: a float dtype or an accumulator outside ACC_W bits.
        ShapeError: the channel axis does not have params.channels elements.

    Source: Torch2Chip (MLSys 2024) Eq. 7-15; docs/arithmetic.md section 3.

    >>> import numpy as np
    >>> q = MulQuant(multiplier=np.array([1]), bias=np.array([0]), shift=np.array([1]), lo=-2, hi=2)
    >>> mulquant([-9, -3, -1, 1, 3, 9], q).tolist()
    [-2, -1, 0, 1, 2, 2]
    """
    return mulquant_narrow(acc, params, channel_axis=channel_axis).astype(np.int64)[()]


def mulquant_narrow(acc: npt.ArrayLike, params: MulQuant, *, channel_axis: int = 1) -> npt.NDArray[Any]:
    """Do what `mulquant` does and return the smallest dtype that holds lo..hi; int64 exists block by block only."""
    fmt = params.widths.acc_format
    value = in_range("acc", acc, fmt.lo, fmt.hi)
    if params.channels > 1 and (value.ndim == 0 or value.shape[channel_axis] != params.channels):
        raise ShapeError(f"acc: axis {channel_axis} of shape {value.shape} does not have {params.channels} channels")
    exact, floored = params.fits_int64, params.floored
    if not exact:
        largest = peak(value)
        exact = params.largest(largest) <= MAX_MAGNITUDE
        floored = params.floored_within(largest) if exact else None

    def spread(constants: IntArray) -> IntArray:
        shape = [1] * value.ndim
        if constants.size > 1:
            shape[channel_axis] = constants.size
        return constants.reshape(shape)

    m, b, s = map(spread, floored or (params.multiplier, params.bias, params.shift))
    out = np.empty(value.shape, params.dtype)
    for block in blocks(value.shape):
        factor, addend, amount = (constant[broadcast(block, constant.shape)] for constant in (m, b, s))
        if not exact:
            p = value[block].astype(object) * factor.astype(object) + addend.astype(object)
            params.finish_in_python(p, amount, out[block])
            continue
        p = scratch("requantise", out[block].shape, np.int64)
        np.multiply(value[block], factor, out=p)
        p += addend  # |acc M + B| <= 2^62; what is floored fits int64
        if floored:
            p >>= amount
            params.place(p, out[block])
        else:
            params.finish(p, amount, out[block])
    return out if params.clip is None else params.clip.applied(out, channel_axis)


@dataclass(frozen=True, kw_only=True, eq=False)
class AddQuant(OutputStage):
    """Constants of one residual add, per tensor.

    multiplier_a, multiplier_b: signed SCALE_W bits; bias: signed BIAS_W bits with `shift` fraction bits; shift 0..63.

    Raises:
        RangeError: a constant outside its width.
    """

    multiplier_a: int
    multiplier_b: int
    bias: int
    shift: int
    widths: Widths = Widths()

    def __post_init__(self) -> None:
        super().__post_init__()
        scale, bias = self.widths.scale_format, self.widths.bias_format
        check_int("multiplier_a", self.multiplier_a, scale.lo, scale.hi)
        check_int("multiplier_b", self.multiplier_b, scale.lo, scale.hi)
        check_int("bias", self.bias, bias.lo, bias.hi)
        check_int("shift", self.shift, 0, MAX_SHIFT)


def residual_add(
    a: npt.ArrayLike, b: npt.ArrayLike, params: AddQuant, *, zero_point_a: int = 0, zero_point_b: int = 0
) -> IntArray:
    """Add two activations of different scales: q = clip(round_S((a-zp_a) M_a + (b-zp_b) M_b + B) + zp, lo, hi).

    Args:
        a, b: int, equal shapes, each in -2^15..2^16 - 1, scales s_a and s_b.
        params: the constants, per tensor.
        zero_point_a, zero_point_b: zero points of the operands.

    Returns:
        int64, same shape, in lo..hi, scale s_y. Exact: one rounding, one saturation, both at the end.

    Raises:
        RangeError: a float dtype or a value outside -2^15..2^16 - 1.
        ShapeError: the shapes differ (no broadcasting).

    Source: docs/arithmetic.md section 4.4.

    >>> import numpy as np
    >>> add = AddQuant(multiplier_a=1, multiplier_b=2, bias=0, shift=1, lo=-8, hi=7)
    >>> residual_add([1, -1, 9], [0, 0, 9], add).tolist()
    [1, 0, 7]
    """
    return residual_add_narrow(a, b, params, zero_point_a=zero_point_a, zero_point_b=zero_point_b).astype(np.int64)[()]


def residual_add_narrow(
    a: npt.ArrayLike, b: npt.ArrayLike, params: AddQuant, *, zero_point_a: int = 0, zero_point_b: int = 0
) -> npt.NDArray[Any]:
    """Do what `residual_add` does and return the smallest dtype that holds lo..hi."""
    left = in_range("a", a, ACTIVATION_LO, ACTIVATION_HI)
    right = in_range("b", b, ACTIVATION_LO, ACTIVATION_HI)
    if left.shape != right.shape:
        raise ShapeError(f"residual add: shapes {left.shape} and {right.shape} differ")
    zp_a, zp_b = check_zero_point("zero_point_a", zero_point_a), check_zero_point("zero_point_b", zero_point_b)
    constant = params.bias - zp_a * params.multiplier_a - zp_b * params.multiplier_b
    worst = ACTIVATION_HI * (abs(params.multiplier_a) + abs(params.multiplier_b)) + abs(constant)
    out, shift = np.empty(left.shape, params.dtype), np.asarray(params.shift)
    for block in blocks(left.shape):
        if worst > MAX_MAGNITUDE:
            x, y = left[block].astype(object), right[block].astype(object)
            sums = x * params.multiplier_a + y * params.multiplier_b + constant
            params.finish_in_python(sums, shift, out[block])
            continue
        p, term = (scratch(slot, out[block].shape, np.int64) for slot in ("requantise", "addend"))
        np.multiply(left[block], np.int64(params.multiplier_a), out=p)
        np.multiply(right[block], np.int64(params.multiplier_b), out=term)
        p += term
        p += constant
        params.finish(p, shift, out[block])
    return out
