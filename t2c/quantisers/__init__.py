"""Quantisers, one file each; every one is a `_QBase` that overrides one method."""

from t2c.quantisers.base import _QBase
from t2c.quantisers.minmax import MinMax

__all__ = ["MinMax", "_QBase"]
