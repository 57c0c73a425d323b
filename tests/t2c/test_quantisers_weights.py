"""SAWB, RCF, APoT, SP2 and AdaRound against scalar loops, brute-force nearest levels and numeric integration."""

from __future__ import annotations

import copy
import itertools
import math
from fractions import Fraction

import pytest
import torch
from quantiser_cases import calibrated, normal

from t2c.golden.errors import ShapeError, UnsupportedError
from t2c.quantisers import RCF, SAWB, SP2, AdaRound, APoT, _QBase
from t2c.quantisers.levels import apot_magnitudes, sp2_magnitudes
from t2c.quantisers.weights import WeightQuantiser

UNIFORM = {bits: range(2 ** (bits - 1)) for bits in range(2, 9)}
NEAR = 1e-3


def powers(*exponents: int) -> list[Fraction]:
    return [Fraction(0)] + [Fraction(1, 2**e) for e in exponents]


def test_apot_levels_are_those_of_the_paper() -> None:
    tenths = [Fraction(level, apot_magnitudes(4)[-1]) for level in apot_magnitudes(4)]
    assert tenths == [Fraction(v, 10) for v in (0, 1, 2, 3, 4, 6, 8, 10)]
    assert apot_magnitudes(2) == (0, 1)
    assert apot_magnitudes(3) == (0, 1, 2, 4)
    sums = sorted(a + b for a in powers(0, 2, 4) for b in powers(1, 3, 5))
    assert apot_magnitudes(5) == tuple(int(32 * v) for v in sums)
    assert all(len(apot_magnitudes(bits)) == 2 ** (bits - 1) for bits in (2, 3, 4, 5))


@pytest.mark.parametrize(("bits", "m1", "m2"), [(2, 1, 0), (3, 1, 1), (4, 2, 1), (5, 2, 2), (6, 3, 2), (8, 4, 3)])
def test_sp2_levels_are_sums_of_two_powers(bits: int, m1: int, m2: int) -> None:
    terms = [powers(*range(1, 2**m)) for m in (m1, m2)]
    sums = sorted({a + b for a, b in itertools.product(*terms)})
    largest = sums[-1]
    mine = [Fraction(level, sp2_magnitudes(bits)[-1]) for level in sp2_magnitudes(bits)]
    assert mine == [v / largest for v in sums]
    if bits == 4:
        assert sp2_magnitudes(bits) == (0, 1, 2, 4, 5, 6, 8)


def test_containers_are_the_narrowest_that_hold_the_levels() -> None:
    assert [APoT(bits).format.bits for bits in (2, 3, 4, 5)] == [2, 4, 5, 7]
    assert [SP2(bits).format.bits for bits in (2, 3, 4, 5)] == [2, 3, 5, 5]
    assert (sp2_magnitudes(6)[-1]).bit_length() + 1 == 9  # why 6 bits are refused

    class Wide(WeightQuantiser):
        level_set = staticmethod(sp2_magnitudes)

    with pytest.raises(
        UnsupportedError, match=r"^fc: Wide of 6 bits needs integers of 9 bits; the chip has at most 8$"
    ):
        Wide(6, name="fc")


def nearest(v: float, magnitudes: tuple[int, ...] | range) -> tuple[int, bool]:
    """(the level nearest to v by trying all, whether two are about as near)."""
    levels = sorted({sign * m for m in magnitudes for sign in (-1, 1)}, key=lambda level: abs(level - v))
    close = len(levels) > 1 and abs(abs(levels[0] - v) - abs(levels[1] - v)) < NEAR
    return levels[0], close


def sawb_alpha(w: list[float], bits: int) -> float:
    c1, c2 = {2: (2.6, -1.71), 3: (7.509, -6.892), 4: (12.035, -12.03), 5: (17.74, -18.64), 8: (31.76, -35.04)}[bits]
    return c1 * math.sqrt(sum(v * v for v in w) / len(w)) + c2 * sum(map(abs, w)) / len(w)


def guarded(alpha: float, w: list[float]) -> float:
    return alpha if sum(map(abs, w)) / len(w) <= alpha <= max(map(abs, w)) else max(map(abs, w))


def deviation(w: list[float], centre: bool) -> tuple[float, float]:
    m = sum(w) / len(w) if centre else 0.0
    return m, math.sqrt(sum((v - m) ** 2 for v in w) / len(w))


KINDS = [(kind, bits) for kind in (SAWB, RCF, APoT, SP2) for bits in (2, 3, 4, 5, 8) if bits in kind.widths]


@pytest.mark.sample(3)
@pytest.mark.parametrize(("kind", "bits"), KINDS)
@pytest.mark.parametrize("centre", [False, True])
@pytest.mark.parametrize("factor", [1.0, 0.6])
def test_values_and_gradients(kind: type[_QBase], bits: int, centre: bool, factor: float) -> None:
    learned = kind in (RCF, APoT)
    if not learned and (centre or factor != 1.0):
        return
    magnitudes = {APoT: apot_magnitudes, SP2: sp2_magnitudes}.get(kind, UNIFORM.get)(bits)
    w = normal(4, 60, seed=bits) * 0.3 + (0.1 if learned else 0.0)
    quantiser = calibrated(kind(bits, **({"centre": centre} if learned else {})), w)
    values = [float(v) for v in w.flatten()]
    m, sigma = deviation(values, centre) if learned else (0.0, 1.0)
    top = magnitudes[-1]
    if learned:
        size = [abs(v - m) / sigma for v in values]
        first = min(3.0, 2 * sum(size) / len(size) * math.sqrt(2 ** (bits - 1) - 1), max(size))
        assert float(quantiser.alpha.detach()) == pytest.approx(first, rel=1e-5)
        with torch.no_grad():
            quantiser.alpha.mul_(factor)
        alpha = float(quantiser.alpha.detach()) * sigma
    else:
        alpha = guarded(sawb_alpha(values, bits), values) if kind is SAWB else float(quantiser.scale) * top
    assert float(quantiser.step(w).detach()) == pytest.approx(alpha / top, rel=1e-5)
    upstream, y = normal(240, seed=3), w.clone().requires_grad_()
    wanted, levels, slopes, total = [], [], [], 0.0
    for i, value in enumerate(values):
        v = (value - m) / alpha
        level, close = nearest(min(max(v, -1.0), 1.0) * top, magnitudes)
        close = close or abs(abs(v) - 1) < NEAR
        upstream[i] = 0.0 if close else upstream[i]
        levels.append(None if close else level)
        wanted.append(alpha * level / top)
        slopes.append(float(upstream[i]) if abs(v) <= 1 else 0.0)
        total += float(upstream[i]) * sigma * (level / top - v if abs(v) <= 1 else math.copysign(1, v))
    sure = torch.tensor([level is not None for level in levels])
    assert float(sure.float().mean()) > 0.75
    got = quantiser.integers(w).flatten()
    assert [int(v) for v in got[sure]] == [level for level in levels if level is not None]
    out = quantiser(y)
    torch.testing.assert_close(out.detach().flatten()[sure], torch.tensor(wanted)[sure], rtol=1e-4, atol=1e-6)
    (out.flatten() * upstream).sum().backward()
    torch.testing.assert_close(y.grad.flatten(), torch.tensor(slopes), rtol=1e-4, atol=1e-6)
    if learned:
        assert float(quantiser.alpha.grad) == pytest.approx(total, rel=2e-3, abs=1e-4)


def mean_square_error(alpha: float, levels: list[float]) -> float:
    """E[(x - Q(x))^2] for a standard normal x, by the midpoint rule."""
    width, total = 0.004, 0.0
    for i in range(-2000, 2000):
        x = (i + 0.5) * width
        error = min(abs(x - alpha * level) for level in levels)
        total += error**2 * math.exp(-x * x / 2) / math.sqrt(2 * math.pi) * width
    return total


@pytest.mark.parametrize("bits", [2, 4])
def test_sawb_is_near_the_best_clip_of_a_normal_distribution(bits: int) -> None:
    hi = 2 ** (bits - 1) - 1
    levels = [k / hi for k in range(-hi, hi + 1)]
    w = torch.erfinv(torch.linspace(-1, 1, 20001, dtype=torch.float64)[1:-1]).to(torch.float32) * math.sqrt(2)
    alpha = float(calibrated(SAWB(bits), w).step(w)) * hi
    best = min(mean_square_error(alpha * k / 10, levels) for k in range(7, 14))
    assert mean_square_error(alpha, levels) < 1.02 * best


def test_sawb_where_its_fit_fails_covers_the_weights() -> None:
    same = torch.tensor([0.5, -0.5, 0.5, -0.5])
    assert sawb_alpha(same.tolist(), 4) > 0  # far below the weights
    assert sawb_alpha(same.tolist(), 8) < 0
    sparse = torch.zeros(1000)
    sparse[3] = 0.5
    assert sawb_alpha(sparse.tolist(), 2) < 0.5 < sawb_alpha([0.0] * 9 + [0.5], 4)
    for w, bits in ((same, 4), (same, 8), (torch.tensor([0.0] * 9 + [0.5]), 4)):
        quantiser = calibrated(SAWB(bits), w)
        assert torch.equal(quantiser(w), w)


def test_sawb_follows_the_weights_and_carries_no_gradient_through_alpha() -> None:
    w = normal(200)
    quantiser = calibrated(SAWB(4), w)
    assert float(quantiser.step(2 * w)) == pytest.approx(2 * float(quantiser.step(w)))
    assert not quantiser.step(w.clone().requires_grad_()).requires_grad
    assert torch.equal(quantiser.integers(2 * w), quantiser.integers(w))


def test_a_trained_start_keeps_its_size_and_its_mean() -> None:
    w = normal(4, 50) * 0.02 + 0.01
    for kind in (RCF, SAWB):
        plain = calibrated(kind(8), w)
        assert float((plain(w) - w).detach().mean().abs()) < 1e-4
    centred = calibrated(RCF(8, centre=True), w)
    assert float(centred(w).detach().mean().abs()) < 1e-3


def squared_error(w: list[float], step: float, magnitudes: tuple[int, ...] | range) -> float:
    levels = sorted({sign * m for m in magnitudes for sign in (-1, 1)})
    return sum(min((v - step * level) ** 2 for level in levels) for v in w)


@pytest.mark.parametrize(("kind", "bits"), [(SP2, 4), (SP2, 2), (AdaRound, 2), (AdaRound, 4)])
def test_the_step_of_least_squared_error(kind: type[_QBase], bits: int) -> None:
    w = normal(2, 40)
    magnitudes = sp2_magnitudes(bits) if kind is SP2 else UNIFORM[bits]
    quantiser = calibrated(kind(bits, scale_shape=(2, 1)), w)
    for c in range(2):
        values = [float(v) for v in w[c]]
        steps = [max(map(abs, values)) * k / 80 / magnitudes[-1] for k in range(1, 81)]
        best = min(squared_error(values, step, magnitudes) for step in steps)
        assert squared_error(values, float(quantiser.scale[c]), magnitudes) == pytest.approx(best, rel=1e-4)
    again = calibrated(kind(bits, scale_shape=(2, 1)), w, 3 * w)  # the last weights that calibration shows count
    torch.testing.assert_close(again.scale, 3 * quantiser.scale)


def test_adaround_by_hand() -> None:
    w = normal(3, 30)
    quantiser = calibrated(AdaRound(4, scale_shape=(3, 1)), w)
    step = quantiser.scale
    codes = [[min(max(round(float(v / s)), -8), 7) for v in row] for row, s in zip(w, step[:, 0], strict=True)]
    assert quantiser.integers(w).tolist() == codes  # the start, hard, is rounding to nearest
    quantiser.soft = True
    torch.testing.assert_close(quantiser(w).detach(), w.clamp(-8 * step, 7 * step), rtol=1e-4, atol=1e-5)
    values = normal(3, 30, seed=8) * 3
    with torch.no_grad():
        quantiser.alpha.copy_(values)
    upstream, grads, soft, hard, loss = normal(3, 30, seed=9), [], [], [], 0.0
    for i, j in itertools.product(range(3), range(30)):
        a, s, g = float(values[i, j]), float(step[i]), float(upstream[i, j])
        sigmoid = 1 / (1 + math.exp(-a))
        h = min(max(1.2 * sigmoid - 0.1, 0.0), 1.0)
        floor = math.floor(float(w[i, j] / step[i]))
        soft.append(s * min(max(floor + h, -8), 7))
        hard.append(min(max(floor + (a >= 0), -8), 7))
        grads.append(g * s * 1.2 * sigmoid * (1 - sigmoid) if 0 < h < 1 and -8 <= floor + h <= 7 else 0.0)
        loss += 1 - abs(2 * h - 1) ** 3.5
    out = quantiser(w)
    torch.testing.assert_close(out.detach().flatten(), torch.tensor(soft), rtol=1e-5, atol=1e-6)
    (out * upstream).sum().backward()
    torch.testing.assert_close(quantiser.alpha.grad.flatten(), torch.tensor(grads), rtol=1e-4, atol=1e-6)
    assert float(quantiser.rounding_loss(3.5).detach()) == pytest.approx(loss, rel=1e-5)
    assert quantiser.integers(w).flatten().tolist() == hard  # the integers are hard in any case
    assert quantiser.inference()(w).flatten().tolist() == hard
    assert quantiser.soft
    quantiser.inference(False).soft = False
    assert torch.equal(quantiser(w), step * quantiser.integers(w))


def test_the_rounding_loss_decides_every_weight() -> None:
    w = normal(4, 20)
    quantiser = calibrated(AdaRound(4), w)
    optimiser = torch.optim.Adam(quantiser.parameters(), lr=0.1)
    before = float(quantiser.rounding_loss(2).detach())
    for _ in range(200):
        optimiser.zero_grad()
        quantiser.rounding_loss(2).backward()
        optimiser.step()
    assert before > 10
    assert float(quantiser.rounding_loss(2).detach()) < 1e-3
    quantiser.soft = True
    torch.testing.assert_close(quantiser(w).detach(), quantiser.scale * quantiser.integers(w))


def test_adaround_keeps_its_shape_through_a_state_dict_and_refuses_another() -> None:
    w = normal(4, 5)
    quantiser, fresh = calibrated(AdaRound(4, name="fc.weight"), w), AdaRound(4)
    with torch.no_grad():
        quantiser.alpha.neg_()
    fresh.load_state_dict(quantiser.state_dict())
    assert torch.equal(fresh.integers(w), quantiser.integers(w))
    again = copy.deepcopy(quantiser)
    parameter = again.alpha
    calibrated(again, w)
    assert again.alpha is parameter  # a second calibration keeps the optimiser's parameter
    with pytest.raises(ShapeError, match=r"^fc\.weight: AdaRound of \(4, 5\) is given \(5, 4\)$"):
        quantiser.integers(w.T)
