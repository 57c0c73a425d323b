"""The reader of .onnx files: QLinear operators, QDQ and QONNX in one walk through the graph."""

from __future__ import annotations

from collections import deque

import numpy as np

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.importing.errors import RefusedError
from t2c.importing.network import ImportedNetwork, NetworkBuilder, SourceLayer
from t2c.importing.onnx_files.ending import close_without_quantiser
from t2c.importing.onnx_files.model import Array, OnnxFile, OnnxNode, read_onnx
from t2c.importing.onnx_files.operator import operator_of
from t2c.importing.onnx_files.operators.quantise import FORMATS
from t2c.importing.onnx_files.outputs import joined_outputs
from t2c.importing.onnx_files.values import (
    Activation,
    FileConstant,
    FileValue,
    FloatInput,
    Mapped,
    OnHost,
    PendingSums,
    Unknown,
)
from t2c.importing.onnx_files.walk import SilentError, Walk
from t2c.importing.proof import Exactness, Grade
from t2c.importing.reader import READERS, SourceFile
from t2c.importing.source_tensor import SourceTensor

READINGS: dict[str, dict[int, tuple[int | None, int]]] = {
    "QLinearConv": {0: (1, 2)},
    "QLinearMatMul": {0: (1, 2), 3: (4, 5)},
    "QGemm": {0: (1, 2)},
    "QLinearAdd": {0: (1, 2), 3: (4, 5)},
    "QLinearMul": {0: (1, 2), 3: (4, 5)},
    "QLinearAveragePool": {0: (1, 2)},
    "QLinearGlobalAveragePool": {0: (1, 2)},
    "QLinearSigmoid": {0: (1, 2)},
    "QLinearLeakyRelu": {0: (1, 2)},
    "QLinearSoftmax": {0: (1, 2)},
    "QLinearConcat": {place: (place + 1, place + 2) for place in range(2, 3 * 64, 3)},
    "DequantizeLinear": {0: (1, 2)},
    "ConvInteger": {0: (None, 2)},
    "MatMulInteger": {0: (None, 2), 1: (None, 3)},
}
"""Where operators say how an input of integers is read: its place, and those of scale and zero point."""
PASSING = (
    *("MaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Identity"),
    *("Slice", "Split", "Gather", "Pad", "Resize", "Upsample", "Concat"),
)
FINN_FORMATS = {f"{sign}INT{bits}": (bits, not sign) for sign in ("", "U") for bits in range(2, 9)} | {
    "BIPOLAR": (2, True)
}


@READERS("onnx")
def read(file: SourceFile) -> ImportedNetwork:
    """Read an ONNX file."""
    source = read_onnx(file.data)
    producer = f" of {shown(source.producer)}" if source.producer else ""
    builder = NetworkBuilder(name=file.name, source=f"{file.path.name}: ONNX{producer}; judge: {_judge(source)}")
    walk = Walk(file=source, builder=builder)
    for name, values in source.constants.items():
        walk.values[name] = FileConstant(values=values)
    _begin(walk)
    for node in source.nodes:
        _step(walk, node)
    output, given = _end(walk)
    return builder.finish(walk.input_edge, output, given=given)


def _judge(file: OnnxFile) -> str:
    if any(node.domain not in ("", "com.microsoft") for node in file.nodes):
        return "the executor of qonnx"
    return "onnxruntime's kernels of QLinear operators"


def _begin(walk: Walk) -> None:
    """What the graph's input is: a float that something quantises, integers, or what FINN says of it."""
    given, builder = walk.file.input, walk.builder
    datatype = walk.file.datatypes.get(given.name, "")
    if given.dtype.kind == "f" and datatype not in FINN_FORMATS:
        walk.values[given.name] = FloatInput(shape=given.shape)
        return
    scale, zero_point = np.float32(1), 0
    if given.dtype.kind == "f":
        bits, signed = FINN_FORMATS[datatype]
        fmt = IntFormat(bits=bits, signed=signed)
    elif given.dtype in FORMATS:
        fmt = FORMATS[given.dtype]
        scale, zero_point = _declared(walk.file)
    else:
        builder.refuse(f"input {shown(given.name)}: elements of {given.dtype}")
        walk.values[given.name] = Unknown()
        return
    try:
        spec = TensorSpec(
            name=walk.edge_name(given.name),
            shape=given.shape,
            bits=fmt.bits,
            signed=fmt.signed,
            zero_point=zero_point,
            scale=float(scale),
        )
    except ValueError as error:
        builder.refuse(f"input {shown(given.name)}: {error}")
        walk.values[given.name] = Unknown()
        return
    walk.input_edge = spec.name
    walk.add_edge(spec, given.name)
    walk.values[given.name] = Activation(spec=spec, scale=scale, real=given.dtype.kind == "f")


def _declared(file: OnnxFile) -> tuple[np.float32, int]:
    """Scale and zero point with which the first operator that says so reads the input; 1 and 0 if none does."""
    names = deque([file.input.name])
    seen = set(names)

    def one(node: OnnxNode, index: int | None) -> Array | None:
        name = node.inputs[index] if index is not None and index < len(node.inputs) else ""
        values = file.constants.get(name)
        return values.reshape(-1) if values is not None and values.size else None

    while names:
        name = names.popleft()
        for node in file.nodes:
            if name not in node.inputs:
                continue
            places = READINGS.get(node.op, {}).get(node.inputs.index(name))
            if places is not None:
                scale, zero_point = (one(node, index) for index in places)
                point = int(zero_point[0]) if zero_point is not None else 0
                positive = scale is not None and scale.dtype.kind == "f" and scale[0] > 0
                return np.float32(scale[0]) if positive and scale is not None else np.float32(1), point
            if node.op in PASSING:
                new = [output for output in node.outputs if output not in seen]
                names.extend(new)
                seen.update(new)
    return np.float32(1), 0


def _step(walk: Walk, node: OnnxNode) -> None:
    """Do one operator; what is wrong with it is noted, and the walk goes on."""
    found: FileValue | tuple[FileValue, ...] = Unknown()
    try:
        if not node.outputs:
            raise RefusedError([f"{node.place}: it has no output"])
        taken = [name for name in node.outputs if name and name in walk.values]
        if taken:
            raise RefusedError([f"{node.place}: tensor {shown(taken[0])} is made twice"])
        found = operator_of(node)(walk, node)
    except SilentError:
        pass
    except RefusedError as error:
        for reason in error.reasons:
            walk.builder.refuse(reason)
    except (ValueError, NotImplementedError) as error:  # golden's own, of a node that it does not take
        walk.builder.refuse(f"{node.place}: {error}")
    for index, name in enumerate(node.outputs):
        if name:
            given = found if isinstance(found, tuple) else (found,)
            walk.values[name] = given[index] if index < len(given) else Unknown()


def _end(walk: Walk) -> tuple[str, tuple[SourceTensor, ...]]:
    """The edge that is the network's output, and what the file has there; what the host does behind it is noted."""
    edges: dict[str, str] = {}
    for name in dict.fromkeys(walk.file.outputs):
        try:
            edges[name] = _output_edge(walk, name, walk.values.get(name), f"output {shown(name)}")
        except SilentError:
            continue
        except RefusedError as error:
            for reason in error.reasons:
                walk.builder.refuse(reason)
    if walk.builder.reasons or not edges:
        return "", ()
    return joined_outputs(walk, edges)


def _output_edge(walk: Walk, name: str, value: FileValue | None, place: str) -> str:
    if value is None:
        raise RefusedError([f"{place}: nothing makes it"])
    if isinstance(value, Unknown):
        raise SilentError
    if isinstance(value, OnHost):
        edge = _output_edge(walk, name, value.source, place)
        for where, operation in value.operations:
            _note_host(walk, edge, where, operation)
        return edge
    if isinstance(value, Mapped):
        _note_host(walk, value.source.spec.name, place, "a function")
        return value.source.spec.name
    if isinstance(value, PendingSums):
        return close_without_quantiser(walk, value, name).spec.name
    if not isinstance(value, Activation):
        raise RefusedError([f"{place}: it is {value.what}"])
    return value.spec.name


def _note_host(walk: Walk, edge: str, place: str, operation: str) -> None:
    spec = walk.builder.edges[edge]
    layer = SourceLayer(
        place=place,
        node="",
        operation=operation,
        shape=spec.shape,
        formats=(str(spec.format), "float"),
        scales=(spec.scale,),
        macs=0,
        exactness=Exactness(grade=Grade.FLOAT),
    )
    walk.builder.layers.append(layer)
