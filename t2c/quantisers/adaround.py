"""AdaRound: learn whether each weight rounds up or down."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from t2c.golden.errors import ShapeError
from t2c.quantisers.weights import WeightQuantiser

ZETA, GAMMA = 1.1, -0.1
"""Ends of the stretched sigmoid."""


class AdaRound(WeightQuantiser):
    """Adaptive rounding, for weights that stay as they are.

    Value:     s clip(floor(w/s) + h, lo, hi). Soft: h = clip(1.2 sigmoid(a) - 0.1, 0, 1). Hard: h = 1[a >= 0].
    Gradient:  soft, of a: s 1.2 sigmoid(a) (1 - sigmoid(a)) where h is inside 0..1 and the code inside lo..hi, else 0;
               hard: none. Of w: 0, since a belongs to the weights of the calibration.
    Learned:   `alpha` (a above), one per weight. Layer by layer: minimise |y - y_float|^2 + lambda rounding_loss(beta).
    Start:     s: of the clips k/80 max|w| the one with the least squared error, per tensor or per channel.
               a = -ln(1.2 / (w/s - floor(w/s) + 0.1) - 1), so that soft h is the fraction and nothing is rounded yet;
               hard, that is rounding to nearest (half up).
    Zeros:     a weight of exactly 0 is 0, soft and hard, and has no gradient.
    Limits:    none in width. `alpha` gets its shape in calibration, or from a state dict: make the optimiser after.

    soft: set it while reconstructing. `integers` and the inference path are hard in any case.

    Source: Nagel et al., Up or Down? Adaptive Rounding for Post-Training Quantization, ICML 2020, Eq. 21-24.
    """

    activation_reason: ClassVar[str] = "it learns one rounding per element of a fixed tensor"

    def __init__(self, bits: int, **options: Any) -> None:
        super().__init__(bits, **options)
        self.soft = False
        self.alpha = nn.Parameter(torch.zeros(0))

    def observe(self, x: Tensor) -> None:
        self.set_scale(self.least_squares_step(x))
        if self.alpha.shape != x.shape:
            self.alpha = nn.Parameter(torch.zeros_like(x))
        scaled = x / self.scale
        self.alpha.copy_(-torch.log((ZETA - GAMMA) / (scaled - scaled.floor() - GAMMA) - 1))

    def upward(self) -> Tensor:
        """Soft h, in 0..1."""
        return ((ZETA - GAMMA) * torch.sigmoid(self.alpha) + GAMMA).clamp(0, 1)

    def rounding_loss(self, beta: float) -> Tensor:
        """sum of 1 - |2h - 1|^beta: 0 when every h is 0 or 1."""
        return (1 - (2 * self.upward() - 1).abs() ** beta).sum()

    def q(self, x: Tensor) -> Tensor:
        if self.alpha.shape != x.shape:
            raise ShapeError(f"{self.name}: AdaRound of {tuple(self.alpha.shape)} is given {tuple(x.shape)}")
        up = self.upward() if self.soft else (self.alpha >= 0).to(x.dtype)
        up = up.masked_fill(x == 0, 0.0)  # what is pruned stays 0
        return ((x / self.scale).floor() + up).clamp(self.format.lo, self.format.hi)

    def integers(self, x: Tensor) -> Tensor:
        soft, self.soft = self.soft, False
        try:
            return super().integers(x)
        finally:
            self.soft = soft

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        saved = state_dict.get(f"{prefix}alpha")
        if isinstance(saved, Tensor) and saved.shape != self.alpha.shape:
            self.alpha = nn.Parameter(torch.zeros(saved.shape, dtype=saved.dtype, device=self.scale.device))
        super()._load_from_state_dict(state_dict, prefix, *rest)
