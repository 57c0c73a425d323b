"""N:M: of every M consecutive input channels the N largest weights stay; trained by SR-STE."""

from __future__ import annotations

from torch import Tensor

from t2c.golden.errors import RangeError, ShapeError
from t2c.pruners.base import PRUNERS, Prunable, Pruner

DECAY = 2e-4
"""lambda of SR-STE."""


class NM(Pruner):
    """Fine-grained structured sparsity.

    Mask:      at each tap and output channel, of every m consecutive input channels (of the group) the n largest |w|;
               of equal ones the first. Chosen anew after every step; there is no schedule.
    Gradient:  of the dense weights behind the mask: g + lambda (1 - mask) w, g the gradient by the masked weights
               (straight-through), lambda = 2e-4: what is masked shrinks, and what is 0 in the end is settled early.
    Limits:    input channels (of a group) must be a multiple of m; a depthwise convolution has one.

    Args:
        n: 1..m - 1 of every m stay.
        m: of a group.
        sparsity: 1 - n / m, if it is given at all.
        decay: lambda.

    Raises:
        RangeError: no such n and m, or another sparsity.

    Source: Zhou et al., Learning N:M fine-grained structured sparse neural networks from scratch, ICLR 2021, Eq. 9.
    """

    dense_weights = True
    each_step = True

    def __init__(self, n: int, m: int, sparsity: float | None = None, *, decay: float = DECAY) -> None:
        if not 1 <= n < m:
            raise RangeError(f"{n}:{m}: N is not in 1..M - 1")
        if sparsity is not None and sparsity != 1 - n / m:
            raise RangeError(f"sparsity: {n}:{m} has {1 - n / m:g}, not {sparsity:g}")
        super().__init__(1 - n / m)
        self.n, self.m, self.decay = n, m, decay

    def check(self, layer: Prunable) -> None:
        """Raise ShapeError if the input channels are no multiple of m."""
        channels = layer.weight.shape[1]
        if channels % self.m:
            raise ShapeError(
                f"layer {layer.name!r}: {channels} input channels (of a group) are no multiple of the {self.m} of "
                f"{self.n}:{self.m}; leave the layer dense"
            )

    def mask(self, layer: Prunable, sparsity: float) -> Tensor:
        size = layer.weight.detach().abs().transpose(1, -1)
        groups = size.reshape(*size.shape[:-1], -1, self.m)
        rank = groups.argsort(dim=-1, descending=True, stable=True).argsort(dim=-1)
        kept: Tensor = rank < self.n
        return kept.reshape(size.shape).transpose(1, -1).contiguous()

    def gradient(self, layer: Prunable, gradient: Tensor) -> Tensor:
        return gradient + self.decay * layer.weight.detach().masked_fill(layer.mask, 0.0)


@PRUNERS("2:4")
def two_of_four(sparsity: float | None = None) -> NM:
    """Two of every four input channels."""
    return NM(2, 4, sparsity)


@PRUNERS("1:4")
def one_of_four(sparsity: float | None = None) -> NM:
    """One of every four input channels."""
    return NM(1, 4, sparsity)
