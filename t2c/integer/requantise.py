"""MulQuant and AddQuant in int64 torch operations."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from t2c.golden.arithmetic import mulquant as reference
from t2c.golden.arithmetic.channel_clip import ChannelClip
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.rounding import FIRST_SHIFT, Rounding
from t2c.mulquant_constants import Constants


@dataclass(frozen=True, kw_only=True)
class TorchOutputStage:
    """rounding: mode of round_S; zero_point, lo, hi: of clip(round_S(p) + zp, lo, hi)."""

    rounding: Rounding
    zero_point: int
    lo: int
    hi: int


def round_shift(p: Tensor, shift: Tensor, rounding: Rounding) -> Tensor:
    """Return round_S(p) for int64 p, |p| <= 2^62, and int64 shift 0..63.

    With q = floor(p / 2^S), f = p - q 2^S and h = 2^(S-1): floor q; half_up q + [f >= h];
    half_even q + [f > h or (f = h and q odd)]; half_away q + [f > h or (f = h and p >= 0)]; double is
    half_up of p + 2^30 sgn(p) with sgn(0) = 1 for S >= 32, and of p below. S = 0 returns p.

    Source: docs/arithmetic.md section 2.
    """
    quotient = p >> shift
    if rounding is Rounding.FLOOR:
        return quotient
    if rounding is Rounding.DOUBLE:
        p = p + torch.where(shift > FIRST_SHIFT, ((p >> 63) | 1) << FIRST_SHIFT - 1, 0)
        quotient = p >> shift
    if rounding in (Rounding.HALF_UP, Rounding.DOUBLE):  # f >= h is the bit below the point
        return quotient.add_((p >> (shift - 1).clamp(min=0)) & (shift > 0))
    fraction = p - (quotient << shift)
    half = torch.ones_like(shift) << (shift - 1).clamp(min=0)  # for S = 0 any value above f = 0 will do
    tie = fraction == half
    if rounding is Rounding.HALF_EVEN:
        tie &= quotient % 2 == 1
    else:
        tie &= p >= 0
    return quotient + ((fraction > half) | tie)


class Requantiser(nn.Module):
    """The common end of every requantisation.

    scale_error, bias_error: of the constants themselves (`Constants`); step_error: what they can move an output by, in
    output steps (`step_error`).
    """

    multiplier: Tensor
    bias: Tensor
    shift: Tensor

    def __init__(self, constants: Constants, stage: TorchOutputStage, widths: Widths, step_error: float = 0.0) -> None:
        super().__init__()
        self.stage = stage
        self.widths = widths
        self.scale_error = constants.scale_error
        self.bias_error = constants.bias_error
        self.step_error = step_error
        self.register_buffer("multiplier", torch.from_numpy(constants.multiplier.copy()))
        self.register_buffer("bias", torch.from_numpy(constants.bias.copy()))
        self.register_buffer("shift", torch.from_numpy(constants.shift.copy()))

    def finish(self, p: Tensor, shift: Tensor) -> Tensor:
        """clip(round_S(p) + zp, lo, hi)."""
        rounded = round_shift(p, shift, self.stage.rounding)
        return rounded.add_(self.stage.zero_point).clamp_(self.stage.lo, self.stage.hi)

    def extra_repr(self) -> str:
        return f"{self.multiplier.numel()} channels, {self.stage.rounding.value}, {self.stage.lo}..{self.stage.hi}"


class TorchMulQuant(Requantiser):
    """q = clip(round_S(acc M + B) + zp, lo, hi), per tensor or per channel along axis 1.

    acc: int64 (N, C, ...), ACC_W bits; the result is int64 of the same shape. Exact.

    Source: docs/arithmetic.md section 3; Torch2Chip (MLSys 2024) Eq. 7-15.
    """

    clip: ChannelClip | None = None

    def forward(self, acc: Tensor) -> Tensor:
        spread = (-1,) + (1,) * (acc.ndim - 2)
        m, b, s = (v.reshape(spread) for v in (self.multiplier, self.bias, self.shift))
        result = self.finish(torch.addcmul(b, acc, m), s)
        if self.clip is None:
            return result
        low, high = (torch.from_numpy(v).reshape(spread) for v in (self.clip.channel_lo, self.clip.channel_hi))
        return torch.maximum(torch.minimum(result, high), low)

    def reference(self) -> reference.MulQuant:
        """The same constants as golden's dataclass."""
        return reference.MulQuant(
            multiplier=self.multiplier.numpy(),
            bias=self.bias.numpy(),
            shift=self.shift.numpy(),
            widths=self.widths,
            clip=self.clip,
            **vars(self.stage),
        )


class TorchAddQuant(Requantiser):
    """q = clip(round_S(a M_a + b M_b + B) + zp, lo, hi) for operands whose zero points are already gone.

    Source: docs/arithmetic.md section 4.4.
    """

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        p = a * self.multiplier[0] + b * self.multiplier[1] + self.bias.sum()
        return self.finish(p, self.shift[0])

    def reference(self) -> reference.AddQuant:
        """The same constants as golden's dataclass."""
        return reference.AddQuant(
            multiplier_a=int(self.multiplier[0]),
            multiplier_b=int(self.multiplier[1]),
            bias=int(self.bias.sum()),
            shift=int(self.shift[0]),
            widths=self.widths,
            **vars(self.stage),
        )
