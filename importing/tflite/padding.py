"""Padding that no convolution takes on itself: zero points around a map as constants that are joined to it."""

from __future__ import annotations

from dataclasses import replace

from t2c.importing.tflite.conversion import Conversion
from t2c.importing.tflite.edges import surrounded
from t2c.importing.tflite.placed import NO_PADS, Placed, zero_point
from t2c.importing.tflite.schema import TfliteTensor


def with_pads(conversion: Conversion, tensor: TfliteTensor, placed: Placed) -> Placed:
    """The tensor with its padding in golden, once for all its readers."""
    top, bottom, left, right = placed.pads
    edge, point = f"pad_{tensor.index}", zero_point(tensor)
    rows = surrounded(conversion, edge, placed.edge, 1, point, top, bottom)
    whole = surrounded(conversion, edge, rows, 2, point, left, right)
    lo, hi = min(placed.lo, point), max(placed.hi, point)
    return conversion.place(tensor, whole, lo=lo, hi=hi) if whole != placed.edge else replace(placed, pads=NO_PADS)
