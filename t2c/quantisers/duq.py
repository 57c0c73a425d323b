"""DuQ: a learned clip and, for weights, a learned level beside it, both through softplus."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2c.golden.arithmetic.formats import IntFormat, check_int
from t2c.golden.errors import RangeError
from t2c.golden.graph.tensor_spec import MAX_OPERAND_BITS, MIN_OPERAND_BITS
from t2c.quantisers.learned import FLOOR, LearnedClip, straight_through
from t2c.quantisers.weights import WeightQuantiser

SHARE = 0.9
"""Of the largest magnitude, where the clip starts."""


def soft(raw: Tensor, name: str) -> Tensor:
    """softplus(raw) = ln(1 + e^raw), at least FLOOR: no optimiser step makes a clip 0 or negative.

    Raises:
        RangeError: the parameter is a NaN or an infinity.
    """
    if not bool(torch.isfinite(raw).all()):
        raise RangeError(f"{name}: the learned parameter is a NaN or an infinity; the training diverged")
    return F.softplus(raw).clamp(min=FLOOR)


def raw_of(value: Tensor) -> Tensor:
    """The argument of softplus that gives a value; of 0, that which gives 1."""
    wanted = torch.where(value > FLOOR, value, torch.ones_like(value))
    return wanted + torch.log(-torch.expm1(-wanted))


def relative_size(raw: Tensor) -> float:
    """Mean of softplus / softplus': what a raw parameter moves by to move its value by as much as that is."""
    raw = raw.detach().double()
    return float((F.softplus(raw) / torch.sigmoid(raw)).mean()) if raw.numel() else 0.0


class DuQ(WeightQuantiser):
    """Differentiable and unified quantisation, for weights.

    Value:     w = c/L q with q = round(L clip(w / a, -1, 1)), L = 2^(b-1) - 1: codes -L..L, step c / L.
    Gradient:  of w: c/a inside -a..a, 0 outside.
               of a: -c w/a^2 inside, 0 outside; of c: q/L; summed with g, and times the slope of softplus.
    Learned:   `alpha` and `level`: a = softplus(alpha), c = softplus(level), one each per tensor or per channel.
    Start:     a = c = min(.9 max|w|, 2 E|w| sqrt(L)); the paper's is the first, which below 4 bits rounds most weights
               to 0.
    Limits:    none in width. `set_bits` changes the width while training: neither a nor c depends on it.

    Source: Park, Yoo, PROFIT: A Novel Training Method for sub-4-bit MobileNet Models, ECCV 2020, section 4.
    """

    activation_reason = "it reads integers by another scale than it makes them with, and a tensor of the chip has one"

    def __init__(self, bits: int, **options: Any) -> None:
        super().__init__(bits, **options)
        self.alpha = nn.Parameter(raw_of(torch.ones_like(self.scale)))
        self.level = nn.Parameter(raw_of(torch.ones_like(self.scale)))

    def set_bits(self, bits: int) -> None:
        """Have codes of another width, with the same clip and level.

        Raises:
            RangeError: bits outside 2..8.
        """
        check_int(f"{self.name}: bits", bits, MIN_OPERAND_BITS, MAX_OPERAND_BITS)
        self.format = IntFormat(bits=bits, signed=True)
        self.top = self.format.hi

    def relative_sizes(self) -> dict[nn.Parameter, float]:
        """By parameter, what a learning rate is relative to."""
        return {parameter: relative_size(parameter) for parameter in (self.alpha, self.level)}

    def observe(self, x: Tensor) -> None:
        size = x.abs()
        largest = size.amax(self.shared_axes(x), keepdim=bool(self.scale.ndim))
        start = raw_of(torch.minimum(SHARE * largest, 2 * self.mean(size) * self.top**0.5))
        self.alpha.copy_(start)
        self.level.copy_(start)

    def step(self, x: Tensor | None = None) -> Tensor:
        return soft(self.level, self.name) / self.top

    def q(self, x: Tensor) -> Tensor:
        inside = (x / (soft(self.alpha, self.name) / self.top)).clamp(-self.top, self.top)
        return straight_through(self.project(inside), inside)


class DuQActivation(LearnedClip):
    """DuQ, for activations: c is a, since a tensor of the chip is read by the scale that it was made with.

    What c would multiply all of the next layer's sums by, BatchNorm behind that layer takes away again.

    Value:     y = a/Q q with q = round(Q clip(x / a, 0, 1)), Q = 2^b - 1; signed: clip to -1..1, Q = 2^(b-1) - 1.
    Gradient:  of x: 1 inside, 0 outside; of a: q/Q - x/a inside, sign(x) outside, times the slope of softplus.
    Learned:   `alpha`, a = softplus(alpha).
    Start:     min(.9 max|x|, 2 E|x| sqrt(Q)); the paper's is the first.
    Limits:    none in width; `set_bits` as `DuQ`.

    Source: as `DuQ`.
    """

    def set_bits(self, bits: int) -> None:
        """Have codes of another width, with the same clip; a zero point moves with them.

        Raises:
            RangeError: bits outside 2..8.
        """
        check_int(f"{self.name}: bits", bits, MIN_OPERAND_BITS, MAX_OPERAND_BITS)
        self.format = IntFormat(bits=bits, signed=self.format.signed)
        self.choose_zero_point()

    def relative_sizes(self) -> dict[nn.Parameter, float]:
        """By parameter, what a learning rate is relative to."""
        return {self.alpha: relative_size(self.alpha)}

    def observe(self, x: Tensor) -> None:
        start = self.gather(x) * self.reach
        largest = torch.maximum(-self.low, self.high)
        if not self.free_zero_point:
            start = torch.minimum(start, SHARE * largest)
        self.alpha.copy_(raw_of(start))

    def clip(self) -> Tensor:
        return soft(self.alpha, self.name)
