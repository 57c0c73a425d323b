"""MATMUL and MATMUL_T of TOSA by golden's matmul."""

from __future__ import annotations

import numpy as np

from oracle.tosa.case import Ints, TosaCase
from t2c.golden.arithmetic import linear


def product(case: TosaCase) -> Ints:
    """(N, H, W) of (N, H, C) and (N, C, W)."""
    a, b = case.inputs[:2]
    return linear.matmul(a, b, zero_point_a=case.one(2), zero_point_b=case.one(3))


def transposed_product(case: TosaCase) -> Ints:
    """(N, H, W) of (N, H, C) and (D, W, C), D either N or 1, which serves all."""
    a, b = case.inputs[:2]
    every = np.broadcast_to(b, (a.shape[0], *b.shape[1:]))
    return linear.matmul(a, every.transpose(0, 2, 1), zero_point_a=case.one(2), zero_point_b=case.one(3))
