"""Several outputs on one edge: their integers one after the other, read as the first of them is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.concat import Concatenate
from t2c.golden.nodes.pointwise import Pointwise
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.views import view_move
from t2c.importing.onnx_files.walk import Walk
from t2c.importing.source_tensor import SourceTensor, standard_order
from t2c.importing.table import table_of

OUTPUT = "outputs"


def joined_outputs(walk: Walk, edges: Mapping[str, str]) -> tuple[str, tuple[SourceTensor, ...]]:
    """One edge of all outputs, and where each of the file's lies there.

    Args:
        walk: of the graph.
        edges: by the name of the output.
    """
    specs = {name: walk.builder.edges[edge] for name, edge in edges.items()}
    first = next(iter(specs.values()))
    if len(set(edges.values())) == 1:
        order = standard_order(first.shape)
        return first.name, tuple(SourceTensor(name=name, edge=first.name, order=order) for name in edges)
    unlike = [name for name, spec in specs.items() if spec.format != first.format]
    if unlike:
        walk.builder.refuse(f"outputs of {first.format} and, {unlike[0]!r}, of {specs[unlike[0]].format}")
        return "", ()
    parts, given, start = [], [], 0
    joined = walk.edge_name(OUTPUT)
    for index, (name, spec) in enumerate(specs.items()):
        parts.append(_alike(walk, spec, first, index))
        count = math.prod(spec.shape)
        given.append(SourceTensor(name=name, edge=joined, order=start + standard_order((count,))))
        start += count
    made = Concatenate(name=_node(walk, OUTPUT), inputs=tuple(parts), output=joined, axis=0)
    walk.builder.edge(replace(first, name=joined, shape=(start,)))
    walk.builder.node(lambda _: made)
    return joined, tuple(given)


def _node(walk: Walk, name: str) -> str:
    return walk.node_name(
        OnnxNode(index=-1, op=name, domain="", version=0, name=name, inputs=(), outputs=(), attributes={})
    )


def _alike(walk: Walk, spec: TensorSpec, first: TensorSpec, index: int) -> str:
    """The edge of an output as a vector that is read as the first output is."""
    edge, shape = spec.name, (math.prod(spec.shape),)
    if spec.shape != shape:
        flat = walk.edge_name(f"{OUTPUT}.flat{index}")
        moved = view_move(spec.shape, shape).make(_node(walk, f"{OUTPUT}_flat{index}"), edge, flat)
        walk.builder.edge(replace(spec, name=flat, shape=shape))
        walk.builder.node(lambda _: moved)
        edge = flat
    if spec.same_reading(first):
        return edge
    read = walk.edge_name(f"{OUTPUT}.part{index}")
    integers = np.arange(spec.format.lo, spec.format.hi + 1, dtype=np.int64)
    table = table_of(spec.format, integers, first.format)
    node = Pointwise(name=_node(walk, f"{OUTPUT}_part{index}"), inputs=(edge,), output=read, pointwise=table)
    walk.builder.edge(replace(first, name=read, shape=shape))
    walk.builder.node(lambda _: node)
    return read
