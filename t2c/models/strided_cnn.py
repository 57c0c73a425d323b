"""A small CNN of convolutions alone for 8 x 8 grey images: strides in the place of pooling, and no sums of tensors."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class StridedCNN(nn.Module):
    """Digits classifier of which every layer multiplies weights, so that all of it runs on any element of the array.

    (N, 1, 8, 8) -> conv1 + BN + ReLU (16, 8, 8) -> conv2, stride 2, + BN + ReLU (16, 4, 4)
    -> conv3, stride 2, + BN + ReLU (32, 2, 2) -> conv4, 2 x 2, + BN + ReLU (32, 1, 1) -> flatten (32) -> fc (10).

    Source: Springenberg et al., Striving for simplicity: the all convolutional net, ICLR workshop 2015.
    """

    def __init__(self, width: int = 16, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(2 * width)
        self.conv4 = nn.Conv2d(2 * width, 2 * width, 2, bias=False)
        self.bn4 = nn.BatchNorm2d(2 * width)
        self.fc = nn.Linear(2 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = F.relu(self.bn3(self.conv3(x)))
        x = F.relu(self.bn4(self.conv4(x)))
        y: Tensor = self.fc(x.flatten(1))
        return y
