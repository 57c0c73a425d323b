"""VGG with BatchNorm, for 32 x 32 colour images."""

from __future__ import annotations

from torch import Tensor, nn

BLOCKS: dict[int, tuple[int, ...]] = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
"""Convolutions before each of the five max pools, by depth: the paper's configurations A, B, D and E."""

FACTORS = (1, 2, 4, 8, 8)
"""Channels of each block, as multiples of the width."""


class VGG(nn.Module):
    """3x3 convolutions with BatchNorm and ReLU, a 2x2 max pool behind each of five blocks, one linear layer.

    (N, 3, 32, 32) -> blocks of (width, 2 width, 4 width, 8 width, 8 width) channels, which the pools leave with
    16, 8, 4, 2, 1 pixels a side -> flatten -> fc (classes). At VGG-16, width 64 and 10 classes 14.7 million
    parameters. Any image that five pools leave with one pixel a side does, of 32 to 63.

    The paper's networks end in three linear layers of 4096 for 7 x 7 pixels, have no BatchNorm and biases in their
    convolutions; with one linear layer it is what is commonly trained on CIFAR.

    Args:
        depth: weighted layers of the paper's network, 11, 13, 16 or 19.
        width: channels of the first block; 64 in the paper.
        classes: outputs.

    Raises:
        ValueError: another depth.

    Source: Simonyan and Zisserman, Very Deep Convolutional Networks, ICLR 2015, table 1.
    """

    def __init__(self, depth: int = 16, width: int = 64, classes: int = 10) -> None:
        super().__init__()
        if depth not in BLOCKS:
            raise ValueError(f"depth: {depth} is none of {', '.join(map(str, BLOCKS))}")
        layers: list[nn.Module] = []
        inputs = 3
        for count, factor in zip(BLOCKS[depth], FACTORS, strict=True):
            outputs = factor * width
            for _ in range(count):
                conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
                layers += [conv, nn.BatchNorm2d(outputs), nn.ReLU()]
                inputs = outputs
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.features(x).flatten(1))
        return y
