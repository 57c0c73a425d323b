"""Vanilla torch layers that carry integers, each followed by its MulQuant.

Products and sums run in floats that carry integers, chosen by `carrier`: float32 where every partial sum provably stays
below 2^24, else float64. `sums_of_products` keeps torch from everything else: NNPACK's Winograd and FFT, and autocast;
oneDNN and torch's own kernels add up products, so that, in any order, no sum is rounded. The graph proves the bound
2^(ACC_W-1) - 1 with ACC_W <= 48 besides, and every export compares all tensors with golden.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2c.golden.arithmetic.window import Pair
from t2c.golden.elements.element import Element
from t2c.golden.graph.node import Node
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.integer.element_sums import conv2d_sums, linear_sums
from t2c.integer.requantise import TorchAddQuant, TorchMulQuant
from t2c.quantisation_parameters import QuantisationParameters


class IntegerLayer(nn.Module):
    """An integer layer.

    reading: of its output; path_error: steps by which its function, before the constants of a requantisation, may
    differ from that of the training path.
    """

    reading: QuantisationParameters
    path_error: float = 0.0

    @abstractmethod
    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        """The golden node that must compute the same; its output edge is called like the node."""


EXACT_FLOAT32 = 1 << 24
"""float32 holds every integer up to here."""


def carrier(weight: Tensor, x: QuantisationParameters) -> torch.dtype:
    """The float type in which a layer's sums are exact: float32 if sum |w| max|x - zp| < 2^24 for every output channel.

    weight: integers (O, ...); x: how the input is read. float64 too where the user lets torch shorten float32 products.
    """
    bound = int(weight.abs().flatten(1).sum(1).max()) * x.reach
    exact = bound < EXACT_FLOAT32 and torch.get_float32_matmul_precision() == "highest"
    return torch.float32 if exact else torch.float64


@contextmanager
def sums_of_products(device: torch.device) -> Iterator[None]:
    """Inside, convolutions and products are sums of products in the tensors' own type."""
    with torch.autocast(device.type, enabled=False), torch.backends.nnpack.flags(enabled=False):
        yield


def _centre(x: Tensor, zero_point: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return (x - zero_point if zero_point else x).to(dtype)


def _pair(values: str | tuple[int, ...]) -> Pair:
    """What the layer was made with, typed as torch keeps it."""
    assert not isinstance(values, str)
    height, width = values
    return height, width


class _IntegerWeighted(IntegerLayer):
    """A bias-free vanilla layer with integer weights in its `carrier`, then MulQuant.

    layer: the vanilla layer; weight_bits: declared width of its weights; zero_point: of the input; element: of the
    array, whose sums take the place of the products', None for products.
    """

    layer: nn.Conv2d | nn.Linear
    element: Element | None = None

    def __init__(
        self,
        layer: nn.Conv2d | nn.Linear,
        weight_bits: int,
        zero_point: int,
        requantise: TorchMulQuant,
        reading: QuantisationParameters,
    ) -> None:
        super().__init__()
        self.layer, self.requantise = layer, requantise
        self.weight_bits, self.zero_point, self.reading = weight_bits, zero_point, reading

    def forward(self, x: Tensor) -> Tensor:
        centred = _centre(x, self.zero_point, self.layer.weight.dtype)
        if self.element is not None and not self.element.exact:
            acc = self.element_sums(centred, self.element)
        else:
            with sums_of_products(x.device):
                acc = self.layer(centred)
        y: Tensor = self.requantise(acc.to(torch.int64))
        return y

    @abstractmethod
    def element_sums(self, x: Tensor, element: Element) -> Tensor:
        """The accumulators on an element, of inputs less their zero point."""

    def _fields(self, name: str, inputs: tuple[str, ...]) -> dict[str, Any]:
        """What both golden nodes are made of."""
        return {
            "name": name,
            "inputs": inputs,
            "output": name,
            "weight": self.layer.weight.detach().to(torch.int64).numpy(),
            "weight_bits": self.weight_bits,
            "mulquant": self.requantise.reference(),
            "element": self.element.name if self.element is not None else None,
        }


class IntegerConv2d(_IntegerWeighted):
    """acc = conv2d(x - zp_x, w), then MulQuant (docs/arithmetic.md 4.1). layer: nn.Conv2d."""

    layer: nn.Conv2d

    @property
    def _geometry(self) -> dict[str, Any]:
        conv = self.layer
        pairs = {"stride": conv.stride, "padding": conv.padding, "dilation": conv.dilation}
        return {name: _pair(values) for name, values in pairs.items()} | {"groups": conv.groups}

    def element_sums(self, x: Tensor, element: Element) -> Tensor:
        return conv2d_sums(x, self.layer.weight, element, **self._geometry)

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        return Conv2d(**self._geometry, **self._fields(name, inputs))


class IntegerLinear(_IntegerWeighted):
    """acc = (x - zp_x) w^T, then MulQuant (docs/arithmetic.md 4.2). layer: nn.Linear."""

    layer: nn.Linear

    def element_sums(self, x: Tensor, element: Element) -> Tensor:
        return linear_sums(x, self.layer.weight, element)

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        return Linear(**self._fields(name, inputs))


class IntegerAdd(IntegerLayer):
    """Residual add of two tensors, each with its own zero point (docs/arithmetic.md 4.4)."""

    def __init__(self, zero_points: Pair, requantise: TorchAddQuant, reading: QuantisationParameters) -> None:
        super().__init__()
        self.requantise, self.zero_points, self.reading = requantise, zero_points, reading

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        y: Tensor = self.requantise(a - self.zero_points[0], b - self.zero_points[1])
        return y

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        return Add(name=name, inputs=inputs, output=name, addquant=self.requantise.reference())


class IntegerAveragePool2d(IntegerLayer):
    """acc = sum of x - zp_x over the window, then MulQuant with 1 / (KH KW) inside M (docs/arithmetic.md 4.5)."""

    def __init__(
        self,
        kernel: Pair,
        stride: Pair,
        padding: Pair,
        zero_point: int,
        requantise: TorchMulQuant,
        reading: QuantisationParameters,
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding = kernel, stride, padding
        self.requantise, self.zero_point, self.reading = requantise, zero_point, reading

    def forward(self, x: Tensor) -> Tensor:
        centred = _centre(x, self.zero_point)
        total = F.avg_pool2d(centred, self.kernel, self.stride, self.padding, divisor_override=1)
        y: Tensor = self.requantise(total.to(torch.int64))
        return y

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        return AveragePool2d(
            name=name,
            inputs=inputs,
            output=name,
            kernel=self.kernel,
            stride=self.stride,
            padding=self.padding,
            mulquant=self.requantise.reference(),
        )


class IntegerMaxPool2d(IntegerLayer):
    """Max pooling of integers; padding never wins (docs/arithmetic.md 5)."""

    def __init__(
        self, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, reading: QuantisationParameters
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding, self.dilation = kernel, stride, padding, dilation
        self.reading = reading

    def forward(self, x: Tensor) -> Tensor:
        real = x.to(torch.float64)
        return F.max_pool2d(real, self.kernel, self.stride, self.padding, self.dilation).to(torch.int64)

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        return MaxPool2d(
            name=name,
            inputs=inputs,
            output=name,
            kernel=self.kernel,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
        )


class IntegerFlatten(IntegerLayer):
    """(N, C, H, W) to (N, C H W)."""

    def __init__(self, reading: QuantisationParameters) -> None:
        super().__init__()
        self.reading = reading

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        return Flatten(name=name, inputs=inputs, output=name)
