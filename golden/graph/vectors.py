"""Per-layer test vectors: what goes into one node, its accumulators, and what must come out."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from t2c.common.atomic import write_atomic
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.codec import smallest_dtype
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerVectors:
    """Vectors of one node for N samples.

    node, edges: the node and its input edges; inputs: one int64 array (N, *shape) per input edge;
    output: (N, *output shape) int64.
    """

    node: Node
    edges: tuple[TensorSpec, ...]
    inputs: tuple[IntArray, ...]
    output: IntArray

    @cached_property
    def accumulators(self) -> IntArray | None:
        """(N, *output shape) int64, None where the operation has none; computed when first asked for."""
        return self.node.accumulate(self.inputs, self.edges)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an .npz with input_0.., accumulators (if any) and output, in the smallest dtypes; atomic."""
        arrays = {f"input_{i}": smallest_dtype(value) for i, value in enumerate(self.inputs)}
        if self.accumulators is not None:
            arrays["accumulators"] = smallest_dtype(self.accumulators)
        arrays["output"] = smallest_dtype(self.output)
        archive = io.BytesIO()
        np.savez_compressed(archive, **arrays)  # type: ignore[arg-type]
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, archive.getvalue())


def layer_vectors(graph: Graph, name: str, images: npt.ArrayLike) -> LayerVectors:
    """Run the graph up to one node and return that node's vectors.

    Args:
        graph: the network.
        name: the node.
        images: int (N, *input shape).

    Raises:
        KeyError: no such node; the message lists the names.
        RangeError, ShapeError: images do not fit the input edge.
    """
    wanted = graph.node(name)
    for node, arguments, output in graph.steps(images):
        if node is wanted:
            return LayerVectors(node=node, edges=graph.inputs_of(node), inputs=tuple(arguments), output=output)
    raise AssertionError("a node of the graph always runs")
