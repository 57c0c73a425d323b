"""QDrop: while a block is reconstructed, half of the activations stay unquantised."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from t2c.quantisers.lsq import LSQActivation

KEEP = 0.5
"""Probability that an element is the quantised one while dropping, in a block and in its input."""


class QDrop(LSQActivation):
    """Randomly dropped quantisation, for activations.

    Value:     LSQ's, s round(clip(x / s, n, p)); while `dropping` is set each element is that with probability 1/2 and
               x itself otherwise.
    Gradient:  as LSQ where quantised; 1 of x and 0 of s where dropped.
    Learned:   `scale`, as in LSQ.
    Start:     as LSQ.
    Limits:    none in width. The random numbers are torch's global ones: seed them with torch.manual_seed.

    dropping: set it while reconstructing; otherwise, and on the inference path, nothing is dropped.

    Source: Wei et al., QDrop: Randomly Dropping Quantization for Extremely Low-bit Post-Training Quantization, ICLR
    2022, Eq. 11 and section 4.
    """

    def __init__(self, bits: int, **options: Any) -> None:
        super().__init__(bits, **options)
        self.dropping = False

    def fake_quantise(self, x: Tensor) -> Tensor:
        quantised = super().fake_quantise(x)
        return torch.where(torch.rand_like(x) < KEEP, quantised, x) if self.dropping else quantised
