"""Channels: whole output channels go, and the network becomes smaller."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from t2c.golden.errors import ShapeError
from t2c.pruners.base import PRUNERS, Prunable, Pruner, largest


@PRUNERS("channel")
class WholeChannels(Pruner):
    """Filter pruning, of float models.

    Mask:      layers that share their output channels (`group`; a residual stage, a depthwise convolution and what it
               reads) lose the same: exactly round(s(t) C) of C, those with the smallest sum of |w| over the weights
               that make them; of equal ones the later go first. Bias, gamma and beta of BatchNorm go with them.
    Schedule:  cubic. What is gone stays gone.
    End:       the layers are made smaller: the network has fewer channels, and no zeros are left to hold.
    Limits:    channels of input and output stay, and those that `channel_spaces` pins. There is one threshold a group,
               none over all.

    Source: Li et al., Pruning Filters for Efficient ConvNets, ICLR 2017, section 3.
    """

    everywhere = True
    structured = True

    def check(self, layer: Prunable) -> None:
        """Raise ShapeError if no channel would be left."""
        channels = layer.weight.shape[0]
        if round(self.sparsity * channels) >= channels:
            raise ShapeError(
                f"layer {layer.name!r}: a sparsity of {self.sparsity:g} leaves none of {channels} channels"
            )

    def masks(self, layers: Sequence[Prunable], sparsity: float, progress: float) -> list[Tensor]:
        scores: dict[int | None, Tensor] = {}
        for layer in layers:
            size = layer.weight.detach().abs().flatten(1).sum(1).masked_fill(~layer.mask.flatten(1).any(1), -1.0)
            scores[layer.group] = scores[layer.group] + size if layer.group in scores else size
        kept = {group: largest(size, len(size) - round(sparsity * len(size))) for group, size in scores.items()}
        return [
            kept[layer.group].reshape(-1, *[1] * (layer.weight.ndim - 1)) & torch.ones_like(layer.mask)
            for layer in layers
        ]
