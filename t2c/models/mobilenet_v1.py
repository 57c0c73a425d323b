"""MobileNet-V1, for 32 x 32 or 224 x 224 colour images."""

from __future__ import annotations

from torch import Tensor, nn

from t2c.models.stems import Stem, is_small

BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
)
"""Output channels at width 1 and stride of each depthwise separable block."""


class SeparableBlock(nn.Module):
    """Depthwise 3x3 convolution with a stride, then pointwise 1x1; BatchNorm and ReLU6 after each.

    (N, inputs, H, W) -> (N, outputs, ceil(H / stride), ceil(W / stride)).
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride=stride, padding=1, groups=inputs, bias=False)
        self.bn1 = nn.BatchNorm2d(inputs)
        self.relu1 = nn.ReLU6()
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu2 = nn.ReLU6()

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu1(self.bn1(self.depthwise(x)))
        y: Tensor = self.relu2(self.bn2(self.pointwise(x)))
        return y


class MobileNetV1(nn.Module):
    """Depthwise separable convolutions, as in the paper's table 1.

    stem="cifar", of images of 32 x 32: conv1 3x3, stride 1, + BN + ReLU6 (32 width, 32, 32) -> 13 separable blocks, of
    which numbers 2, 4, 6 and 12 halve the image: 16, 8, 4, 2 -> (1024 width, 2, 2) -> global average pool -> fc.

    stem="imagenet", of images of 224 x 224: the same, but conv1 has the paper's stride of 2: 112, then 56, 28, 14, 7.
    4.23 million parameters at width 1 and 1000 classes in either form.

    Args:
        width: the paper's width multiplier alpha.
        classes: outputs.
        stem: "cifar" or "imagenet".

    Raises:
        ValueError: another stem.

    Source: Howard et al., MobileNets, arXiv 1704.04861, table 1 and section 3.3.
    """

    def __init__(self, width: float = 1.0, classes: int = 10, stem: Stem = "cifar") -> None:
        super().__init__()
        channels = [round(32 * width), *(round(outputs * width) for outputs, _ in BLOCKS)]
        self.conv1 = nn.Conv2d(3, channels[0], 3, stride=1 if is_small(stem) else 2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels[0])
        self.relu = nn.ReLU6()
        strides = (stride for _, stride in BLOCKS)
        shapes = zip(channels[:-1], channels[1:], strides, strict=True)
        self.blocks = nn.Sequential(*(SeparableBlock(*shape) for shape in shapes))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.relu(self.bn1(self.conv1(x))))
        y: Tensor = self.fc(self.avgpool(x).flatten(1))
        return y
