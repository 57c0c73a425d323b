"""Changes to a package that leave a valid package: shapes follow from the nodes, and what leads nowhere goes.

Nothing here promises that the new package computes what the old one did. Golden computes what is expected of it, and a
change that gives no valid package raises ValueError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import OutputStage
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.tb.shrink.fitting import changed, fitted


def with_stage(node: Node, stage: OutputStage) -> Node:
    """The node with another output stage."""
    return changed(node, **{node.stage_field: stage})


def with_node(package: Package, name: str, **fields: Any) -> Package:
    """The package with other fields of one node; raises as `rebuilt`."""
    nodes = [changed(node, **fields) if node.name == name else node for node in package.graph.nodes]
    return rebuilt(package, nodes=nodes)


def rebuilt(
    package: Package,
    *,
    nodes: Sequence[Node] | None = None,
    source: TensorSpec | None = None,
    output: str | None = None,
    edges: Mapping[str, TensorSpec] | None = None,
    samples: IntArray | None = None,
) -> Package:
    """Make a package of these nodes, without those that do not lead to its output.

    Args:
        package: what is not given is as there.
        nodes: in topological order.
        source: the input edge.
        output: name of the output edge; that of the last node if the old one is gone.
        edges: how to read tensors, by name, where it is not as in the package; shapes do not count.
        samples: of the input edge.

    Raises:
        ValueError, KeyError, NotImplementedError: they make no package.
    """
    graph = package.graph
    chosen = list(graph.nodes if nodes is None else nodes)
    start = source or graph.edges[graph.input]
    made = {node.output for node in chosen}
    end = output or (graph.output if graph.output in made else chosen[-1].output)
    needed = _needed(chosen, end)
    chosen = [node for node in chosen if node.output in needed]
    read, known, passing = {**graph.edges, **(edges or {})}, {start.name: start}, _passing(graph)
    for index, node in enumerate(chosen):
        inputs = [known[name] for name in node.inputs]
        node = chosen[index] = fitted(node, inputs, graph)
        reading = inputs[0] if node.output in passing else read[node.output]
        known[node.output] = replace(reading, name=node.output, shape=tuple(node.output_shape(inputs)))
    smaller = Graph(
        name=graph.name, widths=graph.widths, edges=known, nodes=tuple(chosen), input=start.name, output=end
    )
    values = package.samples if samples is None else samples
    return Package(graph=smaller, samples=values, labels=package.labels[: len(values)], description=package.description)


def _passing(graph: Graph) -> set[str]:
    """Edges that are read as what they are made of: the node neither requantises nor has a table."""
    sources = {node.output: graph.edges[node.inputs[0]] for node in graph.nodes if node.stage is None}
    return {name for name, source in sources.items() if graph.edges[name].same_reading(source)}


def _needed(nodes: Sequence[Node], output: str) -> set[str]:
    """Edges that the output depends on, itself included."""
    needed = {output}
    for node in reversed(nodes):
        if node.output in needed:
            needed |= set(node.inputs)
    return needed


def tensors_of(package: Package, edge: str) -> IntArray:
    """Golden's values of an edge on all samples."""
    graph, parts = package.graph, []
    for image in package.samples:
        values = {graph.input: image[np.newaxis]}
        for node, _, result in graph.narrow_steps(image[np.newaxis]):
            values[node.output] = result
            if edge in values:
                break
        parts.append(values[edge])
    return np.concatenate(parts).astype(np.int64)
