"""A layout that a Python function of the user's own gives, for what no pattern says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from t2c.common.errors import UserError
from t2c.common.own_python import line_of, own_python
from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntArray
from t2c.layouts.pattern import LARGEST, LayoutError


def is_own_layout(text: str) -> bool:
    """Whether a layout is FILE.py:FUNCTION, which no pattern can be.

    >>> is_own_layout("mine.py:zigzag"), is_own_layout("c h w -> h w c(4)")
    (True, False)
    """
    return ".py:" in text


def own_layout(text: str, folder: Path, shape: Sequence[int]) -> IntArray:
    """Call the function and check what it gives.

    Args:
        text: FILE.py:FUNCTION; folder: that the file is looked for in; shape: of the tensor, which the function is
        given as a tuple. It returns the numbers of elements, in C order of the tensor, as they lie in the words, in a
        list or an array of any shape: -1 for padding. An element may lie in several places.

    Returns:
        (places,) int64.

    Raises:
        LayoutError: no such function; it raises something; it gives no integers; an element lies nowhere.
    """
    try:
        found = own_python(str(folder / text), "shape")
    except UserError as error:
        raise LayoutError(f"layout {str(error).removeprefix(f'{folder}/')}") from error
    place = f"layout {text}: line {found.line}"
    extents = tuple(map(int, shape))
    try:
        given = found.call(extents)
    except (Exception, SystemExit) as error:  # whatever a user's function raises, its user mends it
        line = line_of(error, found.path) or f"line {found.line}: "
        raise LayoutError(f"layout {text}: {line}{type(error).__name__}: {error}") from error
    try:
        numbers = np.asarray(given)
    except ValueError as error:
        raise LayoutError(f"{place}: it gives {shown(given)}, rows of unlike lengths") from error
    if numbers.dtype.kind not in "iu" or numbers.size == 0:
        raise LayoutError(f"{place}: it gives {shown(given)}, not the numbers of elements")
    count = math.prod(extents)
    if numbers.size > LARGEST:
        raise LayoutError(f"{place}: it gives {numbers.size:,} places; a layout has at most {LARGEST:,}")
    flat = numbers.reshape(-1)
    if (strange := np.flatnonzero((flat < -1) | (flat >= count))).size:
        at = int(strange[0])
        raise LayoutError(f"{place}: {int(flat[at])} at place {at} is no element; there are 0..{count - 1}, and -1")
    flat = flat.astype(np.int64)
    times = np.bincount(flat[flat >= 0], minlength=count)
    if (missing := np.flatnonzero(times == 0)).size:
        element = int(missing[0])
        name = f"element {element}, {tuple(int(axis) for axis in np.unravel_index(element, extents))},"
        raise LayoutError(f"{place}: {name} lies nowhere: the layout does not cover the tensor")
    return flat
