"""Quantisers against a slow reference, their gradient, their freeze, and one written by a user."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_nets import Residual, built, images
from torch import Tensor

from t2c.calibration import calibrate
from t2c.errors import CalibrationError
from t2c.fusion import NetFuser
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.nn2chip import T2C
from t2c.quantisers import MinMax, _QBase
from tests.conftest import tries


def slow_minmax(x: np.ndarray, bits: int, signed: bool, symmetric: bool) -> tuple[list[int], float, int]:
    """MinMax per tensor, element by element: (integers, scale, zero point)."""
    f = np.float32
    lo = -(2 ** (bits - 1)) if signed else 0
    hi = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
    low, high = f(min(0.0, *x.tolist())), f(max(0.0, *x.tolist()))
    scale = max(-low, high) / f(hi) if symmetric else (high - low) / f(2**bits - 1)
    zero_point = 0 if symmetric or not scale > 0 else lo - round(float(low / scale))
    scale = f(scale) if scale > 0 else f(1)
    return [min(max(round(float(f(v) / scale)) + zero_point, lo), hi) for v in x], float(scale), zero_point


def calibrated(quantiser: _QBase, x: Tensor) -> _QBase:
    with calibrate(quantiser):
        quantiser(x)
    return quantiser


@settings(max_examples=tries(200))
@given(
    values=st.lists(st.floats(-1000, 1000, width=32), min_size=2, max_size=20),
    bits=st.integers(2, 8),
    kind=st.sampled_from([(True, True), (True, False), (False, False)]),
)
def test_minmax_equals_the_slow_reference(values: list[float], bits: int, kind: tuple[bool, bool]) -> None:
    signed, symmetric = kind
    x = torch.tensor(values, dtype=torch.float32)
    if float(x.abs().max()) < 1e-30:
        x = x * 0  # subnormal ranges: the scale would underflow
    quantiser = calibrated(MinMax(bits, signed=signed, symmetric=symmetric), x)
    wanted, scale, zero_point = slow_minmax(x.numpy(), bits, signed, symmetric)
    assert float(quantiser.scale) == scale
    assert int(quantiser.zero_point) == zero_point
    assert quantiser.inference()(x).tolist() == wanted
    fake = quantiser.inference(False)(x)
    assert torch.equal(fake, quantiser.scale * (torch.tensor(wanted) - zero_point))
    assert float(quantiser(torch.zeros(1))) == 0.0  # real 0 is representable


def test_per_channel_is_per_tensor_on_each_channel() -> None:
    w = torch.randn(5, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    w[2] = 0
    whole = calibrated(MinMax(4, scale_shape=(5, 1, 1, 1)), w)
    for c in range(5):
        alone = calibrated(MinMax(4), w[c])
        assert torch.equal(whole.integers(w)[c], alone.integers(w[c]))
        assert float(whole.scale[c]) == float(alone.scale)
    assert float(whole.scale[2]) == 1.0


def test_extremes_reach_the_symmetric_ends() -> None:
    quantiser = calibrated(MinMax(4), torch.tensor([-7.0, 3.0]))
    assert quantiser.integers(torch.tensor([-100.0, -7.0, 0.5, 1.5, 7.0, 100.0])).tolist() == [-8, -7, 0, 2, 7, 7]


def test_gradient_passes_straight_through_inside_and_stops_outside() -> None:
    quantiser = calibrated(MinMax(4), torch.tensor([-7.0, 7.0]))
    x = torch.tensor([-20.0, -7.0, 0.3, 6.9, 20.0], requires_grad=True)
    (quantiser(x) * torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])).sum().backward()
    assert x.grad.tolist() == [0.0, 2.0, 3.0, 4.0, 0.0]


def test_neither_training_nor_evaluation_updates_a_frozen_quantiser() -> None:
    x = images(Residual)
    net = NetFuser(built(Residual), activation_bits=4).fuse(x)
    with calibrate(net):
        net(x)
    before = copy.deepcopy(net.state_dict())
    for mode in (True, False):
        net.train(mode)
        net(100 * x).sum().backward()
    T2C(net).nn2chip(50 * x, save_model=False)
    after = net.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_uncalibrated_use_is_refused_by_name() -> None:
    x = images(Residual)
    net = NetFuser(built(Residual)).fuse(x)
    for mode in (True, False):
        with pytest.raises(CalibrationError, match="input: not calibrated"):
            net.train(mode)(x)
    with pytest.raises(CalibrationError, match="not calibrated"):
        T2C(net).convert()
    with pytest.raises(CalibrationError, match=r"stem\.output: calibration ended without any data"), calibrate(net):
        pass


def test_a_calibration_that_fails_leaves_nothing_half_done() -> None:
    x = images(Residual)
    net = NetFuser(built(Residual)).fuse(x)

    def interrupted() -> None:
        with calibrate(net):
            net(x)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        interrupted()
    with pytest.raises(CalibrationError):
        net(x)


def test_nan_and_infinity_are_refused_with_the_layer_named() -> None:
    x = images(Residual)
    for value in (float("nan"), float("inf")):
        model = built(Residual)
        with torch.no_grad():
            model.stem.weight[0, 0, 0, 0] = value
        with pytest.raises(RangeError, match=r"stem\.weight.*NaN"):
            NetFuser(model).fuse(x)
        net = NetFuser(built(Residual)).fuse(x)
        with torch.no_grad():
            next(each for name, each in net.named_parameters() if name.endswith("stem.weight"))[0, 0, 0, 0] = value
        with pytest.raises(RangeError, match=r"stem\.weight.*NaN"), calibrate(net):
            net(x)
    quantiser = calibrated(MinMax(8), x)
    with pytest.raises(RangeError, match="NaN"):
        quantiser.integers(x * float("nan"))


@pytest.mark.parametrize("bits", [-1, 0, 1, 17, 4.0, True])
def test_bits_out_of_range_are_refused(bits: object) -> None:
    with pytest.raises(RangeError, match="conv7: bits = "):
        MinMax(bits, name="conv7")
    with pytest.raises(RangeError, match="bits = "):
        NetFuser(built(Residual), weight_bits=9 if bits == 17 else bits).fuse(images(Residual))


class PowerOfTwo(_QBase):
    """A user's quantiser: the smallest power-of-two scale that covers the data."""

    def observe(self, x: Tensor) -> None:
        self.track(x)
        reach = torch.maximum(-self.low, self.high) / self.format.hi
        self.set_scale(torch.exp2(torch.ceil(torch.log2(reach.clamp(min=1e-12)))))


class Truncating(MinMax):
    """Another: rounds towards zero instead of to the nearest."""

    def q(self, x: Tensor) -> Tensor:
        scaled = x / self.scale
        return scaled + (scaled.trunc() - scaled).detach()


class Fractional(MinMax):
    """A wrong one: gives halves."""

    def q(self, x: Tensor) -> Tensor:
        return x / self.scale * 0 + 0.5


@pytest.mark.parametrize("kind", [PowerOfTwo, Truncating])
def test_a_quantiser_that_overrides_one_method_goes_all_the_way(kind: type[_QBase]) -> None:
    x = images(Residual)
    net = NetFuser(built(Residual), weight_bits=4, weight_quantiser=kind).fuse(x)
    with calibrate(net):
        net(x)
    T2C(net).nn2chip(x, save_model=False)
    scale = net.layers["stem"].weight_quantiser.scale
    assert kind is Truncating or torch.equal(torch.log2(scale), torch.log2(scale).round())


def test_a_quantiser_that_gives_no_integers_is_refused() -> None:
    quantiser = calibrated(Fractional(8, name="fc.weight"), torch.ones(3))
    with pytest.raises(RangeError, match=r"fc\.weight: q returned a value that is not an integer"):
        quantiser.inference()(torch.ones(3))


class Unrounded(MinMax):
    """A training path that forgets to round."""

    def fake_quantise(self, x: Tensor) -> Tensor:
        return x


class Following(MinMax):
    """An activation step that follows the tensor."""

    def step(self, x: Tensor | None = None) -> Tensor:
        return self.scale if x is None else x.abs().max() / self.format.hi


@pytest.mark.parametrize("wrong", [Unrounded, Following])
def test_paths_that_differ_are_refused_by_name(wrong: type[_QBase]) -> None:
    x = images(Residual)
    chip = T2C(built(Residual), lambda model: NetFuser(model, activation_quantiser=wrong), calibration=x)
    with pytest.raises(UnsupportedError, match=r"input: fake_quantise is off step \* \(q - zero point\) by"):
        chip.nn2chip(x[:2] * 0.7, save_model=False)


def test_a_huge_value_is_clipped() -> None:
    quantiser = MinMax(8, name="q")
    with calibrate(quantiser):
        quantiser(torch.tensor([-1.0, 1.0]))
    assert quantiser.integers(torch.tensor([3e38, -3e38])).tolist() == [127, -128]
