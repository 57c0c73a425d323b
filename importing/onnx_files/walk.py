"""The walk through the graph of an ONNX file: names, edges and nodes that come of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from t2c.common.shown import shown
from t2c.golden.errors import PackageError
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.graph.texts import LONGEST_NAME, check_text
from t2c.importing.errors import RefusedError
from t2c.importing.network import HardwareNeeds, MakeNode, NetworkBuilder, SourceLayer
from t2c.importing.onnx_files.model import Array, OnnxFile, OnnxNode, is_too_large
from t2c.importing.onnx_files.quantiser import Quantiser
from t2c.importing.onnx_files.values import Activation, FileConstant, FileValue, Move, QuantisedConstant, Unknown
from t2c.importing.proof import Exactness, Grade
from t2c.importing.source_tensor import SourceTensor, standard_order

MOVED = Exactness(grade=Grade.SAME)


@dataclass
class Walk:
    """What is known half-way. file: the source; builder: what comes of it; values: of the file's tensors, by name."""

    file: OnnxFile
    builder: NetworkBuilder
    values: dict[str, FileValue] = field(default_factory=dict)
    input_edge: str = ""
    _nodes: set[str] = field(default_factory=set)

    def value(self, node: OnnxNode, index: int) -> FileValue:
        """An input of a node.

        Raises:
            RefusedError: it has none there, or nothing made it.
        """
        if index >= len(node.inputs) or not node.inputs[index]:
            raise RefusedError([f"{node.place}: input {index} is missing"])
        name = node.inputs[index]
        if name not in self.values:
            raise RefusedError([f"{node.place}: tensor {shown(name)} comes from nowhere"])
        return self.values[name]

    def has(self, node: OnnxNode, index: int) -> bool:
        """Whether a node has that input, which may be left out."""
        return index < len(node.inputs) and bool(node.inputs[index])

    def constant(self, node: OnnxNode, index: int, what: str) -> Array:
        """An input that is to be constant; raise RefusedError if it is not."""
        value = self.value(node, index)
        if isinstance(value, Unknown):
            raise SilentError
        if isinstance(value, QuantisedConstant):
            return value.reals
        if not isinstance(value, FileConstant):
            raise RefusedError([f"{node.place}: {what}, tensor {shown(node.inputs[index])}, is no constant"])
        return value.values

    def number(self, node: OnnxNode, index: int, what: str) -> float:
        """An input that is to be one constant number; raise RefusedError if it is not."""
        values = self.constant(node, index, what)
        if values.size != 1 or values.dtype.kind not in "fiu":
            raise RefusedError([f"{node.place}: {what} is {values.size} numbers of {values.dtype}"])
        return float(values.reshape(()))

    def refuse(self, node: OnnxNode, index: int, wanted: str) -> RefusedError:
        """What to raise where an input is not what an operator takes."""
        value = self.value(node, index)
        if isinstance(value, Unknown):
            return SilentError()
        return RefusedError([f"{node.place}: tensor {shown(node.inputs[index])} is {value.what}, not {wanted}"])

    def edge_name(self, tensor: str) -> str:
        """A name for the edge of a tensor that golden takes and that no edge has."""
        try:
            name = check_text(tensor, "tensor", LONGEST_NAME) or "tensor"
        except PackageError:
            name = f"tensor{len(self.builder.edges)}"
        while name in self.builder.edges:
            name = f"tensor{len(self.builder.edges)}_{name}"[:LONGEST_NAME]
        return name

    def node_name(self, node: OnnxNode) -> str:
        """A name for a node that files may bear and that no node has."""
        kept = re.sub(r"[^A-Za-z0-9_.-]+", "_", node.name.strip("/")).lstrip("_.-")[:60] or node.op.lower()
        if kept in ("all", "list") or not re.match(r"[A-Za-z0-9]", kept):
            kept = f"node_{kept}"
        name, count = kept, 1
        while name in self._nodes:
            count += 1
            name = f"{kept}_{count}"
        self._nodes.add(name)
        return name

    def spec_of(self, quantiser: Quantiser, shape: tuple[int, ...], tensor: str) -> TensorSpec:
        """The edge that a quantiser gives for a tensor of the file."""
        fmt = quantiser.fmt
        return TensorSpec(
            name=self.edge_name(tensor),
            shape=shape,
            bits=fmt.bits,
            signed=fmt.signed,
            zero_point=quantiser.zero_point,
            scale=float(quantiser.scale),
        )

    def add_edge(self, spec: TensorSpec, tensor: str) -> None:
        """Add an edge that holds a tensor of the file as it is; raise RefusedError if it is larger than any is."""
        if is_too_large(spec.shape):
            raise RefusedError([f"tensor {shown(tensor)}: shape {shown(spec.shape)} is larger than any that is read"])
        self.builder.edge(spec)
        self.note(tensor, spec)

    def note(self, tensor: str, spec: TensorSpec) -> None:
        """Note that a tensor of the file is an edge's."""
        self.builder.tensors[tensor] = SourceTensor(name=tensor, edge=spec.name, order=standard_order(spec.shape))

    def add_node(
        self,
        make: MakeNode,
        name: str,
        *,
        place: str,
        operation: str,
        inputs: Sequence[TensorSpec],
        output: TensorSpec,
        exactness: Exactness = MOVED,
        formats: Sequence[str] = (),
        scales: Sequence[float] = (),
        macs: int = 0,
        constants: HardwareNeeds | None = None,
    ) -> None:
        """Add a node and its line of the report."""
        self.builder.node(make, constants)
        self.builder.layers.append(
            SourceLayer(
                place=place,
                node=name,
                operation=operation,
                shape=output.shape,
                formats=(*(formats or [str(each.format) for each in inputs]), str(output.format)),
                scales=(*(scales or [each.scale for each in inputs]), output.scale),
                macs=macs,
                exactness=exactness,
            )
        )

    def move(self, source: Activation, move: Move, node: OnnxNode, tensor: str) -> Activation:
        """Add a node that moves an activation's integers."""
        name = self.node_name(node)
        spec = source.spec
        output = TensorSpec(
            name=self.edge_name(tensor),
            shape=move.shape,
            bits=spec.bits,
            signed=spec.signed,
            zero_point=spec.zero_point,
            scale=spec.scale,
        )
        made: Node = move.make(name, spec.name, output.name)
        self.add_edge(output, tensor)
        self.add_node(
            lambda _: made, name, place=node.place, operation=made.op, inputs=[spec], output=output, exactness=MOVED
        )
        return Activation(spec=output, scale=source.scale, real=source.real)


class SilentError(RefusedError):
    """An operator follows one that was refused: there is nothing more to say."""

    def __init__(self) -> None:
        super().__init__([])


def shape_of(node: OnnxNode, value: FileValue) -> tuple[int, ...]:
    """The shape of an activation of any kind, without batch; raise RefusedError for what has none."""
    if isinstance(value, Unknown):
        raise SilentError
    shape = getattr(value, "shape", None)
    if shape is None:
        raise RefusedError([f"{node.place}: {value.what} where an activation is to be"])
    return tuple(shape)
