"""Barlow Twins: what one embedding says of an image, the other says too, and no two numbers say the same."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from t2c.golden.errors import RangeError
from t2c.ssl_losses.base import SSL_LOSSES

OFF_DIAGONAL = 0.0051
"""The paper's lambda, found for embeddings of 8192 numbers."""


def redundancy(first: Tensor, second: Tensor, off_diagonal: float) -> Tensor:
    """sum_i (1 - C_ii)^2 + lambda sum_{i != j} C_ij^2 of the cross-correlation C = BN(first)^T BN(second) / N.

    Args:
        first, second: embeddings (N, D), row i of both of image i; N from 2 on. BN is over the batch, without gamma and
            beta, with 1e-5 added to the variance.
        off_diagonal: lambda.
    """
    a, b = (F.batch_norm(z, None, None, training=True) for z in (first, second))
    correlation = a.T @ b / len(a)
    diagonal = correlation.diagonal()
    same = (1.0 - diagonal).square().sum()
    others = correlation.square().sum() - diagonal.square().sum()
    return same + off_diagonal * others


@SSL_LOSSES("barlow")
class BarlowTwins:
    """The loss of two views: `redundancy(z1, z2)`.

    Args:
        off_diagonal: lambda, 0 or more.

    Raises:
        RangeError: a lambda below 0.

    Source: Zbontar et al., Barlow Twins, ICML 2021, Eq. 1 and 2.
    """

    def __init__(self, off_diagonal: float = OFF_DIAGONAL) -> None:
        if not off_diagonal >= 0.0:
            raise RangeError(f"off_diagonal: {off_diagonal} is not 0 or more")
        self.off_diagonal = off_diagonal

    def __call__(self, z1: Tensor, z2: Tensor) -> Tensor:
        """The loss of a batch; z1, z2: (N, D)."""
        return redundancy(z1, z2, self.off_diagonal)
