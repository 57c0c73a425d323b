"""Operators with random constants, added to a file that is under construction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.importing.tflite_file import NO_ACTIVATION, VALID, TfliteFile, options


@dataclass
class Layers:
    """A file that grows by one operator at a time; `last` is the tensor that the next one reads."""

    shape: tuple[int, ...]
    scale: float = 0.05
    zero_point: int = -3
    seed: int = 0
    unsigned: bool = False
    file: TfliteFile = field(default_factory=TfliteFile)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.type = "UINT8" if self.unsigned else "INT8"
        self.first = self.last = self.file.tensor(
            self.shape, name="in", type_=self.type, scale=self.scale, zero_point=self.zero_point
        )

    def output(self, shape: tuple[int, ...], scale: float, zero_point: int) -> int:
        self.last = self.file.tensor(shape, type_=self.type, scale=scale, zero_point=zero_point)
        self.shape, self.scale, self.zero_point = shape, float(np.float32(scale)), zero_point
        return self.last

    def conv(
        self,
        channels: int,
        kernel: tuple[int, int],
        *,
        output: tuple[int, int],
        padding: int = VALID,
        stride: tuple[int, int] = (1, 1),
        dilation: tuple[int, int] = (1, 1),
        activation: int = NO_ACTIVATION,
        depth_multiplier: int = 0,
        groups: int = 1,
        per_channel: bool = True,
        bias: bool = True,
        scale: float = 0.1,
        zero_point: int = 5,
        largest_bias: int = 2000,
    ) -> None:
        """CONV_2D, or DEPTHWISE_CONV_2D if there is a depth multiplier; `output` is its height and width."""
        given, random, taken = self.last, self.random, self.shape[3]
        shape = (1, *kernel, channels) if depth_multiplier else (channels, *kernel, taken // groups)
        scales = random.uniform(0.002, 0.02, channels if per_channel else 1)
        axis = 3 if depth_multiplier else 0
        if self.unsigned:
            scales = scales[:1]
        weight = self.weight(shape, scales, axis)
        inputs = [given, weight]
        if bias:
            values = random.integers(-largest_bias, largest_bias + 1, channels)
            inputs.append(self.file.tensor((channels,), type_="INT32", scale=self.scale * scales, data=values))
        out = self.output((1, *output, channels), scale, zero_point)
        fields = {
            "padding": padding,
            "strideH": stride[0],
            "strideW": stride[1],
            "dilationHFactor": dilation[0],
            "dilationWFactor": dilation[1],
            "fusedActivationFunction": activation,
        }
        if depth_multiplier:
            made = options("DepthwiseConv2DOptions", depthMultiplier=depth_multiplier, **fields)
            self.file.operator("DEPTHWISE_CONV_2D", inputs, out, made, version=3)
        else:
            self.file.operator("CONV_2D", inputs, out, options("Conv2DOptions", **fields), version=3)

    def fully_connected(
        self,
        features: int,
        *,
        activation: int = NO_ACTIVATION,
        per_channel: bool = False,
        keep: bool = False,
        bias: bool = True,
        scale: float = 0.2,
        zero_point: int = -9,
    ) -> None:
        given, taken = self.last, int(np.prod(self.shape))
        if keep:
            taken = self.shape[-1]
        scales = self.random.uniform(0.002, 0.02, features if per_channel else 1)
        weight = self.weight((features, taken), scales, 0)
        inputs = [given, weight]
        if bias:
            values = self.random.integers(-2000, 2001, features)
            inputs.append(self.file.tensor((features,), type_="INT32", scale=self.scale * scales, data=values))
        shape = (*self.shape[:-1], features) if keep else (1, features)
        made = options("FullyConnectedOptions", fusedActivationFunction=activation, keepNumDims=keep)
        self.file.operator("FULLY_CONNECTED", inputs, self.output(shape, scale, zero_point), made, version=4)

    def weight(self, shape: tuple[int, ...], scales: Any, axis: int) -> int:
        """int8 without a zero point, or uint8 with one."""
        if self.unsigned:
            point = int(self.random.choice([0, 97, 128, 151, 255]))
            data = self.random.integers(0, 256, shape)
            return self.file.tensor(shape, type_="UINT8", scale=scales, zero_point=point, data=data)
        return self.file.tensor(shape, scale=scales, axis=axis, data=self.random.integers(-127, 128, shape))

    def pool(
        self,
        kind: str,
        kernel: tuple[int, int],
        *,
        output: tuple[int, int],
        stride: tuple[int, int] = (1, 1),
        padding: int = VALID,
        activation: int = NO_ACTIVATION,
    ) -> None:
        made = options(
            "Pool2DOptions",
            padding=padding,
            strideH=stride[0],
            strideW=stride[1],
            filterHeight=kernel[0],
            filterWidth=kernel[1],
            fusedActivationFunction=activation,
        )
        given = self.last
        out = self.output((1, *output, self.shape[3]), self.scale, self.zero_point)
        self.file.operator(kind, [given], out, made, version=2)

    def reshape(self, shape: tuple[int, ...]) -> None:
        given = self.last
        wanted = self.file.tensor((len(shape),), type_="INT32", data=np.array(shape))
        out = self.output(shape, self.scale, self.zero_point)
        self.file.operator("RESHAPE", [given, wanted], out, options("ReshapeOptions", newShape=list(shape)))

    def softmax(self, beta: float = 1.0) -> None:
        given = self.last
        out = self.output(self.shape, 1 / 256, 0 if self.unsigned else -128)
        self.file.operator("SOFTMAX", [given], out, options("SoftmaxOptions", beta=beta), version=2)

    def data(self) -> bytes:
        return self.file.data([self.first], [self.last])
