"""Train, quantise and write the package beside this file, whose integers are those that NNgen's convolutions compute.

In a clone that `make setup-t2c` has set up: `.venv/bin/python examples/accelerators/nngen/make_package.py`.

NNgen computes `clip(half_away((acc + bias) * scale / 2^shift))`. That is MulQuant (docs/arithmetic.md 3) with
`half_away`, M = scale and B = bias * M, so B must be a multiple of M. Its int8 holds what a ReLU leaves in 0..127: 7
bits without sign.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from t2c import T2C, NetFuser
from t2c.data import digits
from t2c.golden.arithmetic.mulquant import Widths
from t2c.mulquant_constants import Constants, normalized
from t2c.trainers import Supervised

PACKAGE = Path(__file__).parent / "two_layers"


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


def bias_before(scale: np.ndarray, bias: np.ndarray, widths: Widths, *, shared: bool = False) -> Constants:
    """As `normalized`, and then B is the nearest multiple of M: a bias that is added before the multiplier."""
    found = normalized(scale, bias, widths, shared=shared)
    added = np.rint(np.ldexp(bias, found.shift) / found.multiplier).astype(np.int64) * found.multiplier
    error = float(np.abs(np.ldexp(added.astype(np.float64), -found.shift) - bias).max())
    return Constants(
        multiplier=found.multiplier,
        bias=added,
        shift=found.shift,
        scale_error=found.scale_error,
        bias_error=error,
    )


def main() -> None:
    """Train, quantise, convert, check against the reference model, write."""
    torch.manual_seed(0)
    data = digits.load()
    model = TwoLayers()
    Supervised(model, data, epochs=40, rate=4e-3, decay=1e-3).fit()
    chip = T2C(
        model.eval(),
        partial(NetFuser, activation_bits=7),
        calibration=data.train.images,
        name="two_layers",
        choose=bias_before,
        rounding="half_away",
    )
    chip.nn2chip(
        data.test.images[:32],
        data.test.labels[:32],
        directory=PACKAGE,
        test=(data.test.images, data.test.labels),
        description="Three layers for scikit-learn digits in NNgen's arithmetic; 8-bit weights, 7-bit activations",
    )
    print({name: round(figure, 4) for name, figure in chip.metrics.items()})


if __name__ == "__main__":
    main()
