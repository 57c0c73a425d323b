"""Staircases: against plain comparisons, at every edge, in a package and in ONNX, and refused by name on the core."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from t2c.exports.onnx_check import check_onnx
from t2c.exports.onnx_model import onnx_model
from t2c.golden.arithmetic.multi_threshold import THRESHOLD_HI, THRESHOLD_LO, Thresholds, multi_threshold
from t2c.golden.errors import PackageError, RangeError, ShapeError
from t2c.golden.graph.package import Package, load_package, save_package
from tests.golden.test_package import assert_equal_packages, edit_package, in_edge, in_tensor
from tests.golden.test_row_nodes import in_record
from tests.threshold_net import threshold_package


@pytest.fixture(scope="module")
def package() -> Package:
    return threshold_package()


def test_every_element_of_16_bits_at_every_kind_of_threshold() -> None:
    x = np.arange(-(1 << 15), 1 << 16)
    row = [THRESHOLD_LO, THRESHOLD_LO, -1, 0, 0, 7, (1 << 16) - 1, THRESHOLD_HI]
    found = multi_threshold(x, Thresholds(thresholds=np.array([row]), base=-3))
    assert np.array_equal(found, -3 + sum((x >= threshold).astype(int) for threshold in row))
    assert (found.min(), found.max()) == (-1, 4)  # all reach the first two, none the last


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_channels_lie_along_any_axis(axis: int) -> None:
    rng = np.random.default_rng(1)
    stairs = Thresholds(thresholds=np.sort(rng.integers(-99, 99, (3, 5)), axis=1), base=2)
    x = np.moveaxis(rng.integers(-99, 99, (3, 4, 2)), 0, axis)
    found = np.moveaxis(multi_threshold(x, stairs, channel_axis=axis % 3), axis, 0)
    for channel in range(3):
        alone = Thresholds(thresholds=stairs.thresholds[channel : channel + 1], base=2)
        assert np.array_equal(found[channel], multi_threshold(np.moveaxis(x, axis, 0)[channel], alone))


@pytest.mark.parametrize(
    ("thresholds", "base", "error", "text"),
    [
        ([[1, 0]], 0, RangeError, r"thresholds\[0, 1\] is below the one before it"),
        ([[0, 1], [3, 2]], 0, RangeError, r"thresholds\[1, 1\] is below"),
        ([[THRESHOLD_HI + 1]], 0, RangeError, r"thresholds\[0, 0\] = 65537 is outside -32768..65536"),
        ([[THRESHOLD_LO - 1]], 0, RangeError, "is outside -32768..65536"),
        ([[0.5]], 0, RangeError, "is not an integer type"),
        ([[0]], 1 << 16, RangeError, "base = 65536 is outside"),
        ([0, 1], 0, ShapeError, r"shape \(2,\) is not \(1, K\) or \(C, K\)"),
        (np.zeros((0, 3), int), 0, ShapeError, r"shape \(0, 3\)"),
    ],
)
def test_what_is_no_staircase(thresholds: object, base: int, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Thresholds(thresholds=np.asarray(thresholds), base=base)


def test_other_operands_are_refused() -> None:
    stairs = Thresholds(thresholds=np.array([[0], [1]]))
    with pytest.raises(ShapeError, match=r"axis 1 of shape \(4, 3\) does not have 2 channels"):
        multi_threshold(np.zeros((4, 3), int), stairs)
    with pytest.raises(ShapeError, match=r"axis 1 of shape \(4,\)"):
        multi_threshold(np.zeros(4, int), stairs)
    with pytest.raises(RangeError, match="is not an integer type"):
        multi_threshold(np.zeros((4, 2)), stairs)
    with pytest.raises(RangeError, match="= 65536 is outside"):
        multi_threshold(np.full((1, 2), 65536), stairs)


def test_a_package_keeps_them(package: Package, tmp_path: Path) -> None:
    save_package(package, tmp_path / "stairs")
    loaded = load_package(tmp_path / "stairs")
    assert_equal_packages(package, loaded)
    nodes = json.loads((tmp_path / "stairs" / "graph.json").read_text())["nodes"]
    assert nodes[1]["multi_threshold"] == {"base": -4, "thresholds": "steps.thresholds"}
    values = loaded.graph.run(loaded.samples)
    assert len(np.unique(values["steps"])) >= 6
    assert len(np.unique(values["y"])) == 4


DAMAGES = {
    "falling": (in_tensor("steps.thresholds", 65536), "node 'steps': thresholds[0, 1] is below the one before it"),
    "base": (in_record("steps", "multi_threshold", base=-5), "node 'steps': base = -5 is outside -4..3"),
    "top": (in_record("steps", "multi_threshold", base=-3), "node 'steps': base + thresholds = 4 is outside -4..3"),
    "input": (in_edge("x", bits=9), "node 'sums': edge 'x' has 9 bits; conv2d has at most 8 there"),
    "channels": (
        lambda document, tensors: tensors.update({"steps.thresholds": tensors["steps.thresholds"][:2]}),
        "node 'steps': thresholds: those of 2 channels for shape (3, 3, 3)",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_refused_by_name(damage: str, package: Package, tmp_path: Path) -> None:
    edit, message = DAMAGES[damage]
    save_package(package, tmp_path / "stairs")
    edit_package(tmp_path / "stairs", edit)
    with pytest.raises(PackageError, match=re.escape(message)):
        load_package(tmp_path / "stairs")


def test_onnxruntime_compares_alike(package: Package) -> None:
    assert check_onnx(onnx_model(package.graph).SerializeToString(), package.graph, package.samples) > 0
