"""QConv2d and QLinear: weights, normalisation, fused or live, ReLU, and the two quantisers."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from t2c.golden.arithmetic.window import Pair
from t2c.golden.errors import UnsupportedError
from t2c.integer.layers import IntegerConv2d, IntegerLayer, IntegerLinear, carrier
from t2c.integer.requantise import TorchMulQuant
from t2c.layers.base import RequantisingLayer
from t2c.quantisation_parameters import QuantisationParameters
from t2c.quantisers.base import _QBase
from t2c.recipe import Recipe

Norm = nn.BatchNorm1d | nn.BatchNorm2d


class QWeighted(RequantisingLayer):
    """y = Q_y(relu(gamma * op(x, Q_w(w)) + beta)).

    In integers: q = clip(round((gamma s_w s_x / s_y) acc + beta / s_y) + zp_y, lo, hi).

    Args:
        weight: real (O, ...).
        weight_quantiser: symmetric; weights have zero point 0.
        output_quantiser: one scale for the tensor.
        gamma: real (O,), what normalisation multiplies the accumulator by; None where it is already in the weights.
        beta: real (O,).
        ceiling: upper clip of the fused ReLU, None without ReLU.
        norm: a live batch normalisation in the place of gamma and beta, behind the accumulator: y = Q_y(relu(BN(op(x,
            Q_w(w))))). Training takes it through the batch's statistics; `t2c.fusion.fuse_norms` makes gamma and
            beta of it, without which there are no integers. Until then gamma is None, and beta is 0 and not trained.

    Source: Torch2Chip (MLSys 2024) Eq. 7-15.
    """

    def __init__(
        self,
        weight: Tensor,
        weight_quantiser: _QBase,
        output_quantiser: _QBase,
        *,
        beta: Tensor,
        gamma: Tensor | None = None,
        ceiling: float | None = None,
        norm: Norm | None = None,
    ) -> None:
        super().__init__(output_quantiser, ceiling)
        self.weight = nn.Parameter(weight)
        self.norm = norm
        self.beta = nn.Parameter(beta, requires_grad=norm is None)
        self.gamma = None if gamma is None else nn.Parameter(gamma)
        self.weight_quantiser = weight_quantiser

    @abstractmethod
    def apply_weight(self, x: Tensor, weight: Tensor) -> Tensor:
        """The linear operation, without bias."""

    def normalised(self, x: Tensor) -> Tensor:
        """gamma * op(x, Q_w(w)) + beta, or BN(op(x, Q_w(w))), before ReLU and the output's quantiser."""
        y = self.apply_weight(x, self.weight_quantiser(self.weight))
        if self.norm is not None:
            normal: Tensor = self.norm(y)
            return normal
        column = (-1,) + (1,) * (y.ndim - 2)
        if self.gamma is not None:
            y = y * self.gamma.reshape(column)
        return y + self.beta.reshape(column)

    def forward(self, x: Tensor) -> Tensor:
        return self.finish(self.normalised(x))

    def integer_weight(self, x: QuantisationParameters) -> Tensor:
        """The weights as the chip holds them: integers, in the float type that carries them through torch's layers."""
        weight = self.weight_quantiser.integers(self.weight)
        return weight.to(carrier(weight, x))

    def mulquant(self, x: QuantisationParameters, weight: Tensor, recipe: Recipe) -> TorchMulQuant:
        """The constants behind the accumulator of integer weights, in float64.

        Raises:
            UnsupportedError: the batch normalisation is live.
        """
        if self.norm is not None:
            raise UnsupportedError(f"{self.weight_quantiser.name}: the batch normalisation is live; call fuse_norms")
        y = self.output_quantiser.reading
        channels = self.weight.shape[0]
        scale_w = self.weight_quantiser.step(self.weight).detach().double().reshape(-1).expand(channels).numpy()
        gamma = np.ones(channels) if self.gamma is None else self.gamma.detach().double().numpy()
        scale = gamma * scale_w * x.scale / y.scale
        used = weight.flatten(1).any(1).numpy()
        scale = np.where(used, scale, 0.0)  # a channel without weights has accumulator 0, whatever its scale
        reach = weight.detach().double().abs().flatten(1).sum(1).numpy() * x.reach
        return recipe.mulquant(scale, self.beta.detach().double().numpy() / y.scale, y, self.ceiling, reach)


class QConv2d(QWeighted):
    """Convolution; stride, padding, dilation and groups as in nn.Conv2d, padding with real 0."""

    def __init__(
        self,
        weight: Tensor,
        weight_quantiser: _QBase,
        output_quantiser: _QBase,
        *,
        beta: Tensor,
        gamma: Tensor | None = None,
        ceiling: float | None = None,
        stride: Pair = (1, 1),
        padding: Pair = (0, 0),
        dilation: Pair = (1, 1),
        groups: int = 1,
        norm: Norm | None = None,
    ) -> None:
        super().__init__(weight, weight_quantiser, output_quantiser, beta=beta, gamma=gamma, ceiling=ceiling, norm=norm)
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups

    def apply_weight(self, x: Tensor, weight: Tensor) -> Tensor:
        return F.conv2d(x, weight, None, self.stride, self.padding, self.dilation, self.groups)

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        weight = self.integer_weight(inputs[0])
        conv = nn.Conv2d(
            weight.shape[1] * self.groups,
            weight.shape[0],
            (weight.shape[2], weight.shape[3]),
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
            bias=False,
            dtype=weight.dtype,
        )
        conv.weight = nn.Parameter(weight, requires_grad=False)
        bits = self.weight_quantiser.format.bits
        constants = self.mulquant(inputs[0], weight, recipe)
        return IntegerConv2d(conv, bits, inputs[0].zero_point, constants, self.output_quantiser.reading)


class QLinear(QWeighted):
    """Linear layer on (N, K)."""

    def apply_weight(self, x: Tensor, weight: Tensor) -> Tensor:
        return F.linear(x, weight)

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        weight = self.integer_weight(inputs[0])
        linear = nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=weight.dtype)
        linear.weight = nn.Parameter(weight, requires_grad=False)
        bits = self.weight_quantiser.format.bits
        constants = self.mulquant(inputs[0], weight, recipe)
        return IntegerLinear(linear, bits, inputs[0].zero_point, constants, self.output_quantiser.reading)
