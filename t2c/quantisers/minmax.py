"""MinMax: the scale covers everything seen during calibration."""

from __future__ import annotations

import torch
from torch import Tensor

from t2c.quantisers.base import _QBase


class MinMax(_QBase):
    """Choose scale and zero point from the smallest and largest value seen.

    Symmetric:  s = max|x| / (2^(b-1) - 1) (unsigned: / (2^b - 1)), zp = 0.
    Asymmetric: s = (max - min) / (2^b - 1), zp = lo - round(min / s), so that lo..hi covers min..max;
                for unsigned integers lo = 0 and zp = -round(min / s).

    min and max always include 0, so real 0 is an integer (the zero point) in both. Per channel there is a scale for
    each channel; per-channel zero points do not exist in the arithmetic, so per channel is symmetric.
    Works for weights (signed, symmetric) and for activations.
    """

    def observe(self, x: Tensor) -> None:
        self.track(x)
        if self.symmetric or self.scale.ndim:
            self.set_scale(torch.maximum(-self.low, self.high) / self.format.hi)
            return
        scale = (self.high - self.low) / (self.format.hi - self.format.lo)
        zero_point = self.format.lo - torch.round(self.low / scale) if float(scale) > 0 else 0
        self.set_scale(scale, int(zero_point))
