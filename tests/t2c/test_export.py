"""Export: a failed check writes nothing; what is written reads back as the same network."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
import torch
from small_nets import Nested, Residual, built, images
from torch import Tensor, nn

from t2c.errors import CalibrationError, ExportError
from t2c.fusion import NetFuser
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import PackageError, RangeError, ShapeError
from t2c.golden.graph.package import load_package
from t2c.integer.layers import IntegerConv2d
from t2c.mulquant_constants import fixed_format
from t2c.nn2chip import T2C


def chip(**options: object) -> T2C:
    fuser = functools.partial(NetFuser, weight_bits=4, activation_bits=4)
    return T2C(built(Residual), fuser, calibration=images(Residual), name="residual", **options)


def bytes_of(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


def test_round_trip(tmp_path: Path) -> None:
    x = images(Residual, 9, seed=5)
    labels = torch.arange(9) % 4
    converter = chip()
    net = converter.nn2chip(x, labels, directory=tmp_path / "p", description="small", metrics={"accuracy_float": 0.5})
    package = load_package(tmp_path / "p")
    assert (package.name, package.description) == ("residual", "small")
    assert [node.name for node in package.graph.nodes] == [wire.name for wire in net.wires]
    assert (package.graph.input, package.graph.output) == ("input", "flatten")
    np.testing.assert_array_equal(package.samples, converter.input_integers(x).numpy())
    np.testing.assert_array_equal(package.labels, labels.numpy())
    values = package.graph.run(package.samples)
    for name, tensor in net.tensors(torch.from_numpy(package.samples)).items():
        np.testing.assert_array_equal(tensor.numpy(), values[name])
    hits = np.mean(values["flatten"].argmax(1) == package.labels)
    assert package.metrics["accuracy_integer"] == hits
    assert package.metrics["accuracy_float"] == 0.5
    assert package.metrics["max_scale_error"] == max(net.scale_errors().values()) < 2.0**-14


def test_accuracies_may_be_over_more_images_than_the_package_holds(tmp_path: Path) -> None:
    x = images(Residual, 300, seed=5)
    converter = chip()
    net = converter.convert()
    answers = net(converter.input_integers(x)).argmax(1)
    labels = torch.where(torch.arange(300) % 3 == 0, answers, (answers + 1) % 4)
    labels[:4] = (answers[:4] + 1) % 4  # of the four that are stored, none is right
    chip().nn2chip(x[:4], labels[:4], test=(x, labels), directory=tmp_path / "p")
    package = load_package(tmp_path / "p")
    assert package.samples.shape[0] == 4
    np.testing.assert_array_equal(package.labels, labels[:4].numpy())
    assert package.metrics["accuracy_integer"] == 98 / 300
    assert abs(package.metrics["accuracy_fake_quantised"] - 98 / 300) < 0.05


def test_the_bare_call_writes_the_calibration_data_into_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    converter = chip()
    converter.nn2chip(save_model=True)
    package = load_package(tmp_path / "packages" / "residual")
    np.testing.assert_array_equal(package.samples, converter.input_integers(images(Residual)).numpy())


def test_the_same_network_gives_the_same_bytes(tmp_path: Path) -> None:
    x = images(Residual)
    for name in "ab":
        chip().nn2chip(x, directory=tmp_path / name)
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")


def test_integer_values_follow_the_fake_quantised_ones() -> None:
    x = images(Residual)
    converter = chip()
    net = converter.nn2chip(x, save_model=False)
    with torch.no_grad():
        fake = converter.qnet.tensors(x)
    for name, integers in net.tensors(converter.input_integers(x)).items():
        reading = net.input_reading if name == net.input_name else net.layer(name).reading
        steps = (fake[name] / reading.scale + reading.zero_point - integers).abs()
        assert float((steps < 0.01).double().mean()) > 0.95, name  # the rest: roundings that fell the other way


def test_a_failed_check_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x = images(Residual)
    chip().nn2chip(x, directory=tmp_path / "old")
    before = bytes_of(tmp_path / "old")
    right = IntegerConv2d.forward

    def wrong(self: IntegerConv2d, value: Tensor) -> Tensor:
        result = right(self, value)
        result[-1, 1, 0, 2] ^= 1  # one bit of one pixel of the last sample
        return result

    monkeypatch.setattr(IntegerConv2d, "forward", wrong)
    for target in ("old", "new"):
        with pytest.raises(ExportError, match=r"layer 'stem' at \(15, 1, 0, 2\): torch -?\d+, golden -?\d+"):
            chip().nn2chip(x, directory=tmp_path / target)
    assert bytes_of(tmp_path / "old") == before
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_an_accumulator_that_could_overflow_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="node 'stem': accumulator"):
        chip(widths=Widths(acc=8)).nn2chip(images(Residual), directory=tmp_path / "p")
    assert not list(tmp_path.iterdir())


def test_coarse_constants_are_reported() -> None:
    with pytest.warns(
        UserWarning, match=r"layer '\w+': MulQuant constants can move an output by .* steps; .* off by .*%"
    ):
        chip(choose=fixed_format(12, 4)).convert()


def test_a_saturated_bias_is_reported() -> None:
    converter = chip(choose=fixed_format(4, 12))
    with torch.no_grad():
        converter.qnet.layers["a_0"].beta.fill_(1e3)
    with pytest.warns(UserWarning, match=r"layer 'a_0': MulQuant constants can move .*, their bias by \d\d+"):
        converter.convert()


def test_constants_without_an_integer_form_name_the_layer() -> None:
    class Loud(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(x)

    x = torch.randn(8, 4)
    converter = T2C(Loud(), calibration=x)
    with torch.no_grad():
        converter.qnet.layers["fc"].beta.fill_(1e20)
    with pytest.raises(RangeError, match="layer 'fc': channel 0: scale"):
        converter.convert()


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    x = images(Nested)
    with pytest.raises(CalibrationError, match="calibration data"):
        T2C(built(Nested))
    with pytest.raises(CalibrationError, match="nn2chip needs samples"):
        T2C(chip().qnet).nn2chip()
    with pytest.raises(ShapeError, match="samples"):
        chip().nn2chip(x, save_model=False)
    with pytest.raises(ShapeError, match="labels"):
        chip().nn2chip(images(Residual), torch.zeros(3), save_model=False)
    with pytest.raises(ShapeError, match="test images: shape"):
        chip().nn2chip(images(Residual), test=(images(Nested), torch.zeros(16)), save_model=False)
    with pytest.raises(ShapeError, match=r"labels: shape \(3,\) does not fit 16 test images"):
        chip().nn2chip(images(Residual), test=(images(Residual), torch.zeros(3)), save_model=False)
    (tmp_path / "mine").mkdir()
    with pytest.raises(PackageError, match="not overwritten"):
        chip().nn2chip(images(Residual), directory=tmp_path / "mine")
