"""Small .tflite files made with LiteRT's own schema writer, and its reference kernels as the judge of every tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

TYPES = {"INT8": np.int8, "INT32": np.int32, "INT64": np.int64, "FLOAT32": np.float32, "UINT8": np.uint8}
NO_ACTIVATION, RELU, RELU_N1_TO_1, RELU6 = range(4)
SAME, VALID = 0, 1


class TfliteFile:
    """A model under construction; tensors and operators are numbered as they come."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model.subgraphs = [self.graph]

    def tensor(
        self,
        shape: Sequence[int],
        *,
        name: str = "",
        type_: str = "INT8",
        scale: float | Sequence[float] | None = None,
        zero_point: int | Sequence[int] = 0,
        axis: int = 0,
        data: npt.ArrayLike | None = None,
    ) -> int:
        tensor = schema.TensorT()
        tensor.name = name or f"t{len(self.graph.tensors)}"
        tensor.shape = list(map(int, shape))
        tensor.type = getattr(schema.TensorType, type_)
        if scale is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = np.atleast_1d(np.asarray(scale, np.float32))
            zeros = np.broadcast_to(np.asarray(zero_point, np.int64), tensor.quantization.scale.shape)
            tensor.quantization.zeroPoint = zeros.copy()
            tensor.quantization.quantizedDimension = axis
        tensor.buffer = 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.asarray(data).astype(TYPES[type_]).tobytes(), np.uint8)
            tensor.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def operator(
        self, kind: str, inputs: Sequence[int], output: int | list[int], options: Any = None, *, version: int = 1
    ) -> None:
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, kind)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = version
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.model.operatorCodes)
        self.model.operatorCodes.append(code)
        operator.inputs, operator.outputs = list(inputs), output if isinstance(output, list) else [output]
        if options is not None:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__[:-1])
            operator.builtinOptions = options
        self.graph.operators.append(operator)

    def data(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        self.graph.inputs, self.graph.outputs = list(inputs), list(outputs)
        builder = flatbuffers.Builder(1 << 12)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def options(kind: str, **fields: Any) -> Any:
    """Options of an operator, such as `options("Conv2DOptions", strideW=2)`."""
    made = getattr(schema, f"{kind}T")()
    for name, value in fields.items():
        assert hasattr(made, name), name
        setattr(made, name, value)
    return made


def litert(data: bytes, images: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[np.int64]]:
    """Every tensor that is no constant, by its name, (N, elements), as BUILTIN_REF computes it.

    images: (N, ...) of all inputs, one after the other.
    """
    judge = Interpreter(
        model_content=data,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    judge.allocate_tensors()
    entries = judge.get_input_details()
    ends = np.cumsum([np.prod(entry["shape"]) for entry in entries])[:-1].astype(int)
    found: dict[str, list[npt.NDArray[np.int64]]] = {}
    for image in images:
        for entry, part in zip(entries, np.split(image.reshape(-1), ends), strict=True):
            judge.set_tensor(entry["index"], part.astype(entry["dtype"]).reshape(entry["shape"]))
        judge.invoke()
        for detail in judge.get_tensor_details():
            if not detail["name"]:  # the kernels' own
                continue
            try:
                values = judge.get_tensor(detail["index"])
            except ValueError:  # a tensor that only the kernels use
                continue
            found.setdefault(detail["name"], []).append(np.asarray(values).reshape(-1).astype(np.int64))
    return {name: np.stack(values) for name, values in found.items()}
