"""What is no network of quantised integers, or none that is read: one line with every reason, and nothing written."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from t2c.importing.errors import RefusedError
from t2c.importing.importer import import_file
from tests.conftest import ROOT
from tests.importing.onnx_nets import Net, imported

U8 = onnx.TensorProto.UINT8


def scaled(net: Net, scale: float, zero_point: int) -> tuple[str, str]:
    return net.hold(scale), net.hold(zero_point, np.uint8)


def quantised(shape: tuple[int, ...] = (2, 4, 4), **more: Any) -> Net:
    net = Net(shape, **more)
    net.add("QuantizeLinear", "x", *scaled(net, 0.1, 3), name="q")
    net.add("DequantizeLinear", "q", *scaled(net, 0.1, 3), name="r")
    return net


def convolved(**form: Any) -> Net:
    """QLinearConv with one thing that is not as it should be."""
    net = Net(form.pop("shape", (2, 4, 4)), U8)
    scale, zero_point = form.pop("scale", 0.1), form.pop("zero_point", 3)
    weight = np.asarray(form.pop("weight", np.ones((3, 2, 2, 2))))
    kind, point = form.pop("kind", np.int8), form.pop("weight_point", 0)
    bias = form.pop("bias", np.zeros(3, np.int32))
    net.add(
        "QLinearConv",
        "x",
        net.hold(0.1),
        net.hold(3, np.uint8),
        net.hold(weight, kind),
        net.hold(form.pop("weight_scale", 0.01)),
        net.hold(point, form.pop("point_kind", kind)),
        net.hold(scale),
        net.hold(zero_point, form.pop("end_kind", np.uint8)),
        net.hold(bias, bias.dtype),
        name="y",
        **form,
    )
    return net


def then(op: str, *constants: Any, **attributes: Any) -> Net:
    """A float operator behind a quantised input."""
    net = quantised(attributes.pop("shape", (2, 4, 4)))
    net.add(op, "r", *(net.hold(each, np.asarray(each).dtype) for each in constants), name="y", **attributes)
    return net


def float_network() -> Net:
    net = Net((2, 4, 4))
    net.add("Conv", "x", net.hold(np.full((3, 2, 2, 2), 0.3)), name="conv1")
    net.add("Relu", "conv1", name="y")
    return net


def quant(**more: Any) -> Net:
    net = Net((4,))
    net.quant("x", more.pop("scale", 0.1), more.pop("bits", 4), **more)
    return net


def dense(weight: Any, op: str = "MatMul") -> Net:
    net = quantised((4,))
    net.add(op, "r", net.hold(weight), name="y")
    return net


REFUSED: dict[str, tuple[Callable[[], Net], str]] = {
    "a float network": (
        float_network,
        "node 0 (Conv 'conv1'): tensor 'x' is a float that nothing has quantised",
    ),
    "float weights": (lambda: dense(np.full((4, 3), 0.3)), "node 2 (MatMul 'y'): its weights are floats that nothing"),
    "an unknown operator": (lambda: then("LSTM"), "node 2 (LSTM 'y'): operator 'LSTM' is not imported"),
    "an unknown domain": (
        lambda: then("Conv", domain="my.own"),
        "node 2 (Conv 'y'): operator 'Conv' of domain 'my.own' is not imported",
    ),
    "quantised as it runs": (lambda: then("DynamicQuantizeLinear"), "operator 'DynamicQuantizeLinear' is not imported"),
    "a negative scale": (lambda: convolved(scale=-0.1), "node 0 (QLinearConv 'y'): scale -0.10000000149011612 is not"),
    "a scale of 0": (lambda: convolved(weight_scale=0.0), "node 0 (QLinearConv 'y'): scale 0.0 is not positive"),
    "a scale for each channel of an activation": (
        lambda: convolved(scale=[0.1, 0.2]),
        "2 scales; an activation",
    ),
    "scales of another count": (lambda: convolved(weight_scale=[0.1, 0.2]), "2 scales for shape (3, 2, 2, 2)"),
    "a zero point of another type": (
        lambda: convolved(end_kind=np.int32),
        "an activation of int32; int8",
    ),
    "a zero point outside the format": (
        lambda: quant(zero_point=8.0),
        "node 0 (Quant 't0'): zero point 8.0 is none of s4",
    ),
    "a zero point that is not whole": (
        lambda: quant(zero_point=0.5),
        "node 0 (Quant 't0'): zero point 0.5 is none",
    ),
    "weights of another type than their zero point": (
        lambda: convolved(point_kind=np.uint8),
        "node 0 (QLinearConv 'y'): a zero point of uint8 for values of int8",
    ),
    "a float bias": (
        lambda: convolved(bias=np.zeros(3, np.float32)),
        "a bias of float32, shape (3,); 3 int32",
    ),
    "a bias of another length": (lambda: convolved(bias=np.zeros(2, np.int32)), "a bias of int32, shape (2,); 3 int32"),
    "sums beyond int32": (
        lambda: convolved(bias=np.full(3, 2147483647, np.int32)),
        "node 0 (QLinearConv 'y'): sums of",
    ),
    "a channel count that does not fit": (
        lambda: convolved(shape=(3, 4, 4)),
        "node 0 (QLinearConv 'y'): weights (3, 2, 2, 2) of 1 groups for 3 channels",
    ),
    "groups that do not fit": (lambda: convolved(group=3), "weights (3, 2, 2, 2) of 3 groups for 2 channels"),
    "a kernel larger than the image": (lambda: convolved(shape=(2, 1, 1)), "node 0 (QLinearConv 'y'): window: dilated"),
    "a stride of 0": (lambda: convolved(strides=[0, 1]), "node 0 (QLinearConv 'y'): strides = (0, 1), dilations"),
    "negative padding": (lambda: convolved(pads=[-1, 0, -1, 0]), "node 0 (QLinearConv 'y'): padding = -1 is outside"),
    "three strides": (lambda: convolved(strides=[1, 1, 1]), "attribute strides = (1, 1, 1) is not 2 integers"),
    "an attribute of another type": (lambda: convolved(group="2"), "attribute group = '2' is no integer"),
    "an unknown padding": (lambda: convolved(auto_pad="ALL"), "node 0 (QLinearConv 'y'): auto_pad = 'ALL'"),
    "three image axes": (
        lambda: convolved(shape=(2, 4, 4, 4), weight=np.ones((3, 2, 2, 2, 2))),
        "shapes (N, 2, 4, 4, 4) and (3, 2, 2, 2, 2); maps (N, C, H, W) or rows (N, C, L) are convolved",
    ),
    "a hanging window": (
        lambda: then("AveragePool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, count_include_pad=1),
        "ceil_mode = 1: windows that hang",
    ),
    "an average with a hundred divisors": (
        lambda: then("AveragePool", shape=(1, 18, 18), kernel_shape=[17, 17], pads=[8, 8, 8, 8]),
        "node 2 (AveragePool 'y'): padding that does not count, in 289 parts",
    ),
    "a slice of the batch": (
        lambda: then("Slice", np.array([1]), np.array([2]), np.array([0])),
        "node 2 (Slice 'y'): axis 0 of 4, of which the first, the batch, stays",
    ),
    "nothing of an axis": (
        lambda: then("Slice", np.array([3]), np.array([3]), np.array([2])),
        "nothing is left of axis 2",
    ),
    "uneven elements": (
        lambda: then("Gather", np.array([0, 3, 1]), axis=2),
        "elements [0, 3, 1] of 4, which no equal steps give",
    ),
    "a mirror": (
        lambda: then("Pad", np.array([0, 0, 1, 0, 0, 0, 0, 0]), mode="reflect"),
        "mode 'reflect'; constant is read",
    ),
    "padding by no integer": (
        lambda: then("Pad", np.array([0, 0, 1, 0, 0, 0, 0, 0]), np.float32(0.07)),
        "node 2 (Pad 'y'): it pads with 0.07, which is no integer of u8",
    ),
    "an interpolation": (
        lambda: then("Resize", np.zeros(0, np.float32), np.array([1, 1, 2, 2], np.float32), mode="linear"),
        "node 2 (Resize 'y'): mode 'linear', or axes; nearest is read",
    ),
    "parts of other lengths": (
        lambda: then("Split", np.array([1, 4]), axis=2),
        "node 2 (Split 'y'): 4 in parts of [1, 4]",
    ),
    "a reshape of the batch": (
        lambda: then("Reshape", np.array([2, 16])),
        "shape (2, 16); the first extent",
    ),
    "a reshape to another size": (lambda: then("Reshape", np.array([-1, 31])), "shape (31,) for 32 elements a sample"),
    "a transposed batch": (
        lambda: then("Transpose", perm=[1, 0, 2, 3]),
        "perm = (1, 0, 2, 3) of 4 axes, of which",
    ),
    "a factor of every element": (
        lambda: then("Mul", np.ones((2, 4, 4), np.float32)),
        "node 2 (Mul 'y'): a constant of shape (2, 4, 4) for sums of shape (N, 2, 4, 4)",
    ),
    "a division by 0": (lambda: then("Div", np.float32(0)), "node 2 (Div 'y'): a division by an activation or by 0"),
    "a variance below 0": (
        lambda: then("BatchNormalization", *(np.full(2, value, np.float32) for value in (1, 0, 0, -1))),
        "node 2 (BatchNormalization 'y'): parameters of other lengths, or a variance that is not positive",
    ),
    "an unknown rounding": (
        lambda: quant(rounding_mode="STOCHASTIC"),
        "rounding_mode 'STOCHASTIC'; there are ROUND",
    ),
    "half a bit": (lambda: quant(bits=2.5), "node 0 (Quant 't0'): a bit width of 2.5"),
    "no bits": (lambda: quant(bits=0), "node 0 (Quant 't0'): a bit width of 0"),
    "20 bits": (lambda: quant(bits=20), "bits = 20 is outside 2..16"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_reason_names_the_node_and_the_tensor(case: str, tmp_path: Path) -> None:
    made, text = REFUSED[case]
    with pytest.raises(RefusedError, match=re.escape(text)) as caught:
        imported(made().model(), tmp_path)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == [tmp_path / "net.onnx"]


def edited(edit: Callable[[onnx.ModelProto], object]) -> onnx.ModelProto:
    model = convolved().model(U8)
    edit(model)
    return model


def add_external(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[2]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")
    tensor.ClearField("raw_data")


def add_subgraph(model: onnx.ModelProto) -> None:
    model.graph.node[0].attribute.append(helper.make_attribute("body", model.graph))


def add_input(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("z", U8, ["N", 2]))


def make_infinite(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.float32(np.inf), "c0"))


def set_extent(model: onnx.ModelProto, index: int, extent: Any) -> None:
    dimension = model.graph.input[0].type.tensor_type.shape.dim[index]
    if isinstance(extent, str):
        dimension.dim_param = extent
    else:
        dimension.dim_value = extent


EDITED: dict[str, tuple[Callable[[onnx.ModelProto], object], str]] = {
    "external data": (add_external, "tensor 'c2': its numbers are in another file"),
    "a subgraph": (
        add_subgraph,
        "node 0 (QLinearConv 'y'): attribute 'body': a subgraph or a kind of value",
    ),
    "two inputs": (add_input, "2 inputs ('x', 'z'); networks of one are imported"),
    "an output that nothing makes": (
        lambda m: m.graph.output.append(helper.make_tensor_value_info("z", U8, None)),
        "output 'z': nothing makes it",
    ),
    "a constant as an output": (
        lambda m: m.graph.output.append(helper.make_tensor_value_info("c3", onnx.TensorProto.INT8, None)),
        "output 'c3': it is a constant",
    ),
    "a dynamic height": (
        lambda m: set_extent(m, 2, "H"),
        "input 'x': shape ['N', 2, 'H', 4]; all but the first",
    ),
    "a height of 0": (
        lambda m: set_extent(m, 2, 0),
        "input 'x': shape ['N', 2, 0, 4]; all but the first",
    ),
    "an endless height": (lambda m: set_extent(m, 2, 1 << 40), "is larger than any that is read"),
    "an infinite scale": (make_infinite, "tensor 'c0': a number that is not finite"),
    "operators of tomorrow": (
        lambda m: setattr(m.opset_import[0], "version", 99),
        "version 99 of the operators of ai.onnx; 9 to 28 are known",
    ),
    "operators of a domain of tomorrow": (
        lambda m: setattr(m.opset_import[1], "version", 2),
        "version 2 of the operators of com.microsoft; 1 to 1 are known",
    ),
    "an input from nowhere": (
        lambda m: m.graph.node[0].input.__setitem__(3, "lost"),
        "node 0 (QLinearConv 'y'): tensor 'lost' comes from nowhere",
    ),
    "an input that is left out": (
        lambda m: m.graph.node[0].input.__setitem__(1, ""),
        "node 0 (QLinearConv 'y'): input 1 is missing",
    ),
    "no nodes": (lambda m: m.graph.ClearField("node"), "no ONNX file: it holds no graph with operators"),
    "an output from nowhere": (lambda m: setattr(m.graph.output[0], "name", "lost"), "output 'lost': nothing makes it"),
    "elements of an input that are none": (
        lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", onnx.TensorProto.INT64),
        "input 'x': elements of int64",
    ),
    "a name that controls a terminal": (
        lambda m: (setattr(m.graph.node[0], "op_type", "\x1b[2J"), setattr(m.graph.node[0], "name", "\n")),
        r"node 0 (\x1b[2J '\n'): operator '\x1b[2J' is not imported",
    ),
}


@pytest.mark.parametrize("case", EDITED)
def test_a_file_that_is_none(case: str, tmp_path: Path) -> None:
    edit, text = EDITED[case]
    with pytest.raises(RefusedError, match=re.escape(text)) as caught:
        imported(edited(edit), tmp_path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("length", [0, 1, 10, 100, -1])
def test_a_truncated_file(length: int, tmp_path: Path) -> None:
    path = tmp_path / "cut.onnx"
    path.write_bytes(convolved().model(U8).SerializeToString()[:length])
    with pytest.raises(RefusedError, match="no ONNX file"):
        import_file(path)


def test_every_reason_is_told_at_once(tmp_path: Path) -> None:
    """Three faults that have nothing to do with each other; what follows one of them adds nothing."""
    net = quantised()
    net.add("LSTM", "r", name="a")
    net.add("Relu", "a", name="b")
    net.add("QuantizeLinear", "b", *scaled(net, 0.1, 0), name="c")
    net.add("Mul", "r", net.hold(np.ones((2, 4, 4))), name="d")
    net.add("QuantizeLinear", "r", *scaled(net, -1.0, 0), name="y")
    with pytest.raises(RefusedError) as caught:
        imported(net.model(U8), tmp_path)
    nodes = [re.match(r"node (\d+)", reason) for reason in caught.value.reasons]
    assert [int(found[1]) for found in nodes if found] == [2, 5, 6]
    assert "3 reasons: " in str(caught.value)


def test_on_the_command_line(tmp_path: Path) -> None:
    """One line, status 2, no package."""
    path = tmp_path / "net.onnx"
    path.write_bytes(float_network().model().SerializeToString())
    command = [sys.executable, "-m", "t2c", "import", str(path), "--out", str(tmp_path / "package")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "package").exists()


def test_what_an_unquantised_sum_goes_into(tmp_path: Path) -> None:
    """A residual sum whose branch nobody has quantised."""
    net = quantised()
    conv = net.add("Conv", "r", net.quant(net.hold(np.ones((2, 2, 1, 1))), 0.1, 4), name="conv")
    net.add("QuantizeLinear", net.add("Add", conv, "r", name="sum"), *scaled(net, 0.1, 3), name="y")
    text = (
        "node 4 (Add 'sum'): tensor 'conv' is sums that nothing has quantised, not a quantised activation or a constant"
    )
    with pytest.raises(RefusedError, match=re.escape(text)):
        imported(net.model(U8), tmp_path)
