"""Seeded random packages: one layer, or a small network with residuals, pools and a classifier."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.package import Package
from t2c.tb.random_models.builder import RandomBuilder, random_window


def random_layer(seed: int) -> Package:
    """A package with one conv2d (grouped and depthwise included) or linear layer, wider than one array tile."""
    rng = np.random.default_rng((1, seed))
    if rng.integers(5) == 0:
        builder = RandomBuilder(rng, (int(rng.integers(1, 64)),))
        builder.linear("input", int(rng.integers(1, 24)))
    else:
        groups = int(rng.choice([1, 1, 2, 3, 4, 8]))
        depth = 1 if groups > 2 and rng.integers(2) else int(rng.integers(1, 7))
        builder = RandomBuilder(rng, (groups * depth, int(rng.integers(4, 10)), int(rng.integers(4, 10))))
        window = random_window(rng, builder.shape("input")[1:])
        builder.conv2d("input", groups * int(rng.integers(1, 7)), window, groups)
    return builder.package(f"random-layer-{seed}")


def random_network(seed: int) -> Package:
    """A network of three to five different blocks, most with flatten and linear at the end."""
    rng = np.random.default_rng((2, seed))
    builder = RandomBuilder(rng, (int(rng.integers(1, 7)), int(rng.integers(6, 12)), int(rng.integers(6, 12))))
    edge = "input"
    for index in rng.permutation(len(_BLOCKS))[: int(rng.integers(3, 6))]:
        edge = _BLOCKS[index](builder, edge)
    if rng.integers(4):
        edge = builder.flatten(edge)
        for _ in range(int(rng.integers(1, 3))):
            edge = builder.linear(edge, int(rng.integers(2, 20)))
    return builder.package(f"random-network-{seed}")


def _conv(builder: RandomBuilder, edge: str) -> str:
    """A convolution, often grouped."""
    channels = builder.shape(edge)[0]
    divisors = [groups for groups in range(1, channels + 1) if channels % groups == 0]
    groups = int(builder.rng.choice(divisors)) if builder.rng.integers(2) else 1
    window = random_window(builder.rng, builder.shape(edge)[1:])
    return builder.conv2d(edge, groups * int(builder.rng.integers(1, max(2, 12 // groups + 1))), window, groups)


def _depthwise(builder: RandomBuilder, edge: str) -> str:
    """A depthwise convolution and the pointwise one that mixes its channels."""
    channels = builder.shape(edge)[0]
    inner = builder.conv2d(edge, channels, random_window(builder.rng, builder.shape(edge)[1:]), channels)
    return builder.conv2d(inner, int(builder.rng.integers(2, 12)), _POINT)


def _residual(builder: RandomBuilder, edge: str) -> str:
    """A convolution that keeps the shape, added to its input, on either side."""
    rng = builder.rng
    dilation = int(rng.integers(1, 3))
    window = Window(kernel=(3, 3), padding=(dilation, dilation), dilation=(dilation, dilation))
    branch = builder.conv2d(edge, builder.shape(edge)[0], window)
    return builder.add(branch, edge) if rng.integers(2) else builder.add(edge, branch)


def _projection(builder: RandomBuilder, edge: str) -> str:
    """Two branches of equal stride, one of them 1 x 1, added."""
    rng = builder.rng
    stride = (int(rng.integers(1, 3)), int(rng.integers(1, 3)))
    out = int(rng.integers(2, 12))
    main = builder.conv2d(edge, out, Window(kernel=(3, 3), stride=stride, padding=(1, 1)))
    return builder.add(main, builder.conv2d(edge, out, Window(kernel=(1, 1), stride=stride)))


def _max_pool(builder: RandomBuilder, edge: str) -> str:
    return builder.max_pool2d(edge, random_window(builder.rng, builder.shape(edge)[1:], pool=True))


def _average_pool(builder: RandomBuilder, edge: str) -> str:
    return builder.average_pool2d(edge, random_window(builder.rng, builder.shape(edge)[1:], pool=True, dilated=False))


_POINT = Window(kernel=(1, 1))
_BLOCKS: tuple[Callable[[RandomBuilder, str], str], ...] = (
    _conv,
    _depthwise,
    _residual,
    _projection,
    _max_pool,
    _average_pool,
)
