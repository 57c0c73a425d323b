"""Damage to ONNX files: to their bytes, and to the numbers, names and nodes that they hold."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, numpy_helper

from tests.fuzz.byte_damage import damaged
from tests.importing.onnx_nets import MICROSOFT, QONNX, Net

INTEGERS = (-(1 << 63), -(1 << 31), -129, -2, -1, 0, 1, 2, 3, 5, 127, 255, 4096, 4097, 1 << 20, 1 << 31, (1 << 63) - 1)
REALS = (0.0, -0.0, -1.0, 1e-45, 1e-30, 0.1, 1.0, 3.4e38, float("inf"), float("nan"))
NAMES = ("", "x", "t0", "c0", "nowhere", "\x1b[2J", "../up", "a" * 300, "\u202e", "all")


def undamaged() -> list[bytes]:
    """Files of every form that is read."""
    return [made().SerializeToString() for made in (_qlinear, _qdq, _qonnx, _binary, _integer, _rows, _heads)]


def _qlinear() -> ModelProto:
    rng = np.random.default_rng(1)
    net = Net((2, 6, 6))

    def scaled(scale: float, zero_point: int) -> tuple[str, str]:
        return net.hold(scale), net.hold(zero_point, np.uint8)

    net.add("QuantizeLinear", "x", *scaled(0.021, 3), name="q0")
    weight = net.hold(rng.integers(-99, 99, (3, 2, 3, 3)), np.int8)
    parts = (weight, net.hold(rng.uniform(0.001, 0.01, 3)), net.hold(np.zeros(3), np.int8))
    bias = net.hold(rng.integers(-999, 999, 3), np.int32)
    net.add("QLinearConv", "q0", *scaled(0.021, 3), *parts, *scaled(0.13, 99), bias, name="q1", pads=[1, 1, 1, 1])
    pair = ("q1", *scaled(0.13, 99)) * 2
    net.add("QLinearAdd", *pair, *scaled(0.27, 90), name="q2", domain=MICROSOFT)
    net.add("MaxPool", "q2", name="q3", kernel_shape=[2, 2], strides=[2, 2])
    both = ("q3", *scaled(0.27, 90)) * 2
    net.add("QLinearConcat", *scaled(0.31, 80), *both, name="q4", domain=MICROSOFT, axis=1)
    net.add("QLinearGlobalAveragePool", "q4", *scaled(0.31, 80), *scaled(0.11, 70), name="q5", domain=MICROSOFT)
    net.add("Flatten", "q5", name="q6")
    weight = net.hold(rng.integers(-99, 99, (6, 4)), np.int8)
    parts = (weight, net.hold(0.01), net.hold(0, np.int8))
    net.add("QLinearMatMul", "q6", *scaled(0.11, 70), *parts, *scaled(0.2, 60), name="q7")
    net.add("DequantizeLinear", "q7", *scaled(0.2, 60), name="y")
    net.add("Softmax", "y", name="p")
    return net.model()


def _qdq() -> ModelProto:
    rng = np.random.default_rng(2)
    net = Net((2, 5, 5))
    scales = iter((0.021, 0.13, 0.17, 0.3))

    def through(source: str) -> str:
        scale, point = net.hold(next(scales)), net.hold(7, np.int8)
        return net.add("DequantizeLinear", net.add("QuantizeLinear", source, scale, point), scale, point)

    first = through("x")
    held = net.hold(rng.integers(-99, 99, (3, 2, 2, 2)), np.int8)
    parts = (net.hold(rng.uniform(0.001, 0.01, 3)), net.hold(np.zeros(3), np.int8))
    weight = net.add("DequantizeLinear", held, *parts, axis=0)
    second = through(net.add("Relu", net.add("Conv", first, weight, net.hold(rng.normal(size=3)))))
    third = through(net.add("Clip", net.add("Add", second, second), net.hold(-1.0), net.hold(1.0)))
    through(net.add("AveragePool", third, kernel_shape=[2, 2]))
    return net.model()


def _qonnx() -> ModelProto:
    rng = np.random.default_rng(3)
    net = Net((3, 5, 5), batch=1)
    net.quant("x", 0.125, 8)
    weight = net.quant(net.hold(rng.normal(size=(4, 3, 3, 3))), rng.uniform(0.1, 0.2, (4, 1, 1, 1)), 3, narrow=1)
    parts = [rng.normal(size=4), rng.normal(size=4), rng.normal(size=4), rng.uniform(0.5, 2, 4)]
    conv = net.add("BatchNormalization", net.add("Conv", "t0", weight), *(net.hold(part) for part in parts))
    net.quant(net.add("Relu", conv), 0.25, 4, signed=0)
    net.add("Reshape", net.last, net.hold([1, -1], np.int64))
    flat, weight = net.last, net.quant(net.hold(rng.normal(size=(5, 36))), 0.3, 2)
    net.add("Gemm", flat, weight, net.hold(rng.normal(size=5)), transB=1)
    return net.model()


def _binary() -> ModelProto:
    rng = np.random.default_rng(4)
    net = Net((8,), batch=1)
    net.add("BipolarQuant", "x", net.hold(1.0), domain=QONNX)
    net.add("MatMul", net.last, net.hold(rng.choice([-1.0, 1.0], (8, 6))))
    net.add("MultiThreshold", net.last, net.hold(np.sort(rng.normal(size=(6, 3)) * 4)), domain=QONNX, out_dtype="UINT2")
    parts = (net.hold(1.0), net.hold(0.0), net.hold(2.0), net.hold(1.0))
    net.add("Trunc", net.last, *parts, domain=QONNX, rounding_mode="FLOOR")
    return net.model()


def _integer() -> ModelProto:
    rng = np.random.default_rng(5)
    net = Net((6,), onnx.TensorProto.UINT8)
    weight = net.hold(rng.integers(-99, 99, (6, 4)), np.int8)
    acc = net.add("Cast", net.add("MatMulInteger", "x", weight, net.hold(7, np.uint8)), to=1)
    net.add("QuantizeLinear", net.add("Mul", acc, net.hold(0.00113)), net.hold(0.71), net.hold(128, np.uint8))
    net.add("MatMulInteger", net.last, net.hold(rng.integers(-9, 9, (4, 3)), np.int8), net.hold(128, np.uint8))
    return net.model(onnx.TensorProto.INT32)


def _rows() -> ModelProto:
    """One image axis, parts, repetitions, padding, weights of uint8, a gate, two outputs."""
    rng = np.random.default_rng(6)
    net = Net((2, 6))

    def through(source: str, scale: float, name: str) -> str:
        parts = (net.hold(scale), net.hold(99, np.uint8))
        return net.add("DequantizeLinear", net.add("QuantizeLinear", source, *parts), *parts, name=name)

    def whole(*numbers: int) -> str:
        return net.hold(numbers, np.int64)

    first = through("x", 0.021, "r0")
    parts = (net.hold(0.0057), net.hold(151, np.uint8))
    weight = net.add("DequantizeLinear", net.hold(rng.integers(0, 256, (4, 2, 3)), np.uint8), *parts)
    rows = through(net.add("Conv", first, weight, net.hold(rng.normal(size=4)), pads=[1, 1]), 0.13, "r1")
    part = net.add("Slice", rows, whole(1), whole(5), whole(2), whole(2))
    again = net.add(
        "Resize",
        part,
        "",
        net.hold([1.0, 1, 3]),
        mode="nearest",
        nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )
    gate = through(net.add("GlobalAveragePool", again), 0.11, "r2")
    product = through(net.add("Mul", again, gate), 0.17, "r3")
    net.add("Pad", product, whole(0, 0, 1, 0, 0, 1))
    model = net.model()
    model.graph.output.append(onnx.helper.make_tensor_value_info("r1", onnx.TensorProto.FLOAT, None))
    return model


def _heads() -> ModelProto:
    """Averages that leave padding out, parts of one tensor, a difference, a function of two uses of one tensor."""
    net = Net((2, 4, 4))
    parts = (net.hold(0.021), net.hold(99, np.uint8))
    x = net.add("DequantizeLinear", net.add("QuantizeLinear", "x", *parts), *parts)
    mean = net.add("AveragePool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    y = net.add("DequantizeLinear", net.add("QuantizeLinear", mean, *parts), *parts)
    net.nodes.append(onnx.helper.make_node("Split", [y, net.hold([1, 1], np.int64)], ["a", "b"], axis=1))
    less = net.add("QuantizeLinear", net.add("Sub", "a", "b"), *parts)
    swish = net.add("DequantizeLinear", less, *parts)
    net.add("QuantizeLinear", net.add("Mul", swish, net.add("Sigmoid", swish)), *parts)
    return net.model(onnx.TensorProto.UINT8)


def damaged_model(data: bytes, rng: Random) -> bytes:
    """A file with faults in its bytes or in what they mean."""
    if rng.random() < 0.3:
        return damaged(data, rng)
    model = onnx.load_from_string(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        rng.choice((_node, _attribute, _constant, _constant, _shape, _wires, _wires, _header))(model, rng)
    try:
        return bytes(model.SerializeToString())
    except ValueError:  # a text that is no UTF-8
        return damaged(data, rng)


def _node(model: ModelProto, rng: Random) -> None:
    nodes = model.graph.node
    if not nodes:
        return
    index = rng.randrange(len(nodes))
    kind = rng.randrange(5)
    if kind == 0:
        del nodes[index]
    elif kind == 1:
        nodes.append(nodes[index])
    elif kind == 2:
        nodes[index].op_type = rng.choice([*(node.op_type for node in nodes), "Loop", "LSTM", "Softmax", ""])
    elif kind == 3:
        nodes[index].domain = rng.choice(("", MICROSOFT, QONNX, "onnx.brevitas", "else.where"))
    else:
        nodes[index].name = rng.choice(NAMES)


def _attribute(model: ModelProto, rng: Random) -> None:
    found = [each for node in model.graph.node for each in node.attribute]
    node = rng.choice(model.graph.node) if model.graph.node else None
    if not found or node is None or rng.random() < 0.2:
        if node is not None:
            name = rng.choice(("axis", "group", "transA", "alpha", "perm", "auto_pad", "ceil_mode", "strides", "pads"))
            value: Any = rng.choice((rng.choice(INTEGERS), 0.5, "SAME_UPPER", [rng.choice(INTEGERS), 1], [0, 1, 1, 0]))
            if name not in {each.name for each in node.attribute}:
                node.attribute.append(onnx.helper.make_attribute(name, value))
        return
    each = rng.choice(found)
    kind = rng.randrange(4)
    if kind == 0:
        each.i = rng.choice(INTEGERS)
        if each.ints:
            each.ints[rng.randrange(len(each.ints))] = rng.choice(INTEGERS)
    elif kind == 1:
        each.ints.append(rng.choice(INTEGERS))
    elif kind == 2:
        each.type = rng.randrange(12)
    else:
        each.s, each.f = rng.choice(NAMES).encode(errors="replace"), rng.choice(REALS)


def _constant(model: ModelProto, rng: Random) -> None:
    if not model.graph.initializer:
        return
    tensor = rng.choice(model.graph.initializer)
    kind = rng.randrange(6)
    if tensor.external_data:
        return
    try:
        values = numpy_helper.to_array(tensor).copy()
    except (ValueError, KeyError, TypeError, NotImplementedError):  # it is damaged already
        return
    if kind == 0:
        if values.size and values.dtype.kind == "f":
            values.flat[rng.randrange(values.size)] = rng.choice(REALS)
        elif values.size and values.dtype.kind in "iu":
            info = np.iinfo(values.dtype)
            values.flat[rng.randrange(values.size)] = rng.choice((info.min, info.max, 0))
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    elif kind == 1:
        tensor.data_type = rng.randrange(26)
    elif kind == 2:
        tensor.dims.append(rng.choice(INTEGERS))
    elif kind == 3 and tensor.dims:
        tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(INTEGERS)
    elif kind == 4:
        tensor.CopyFrom(numpy_helper.from_array(values.reshape(-1)[: rng.randrange(values.size + 1)], tensor.name))
    else:
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="/etc/passwd")


def _shape(model: ModelProto, rng: Random) -> None:
    if not model.graph.input:
        return
    kind = model.graph.input[0].type.tensor_type
    extents = kind.shape.dim
    if rng.random() < 0.2:
        kind.elem_type = rng.randrange(26)
    elif extents and rng.random() < 0.8:
        extents[rng.randrange(len(extents))].dim_value = rng.choice(INTEGERS)
    elif extents and rng.random() < 0.5:
        extents[rng.randrange(len(extents))].dim_param = "H"
    else:
        extents.add(dim_value=rng.choice((1, 2, 3)))


def _wires(model: ModelProto, rng: Random) -> None:
    if not model.graph.node:
        return
    node, other = rng.choice(model.graph.node), rng.choice(model.graph.node)
    ends = rng.choice((node.input, node.input, node.output))
    if not ends:
        return
    kind = rng.randrange(4)
    if kind == 0:
        ends[rng.randrange(len(ends))] = rng.choice(NAMES)
    elif kind == 1 and other.input:
        ends[rng.randrange(len(ends))] = rng.choice(other.input)
    elif kind == 2 and other.output:
        ends[rng.randrange(len(ends))] = rng.choice(other.output)
    else:
        del ends[rng.randrange(len(ends))]


def _header(model: ModelProto, rng: Random) -> None:
    kind = rng.randrange(5)
    if kind == 0 and model.opset_import:
        rng.choice(model.opset_import).version = rng.choice(INTEGERS)
    elif kind == 1:
        model.producer_name = rng.choice(NAMES)
    elif kind == 2 and model.graph.output:
        model.graph.output[0].name = rng.choice([*NAMES, *(name for node in model.graph.node for name in node.output)])
    elif kind == 3:
        model.graph.output.extend(list(model.graph.output))
    else:
        model.graph.input.extend(list(model.graph.input))
