"""A step that no data change."""

from __future__ import annotations

from torch import Tensor

from t2c.quantisers.base import _QBase


class FixedStep(_QBase):
    """s = 2^-bits, unsigned, zero point 0: of numbers in 0..1 whose step the arithmetic fixes, such as softmax's."""

    def observe(self, x: Tensor) -> None:
        self.set_scale(2.0**-self.format.bits)
