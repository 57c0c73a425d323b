"""The integer path in torch against golden, tensor by tensor, and its rounding against plain Python."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import numpy as np
import pytest
import torch
from small_nets import SHAPES, Functional, built, images
from torch import Tensor, nn

from t2c.calibration import calibrate
from t2c.exports.package import graph_of
from t2c.fusion import NetFuser
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.integer.layers import IntegerConv2d, IntegerLinear, carrier
from t2c.integer.requantise import TorchMulQuant, TorchOutputStage, round_shift
from t2c.mulquant_constants import Constants, fixed_format, normalized
from t2c.nn2chip import T2C
from t2c.quantisation_parameters import QuantisationParameters


def equal_on_every_tensor(chip: T2C, x: Tensor) -> int:
    """Convert, run both, compare; return the number of integers compared."""
    net, integers = chip.convert(), chip.input_integers(x)
    graph = graph_of(net, integers, name="random", widths=chip.recipe.widths)
    ours, theirs = net.tensors(integers), graph.run(integers.numpy())
    assert set(ours) == set(theirs) == set(graph.edges)
    for name, tensor in ours.items():
        assert tensor.dtype == torch.int64
        np.testing.assert_array_equal(tensor.numpy(), theirs[name], err_msg=name)
    return sum(tensor.numel() for tensor in ours.values())


def quantised(model: nn.Module, x: Tensor, **options: object) -> nn.Module:
    net = NetFuser(model, **options).fuse(x)
    with calibrate(net):
        net(x)
    return net


@pytest.mark.sample(3)
@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("kind", SHAPES)
def test_small_models_equal_golden(kind: type[nn.Module], rounding: Rounding, symmetric: bool) -> None:
    x = images(kind)
    for weight_bits, activation_bits in ((8, 8), (4, 4), (2, 8), (8, 2), (5, 3)):
        net = quantised(
            built(kind, weight_bits),
            x,
            weight_bits=weight_bits,
            activation_bits=activation_bits,
            symmetric_activations=symmetric,
        )
        assert equal_on_every_tensor(T2C(net, rounding=rounding), 3 * x) > 0  # 3 x: saturates


def random_model(rng: random.Random) -> tuple[nn.Module, tuple[int, int, int]]:
    """A chain of convolutions and pools of random geometry that fits its image."""
    channels, size = rng.choice([2, 4]), (rng.randint(7, 12), rng.randint(7, 12))
    shape = (channels, *size)
    layers: list[nn.Module] = []
    while len(layers) < 5:
        kernel, stride = (rng.randint(1, 3), rng.randint(1, 3)), (rng.randint(1, 2), rng.randint(1, 2))
        padding = (rng.randint(0, kernel[0] // 2), rng.randint(0, kernel[1] // 2))
        choice = rng.choice(["conv", "conv", "depthwise", "max", "average"] if layers else ["conv", "depthwise"])
        if choice == "max":
            layer: nn.Module = nn.MaxPool2d(kernel, stride, padding, (rng.randint(1, 2), rng.randint(1, 2)))
        elif choice == "average":
            layer = nn.AvgPool2d(kernel, stride, padding)
        else:
            out = channels * rng.randint(1, 2) if choice == "depthwise" else rng.choice([2, 4, 6])
            groups = channels if choice == "depthwise" else rng.choice([1, 2])
            dilation = (rng.randint(1, 2), rng.randint(1, 2))
            layer = nn.Conv2d(channels, out, kernel, stride, padding, dilation, groups)
        try:
            probe = nn.Sequential(*layers, layer)(torch.zeros(1, *shape))
        except RuntimeError:
            break  # the image has become too small
        if not bool(torch.isfinite(probe).all()):
            continue  # max pooling of padding alone
        layers += [layer, nn.ReLU()] if rng.random() < 0.5 else [layer]
        channels = probe.shape[1]
    return nn.Sequential(*layers), shape


@pytest.mark.sample(3)
@pytest.mark.filterwarnings("ignore:layer .* MulQuant")
@pytest.mark.parametrize("seed", range(40))
def test_random_models_equal_golden(seed: int) -> None:
    rng = random.Random(seed)
    torch.manual_seed(seed)
    model, shape = random_model(rng)
    x = torch.randn(6, *shape) * 2 + rng.choice([-2.0, 0.0, 2.0])
    net = quantised(
        model,
        x,
        weight_bits=rng.randint(2, 8),
        activation_bits=rng.randint(2, 8),
        per_channel=rng.random() < 0.5,
        symmetric_activations=rng.random() < 0.3,
    )
    choose = rng.choice([normalized, fixed_format(6, 10)])
    chip = T2C(net, rounding=rng.choice(list(Rounding)), choose=choose)
    equal_on_every_tensor(chip, 2 * x)


def test_other_widths_equal_golden() -> None:
    kind = next(iter(SHAPES))
    x = images(kind)
    chip = T2C(quantised(built(kind), x), widths=Widths(acc=24, scale=10, bias=28))
    equal_on_every_tensor(chip, x)
    assert max(chip.net.scale_errors().values()) > 2.0**-15


def test_accumulators_near_the_limit_are_exact() -> None:
    width = 60_000  # 128 * 255 * width is just below 2^31
    generator = torch.Generator().manual_seed(0)
    linear = nn.Linear(width, 3, bias=False, dtype=torch.float64)
    weight = torch.randint(-128, 128, (3, width), generator=generator)
    weight[0], weight[1] = -128, 127
    linear.weight = nn.Parameter(weight.double(), requires_grad=False)
    constants = Constants(
        multiplier=np.array([1]), bias=np.array([1]), shift=np.array([24]), scale_error=0.0, bias_error=0.0
    )
    stage = TorchOutputStage(rounding=Rounding.HALF_UP, zero_point=0, lo=-128, hi=127)
    reading = QuantisationParameters(bits=8, signed=True, zero_point=0, scale=1.0)
    layer = IntegerLinear(linear, 8, 0, TorchMulQuant(constants, stage, Widths()), reading)
    x = torch.cat([torch.full((1, width), 255), torch.randint(0, 256, (3, width), generator=generator)])
    edge = TensorSpec(name="x", shape=(width,), bits=8, signed=False)
    node = layer.node("fc", ("x",))
    assert node.accumulator_bits([edge]) == 32
    np.testing.assert_array_equal(node.accumulate([x.numpy()], [edge]), (x @ weight.T).numpy())
    np.testing.assert_array_equal(layer(x).numpy(), node.forward([x.numpy()], [edge]))
    assert layer(x)[0].tolist()[:2] == [-117, 116]


def exact(p: int, shift: int, rounding: Rounding) -> int:
    """round_S(p) on rationals."""
    if rounding is Rounding.DOUBLE:
        first = exact(p, min(shift, 31), Rounding.HALF_UP)
        return exact(first, max(shift - 31, 0), Rounding.HALF_AWAY)
    value = Fraction(p, 2**shift)
    floor = value.numerator // value.denominator
    gap = value - floor
    if rounding is Rounding.FLOOR or gap < Fraction(1, 2):
        return floor
    if gap > Fraction(1, 2) or rounding is Rounding.HALF_UP:
        return floor + 1
    if rounding is Rounding.HALF_EVEN:
        return floor + floor % 2
    return floor + (p >= 0)


@pytest.mark.sample(3)
@pytest.mark.parametrize("rounding", Rounding)
def test_rounding_equals_rationals_for_every_shift(rounding: Rounding) -> None:
    powers = [0, *(2**k for k in range(63))]
    corners = sorted({s * (v + d) for v, d, s in itertools.product(powers, (-2, -1, 0, 1, 2), (1, -1))})
    corners = [v for v in corners if abs(v) <= 2**62]
    p = torch.tensor(corners)
    for shift in range(64):
        got = round_shift(p, torch.tensor(shift), rounding).tolist()
        assert got == [exact(v, shift, rounding) for v in corners], shift


@pytest.mark.parametrize("rounding", Rounding)
def test_rounding_sweep_of_small_values(rounding: Rounding) -> None:
    p = torch.arange(-300, 301)
    for shift in range(10):
        got = round_shift(p, torch.tensor(shift), rounding).tolist()
        assert got == [exact(v, shift, rounding) for v in range(-300, 301)]


@pytest.mark.parametrize(("taps", "dtype"), [(518, torch.float32), (519, torch.float64)])
def test_float32_carries_a_layer_only_below_two_to_the_24th(taps: int, dtype: torch.dtype) -> None:
    """518 * 127 * 255 < 2^24 <= 519 * 127 * 255."""
    assert (taps * 127 * 255 < 2**24) == (dtype is torch.float32)
    unsigned = QuantisationParameters(bits=8, signed=False, zero_point=0, scale=1.0)
    assert carrier(torch.full((3, taps), -127), unsigned) is dtype


def test_the_carrier_counts_the_distance_from_the_zero_point() -> None:
    weight = torch.full((1, 1032), 127)  # 1032 * 127 * 128 < 2^24 <= 1032 * 127 * 129
    for zero_point, dtype in ((0, torch.float32), (-1, torch.float32), (1, torch.float64), (-2, torch.float64)):
        assert carrier(weight, QuantisationParameters(bits=8, signed=True, zero_point=zero_point, scale=1.0)) is dtype


def test_shortened_float32_products_are_not_trusted() -> None:
    reading = QuantisationParameters(bits=8, signed=False, zero_point=0, scale=1.0)
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        assert carrier(torch.ones(1, 4, dtype=torch.int64), reading) is torch.float64
    finally:
        torch.set_float32_matmul_precision(before)


@pytest.mark.filterwarnings("ignore:TF32 acceleration")
def test_other_kernels_and_autocast_do_not_touch_the_integers() -> None:
    """Without oneDNN torch would take NNPACK, whose Winograd sums are not whole numbers; autocast would shorten."""
    generator = torch.Generator().manual_seed(3)
    conv = nn.Conv2d(16, 16, 3, padding=1, bias=False)
    weight = torch.randint(-40, 41, conv.weight.shape, generator=generator)
    conv.weight = nn.Parameter(weight.float(), requires_grad=False)
    stage = TorchOutputStage(rounding=Rounding.HALF_UP, zero_point=0, lo=-128, hi=127)
    constants = normalized(np.full(16, 1e-3), np.zeros(16))
    reading = QuantisationParameters(bits=8, signed=True, zero_point=0, scale=1.0)
    layer = IntegerConv2d(conv, 8, 0, TorchMulQuant(constants, stage, Widths()), reading)
    x = torch.randint(0, 256, (32, 16, 24, 24), generator=generator)
    exact = nn.functional.conv2d(x.double(), weight.double(), padding=1)
    wanted = layer.requantise(exact.to(torch.int64))
    assert torch.equal(layer(x), wanted)
    with torch.backends.mkldnn.flags(enabled=False):
        assert torch.equal(layer(x), wanted)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(layer(x), wanted)


def test_a_channel_without_weights_does_not_stop_the_conversion() -> None:
    model = built(Functional)
    with torch.no_grad():
        model.conv.weight.mul_(1e-4)
        model.conv.weight[1] = 0.0
    chip = T2C(model, calibration=images(Functional))
    assert equal_on_every_tensor(chip, images(Functional)) > 0
    assert int(chip.net.layers["conv"].requantise.multiplier[1]) == 0


def test_a_fused_network_takes_no_fuser() -> None:
    net = NetFuser(built(Functional)).fuse(images(Functional))
    with pytest.raises(ValueError, match="fused already"):
        T2C(net, lambda model: NetFuser(model, weight_bits=2))
