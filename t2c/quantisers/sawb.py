"""SAWB: the clip follows from two moments of the weights."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from t2c.quantisers.weights import WeightQuantiser

COEFFICIENTS = {2: (2.6, -1.71), 3: (7.509, -6.892), 4: (12.035, -12.03), 5: (17.74, -18.64), 8: (31.76, -35.04)}
"""(c1, c2) by bits. 2 and 4 are fitted to the 2^b - 1 levels that contain 0; 3, 5 and 8 to 2^b levels."""


class SAWB(WeightQuantiser):
    """Statistics-aware weight binning, for weights.

    Value:     s round(clip(w / s, -hi, hi)), s = alpha / hi, hi = 2^(b-1) - 1, alpha = c1 sqrt(E[w^2]) + c2 E|w|.
    Gradient:  of w: 1 for |w| <= alpha, 0 outside; alpha carries none.
    Learned:   nothing. alpha follows the weights of the moment, per tensor as in the paper, or per channel; but c1
               and c2 are large and of opposite sign, so that a channel of few weights gives a poor alpha.
    Start:     the formula. The fit is made for bell-shaped weights; where it fails, alpha = max|w|: if alpha is below
               E|w| (weights of nearly one magnitude can make it negative) or above max|w| (very sparse weights).
    Limits:    2, 3, 4, 5 and 8 bits, for which coefficients are published. All levels here are -hi..hi, with 0; for 3,
               5 and 8 bits there are coefficients for 2^b levels only, whose best clip is a little wider.

    Source: Choi et al., Accurate and Efficient 2-bit Quantized Neural Networks, SysML 2019, Eq. 6 and Table 1; the
    zero-aligned coefficients are those of the authors' public code.
    """

    widths: ClassVar[tuple[int, ...]] = tuple(COEFFICIENTS)
    widths_reason: ClassVar[str] = "coefficients are published for these"

    def __init__(self, bits: int, **options: Any) -> None:
        super().__init__(bits, **options)
        self.coefficients = COEFFICIENTS[bits]

    def observe(self, x: Tensor) -> None:
        self.set_scale(self.step(x))

    def step(self, x: Tensor | None = None) -> Tensor:
        w = self.given(x).detach()
        c1, c2 = self.coefficients
        size = self.mean(w.abs())
        largest = w.abs().amax(self.shared_axes(w), keepdim=bool(self.scale.ndim))
        alpha = c1 * self.mean(w**2).sqrt() + c2 * size
        alpha = torch.where((alpha < size) | (alpha > largest), largest, alpha)
        return torch.where(alpha > 0, alpha, torch.ones_like(alpha)) / self.top
