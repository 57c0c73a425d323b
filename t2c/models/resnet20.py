"""ResNet-20 for 32 x 32 colour images."""

from __future__ import annotations

from torch import Tensor, nn

from t2c.models.basic_block import BasicBlock
from t2c.models.resnet import stage


class ResNet20(nn.Module):
    """The CIFAR form of ResNet with 20 weighted layers on the longest path.

    (N, 3, 32, 32) -> conv1 3x3 + BN + ReLU (width, 32, 32) -> 3 stages of 3 basic blocks: (width, 32, 32),
    (2 width, 16, 16), (4 width, 8, 8) -> global average pool -> fc (classes).

    Where a stage changes the shape, the shortcut is a strided 1x1 convolution (option B of the paper; its CIFAR nets
    have option A, padding with zero channels, which is not an operation of the chip path). 0.27 million parameters at
    width 16.

    Args:
        width: channels of the first stage; 16 in the paper.
        classes: outputs.

    Source: He et al., Deep Residual Learning for Image Recognition, CVPR 2016, section 4.2.
    """

    def __init__(self, width: int = 16, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.layer1 = stage(BasicBlock, width, width, blocks=3, stride=1)
        self.layer2 = stage(BasicBlock, width, 2 * width, blocks=3, stride=2)
        self.layer3 = stage(BasicBlock, 2 * width, 4 * width, blocks=3, stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(4 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        y: Tensor = self.fc(self.avgpool(x).flatten(1))
        return y
