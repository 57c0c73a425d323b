"""MobileNet-V2, for 32 x 32 or 224 x 224 colour images."""

from __future__ import annotations

from torch import Tensor, nn

from t2c.models.stems import Stem, is_small

STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, output channels at width 1, blocks, and stride of the first one."""

FIRST, LAST = 32, 1280
"""Channels of the first convolution and of the last one, at width 1."""


def channels_of(count: float) -> int:
    """The multiple of 8 that is nearest, but at least 8 and at least 0.9 of the count.

    >>> [channels_of(24 * width) for width in (0.25, 0.5, 0.75, 1.4)]
    [8, 16, 24, 32]
    """
    near = max(8, int(count + 4) // 8 * 8)
    return near if near >= 0.9 * count else near + 8


class InvertedResidual(nn.Module):
    """1x1 convolution to more channels, depthwise 3x3, 1x1 to fewer; BatchNorm after each, ReLU6 after the first two.

    (N, inputs, H, W) -> (N, outputs, ceil(H / stride), ceil(W / stride)). Where the shapes agree the input is added;
    nothing clips the sum, so that it is signed. With an expansion of 1 the first convolution is not there.

    Source: Sandler et al., MobileNetV2, CVPR 2018, table 1 and figure 4.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = expansion * inputs
        self.expand: nn.Module = nn.Identity()
        if expansion != 1:
            conv = nn.Conv2d(inputs, hidden, 1, bias=False)
            self.expand = nn.Sequential(conv, nn.BatchNorm2d(hidden), nn.ReLU6())
        self.depthwise = nn.Conv2d(hidden, hidden, 3, stride=stride, padding=1, groups=hidden, bias=False)
        self.bn1 = nn.BatchNorm2d(hidden)
        self.relu = nn.ReLU6()
        self.project = nn.Conv2d(hidden, outputs, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.depthwise(self.expand(x))))
        y = self.bn2(self.project(y))
        out: Tensor = x + y if self.adds else y
        return out


class MobileNetV2(nn.Module):
    """Inverted residuals with linear bottlenecks.

    stem="imagenet", of images of 224 x 224: conv1 3x3/2 + BN + ReLU6 (32 width, 112, 112) -> 17 blocks, whose stages
    leave 112, 56, 28, 14, 14, 7 and 7 pixels a side -> 1x1 convolution + BN + ReLU6 (1280, 7, 7) -> global average
    pool -> fc (classes).
    3.50 million parameters at width 1 and 1000 classes.

    stem="cifar", of images of 32 x 32: conv1 and the second stage have stride 1, and 32, 32, 16, 8, 8, 4 and 4 pixels
    are left. 2.24 million parameters at width 1 and 10 classes.

    Args:
        width: the paper's width multiplier; channels are multiples of 8, and the last convolution has 1280 at least.
        classes: outputs.
        stem: "cifar" or "imagenet".

    Raises:
        ValueError: another stem.

    Source: Sandler et al., MobileNetV2, CVPR 2018, table 2.
    """

    def __init__(self, width: float = 1.0, classes: int = 10, stem: Stem = "cifar") -> None:
        super().__init__()
        small = is_small(stem)
        inputs, last = channels_of(FIRST * width), channels_of(LAST * max(1.0, width))
        self.conv1 = nn.Conv2d(3, inputs, 3, stride=1 if small else 2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(inputs)
        self.relu1 = nn.ReLU6()
        blocks: list[nn.Module] = []
        for number, (expansion, wide, count, stride) in enumerate(STAGES):
            outputs = channels_of(wide * width)
            first = 1 if small and number == 1 else stride
            for block in range(count):
                blocks.append(InvertedResidual(inputs, outputs, 1 if block else first, expansion))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.conv2 = nn.Conv2d(inputs, last, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(last)
        self.relu2 = nn.ReLU6()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(last, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.relu1(self.bn1(self.conv1(x))))
        x = self.relu2(self.bn2(self.conv2(x)))
        y: Tensor = self.fc(self.avgpool(x).flatten(1))
        return y
