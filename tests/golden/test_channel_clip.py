"""Bounds of each channel: golden beside plain Python, torch, C and the package; the core and other exports refuse."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

import t2c
from oracle import plain
from oracle.counterpart import compute
from t2c.golden.arithmetic.channel_clip import ChannelClip
from t2c.golden.arithmetic.mulquant import MulQuant, Widths, mulquant, mulquant_narrow
from t2c.golden.errors import PackageError, RangeError, ShapeError, UnsupportedError
from t2c.golden.graph.package import Package, load_package, save_package
from tests.conftest import ROOT

LOW, HIGH = np.array([-128, -3, 5]), np.array([127, 100, 5])
USUAL = Widths()


def bounded(widths: Widths = USUAL, multiplier: int = 3) -> MulQuant:
    return MulQuant(
        multiplier=np.full(3, multiplier),
        bias=np.array([0, 40, -40]),
        shift=np.full(3, 2),
        lo=-128,
        hi=127,
        widths=widths,
        clip=ChannelClip(channel_lo=LOW, channel_hi=HIGH),
    )


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("wide", [False, True])
def test_each_channel_has_its_bounds_on_every_axis(axis: int, wide: bool) -> None:
    quant = bounded(Widths(acc=48, scale=32, bias=64), (1 << 31) - 1) if wide else bounded()
    acc = np.random.default_rng(2).integers(-400, 400, (5, 3, 4, 3))
    acc = np.moveaxis(acc, 1, axis) if axis != -1 else acc
    found = mulquant(acc, quant, channel_axis=axis)
    for place, value in np.ndenumerate(acc):
        c = place[axis]
        m, b, s = (int(v[c]) for v in (quant.multiplier, quant.bias, quant.shift))
        expected = plain.mulquant(int(value), m, b, s, mode="half_up", zp=0, lo=int(LOW[c]), hi=int(HIGH[c]))
        assert found[place] == expected
    assert mulquant_narrow(acc, quant, channel_axis=axis).dtype == np.int8


def test_bounds_that_cannot_be() -> None:
    with pytest.raises(RangeError, match=r"channel_lo\[1\] = 3 is above channel_hi\[1\] = 2"):
        ChannelClip(channel_lo=np.array([0, 3]), channel_hi=np.array([0, 2]))
    with pytest.raises(ShapeError, match="are not equal vectors"):
        ChannelClip(channel_lo=np.array([0, 3]), channel_hi=np.array([4]))
    with pytest.raises(RangeError, match=r"channel_lo..channel_hi: -128..127 is outside -128..126"):
        dataclasses.replace(bounded(), hi=126)
    with pytest.raises(ShapeError, match="channel_lo: 3 bounds for 1 channels of constants"):
        dataclasses.replace(bounded(), multiplier=np.ones(1, int), bias=np.ones(1, int), shift=np.ones(1, int))


@pytest.fixture(scope="module")
def package() -> Package:
    """The digits network with bounds in its last layer."""
    digits = load_package(ROOT / "examples" / "digits_w8a8")
    node = digits.graph.node("fc")
    quant = node.stage
    assert isinstance(quant, MulQuant)
    clip = ChannelClip(channel_lo=np.arange(-30, -20), channel_hi=np.arange(10, 20))
    nodes = tuple(
        dataclasses.replace(n, mulquant=dataclasses.replace(quant, clip=clip)) if n is node else n
        for n in digits.graph.nodes
    )
    return dataclasses.replace(digits, graph=dataclasses.replace(digits.graph, nodes=nodes))


def test_a_package_holds_them(package: Package, tmp_path: Path) -> None:
    save_package(package, tmp_path / "made")
    again = load_package(tmp_path / "made")
    for name, values in package.graph.run(package.samples[:20]).items():
        assert np.array_equal(again.graph.run(package.samples[:20])[name], values)
    node = again.graph.node("fc")
    held = {constant.name: constant for constant in node.constants}
    assert held["channel_lo"].values.tolist() == list(range(-30, -20))
    assert held["channel_hi"].storage.axes == "O"
    document = json.loads((tmp_path / "made" / "graph.json").read_text())
    assert document["nodes"][-1]["mulquant"]["clip"] == {"channel_lo": "fc.channel_lo", "channel_hi": "fc.channel_hi"}
    assert all("clip" not in entry.get("mulquant", {}) for entry in document["nodes"][:-1])
    document["nodes"][-1]["mulquant"]["clip"] = {"channel_lo": "fc.channel_lo"}
    del document["graph_sha256"]
    (tmp_path / "made" / "graph.json").write_text(json.dumps(document))
    with pytest.raises(PackageError, match="node 'fc': field 'mulquant': field 'clip': field 'channel_hi' is missing"):
        load_package(tmp_path / "made")


def test_the_counterpart_has_them(package: Package) -> None:
    *_, (node, arguments, output) = package.graph.steps(package.samples[:20])
    assert np.array_equal(output, compute(node, arguments, package.graph.inputs_of(node)))
    assert (output.max(axis=0) <= np.arange(10, 20)).all()
    assert (output == np.arange(10, 20)).any()


def test_the_core_refuses_them_by_name(package: Package) -> None:
    with pytest.raises(UnsupportedError, match="layer 'fc': bounds for each channel; the core has one lo and one hi"):
        t2c.compile_program(package)
