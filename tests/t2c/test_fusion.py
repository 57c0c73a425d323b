"""Fusion finds the layers of any traceable model, keeps its function, and refuses the rest by name."""

from __future__ import annotations

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from small_nets import SHAPES, Dense, Functional, Nested, Residual, built, images
from torch import Tensor, nn

from t2c.calibration import calibrate, unquantised
from t2c.fusion import LayerBits, NetFuser, Scheme
from t2c.golden.errors import RangeError, ShapeError, UnsupportedError
from t2c.layers.add import QAdd
from t2c.layers.concat import concatenation
from t2c.layers.pooling import QAveragePool2d, QFlatten, QMaxPool2d
from t2c.layers.weighted import QConv2d, QLinear
from t2c.quantisation_parameters import QuantisationParameters
from t2c.quantisers import PACT, LSQActivation, MinMax, RCFActivation, _QBase
from t2c.recipe import Recipe

FOUND = {
    Functional: {"conv": QConv2d, "max_pool2d": QMaxPool2d, "view": QFlatten, "fc": QLinear},
    Residual: {
        "stem": QConv2d,
        "a_0": QConv2d,
        "add": QAdd,
        "b_0": QConv2d,
        "add_1": QAdd,
        "adaptive_avg_pool2d": QAveragePool2d,
        "flatten": QFlatten,
    },
    Nested: {
        "body_0_0": QConv2d,
        "body_1_0": QConv2d,
        "body_2": QAveragePool2d,
        "head_0": QFlatten,
        "head_1": QLinear,
        "head_4": QLinear,
    },
    Dense: {
        "a": QConv2d,
        "cat_part0": QConv2d,
        "cat_part1": QConv2d,
        "cat": QAdd,
        "b_0": QConv2d,
        "c": QConv2d,
        "cat_1_part0": QConv2d,
        "cat_1_part1": QConv2d,
        "cat_1_part2": QConv2d,
        "cat_1_join1": QAdd,
        "cat_1": QAdd,
        "pool": QAveragePool2d,
        "flatten": QFlatten,
        "pool_1": QAveragePool2d,
        "flatten_1": QFlatten,
        "cat_2_part0": QLinear,
        "cat_2_part1": QLinear,
        "cat_2": QAdd,
        "fc": QLinear,
    },
}


@pytest.mark.parametrize("kind", SHAPES)
def test_layers_are_found_and_named_after_the_modules(kind: type[nn.Module]) -> None:
    net = NetFuser(built(kind)).fuse(images(kind))
    assert {name: type(layer) for name, layer in net.layers.items()} == FOUND[kind]


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("kind", SHAPES)
def test_without_rounding_both_schemes_equal_the_float_model(kind: type[nn.Module], scheme: Scheme) -> None:
    model, x = built(kind), images(kind)
    state = copy.deepcopy(model.state_dict())
    net = NetFuser(model, scheme=scheme, weight_bits=4).fuse(x)
    with torch.no_grad():
        wanted = model(x)
    with unquantised(net):
        torch.testing.assert_close(net(x), wanted, rtol=1e-4, atol=1e-5)
    assert all(torch.equal(state[name], value) for name, value in model.state_dict().items())


@pytest.mark.sample(3)
@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("kind", SHAPES)
def test_error_falls_with_the_bits(kind: type[nn.Module], scheme: Scheme) -> None:
    model, x = built(kind), images(kind)
    with torch.no_grad():
        wanted = model(x)
    errors = []
    for bits in (3, 5, 8):
        net = NetFuser(model, scheme=scheme, weight_bits=bits, activation_bits=bits).fuse(x)
        with calibrate(net):
            net(x)
        errors.append(float((net(x).detach() - wanted).abs().max() / wanted.abs().max()))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.06


def test_the_schemes_differ_in_where_normalisation_goes() -> None:
    model, x = built(Nested), images(Nested)
    folded = NetFuser(model).fuse(x).layers["body_0_0"]
    apart = NetFuser(model, weight_bits=4).fuse(x).layers["body_0_0"]
    assert folded.gamma is None
    assert torch.equal(apart.weight, model.body[0][0].weight)
    assert not torch.equal(folded.weight, apart.weight)
    torch.testing.assert_close(folded.weight, apart.weight * apart.gamma.reshape(-1, 1, 1, 1))


def test_formats_after_relu_and_at_the_ends() -> None:
    x = images(Residual)
    net = NetFuser(built(Residual), weight_bits=3, activation_bits=4).fuse(x)
    with calibrate(net):
        net(x)
    layers = net.layers
    formats = {name: str(layer.output_quantiser.format) for name, layer in layers.items() if name != "flatten"}
    assert formats == {"stem": "s4", "a_0": "s4", "add": "u4", "b_0": "u4", "add_1": "u4", "adaptive_avg_pool2d": "u8"}
    assert str(net.input_quantiser.format) == "u4"
    assert 0 < int(net.input_quantiser.zero_point) < 15
    assert all(int(layers[name].output_quantiser.zero_point) == 0 for name in formats)


@pytest.mark.parametrize(
    ("ceiling", "bounds"), [(None, (-128, 127)), (math.inf, (-100, 127)), (6.0, (-100, -40)), (1e6, (-100, 127))]
)
def test_relu_sets_the_clip_bounds(ceiling: float | None, bounds: tuple[int, int]) -> None:
    stage = Recipe().stage(QuantisationParameters(bits=8, signed=True, zero_point=-100, scale=0.1), ceiling)
    assert (stage.lo, stage.hi) == bounds
    assert stage.zero_point == -100


class One(nn.Module):
    """A model around one refused thing."""

    def __init__(self, call: object, *modules: nn.Module) -> None:
        super().__init__()
        self.call = call
        self.conv = nn.Conv2d(2, 2, 3, padding=1)
        self.m = nn.ModuleList(modules)

    def forward(self, x: Tensor) -> Tensor:
        return self.call(self, x)


REFUSED = {
    "function": (lambda s, x: torch.exp(s.conv(x)), "node 'exp'"),
    "module": (lambda s, x: s.m[0](s.conv(x)), "node 'm_0'.*Softplus", nn.Softplus()),
    "cat": (lambda s, x: torch.cat([s.conv(x), x], 2), "node 'cat'.*axis 1"),
    "constant": (lambda s, x: s.conv(x) + 1, "node 'add'.*operand 1 is not an activation"),
    "alpha": (lambda s, x: torch.add(s.conv(x), x, alpha=2), "node 'add'.*alpha"),
    "broadcast": (lambda s, x: s.conv(x) + F.adaptive_avg_pool2d(x, 1), "node 'add'.*broadcasting"),
    "input relu": (lambda s, x: s.conv(F.relu(x)), "node 'relu'.*ReLU of the input"),
    "shared": (lambda s, x: s.conv(s.conv(x)), "node 'conv'.*called 2 times"),
    "stray norm": (lambda s, x: s.m[0](x) + s.conv(x), "node 'm_0'.*directly follow", nn.BatchNorm2d(2)),
    "norm after relu": (lambda s, x: s.m[0](F.relu(s.conv(x))), "node 'm_0'.*directly follow", nn.BatchNorm2d(2)),
    "fork before norm": (
        lambda s, x: (lambda y: s.m[0](y) + y)(s.conv(x)),
        "node 'm_0'.*'conv' is also used elsewhere",
        nn.BatchNorm2d(2),
    ),
    "fork before relu": (lambda s, x: (lambda y: F.relu(y) + y)(s.conv(x)), "node 'relu'.*also used elsewhere"),
    "fork behind dropout": (
        lambda s, x: (lambda y: F.relu(s.m[0](y)) + y)(s.conv(x)),
        "node 'relu'.*also used elsewhere",
        nn.Dropout(),
    ),
    "norm behind identity": (
        lambda s, x: (lambda y: s.m[1](s.m[0](y)) + y)(s.conv(x)),
        "node 'm_1'.*also used elsewhere",
        nn.Identity(),
        nn.BatchNorm2d(2),
    ),
    "no statistics": (
        lambda s, x: s.m[0](s.conv(x)),
        "node 'm_0'.*running statistics",
        nn.BatchNorm2d(2, track_running_stats=False),
    ),
    "ceil pool": (lambda s, x: F.max_pool2d(s.conv(x), 3, ceil_mode=True), "node 'max_pool2d'.*ceil_mode"),
    "empty window": (
        lambda s, x: F.max_pool2d(s.conv(x), 2, 1, 1, 7),
        "node 'max_pool2d'.*padding only",
    ),
    "unpadded mean": (
        lambda s, x: F.avg_pool2d(s.conv(x), 3, 1, 1, count_include_pad=False),
        "node 'avg_pool2d'.*count_include_pad",
    ),
    "adaptive": (lambda s, x: F.adaptive_avg_pool2d(s.conv(x), 2), "node 'adaptive_avg_pool2d'.*only 1"),
    "reshape": (lambda s, x: s.conv(x).reshape(-1, 2), "node 'reshape'.*the batch joined with another axis"),
    "ragged": (lambda s, x: s.conv(x).reshape(x.size(0), 8, 9), "node 'reshape'.*does not follow the axes"),
    "step": (lambda s, x: s.conv(x)[:, :, ::2], "node 'getitem'.*a step"),
    "one image": (lambda s, x: s.conv(x)[0], "node 'getitem'.*part of the batch"),
    "padding mode": (
        lambda s, x: s.m[0](x),
        "node 'm_0'.*padding_mode 'reflect'",
        nn.Conv2d(2, 2, 3, padding=1, padding_mode="reflect"),
    ),
    "pool of tokens": (lambda s, x: F.max_pool2d(s.conv(x).flatten(2), 2), "node 'max_pool2d'.*axes are wanted"),
    "two outputs": (lambda s, x: (s.conv(x), x), "node 'output'.*one computed tensor"),
    "control flow": (lambda s, x: s.conv(x) if x.sum() > 0 else x, "cannot be traced"),
    "active dropout": (lambda s, x: F.dropout(s.conv(x), 0.5), "node 'dropout'.*active at inference"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_converted_is_refused_by_name(case: str) -> None:
    call, message, *modules = REFUSED[case]
    with pytest.raises(UnsupportedError, match=message):
        NetFuser(One(call, *modules).eval()).fuse(torch.randn(2, 2, 6, 6))


def test_flattening_twice_and_doing_nothing_leave_one_layer() -> None:
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Identity(), nn.Flatten(), nn.Flatten(), nn.Dropout(), nn.ReLU())
    net = NetFuser(model).fuse(torch.randn(2, 2, 4, 4))
    assert [wire.name for wire in net.wires] == ["_0", "_2"]
    assert net.layers["_0"].ceiling == float("inf")


def test_an_in_place_change_that_tracing_misses_is_refused() -> None:
    def aliased(s: One, x: Tensor) -> Tensor:
        y = s.conv(x)
        z = y
        y += x  # z changes with it in eager mode; torch.fx records a new tensor
        return y + z

    with pytest.raises(UnsupportedError, match="in place"):
        NetFuser(One(aliased)).fuse(torch.randn(2, 2, 6, 6))


def test_an_example_that_the_model_cannot_take_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"example of shape \(2, 3, 6, 6\).*channels"):
        NetFuser(One(lambda s, x: s.conv(x))).fuse(torch.randn(2, 3, 6, 6))


def test_a_hook_is_not_lost_silently() -> None:
    model = One(lambda s, x: s.conv(x))
    model.conv.register_forward_hook(lambda module, inputs, output: output + 1)
    with pytest.raises(UnsupportedError, match=r"node 'conv'.*hooks"):
        NetFuser(model).fuse(torch.randn(2, 2, 6, 6))


def test_an_active_weight_gets_a_gradient_through_the_quantised_network() -> None:
    x = images(Nested)
    net = NetFuser(built(Nested), weight_bits=4, activation_bits=4).fuse(x)
    with calibrate(net):
        net(x)
    net.train()(x).square().sum().backward()
    missing = [name for name, parameter in net.named_parameters() if parameter.grad is None]
    assert not missing
    assert float(net.layers["body_0_0"].weight.grad.abs().sum()) > 0


def test_a_concatenation_has_one_scale_and_rounds_once() -> None:
    """Each operand's channels come out as if that operand alone had been requantised to the common scale."""
    x = images(Dense)
    net = NetFuser(built(Dense)).fuse(x)
    with calibrate(net):
        net(x)
    tensors = net.tensors(x)
    quantiser = net.layers["cat"].output_quantiser
    wanted = quantiser(torch.cat([tensors["input"], tensors["a"]], 1))
    assert torch.equal(tensors["cat"], wanted)
    parts = [net.layers[name] for name in ("cat_part0", "cat_part1")]
    assert all(part.output_quantiser is quantiser for part in parts)
    assert [part.weight_quantiser.integers(part.weight).sum().item() for part in parts] == [2, 3]


def test_a_concatenation_of_one_tensor_is_that_tensor() -> None:
    net = NetFuser(One(lambda s, x: torch.cat([s.conv(x)], 1))).fuse(torch.randn(2, 2, 6, 6))
    assert list(net.layers) == ["conv"]


def test_widths_differ_by_layer_where_they_are_told_to() -> None:
    x = images(Nested)
    own = {"body_1_0": LayerBits(weight=3, activation=5)}
    net = NetFuser(built(Nested), weight_bits=4, activation_bits=6, first_last_bits=8, layer_bits=own).fuse(x)

    def bits(quantiser: str) -> dict[str, int]:
        held = {name: getattr(part, quantiser, None) for name, part in net.layers.items()}
        return {name: found.format.bits for name, found in held.items() if found is not None}

    assert bits("weight_quantiser") == {"body_0_0": 8, "body_1_0": 3, "head_1": 4, "head_4": 8}
    assert bits("output_quantiser") == {"body_0_0": 6, "body_1_0": 5, "body_2": 6, "head_1": 6, "head_4": 8}
    assert net.input_quantiser.format.bits == 8


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        ({"view": LayerBits(activation=4)}, "'view': it only moves values"),
        ({"max_pool2d": LayerBits(weight=4)}, "'max_pool2d': it has no weights"),
        ({"input": LayerBits(weight=4)}, "'input': it has no weights"),
        ({"conv": (4, 4)}, r"'conv': \(4, 4\) is not LayerBits"),
        ({"conv": LayerBits(weight=9)}, "layer_bits: 'conv': weight bits = 9 is outside 2..8"),
    ],
)
def test_widths_that_can_have_no_effect_are_refused(bits: dict[str, LayerBits], message: str) -> None:
    with pytest.raises(RangeError, match=message):
        NetFuser(built(Functional), layer_bits=bits).fuse(images(Functional))


def test_a_model_of_another_float_type_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"conv.weight is torch.float16; float32 is wanted"):
        NetFuser(built(Functional).half()).fuse(images(Functional))


@pytest.mark.parametrize("quantiser", [PACT, LSQActivation, RCFActivation, MinMax])
def test_a_concatenations_quantiser_sees_the_whole_tensor_once(quantiser: type[_QBase]) -> None:
    """Where it starts, and what its parameter learns, are those of a quantiser behind torch.cat."""
    x = images(Dense)
    net = NetFuser(built(Dense), activation_quantiser=quantiser, activation_bits=3).fuse(x)
    alone = copy.deepcopy(net.layers["cat_1"].output_quantiser)
    with unquantised(net), torch.no_grad():
        wide = net.tensors(x)["cat_1"]
    with calibrate(net):
        net(x)
    with calibrate(alone):
        alone(wide)
    used = net.layers["cat_1"].output_quantiser
    torch.testing.assert_close(used.step(), alone.step())
    operands = [torch.randn(4, 2, 3, 3, generator=torch.Generator().manual_seed(i)) for i in range(3)]
    made = dict(concatenation("c", ["x0", "x1", "x2"], [(2, 3, 3)] * 3, used, ceiling=math.inf))
    for wire, layer in made.items():
        if wire.inputs[0].startswith("x"):
            with calibrate(layer.weight_quantiser):
                layer.weight_quantiser(layer.weight)
    values = dict(zip(["x0", "x1", "x2"], operands, strict=True))
    for wire, layer in made.items():
        values[wire.name] = layer(*(values[name] for name in wire.inputs))
    wanted = used(torch.cat(operands, 1).relu())
    torch.testing.assert_close(values["c"], wanted)
    for parameter in used.parameters():
        (got,) = torch.autograd.grad(values["c"].sum(), parameter, retain_graph=True)
        (one,) = torch.autograd.grad(wanted.sum(), parameter, retain_graph=True)
        torch.testing.assert_close(got, one)


def test_widths_for_a_layer_that_does_not_exist_are_refused() -> None:
    with pytest.raises(LookupError, match=r"no layer 'body'; the model has input, body_0_0"):
        NetFuser(built(Nested), layer_bits={"body": LayerBits(weight=4)}).fuse(images(Nested))
