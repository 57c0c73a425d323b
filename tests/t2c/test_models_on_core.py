"""Inverted residuals and bottlenecks on the core: signed sums, ReLU6 and depthwise convolutions, word by word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from torch import Tensor, nn

import t2c
from t2c.contract.hardware import Hardware
from t2c.data import scenes
from t2c.example_models.seeded import seed_weights
from t2c.example_models.settings import repeatable
from t2c.golden.graph.package import Package, load_package
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.conv2d import Conv2d
from t2c.mapping.compiler import compile_program
from t2c.models.bottleneck import Bottleneck
from t2c.models.mobilenet_v2 import InvertedResidual
from t2c.nn2chip import T2C
from tests.core_model.running import run_and_hold_to_golden


class Blocks(nn.Module):
    """Behind a convolution both kinds of block, with and without a shortcut, with and without an expansion."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.body = nn.Sequential(
            InvertedResidual(4, 4, stride=1, expansion=1),
            InvertedResidual(4, 4, stride=1, expansion=3),
            InvertedResidual(4, 6, stride=2, expansion=2),
            Bottleneck(6, 2),
            Bottleneck(8, 2),
        )
        self.fc = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.body(self.conv(x)).mean((2, 3)))
        return y


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The blocks with large gammas in front of the ReLU6 of their depthwise convolutions, so that these clip."""
    images = scenes.load(4, size=12)
    directory = tmp_path_factory.mktemp("nets") / "blocks"
    with repeatable():
        model = Blocks()
        seed_weights(model, images)
        for module in model.modules():
            if isinstance(module, InvertedResidual):
                module.bn1.weight.data.mul_(6)
        T2C(model, calibration=images, name="blocks").nn2chip(images[:2], directory=directory)
    return load_package(directory)


def test_linear_bottlenecks_stay_signed_and_relu6_clips(package: Package) -> None:
    """A sum that nothing clips takes negative values; what ReLU6 gives ends at 6, and some of it is there."""
    graph = package.graph
    values = graph.run(package.samples)
    sums = [node for node in graph.nodes if isinstance(node, Add)]
    assert [graph.edges[node.output].signed for node in sums] == [True, True, False, False]
    for node in sums[:2]:
        assert values[node.output].min() < 0 < values[node.output].max()
        assert (node.stage.lo, node.stage.hi) == (-128, 127)
    depthwise = [node for node in graph.nodes if isinstance(node, Conv2d) and node.groups > 1]
    assert [node.groups for node in depthwise] == [4, 12, 8]
    for node in depthwise:
        edge = graph.edges[node.output]
        assert not edge.signed
        assert node.stage.hi * edge.scale == pytest.approx(6, rel=1e-6)
        assert np.count_nonzero(values[node.output] == node.stage.hi) > 1


def test_every_word_on_the_model_of_the_core(package: Package) -> None:
    widths = package.graph.widths
    hardware = Hardware(rows=4, cols=4, scale_w=widths.scale, bias_w=widths.bias)
    run_and_hold_to_golden(package, compile_program(package.graph, "all", hardware))


@pytest.mark.slow
def test_every_word_on_the_rtl(package: Package, sim_output: Path) -> None:
    result = t2c.simulate(package, hardware=Hardware(rows=4, cols=4), out=sim_output)
    assert result.passed, result
    assert len(result.figures["layers"]) > 15
