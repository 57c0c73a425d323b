"""Magnitude: the smallest weights of each layer go, more and more of them."""

from __future__ import annotations

from torch import Tensor

from t2c.pruners.base import PRUNERS, Prunable, Pruner, largest, magnitude


@PRUNERS("magnitude")
class Magnitude(Pruner):
    """Of every layer the same fraction stays: the largest |w|.

    Mask:      exactly round(s(t) n) of the n weights of a layer are 0; of equal ones the later go first.
    Schedule:  cubic, from `first` to `sparsity`, in `updates` steps.
    Pruned:    a weight that is pruned stays 0: what is 0 is smaller than the rest. The paper keeps the value behind the
               mask, without gradient, so that it could come back if the others shrank; with a rising sparsity few do.

    Source: Zhu and Gupta, To prune, or not to prune, arXiv 1710.01878, section 3.
    """

    def mask(self, layer: Prunable, sparsity: float) -> Tensor:
        count = layer.weight.numel()
        return largest(magnitude(layer), count - round(sparsity * count)) & layer.mask
