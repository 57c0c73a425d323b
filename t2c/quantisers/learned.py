"""What quantisers with a learned step or clip share: a parameter that stays positive, its start, the clip range."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from t2c.golden.errors import RangeError
from t2c.quantisers.base import _QBase
from t2c.quantisers.rounding import round_real

FLOOR = 2.0**-40
"""Smallest value of a learned step or clip, and of a deviation that is told from 0."""


def straight_through(value: Tensor, x: Tensor) -> Tensor:
    """Exactly `value`, with the gradient of x; x must be finite."""
    return value.detach() + (x - x.detach())


def scaled_gradient(x: Tensor, factor: float) -> Tensor:
    """Exactly x, with `factor` times its gradient."""
    return x.detach() + (x - x.detach()) * factor


def positive(parameter: Tensor, name: str) -> Tensor:
    """max(|parameter|, FLOOR) with the gradient of |parameter|: no optimiser step makes a step 0 or negative.

    Raises:
        RangeError: the parameter is a NaN or an infinity.
    """
    if not bool(torch.isfinite(parameter).all()):
        raise RangeError(f"{name}: the learned parameter is a NaN or an infinity; the training diverged")
    size = torch.where(parameter < 0, -parameter, parameter)
    return size + (size.clamp(min=FLOOR) - size).detach()


class Learned(_QBase):
    """q = round(clip(x / s, n, p)) + zp with n = lo - zp, p = hi - zp; s is or follows an nn.Parameter.

    Start (calibration): s = min(2 E|x| / sqrt(Q), the step that covers min..max), Q = max(p, -n). The first is LSQ's;
    at 8 bits it would be several times too wide for most tensors, which the second prevents. Several batches add up.
    Asymmetric (an input with negative pixels): the zero point is MinMax's and stays as calibrated; the step is learned.

    Class attribute: `narrow`, signed symmetric codes are -hi..hi instead of lo..hi.
    """

    narrow: ClassVar[bool] = False

    def __init__(self, bits: int, **options: Any) -> None:
        super().__init__(bits, **options)
        self._total: Tensor | None = None
        self._count = 0

    @property
    def free_zero_point(self) -> bool:
        """Whether calibration chooses a zero point."""
        return not self.symmetric and not self.scale.ndim

    def bounds(self) -> tuple[int, int]:
        """(n, p): the codes less the zero point."""
        zero_point = int(self.zero_point)
        if self.narrow and self.format.signed and not self.free_zero_point:
            return -self.format.hi, self.format.hi
        return self.format.lo - zero_point, self.format.hi - zero_point

    @property
    def reach(self) -> int:
        """Q = max(p, -n)."""
        n, p = self.bounds()
        return max(p, -n)

    def start(self) -> None:
        super().start()
        self._total, self._count = None, 0

    def gather(self, x: Tensor) -> Tensor:
        """Add a calibration batch; set the zero point and return the step to start with, 0 where all was 0."""
        self.track(x)
        total = x.abs().sum(self.shared_axes(x), keepdim=bool(self.scale.ndim), dtype=torch.float64)
        self._total = total if self._total is None else self._total + total
        self._count += x.numel() // total.numel()
        cover = (self.high - self.low) / (self.format.hi - self.format.lo)
        self.choose_zero_point()
        if not self.free_zero_point:
            cover = torch.maximum(-self.low, self.high) / self.reach
        mean = (self._total / self._count).to(cover.dtype)
        return torch.minimum(2 * mean / math.sqrt(self.reach), cover)

    def choose_zero_point(self) -> None:
        """Set it to what low..high and the width ask for: 0, or MinMax's where it is free."""
        cover = (self.high - self.low) / (self.format.hi - self.format.lo)
        zero_point = 0
        if self.free_zero_point and float(cover) > 0:
            zero_point = self.format.lo - round(float(self.low / cover))
        self.zero_point.fill_(zero_point)

    def freeze(self) -> None:
        super().freeze()
        self._total = None

    def codes(self, x: Tensor, step: Tensor) -> Tensor:
        """The integers for a step; gradient 1/s inside, 0 outside; that of the step as it follows from the formula."""
        inside = (x / step).clamp(*self.bounds())
        return straight_through(round_real(inside, self.rounding), inside) + self.zero_point

    def q(self, x: Tensor) -> Tensor:
        return self.codes(x, self.step(x))


class LearnedClip(Learned):
    """A learned clip alpha > 0: s = alpha / Q, codes -hi..hi or 0..hi. The buffer `scale` is not used; ask step()."""

    narrow = True

    def __init__(self, bits: int, **options: Any) -> None:
        super().__init__(bits, **options)
        self.alpha = nn.Parameter(torch.ones_like(self.scale))

    def observe(self, x: Tensor) -> None:
        alpha = self.gather(x) * self.reach
        self.alpha.copy_(torch.where(alpha > 0, alpha, torch.ones_like(alpha)))

    def clip(self) -> Tensor:
        """alpha as it is used."""
        return positive(self.alpha, self.name)

    def step(self, x: Tensor | None = None) -> Tensor:
        return self.clip() / self.reach
