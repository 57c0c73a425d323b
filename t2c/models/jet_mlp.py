"""The multilayer perceptron of jet tagging, whose width can be scaled."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

HIDDEN = (64, 32, 32)
"""Features of the hidden layers at width 1."""


class JetMLP(nn.Module):
    """(N, 16) -> fc1 + ReLU (64) -> fc2 + ReLU (32) -> fc3 + ReLU (32) -> fc4 (classes).

    Args:
        width: factor of the hidden layers' features, each rounded and at least 1.
        classes: outputs.

    Source: Duarte et al., Fast inference of deep neural networks in FPGAs for particle physics, JINST 2018.
    """

    def __init__(self, width: float = 1.0, classes: int = 5) -> None:
        super().__init__()
        first, second, third = (max(1, round(width * features)) for features in HIDDEN)
        self.fc1 = nn.Linear(16, first)
        self.fc2 = nn.Linear(first, second)
        self.fc3 = nn.Linear(second, third)
        self.fc4 = nn.Linear(third, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = F.relu(self.fc3(x))
        y: Tensor = self.fc4(x)
        return y
