"""What every layer of a package costs: multiplications, constants, storage, accumulator. From the graph alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import SCALE_ERROR, STEP_ERROR, TENSOR_FILE, Package
from t2c.golden.graph.tensor_spec import TensorSpec


@dataclass(frozen=True, kw_only=True)
class LayerFigures:
    """One layer.

    name, operation; inputs, output: shapes without batch; input_formats, output_format: such as u8; weight_bits: None
    without weights; macs: multiplications of an activation by a weight or another activation per image, taps on padding
    included, requantisation not; weights: their number; constants: numbers that requantise; accumulator_bits: signed
    bits that the worst legal input needs; declared_bits: those of the package; both None where nothing is accumulated;
    scale_error: largest relative error of a channel's scale, a fraction; step_error: by how many output steps constants
    can move an output; both None if the package does not say;
    weight_bytes, constant_bytes: packed without gaps, rounded up; activation_bytes: of the output of one image, 0 for
    a flatten, which moves nothing; zeros: weights that are 0; pattern: such as 2:4, if of every M consecutive input
    channels at most N <= M / 2 weights are not 0 (`n_m_pattern`); None if none holds.
    """

    name: str
    operation: str
    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]
    input_formats: tuple[str, ...]
    output_format: str
    weight_bits: int | None
    macs: int
    weights: int
    constants: int
    accumulator_bits: int | None
    declared_bits: int | None
    scale_error: float | None
    step_error: float | None
    weight_bytes: int
    constant_bytes: int
    activation_bytes: int
    zeros: int
    pattern: str | None

    @property
    def parameters(self) -> int:
        """Weights and constants together."""
        return self.weights + self.constants


TOTALS = ("macs", "weights", "constants", "parameters", "weight_bytes", "constant_bytes", "activation_bytes", "zeros")
"""Figures that add up over layers."""

GROUPS = ((2, 4), (8,), (16,))
"""M of the N:M patterns that are looked for; the later ones where none of the earlier holds."""


def packed(count: int, bits: int) -> int:
    """Bytes that hold `count` values of `bits` bits each.

    >>> packed(3, 4)
    2
    """
    return -(-count * bits // 8)


def tensor_bytes(edge: TensorSpec) -> int:
    """Bytes of one image's activations, packed."""
    return packed(prod(edge.shape), edge.bits)


def _constants(node: Node) -> tuple[int, int]:
    """How many constants requantise the node's output, and their bits in all."""
    held = [constant for constant in node.constants if not constant.storage.packed]
    return sum(c.values.size for c in held), sum(c.values.size * c.storage.bits for c in held)


def n_m_pattern(weights: npt.NDArray[Any]) -> str | None:
    """The N:M with the smallest N / M <= 1 / 2 that weights (O, I, ...) keep at each tap; M is 4 or 2, else 8, else 16.

    >>> n_m_pattern(np.array([[0, 3, 0, 0, 1, 0, 0, 0]]))
    '1:4'
    """
    if weights.ndim < 2 or not weights.any():
        return None
    for sizes in GROUPS:
        found = []
        for m in sizes:
            if weights.shape[1] % m == 0:
                groups = weights.reshape(weights.shape[0], -1, m, *weights.shape[2:])
                n = int(np.count_nonzero(groups, axis=2).max())
                found += [(n / m, m, n)] if 2 * n <= m else []
        if found:
            _, m, n = min(found)
            return f"{n}:{m}"
    return None


def layer_figures(graph: Graph, node: Node, metrics: Mapping[str, float]) -> LayerFigures:
    """The figures of one node; metrics: the package's."""
    inputs, output = graph.inputs_of(node), graph.edges[node.output]
    weights, weight_bits = (int(node.weights.values.size), node.weights.bits) if node.weights else (0, None)
    accumulator_bits = node.accumulator_bits(inputs)
    constants, constant_bits = _constants(node)
    return LayerFigures(
        name=node.name,
        operation=node.op,
        inputs=tuple(edge.shape for edge in inputs),
        output=output.shape,
        input_formats=tuple(str(edge.format) for edge in inputs),
        output_format=str(output.format),
        weight_bits=weight_bits,
        macs=node.macs(inputs),
        weights=weights,
        constants=constants,
        accumulator_bits=accumulator_bits,
        declared_bits=None if accumulator_bits is None else graph.widths.acc,
        scale_error=metrics.get(f"{SCALE_ERROR}{node.name}"),
        step_error=metrics.get(f"{STEP_ERROR}{node.name}"),
        weight_bytes=packed(weights, weight_bits or 0),
        constant_bytes=packed(constant_bits, 1),
        activation_bytes=tensor_bytes(output) if node.moves_data else 0,
        zeros=weights - int(np.count_nonzero(node.weights.values)) if node.weights else 0,
        pattern=n_m_pattern(node.weights.values) if node.weights else None,
    )


@dataclass(frozen=True, kw_only=True)
class PackageFigures:
    """A package: header, layers in topological order, and sums over them.

    path; sha256: of its tensor file, in full; metrics: without those of single layers; input_shape, input_format,
    input_bytes: of one image; samples: images that it holds; totals: by the names in TOTALS.
    """

    path: str
    name: str
    description: str
    sha256: str
    widths: Mapping[str, int]
    metrics: Mapping[str, float]
    samples: int
    input_shape: tuple[int, ...]
    input_format: str
    input_bytes: int
    layers: tuple[LayerFigures, ...]
    totals: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """The same as plain dictionaries and lists."""
        layers = [asdict(layer) | {"parameters": layer.parameters} for layer in self.layers]
        return asdict(self) | {"layers": layers}


def package_figures(path: Path, package: Package) -> PackageFigures:
    """Figures of a loaded package; path: its directory."""
    graph = package.graph
    layers = tuple(layer_figures(graph, node, package.metrics) for node in graph.nodes)
    entry = graph.edges[graph.input]
    return PackageFigures(
        path=str(path),
        name=package.name,
        description=package.description,
        sha256=hashlib.sha256((path / TENSOR_FILE).read_bytes()).hexdigest(),
        widths={"acc": graph.widths.acc, "scale": graph.widths.scale, "bias": graph.widths.bias},
        metrics={
            name: value for name, value in package.metrics.items() if not name.startswith((SCALE_ERROR, STEP_ERROR))
        },
        samples=int(package.labels.size),
        input_shape=entry.shape,
        input_format=str(entry.format),
        input_bytes=tensor_bytes(entry),
        layers=layers,
        totals={name: sum(getattr(layer, name) for layer in layers) for name in TOTALS},
    )
