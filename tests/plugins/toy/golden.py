"""The larger of two numbers."""

from __future__ import annotations

from t2c.golden.arithmetic.formats import IntArray


def larger(pairs: IntArray) -> IntArray:
    """Return max(a, b) of each pair; pairs: (N, 2) int64."""
    return pairs.max(axis=1)
