"""Requantisers of other people: in which order they add the bias, saturate and scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray, as_int64, check_int
from t2c.golden.arithmetic.rounding import MAX_MAGNITUDE
from t2c.golden.errors import RangeError

SATURATED_BITS = (2, 62)


@dataclass(frozen=True, kw_only=True)
class RequantiserOrder:
    """What comes before the rounding. The defaults are MulQuant's p = acc M + B, exact.

    bias_first: the bias is added before the multiplier; operand_bits: width, signed, to which what is multiplied
    saturates; sum_bits: the same of what is rounded; None: exact.

    Raises:
        RangeError: a width outside 2..62.
    """

    bias_first: bool = False
    operand_bits: int | None = None
    sum_bits: int | None = None

    def __post_init__(self) -> None:
        for name in ("operand_bits", "sum_bits"):
            if getattr(self, name) is not None:
                check_int(name, getattr(self, name), *SATURATED_BITS)


def scaled_sum(acc: npt.ArrayLike, multiplier: npt.ArrayLike, bias: npt.ArrayLike, order: RequantiserOrder) -> IntArray:
    """Return what a requantiser rounds: p = sat_P(sat_X(acc) M + B), or sat_P(sat_X(acc + B) M) with bias_first.

    sat_X(v) = clip(v, -2^(X-1), 2^(X-1) - 1) with X = operand_bits, P = sum_bits; no width: exact.

    Args:
        acc, multiplier, bias: int, broadcast against each other.
        order: of the operations.

    Returns:
        int64, the common shape. `OutputStage.requantise` rounds it in any mode.

    Raises:
        RangeError: a float dtype, or a value in between beyond ±2^62.

    Source: docs/arithmetic.md section 3.1.

    >>> first = RequantiserOrder(bias_first=True, operand_bits=4)
    >>> scaled_sum([-9, -1, 6], 3, 2, first).tolist(), scaled_sum([-9, -1, 6], 3, 2, RequantiserOrder()).tolist()
    ([-21, 3, 21], [-25, -1, 20])
    >>> scaled_sum([-9, 9], 3, 0, RequantiserOrder(sum_bits=5)).tolist()
    [-16, 15]
    """
    a, m, b = (as_int64(name, value) for name, value in (("acc", acc), ("multiplier", multiplier), ("bias", bias)))
    exact_a, exact_m, exact_b = (value.astype(object) for value in (a, m, b))
    operand = _saturated(_bounded("acc + bias", exact_a + exact_b) if order.bias_first else a, order.operand_bits)
    product = operand.astype(object) * exact_m
    p = _bounded("p", product if order.bias_first else product + exact_b)
    return np.array(_saturated(p, order.sum_bits), dtype=np.int64)[()]


def _bounded(name: str, values: npt.NDArray[np.object_]) -> IntArray:
    """Python integers as int64.

    Raises:
        RangeError: one beyond ±2^62.
    """
    flat = np.ravel(values).tolist()
    if any(abs(value) > MAX_MAGNITUDE for value in flat):
        raise RangeError(f"{name} = {max(flat, key=abs)} is beyond 2^62")
    return np.asarray(values, dtype=np.int64)


def _saturated(values: IntArray, bits: int | None) -> IntArray:
    return values if bits is None else np.clip(values, -(1 << bits - 1), (1 << bits - 1) - 1)
