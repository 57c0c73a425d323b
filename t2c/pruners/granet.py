"""GraNet: global magnitude pruning, and weights that come back where the gradient is largest."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from t2c.pruners.base import PRUNERS, Prunable, Pruner, largest, magnitude

DROP_FIRST, DROP_LAST = 0.5, 0.005
"""Fraction of what stays that is dropped and regrown, at the first and the last update; cosine between."""


@PRUNERS("granet")
class GraNet(Pruner):
    """Gradual pruning with zero-cost neuroregeneration.

    Begin:     `first` of the weights are 0, spread over the layers by ERK, at random (`density_by_erk`).
    Prune:     of all layers together exactly round((1 - s(t)) n) weights stay: the largest |w|.
    Regrow:    then in each layer the fraction p of what stays with the smallest |w| goes, and as many with the
               largest |gradient| come (the dropped ones may come back); p falls by a cosine from 0.5 to 0.005. A weight
               that comes starts at 0. Before any gradient is known, nothing is regrown.

    Args:
        sparsity, start, end, updates: as `Pruner`.
        first: to begin with; None takes 0.5, or the sparsity if that is less.

    Source: Liu et al., Sparse Training via Boosting Pruning Plasticity with Neuroregeneration, NeurIPS 2021, Eq. 1-3
    and algorithm 1; ERK: Evci et al., Rigging the Lottery, ICML 2020, section 3.
    """

    def __init__(
        self,
        sparsity: float = 0.5,
        *,
        first: float | None = None,
        start: float = 0.0,
        end: float = 0.75,
        updates: int = 50,
    ) -> None:
        begun = min(0.5, sparsity) if first is None else first
        super().__init__(sparsity, first=begun, start=start, end=end, updates=updates)

    def begin(self, layers: Sequence[Prunable]) -> list[Tensor]:
        shapes = [tuple(layer.weight.shape) for layer in layers]
        return [
            largest(torch.rand(shape), round(density * math.prod(shape)))
            for shape, density in zip(shapes, density_by_erk(shapes, 1.0 - self.first), strict=True)
        ]

    def masks(self, layers: Sequence[Prunable], sparsity: float, progress: float) -> list[Tensor]:
        flat = torch.cat([magnitude(layer).flatten() for layer in layers])
        kept = largest(flat, round((1.0 - sparsity) * len(flat))) & (flat >= 0)
        parts = kept.split([layer.weight.numel() for layer in layers])
        share = DROP_LAST + (DROP_FIRST - DROP_LAST) * 0.5 * (1.0 + math.cos(math.pi * progress))
        return [
            _regrown(layer, part.reshape(layer.weight.shape), share) for layer, part in zip(layers, parts, strict=True)
        ]


def _regrown(layer: Prunable, kept: Tensor, share: float) -> Tensor:
    """Swap a share of what is kept for what has the largest gradient; as many stay."""
    if layer.gradient is None:
        return kept
    count = int(kept.sum())
    moved = round(share * count)
    size = layer.weight.detach().abs().masked_fill(~kept, -1.0)
    left = largest(size, count - moved)
    return left | largest(layer.gradient.abs().masked_fill(left, -1.0), moved)


def density_by_erk(shapes: Sequence[Sequence[int]], density: float) -> list[float]:
    """The fraction of each layer that stays, proportional to (O + I + h + w) / (O I h w), at most 1.

    Args:
        shapes: of weights, (O, I, h, w) or (O, I).
        density: of all layers together, in 0..1.

    A layer that would need more than 1 is dense, and the others share what is left.

    >>> density_by_erk([(4, 2, 3, 3), (64, 64, 3, 3)], 0.1) == [1.0, (0.1 * 36936 - 72) / 36864]
    True

    Source: Evci et al., Rigging the Lottery, ICML 2020, section 3 (Erdos-Renyi-Kernel).
    """
    sizes = [math.prod(shape) for shape in shapes]
    raw = [sum(shape) / size for shape, size in zip(shapes, sizes, strict=True)]
    dense: set[int] = set()
    while len(dense) < len(sizes):
        open_ones = [i for i in range(len(sizes)) if i not in dense]
        budget = density * sum(sizes) - sum(sizes[i] for i in dense)
        factor = budget / sum(raw[i] * sizes[i] for i in open_ones)
        full = {i for i in open_ones if factor * raw[i] > 1.0}
        if not full:
            return [1.0 if i in dense else max(0.0, factor * raw[i]) for i in range(len(sizes))]
        dense |= full
    return [1.0] * len(sizes)
