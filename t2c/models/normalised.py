"""A network whose images are normalised first, as published weights want it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the channels of ImageNet's pixels in 0..1, as torchvision has them."""


class Normalised(nn.Module):
    """network((x - mean) / deviation), a mean and a standard deviation a channel.

    (N, C, H, W) -> what the network gives. It is a 1x1 depthwise convolution, so that it becomes integers with the
    rest; its weights are not trained.

    Args:
        network: takes normalised images.
        mean, deviation: of each of the C channels of images in 0..1.

    Raises:
        ValueError: not as many of both, or a deviation that is not positive.
    """

    def __init__(
        self, network: nn.Module, mean: Sequence[float] = MEAN, deviation: Sequence[float] = DEVIATION
    ) -> None:
        super().__init__()
        if len(mean) != len(deviation) or not all(value > 0 for value in deviation):
            raise ValueError(
                f"mean, deviation: {tuple(mean)} and {tuple(deviation)} are not one of each, and positive, a channel"
            )
        channels = len(mean)
        self.normalise = nn.Conv2d(channels, channels, 1, groups=channels)
        spread = torch.tensor(deviation)
        with torch.no_grad():
            self.normalise.weight.copy_((1 / spread).reshape(-1, 1, 1, 1))
            assert self.normalise.bias is not None
            self.normalise.bias.copy_(-torch.tensor(mean) / spread)
        self.normalise.requires_grad_(False)
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.network(self.normalise(x))
        return y
