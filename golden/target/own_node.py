"""Layers of a graph for which functions of the user's own stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from t2c.common.errors import UserError
from t2c.golden.arithmetic.formats import IntArray, IntTensor
from t2c.golden.arithmetic.mulquant import OutputStage, Widths
from t2c.golden.graph.constant import Constant
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node, Weights
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, TensorSpec
from t2c.golden.target.own_function import OwnFunction, own_function

BY_KIND = "op:"
"""Before the name of an operation, for all layers of it; a layer's own function wins."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnNode(Node):
    """A layer whose result a function of the user's own gives. It is in no package and has no form in any export.

    node: the layer as the package has it, whose constants and sums stay; function: in its place; out: its output edge.
    """

    op: ClassVar[str] = "function"
    variadic: ClassVar[bool] = True
    widest_input: ClassVar[int] = MAX_EDGE_BITS
    widest_output: ClassVar[int] = MAX_EDGE_BITS

    node: Node
    function: OwnFunction
    out: TensorSpec

    @property
    def constants(self) -> tuple[Constant, ...]:
        return self.node.constants

    @property
    def stage(self) -> OutputStage | None:
        return self.node.stage

    @property
    def widths(self) -> Widths | None:
        return self.node.widths

    @property
    def weights(self) -> Weights | None:
        return self.node.weights

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return self.node.output_shape(inputs)

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray | None:
        return self.node.accumulate(values, inputs)

    def accumulator_bits(self, inputs: Sequence[TensorSpec]) -> int | None:
        return self.node.accumulator_bits(inputs)

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        """Every result is checked when it is there."""

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        by_edge = dict(zip(self.inputs, values, strict=True))
        result: IntTensor = self.function.run(by_edge, self.node, tuple(inputs), self.out)
        return result


def stands_for(node: Node, references: Mapping[str, str]) -> str | None:
    """The function that stands for a layer, FILE.py:FUNCTION; None if it is as the package has it."""
    return references.get(node.name, references.get(f"{BY_KIND}{node.op}"))


def with_functions(graph: Graph, references: Mapping[str, str]) -> Graph:
    """The same graph with functions of the user's own in the place of layers.

    Args:
        graph: of a package; references: FILE.py:FUNCTION by the name of a layer, or by op:KIND for all of a kind.

    Raises:
        UserError: no such layer or kind, or a function that cannot be had.
    """
    if not references:
        return graph
    kinds = {f"{BY_KIND}{node.op}" for node in graph.nodes}
    for name in references:
        if name not in kinds and all(node.name != name for node in graph.nodes):
            there = ", ".join([*(node.name for node in graph.nodes), *sorted(kinds)])
            raise UserError(f"reference: {graph.name} has no layer {name!r}; it has {there}")
    functions = {where: own_function(where) for where in dict.fromkeys(references.values())}
    nodes: list[Node] = []
    for node in graph.nodes:
        where = stands_for(node, references)
        if where is None:
            nodes.append(node)
            continue
        nodes.append(
            OwnNode(
                name=node.name,
                inputs=node.inputs,
                output=node.output,
                node=node,
                function=functions[where],
                out=graph.edges[node.output],
            )
        )
    return replace(graph, nodes=tuple(nodes))


def package_with_functions(package: Package, references: Mapping[str, str]) -> Package:
    """A package whose golden is that of `with_functions`; errors as there."""
    return replace(package, graph=with_functions(package.graph, references)) if references else package


def own_functions(graph: Graph) -> dict[str, OwnFunction]:
    """The functions that stand for layers, by layer."""
    return {node.name: function for node in graph.nodes if (function := getattr(node, "function", None))}
