"""Small float models with lived-in batch statistics, for the t2c tests."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def lived_in(model: nn.Module, seed: int = 0) -> nn.Module:
    """Give every BatchNorm random statistics and affine parameters of both signs; eval mode."""
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            shape = module.running_mean.shape
            module.running_mean.copy_(torch.randn(shape, generator=generator) * 0.3)
            module.running_var.copy_(torch.rand(shape, generator=generator) + 0.3)
            with torch.no_grad():
                module.weight.copy_(torch.randn(shape, generator=generator) + 0.2)
                module.bias.copy_(torch.randn(shape, generator=generator) * 0.5)
    return model.eval()


class Functional(nn.Module):
    """Everything as functions and methods: relu, max_pool2d before relu, view."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4 * 3 * 3, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(F.max_pool2d(self.bn(self.conv(x)), 2))
        return self.fc(x.view(x.size(0), -1))


class Residual(nn.Module):
    """Signed operands, two adds (one in place), torch.add, ReLU after the add."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, padding=1)
        self.a = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4))
        self.b = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4), nn.ReLU6(), nn.Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = F.relu(torch.add(self.a(x), x))
        z = self.b(y)
        z += y
        return F.adaptive_avg_pool2d(z, 1).flatten(1)


class Nested(nn.Module):
    """Names with dots, strided and grouped convolutions, BatchNorm1d after a linear layer, average pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Sequential(nn.Conv2d(2, 6, 3, stride=2, padding=1, groups=2), nn.BatchNorm2d(6), nn.ReLU(inplace=True)),
            nn.Sequential(nn.Conv2d(6, 6, 3, padding="same", dilation=2, groups=6), nn.BatchNorm2d(6)),
            nn.AvgPool2d(3, 2, 1),
            nn.ReLU(),
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(24, 7), nn.BatchNorm1d(7), nn.ReLU(), nn.Linear(7, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))


class Dense(nn.Module):
    """Concatenations: of the input and a signed map, of three maps under one ReLU, of flat features."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(2, 3, 3, padding=1)
        self.b = nn.Sequential(nn.Conv2d(5, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU())
        self.c = nn.Conv2d(4, 2, 1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.cat([x, self.a(x)], 1)
        z = self.b(y)
        wide = F.relu(torch.cat((y, z, self.c(z)), dim=1))
        return self.fc(torch.cat([self.pool(wide).flatten(1), self.pool(y).flatten(1)], 1))


SHAPES = {Functional: (2, 6, 6), Residual: (2, 5, 4), Nested: (2, 7, 7), Dense: (2, 5, 6)}


def images(kind: type[nn.Module], count: int = 16, seed: int = 1) -> Tensor:
    """Normal images of the shape that a model takes: about half of the pixels are negative."""
    return torch.randn(count, *SHAPES[kind], generator=torch.Generator().manual_seed(seed))


def built(kind: type[nn.Module], seed: int = 0) -> nn.Module:
    """A model with weights from a seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return lived_in(kind(), seed)
