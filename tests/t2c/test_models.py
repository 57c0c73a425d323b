"""The models that ship: published sizes, shapes, and that each becomes integers without a warning."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from t2c.calibration import unquantised
from t2c.data import glyphs, scenes
from t2c.example_models import NAMES
from t2c.example_models.glyphs import SAMPLES
from t2c.example_models.resnet18 import seed_weights
from t2c.example_models.settings import repeatable
from t2c.golden.graph.package import load_package
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.models.basic_block import BasicBlock
from t2c.models.mobilenet_v1 import BLOCKS, MobileNetV1
from t2c.models.resnet18 import ResNet18
from t2c.models.resnet20 import ResNet20
from t2c.nn2chip import T2C

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small networks wait for a second thread more than it helps."""
    with repeatable():
        yield


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def on_meta(make: Callable[[], nn.Module]) -> nn.Module:
    """The model without memory or arithmetic: only shapes."""
    with torch.device("meta"):
        return make()


def test_parameter_counts_are_the_published_ones() -> None:
    assert parameters(on_meta(ResNet18)) == 11_689_512  # torchvision's; the paper's 11.7 million
    assert parameters(on_meta(lambda: MobileNetV1(1.0, classes=1000))) == 4_231_976  # the paper's 4.2 million
    assert parameters(on_meta(lambda: MobileNetV1(0.25, classes=1000))) == 470_072  # the paper's 0.5 million
    option_b = sum(inputs * 2 * inputs + 2 * 2 * inputs for inputs in (16, 32))
    assert parameters(on_meta(ResNet20)) - option_b == 269_722  # with the paper's option A: 0.27 million


def stages(model: nn.Module, x: Tensor) -> dict[str, tuple[int, ...]]:
    """Shapes behind the top-level modules."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, module in model.named_children():
        module.register_forward_hook(lambda _m, _i, y, name=name: shapes.__setitem__(name, tuple(y.shape[1:])))
    model.eval()(x)
    return shapes


def test_resnet18_has_the_shapes_of_the_paper() -> None:
    shapes = stages(on_meta(ResNet18), torch.empty(1, 3, 224, 224, device="meta"))
    assert shapes["conv1"] == (64, 112, 112)
    assert shapes["maxpool"] == shapes["layer1"] == (64, 56, 56)
    assert shapes["layer2"] == (128, 28, 28)
    assert shapes["layer3"] == (256, 14, 14)
    assert shapes["layer4"] == (512, 7, 7)
    assert (shapes["avgpool"], shapes["fc"]) == ((512, 1, 1), (1000,))


def test_resnet20_has_the_shapes_of_the_paper() -> None:
    shapes = stages(on_meta(ResNet20), torch.empty(1, 3, 32, 32, device="meta"))
    assert shapes["conv1"] == shapes["layer1"] == (16, 32, 32)
    assert (shapes["layer2"], shapes["layer3"]) == ((32, 16, 16), (64, 8, 8))
    assert shapes["fc"] == (10,)


def test_mobilenet_has_the_strides_that_it_says() -> None:
    model = on_meta(lambda: MobileNetV1(0.25))
    assert stages(model, torch.empty(1, 3, 32, 32, device="meta"))["conv1"] == (8, 32, 32)
    sides = stages(model.blocks, torch.empty(1, 8, 32, 32, device="meta"))
    assert [sides[str(i)][1] for i in range(len(BLOCKS))] == [32, 16, 16, 8, 8, 4, 4, 4, 4, 4, 4, 2, 2]
    assert sides["12"] == (256, 2, 2)


def test_the_shortcut_is_a_convolution_only_where_the_shape_changes() -> None:
    assert isinstance(BasicBlock(4, 4).downsample, nn.Identity)
    for block in (BasicBlock(4, 8), BasicBlock(4, 4, stride=2)):
        assert isinstance(block.downsample[0], nn.Conv2d)


SMALL = {
    "resnet20": lambda: (ResNet20(width=4), glyphs.split(8, 1, 0).images),
    "mobilenet_v1": lambda: (MobileNetV1(0.125), glyphs.split(8, 1, 0).images),
    "resnet18": lambda: (ResNet18(width=8, classes=20), scenes.load(4, size=64)),
}
COUNTS = {
    "resnet20": {Conv2d: 21, Add: 9, AveragePool2d: 1, Linear: 1},
    "mobilenet_v1": {Conv2d: 27, AveragePool2d: 1, Linear: 1},
    "resnet18": {Conv2d: 20, Add: 8, MaxPool2d: 1, AveragePool2d: 1, Linear: 1},
}


@pytest.mark.parametrize("name", SMALL)
def test_a_narrow_one_becomes_integers_without_a_warning(name: str, tmp_path: Path) -> None:
    """nn2chip compares torch with golden on every tensor."""
    model, images = SMALL[name]()
    seed_weights(model, images)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chip = T2C(model, calibration=images, name=name)
        net = chip.nn2chip(images[:2], directory=tmp_path / name)
    assert max(net.scale_errors().values()) < 1e-3
    graph = load_package(tmp_path / name).graph
    kinds = {kind: sum(type(node) is kind for node in graph.nodes) for kind in COUNTS[name]}
    assert kinds == COUNTS[name]
    assert sum(kinds.values()) == len(graph.nodes) - 1  # and one flatten
    with torch.no_grad(), unquantised(chip.qnet):
        wanted = chip.qnet.tensors(images)
    with torch.no_grad():
        got = chip.qnet.tensors(images)
    for wire in net.wires[:6]:  # further down, an untrained network amplifies every difference
        gap = got[wire.name] - wanted[wire.name]
        assert float(gap.square().mean().sqrt()) < 0.1 * float(wanted[wire.name].std()), wire.name
    if name == "mobilenet_v1":
        depthwise = [node for node in graph.nodes if isinstance(node, Conv2d) and node.groups > 1]
        assert [node.groups for node in depthwise] == [node.weight.shape[0] for node in depthwise]
        assert len(depthwise) == len(BLOCKS)


def test_relu6_lowers_the_upper_bound() -> None:
    model, images = SMALL["mobilenet_v1"]()
    seed_weights(model, images)
    with torch.no_grad():
        model.bn1.weight.mul_(40)
    chip = T2C(model, calibration=images)
    chip.convert()
    assert chip.net is not None
    reading = chip.net.layer("conv1").reading
    assert round(6 / reading.scale) == chip.net.requantisers()["conv1"].stage.hi == 255


def test_seeded_weights_neither_die_nor_blow_up() -> None:
    """Also on images that the statistics were not taken over."""
    model = seed_weights(ResNet18(width=16), scenes.load(8, size=96))
    unseen = scenes.load(12, size=96)[8:]
    spreads: dict[str, Tensor] = {}
    for name, module in model.named_modules():
        if isinstance(module, BasicBlock):
            module.register_forward_hook(lambda _m, _i, y, name=name: spreads.__setitem__(name, y))
    with torch.no_grad():
        model(unseen)
    assert len(spreads) == 8
    for name, values in spreads.items():
        assert 0.3 < float(values.std()) < 10, name
        assert 0.3 < float((values > 0).double().mean()) < 0.98, name
    gammas = model.layer3[0].bn1.weight.detach()
    assert float(gammas.max() / gammas.min()) > 3
    norm = model.conv1.weight.detach().flatten(1).norm(dim=1)
    assert float(norm.max() / norm.min()) > 3


def test_seeded_weights_are_the_seeds() -> None:
    images = scenes.load(2, size=32)
    one, two, other = (seed_weights(ResNet18(width=4, classes=3), images, seed=seed) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))
    assert not torch.equal(one.conv1.weight, other.conv1.weight)
    assert one.bn1.momentum == 0.1


@pytest.mark.parametrize("name", ["resnet20", "mobilenet_v1"])
def test_shipped_package(name: str) -> None:
    assert name in NAMES
    package = load_package(EXAMPLES / name)
    test = glyphs.load(train=0, calibration=0).test
    np.testing.assert_array_equal(package.labels, test.labels[:SAMPLES].numpy())
    scale = np.float32(package.graph.edges["input"].scale)
    np.testing.assert_array_equal(package.samples, np.rint(test.images[:SAMPLES].numpy() / scale).astype(int))
    metrics = package.metrics
    assert metrics["accuracy_float"] > 0.93
    assert metrics["accuracy_integer"] > metrics["accuracy_float"] - 0.01
    answers = package.graph.run(package.samples)[package.graph.output].argmax(1)
    assert np.mean(answers == package.labels) > 0.85
    assert sum(path.stat().st_size for path in (EXAMPLES / name).iterdir()) < 1 << 20
