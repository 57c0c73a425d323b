"""From a file's operators to nodes: where each tensor lies, and what is common to the operators."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from t2c.common.registry import Registry
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.graph.kinds import NODES
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.importing.errors import RefusedError
from t2c.importing.network import HardwareNeeds, NetworkBuilder, SourceLayer, SourceTensor
from t2c.importing.proof import Exactness
from t2c.importing.tflite.schema import TfliteModel, TfliteOperator, TfliteTensor

INT8_LO, INT8_HI = -128, 127
INPUT = "input"
"""The edge of the network's input."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """A tensor of the file in golden.

    edge: its name there; shape: there, (C, H, W) of a map; order: of each element of the source's tensor, which
    element of the edge it is; lo, hi: its values lie there; pads: rows above, below, columns left and right of zero
    points that the source's tensor has and the edge has not.
    """

    edge: str
    shape: tuple[int, ...]
    order: IntArray
    lo: int = INT8_LO
    hi: int = INT8_HI
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)


def golden_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Of a source's shape without batch: a map (H, W, C) becomes (C, H, W).

    >>> golden_shape((8, 6, 3)), golden_shape((10,))
    ((3, 8, 6), (10,))
    """
    return (shape[2], shape[0], shape[1]) if len(shape) == 3 else shape


@lru_cache(maxsize=64)
def golden_order(shape: tuple[int, ...]) -> IntArray:
    """Which element of the edge each element of the source's tensor is, where the edge has `golden_shape`.

    >>> golden_order((1, 2, 3)).tolist()
    [0, 2, 4, 1, 3, 5]
    """
    numbers = np.arange(math.prod(shape), dtype=np.int64).reshape(golden_shape(shape))
    order = numbers.transpose(1, 2, 0).reshape(-1) if len(shape) == 3 else numbers.reshape(-1)
    order.setflags(write=False)
    return order


Convert = Callable[["Conversion", TfliteOperator], None]
OPERATORS: Registry[Convert] = Registry("TFLite operator", "t2c.importing.tflite.operators")
"""By kind. A converter raises RefusedError with the reasons why the operator cannot be imported."""


@dataclass
class Conversion:
    """A conversion under way. placed: tensors by index; host: whether the host has taken over."""

    model: TfliteModel
    builder: NetworkBuilder
    placed: dict[int, Placed]
    host: int | None = None

    def quantises(self, index: int) -> bool:
        """Whether a tensor is a real input that QUANTIZE alone reads: the network begins behind it then."""
        readers = [op for op in self.model.operators if index in op.inputs]
        return (
            self.model.inputs == (index,)
            and self.model.tensors[index].type == "FLOAT32"
            and [op.kind for op in readers] == ["QUANTIZE"]
        )

    def is_last(self, op: TfliteOperator) -> bool:
        """Whether nothing but DEQUANTIZE comes after an operator."""
        readers = [other for other in self.model.operators if set(op.outputs) & set(other.inputs)]
        if not readers:
            return self.model.outputs == op.outputs
        return [other.kind for other in readers] == ["DEQUANTIZE"] and self.model.outputs == readers[0].outputs

    def tensor(self, op: TfliteOperator, index: int, wanted: str = "INT8") -> TfliteTensor:
        """A tensor of an operator by its number; raise RefusedError if it cannot be used."""
        tensor = self.model.tensors[index]
        if tensor.reason:
            raise RefusedError([f"{op.label}: {tensor.label} is {tensor.reason}"])
        if tensor.type != wanted:
            raise RefusedError([f"{op.label}: {tensor.label} is {tensor.type}, not {wanted}{_why(tensor.type)}"])
        return tensor

    def activation(self, op: TfliteOperator, index: int) -> TfliteTensor:
        """An activation of an operator, with one scale, one zero point and a batch of 1."""
        tensor = self.tensor(op, index)
        self.quantisation(op, tensor, 1)
        if not tensor.shape or tensor.shape[0] != 1:
            raise RefusedError([f"{op.label}: {tensor.label} has shape {tensor.shape}; a batch of 1 is wanted"])
        if not 2 <= len(tensor.shape) <= 4:
            raise RefusedError([f"{op.label}: {tensor.label} has {len(tensor.shape)} axes; 2 to 4 are wanted"])
        return tensor

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
        for point in tensor.zero_points:
            if not INT8_LO <= point <= INT8_HI:
                raise RefusedError([f"{place}: zero point {point} is outside int8"])
            if zero and point:
                raise RefusedError([f"{place}: zero point {point} of constants; 0 is wanted"])

    def constant(self, op: TfliteOperator, index: int, wanted: str) -> IntArray:
        """The values of a constant; raise RefusedError if it is none or has another size."""
        tensor = self.tensor(op, index, wanted)
        dtype = np.dtype({"INT8": "<i1", "INT32": "<i4", "INT64": "<i8"}[wanted])
        if tensor.data is None:
            raise RefusedError([f"{op.label}: {tensor.label} is no constant"])
        if len(tensor.data) != dtype.itemsize * math.prod(tensor.shape):
            raise RefusedError([f"{op.label}: {tensor.label} of shape {tensor.shape} has {len(tensor.data)} bytes"])
        return np.frombuffer(tensor.data, dtype).astype(np.int64).reshape(tensor.shape)

    def source(self, op: TfliteOperator, position: int) -> tuple[TfliteTensor, Placed]:
        """An input of an operator that is an activation; raise RefusedError if it is none."""
        if position >= len(op.inputs) or op.inputs[position] < 0:
            raise RefusedError([f"{op.label}: input {position} is missing"])
        tensor = self.activation(op, op.inputs[position])
        if tensor.index not in self.placed:
            what = "a constant" if tensor.data is not None else "not an output of an operator before it"
            raise RefusedError([f"{op.label}: {tensor.label} is {what}"])
        return tensor, self.placed[tensor.index]

    def map_source(self, op: TfliteOperator, position: int = 0, *, padded: bool = False) -> tuple[TfliteTensor, Placed]:
        """The same of a map of 4 axes that lies as golden's maps do; `padded`: it may have pads."""
        tensor, placed = self.source(op, position)
        if len(tensor.shape) != 4:
            raise RefusedError([f"{op.label}: {tensor.label} has shape {tensor.shape}; 4 axes are wanted"])
        if any(placed.pads) and not padded:
            raise RefusedError([f"{op.label}: {tensor.label} is padded, which only a convolution after it can take"])
        return tensor, placed

    def target(self, op: TfliteOperator, shape: tuple[int, ...]) -> TfliteTensor:
        """The output of an operator; raise RefusedError if it has not this shape, batch included."""
        if len(op.outputs) != 1:
            raise RefusedError([f"{op.label}: {len(op.outputs)} outputs; one is wanted"])
        tensor = self.activation(op, op.outputs[0])
        if tensor.shape != shape:
            raise RefusedError([f"{op.label}: {tensor.label} has shape {tensor.shape}; the operation gives {shape}"])
        return tensor

    def place(
        self,
        tensor: TfliteTensor,
        edge: str,
        *,
        shape: tuple[int, ...] | None = None,
        order: IntArray | None = None,
        lo: int = INT8_LO,
        hi: int = INT8_HI,
    ) -> Placed:
        """Make an edge for a tensor; it lies as golden's tensors do unless shape and order say otherwise."""
        source_shape = tensor.shape[1:]
        placed = Placed(
            edge=edge,
            shape=golden_shape(source_shape) if shape is None else shape,
            order=golden_order(source_shape) if order is None else order,
            lo=lo,
            hi=hi,
        )
        self.placed[tensor.index] = placed
        self.builder.edge(self.spec(tensor, edge, placed.shape))
        self.builder.tensors[tensor.name] = SourceTensor(name=tensor.name, edge=edge, order=placed.order)
        return placed

    def spec(self, tensor: TfliteTensor, edge: str, shape: tuple[int, ...]) -> TensorSpec:
        """An edge that is read as a tensor is."""
        return TensorSpec(
            name=edge, shape=shape, bits=8, signed=True, zero_point=zero_point(tensor), scale=tensor.scales[0]
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
                shape=self.model.tensors[op.outputs[0]].shape[1:],
                formats=tuple("f32" if tensor.type == "FLOAT32" else "s8" for tensor in shown_ones),
                scales=tuple(max(tensor.scales) for tensor in shown_ones if tensor.scales),
                macs=macs,
                exactness=exactness,
            )
        )


def node_name(op: TfliteOperator) -> str:
    """What an operator's node and edge are called."""
    return f"{op.kind.lower()}_{op.index}"


def zero_point(tensor: TfliteTensor) -> int:
    """Of an activation."""
    return tensor.zero_points[0] if tensor.zero_points else 0


def _why(found: str) -> str:
    if found.startswith("FLOAT"):
        return ": a float model, or hybrid quantisation, has no integers to reproduce"
    return ""
