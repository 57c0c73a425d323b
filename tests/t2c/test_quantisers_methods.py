"""Every method, at the widths that it is meant for, from a model to integers that torch and golden agree on."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from small_nets import Dense, Functional, Nested, Residual, built, images

from t2c.calibration import calibrate
from t2c.fusion import LayerBits, NetFuser
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.methods import METHODS, Method, find_method
from t2c.network import QNetwork
from t2c.nn2chip import T2C
from t2c.quantisers import LSQ, PACT, AdaRound, APoT, MinMax, RCFActivation, _QBase

NAMES = list(METHODS)
CASES = [(name, widths) for name, method in METHODS.items() for widths in method.widths]


def calibrated_net(method: Method, widths: tuple[int, int], model: type, **options: object) -> QNetwork:
    x = images(model)
    net = method.fuser(*widths, **options)(built(model)).fuse(x)
    with calibrate(net):
        net(x)
    return net


@pytest.mark.sample(3)
@pytest.mark.filterwarnings("ignore:layer .* MulQuant")
@pytest.mark.parametrize(("name", "widths"), CASES)
@pytest.mark.parametrize("model", [Residual, Nested])
def test_every_method_at_every_width_becomes_integers(name: str, widths: tuple[int, int], model: type) -> None:
    x = images(model)
    chip = T2C(built(model), find_method(name).fuser(*widths), calibration=x)
    net = chip.nn2chip(x, save_model=False)  # compares torch with golden
    qnet = chip.qnet
    for layer, inner in (("stem", "a_0"),) if model is Residual else (("body_0_0", "body_1_0"),):
        first, second = qnet.layers[layer].weight_quantiser, qnet.layers[inner].weight_quantiser
        assert first.format.bits == 8
        filters = second.integers(qnet.layers[inner].weight).flatten(1)  # two kinds of MSQ have levels of their own
        assert all(len(each.unique()) <= 2 ** widths[0] for each in filters)
    assert net.input_reading.bits == 8
    assert net.layer(qnet.output_name if model is Nested else "stem").reading.bits in (8, widths[1])


@pytest.mark.sample(3)
@pytest.mark.filterwarnings("ignore:layer .* MulQuant")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("model", [Functional, Dense, Residual])
def test_every_method_trains_and_then_becomes_integers(name: str, model: type) -> None:
    """Signed logits, a shared output quantiser, free zero points; three optimiser steps move the parameters."""
    method, x = find_method(name), images(model)
    net = calibrated_net(method, (4, 4), model, symmetric_activations=model is not Residual)
    before = {key: value.clone() for key, value in net.named_parameters()}
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(3):
        loss = net.train()(x).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    T2C(net.eval()).nn2chip(x, save_model=False)
    moved = {key for key, value in net.named_parameters() if not torch.equal(value, before[key])}
    learned = {key for key in before if key.endswith("quantiser.alpha") or key.endswith("quantiser.scale")}
    if method.training in ("qat", "profit"):
        assert learned & moved
    assert all(key.endswith("weight_quantiser.alpha") for key in learned - moved) or method.name in ("pact", "sawb")


@pytest.mark.parametrize("name", NAMES)
def test_eight_bits_from_calibration_alone_are_close_to_the_float_network(name: str) -> None:
    method = find_method(name)
    if (8, 8) not in method.widths:
        return
    x = images(Functional)
    with torch.no_grad():
        wanted, got = built(Functional)(x), calibrated_net(method, (8, 8), Functional).eval()(x)
    # these weights are uniform random numbers: SAWB is for bell shapes, and DuQ clips a tenth of them
    limit = {"sawb": 2e-2, "profit": 3e-3}.get(name, 2e-3)
    assert float((got - wanted).square().mean()) < limit * float(wanted.square().mean())


def test_the_list_of_methods() -> None:
    for name, method in METHODS.items():
        assert method.name == name
        assert find_method(name) is method
        assert method.training in ("ptq", "reconstruct", "qat", "profit")
        assert set(method.widths) <= {(8, 8), (4, 4), (2, 2)}
        assert method.title
        assert method.source
    assert {m.name for m in METHODS.values() if m.training == "reconstruct"} == {"adaround", "qdrop"}
    with pytest.raises(LookupError, match=r"no method 'lqs'; there are minmax-tensor, minmax, sawb, .*sp2"):
        find_method("lqs")
    with pytest.raises(dataclasses.FrozenInstanceError):
        METHODS["lsq"].name = "other"


@pytest.mark.parametrize("name", ["apot", "sp2"])
def test_only_the_ends_fall_back_to_minmax(name: str) -> None:
    net = calibrated_net(find_method(name), (4, 4), Residual)
    kinds = {wire: type(layer.weight_quantiser) for wire, layer in net.layers.items() if hasattr(layer, "weight")}
    own = find_method(name).weight
    assert kinds == {"stem": MinMax, "a_0": own, "b_0": MinMax}
    assert net.layers["stem"].weight_quantiser.scale.shape == (4, 1, 1, 1)
    with pytest.raises(UnsupportedError, match=rf"^method '{name}' has no 8-bit weights, only 2, 3, 4, 5: "):
        find_method(name).fuser(8, 8)
    for layer in ("stem", "a_0"):
        with pytest.raises(UnsupportedError, match=rf"^{layer}\.weight: .* has no 8 bits, only 2, 3, 4, 5: "):
            calibrated_net(find_method(name), (4, 4), Residual, layer_bits={layer: LayerBits(weight=8)})
    with pytest.raises(UnsupportedError, match=r"^stem\.weight: .* has no 6 bits"):
        calibrated_net(find_method(name), (4, 4), Residual, first_last_bits=6)
    whole = calibrated_net(find_method(name), (4, 4), Residual, first_last_bits=None)
    assert type(whole.layers["stem"].weight_quantiser) is own


def test_widths_that_a_method_lacks_are_refused_before_anything_runs() -> None:
    with pytest.raises(
        UnsupportedError, match=r"^method 'sawb' has no 6-bit weights, only 2, 3, 4, 5, 8: coefficients"
    ):
        find_method("sawb").fuser(6, 8)
    with pytest.raises(RangeError, match="bits = 9"):
        find_method("sawb").fuser(9, 8)(built(Residual)).fuse(images(Residual))


def test_options_win_and_any_class_or_factory_makes_a_method() -> None:
    net = calibrated_net(
        find_method("lsq"), (4, 4), Residual, per_channel=False, weight_quantiser=MinMax, output_bits=6
    )
    assert type(net.layers["a_0"].weight_quantiser) is MinMax
    assert net.layers["a_0"].weight_quantiser.scale.shape == ()

    def made(bits: int, **options: object) -> _QBase:
        return LSQ(bits, **options)

    own = Method(name="own", title="mine", weight=made, activation=PACT, training="qat", source="me")
    assert type(calibrated_net(own, (4, 4), Residual).layers["a_0"].weight_quantiser) is LSQ


def test_level_sets_refuse_activations_by_name() -> None:
    for kind in (APoT, AdaRound):
        with pytest.raises(
            UnsupportedError, match=rf"^stem\.output: {kind.__name__} quantises weights, not activations"
        ):
            NetFuser(built(Residual), activation_bits=4, activation_quantiser=kind).fuse(images(Residual))
    with pytest.raises(UnsupportedError, match="MulQuant makes evenly spaced levels only"):
        NetFuser(built(Residual), activation_bits=4, activation_quantiser=APoT).fuse(images(Residual))
    assert RCFActivation(4).format.bits == 4
