"""DuQ against scalar loops: values, the gradients of weights, clips and levels, starts, another width in training."""

from __future__ import annotations

import math

import pytest
import torch
from quantiser_cases import SIGNS, calibrated, normal

from t2c.golden.errors import RangeError
from t2c.quantisers import DuQ, DuQActivation
from t2c.quantisers.duq import raw_of
from t2c.trainers.qat import relative_sizes

NEAR = 1e-3


def softplus(raw: float) -> float:
    return math.log1p(math.exp(raw))


def sigmoid(raw: float) -> float:
    return 1 / (1 + math.exp(-raw))


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
def test_weights_per_channel(bits: int) -> None:
    w = normal(3, 40, seed=bits) * torch.tensor([[0.2], [1.0], [4.0]])
    quantiser = calibrated(DuQ(bits, scale_shape=(3, 1)), w)
    top = 2 ** (bits - 1) - 1
    for c, row in enumerate(w.tolist()):
        start = min(0.9 * max(map(abs, row)), 2 * sum(map(abs, row)) / 40 * math.sqrt(top))
        for raw in (quantiser.alpha, quantiser.level):
            assert softplus(float(raw.detach()[c])) == pytest.approx(start, rel=1e-5)
    with torch.no_grad():
        quantiser.alpha.sub_(0.4)  # the clip and the level part, and some weights are outside
        quantiser.level.add_(0.3)
    upstream, x = normal(3, 40, seed=7), w.clone().requires_grad_()
    wanted, slopes = torch.zeros(3, 40), torch.zeros(3, 40)
    clips, levels, outside = torch.zeros(3), torch.zeros(3), 0
    for c in range(3):
        raw_a, raw_c = float(quantiser.alpha.detach()[c]), float(quantiser.level.detach()[c])
        a, level = softplus(raw_a), softplus(raw_c)
        for i in range(40):
            v = float(w[c, i]) / a
            scaled = top * max(-1.0, min(1.0, v))
            if abs(abs(scaled) % 1 - 0.5) < NEAR or abs(abs(v) - 1) < NEAR:
                upstream[c, i] = 0.0
            q, inside, g = round(scaled), abs(v) <= 1, float(upstream[c, i])
            outside += not inside
            wanted[c, i] = level / top * q
            slopes[c, i] = g * level / a if inside else 0.0
            clips[c] -= g * level * v / a * sigmoid(raw_a) if inside else 0.0
            levels[c] += g * q / top * sigmoid(raw_c)
    assert outside > 3
    y = quantiser(x)
    known = upstream != 0
    torch.testing.assert_close(y.detach()[known], wanted[known], rtol=1e-5, atol=1e-6)
    (y * upstream).sum().backward()
    torch.testing.assert_close(x.grad, slopes, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(quantiser.alpha.grad.flatten(), clips, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(quantiser.level.grad.flatten(), levels, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("sign", ["unsigned", "signed"])
def test_activations(sign: str) -> None:
    x = normal(5, 2, 3, 4) * 1.7 + 0.4
    x = x.relu() if sign == "unsigned" else x
    quantiser = calibrated(DuQActivation(3, **SIGNS[sign]), x)
    low, top = (0, 7) if sign == "unsigned" else (-3, 3)
    values = x.flatten().tolist()
    start = min(0.9 * max(map(abs, values)), 2 * sum(map(abs, values)) / len(values) * math.sqrt(top))
    raw = float(quantiser.alpha.detach())
    assert softplus(raw) == pytest.approx(start, rel=1e-5)
    assert float(quantiser.step().detach()) == pytest.approx(start / top, rel=1e-5)
    upstream, total = normal(len(values), seed=3), 0.0
    wanted, slopes = [], []
    for i, value in enumerate(values):
        v = value / start
        scaled = max(float(low), min(float(top), top * v))
        if (abs(abs(scaled) % 1 - 0.5) < NEAR or abs(abs(v) - 1) < NEAR) and v:
            upstream[i] = 0.0
        q, g = round(scaled), float(upstream[i])
        inside = low <= top * v <= top
        wanted.append(start / top * q)
        slopes.append(g if inside else 0.0)
        total += g * (q / top - v if inside else math.copysign(1, v)) * sigmoid(raw)
    y = x.clone().requires_grad_()
    out = quantiser(y).flatten()
    known = upstream != 0
    torch.testing.assert_close(out.detach()[known], torch.tensor(wanted)[known], rtol=1e-5, atol=1e-6)
    (out * upstream).sum().backward()
    torch.testing.assert_close(y.grad.flatten(), torch.tensor(slopes), rtol=1e-5, atol=1e-6)
    assert float(quantiser.alpha.grad) == pytest.approx(total, rel=1e-3, abs=1e-4)


def test_raw_values_are_exact_from_tiny_to_large() -> None:
    values = torch.tensor([1e-6, 1e-3, 0.5, 1.0, 20.0, 3e4, 0.0])
    got = torch.nn.functional.softplus(raw_of(values))
    torch.testing.assert_close(got, torch.tensor([1e-6, 1e-3, 0.5, 1.0, 20.0, 3e4, 1.0]), rtol=1e-5, atol=0)


@pytest.mark.parametrize("size", [1e-3, 1.0, 50.0])
def test_a_relative_rate_moves_every_clip_by_the_same_share(size: float) -> None:
    """Which the mean magnitude of the raw parameter, 0 near a clip of ln 2, would not."""
    quantiser = calibrated(DuQActivation(4, signed=False), torch.tensor([size, 0.0]))
    before = float(quantiser.clip().detach())
    with torch.no_grad():
        quantiser.alpha.add_(0.01 * relative_sizes(quantiser)[quantiser.alpha])
    assert float(quantiser.clip().detach()) == pytest.approx(1.01 * before, rel=1e-3)


def test_another_width_keeps_clip_and_level() -> None:
    w = normal(4, 30)
    quantiser = calibrated(DuQ(8), w)
    for bits in (5, 4, 2, 8):
        alpha, level = quantiser.alpha.detach().clone(), quantiser.level.detach().clone()
        quantiser.set_bits(bits)
        hi = 2 ** (bits - 1) - 1
        assert str(quantiser.format) == f"s{bits}"
        assert int(quantiser.integers(100 * w).abs().max()) == hi
        assert float(quantiser.step().detach()) == pytest.approx(softplus(float(level)) / hi, rel=1e-6)
        assert torch.equal(quantiser.alpha, alpha)
    for sign in ("unsigned", "free"):
        x = normal(6, 20) + 1
        one, other = (calibrated(DuQActivation(bits, **SIGNS[sign]), x) for bits in (8, 4))
        one.set_bits(4)
        assert str(one.format) == "u4"
        assert int(one.zero_point) == int(other.zero_point)
        assert int(one.integers(100 * x).max()) == 15
    for quantiser in (DuQ(4, name="w"), DuQActivation(4, name="x")):
        for bits in (1, 9):
            with pytest.raises(RangeError, match=rf"^{quantiser.name}: bits = {bits} is outside 2..8"):
                quantiser.set_bits(bits)
