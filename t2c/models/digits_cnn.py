"""A small residual CNN for 8 x 8 grey images."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class DigitsCNN(nn.Module):
    """Digits classifier with every operation that the chip path knows.

    (N, 1, 8, 8) -> conv1 + BN + ReLU (16, 8, 8) -> conv2 + BN, + conv1's output, ReLU (16, 8, 8)
    -> conv3, stride 2, + BN + ReLU (32, 4, 4) -> max pool 2 (32, 2, 2) -> average pool 2 (32, 1, 1)
    -> flatten (32) -> fc (10).
    """

    def __init__(self, width: int = 16, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(2 * width)
        self.max_pool = nn.MaxPool2d(2)
        self.average_pool = nn.AvgPool2d(2)
        self.fc = nn.Linear(2 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)) + x)
        x = F.relu(self.bn3(self.conv3(x)))
        y: Tensor = self.fc(self.average_pool(self.max_pool(x)).flatten(1))
        return y
