"""What a quantiser of an ONNX file does to a real number, and the rules of its accumulators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.values import FloatStep, PendingSums

Array = npt.NDArray[Any]
Round = Callable[[Array], Array]


def _away(value: Array) -> Array:
    return np.sign(value) * np.ceil(np.abs(value))


def _half_away(value: Array) -> Array:
    return np.sign(value) * np.floor(np.abs(value) + 0.5)


def _half_to_zero(value: Array) -> Array:
    return np.sign(value) * np.ceil(np.abs(value) - 0.5)


ROUNDINGS: dict[str, Round] = {
    "ROUND": np.rint,
    "HALF_EVEN": np.rint,
    "CEIL": np.ceil,
    "FLOOR": np.floor,
    "UP": _away,
    "DOWN": np.fix,
    "HALF_UP": _half_away,
    "HALF_DOWN": _half_to_zero,
}
"""Of QONNX, by name; none of them falls as the number grows. HALF_UP is away from zero there."""


SIGNS = IntFormat(bits=2, signed=True)
"""What holds -1 and 1."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Quantiser:
    """q = clip(round(v / scale + zp), lo, hi), or QuantizeLinear's clip(round(v / scale) + zp, lo, hi).

    scale: positive; zero_point: zp; fmt: of the edge; lo, hi: bounds; rounding: a function; linear: zp comes after the
    rounding; bipolar: instead, 1 where v / scale + zp >= 0, else -1.
    """

    scale: np.float32
    zero_point: int
    fmt: IntFormat
    lo: int
    hi: int
    rounding: Round = np.rint
    linear: bool = False
    bipolar: bool = False

    def __call__(self, reals: Array) -> IntArray:
        """The integers of real numbers, int64, computed in their own dtype."""
        with np.errstate(over="ignore"):  # what is beyond all numbers is beyond the bounds
            scaled = reals / reals.dtype.type(self.scale)
        if self.bipolar:
            return np.where(scaled + self.zero_point >= 0, 1, -1).astype(np.int64)
        if not self.linear:
            scaled = scaled + reals.dtype.type(self.zero_point)
        levels = self.rounding(scaled)
        if self.linear:
            levels = levels + reals.dtype.type(self.zero_point)
        clipped: IntArray = np.clip(levels, self.lo, self.hi).astype(np.int64)
        return clipped


def apply_steps(steps: tuple[FloatStep, ...], values: Array) -> Array:
    """What the steps make of (C, n) numbers, in their dtype."""
    for step in steps:
        operand = step.values.astype(values.dtype)
        if step.kind == "mul":
            values = values * operand
        elif step.kind == "add":
            values = values + operand
        elif step.kind == "low":
            values = np.maximum(values, operand)
        else:
            values = np.minimum(values, operand)
    return values


def falling_channels(sums: PendingSums) -> IntArray:
    """(C,), 1 where an odd number of the factors is negative."""
    sign = np.ones(sums.channels, np.int64)
    for step in sums.steps:
        if step.kind == "mul":
            sign = sign * np.where(step.values[:, 0] < 0, -1, 1)
    return (sign < 0).astype(np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearRule:
    """onnxruntime's requantisation: q = clip(rint(float32(acc + bias) · m) + zp, lo, hi), m and the product float32.

    The integer is rounded to float32, multiplied and rounded again, rounded half to even, and clipped; none of these
    falls as the accumulator grows, since m is positive.

    bias: (C,); scale: m, float32 (C,); zero_point, lo, hi: of the output.
    """

    bias: IntArray
    scale: npt.NDArray[np.float32]
    zero_point: int
    lo: int
    hi: int

    @property
    def falling(self) -> IntArray:
        """Nowhere."""
        return np.zeros(self.scale.size, np.int64)

    def __call__(self, acc: IntArray) -> IntArray:
        sums = (acc + self.bias[:, None]).astype(np.float32)
        levels = np.rint(sums * self.scale[:, None]).astype(np.float64) + self.zero_point
        clipped: IntArray = np.clip(levels, self.lo, self.hi).astype(np.int64)
        return clipped


@dataclass(frozen=True, kw_only=True, eq=False)
class RealRule:
    """A quantiser of sums behind steps: in real numbers (float64 of the file's float32), or in float32 step by step.

    Every step is a product with a constant, a sum with one, or a bound, rounded by IEEE 754; none of them falls as its
    operand grows, but for negative factors, whose channels `falling` tells.
    """

    sums: PendingSums
    quantiser: Callable[[Array], IntArray]

    @property
    def falling(self) -> IntArray:
        """Where an odd number of factors is negative."""
        return falling_channels(self.sums)

    def reals(self, acc: IntArray) -> Array:
        """What the quantiser gets, (C, n)."""
        kind: Any = np.float32 if self.sums.single else np.float64
        values: Array = (acc + self.sums.bias[:, None]).astype(kind)
        values = values * self.sums.scale.astype(kind)[:, None]
        return apply_steps(self.sums.steps, values)

    def __call__(self, acc: IntArray) -> IntArray:
        return self.quantiser(self.reals(acc))


def check_quantiser(scale: Array, zero_point: Array, fmt: IntFormat, place: str) -> tuple[np.float32, int]:
    """Return the scale and the zero point of a quantiser of activations.

    Raises:
        RefusedError: more than one of them, a scale that is not positive, a zero point that is none of the format.
    """
    if scale.size != 1 and np.unique(scale).size != 1:
        raise RefusedError([f"{place}: {scale.size} scales; an activation has one"])
    if zero_point.size != 1 and np.unique(zero_point).size != 1:
        raise RefusedError([f"{place}: {zero_point.size} zero points; an activation has one"])
    step = check_scale(scale, place).reshape(-1)[0]
    point = zero_point.reshape(-1)[0]
    if point != np.rint(point) or not fmt.lo <= point <= fmt.hi:
        raise RefusedError([f"{place}: zero point {point} is none of {fmt}"])
    return step, int(point)


def check_scale(scale: Array, place: str) -> npt.NDArray[np.float32]:
    """Return scales as float32; raise RefusedError unless there are some and all are positive."""
    if scale.dtype.kind != "f" or not scale.size:
        raise RefusedError([f"{place}: its scale is no float"])
    values = scale.astype(np.float32)
    if not (np.isfinite(values) & (values > 0)).all():
        wrong = values[~(np.isfinite(values) & (values > 0))][0]
        raise RefusedError([f"{place}: scale {wrong} is not positive"])
    return values
