"""The dual-path base quantiser: fake quantisation for training, the integer alone for inference."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from t2c.errors import CalibrationError
from t2c.golden.arithmetic.formats import IntFormat, check_int
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, MIN_OPERAND_BITS
from t2c.quantisation_parameters import QuantisationParameters
from t2c.quantisers.rounding import round_real


def round_ste(x: Tensor, rounding: Rounding = Rounding.HALF_EVEN) -> Tensor:
    """Round; the gradient passes straight through (straight-through estimator, Bengio et al. 2013)."""
    return x + (round_real(x, rounding) - x).detach()


FAR = 2.0**20
"""Steps; farther away every value is clipped."""


class _QBase(nn.Module):
    """Quantise a tensor with x_q = clamp(round(x / s) + zp, lo, hi).

    Training path:   forward returns `fake_quantise(x)` = s (x_q - zp), real, with the gradient of the identity inside
                     lo..hi, 0 outside.
    Inference path:  after `inference()`, forward returns x_q alone, int64.
    Calibration:     between `start()` and `freeze()`, forward observes x and returns it unchanged. At no other time
                     does an observer update scale or zero point; a learned step moves only under an optimiser.
    Bypass:          while `bypass` is set, forward returns x: the network before any rounding.
    Rounding:        `rounding`, half to even unless the network sets the mode of its MulQuants (`QNetwork.rounding`),
                     which it does for the outputs of layers; weights and the input tensor have their own.

    A new quantiser overrides one method: `observe` (another way to choose scale and zero point), `step` (a step that is
    learned or follows the tensor), `q` (another way to round and clip) or `fake_quantise` (another gradient).

    Args:
        bits: the code's width, 2..8, and up to 16 of a tensor that only sums and normalisations read. `format` is how
            the integers are stored: the same width, a wider one for a quantiser whose levels are not evenly spaced.
        signed: two's complement or unsigned integers.
        symmetric: whether the zero point is meant to be 0; a hint for `observe`.
        scale_shape: () for one scale per tensor, (C, 1, ...) for one per channel; it broadcasts against x.
        name: what errors call this quantiser, such as "conv1.weight".

    Class attributes: `widths`, the code widths that the method is defined for; `widths_reason`, why no others.

    Raises:
        RangeError: bits outside 2..16.
        UnsupportedError: bits that are not in `widths`.

    Source: Torch2Chip (MLSys 2024), dual-path design, section 3.
    """

    widths: ClassVar[tuple[int, ...]] = tuple(range(MIN_OPERAND_BITS, MAX_EDGE_BITS + 1))
    widths_reason: ClassVar[str] = ""
    rounding: Rounding = Rounding.HALF_EVEN
    scale: Tensor
    zero_point: Tensor
    low: Tensor
    high: Tensor
    calibrated: Tensor

    def __init__(
        self,
        bits: int,
        *,
        signed: bool = True,
        symmetric: bool = True,
        scale_shape: tuple[int, ...] = (),
        name: str = "quantiser",
    ) -> None:
        super().__init__()
        check_int(f"{name}: bits", bits, MIN_OPERAND_BITS, MAX_EDGE_BITS)
        if bits not in self.widths:
            known = ", ".join(map(str, self.widths))
            raise UnsupportedError(
                f"{name}: {type(self).__name__} has no {bits} bits, only {known}: {self.widths_reason}"
            )
        self.format = IntFormat(bits=bits, signed=signed)
        self.symmetric = symmetric
        self.name = name
        self.observing = False
        self.bypass = False
        self.deploy = False
        self._seen = False
        self.register_buffer("scale", torch.ones(scale_shape))
        self.register_buffer("zero_point", torch.zeros((), dtype=torch.int64))
        self.register_buffer("low", torch.zeros(scale_shape))
        self.register_buffer("high", torch.zeros(scale_shape))
        self.register_buffer("calibrated", torch.tensor(False))

    @property
    def has_zero(self) -> bool:
        """Whether a weight of 0 becomes the integer 0, whatever the others are; a pruned weight must."""
        return True

    def observe(self, x: Tensor) -> None:
        """Look at one calibration batch and call `set_scale`. Called without gradient, only while calibrating."""
        raise NotImplementedError(f"{type(self).__name__} does not override observe")

    def step(self, x: Tensor | None = None) -> Tensor:
        """The real size of one integer step, broadcastable against x, gradient included; here the stored scale.

        Only a weight quantiser may let it follow x; of an activation quantiser it is asked without x.
        """
        return self.scale

    def q(self, x: Tensor) -> Tensor:
        """Return the integers as a real tensor that carries the straight-through gradient."""
        scaled = (x / self.step(x)).clamp(-FAR, FAR)  # an infinity cannot be rounded
        return (round_ste(scaled, self.rounding) + self.zero_point).clamp(self.format.lo, self.format.hi)

    def fake_quantise(self, x: Tensor) -> Tensor:
        """Return s (x_q - zp) for training; an override may change the gradient, never the value."""
        return self.step(x) * (self.q(x) - self.zero_point)

    def forward(self, x: Tensor) -> Tensor:
        """Return s (x_q - zp), or x_q after `inference()`, or x itself while calibrating or bypassed.

        Raises:
            CalibrationError: not calibrated yet.
            RangeError: x holds a NaN or an infinity, or `q` gave something that is not an integer of the format.
        """
        if self.bypass:
            return x
        if self.observing:
            self._check_finite(x)
            with torch.no_grad():
                self.observe(x.detach())
            self._seen = True
            return x
        if self.deploy:
            return self.integers(x)
        self._check_calibrated()
        self._check_finite(x)
        return self.fake_quantise(x)

    def integers(self, x: Tensor) -> Tensor:
        """Return x_q as int64 after proving that it is an integer tensor in lo..hi.

        Raises:
            CalibrationError, RangeError: as `forward`.
        """
        self._check_calibrated()
        self._check_finite(x)
        real = self.q(x).detach()
        whole = real.round().to(torch.int64)
        if not bool((whole == real).all()):
            raise RangeError(f"{self.name}: q returned a value that is not an integer")
        if whole.numel() and not self.format.lo <= int(whole.min()) <= int(whole.max()) <= self.format.hi:
            raise RangeError(f"{self.name}: q returned a value outside {self.format.lo}..{self.format.hi}")
        return whole

    def prove(self, x: Tensor, *, weights: bool = False) -> None:
        """Refuse a quantiser whose training path does not give s (x_q - zp).

        Args:
            x: a tensor that it is made for.
            weights: whether its step may follow x.

        Raises:
            CalibrationError, RangeError: as `forward`.
            UnsupportedError: the values differ by more than a thousandth of a step.
        """
        with torch.no_grad():
            step = self.step(x) if weights else self.step()
            gap = (self.fake_quantise(x) - step * (self.integers(x) - self.zero_point)).abs() / step
        if gap.numel() and not float(gap.max()) <= 1e-3:
            raise UnsupportedError(
                f"{self.name}: fake_quantise is off step * (q - zero point) by {float(gap.max()):.3g} steps"
            )

    def _check_calibrated(self) -> None:
        if not bool(self.calibrated):
            raise CalibrationError(f"{self.name}: not calibrated; run data through it inside calibrate()")

    def _check_finite(self, x: Tensor) -> None:
        ends = x.detach().aminmax() if x.numel() else ()  # a NaN anywhere is both; one pass where isfinite takes five
        if not all(bool(torch.isfinite(end)) for end in ends):
            raise RangeError(f"{self.name}: the tensor holds a NaN or an infinity")

    def inference(self, on: bool = True) -> _QBase:
        """Switch to the inference path (or back) and return self."""
        self.deploy = on
        return self

    def start(self) -> None:
        """Forget the old calibration and begin to observe."""
        self.calibrated.fill_(False)
        self.low.zero_()
        self.high.zero_()
        self.observing, self._seen = True, False

    def freeze(self) -> None:
        """End the calibration; from here on scale and zero point are constants.

        Raises:
            CalibrationError: nothing was observed.
        """
        self.observing = False
        if not self._seen:
            raise CalibrationError(f"{self.name}: calibration ended without any data")
        self.calibrated.fill_(True)

    def abandon(self) -> None:
        """End a calibration that failed: the quantiser is uncalibrated."""
        self.observing = False
        self.calibrated.fill_(False)

    def shared_axes(self, x: Tensor) -> list[int]:
        """The axes of x along which one scale is shared: all of them, or all but the channels."""
        return [axis for axis in range(x.ndim) if not self.scale.ndim or self.scale.shape[axis] == 1]

    def track(self, x: Tensor) -> None:
        """Widen low..high, which always contain 0, to the range of x, per tensor or per channel."""
        axes, keep = self.shared_axes(x), bool(self.scale.ndim)
        self.low.copy_(torch.minimum(self.low, x.amin(axes, keepdim=keep)))
        self.high.copy_(torch.maximum(self.high, x.amax(axes, keepdim=keep)))

    def set_scale(self, scale: Tensor | float, zero_point: Tensor | int = 0) -> None:
        """Store scale (broadcast to scale_shape) and zero point; a scale of 0, from an all-zero tensor, becomes 1.

        Raises:
            RangeError: a scale that is negative or not finite, a zero point outside the format.
        """
        value = torch.as_tensor(scale, dtype=self.scale.dtype)
        if not bool(torch.isfinite(value).all()) or bool((value < 0).any()):
            raise RangeError(f"{self.name}: scale is not a positive number")
        self.scale.copy_(torch.where(value > 0, value, torch.ones_like(value)))
        self.zero_point.fill_(check_int(f"{self.name}: zero_point", int(zero_point), self.format.lo, self.format.hi))

    @property
    def reading(self) -> QuantisationParameters:
        """How to read the integers; only for one scale per tensor.

        Raises:
            CalibrationError: not calibrated yet.
        """
        self._check_calibrated()
        return QuantisationParameters(
            bits=self.format.bits,
            signed=self.format.signed,
            zero_point=int(self.zero_point),
            scale=float(self.step().detach()),
        )

    def extra_repr(self) -> str:
        return f"{self.name}: {self.format}, calibrated={bool(self.calibrated)}"
