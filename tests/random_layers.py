"""Seeded one-layer packages for tests: shapes, strides, padding, groups, widths, signedness, rounding modes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.linear import Linear


@dataclass(frozen=True, kw_only=True)
class LayerShape:
    """One conv2d; kernel 0 means a linear layer on `channels` features."""

    channels: int
    out: int
    size: tuple[int, int] = (6, 6)
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, ...] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    x_bits: int = 8
    x_signed: bool = False
    w_bits: int = 8
    y_signed: bool = True
    y_bits: int = 8
    rounding: Rounding = Rounding.HALF_UP
    linear: bool = False

    @property
    def label(self) -> str:
        kind = "fc" if self.linear else f"k{self.kernel[0]}{self.kernel[1]}s{self.stride[0]}{self.stride[1]}"
        where = f"p{''.join(map(str, self.padding))}d{self.dilation[0]}{self.dilation[1]}g{self.groups}"
        sign = "s" if self.x_signed else "u"
        bits = f"x{sign}{self.x_bits}w{self.w_bits}y{self.y_bits}"
        return f"c{self.channels}o{self.out}{kind}{where}{bits}{self.rounding.value}"


def layer_package(shape: LayerShape, *, seed: int = 0, samples: int = 3) -> Package:
    """A package with one layer, 'layer', whose outputs spread over their whole range and saturate at both ends."""
    rng = np.random.default_rng(seed)
    per_group = shape.channels // shape.groups
    dims = (shape.out, per_group) if shape.linear else (shape.out, per_group, *shape.kernel)
    low, high = -(1 << (shape.w_bits - 1)), 1 << (shape.w_bits - 1)
    weight = rng.integers(low, high, dims)
    weight.flat[0], weight.flat[-1] = low, high - 1
    in_shape = (shape.channels,) if shape.linear else (shape.channels, *shape.size)
    source = TensorSpec(name="x", shape=in_shape, bits=shape.x_bits, signed=shape.x_signed)
    source = TensorSpec(
        name="x",
        shape=in_shape,
        bits=shape.x_bits,
        signed=shape.x_signed,
        zero_point=int(rng.integers(source.format.lo, source.format.hi + 1)),
    )
    reading = TensorSpec(name="y", shape=(1,), bits=shape.y_bits, signed=shape.y_signed)
    zero_point = int(rng.integers(reading.format.lo, reading.format.hi + 1))
    spread = np.sqrt((weight.reshape(shape.out, -1) ** 2).sum(axis=1)) * source.magnitude + 1
    shift = rng.integers(12, 30, shape.out)
    scale = 160.0 / 2 ** (8 - shape.y_bits) / spread * 2.0**shift
    multiplier = np.clip(scale * rng.uniform(0.5, 2.0, shape.out), 1, 32767).astype(np.int64)
    multiplier[:: max(shape.out // 3, 1)] *= -1
    mulquant = MulQuant(
        multiplier=multiplier,
        bias=rng.integers(-60, 60, shape.out) << shift,
        shift=shift,
        rounding=shape.rounding,
        zero_point=zero_point,
        lo=reading.format.lo,
        hi=reading.format.hi,
    )
    common = {"name": "layer", "inputs": ("x",), "output": "y", "mulquant": mulquant, "weight": weight}
    if shape.linear:
        node = Linear(weight_bits=shape.w_bits, **common)
    else:
        node = Conv2d(
            weight_bits=shape.w_bits,
            stride=shape.stride,
            padding=shape.padding,
            dilation=shape.dilation,
            groups=shape.groups,
            **common,
        )
    target = TensorSpec(
        name="y", shape=node.output_shape([source]), bits=shape.y_bits, signed=shape.y_signed, zero_point=zero_point
    )
    graph = Graph(
        name=f"random-{shape.label}-{seed}",
        widths=Widths(),
        edges={"x": source, "y": target},
        nodes=(node,),
        input="x",
        output="y",
    )
    images = rng.integers(source.format.lo, source.format.hi + 1, (samples, *in_shape))
    images[0] = source.format.hi
    return Package(graph=graph, samples=images, labels=np.arange(samples))


def random_shape(seed: int) -> LayerShape:
    """A random layer that fits its image."""
    rng = np.random.default_rng(seed)
    kernel = tuple(int(k) for k in rng.integers(1, 4, 2))
    dilation = tuple(int(d) for d in rng.integers(1, 3, 2))
    size = tuple(int(d * (k - 1) + 1 + rng.integers(0, 5)) for k, d in zip(kernel, dilation, strict=True))
    groups = int(rng.choice([1, 1, 2, 3, 4]))
    return LayerShape(
        channels=groups * int(rng.integers(1, 7)),
        out=groups * int(rng.integers(1, 7)),
        size=size,
        kernel=kernel,
        stride=tuple(int(s) for s in rng.integers(1, 4, 2)),
        padding=tuple(int(p) for p in rng.integers(0, 3, int(rng.choice([2, 4])))),
        dilation=dilation,
        groups=groups,
        x_bits=int(rng.integers(2, 9)),
        x_signed=bool(rng.integers(2)),
        w_bits=int(rng.integers(2, 9)),
        y_signed=bool(rng.integers(2)),
        rounding=list(Rounding)[int(rng.integers(len(Rounding)))],
    )
