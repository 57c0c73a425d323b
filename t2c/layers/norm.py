"""LayerNorm: with the statistics of each row, and with running ones."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2c.golden.arithmetic.layer_norm import RowNorm, row_widths
from t2c.golden.arithmetic.lut import layer_norm_epsilon, layer_norm_error_bound
from t2c.integer.layers import IntegerAveragePool2d, IntegerLayer
from t2c.integer.norm import IntegerLayerNorm
from t2c.layers.base import RequantisingLayer
from t2c.quantisation_parameters import QuantisationParameters
from t2c.quantisers.base import _QBase
from t2c.recipe import Recipe


class QLayerNorm(RequantisingLayer):
    """y = Q_y(relu(gamma (x - mean) / sqrt(var + eps) + beta)) over axis 1, (N, C, ...) (docs/arithmetic.md 8.1).

    Args:
        gamma, beta: real (C,), trained.
        eps: of the real LayerNorm.
        output_quantiser: one scale for the tensor.
        ceiling: upper clip of a fused ReLU, None without ReLU.

    Source: Torch2Chip (MLSys 2024), section 3.2.2, instant statistics.
    """

    def __init__(
        self, gamma: Tensor, beta: Tensor, eps: float, output_quantiser: _QBase, *, ceiling: float | None = None
    ) -> None:
        super().__init__(output_quantiser, ceiling)
        self.gamma, self.beta = nn.Parameter(gamma), nn.Parameter(beta)
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        rows = F.layer_norm(x.movedim(1, -1), self.gamma.shape, self.gamma, self.beta, self.eps)
        return self.finish(rows.movedim(-1, 1))

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        x, y = inputs[0], self.output_quantiser.reading
        length = self.gamma.numel()
        norm = RowNorm(epsilon=layer_norm_epsilon(self.eps, length=length, scale=x.scale))
        gamma, beta = (part.detach().double().numpy() / y.scale for part in (self.gamma, self.beta))
        peak = row_widths(norm, length=length, input_bits=x.bits).peak
        constants = recipe.mulquant(np.ldexp(gamma, -norm.fraction_bits), beta, y, self.ceiling, float(peak))
        gain = float(np.abs(gamma).max())
        reach = min(gain * math.sqrt(length), 2.0**y.bits)
        bound = layer_norm_error_bound(norm, gain=gain, reach=reach)
        exact = self.eps * (length / x.scale) ** 2  # E is an integer: rows that hardly vary notice
        rounded = abs(norm.epsilon - exact) / (2 * max(length - 1 + min(exact, norm.epsilon), 1)) * reach
        return IntegerLayerNorm(norm, constants, y, bound + rounded)


class QRunningNorm(RequantisingLayer):
    """y = Q_y(relu(gamma (x - m) / sqrt(v + eps) + beta)) with constant m and v, (N, C, H, W) (docs/arithmetic.md 8.2).

    Args:
        gamma, beta: real (C,), trained.
        mean, var: real (C,), constants.
        eps, output_quantiser, ceiling: as `QLayerNorm`.

    Source: Torch2Chip (MLSys 2024), section 3.2.2, pre-computed running statistics.
    """

    mean: Tensor
    var: Tensor

    def __init__(
        self,
        gamma: Tensor,
        beta: Tensor,
        mean: Tensor,
        var: Tensor,
        eps: float,
        output_quantiser: _QBase,
        *,
        ceiling: float | None = None,
    ) -> None:
        super().__init__(output_quantiser, ceiling)
        self.gamma, self.beta = nn.Parameter(gamma), nn.Parameter(beta)
        self.register_buffer("mean", mean)
        self.register_buffer("var", var)
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        gain = self.gamma / torch.sqrt(self.var + self.eps)
        offset = self.beta - gain * self.mean
        return self.finish(x * gain.reshape(-1, 1, 1) + offset.reshape(-1, 1, 1))

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        x, y = inputs[0], self.output_quantiser.reading
        gamma, beta, mean, var = (
            part.detach().double().numpy() for part in (self.gamma, self.beta, self.mean, self.var)
        )
        gain = gamma / np.sqrt(var + self.eps)
        scale, bias = gain * x.scale / y.scale, (beta - gain * mean) / y.scale
        constants = recipe.mulquant(scale, bias, y, self.ceiling, float(x.reach))
        return IntegerAveragePool2d((1, 1), (1, 1), (0, 0), x.zero_point, constants, y)
