"""RCF: reparameterised clipping, a learned clip with a gradient inside and outside; uniform levels."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from t2c.quantisers.learned import FLOOR, LearnedClip, positive, straight_through
from t2c.quantisers.weights import WeightQuantiser

START = 3.0
"""Clip of normalised weights to start with, in deviations."""


class RCF(WeightQuantiser):
    """Reparameterised clipping function, for weights; the levels Pi are evenly spaced.

    Value:     W~ = (W - m) / sigma, q = Pi_L(clip(W~ / alpha, -1, 1)), w = s q with s = sigma alpha / L; L is the
               largest level as an integer, Pi_L the nearest level in units of 1/L. sigma = sqrt(E[(W - m)^2]).
    Gradient:  of W: 1 for |W~| <= alpha, 0 outside; m and sigma carry none.
               of alpha: sigma (Pi - W~/alpha) inside, sigma sign(W~) outside, summed with g.
    Learned:   `alpha`, one per tensor or per channel (the paper: per tensor); |alpha| is used.
    Start:     alpha = min(3, 2 E|W~| sqrt(hi), max|W~|), hi = 2^(b-1) - 1: the paper's 3, less at 2 bits, where with 3
               most weights would be 0.
    Limits:    none in width; levels -hi..hi.

    Deviations from the paper, which trains a network from normalised weights and real batch normalisation; here the
    network is trained and its normalisation is a constant:
    * sigma is multiplied back into the step, so that the weights keep their size. alpha is still in deviations.
    * m = 0: an integer weight has no zero point, and without normalisation behind the layer W - mean(W) is another
      function. `centre=True` gives the paper's m = mean(W), for weights that will be trained that way.

    Source: Li, Dong, Wang, Additive Powers-of-Two Quantization, ICLR 2020, Eq. 6-9 (RCF), section 2.3 (normalisation).
    """

    def __init__(self, bits: int, *, centre: bool = False, **options: Any) -> None:
        super().__init__(bits, **options)
        self.centre = centre
        self.start_levels = (1 << (bits - 1)) - 1
        self.alpha = nn.Parameter(torch.ones_like(self.scale))

    def normalisation(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """(m, sigma) of the weights, without gradient; sigma is 1 where all is m."""
        w = w.detach()
        m = self.mean(w) if self.centre else torch.zeros_like(self.alpha)
        sigma = self.mean((w - m) ** 2).sqrt()
        return m, torch.where(sigma > FLOOR, sigma, torch.ones_like(sigma))

    @property
    def has_zero(self) -> bool:
        return not self.centre

    def observe(self, x: Tensor) -> None:
        m, sigma = self.normalisation(x)
        size = ((x - m) / sigma).abs()
        largest = size.amax(self.shared_axes(x), keepdim=bool(self.scale.ndim))
        alpha = torch.minimum(2 * self.mean(size) * math.sqrt(self.start_levels), largest).clamp(max=START)
        self.alpha.copy_(torch.where(alpha > FLOOR, alpha, torch.full_like(alpha, START)))

    def step(self, x: Tensor | None = None) -> Tensor:
        return positive(self.alpha, self.name) * self.normalisation(self.given(x))[1] / self.top

    def q(self, x: Tensor) -> Tensor:
        inside = ((x - self.normalisation(x)[0]) / self.step(x)).clamp(-self.top, self.top)
        return straight_through(self.project(inside), inside)


class RCFActivation(LearnedClip):
    """Reparameterised clipping function, for activations; evenly spaced levels, which is all that MulQuant makes.

    Value:     y = alpha Pi(clip(x / alpha, 0, 1)), step alpha / (2^b - 1); signed: clip to -1..1, codes -hi..hi, step
               alpha / (2^(b-1) - 1).
    Gradient:  of x: 1 inside, 0 outside; of alpha: Pi - x/alpha inside, sign(x) outside, summed with g.
    Learned:   `alpha`, |alpha| is used.
    Start:     min(2 E|x| sqrt(Q), max|x|); the paper has 8, for activations normalised to deviation 1.
    Limits:    none in width.

    Source: as `RCF`, Eq. 6-8.
    """
