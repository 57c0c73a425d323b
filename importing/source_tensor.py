"""Where a tensor of the source is found among golden's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray


@dataclass(frozen=True, kw_only=True)
class SourceTensor:
    """Where a tensor of the source is found among golden's.

    name: in the source; edge: of the graph; order: of each element of the source's tensor (without batch, in its own
    order, the last axis quickest), which element of the edge it is.
    """

    name: str
    edge: str
    order: IntArray

    def of(self, values: IntArray) -> IntArray:
        """The source's tensor, (N, elements) in its own order, of the edge's values (N, ...)."""
        taken: IntArray = values.reshape(len(values), -1)[:, self.order]
        return taken


def standard_order(shape: Sequence[int]) -> IntArray:
    """The order of a tensor that golden keeps as the source does.

    >>> standard_order((2, 2)).tolist()
    [0, 1, 2, 3]
    """
    return np.arange(int(np.prod(shape)), dtype=np.int64)
