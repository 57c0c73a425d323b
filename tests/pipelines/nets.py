"""Small random packages for pipelines: seeded, with formats, zero points and rounding modes as chance has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.package import Package
from t2c.tb.random_models.builder import RandomBuilder


def _mlp(rng: np.random.Generator) -> RandomBuilder:
    net = RandomBuilder(rng, (6,))
    net.linear(net.linear(net.linear("input", 5), 4), 3)
    return net


def _convolutions(rng: np.random.Generator) -> RandomBuilder:
    net = RandomBuilder(rng, (2, 6, 5))
    edge = net.conv2d("input", 4, Window(kernel=(3, 3), padding=(1, 1)))
    edge = net.conv2d(edge, 4, Window(kernel=(3, 2), stride=(2, 1), padding=(1, 0, 0, 1)), groups=2)
    edge = net.max_pool2d(edge, Window(kernel=(2, 3), stride=(1, 2), padding=(1, 1)))
    net.linear(net.flatten(edge), 3)
    return net


def _depthwise(rng: np.random.Generator) -> RandomBuilder:
    net = RandomBuilder(rng, (3, 7, 6))
    edge = net.conv2d("input", 6, Window(kernel=(2, 2), dilation=(2, 1)), groups=3)
    edge = net.conv2d(edge, 4, Window(kernel=(1, 1), stride=(1, 2)))
    edge = net.average_pool2d(edge, Window(kernel=(2, 3), stride=(2, 2), padding=(1, 1)))
    net.conv2d(edge, 2, Window(kernel=(1, 1)))
    return net


def _residual(rng: np.random.Generator) -> RandomBuilder:
    net = RandomBuilder(rng, (3, 5, 5))
    first = net.conv2d("input", 4, Window(kernel=(1, 1)))
    second = net.conv2d(first, 4, Window(kernel=(3, 3), padding=(1, 1)))
    edge = net.add(second, first)
    edge = net.add(edge, net.conv2d(edge, 4, Window(kernel=(3, 1), padding=(1, 0))))
    edge = net.max_pool2d(edge, Window(kernel=(5, 5), stride=(5, 5)))
    net.linear(net.flatten(edge), 3)
    return net


NETS: dict[str, Callable[[np.random.Generator], RandomBuilder]] = {
    "mlp": _mlp,
    "convolutions": _convolutions,
    "depthwise": _depthwise,
    "residual": _residual,
}


def package(name: str, seed: int, zeros: float = 0.0) -> Package:
    """A random package of one of the kinds. zeros: the share of weights that are 0, so that some channels are constant
    and nothing reads some others."""
    rng = np.random.default_rng(seed)
    made = NETS[name](rng).package(f"{name}{seed}")
    if not zeros:
        return made
    nodes = []
    for node in made.graph.nodes:
        if node.weights is not None:
            weight = np.where(rng.random(node.weights.values.shape) < zeros, 0, node.weights.values)
            node = replace(node, weight=weight)  # type: ignore[call-arg]
        nodes.append(node)
    return replace(made, graph=replace(made.graph, nodes=tuple(nodes)))
