"""What every export is checked with: images of golden's input format, and the first place where two tensors differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.errors import ExportError
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.graph import Graph


def check_images(graph: Graph, samples: IntArray, count: int) -> IntArray:
    """Return the first `count` samples and two images at either end of the input format: int64 (count + 2, *shape)."""
    fmt = graph.edges[graph.input].format
    ends = [np.full((1, *samples.shape[1:]), value, np.int64) for value in (fmt.lo, fmt.hi)]
    return np.concatenate([samples[:count], *ends])


def require_equal(what: str, actual: npt.NDArray[Any], golden: IntArray, *, side: str = "", first: int = 0) -> int:
    """Compare two integer tensors and return the number of integers compared.

    Args:
        what: where a message begins; side: what the actual value is called there, if anything; first: index that
        element 0 of axis 0 has there.

    Raises:
        ExportError: the shapes or a value differ; the message gives the first coordinate and both values.
    """
    if actual.shape != golden.shape:
        raise ExportError(f"{what}: shape {actual.shape}, golden has {golden.shape}")
    if not np.array_equal(actual, golden):
        at = tuple(int(i) for i in np.argwhere(actual != golden)[0])
        place = (at[0] + first, *at[1:]) if at else at
        raise ExportError(f"{what} at {place}: {f'{side} ' if side else ''}{actual[at]}, golden {golden[at]}")
    return int(golden.size)
