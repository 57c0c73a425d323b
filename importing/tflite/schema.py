"""A .tflite file as plain values: every offset and length is checked, nothing of the file is kept or run."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tflite

from t2c.common.shown import shown
from t2c.importing.errors import RefusedError
from t2c.importing.tflite.options import OPTIONS

LARGEST_TENSOR = 1 << 22
"""Elements of an activation."""
SCHEMA_VERSION = 3
IDENTIFIER = b"TFL3"
_DAMAGE = (struct.error, IndexError, ValueError, TypeError, OverflowError, AttributeError, KeyError)
KINDS = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
TYPES = {code: name for name, code in vars(tflite.TensorType).items() if isinstance(code, int)}
_CUSTOM = tflite.BuiltinOperator.CUSTOM


@dataclass(frozen=True, kw_only=True, eq=False)
class TfliteTensor:
    """A tensor. index, name: in the file; type: such as INT8; shape: the batch first; scales, zero_points, axis: of its
    quantisation, empty without; data: of a constant, else None; reason: why it cannot be used at all, else empty."""

    index: int
    name: str
    type: str
    shape: tuple[int, ...]
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int
    data: bytes | None
    reason: str

    @property
    def label(self) -> str:
        """What a message calls it."""
        return f"tensor {self.index} ({shown(self.name)})"


@dataclass(frozen=True, kw_only=True, eq=False)
class TfliteOperator:
    """An operator. index: in the file; kind: such as CONV_2D; inputs, outputs: tensors by index, -1 for one left out;
    options: by the name of the schema's accessor; fault: what is wrong with them, else empty."""

    index: int
    kind: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any]
    fault: str

    @property
    def label(self) -> str:
        """What a message calls it."""
        return f"operator {self.index} ({self.kind})"


@dataclass(frozen=True, kw_only=True, eq=False)
class TfliteModel:
    """The one subgraph of a file."""

    tensors: tuple[TfliteTensor, ...]
    operators: tuple[TfliteOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_model(data: bytes) -> TfliteModel:
    """Read a file.

    Raises:
        RefusedError: it is damaged, of another version, or has several subgraphs.
    """
    if len(data) < 8 or data[4:8] != IDENTIFIER:
        raise RefusedError([f"it is no TFLite file: bytes 4 to 7 are {shown(data[4:8])}, not {IDENTIFIER!r}"])
    place = ["the model"]
    try:
        return _Reading(data, place).model()
    except _DAMAGE as error:
        raise RefusedError([f"damaged or truncated, at {place[0]}: {error}"]) from error


class _Reading:
    """Goes through a file; `place[0]` says where it is."""

    def __init__(self, data: bytes, place: list[str]) -> None:
        self.data, self.place = data, place

    def model(self) -> TfliteModel:
        model = tflite.Model.GetRootAs(self.data)
        if model.Version() != SCHEMA_VERSION:
            raise RefusedError([f"schema version {model.Version()} is not {SCHEMA_VERSION}"])
        graphs = self.length(model.SubgraphsLength())
        if graphs != 1:
            raise RefusedError(
                [f"it has {graphs} subgraphs; one is wanted: control flow and signatures are not imported"]
            )
        graph = model.Subgraphs(0)
        self.place[0] = "the operator codes"
        codes = [model.OperatorCodes(i) for i in range(self.length(model.OperatorCodesLength()))]
        tensors = tuple(self.tensor(model, graph, i) for i in range(self.length(graph.TensorsLength())))
        operators = tuple(self.operator(graph, codes, i) for i in range(self.length(graph.OperatorsLength())))
        self.place[0] = "the inputs and outputs"
        ends = [tuple(map(int, self.vector(part))) for part in (graph.InputsAsNumpy(), graph.OutputsAsNumpy())]
        for index in (*ends[0], *ends[1], *(i for op in operators for i in op.outputs)):
            self.check_index(index, len(tensors), "tensor")
        for index in (i for op in operators for i in op.inputs if i != -1):
            self.check_index(index, len(tensors), "tensor")
        return TfliteModel(tensors=tensors, operators=operators, inputs=ends[0], outputs=ends[1])

    def length(self, count: int) -> int:
        """The number of elements of a vector, which the file has at least four bytes for each of."""
        if 4 * count > len(self.data):
            raise ValueError(f"a list of {count} in a file of {len(self.data)} bytes")
        return count

    def vector(self, values: Any) -> npt.NDArray[Any]:
        """A vector of numbers; the library gives 0 for one that is not there."""
        return np.array([], np.int64) if isinstance(values, int) else np.asarray(values)

    def check_index(self, index: int, count: int, what: str) -> None:
        if not 0 <= index < count:
            raise ValueError(f"{what} {index} of {count}")

    def text(self, value: bytes | None) -> str:
        return (value or b"").decode("utf-8", errors="replace")

    def tensor(self, model: Any, graph: Any, index: int) -> TfliteTensor:
        self.place[0] = f"tensor {index}"
        tensor = graph.Tensors(index)
        name = self.text(tensor.Name())
        self.place[0] = f"tensor {index} ({shown(name)})"
        shape = tuple(map(int, self.vector(tensor.ShapeAsNumpy())))
        signature = tuple(map(int, self.vector(tensor.ShapeSignatureAsNumpy())))
        quantisation = tensor.Quantization()
        scales = () if quantisation is None else tuple(map(float, self.vector(quantisation.ScaleAsNumpy())))
        zeros = () if quantisation is None else tuple(map(int, self.vector(quantisation.ZeroPointAsNumpy())))
        return TfliteTensor(
            index=index,
            name=name,
            type=TYPES.get(tensor.Type(), f"type {tensor.Type()}"),
            shape=shape,
            scales=scales,
            zero_points=zeros,
            axis=0 if quantisation is None else int(quantisation.QuantizedDimension()),
            data=self.buffer(model, int(tensor.Buffer())),
            reason=_reason(tensor, shape, signature, quantisation),
        )

    def buffer(self, model: Any, index: int) -> bytes | None:
        self.check_index(index, self.length(model.BuffersLength()), "buffer")
        buffer = model.Buffers(index)
        if buffer.Offset() > 1:  # a file above 2 GiB keeps its constants behind the tables
            start, size = int(buffer.Offset()), int(buffer.Size())
            if start + size > len(self.data):
                raise ValueError(f"buffer {index} ends at byte {start + size} of {len(self.data)}")
            return self.data[start : start + size]
        values = self.vector(buffer.DataAsNumpy())
        return values.astype(np.uint8).tobytes() if values.size else None

    def operator(self, graph: Any, codes: list[Any], index: int) -> TfliteOperator:
        self.place[0] = f"operator {index}"
        operator = graph.Operators(index)
        self.check_index(int(operator.OpcodeIndex()), len(codes), "operator code")
        code = codes[operator.OpcodeIndex()]
        number = max(int(code.BuiltinCode()), int(code.DeprecatedBuiltinCode()))
        kind = KINDS.get(number, f"builtin {number}")
        if number == _CUSTOM:
            kind = f"CUSTOM {shown(self.text(code.CustomCode()))}"
        self.place[0] = f"operator {index} ({kind})"
        options, fault = self.options(operator, kind)
        return TfliteOperator(
            index=index,
            kind=kind,
            version=int(code.Version()),
            inputs=tuple(map(int, self.vector(operator.InputsAsNumpy()))),
            outputs=tuple(map(int, self.vector(operator.OutputsAsNumpy()))),
            options=options,
            fault=fault,
        )

    def options(self, operator: Any, kind: str) -> tuple[dict[str, Any], str]:
        """The options of an operator that we know, by accessor."""
        if kind not in OPTIONS:
            return {}, ""
        name, accessors = OPTIONS[kind]
        if not name:
            return {}, ""
        table = operator.BuiltinOptions()
        found = int(operator.BuiltinOptionsType())
        if found == 0 or table is None:
            return {}, "" if not accessors else f"it has no {name}"
        if found != getattr(tflite.BuiltinOptions, name):
            return {}, f"its options are no {name}"
        view = getattr(tflite, name)()
        view.Init(table.Bytes, table.Pos)
        read: Callable[[str], Any] = lambda accessor: getattr(view, accessor)()  # noqa: E731
        return {accessor: read(accessor) for accessor in accessors}, ""


def _reason(tensor: Any, shape: tuple[int, ...], signature: tuple[int, ...], quantisation: Any) -> str:
    """Why no operator can use a tensor."""
    if tensor.IsVariable():
        return "a variable, which keeps its value from one run to the next"
    if tensor.Sparsity() is not None:
        return "sparse"
    if any(extent < 1 for extent in shape) or any(extent < 1 for extent in signature[1:]):
        return f"a dynamic shape, {signature or shape}"
    if math.prod(shape) > LARGEST_TENSOR:
        return f"of shape {shape}, above {LARGEST_TENSOR:,} elements"
    if quantisation is not None and quantisation.DetailsType():
        return "a quantisation of its own kind"
    return ""
