"""Weights of more than 8 bits as sums of weights of 8 bits: their input is read as often."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.formats import IntArray

WEIGHT_LO, WEIGHT_HI = -128, 127


def in_parts(weight: IntArray) -> list[IntArray]:
    """Weights as a sum of weights of 8 bits: themselves, but for unsigned ones without their zero point.

    >>> [part.tolist() for part in in_parts(np.array([-200, 5, 255]))]
    [[-128, 5, 127], [-72, 0, 127], [0, 0, 1]]
    """
    parts: list[IntArray] = []
    rest = weight
    while not parts or rest.any():
        parts.append(np.clip(rest, WEIGHT_LO, WEIGHT_HI))
        rest = rest - parts[-1]
    return parts
