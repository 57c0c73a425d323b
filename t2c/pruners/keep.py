"""Keep: the zeros that are there stay, and no others come."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from t2c.golden.errors import RangeError
from t2c.pruners.base import PRUNERS, Prunable, Pruner


@PRUNERS("keep")
class Keep(Pruner):
    """Hold what another pruner has pruned while the network is trained on or quantised.

    Mask: w != 0 when the training begins, in all layers, to the end. There is no sparsity to choose.

    Raises:
        RangeError: a sparsity.
    """

    everywhere = True

    def __init__(self, sparsity: float | None = None) -> None:
        if sparsity is not None:
            raise RangeError(f"sparsity: keep holds the zeros that are there, not {sparsity}")
        super().__init__(0.0, updates=1)

    def begin(self, layers: Sequence[Prunable]) -> list[Tensor]:
        return [layer.weight.detach() != 0 for layer in layers]

    def masks(self, layers: Sequence[Prunable], sparsity: float, progress: float) -> list[Tensor]:
        return [layer.mask for layer in layers]
