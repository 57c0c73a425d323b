"""The integer graph: typed nodes in topological order over named edges, proven before it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.common.shown import plain, shown
from t2c.golden.arithmetic.formats import IntArray, IntTensor
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import PackageError, RangeError, ShapeError
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.graph.texts import LONGEST_NAME, check_text

_REFUSED = (ValueError, NotImplementedError)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
WHOLE, LISTING = "all", "list"
"""What stands for the whole network, or for a list of its layers, where the name of a layer can stand."""


def _check_name(name: str, place: str) -> None:
    """Files and folders bear the names of graphs and nodes: no name may lead out of its folder."""
    if len(name) > LONGEST_NAME:
        raise PackageError(f"{place}: a name of {len(name)} characters; {LONGEST_NAME} are allowed")
    if not _NAME.fullmatch(name):
        raise PackageError(
            f"{place}: a name is letters, digits, '_', '.' and '-', and starts with none of the last two"
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Graph:
    """A network in integers.

    name: for reports; widths: hardware widths that every node uses; edges: by name;
    nodes: in topological order; input, output: names of edges.

    Raises:
        PackageError: a name used twice, missing or unfit for a file, an edge without producer, an order that is not
            topological, a shape or number that does not fit; the message names the node and the field.
    """

    name: str
    widths: Widths
    edges: Mapping[str, TensorSpec]
    nodes: tuple[Node, ...]
    input: str
    output: str

    def __post_init__(self) -> None:
        _check_name(self.name, f"graph {shown(self.name)}")
        for edge in self.edges:
            check_text(edge, f"edge {shown(edge)}", LONGEST_NAME)
        if self.input not in self.edges:
            raise PackageError(f"graph: input {shown(self.input)} is not an edge")
        if not self.nodes:
            raise PackageError("graph: it has no nodes")
        known = {self.input}
        names: set[str] = set()
        for node in self.nodes:
            place = f"node {shown(node.name)}"
            _check_name(node.name, place)
            if node.name in (WHOLE, LISTING):
                raise PackageError(f"{place}: where a layer is named, {WHOLE!r} and {LISTING!r} are no layers")
            if node.name in names:
                raise PackageError(f"{place}: the name is used twice")
            names.add(node.name)
            if len(node.inputs) < node.arity or (len(node.inputs) > node.arity and not node.variadic):
                wanted = f"{node.arity} or more" if node.variadic else f"{node.arity}"
                raise PackageError(f"{place}: {len(node.inputs)} inputs where {node.op} takes {wanted}")
            for edge in node.inputs:
                if edge not in known:
                    raise PackageError(f"{place}: input {shown(edge)} is not produced by an earlier node")
            if node.output not in self.edges:
                raise PackageError(f"{place}: output {shown(node.output)} is not an edge")
            if node.output in known:
                raise PackageError(f"{place}: output {shown(node.output)} is produced twice")
            self._prove(node, place)
            known.add(node.output)
        if self.output not in known or self.output == self.input:
            raise PackageError(f"graph: output {shown(self.output)} is not produced by a node")
        for edge in self.edges:
            if edge not in known:
                raise PackageError(f"edge {shown(edge)}: no node produces it")

    def _prove(self, node: Node, place: str) -> None:
        inputs, output = self.inputs_of(node), self.edges[node.output]
        if node.widths not in (None, self.widths):
            raise PackageError(f"{place}: widths {node.widths} differ from the graph's {self.widths}")
        try:
            for edge, widest in (*((edge, node.widest_input) for edge in inputs), (output, node.widest_output)):
                if edge.bits > widest:
                    raise RangeError(f"edge {edge.name!r} has {edge.bits} bits; {node.op} has at most {widest} there")
            shape = node.output_shape(inputs)
            if shape != output.shape:
                raise ShapeError(
                    f"output {output.name!r} has shape {shown(output.shape)}, the operation gives {shown(shape)}"
                )
            node.check_numbers(inputs, output)
        except _REFUSED as error:
            raise PackageError(plain(f"{place}: {error}")) from error

    def inputs_of(self, node: Node) -> tuple[TensorSpec, ...]:
        """The input edges of a node."""
        return tuple(self.edges[name] for name in node.inputs)

    def node(self, name: str) -> Node:
        """Return the node of that name.

        Raises:
            KeyError: no such node; the message lists the names.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        names = ", ".join(node.name for node in self.nodes)
        raise KeyError(f"no layer {name!r} in {self.name}; it has {names}")

    def steps(self, images: npt.ArrayLike) -> Iterator[tuple[Node, list[IntArray], IntArray]]:
        """Run the graph and yield (node, its input values, its output value), node by node, as int64.

        Args:
            images: int (N, *input shape), N >= 1, in the input edge's format.

        Raises:
            RangeError: a float dtype or a value outside the format.
            ShapeError: another shape.
        """
        wide: dict[str, IntArray] = {}
        for node, arguments, result in self.narrow_steps(images):
            for name, value in (*zip(node.inputs, arguments, strict=True), (node.output, result)):
                if name not in wide:
                    wide[name] = value.astype(np.int64)
            yield node, [wide[name] for name in node.inputs], wide[node.output]

    def narrow_steps(self, images: npt.ArrayLike) -> Iterator[tuple[Node, list[IntTensor], IntTensor]]:
        """Do what `steps` does in less memory: as golden keeps them, by the edge's format int8, uint8, int16 or uint16.

        Arithmetic on such values wraps: widen them first.
        """
        edge = self.edges[self.input]
        values = {self.input: edge.narrow(f"input {edge.name!r}", images)}
        shape = values[self.input].shape
        if shape[1:] != edge.shape or shape[0] < 1:
            raise ShapeError(f"input {edge.name!r}: shape {shape} is not (N, {', '.join(map(str, edge.shape))})")
        for node in self.nodes:
            arguments = [values[name] for name in node.inputs]
            operands = arguments if node.narrow else [value.astype(np.int64) for value in arguments]
            result, output = node.forward(operands, self.inputs_of(node)), self.edges[node.output]
            if result.shape != (shape[0], *output.shape):
                raise ShapeError(f"node {node.name!r}: {node.op} gives shape {result.shape}, not (N, *{output.shape})")
            values[node.output] = output.narrow(f"node {node.name!r}: output", result)
            yield node, arguments, values[node.output]

    def run(self, images: npt.ArrayLike) -> dict[str, IntArray]:
        """Return every tensor of the run as int64, by edge name, the input included. Arguments and errors: `steps`."""
        values: dict[str, IntArray] = {}
        for node, arguments, result in self.steps(images):
            values.update(zip(node.inputs, arguments, strict=True))
            values[node.output] = result
        return values
