"""LSQ, PACT, RCF activations and QDrop against scalar loops and the papers' gradients."""

from __future__ import annotations

import math

import pytest
import torch
from quantiser_cases import SIGNS, calibrated, normal
from torch import Tensor

from t2c.quantisers import LSQ, PACT, LSQActivation, QDrop, RCFActivation, _QBase

KINDS = (LSQActivation, PACT, RCFActivation)
NEAR = 1e-3


def ends(kind: type[_QBase], bits: int, sign: str, x: list[float]) -> tuple[int, int, int]:
    """(n, p, zero point) by the definitions, in plain integers."""
    options = SIGNS[sign]
    lo, hi = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if options["signed"] else (0, 2**bits - 1)
    if options["symmetric"]:
        narrow = options["signed"] and kind not in (LSQ, LSQActivation, QDrop)
        return (-hi if narrow else lo), hi, 0
    low, high = min(0.0, *x), max(0.0, *x)
    zero_point = lo - round(low / ((high - low) / (hi - lo)))
    return lo - zero_point, hi - zero_point, zero_point


def start(n: int, p: int, sign: str, x: list[float]) -> float:
    """The step that calibration must choose."""
    low, high, q = min(0.0, *x), max(0.0, *x), max(p, -n)
    cover = max(-low, high) / q if SIGNS[sign]["symmetric"] else (high - low) / (p - n)
    return min(2 * sum(abs(v) for v in x) / len(x) / math.sqrt(q), cover)


def slow(x: float, step: float, n: int, p: int) -> tuple[float, bool]:
    """(value, whether it lies next to a tie or an end, where float32 may decide otherwise)."""
    v = x / step
    near = abs(v - math.floor(v) - 0.5) < NEAR or abs(v - n) < NEAR or abs(v - p) < NEAR
    return step * round(min(max(v, n), p)), near and v != 0


def gradients(kind: type[_QBase], x: float, step: float, n: int, p: int) -> tuple[float, float]:
    """(dy/dx, dy/dparameter) of one element as the papers print them; the parameter is s for LSQ, else alpha."""
    q, v = max(p, -n), x / step
    inside = n <= v <= p
    if kind is PACT:
        return float(inside), 0.0 if inside and v not in (n, p) else (p / q if v >= p else n / q)
    slope = round(v) - v if inside else float(p if v > p else n)
    return float(inside), slope if kind in (LSQ, LSQActivation, QDrop) else slope / q


@pytest.mark.sample(3)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("shrunk", [1.0, 0.4])
def test_value_and_gradient_of_activations(kind: type[_QBase], bits: int, sign: str, shrunk: float) -> None:
    x = normal(5, 2, 3, 4, seed=bits) * 1.7 + 0.4
    x = x.relu() if sign == "unsigned" else x
    quantiser = calibrated(kind(bits, **SIGNS[sign]), x)
    values = [float(v) for v in x.flatten()]
    n, p, zero_point = ends(kind, bits, sign, values)
    assert int(quantiser.zero_point) == zero_point
    assert float(quantiser.step().detach()) == pytest.approx(start(n, p, sign, values), rel=1e-6)
    (parameter,) = quantiser.parameters()
    with torch.no_grad():
        parameter.mul_(shrunk)
    step = float(parameter.detach()) / (1 if kind is LSQActivation else max(p, -n))
    check(quantiser, kind, x, parameter, step, (n, p), 1 / math.sqrt(24 * max(p, -n)))


def check(
    quantiser: _QBase,
    kind: type[_QBase],
    x: Tensor,
    parameter: Tensor,
    step: float,
    bounds: tuple[int, int],
    factor: float,
) -> None:
    """Value, dx and the parameter's gradient under a random upstream gradient."""
    x = x.clone().requires_grad_()
    upstream, wanted, known = normal(*x.shape, seed=9).flatten(), [], []
    slopes, total = [], 0.0
    for i, v in enumerate(float(v) for v in x.detach().flatten()):
        value, near = slow(v, step, *bounds)
        dx, dp = gradients(kind, v, step, *bounds)
        upstream[i] = 0.0 if near else upstream[i]
        known.append(not near)
        wanted.append(value)
        slopes.append(dx * float(upstream[i]))
        total += dp * float(upstream[i])
    assert sum(known) > 0.8 * len(known)
    y = quantiser(x)
    mask = torch.tensor(known)
    torch.testing.assert_close(y.detach().flatten()[mask], torch.tensor(wanted)[mask], rtol=1e-5, atol=1e-6)
    (y * upstream.reshape(x.shape)).sum().backward()
    torch.testing.assert_close(x.grad.flatten(), torch.tensor(slopes), rtol=1e-5, atol=1e-6)
    if kind in (LSQ, LSQActivation):
        total *= factor
    assert float(parameter.grad.sum()) == pytest.approx(total, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_lsq_of_weights_per_channel(bits: int) -> None:
    w = normal(3, 40) * torch.tensor([[0.2], [1.0], [4.0]])
    quantiser = calibrated(LSQ(bits, scale_shape=(3, 1)), w)
    n, p = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    for c in range(3):
        values = [float(v) for v in w[c]]
        assert float(quantiser.step().detach()[c]) == pytest.approx(cover(values, n), rel=1e-6)
    with torch.no_grad():
        quantiser.scale.mul_(0.5)
    y = w.clone().requires_grad_()
    wanted = torch.zeros(3)
    upstream = normal(3, 40, seed=4)
    for c in range(3):
        for i in range(40):
            step = float(quantiser.scale.detach()[c])
            if slow(float(w[c, i]), step, n, p)[1]:
                upstream[c, i] = 0.0
            wanted[c] += gradients(LSQ, float(w[c, i]), step, n, p)[1] * float(upstream[c, i])
    (quantiser(y) * upstream).sum().backward()
    factor = 1 / math.sqrt(40 * -n)
    torch.testing.assert_close(quantiser.scale.grad.flatten(), wanted * factor, rtol=1e-3, atol=1e-4)


def cover(values: list[float], n: int) -> float:
    mean = sum(map(abs, values)) / len(values)
    return min(2 * mean / math.sqrt(-n), max(map(abs, values)) / -n)


def test_pact_by_hand() -> None:
    """alpha = 3, 2 bits: step 1; x at the clip counts for both gradients."""
    quantiser = calibrated(PACT(2, signed=False), torch.tensor([3.0, 0.1]))
    torch.nn.init.constant_(quantiser.alpha, 3.0)
    x = torch.tensor([-1.0, 0.0, 0.6, 1.4, 3.0, 3.1, 9.0], requires_grad=True)
    y = quantiser(x)
    assert y.tolist() == [0.0, 0.0, 1.0, 1.0, 3.0, 3.0, 3.0]
    (y * torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])).sum().backward()
    assert x.grad.tolist() == [0.0, 2.0, 3.0, 4.0, 5.0, 0.0, 0.0]
    assert float(quantiser.alpha.grad) == 18.0
    signed = calibrated(PACT(3), torch.tensor([3.0, -3.0]))
    torch.nn.init.constant_(signed.alpha, 3.0)
    x = torch.tensor([-9.0, -3.0, -1.2, 2.6, 5.0], requires_grad=True)
    y = signed(x)
    assert y.tolist() == [-3.0, -3.0, -1.0, 3.0, 3.0]
    (y * torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0])).sum().backward()
    assert x.grad.tolist() == [0.0, 2.0, 4.0, 8.0, 0.0]
    assert float(signed.alpha.grad) == 16 - 1 - 2


def test_rcf_activation_by_hand() -> None:
    """alpha = 3, 2 bits: Pi(x/alpha) - x/alpha inside, 1 outside."""
    quantiser = calibrated(RCFActivation(2, signed=False), torch.tensor([3.0, 0.1]))
    torch.nn.init.constant_(quantiser.alpha, 3.0)
    x = torch.tensor([0.6, 1.4, 4.0], requires_grad=True)
    (quantiser(x) * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [1.0, 10.0, 0.0]
    assert float(quantiser.alpha.grad) == pytest.approx(0.4 / 3 - 0.4 / 3 * 10 + 100)


def test_learned_parameters_come_back_from_a_wrong_sign() -> None:
    """Below 0 the gradient turns with the sign, so that the magnitude moves as it would above."""
    for kind in KINDS:
        quantiser = calibrated(kind(4, signed=False), normal(50, 4).abs())
        (parameter,) = quantiser.parameters()
        grads = []
        for value in (0.3, -0.3):
            torch.nn.init.constant_(parameter, value)
            parameter.grad = None
            quantiser(normal(50, 4, seed=3).abs()).square().sum().backward()
            grads.append(float(parameter.grad))
        assert grads[0] == pytest.approx(-grads[1])
        assert grads[0] != 0


def test_training_the_step_lowers_the_error() -> None:
    """LSQ and RCF from a bad clip: the learned parameter finds a better one."""
    x = normal(500, 1)
    for kind in (LSQActivation, RCFActivation):
        quantiser = calibrated(kind(3), x)
        (parameter,) = quantiser.parameters()
        with torch.no_grad():
            parameter.mul_(4)
        optimiser = torch.optim.Adam([parameter], lr=0.1)
        errors = []
        for _ in range(120):
            loss = (quantiser(x) - x).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            errors.append(float(loss.detach()))
        assert errors[-1] < 0.3 * errors[0]


def test_qdrop_drops_half_of_the_elements_and_only_while_asked() -> None:
    x = normal(100, 50)
    quantiser, plain = calibrated(QDrop(2), x), calibrated(LSQActivation(2), x)
    assert torch.equal(quantiser(x), plain(x))
    quantiser.dropping = True
    torch.manual_seed(0)
    y = x.clone().requires_grad_()
    out = quantiser(y)
    kept, dropped = out == plain(x), out == x
    assert bool((kept | dropped).all())
    assert 0.47 < float(kept.float().mean()) < 0.53
    out.sum().backward()
    assert bool((y.grad[dropped] == 1).all())
    assert torch.equal(quantiser.integers(x), plain.integers(x))
    assert torch.equal(quantiser.inference()(x), plain.integers(x))
    quantiser.inference(False).dropping = False
    assert torch.equal(quantiser(x), plain(x))


def test_qdrop_gives_the_step_the_gradient_of_the_kept_elements() -> None:
    x = normal(40, 6)
    quantiser, plain = calibrated(QDrop(3), x), calibrated(LSQActivation(3), x)
    quantiser.dropping = True
    torch.manual_seed(5)
    kept = torch.rand_like(x) < 0.5
    torch.manual_seed(5)
    quantiser(x).sum().backward()
    (plain(x) * kept).sum().backward()
    torch.testing.assert_close(quantiser.scale.grad, plain.scale.grad)
