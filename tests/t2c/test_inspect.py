"""`t2c inspect`: every figure against one computed another way, by torch or by hand."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from t2c.__main__ import main
from t2c.commands.figures import layer_figures, package_figures, packed
from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package, load_package, save_package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.matmul import Matmul
from t2c.models.digits_cnn import DigitsCNN
from t2c.models.mobilenet_v1 import MobileNetV1
from t2c.models.resnet20 import ResNet20
from tests.every_op import every_op_package


def inspect(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["inspect", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def torch_macs(model: nn.Module, shape: tuple[int, ...]) -> dict[str, int]:
    """Multiplications of one image, counted by hooks: columns of the unfolded input times outputs of each group."""
    found: dict[str, int] = {}

    def count(name: str) -> object:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            if isinstance(module, nn.Conv2d):
                columns = nn.functional.unfold(
                    inputs[0], module.kernel_size, module.dilation, module.padding, module.stride
                )
                found[name] = columns[0].numel() * module.out_channels // module.groups
            else:
                found[name] = module.in_features * module.out_features

        return hook

    for name, module in model.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(count(name.replace(".", "_")))
    with torch.no_grad():
        model.eval()(torch.zeros(1, *shape))
    return found


@pytest.mark.parametrize(
    ("name", "model", "shape"),
    [
        ("digits_w8a8", DigitsCNN(), (1, 8, 8)),
        ("mobilenet_v1", MobileNetV1(0.25), (3, 32, 32)),
        ("resnet20", ResNet20(), (3, 32, 32)),
    ],
)
def test_macs_and_weights_are_those_of_torch(
    examples: Path, name: str, model: nn.Module, shape: tuple[int, ...]
) -> None:
    figures = package_figures(examples / name, load_package(examples / name))
    wanted = torch_macs(model, shape)
    assert {layer.name: layer.macs for layer in figures.layers if layer.macs} == wanted
    assert figures.totals["macs"] == sum(wanted.values())
    layers = {n.replace(".", "_"): m for n, m in model.named_modules() if isinstance(m, (nn.Conv2d, nn.Linear))}
    assert {layer.name: layer.weights for layer in figures.layers if layer.weights} == {
        layer: module.weight.numel() for layer, module in layers.items()
    }


def test_a_depthwise_layer_of_mobilenet_by_hand(examples: Path) -> None:
    """Block 1: 16 channels, 3 x 3, stride 2, 32 x 32 to 16 x 16; then 16 to 32 channels pointwise."""
    package = load_package(examples / "mobilenet_v1")
    depthwise, pointwise = (
        layer_figures(package.graph, package.graph.node(f"blocks_1_{kind}"), {}) for kind in ("depthwise", "pointwise")
    )
    assert (depthwise.inputs, depthwise.output) == (((16, 32, 32),), (16, 16, 16))
    assert (depthwise.macs, depthwise.weights) == (16 * 16 * 16 * 9, 16 * 9)
    assert (depthwise.weight_bytes, depthwise.constant_bytes) == (144, 16 * (16 + 40 + 6) // 8)
    assert (depthwise.constants, depthwise.activation_bytes) == (3 * 16, 16 * 16 * 16)
    assert (pointwise.macs, pointwise.weights) == (32 * 16 * 16 * 16, 32 * 16)


def test_digits_by_hand(examples: Path) -> None:
    """4 bits: weights and activations two to a byte, the logits 8 bits."""
    path = examples / "digits_w4a4"
    figures = package_figures(path, load_package(path))
    rows = {f.name: (f.operation, f.macs, f.weights, f.weight_bytes, f.activation_bytes) for f in figures.layers}
    assert rows == {
        "conv1": ("conv2d", 16 * 8 * 8 * 9, 16 * 9, 72, 512),
        "conv2": ("conv2d", 16 * 8 * 8 * 144, 16 * 144, 1152, 512),
        "add": ("add", 0, 0, 0, 512),
        "conv3": ("conv2d", 32 * 4 * 4 * 144, 32 * 144, 2304, 256),
        "max_pool": ("max_pool2d", 0, 0, 0, 64),
        "average_pool": ("average_pool2d", 0, 0, 0, 16),
        "flatten": ("flatten", 0, 0, 0, 0),
        "fc": ("linear", 320, 320, 160, 10),
    }
    assert {f.name: f.constants for f in figures.layers if f.constants} == {
        "conv1": 48,
        "conv2": 48,
        "add": 4,
        "conv3": 96,
        "average_pool": 3,
        "fc": 30,
    }
    assert [f.weight_bits for f in figures.layers] == [4, 4, None, 4, None, None, None, 4]
    assert {(f.input_formats, f.output_format) for f in figures.layers if f.name in ("conv1", "add", "fc")} == {
        (("u4",), "u4"),
        (("s4", "u4"), "u4"),
        (("u4",), "s8"),
    }
    assert dict(figures.totals) == {
        "macs": 9216 + 147456 + 73728 + 320,
        "weights": 144 + 2304 + 4608 + 320,
        "constants": 229,
        "parameters": 7376 + 229,
        "weight_bytes": 3688,
        "constant_bytes": 124 + 124 + 10 + 248 + 8 + 78,  # 62 bits a channel, rounded up; an add has 16 + 16 + 40 + 6
        "activation_bytes": 512 * 3 + 256 + 64 + 16 + 10,
        "zeros": sum(f.zeros for f in figures.layers),
    }


def test_accumulator_bits_hold_the_worst_image_and_not_one_bit_less(examples: Path) -> None:
    """The worst accumulator of conv1 from its weights in Python integers: all of one sign, on inputs of 255."""
    package = load_package(examples / "digits_w8a8")
    node = package.graph.node("conv1")
    worst = max(sum(abs(int(w)) for w in channel.reshape(-1)) * 255 for channel in node.weight)
    figures = layer_figures(package.graph, node, {})
    assert -(1 << (figures.accumulator_bits - 1)) <= -worst
    assert worst > (1 << (figures.accumulator_bits - 2)) - 1
    assert figures.declared_bits == 32
    assert layer_figures(package.graph, package.graph.node("max_pool"), {}).accumulator_bits is None


def test_a_product_of_activations() -> None:
    """(2, 3, 5) x (2, 5, 4): five multiplications an output."""
    edges = {
        "a": TensorSpec(name="a", shape=(2, 3, 5), bits=8, signed=True),
        "b": TensorSpec(name="b", shape=(2, 5, 4), bits=8, signed=True),
        "c": TensorSpec(name="c", shape=(2, 3, 4), bits=7, signed=True),
    }
    quant = MulQuant(
        multiplier=np.array([1]), bias=np.array([0]), shift=np.array([9]), lo=-64, hi=63, zero_point=0, widths=Widths()
    )
    node = Matmul(name="c", inputs=("a", "b"), output="c", mulquant=quant)

    class Pair(Graph):
        def __post_init__(self) -> None:
            """Two inputs: more than a graph may have, but all that a layer's figures need."""

    graph = Pair(name="g", widths=Widths(), edges=edges, nodes=(node,), input="a", output="c")
    figures = layer_figures(graph, node, {})
    assert (figures.macs, figures.weights, figures.weight_bits) == (2 * 3 * 4 * 5, 0, None)
    assert figures.accumulator_bits == (5 * 128 * 128).bit_length() + 1
    assert figures.activation_bytes == 21  # 24 values of 7 bits


def test_packed_rounds_up() -> None:
    assert [packed(*pair) for pair in ((0, 3), (1, 2), (8, 3), (9, 3), (5, 8))] == [0, 1, 3, 4, 5]


def with_metrics(package: Package, directory: Path, **metrics: float) -> Path:
    save_package(replace(package, metrics=dict(package.metrics) | metrics), directory)
    return directory


def test_json_says_the_same_and_all_of_it(examples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = load_package(examples / "digits_w4a4")
    path = with_metrics(
        source, tmp_path / "mine", **{"scale_error.conv2": 12.34e-6, "scale_error.fc": 0.0, "step_error.fc": 0.5}
    )
    said = json.loads(inspect(capsys, path, "--json"))
    assert said["sha256"] == hashlib.sha256((path / "tensors.npz").read_bytes()).hexdigest()
    assert (said["name"], said["description"], said["samples"]) == (source.name, source.description, 360)
    assert said["widths"] == {"acc": 32, "scale": 16, "bias": 40}
    assert said["metrics"] == dict(source.metrics)
    assert (said["input_shape"], said["input_format"], said["input_bytes"]) == ([1, 8, 8], "u4", 32)
    errors = {layer["name"]: layer["scale_error"] for layer in said["layers"]}
    assert errors == dict.fromkeys(errors) | {"conv2": 12.34e-6, "fc": 0.0}
    steps = {layer["name"]: layer["step_error"] for layer in said["layers"]}
    assert steps == dict.fromkeys(steps) | {"fc": 0.5}
    fc = said["layers"][-1]
    assert (fc["inputs"], fc["output"], fc["parameters"]) == ([[32]], [10], 350)
    for name, total in said["totals"].items():
        assert total == sum(layer[name] for layer in said["layers"]), name


def test_the_table(examples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = load_package(examples / "digits_w4a4")
    path = with_metrics(
        source, tmp_path / "mine", **{"scale_error.conv2": 12.34e-6, "step_error.conv2": 0.00213, "loss": 0.125}
    )
    lines = [" ".join(line.split()) for line in inspect(capsys, path).splitlines()]
    assert lines[0] == f"package digits_w4a4 ({os.path.relpath(path)})"
    assert lines[1] == f"holds {source.description}"
    assert f"sha256 {hashlib.sha256((path / 'tensors.npz').read_bytes()).hexdigest()} (tensors)" in lines
    for fact in ("widths acc 32, scale 16, bias 40 bits", "input 1x8x8 u4, 32 bytes an image", "samples 360"):
        assert fact in lines
    assert "accuracy_float 99.44%" in lines
    assert "loss 0.125" in lines
    bits = {node.name: node.accumulator_bits(source.graph.inputs_of(node)) for node in source.graph.nodes[:2]}
    zeros = {name: f"{(source.graph.node(name).weight == 0).mean():.1%}" for name in ("conv1", "conv2")}
    assert "add add 16x8x8 16x8x8 16x8x8 s4 u4 u4 - - - 4 - - - - 10 512 - -" in lines
    assert (
        f"conv1 conv2d 1x8x8 16x8x8 u4 u4 4 9,216 144 48 {bits['conv1']} of 32 - - 72 124 512 {zeros['conv1']} -"
        in lines
    )
    cost = f"147,456 2,304 48 {bits['conv2']} of 32 12.3 ppm 0.0021 1,152 124 512 {zeros['conv2']} -"
    assert f"conv2 conv2d 16x8x8 16x8x8 u4 s4 4 {cost}" in lines
    assert lines[-1].startswith("total 7,605 parameters 230,720 7,376 229 ")
    none = sum(int((source.graph.node(name).weight == 0).sum()) for name in ("conv1", "conv2", "conv3", "fc"))
    assert lines[-1].endswith(f" of 32 3,688 592 1,882 {none / 7376:.1%}")


def test_every_operation_has_a_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = every_op_package()
    save_package(package, tmp_path / "every")
    said = json.loads(inspect(capsys, tmp_path / "every", "--json"))
    assert [(layer["name"], layer["operation"]) for layer in said["layers"]] == [
        (node.name, node.op) for node in package.graph.nodes
    ]
    assert len(inspect(capsys, tmp_path / "every").splitlines()) >= len(said["layers"]) + 8
