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
from t2c.contract.hardware import Hardware
from t2c.data import glyphs, scenes
from t2c.example_models import NAMES
from t2c.example_models.glyphs import SAMPLES
from t2c.example_models.seeded import seed_weights
from t2c.example_models.settings import repeatable
from t2c.golden.graph.package import Package, load_package
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.mapping.compiler import compile_program
from t2c.models.basic_block import BasicBlock
from t2c.models.bottleneck import Bottleneck
from t2c.models.mobilenet_v1 import BLOCKS, MobileNetV1
from t2c.models.mobilenet_v2 import MobileNetV2, channels_of
from t2c.models.resnet18 import ResNet18
from t2c.models.resnet20 import ResNet20
from t2c.models.resnet50 import ResNet50
from t2c.models.vgg import VGG
from t2c.models.zoo import build_model
from t2c.nn2chip import T2C
from tests.core_model.running import run_and_hold_to_golden

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


@pytest.mark.parametrize(
    ("name", "classes", "count"),
    [  # torchvision's; those for CIFAR: counted by hand from the tables of the papers
        ("resnet50", 1000, 25_557_032),
        ("mobilenet_v2_224", 1000, 3_504_872),
        ("mobilenet_v1_224", 1000, 4_231_976),
        ("resnet18_cifar", 10, 11_689_512 - 3 * 64 * (49 - 9) - 990 * 513),
        ("resnet50_cifar", 10, 25_557_032 - 3 * 64 * (49 - 9) - 990 * 2049),
        ("mobilenet_v2", 10, 3_504_872 - 990 * 1281),
        ("vgg11", 10, 9_220_480 - 2_752 + 2 * 2_752 + 5_130),  # torchvision's features: weights and biases
        ("vgg16", 10, 14_714_688 - 4_224 + 2 * 4_224 + 5_130),
    ],
)
def test_parameter_counts_by_name(name: str, classes: int, count: int) -> None:
    assert parameters(on_meta(lambda: build_model(name, classes=classes))) == count


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


def test_resnet50_has_the_shapes_of_the_paper() -> None:
    shapes = stages(on_meta(ResNet50), torch.empty(1, 3, 224, 224, device="meta"))
    assert (shapes["conv1"], shapes["maxpool"]) == ((64, 112, 112), (64, 56, 56))
    assert [shapes[f"layer{i}"] for i in (1, 2, 3, 4)] == [(256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7)]
    assert (shapes["avgpool"], shapes["fc"]) == ((2048, 1, 1), (1000,))
    model = ResNet50(width=1)
    assert [len(part) for part in (model.layer1, model.layer2, model.layer3, model.layer4)] == [3, 4, 6, 3]
    assert [block.conv2.stride[0] for block in model.layer2] == [2, 1, 1, 1]
    assert isinstance(model.layer1[0].downsample[0], nn.Conv2d)
    assert isinstance(model.layer1[1].downsample, nn.Identity)


@pytest.mark.parametrize(("kind", "expansion"), [(ResNet18, 1), (ResNet50, 4)])
def test_small_images_stay_large_in_the_form_for_cifar(kind: type[nn.Module], expansion: int) -> None:
    shapes = stages(on_meta(lambda: kind(width=8, classes=10, stem="cifar")), torch.empty(1, 3, 32, 32, device="meta"))
    assert shapes["conv1"] == shapes["maxpool"] == (8, 32, 32)
    sides = [(8 * expansion * 2**i, 32 >> i, 32 >> i) for i in range(4)]
    assert [shapes[f"layer{i + 1}"] for i in range(4)] == sides


def test_vgg_has_the_blocks_of_the_paper() -> None:
    for depth, blocks in {11: (1, 1, 2, 2, 2), 16: (2, 2, 3, 3, 3)}.items():
        model = on_meta(lambda depth=depth: VGG(depth, width=2))
        letters = "".join(type(module).__name__[0] for module in model.features)
        assert letters == "".join("CBR" * count + "M" for count in blocks)
        assert stages(model, torch.empty(1, 3, 32, 32, device="meta"))["features"] == (16, 1, 1)
        assert sum(isinstance(module, nn.Conv2d | nn.Linear) for module in model.modules()) == depth - 2


def test_other_forms_and_depths_are_refused() -> None:
    for kind in (ResNet18, ResNet50, MobileNetV1, MobileNetV2):
        with pytest.raises(ValueError, match=r"^stem: 'mnist' is neither imagenet nor cifar$"):
            kind(stem="mnist")
    with pytest.raises(ValueError, match=r"^depth: 12 is none of 11, 13, 16, 19$"):
        VGG(12)


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


def test_mobilenet_v1_has_the_paper_s_stride_in_the_form_for_imagenet() -> None:
    model = on_meta(lambda: MobileNetV1(0.25, stem="imagenet"))
    shapes = stages(model, torch.empty(1, 3, 224, 224, device="meta"))
    assert (shapes["conv1"], shapes["blocks"]) == ((8, 112, 112), (256, 7, 7))


@pytest.mark.parametrize(
    ("stem", "size", "sides"),
    [
        ("imagenet", 224, [112] + 2 * [56] + 3 * [28] + 7 * [14] + 4 * [7]),
        ("cifar", 32, 3 * [32] + 3 * [16] + 7 * [8] + 4 * [4]),
    ],
)
def test_mobilenet_v2_has_the_strides_that_it_says(stem: str, size: int, sides: list[int]) -> None:
    model = on_meta(lambda: MobileNetV2(stem=stem))
    shapes = stages(model, torch.empty(1, 3, size, size, device="meta"))
    assert shapes["conv1"] == (32, sides[0], sides[0])
    assert shapes["conv2"] == (1280, sides[-1], sides[-1])
    blocks = stages(model.blocks, torch.empty(1, 32, sides[0], sides[0], device="meta"))
    assert [blocks[str(i)][1] for i in range(17)] == sides
    assert [blocks[str(i)][0] for i in (0, 1, 3, 6, 10, 13, 16)] == [16, 24, 32, 64, 96, 160, 320]
    assert sum(block.adds for block in model.blocks) == 10
    hidden = [block.depthwise.groups for block in model.blocks]
    assert (hidden[0], hidden[1], hidden[-1]) == (32, 96, 960)


def test_mobilenet_v2_rounds_its_channels_as_published() -> None:
    """To multiples of 8, never below 0.9: 11 would become 8, which is less than 0.9 of 11."""
    assert [channels_of(count) for count in (1, 8.4, 11, 12, 33.6, 44.8)] == [8, 8, 16, 16, 32, 48]
    assert on_meta(lambda: MobileNetV2(0.25)).conv2.weight.shape[:2] == (1280, 80)
    assert on_meta(lambda: MobileNetV2(1.4)).conv2.weight.shape[:2] == (1792, 448)


def test_the_shortcut_is_a_convolution_only_where_the_shape_changes() -> None:
    assert isinstance(BasicBlock(4, 4).downsample, nn.Identity)
    assert isinstance(Bottleneck(16, 4).downsample, nn.Identity)
    for block in (BasicBlock(4, 8), BasicBlock(4, 4, stride=2), Bottleneck(8, 4), Bottleneck(16, 4, stride=2)):
        assert isinstance(block.downsample[0], nn.Conv2d)


SMALL = {
    "resnet20": lambda: (ResNet20(width=4), glyphs.split(8, 1, 0).images),
    "mobilenet_v1": lambda: (MobileNetV1(0.125), glyphs.split(8, 1, 0).images),
    "resnet18": lambda: (ResNet18(width=8, classes=20), scenes.load(4, size=64)),
    "resnet50": lambda: (ResNet50(width=2, classes=10), scenes.load(4, size=64)),
    "resnet18_cifar": lambda: (ResNet18(width=4, classes=10, stem="cifar"), scenes.load(4, size=8)),
    "vgg11": lambda: (VGG(11, width=2), glyphs.split(8, 1, 0).images),
    "mobilenet_v2": lambda: (MobileNetV2(0.125), scenes.load(4, size=16)),
}
COUNTS = {
    "resnet20": {Conv2d: 21, Add: 9, AveragePool2d: 1, Linear: 1},
    "mobilenet_v1": {Conv2d: 27, AveragePool2d: 1, Linear: 1},
    "resnet18": {Conv2d: 20, Add: 8, MaxPool2d: 1, AveragePool2d: 1, Linear: 1},
    "resnet50": {Conv2d: 53, Add: 16, MaxPool2d: 1, AveragePool2d: 1, Linear: 1},
    "resnet18_cifar": {Conv2d: 20, Add: 8, AveragePool2d: 1, Linear: 1},
    "vgg11": {Conv2d: 8, MaxPool2d: 5, Linear: 1},
    "mobilenet_v2": {Conv2d: 52, Add: 12, AveragePool2d: 1, Linear: 1},
}


ON_THE_CORE = ("resnet50", "resnet18_cifar", "vgg11", "mobilenet_v2")
"""The others are among the examples, which run there anyway."""


def run_on_the_core(package: Package) -> None:
    """Hold every word of the model of a small core to golden."""
    widths = package.graph.widths
    hardware = Hardware(rows=8, cols=8, scale_w=widths.scale, bias_w=widths.bias)
    run_and_hold_to_golden(package, compile_program(package.graph, "all", hardware))


@pytest.mark.sample(3)
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
    package = load_package(tmp_path / name)
    graph = package.graph
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
    if name in ON_THE_CORE:
        run_on_the_core(package)
    if name == "mobilenet_v2":
        sums = [node for node in graph.nodes if isinstance(node, Add)]
        assert all(graph.edges[node.output].signed for node in sums)
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
