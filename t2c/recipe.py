"""How a conversion chooses its integers: one object that travels to every layer."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch

from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.rounding import MAX_MAGNITUDE, Rounding
from t2c.golden.errors import RangeError
from t2c.integer.requantise import TorchAddQuant, TorchMulQuant, TorchOutputStage
from t2c.mulquant_constants import Chooser, RealArray, normalized, step_errors
from t2c.quantisation_parameters import QuantisationParameters
from t2c.quantisers.rounding import round_real


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """choose: how M, B, S follow from real numbers; rounding: mode of every requantisation; widths: of the hardware."""

    choose: Chooser = normalized
    rounding: Rounding = Rounding.HALF_UP
    widths: Widths = field(default_factory=Widths)

    def stage(self, output: QuantisationParameters, ceiling: float | None) -> TorchOutputStage:
        """Zero point and clip bounds of an output: lo = zp with a ReLU, hi lowered by a finite ceiling."""
        fmt, zero_point = output.format, output.zero_point
        hi = fmt.hi
        if ceiling is not None and math.isfinite(ceiling):
            hi = min(hi, zero_point + self._rounded(ceiling / output.scale))
        return TorchOutputStage(
            rounding=self.rounding, zero_point=zero_point, lo=fmt.lo if ceiling is None else zero_point, hi=hi
        )

    def _rounded(self, value: float) -> int:
        """A real number that is not negative, rounded in the mode of the MulQuants."""
        return int(round_real(torch.tensor(value, dtype=torch.float64), self.rounding))

    def mulquant(
        self,
        scale: RealArray,
        bias: RealArray,
        output: QuantisationParameters,
        ceiling: float | None,
        reach: RealArray | float,
    ) -> TorchMulQuant:
        """MulQuant for real scale and bias (C,) in steps of the output; reach: largest |accumulator|, (C,) or one."""
        constants, stage = self.choose(scale, bias, self.widths), self.stage(output, ceiling)
        largest = float((np.abs(constants.multiplier) * reach + np.abs(constants.bias.astype(np.float64))).max())
        if largest >= float(MAX_MAGNITUDE):
            raise RangeError(f"acc M + B reaches {largest:.3g}; the integer path in torch computes below 2^62")
        errors = step_errors(constants, scale, bias, reach=reach, span=_span(stage))
        return TorchMulQuant(constants, stage, self.widths, float(errors.max()))

    def addquant(
        self,
        a: QuantisationParameters,
        b: QuantisationParameters,
        output: QuantisationParameters,
        ceiling: float | None,
    ) -> TorchAddQuant:
        """TorchAddQuant for two operands: M_a = s_a / s_y, M_b = s_b / s_y, one shift, no bias."""
        scales = np.array([a.scale, b.scale]) / output.scale
        constants = self.choose(scales, np.zeros(2), self.widths, shared=True)
        if constants.shift[0] != constants.shift[1]:
            raise RangeError("residual add: the chosen constants do not share one shift")
        stage = self.stage(output, ceiling)
        reach = np.array([a.reach, b.reach], dtype=np.float64)
        errors = step_errors(constants, scales, np.zeros(2), reach=reach, span=_span(stage))
        return TorchAddQuant(constants, stage, self.widths, float(errors.sum()))


def _span(stage: TorchOutputStage) -> float:
    """Steps from the zero point to the farther clip bound."""
    return float(max(stage.hi - stage.zero_point, stage.zero_point - stage.lo))
