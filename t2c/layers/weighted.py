"""QConv2d and QLinear: weights, normalisation, fused or live, ReLU, and the two quantisers."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2c.golden.arithmetic.window import Pair
from t2c.golden.elements.element import Element
from t2c.golden.errors import UnsupportedError
from t2c.integer.element_sums import conv2d_sums, linear_sums
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

    element: of the array that the products are computed on, None for products that are exact; then
    q = clip(round(... acc ...)) has the element's sums as acc, on both paths.

    Source: Torch2Chip (MLSys 2024) Eq. 7-15.
    """

    element: Element | None = None
    _source: tuple[_QBase]

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

    @abstractmethod
    def element_sums(self, x: Tensor, weight: Tensor, element: Element) -> Tensor:
        """The linear operation on an element of the array, of integers less their zero point."""

    def put_on(self, element: Element, source: _QBase) -> None:
        """Compute with an element of the array; source: the quantiser of the layer's input."""
        self.element, self._source = element, (source,)  # a tuple, or it would be a part of this layer too

    def products(self, x: Tensor) -> Tensor:
        """op(x, Q_w(w)) as the element computes it; the gradient is that of exact products."""
        y = self.apply_weight(x, self.weight_quantiser(self.weight))
        if self.element is None or self.element.exact:
            return y
        (source,) = self._source
        both = (source, self.weight_quantiser)
        if any(quantiser.bypass or quantiser.observing for quantiser in both):
            return y  # a network of real numbers
        with torch.no_grad():
            step_x, step_w = source.step(), self.weight_quantiser.step(self.weight)
            operands, weight = (x / step_x).round().double(), self.weight_quantiser.integers(self.weight)
            sums = self.element_sums(operands, weight, self.element)
            error = sums - self.apply_weight(operands, weight.double())
            column = (-1,) + (1,) * (y.ndim - 2)
            scale = step_x * step_w.reshape(-1).expand(len(weight)).reshape(column)
        return y + (error * scale).to(y.dtype)

    def normalised(self, x: Tensor) -> Tensor:
        """gamma * op(x, Q_w(w)) + beta, or BN(op(x, Q_w(w))), before ReLU and the output's quantiser."""
        y = self.products(x)
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
        if self.element is not None and not self.element.exact:
            bound = self.element.bound(x.reach.bit_length() + 1, self.weight_quantiser.format.bits)
            reach = (weight != 0).flatten(1).sum(1).double().numpy() * bound  # no more elements than weights take part
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

    def element_sums(self, x: Tensor, weight: Tensor, element: Element) -> Tensor:
        return conv2d_sums(
            x,
            weight,
            element,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
        )

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
        made = IntegerConv2d(conv, bits, inputs[0].zero_point, constants, self.output_quantiser.reading)
        made.element = self.element
        return made


class QLinear(QWeighted):
    """Linear layer on (N, K)."""

    def apply_weight(self, x: Tensor, weight: Tensor) -> Tensor:
        return F.linear(x, weight)

    def element_sums(self, x: Tensor, weight: Tensor, element: Element) -> Tensor:
        return linear_sums(x, weight, element)

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        weight = self.integer_weight(inputs[0])
        linear = nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=weight.dtype)
        linear.weight = nn.Parameter(weight, requires_grad=False)
        bits = self.weight_quantiser.format.bits
        constants = self.mulquant(inputs[0], weight, recipe)
        made = IntegerLinear(linear, bits, inputs[0].zero_point, constants, self.output_quantiser.reading)
        made.element = self.element
        return made
