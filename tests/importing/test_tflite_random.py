"""Random networks of all operators beside LiteRT's reference kernels: every tensor equal."""

from __future__ import annotations

import numpy as np
import pytest

from t2c.importing.proof import Grade
from tests.importing.judged import assert_equal_to_litert
from tests.importing.tflite_file import SAME, VALID, options
from tests.importing.tflite_layers import Layers

OUTPUTS = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}
SEEDS = 60


class RandomLayers(Layers):
    """A network that grows at random; every step is one that LiteRT runs."""

    def number(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def reading(self, gain: float = 1.0) -> tuple[float, int]:
        """A scale about `gain` times the present one, and a zero point."""
        zero = self.number(-128, 127) if self.random.random() < 0.5 else -128
        return float(self.scale * gain * self.random.uniform(0.3, 2.0)), zero + 128 * self.unsigned

    def window(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int], int, tuple[int, int]]:
        kernel = (self.number(1, min(4, self.shape[1])), self.number(1, min(4, self.shape[2])))
        stride, dilation, padding = self.number(1, 3), (1, 1), self.number(SAME, VALID)
        if padding == VALID and stride == 1 and max(kernel) <= 2 and min(self.shape[1:3]) >= 3:
            dilation = (self.number(1, 2), self.number(1, 2))
        sizes = []
        for axis in range(2):
            reach = (kernel[axis] - 1) * dilation[axis] + 1
            free = self.shape[1 + axis] if padding == SAME else self.shape[1 + axis] - reach + 1
            sizes.append(-(-free // stride))
        return kernel, (stride, stride), dilation, padding, (sizes[0], sizes[1])

    def any_conv(self) -> None:
        kernel, stride, dilation, padding, output = self.window()
        depthwise = self.random.random() < 0.4
        multiplier = self.number(1, 3) if depthwise else 0
        channels = self.shape[3] * multiplier if depthwise else self.number(1, 9)
        scale, zero = self.reading(4.0)
        self.conv(
            channels,
            kernel,
            output=output,
            padding=padding,
            stride=stride,
            dilation=dilation,
            activation=self.number(0, 3),
            depth_multiplier=multiplier,
            per_channel=self.random.random() < 0.8,
            scale=scale,
            zero_point=zero,
            largest_bias=int(self.random.choice([100, 5000, 1 << 20, 1 << 29])),
        )

    def any_pool(self) -> None:
        kernel, stride, dilation, padding, output = self.window()
        while dilation != (1, 1):
            kernel, stride, dilation, padding, output = self.window()
        kind = str(self.random.choice(["AVERAGE_POOL_2D", "MAX_POOL_2D"]))
        self.pool(kind, kernel, stride=stride, padding=padding, output=output)

    def any_unary(self) -> None:
        kind = str(self.random.choice(["RELU", "RELU6", "LOGISTIC", "TANH", "HARD_SWISH", "LEAKY_RELU"]))
        given, output = self.last, OUTPUTS.get(kind, self.reading(1.0))
        if kind in OUTPUTS:
            output = (output[0], output[1] + 128 * self.unsigned)
        if kind == "HARD_SWISH":
            output = (max(output[0], self.scale * 0.51), output[1])  # LiteRT refuses smaller ones
        made = {"HARD_SWISH": options("HardSwishOptions"), "LEAKY_RELU": options("LeakyReluOptions", alpha=0.1)}
        self.file.operator(kind, [given], self.output(self.shape, *output), made.get(kind))

    def any_add(self) -> None:
        first, shape = self.last, self.shape
        scale, zero = self.reading(4.0)
        self.conv(shape[3], (1, 1), output=shape[1:3], scale=scale, zero_point=zero)
        second = self.last
        kind = str(self.random.choice(["Add", "Sub", "Mul"]))
        made = options(f"{kind}Options", fusedActivationFunction=self.number(0, 3))
        out = self.output(shape, *self.reading(20.0 * scale if kind == "Mul" else 1.0))
        self.file.operator(kind.upper(), [first, second], out, made, version=2)

    def any_view(self) -> None:
        """Every second pixel, then twice as large."""
        given, (_, height, width, channels), reading = self.last, self.shape, (self.scale, self.zero_point)
        ends = [[0, self.number(0, 1), 0, 0], [1, height, width, channels], [1, 2, 1, 1]]
        held = [self.file.tensor((4,), type_="INT32", data=numbers) for numbers in ends]
        rows = (height - ends[0][1] + 1) // 2
        out = self.output((1, rows, width, channels), *reading)
        self.file.operator("STRIDED_SLICE", [given, *held], out, options("StridedSliceOptions"), version=2)
        given, size = self.last, self.file.tensor((2,), type_="INT32", data=[rows * 2, width])
        out = self.output((1, rows * 2, width, channels), *reading)
        made = options("ResizeNearestNeighborOptions")
        self.file.operator("RESIZE_NEAREST_NEIGHBOR", [given, size], out, made, version=2)

    def any_mul(self) -> None:
        given, channels = self.last, self.shape[3]
        values = self.random.integers(-128, 128, channels)
        values = values + 128 * self.unsigned
        constant = self.file.tensor((channels,), type_=self.type, scale=0.01, data=values)
        out = self.output(self.shape, *self.reading(0.7))
        self.file.operator("MUL", [given, constant], out, options("MulOptions"), version=2)

    def finish(self) -> bytes:
        if self.random.random() < 0.5:
            given, held = self.last, self.file.tensor((2,), type_="INT32", data=[1, 2])
            out = self.output((1, self.shape[3]), *self.reading(0.5))
            self.file.operator("MEAN", [given, held], out, options("ReducerOptions"), version=2)
        elif self.random.random() < 0.5:
            self.reshape((1, int(np.prod(self.shape))))
        scale, zero = self.reading(4.0)
        self.fully_connected(self.number(2, 12), activation=self.number(0, 1), scale=scale, zero_point=zero)
        if self.random.random() < 0.7:
            self.softmax(float(self.random.uniform(0.3, 2.0)))
        return self.data()


def random_file(seed: int) -> bytes:
    random = np.random.default_rng(seed)
    shape = (1, int(random.integers(4, 12)), int(random.integers(4, 12)), int(random.integers(1, 5)))
    layers = RandomLayers(
        shape,
        scale=float(random.uniform(0.005, 0.3)),
        zero_point=int(random.integers(-128, 128)) + 128 * (seed % 3 == 2),
        seed=seed,
        unsigned=seed % 3 == 2,
    )
    steps = (
        layers.any_conv,
        layers.any_conv,
        layers.any_conv,
        layers.any_pool,
        layers.any_unary,
        layers.any_add,
        layers.any_mul,
        layers.any_view,
    )
    for _ in range(int(random.integers(1, 6))):
        steps[int(random.integers(len(steps)))]()
    return layers.finish()


@pytest.mark.sample(3)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_random_network_is_equal_on_every_tensor(seed: int) -> None:
    network = assert_equal_to_litert(random_file(seed), seed=seed)
    assert not [layer for layer in network.layers if layer.exactness.grade is Grade.DIFFERS]
