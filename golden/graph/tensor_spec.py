"""An edge of the graph: one activation tensor and how to read its integers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntFormat, IntTensor, check_int, in_range
from t2c.golden.errors import RangeError, ShapeError

MIN_OPERAND_BITS, MAX_OPERAND_BITS = 2, 8
"""Of weights, and of the activations that a node takes and gives unless its kind says otherwise."""
MAX_EDGE_BITS = 16
"""Of the activations between kinds of nodes that take and give as many."""


@dataclass(frozen=True, kw_only=True)
class TensorSpec:
    """One activation tensor: real value = scale * (x - zero_point).

    name: unique in the graph; shape: without the batch axis, (C, H, W) or (F,) or any rank for matmul;
    bits: 2..16; signed: two's complement or not; zero_point: a legal value of the format;
    scale: positive real step, for reports only.

    Raises:
        RangeError: bits outside 2..16, a zero point outside the format, a scale that is not positive and finite.
        ShapeError: an empty shape or an extent below 1.
    """

    name: str
    shape: tuple[int, ...]
    bits: int
    signed: bool
    zero_point: int = 0
    scale: float = 1.0

    def __post_init__(self) -> None:
        check_int("bits", self.bits, MIN_OPERAND_BITS, MAX_EDGE_BITS)
        fmt = self.format
        check_int("zero_point", self.zero_point, fmt.lo, fmt.hi)
        if not self.shape or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in self.shape):
            raise ShapeError(f"shape = {shown(self.shape)} is not a list of positive integers")
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise RangeError(f"scale = {shown(self.scale)} is not a positive number")

    @property
    def format(self) -> IntFormat:
        return IntFormat(bits=self.bits, signed=self.signed)

    @property
    def dtype(self) -> np.dtype[Any]:
        """What golden keeps the tensor in: the smallest that holds its format."""
        return self.format.dtype

    def narrow(self, name: str, values: npt.ArrayLike) -> IntTensor:
        """Return the values in `dtype` after proving that each fits the format.

        Raises:
            RangeError: as `t2c.golden.arithmetic.formats.check_range`.
        """
        return in_range(name, values, self.format.lo, self.format.hi).astype(self.dtype, copy=False)

    @property
    def magnitude(self) -> int:
        """Largest |x - zero_point| over the whole format."""
        return max(self.format.hi - self.zero_point, self.zero_point - self.format.lo)

    def same_reading(self, other: TensorSpec) -> bool:
        """True if both edges give the same integer the same real value."""
        mine = (self.bits, self.signed, self.zero_point, self.scale)
        return mine == (other.bits, other.signed, other.zero_point, other.scale)
