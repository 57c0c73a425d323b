"""Packages with blocks of weights set to 0, and what they were before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from t2c.golden.graph.package import Package
from tests.random_layers import LayerShape, layer_package

Keep = npt.NDArray[np.bool_]

CONV = LayerShape(channels=16, out=12)
"""On an array of 4 x 4: 3 column tiles, 4 channel words, 9 taps, 36 pixels."""
LINEAR = LayerShape(channels=256, out=12, linear=True)
"""3 column tiles, 64 channel words, one pixel."""


def with_weights(package: Package, weights_of: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.int64]]) -> Package:
    """The package with each layer's weights (O, C, ...) made anew."""
    nodes = tuple(
        replace(node, weight=weights_of(node.weight)) if hasattr(node, "weight") else node
        for node in package.graph.nodes
    )
    return replace(package, graph=replace(package.graph, nodes=nodes))


def dense(package: Package) -> Package:
    """The package with 1 for each weight of 0, so that there is nothing to leave out."""
    return with_weights(package, lambda weight: np.where(weight == 0, 1, weight))


def blocks(keep: Keep, shape: tuple[int, ...], size: tuple[int, int]) -> Keep:
    """Which weights (O, C, ...) stay if `keep` says it of each block of so many filters and channels."""
    whole = np.kron(keep, np.ones(size, dtype=bool))[: shape[0], : shape[1]]
    return whole.reshape(*shape[:2], *[1] * (len(shape) - 2))


def pruned(package: Package, keep: Keep, size: tuple[int, int]) -> Package:
    """The dense package with 0 in the blocks of that size that are not kept."""
    return with_weights(dense(package), lambda weight: weight * blocks(keep, weight.shape, size))


def pruned_layer(shape: LayerShape, *rows: str) -> Package:
    """A layer with blocks set to 0, drawn row by row of filters: "x.xx" has no weights for the second channels."""
    keep = np.array([[mark == "x" for mark in row] for row in rows])
    return pruned(layer_package(shape), keep, (shape.out // keep.shape[0], shape.channels // keep.shape[1]))
