"""What the residual networks share: stages of blocks, and the network of four of them."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from t2c.models.basic_block import BasicBlock
from t2c.models.bottleneck import Bottleneck
from t2c.models.stems import Stem, is_small

Block = type[BasicBlock] | type[Bottleneck]


def stage(block: Block, inputs: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    """Blocks of one width in a row; the first one has the stride and the change of width."""
    first = block(inputs, width, stride)
    return nn.Sequential(first, *(block(width * block.expansion, width) for _ in range(blocks - 1)))


class ResNet(nn.Module):
    """Four stages of residual blocks between a stem and a linear layer.

    stem="imagenet", of images of 224 x 224: (N, 3, 224, 224) -> conv1 7x7/2 + BN + ReLU (width, 112, 112) -> max pool
    3x3/2 (width, 56, 56) -> stages (e width, 56, 56), (2 e width, 28, 28), (4 e width, 14, 14), (8 e width, 7, 7), e
    being the block's expansion -> global average pool -> fc (classes).

    stem="cifar": (N, 3, 32, 32) -> conv1 3x3 + BN + ReLU (width, 32, 32), no max pool -> stages of 32, 16, 8 and 4
    pixels a side. The paper's own networks for CIFAR have three stages (ResNet-20); this is what is commonly meant by a
    ResNet-18 on CIFAR.

    Layers and parameters are named as in torchvision.

    Source: He et al., Deep Residual Learning for Image Recognition, CVPR 2016, table 1.
    """

    def __init__(self, block: Block, blocks: Sequence[int], width: int, classes: int, stem: Stem) -> None:
        super().__init__()
        kernel, stride = (3, 1) if is_small(stem) else (7, 2)
        self.conv1 = nn.Conv2d(3, width, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.maxpool = nn.Identity() if is_small(stem) else nn.MaxPool2d(3, stride=2, padding=1)
        out = width * block.expansion
        self.layer1 = stage(block, width, width, blocks[0], stride=1)
        self.layer2 = stage(block, out, 2 * width, blocks[1], stride=2)
        self.layer3 = stage(block, 2 * out, 4 * width, blocks[2], stride=2)
        self.layer4 = stage(block, 4 * out, 8 * width, blocks[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8 * out, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        y: Tensor = self.fc(self.avgpool(x).flatten(1))
        return y
