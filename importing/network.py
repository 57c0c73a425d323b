"""A network as a reader puts it together: edges, nodes whose hardware widths come last, and what the host does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import PackageError, RangeError, ShapeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.importing.constants import WIDEST
from t2c.importing.errors import RefusedError
from t2c.importing.leading_views import without_leading_views
from t2c.importing.proof import Exactness
from t2c.importing.source_tensor import SourceTensor

MakeNode = Callable[[Widths], Node]
LEAST_ACC = 26
"""ACC_W that lies above the column sum of every array, one of 256 rows too."""
_WRONG = (PackageError, RangeError, ShapeError, UnsupportedError)


class HardwareNeeds(Protocol):
    """What tells its widths: `LayerConstants`, or those of an add."""

    @property
    def scale_bits(self) -> int:
        """SCALE_W that holds the multipliers."""

    @property
    def bias_bits(self) -> int:
        """BIAS_W that holds the biases."""


class HostOperation(Protocol):
    """What the host does with an output of the network; a frozen dataclass of plain values, which a file can hold.

    name: of the result; source: of the tensor that it takes, an output or an earlier result; operation: as the source
    calls it.
    """

    @property
    def name(self) -> str:
        """Of the result."""

    @property
    def source(self) -> str:
        """Of the tensor that it takes."""

    @property
    def operation(self) -> str:
        """As the source calls it."""

    def run(self, values: IntArray) -> IntArray:
        """From (N, elements) integers in the source's order to (N, elements) integers."""


@dataclass(frozen=True, kw_only=True)
class SourceLayer:
    """An operation of the source.

    place: its number and kind in the source; node: of the graph, empty for the host's; operation, shape: of the
    output as the source has it, without batch; formats: bits of inputs, weights and output; scales: real ones of the
    same; macs: per image;
    exactness: what is known.
    """

    place: str
    node: str
    operation: str
    shape: tuple[int, ...]
    formats: tuple[str, ...]
    scales: tuple[float, ...]
    macs: int
    exactness: Exactness


@dataclass(frozen=True, kw_only=True, eq=False)
class ImportedNetwork:
    """A network that was read whole.

    graph: what the core runs; host: what comes after it, in order; layers: a line each of the report; tensors: of the
    source, by its name; source: one line that names file, format and judge; input: what the source takes, several
    inputs one after the other, on the graph's input; outputs: what the source gives, before the host, on the graph's
    output: each a part of it where there are several.
    """

    graph: Graph
    host: tuple[HostOperation, ...]
    layers: tuple[SourceLayer, ...]
    tensors: Mapping[str, SourceTensor]
    source: str
    input: SourceTensor
    outputs: tuple[SourceTensor, ...]

    def run_host(self, values: IntArray) -> dict[str, IntArray]:
        """The results of the host's operations by name, in the source's order, of the graph's output (N, ...)."""
        known = {tensor.name: tensor.of(values) for tensor in self.outputs}
        results = {}
        for operation in self.host:
            known[operation.name] = results[operation.name] = operation.run(known[operation.source])
        return results


@dataclass
class NetworkBuilder:
    """Collects a network; what cannot be is collected too, so that a user learns all of it at once.

    name: of the graph; source: see `ImportedNetwork`.
    """

    name: str
    source: str
    edges: dict[str, TensorSpec] = field(default_factory=dict)
    layers: list[SourceLayer] = field(default_factory=list)
    tensors: dict[str, SourceTensor] = field(default_factory=dict)
    host: list[HostOperation] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    _nodes: list[MakeNode] = field(default_factory=list)
    _scale: int = 2
    _bias: int = 2

    def refuse(self, reason: str) -> None:
        """Note why the file cannot be imported."""
        self.reasons.append(reason)

    def edge(self, spec: TensorSpec) -> None:
        """Add an edge."""
        self.edges[spec.name] = spec

    def node(self, make: MakeNode, constants: HardwareNeeds | None = None) -> None:
        """Add a node; it is made when the widths that all constants need are known, and once before with the widest."""
        self._nodes.append(make)
        if constants is not None:
            self.needs(constants)

    def needs(self, constants: HardwareNeeds) -> None:
        """Make the hardware wide enough for constants, of a node or of what the core makes of one."""
        self._scale = max(self._scale, constants.scale_bits)
        self._bias = max(self._bias, constants.bias_bits)

    def widths(self) -> Widths:
        """The widths of the hardware: the usual ones if everything fits them, else what is needed."""
        needed = [LEAST_ACC]
        for make in self._nodes:
            node = make(WIDEST)
            bits = node.accumulator_bits([self.edges[name] for name in node.inputs])
            needed.append(bits or 0)
        usual = Widths()
        if max(needed) <= usual.acc and self._scale <= usual.scale and self._bias <= usual.bias:
            return usual
        return Widths(acc=max(*needed, LEAST_ACC), scale=self._scale, bias=self._bias)

    def finish(
        self,
        input_edge: str,
        output_edge: str,
        *,
        taken: SourceTensor | None = None,
        given: tuple[SourceTensor, ...] = (),
    ) -> ImportedNetwork:
        """Put the network together.

        Args:
            input_edge, output_edge: of the graph.
            taken, given: what the source takes and gives there; else the tensors that are these edges.

        Raises:
            RefusedError: with all reasons that were noted; or the network is none that golden takes.
        """
        if not self._nodes and not self.reasons:
            self.refuse("it has no operation that the core could run")
        if self.reasons:
            raise RefusedError(self.reasons)
        try:
            widths = self.widths()
            graph = Graph(
                name=self.name,
                widths=widths,
                edges=self.edges,
                nodes=tuple(make(widths) for make in self._nodes),
                input=input_edge,
                output=output_edge,
            )
        except _WRONG as error:
            raise RefusedError([str(error)]) from error
        at = {tensor.edge: tensor for tensor in reversed(self.tensors.values())}
        input_, output = taken or at.get(input_edge), given or ((at[output_edge],) if output_edge in at else ())
        if input_ is None:
            raise RefusedError(["no tensor of the source is the network's input"])
        graph, (first, *tensors) = without_leading_views(graph, [input_, *self.tensors.values()])
        return ImportedNetwork(
            graph=graph,
            host=tuple(self.host),
            layers=tuple(self.layers),
            tensors=dict(zip(self.tensors, tensors, strict=True)),
            source=self.source,
            input=first,
            outputs=output,
        )


def graph_name(text: str) -> str:
    """A name that a graph may have, made of any text.

    >>> graph_name("my model (int8)"), graph_name("..."), graph_name("all")
    ('my_model__int8_', 'network', 'network')
    """
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_.-") else "_" for letter in text)
    kept = kept.lstrip(".-")[:100]
    return kept if kept and kept not in ("all", "list") else "network"
