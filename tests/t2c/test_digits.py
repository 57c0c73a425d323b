"""The shipped example packages, and that building them again works and is repeatable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from t2c import make_model
from t2c.common.command import run
from t2c.common.errors import UserError
from t2c.data.digits import load
from t2c.example_models.digits import NAMES, build
from t2c.golden.graph.package import Package, load_package
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.max_pool2d import MaxPool2d

EXAMPLES = Path(__file__).parents[2] / "examples"
TOLERANCE = {"digits_w8a8": 0.005, "digits_w4a4": 0.02}


@pytest.fixture(scope="session")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages with bounds, built again in full."""
    directory = tmp_path_factory.mktemp("examples")
    assert make_model.main(["--out", str(directory), "--models", ",".join(TOLERANCE)]) == 0
    return directory


def check_accuracies(package: Package) -> None:
    logits = package.graph.run(package.samples)[package.graph.output]
    assert package.metrics["accuracy_integer"] == np.mean(logits.argmax(1) == package.labels)
    gap = package.metrics["accuracy_float"] - package.metrics["accuracy_integer"]
    assert gap <= TOLERANCE[package.name]
    assert package.metrics["accuracy_float"] > 0.97


@pytest.mark.parametrize("name", TOLERANCE)
def test_shipped_package(name: str) -> None:
    package = load_package(EXAMPLES / name)
    check_accuracies(package)
    data = load().test
    np.testing.assert_array_equal(package.labels, data.labels.numpy())
    bits = {"digits_w8a8": 8, "digits_w4a4": 4}[name]
    scale = package.graph.edges["input"].scale
    np.testing.assert_array_equal(package.samples, np.rint(data.images.numpy() / np.float32(scale)).astype(int))
    nodes = {node.name: node for node in package.graph.nodes}
    assert list(nodes) == ["conv1", "conv2", "add", "conv3", "max_pool", "average_pool", "flatten", "fc"]
    kinds = {Conv2d, Linear, Add, MaxPool2d, AveragePool2d}
    assert kinds <= {type(node) for node in nodes.values()}
    assert all(nodes[layer].weight_bits == bits for layer in ("conv1", "conv2", "conv3", "fc"))
    edges = package.graph.edges
    formats = {edge: str(edges[edge].format) for edge in ("input", "conv1", "conv2", "add", "conv3", "fc")}
    unsigned = dict.fromkeys(("input", "conv1", "add", "conv3"), f"u{bits}")
    assert formats == unsigned | {"conv2": f"s{bits}", "fc": "s8"}
    assert all(edge.zero_point == 0 for edge in edges.values())


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", TOLERANCE)
def test_a_full_rebuild_meets_the_bounds(rebuilt: Path, name: str) -> None:
    check_accuracies(load_package(rebuilt / name))


@pytest.mark.campaign
def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    for directory in ("a", "b"):
        assert [name for name, _ in build(tmp_path / directory, epochs=2)] == list(NAMES)
    for name in NAMES:
        for path in (tmp_path / "a" / name).iterdir():
            assert path.read_bytes() == (tmp_path / "b" / name / path.name).read_bytes(), path


def test_splits_are_disjoint_and_complete() -> None:
    data = load()
    assert (len(data.test), len(data.calibration), len(data.train)) == (360, 200, 1237)
    assert float(data.train.images.min()) == 0.0
    assert float(data.train.images.max()) == 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", "0"], "--epochs: invalid positive integer"),
        (["--epochs", "x"], "--epochs: invalid positive integer"),
        (["--nonsense"], "unrecognized arguments"),
        (["--out", __file__], "File exists"),
        (["--models", "digits_w8a8,vgg"], "--models: no example package 'vgg'; there are digits_w8a8, digits_w4a4, "),
    ],
)
def test_a_user_error_is_one_line_and_status_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_info:
        run(lambda: make_model.main(arguments), extra=(UserError,))
    assert exit_info.value.code == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("error: ")
    assert message in captured.err
    assert not captured.out


def test_one_package_can_be_made_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert make_model.main(["--out", str(tmp_path), "--models", "digits_w4a4", "--epochs", "1"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["digits_w4a4"]
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["package", "digits_w4a4"]
