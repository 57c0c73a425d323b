"""LSQ: a learned step."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from t2c.quantisers.learned import Learned, positive, scaled_gradient


class LSQ(Learned):
    """Learned step size, for weights.

    Value:     s round(clip(x / s, n, p)); weights have n..p = -2^(b-1)..2^(b-1) - 1.
    Gradient:  of x: 1 inside n..p, 0 outside.
               of s: g (round(x/s) - x/s) inside, g n below, g p above, with g = 1 / sqrt(N Q), N the elements that
               share the step (of an activation: of one sample), Q = max(p, -n).
    Learned:   `scale`, a parameter here, one per tensor or per channel; |scale| is the step.
    Start:     min(2 E|x| / sqrt(Q), the step that covers the data); the paper has the first term alone.
    Limits:    none in width. Needs training; from the start it is close to MinMax at 8 bits and clips at 2.

    Source: Esser et al., Learned Step Size Quantization, ICLR 2020, Eq. 1-5 and section 2.2 (start: section 2.1).
    """

    def __init__(self, bits: int, **options: Any) -> None:
        super().__init__(bits, **options)
        start = torch.ones_like(self.scale)
        del self.scale
        self.scale = nn.Parameter(start)

    def observe(self, x: Tensor) -> None:
        self.set_scale(self.gather(x), int(self.zero_point))

    def step(self, x: Tensor | None = None) -> Tensor:
        return positive(self.scale, self.name)

    def sharing(self, x: Tensor) -> int:
        """N: how many elements share the step."""
        return x.numel() // self.scale.numel()

    def fake_quantise(self, x: Tensor) -> Tensor:
        step = scaled_gradient(self.step(), 1 / math.sqrt(max(1, self.sharing(x)) * self.reach))
        return step * (self.codes(x, step) - self.zero_point)


class LSQActivation(LSQ):
    """LSQ for activations: N counts the elements of one sample, so that the batch size does not change the rate."""

    def sharing(self, x: Tensor) -> int:
        return x.numel() // max(1, x.shape[0] if x.ndim else 1)
