"""The fake-quantised path rounds as the integers do, and what the constants cost is counted in output steps."""

from __future__ import annotations

import doctest
import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
import torch
from small_nets import Dense, Functional, Nested, Residual, built, images
from torch import Tensor, nn

from t2c.calibration import calibrate
from t2c.errors import ExportError
from t2c.fusion import NetFuser
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import UnsupportedError
from t2c.integer.requantise import round_shift
from t2c.layers.weighted import QLinear
from t2c.mulquant_constants import Constants, fixed_format, normalized, step_errors
from t2c.network import QNetwork, Wire
from t2c.nn2chip import T2C
from t2c.quantisers import LSQActivation, MinMax, RCFActivation, _QBase
from t2c.quantisers import rounding as rounding_module
from t2c.quantisers.rounding import round_real


def test_doctests() -> None:
    assert doctest.testmod(rounding_module).failed == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rounding", Rounding)
def test_real_numbers_round_as_integers_do(rounding: Rounding, dtype: torch.dtype) -> None:
    eighths = torch.arange(-(1 << 12), 1 << 12)
    wanted = round_shift(eighths, torch.full_like(eighths, 3), rounding)
    assert torch.equal(round_real(eighths.to(dtype) / 8, rounding).to(torch.int64), wanted)
    near = torch.tensor([0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 1e-9, -1e-9], dtype=dtype)
    for towards in (-math.inf, math.inf):
        x = torch.nextafter(near, torch.full_like(near, towards))
        exact = [Fraction(float(value)) for value in x]
        half = Fraction(1, 2)
        found = {
            Rounding.FLOOR: [math.floor(value) for value in exact],
            Rounding.HALF_UP: [math.floor(value + half) for value in exact],
            Rounding.HALF_EVEN: [round(value) for value in exact],
            Rounding.HALF_AWAY: [int(math.copysign(math.floor(abs(value) + half), value)) for value in exact],
        }
        found[Rounding.DOUBLE] = found[Rounding.HALF_UP]
        assert round_real(x, rounding).to(torch.int64).tolist() == found[rounding]


def tied(rounding: Rounding, quantiser: type[_QBase], ceiling: float | None = None) -> tuple[QNetwork, Tensor]:
    """A linear layer all of whose scales are powers of two: every eighth output is a tie, and no constant is off."""
    weight = torch.arange(-8, 8).float().reshape(4, 4)
    output = quantiser(8, signed=ceiling is None, name="fc.output")
    layer = QLinear(weight / 8, MinMax(8, name="fc.weight"), output, beta=torch.zeros(4), ceiling=ceiling)
    entry = MinMax(8, signed=True, name="input")
    net = QNetwork(
        [Wire(name="fc", inputs=("input",))], [layer], "input", "fc", input_quantiser=entry, input_shape=(4,)
    )
    x = torch.randint(-20, 20, (64, 4), generator=torch.Generator().manual_seed(0)).float()
    with calibrate(net):
        net(x)
    with torch.no_grad():
        for chosen, scale in ((entry, 1.0), (layer.weight_quantiser, 1 / 8)):
            chosen.set_scale(scale)
        if hasattr(output, "alpha"):
            output.alpha.fill_(output.reach * 1.0)
        else:
            output.scale.fill_(1.0)
    net.round_in(rounding)
    return net.eval(), x


@pytest.mark.sample(3)
@pytest.mark.parametrize("ceiling", [None, math.inf, 6.5])
@pytest.mark.parametrize("quantiser", [MinMax, LSQActivation, RCFActivation])
@pytest.mark.parametrize("rounding", Rounding)
def test_both_paths_round_ties_alike(rounding: Rounding, quantiser: type[_QBase], ceiling: float | None) -> None:
    net, x = tied(rounding, quantiser, ceiling)
    chip = T2C(net)
    made = chip.nn2chip(x, save_model=False)
    assert chip.recipe.rounding is rounding
    assert made.layers["fc"].requantise.step_error == 0.0
    assert chip.metrics["fake_integer_largest"] == chip.metrics["fake_integer_mean"] == 0.0
    other = T2C(net, rounding=Rounding.FLOOR if rounding is not Rounding.FLOOR else Rounding.HALF_AWAY)
    other.nn2chip(x, save_model=False)
    assert other.metrics["fake_integer_largest"] == 0.0
    assert net.rounding is rounding  # the user's network stays as it is
    with torch.no_grad():
        assert not torch.equal(other.qnet(x), net(x))


def test_the_fuser_sets_the_mode_and_half_up_is_the_default() -> None:
    x = images(Residual)
    assert NetFuser(built(Residual)).fuse(x).rounding is Rounding.HALF_UP
    net = NetFuser(built(Residual), rounding="floor").fuse(x)
    assert net.rounding is Rounding.FLOOR
    assert net.input_quantiser.rounding is net.layers["stem"].weight_quantiser.rounding is Rounding.HALF_EVEN


@pytest.mark.sample(3)
@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("kind", [Functional, Residual, Nested, Dense])
def test_fake_and_integer_stay_within_a_step_a_layer(kind: type[nn.Module], rounding: Rounding) -> None:
    """In floor the two once were half a step apart on average, in each layer, since the fake path rounded to even."""
    chip = T2C(built(kind), calibration=images(kind), rounding=rounding)
    chip.nn2chip(images(kind, 64, seed=9), save_model=False)
    assert chip.metrics["fake_integer_largest"] <= 2
    assert chip.metrics["fake_integer_mean"] < 0.1


def test_a_layer_whose_integers_are_not_its_training_path_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    chip = T2C(built(Functional), calibration=images(Functional))
    right = QLinear.apply_weight
    monkeypatch.setattr(QLinear, "apply_weight", lambda self, x, weight: 1.05 * right(self, x, weight))
    with pytest.raises(ExportError, match=r"layer 'fc': its integers are .* steps from its training path"):
        chip.nn2chip(images(Functional), save_model=False)


def test_a_hook_on_a_fused_network_is_refused() -> None:
    net = NetFuser(built(Functional)).fuse(images(Functional))
    net.layers["fc"].register_forward_hook(lambda module, inputs, output: output * 2)
    with pytest.raises(UnsupportedError, match=r"module 'layers\.fc': forward hooks would be lost"):
        T2C(net)


@pytest.mark.parametrize("seed", range(5))
def test_step_error_is_the_worst_of_all_accumulators(seed: int) -> None:
    rng = np.random.default_rng(seed)
    reach, span = int(rng.integers(10, 5000)), 127.0
    scale = rng.choice([-1, 1], 6) * 10.0 ** rng.uniform(-7, 1, 6)
    bias = rng.uniform(-200, 200, 6) * rng.integers(0, 2, 6)
    constants = fixed_format(6, 8)(scale, bias, Widths())
    acc = np.arange(-reach, reach + 1)[:, None]
    real = np.clip(acc * scale + bias, -span, span)
    made = np.clip(
        acc * np.ldexp(constants.multiplier.astype(float), -8) + np.ldexp(constants.bias.astype(float), -8), -span, span
    )
    worst = np.abs(real - made).max(0)
    bound = step_errors(constants, scale, bias, reach=reach, span=span)
    assert (worst <= bound * (1 + 1e-9) + 1e-12).all()
    inside = (np.abs(scale) * reach < span - np.abs(bias)) & (np.abs(np.ldexp(constants.multiplier, -8)) * reach < span)
    close = worst[inside & (bias == 0)]
    assert close == pytest.approx(bound[inside & (bias == 0)], rel=1e-9)


class Channels(nn.Module):
    """One linear layer whose channels have scales far apart."""

    def __init__(self, rows: Tensor) -> None:
        super().__init__()
        self.fc = nn.Linear(rows.shape[1], rows.shape[0], bias=False)
        self.fc.weight = nn.Parameter(rows)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x)


def test_a_dead_channel_costs_nothing_and_is_no_warning() -> None:
    """Its scale is off by 100 %, which moves its output by 4e-5 steps; that was a warning once."""
    rows = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
    rows[1] *= 1e-20
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net = T2C(Channels(rows), calibration=torch.randn(32, 8)).convert()
    assert net.scale_errors()["fc"] == pytest.approx(1.0)
    assert net.step_errors()["fc"] < 0.01


def test_a_channel_off_by_a_third_of_a_step_is_a_warning() -> None:
    """Its scale is off by 0.3 % only, which was none once."""

    def coarse(scale: np.ndarray, bias: np.ndarray, widths: Widths, *, shared: bool = False) -> Constants:
        made = normalized(scale, bias, widths, shared=shared)
        return Constants(
            multiplier=made.multiplier + np.abs(made.multiplier) * 27 // 10_000,
            bias=made.bias,
            shift=made.shift,
            scale_error=0.0027,
            bias_error=made.bias_error,
        )

    rows = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
    chip = T2C(Channels(rows), calibration=torch.randn(32, 8), choose=coarse)
    with pytest.warns(UserWarning, match=r"layer 'fc': MulQuant constants can move an output by 0\.3\d steps"):
        chip.convert()
