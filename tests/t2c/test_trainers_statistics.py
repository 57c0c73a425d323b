"""Matching statistics: each channel gets its float mean and spread back, and few bits need it."""

from __future__ import annotations

import copy

import pytest
import torch
from small_nets import SHAPES, Dense, built, images
from torch import Tensor, nn

from t2c.calibration import calibrate, unquantised
from t2c.data.split import Split, Splits
from t2c.fusion import NetFuser
from t2c.layers.weighted import QWeighted
from t2c.network import QNetwork
from t2c.trainers import QAT
from t2c.trainers.statistics import match_statistics


def calibrated(kind: type[nn.Module], bits: int = 2) -> tuple[QNetwork, Tensor]:
    x = images(kind, 64)
    net = NetFuser(built(kind), weight_bits=bits, activation_bits=bits).fuse(x)
    with calibrate(net):
        net(x)
    return net.eval(), x


def moments(net: QNetwork, x: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and spread of every channel before ReLU, by layer, from the layers' own definition."""
    found = {}
    with torch.no_grad():
        tensors = net.tensors(x)
        for wire in net.wires:
            layer = net.layers[wire.name]
            if isinstance(layer, QWeighted):
                y = layer.normalised(tensors[wire.inputs[0]]).transpose(0, 1).flatten(1)
                found[wire.name] = y.mean(1), y.std(1, correction=0)
    return found


@pytest.mark.parametrize("kind", SHAPES)
def test_every_channel_gets_its_float_mean_back_and_its_spread_where_there_is_a_gamma(kind: type[nn.Module]) -> None:
    net, x = calibrated(kind)
    with unquantised(net):
        wanted = moments(net, x)
    before = moments(net, x)
    match_statistics(net, x)
    after = moments(net, x)
    moved = 0
    for name, (mean, spread) in wanted.items():
        layer = net.layers[name]
        if not layer.beta.requires_grad:
            continue
        torch.testing.assert_close(after[name][0], mean, rtol=1e-4, atol=1e-4)
        moved += not torch.allclose(before[name][0], mean, atol=1e-3)
        if layer.gamma is not None:
            gain = (after[name][1] / spread)[after[name][1] > 0]
            assert ((gain - 1).abs() < 1e-3).sum() >= len(gain) // 2  # the others met the limit
    assert moved > 0


def test_selections_of_a_concatenation_stay_exact() -> None:
    net, x = calibrated(Dense)
    before = {name: copy.deepcopy(layer.state_dict()) for name, layer in net.layers.items() if "part" in name}
    match_statistics(net, x)
    assert before
    for name, state in before.items():
        assert all(torch.equal(state[key], value) for key, value in net.layers[name].state_dict().items())


def test_qat_matches_below_four_bits_and_only_a_fresh_network() -> None:
    x = images(Dense, 32)
    part = Split(images=x, labels=torch.arange(32) % 3)
    data = Splits(train=part, calibration=part, test=part)
    assert QAT(built(Dense), data, weight_bits=2, activation_bits=4).match
    assert QAT(built(Dense), data, weight_bits=4, activation_bits=3).match
    assert not QAT(built(Dense), data, weight_bits=4, activation_bits=4).match  # although selections have 2 bits
    assert not QAT(built(Dense), data, weight_bits=2, activation_bits=2, match=False).match
    net, _ = calibrated(Dense)
    assert not QAT(net, data).match


def test_fit_matches_before_it_trains() -> None:
    x = images(Dense, 32)
    part = Split(images=x, labels=torch.arange(32) % 3)
    data = Splits(train=part, calibration=part, test=part)
    plain, matched = (
        QAT(built(Dense), data, weight_bits=2, activation_bits=2, epochs=0, match=match).fit()
        for match in (False, True)
    )
    twin = copy.deepcopy(plain)
    match_statistics(twin, x)
    assert torch.equal(twin.layers["b_0"].beta, matched.layers["b_0"].beta)
    assert not torch.equal(plain.layers["b_0"].beta, matched.layers["b_0"].beta)
