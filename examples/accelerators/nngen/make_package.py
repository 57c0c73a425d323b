"""Train, quantise for NNgen and write the package beside this file.

In a clone that `make setup-t2c` has set up: `.venv/bin/python examples/accelerators/nngen/make_package.py`. What NNgen
can do is in nngen.yaml; the integers are chosen within that (docs/your_arithmetic.md).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from t2c import T2C
from t2c.data import digits
from t2c.trainers import Supervised

HERE = Path(__file__).parent


class TwoLayers(nn.Module):
    """Digits: (N, 1, 8, 8) -> conv1 + BN + ReLU (4, 8, 8) -> conv2, stride 2, + BN + ReLU (8, 4, 4) -> fc (10)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 8, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(8)
        self.fc = nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.bn1(self.conv1(x)))
        y: Tensor = self.fc(torch.relu(self.bn2(self.conv2(x))).flatten(1))
        return y


def main() -> None:
    """Train, quantise, convert, check against the reference model, write."""
    torch.manual_seed(0)
    data = digits.load()
    model = TwoLayers()
    Supervised(model, data, epochs=40, rate=4e-3, decay=1e-3).fit()
    chip = T2C(
        model.eval(),
        calibration=data.train.images,
        name="two_layers",
        rounding="half_away",
        target=HERE / "nngen.yaml",
    )
    chip.nn2chip(
        data.test.images[:32],
        data.test.labels[:32],
        directory=HERE / "two_layers",
        test=(data.test.images, data.test.labels),
        description="Three layers for scikit-learn digits in NNgen's arithmetic; 8-bit weights and activations",
    )
    print({name: round(figure, 4) for name, figure in chip.metrics.items()})


if __name__ == "__main__":
    main()
