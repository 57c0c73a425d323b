"""What every quantiser promises: one value on both paths, nothing moves after calibration, copies, errors by name."""

from __future__ import annotations

import copy

import pytest
import torch
from quantiser_cases import ACTIVATIONS, CASES, WEIGHTS, Case, calibrated, normal

from t2c.calibration import calibrate
from t2c.errors import CalibrationError
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.quantisers import AdaRound, _QBase

EVERY = sorted({*WEIGHTS, *ACTIVATIONS}, key=lambda kind: kind.__name__)


@pytest.mark.sample(3)
@pytest.mark.parametrize("case", CASES)
def test_both_paths_have_the_same_value(case: Case) -> None:
    quantiser, x = case()
    calibrated(quantiser, x)
    for y in (x, 100 * x, 0 * x):
        if isinstance(quantiser, AdaRound) and y is not x:
            continue
        step, integers = quantiser.step(y).detach(), quantiser.integers(y)
        assert torch.equal(quantiser(y), step * (integers - quantiser.zero_point))
        assert torch.equal(quantiser.inference()(y), integers)
        quantiser.inference(False)
        assert step.dtype == torch.float32
        assert step.shape == quantiser.scale.shape
        assert bool((step > 0).all())
    assert int(quantiser.integers(x).unique().numel()) > 1


@pytest.mark.sample(3)
@pytest.mark.parametrize("case", CASES)
def test_nothing_moves_after_calibration(case: Case) -> None:
    quantiser, x = case()
    calibrated(quantiser, x)
    before = copy.deepcopy(quantiser.state_dict())
    wanted = quantiser(x).detach()
    for mode in (True, False):
        quantiser.train(mode)
        y = x.clone().requires_grad_()
        quantiser(y).sum().backward()
        quantiser(y * 0.5)
        quantiser.integers(y)
        quantiser.inference()(y)
        quantiser.inference(False)
    after = quantiser.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert torch.equal(quantiser(x), wanted)


@pytest.mark.sample(3)
@pytest.mark.parametrize("case", CASES)
def test_copies_and_state_dicts_are_the_same_quantiser(case: Case) -> None:
    quantiser, x = case()
    fresh = copy.deepcopy(quantiser)
    calibrated(quantiser, x)
    with torch.no_grad():
        for parameter in quantiser.parameters():
            parameter.mul_(0.7)  # somewhere that calibration does not lead to
    fresh.load_state_dict(quantiser.state_dict())
    moved = copy.deepcopy(quantiser).to("meta")
    assert all(tensor.is_meta for tensor in (*moved.parameters(), *moved.buffers()))
    for other in (fresh, copy.deepcopy(quantiser)):
        assert torch.equal(other(x), quantiser(x))
        assert torch.equal(other.integers(x), quantiser.integers(x))
        assert len(list(other.parameters())) == len(list(quantiser.parameters()))


@pytest.mark.sample(3)
@pytest.mark.parametrize("case", CASES)
def test_no_optimiser_step_breaks_a_step_size(case: Case) -> None:
    quantiser, x = case()
    calibrated(quantiser, x)
    for value in (0.0, -1.0, -1e-30, 1e-30, -3e4):
        for parameter in quantiser.parameters():
            torch.nn.init.constant_(parameter, value)
        y = x.clone().requires_grad_()
        quantiser(y).square().sum().backward()
        assert bool((quantiser.step(x) > 0).all())
        assert bool(torch.isfinite(y.grad).all())
        assert all(p.grad is None or bool(torch.isfinite(p.grad).all()) for p in quantiser.parameters())
        assert torch.equal(quantiser(x), quantiser.step(x) * (quantiser.integers(x) - quantiser.zero_point))
    for parameter in quantiser.parameters():
        if not isinstance(quantiser, AdaRound):
            torch.nn.init.constant_(parameter, float("nan"))
            with pytest.raises(RangeError, match=rf"^{quantiser.name}: the learned parameter is a NaN"):
                quantiser.integers(x)


@pytest.mark.sample(3)
@pytest.mark.parametrize("case", CASES)
def test_several_batches_calibrate_like_one(case: Case) -> None:
    quantiser, x = case()
    other = copy.deepcopy(quantiser)
    if quantiser.name == "w":
        calibrated(quantiser, x)
        calibrated(other, x, x)
    else:
        calibrated(quantiser, x)
        calibrated(other, x[:2], x[2:])
    torch.testing.assert_close(other.step(x), quantiser.step(x), rtol=1e-6, atol=0)
    assert int(other.zero_point) == int(quantiser.zero_point)


@pytest.mark.sample(3)
@pytest.mark.parametrize("case", CASES)
def test_wrong_use_is_one_line_with_the_name(case: Case) -> None:
    quantiser, x = case()
    for call in (quantiser, quantiser.integers):
        with pytest.raises(CalibrationError, match=rf"^{quantiser.name}: not calibrated[^\n]*$"):
            call(x)
    for value in (float("nan"), float("inf"), -float("inf")):
        bad = x.clone()
        bad.flatten()[5] = value
        with (
            pytest.raises(RangeError, match=rf"^{quantiser.name}: the tensor holds a NaN[^\n]*$"),
            calibrate(quantiser),
        ):
            quantiser(bad)
        calibrated(quantiser, x)
        for call in (quantiser, quantiser.integers):
            with pytest.raises(RangeError, match=rf"^{quantiser.name}: the tensor holds a NaN[^\n]*$"):
                call(bad)


@pytest.mark.sample(3)
@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("bits", [-1, 0, 1, 17, 4.0, True])
def test_bits_out_of_range_are_refused(kind: type[_QBase], bits: object) -> None:
    with pytest.raises(RangeError, match=r"^conv7: bits = [^\n]*$"):
        kind(bits, name="conv7")


@pytest.mark.sample(3)
@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("bits", range(2, 9))
def test_widths_that_a_method_does_not_have_are_refused_with_the_reason(kind: type[_QBase], bits: int) -> None:
    if bits in kind.widths:
        assert kind(bits).format.bits <= 8
        return
    with pytest.raises(UnsupportedError, match=rf"^conv7: {kind.__name__} has no {bits} bits, only 2, 3, .*: .{{20}}"):
        kind(bits, name="conv7")


@pytest.mark.parametrize("kind", [kind for kind in WEIGHTS if kind.__name__ not in ("MinMax", "LSQ")])
def test_weight_quantisers_refuse_activations(kind: type[_QBase]) -> None:
    for options in ({"signed": False, "symmetric": True}, {"signed": True}, {"symmetric": False}):
        with pytest.raises(UnsupportedError, match=rf"^relu: {kind.__name__} quantises weights, not activations: "):
            kind(4, name="relu", **options)
    with pytest.raises(UnsupportedError, match=r"^w: .* quantises weights"):
        _ = calibrated(kind(4, name="w"), normal(3, 4)).reading


@pytest.mark.parametrize("kind", EVERY)
def test_a_tensor_of_zeros_stays_zero(kind: type[_QBase]) -> None:
    for shape in ((), (3, 1)):
        if shape and kind not in WEIGHTS:
            continue
        quantiser = calibrated(kind(4, scale_shape=shape), torch.zeros(3, 5))
        assert bool((quantiser.integers(torch.zeros(3, 5)) == 0).all())
        assert bool((quantiser.step(torch.zeros(3, 5)) > 1e-3).all())


@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("bits", [2, 4])
def test_per_channel_is_per_tensor_on_each_channel(kind: type[_QBase], bits: int) -> None:
    w = normal(5, 3, 2, 2) * torch.tensor([1.0, 0.01, 5.0, 0.3, 2.0])[:, None, None, None]
    whole = calibrated(kind(bits, scale_shape=(5, 1, 1, 1)), w)
    for c in range(5):
        alone = calibrated(kind(bits), w[c : c + 1].clone())
        torch.testing.assert_close(whole.step(w)[c].reshape(()), alone.step(w[c : c + 1]), rtol=1e-6, atol=0)
        assert torch.equal(whole.integers(w)[c], alone.integers(w[c : c + 1])[0])
