"""ResNet-18 for 224 x 224 colour images."""

from __future__ import annotations

from torch import Tensor, nn

from t2c.models.basic_block import stage


class ResNet18(nn.Module):
    """The ImageNet form of ResNet with 18 weighted layers on the longest path.

    (N, 3, 224, 224) -> conv1 7x7/2 + BN + ReLU (width, 112, 112) -> max pool 3x3/2 (width, 56, 56) -> 4 stages of
    2 basic blocks: (width, 56, 56), (2 width, 28, 28), (4 width, 14, 14), (8 width, 7, 7) -> global average pool
    -> fc (classes).

    Layers and parameters are named as in torchvision's resnet18. 11.69 million parameters at width 64 and 1000 classes.

    Args:
        width: channels of the first stage; 64 in the paper.
        classes: outputs.

    Source: He et al., Deep Residual Learning for Image Recognition, CVPR 2016, table 1.
    """

    def __init__(self, width: int = 64, classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = stage(width, width, blocks=2, stride=1)
        self.layer2 = stage(width, 2 * width, blocks=2, stride=2)
        self.layer3 = stage(2 * width, 4 * width, blocks=2, stride=2)
        self.layer4 = stage(4 * width, 8 * width, blocks=2, stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        y: Tensor = self.fc(self.avgpool(x).flatten(1))
        return y
