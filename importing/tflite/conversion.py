"""From a file's operators to nodes: where each tensor lies, and what is common to the operators."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from t2c.common.registry import Registry
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.graph.kinds import NODES
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.importing.errors import RefusedError
from t2c.importing.network import HardwareNeeds, NetworkBuilder, SourceLayer
from t2c.importing.proof import Exactness
from t2c.importing.source_tensor import SourceTensor
from t2c.importing.tflite.placed import (
    FORMATS,
    Placed,
    format_of,
    golden_order,
    golden_shape,
    sample_shape,
    zero_point,
)
from t2c.importing.tflite.schema import TfliteModel, TfliteOperator, TfliteTensor

INPUT = "input"
"""The edge of the network's input."""
MOST_AXES = 7
"""Of an activation, the batch counted."""

Convert = Callable[["Conversion", TfliteOperator], None]
OPERATORS: Registry[Convert] = Registry("TFLite operator", "t2c.importing.tflite.operators")
"""By kind. A converter raises RefusedError with the reasons why the operator cannot be imported."""


@dataclass
class Conversion:
    """A conversion under way. placed: tensors by index; hosted: what the host makes, by index, and the tensor of the
    core's that it is made of."""

    model: TfliteModel
    builder: NetworkBuilder
    placed: dict[int, Placed]
    hosted: dict[int, int] = field(default_factory=dict)

    def beginning(self, index: int) -> int:
        """The tensor with which the network begins at an input: itself, or what QUANTIZE alone makes of a real one."""
        readers = [op for op in self.model.operators if index in op.inputs]
        quantised = self.model.tensors[index].type == "FLOAT32" and [op.kind for op in readers] == ["QUANTIZE"]
        return readers[0].outputs[0] if quantised and len(readers[0].outputs) == 1 else index

    def tensor(self, op: TfliteOperator, index: int, *wanted: str) -> TfliteTensor:
        """A tensor of an operator by its number; raise RefusedError if it cannot be used."""
        tensor = self.model.tensors[index]
        if tensor.reason:
            raise RefusedError([f"{op.label}: {tensor.label} is {tensor.reason}"])
        if tensor.type not in wanted:
            raise RefusedError([f"{op.label}: {tensor.label} is {tensor.type}, not {wanted[0]}{_why(tensor.type)}"])
        return tensor

    def activation(self, op: TfliteOperator, index: int, type_: str = "") -> TfliteTensor:
        """An activation of an operator, with one scale and one zero point, of that type if one is given."""
        tensor = self.tensor(op, index, *((type_,) if type_ else FORMATS))
        self.quantisation(op, tensor, 1)
        if not 1 <= len(tensor.shape) <= MOST_AXES:
            raise RefusedError([f"{op.label}: {tensor.label} has {len(tensor.shape)} axes; 1 to {MOST_AXES} are read"])
        return tensor

    def shape_of(self, edge: str) -> tuple[int, ...]:
        """Of an edge; raise RefusedError without a reason behind an operator that was refused."""
        if edge not in self.builder.edges:
            raise RefusedError([])
        return self.builder.edges[edge].shape

    def quantisation(self, op: TfliteOperator, tensor: TfliteTensor, count: int, zero: bool = False) -> None:
        """Refuse scales and zero points that are none: `count` of each are wanted, zero points of 0 if `zero`."""
        place = f"{op.label}: {tensor.label}"
        if (
            len(tensor.scales) != count
            or len(tensor.zero_points) not in (count, 1, 0)
            or (count == 1 and not tensor.scales)
        ):
            raise RefusedError(
                [f"{place} has {len(tensor.scales)} scales, {len(tensor.zero_points)} zero points, not {count}"]
            )
        for scale in tensor.scales:
            if not (math.isfinite(scale) and scale > 0):
                raise RefusedError([f"{place}: scale {scale} is not a positive number"])
        fmt = FORMATS.get(tensor.type, FORMATS["INT8"])
        for point in tensor.zero_points:
            if not fmt.lo <= point <= fmt.hi:
                raise RefusedError([f"{place}: zero point {point} is outside {tensor.type.lower()}"])
            if zero and point:
                raise RefusedError([f"{place}: zero point {point} of constants; 0 is wanted"])

    def constant(self, op: TfliteOperator, index: int, *wanted: str) -> IntArray:
        """The values of a constant of one of these types; raise RefusedError if it is none or has another size."""
        tensor = self.tensor(op, index, *wanted)
        dtype = np.dtype({"INT8": "<i1", "UINT8": "<u1", "INT32": "<i4", "INT64": "<i8", "BOOL": "<u1"}[tensor.type])
        if tensor.data is None:
            raise RefusedError([f"{op.label}: {tensor.label} is no constant"])
        if len(tensor.data) != dtype.itemsize * math.prod(tensor.shape):
            raise RefusedError([f"{op.label}: {tensor.label} of shape {tensor.shape} has {len(tensor.data)} bytes"])
        return np.frombuffer(tensor.data, dtype).astype(np.int64).reshape(tensor.shape)

    def numbers(self, op: TfliteOperator, position: int) -> list[int]:
        """A constant list of numbers at an input, such as axes; raise RefusedError if there is none."""
        if position >= len(op.inputs) or op.inputs[position] < 0:
            raise RefusedError([f"{op.label}: input {position} is missing"])
        return [int(n) for n in self.constant(op, op.inputs[position], "INT32", "INT64").reshape(-1)]

    def is_constant(self, op: TfliteOperator, position: int) -> bool:
        """Whether an input is held by the file."""
        index = op.inputs[position] if position < len(op.inputs) else -1
        return index >= 0 and self.model.tensors[index].data is not None

    def source(self, op: TfliteOperator, position: int, *, padded: bool = False) -> tuple[TfliteTensor, Placed]:
        """An input of an operator that is an activation; raise RefusedError if it is none.

        What is padded gets its padding, unless the operator takes it on itself.
        """
        if position >= len(op.inputs) or op.inputs[position] < 0:
            raise RefusedError([f"{op.label}: input {position} is missing"])
        tensor = self.activation(op, op.inputs[position])
        if tensor.index in self.hosted:
            raise RefusedError([f"{op.label}: {tensor.label} comes after an operator that the host runs"])
        if tensor.index not in self.placed:
            what = "a constant" if tensor.data is not None else "not an output of an operator before it"
            raise RefusedError([f"{op.label}: {tensor.label} is {what}"])
        placed = self.placed[tensor.index]
        if any(placed.pads) and not padded:
            from t2c.importing.tflite.padding import with_pads

            placed = with_pads(self, tensor, placed)
        return tensor, placed

    def map_source(self, op: TfliteOperator, position: int = 0, *, padded: bool = False) -> tuple[TfliteTensor, Placed]:
        """The same of a map of 4 axes, which lies as golden's maps do; `padded`: it may have pads."""
        tensor, placed = self.source(op, position, padded=padded)
        if len(tensor.shape) != 4:
            raise RefusedError([f"{op.label}: {tensor.label} has shape {tensor.shape}; 4 axes are wanted"])
        if tensor.shape[0] != 1:
            raise RefusedError([f"{op.label}: {tensor.label} has shape {tensor.shape}; a batch of 1 is wanted"])
        return tensor, placed

    def target(self, op: TfliteOperator, shape: tuple[int, ...], type_: str, output: int = 0) -> TfliteTensor:
        """An output of an operator; raise RefusedError if it has not this shape, batch included, and this type.

        Args:
            op: the operator.
            shape: of the tensor.
            type_: of the tensor; any activation's if it is empty.
            output: which; of one, there is to be no other.
        """
        if output == 0 and len(op.outputs) != 1:
            raise RefusedError([f"{op.label}: {len(op.outputs)} outputs; one is wanted"])
        return self.one_of_targets(op, output, shape, type_)

    def one_of_targets(self, op: TfliteOperator, output: int, shape: tuple[int, ...], type_: str) -> TfliteTensor:
        """The same of an operator with several outputs."""
        tensor = self.activation(op, op.outputs[output], type_)
        if tensor.shape != shape:
            raise RefusedError([f"{op.label}: {tensor.label} has shape {tensor.shape}; the operation gives {shape}"])
        return tensor

    def place(
        self,
        tensor: TfliteTensor,
        edge: str,
        *,
        like: Placed | None = None,
        lo: int | None = None,
        hi: int | None = None,
    ) -> Placed:
        """Make an edge for a tensor; it lies as golden's tensors do, or as another does that is given."""
        shape, fmt = sample_shape(tensor.shape), format_of(tensor)
        placed = Placed(
            edge=edge,
            shape=golden_shape(shape) if like is None else like.shape,
            order=golden_order(shape) if like is None else like.order,
            lo=fmt.lo if lo is None else lo,
            hi=fmt.hi if hi is None else hi,
            rows=() if like is None else like.rows,
        )
        self.placed[tensor.index] = placed
        self.builder.edge(self.spec(tensor, edge, placed.shape))
        name = self.title(tensor)
        self.builder.tensors[name] = SourceTensor(name=name, edge=edge, order=placed.order)
        return placed

    def title(self, tensor: TfliteTensor) -> str:
        """What the report calls a tensor: its name, with its number where another has that name too."""
        alone = [other.name for other in self.model.tensors].count(tensor.name) == 1
        return tensor.name if alone and tensor.name else f"{tensor.name}#{tensor.index}"

    def spec(self, tensor: TfliteTensor, edge: str, shape: tuple[int, ...]) -> TensorSpec:
        """An edge that is read as a tensor is."""
        return TensorSpec(
            name=edge,
            shape=shape,
            bits=8,
            signed=format_of(tensor).signed,
            zero_point=zero_point(tensor),
            scale=tensor.scales[0],
        )

    def node(
        self,
        kind: str,
        name: str,
        inputs: tuple[str, ...],
        output: str,
        needs: HardwareNeeds | None = None,
        **fields: object,
    ) -> None:
        """Add a node; a field that is a function is called with the widths when they are known."""

        def make(widths: Widths) -> Node:
            made = {key: value(widths) if callable(value) else value for key, value in fields.items()}
            cls = NODES.find(kind)
            assert cls is not None
            return cls(name=name, inputs=inputs, output=output, **made)

        self.builder.node(make, needs)

    def report(
        self, op: TfliteOperator, node: str, exactness: Exactness, *, weights: TfliteTensor | None = None, macs: int = 0
    ) -> None:
        """Add an operator's line."""
        tensors = [self.model.tensors[i] for i in (*op.inputs, *op.outputs) if i >= 0]
        activations = [tensor for tensor in tensors if tensor.data is None]
        held = [weights] if weights else []
        shown_ones = [*activations[:-1], *held, activations[-1]] if activations else held
        self.builder.layers.append(
            SourceLayer(
                place=str(op.index),
                node=node,
                operation=op.kind,
                shape=sample_shape(self.model.tensors[op.outputs[0]].shape),
                formats=tuple(_SHOWN.get(tensor.type, tensor.type.lower()) for tensor in shown_ones),
                scales=tuple(max(tensor.scales) for tensor in shown_ones if tensor.scales),
                macs=macs,
                exactness=exactness,
            )
        )


def node_name(op: TfliteOperator, what: str = "") -> str:
    """What an operator's node and edge are called, or another of its nodes.

    >>> node_name(TfliteOperator(index=3, kind="MUL", version=1, inputs=(), outputs=(), options={}, fault=""), "map")
    'mul_3_map'
    """
    return f"{op.kind.lower()}_{op.index}{'_' if what else ''}{what}"


_SHOWN = {"FLOAT32": "f32", "INT8": "s8", "UINT8": "u8"}


def _why(found: str) -> str:
    if found == "INT16":
        return ": activations of 16 bits are not imported"
    if found.startswith("FLOAT"):
        return ": a float model, or hybrid quantisation, has no integers to reproduce"
    return ""
