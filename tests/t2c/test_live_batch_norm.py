"""BatchNorm that stays live in a fake-quantised network: the same function, statistics of the batch, fused exactly."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from small_nets import SHAPES, Functional, Nested, Residual, built, images
from torch import Tensor, nn

from t2c.calibration import calibrate, unquantised
from t2c.fusion import NetFuser, fuse_norms, norms_of
from t2c.golden.errors import UnsupportedError
from t2c.layers.weighted import QWeighted
from t2c.network import QNetwork
from t2c.nn2chip import T2C
from t2c.trainers import QAT
from t2c.trainers.statistics import estimate_norms, match_statistics
from tests.t2c.test_trainers import SMALL
from tests.t2c.trained import digits, same, trained


def live(kind: type[nn.Module], bits: int = 4, **options: object) -> tuple[QNetwork, Tensor]:
    x = images(kind, 64)
    net = NetFuser(built(kind), weight_bits=bits, activation_bits=bits, live_bn=True, **options).fuse(x)
    with calibrate(net):
        net(x)
    return net.eval(), x


def sums(net: QNetwork, x: Tensor) -> dict[str, Tensor]:
    """What each live normalisation reads, by layer."""
    found = {}
    with torch.no_grad():
        tensors = net.tensors(x)
        for wire in net.wires:
            layer = net.layers[wire.name]
            if isinstance(layer, QWeighted) and layer.norm is not None:
                found[wire.name] = layer.apply_weight(tensors[wire.inputs[0]], layer.weight_quantiser(layer.weight))
    return found


@pytest.mark.parametrize("kind", SHAPES)
def test_in_eval_mode_it_is_the_float_model_and_the_fused_network(kind: type[nn.Module]) -> None:
    """With the biases of convolutions in the running means, and BatchNorm of maps and of features."""
    net, x = live(kind)
    fused = NetFuser(built(kind), weight_bits=4, activation_bits=4).fuse(x).eval()
    norms = sum(isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d) for module in built(kind).modules())
    assert len(norms_of(net)) == norms
    with torch.no_grad(), unquantised(net), unquantised(fused):
        wanted = built(kind)(x)
        torch.testing.assert_close(net(x), wanted, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(net(x), fused(x), rtol=1e-4, atol=1e-5)
    fuse_norms(net)
    assert not norms_of(net)
    for name, layer in net.layers.items():
        if isinstance(layer, QWeighted) and layer.gamma is not None:
            assert layer.gamma.requires_grad
            assert layer.beta.requires_grad
            torch.testing.assert_close(layer.gamma, fused.layers[name].gamma, rtol=1e-6, atol=0)
            torch.testing.assert_close(layer.beta, fused.layers[name].beta, rtol=1e-5, atol=1e-6)


def test_in_training_mode_each_layer_takes_the_statistics_of_its_batch() -> None:
    net, x = live(Residual)
    before = {name: layer.norm.running_mean.clone() for name, layer in norms_of(net).items()}
    seen: dict[str, Tensor] = {}
    layer = net.layers["a_0"]
    layer.norm.register_forward_hook(lambda norm, inputs, output: seen.update(x=inputs[0], y=output))
    net.train()(x).sum().backward()
    wanted = F.batch_norm(seen["x"], None, None, layer.norm.weight, layer.norm.bias, training=True)
    torch.testing.assert_close(seen["y"], wanted)
    assert all(not torch.equal(layer.norm.running_mean, before[name]) for name, layer in norms_of(net).items())
    for layer in norms_of(net).values():
        assert layer.gamma is None
        assert not layer.beta.requires_grad
        assert bool((layer.norm.weight.grad != 0).any())
        assert bool((layer.weight.grad != 0).any())


@pytest.mark.filterwarnings("ignore:layer .* MulQuant")
@pytest.mark.parametrize("kind", [Functional, Nested])
def test_trained_live_it_becomes_integers_that_golden_has_too(kind: type[nn.Module]) -> None:
    net, x = live(kind)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(5):
        loss = net.train()(x).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    net.eval()
    held = copy.deepcopy(net.state_dict())
    chip = T2C(net)
    chip.nn2chip(x[:8], save_model=False)  # compares torch with golden
    assert all(torch.equal(held[name], value) for name, value in net.state_dict().items())
    assert norms_of(net)
    with torch.no_grad():
        step = float(chip.qnet.layers[chip.qnet.output_name].output_quantiser.step().detach())
        off = (chip.qnet(x) - net(x)).abs() / step
    assert float(off.mean()) < 0.01  # a rounding that was at a tie
    with pytest.raises(UnsupportedError, match=r"\.weight: the batch normalisation is live; call fuse_norms$"):
        next(iter(norms_of(net).values())).to_integer((net.input_quantiser.reading,), chip.recipe)


def test_estimated_statistics_are_the_mean_of_the_batches() -> None:
    """Of the first layer, whose inputs no normalisation moves; a batch that is not full is left out."""
    net, x = live(Nested, bits=3)
    momenta = [layer.norm.momentum for layer in norms_of(net).values()]
    inputs = sums(net, x)["body_0_0"]
    estimate_norms(net, x[:60], 16)
    parts = inputs[:48].split(16)
    norm = net.layers["body_0_0"].norm
    torch.testing.assert_close(norm.running_mean, torch.stack([p.mean((0, 2, 3)) for p in parts]).mean(0))
    torch.testing.assert_close(norm.running_var, torch.stack([p.var((0, 2, 3)) for p in parts]).mean(0))
    assert [layer.norm.momentum for layer in norms_of(net).values()] == momenta
    assert not any(module.training for module in net.modules())


def test_matching_statistics_estimates_what_is_live() -> None:
    net, x = live(Nested, bits=2)
    match_statistics(net, x)
    for name, inputs in sums(net, x).items():  # in eval mode: each layer behind the estimated ones before it
        rows = inputs.transpose(0, 1).flatten(1)
        torch.testing.assert_close(net.layers[name].norm.running_mean, rows.mean(1), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(net.layers[name].norm.running_var, rows.var(1), rtol=1e-4, atol=1e-5)


def test_qat_trains_it_live_and_returns_it_fused() -> None:
    options = {"method": "lsq", "weight_bits": 2, "activation_bits": 2, "epochs": 1, "shift": 0}
    alive = QAT(trained(), digits(SMALL), live_bn=True, **options)
    assert len(norms_of(alive.qnet)) == 2
    first, fused = alive.fit(), QAT(trained(), digits(SMALL), **options).fit()
    assert not norms_of(first)
    assert [name for name, _ in first.named_parameters()] == [name for name, _ in fused.named_parameters()]
    assert not same(first, fused)
    again = QAT(trained(), digits(SMALL), live_bn=True, **options).fit()
    assert same(first, again)
    T2C(first).nn2chip(save_model=False)


def test_what_cannot_be_live_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"^live_bn: the scheme pre_fuse has BatchNorm in the weights; take ch"):
        NetFuser(built(Nested), scheme="pre_fuse", live_bn=True)
    bare = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(75, 2))
    with pytest.raises(UnsupportedError, match=r"^live_bn: no BatchNorm is behind a convolution or linear layer of "):
        NetFuser(bare, live_bn=True).fuse(images(Nested))
    with pytest.raises(ValueError, match=r"^live_bn: give it to the fuser itself"):
        QAT(trained(), digits(SMALL), live_bn=True, fuser=NetFuser)
