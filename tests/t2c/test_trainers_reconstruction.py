"""Block reconstruction: how networks are cut, that every block gets better, and that the whole network does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from t2c.accuracy import logits_of
from t2c.calibration import unquantised
from t2c.data.split import Split, Splits
from t2c.errors import CheckpointError, TrainingError
from t2c.fusion import NetFuser
from t2c.models.resnet20 import ResNet20
from t2c.trainers import PTQ, Reconstruction
from t2c.trainers.base import Store
from t2c.trainers.blocks import Block, advance, blocks_of, layers_of
from t2c.trainers.quantising import dropping_quantisers, rounding_quantisers
from t2c.trainers.reconstruction import Reconstructor
from tests.t2c.small_nets import Dense, Residual, built, images
from tests.t2c.trained import digits, same, trained


def ptq(method: str = "adaround", bits: int = 3, **options: object) -> PTQ:
    settings = {"iterations": 120, "reconstruction_images": 256, "images": 256} | options
    return PTQ(trained(), digits(), method=method, weight_bits=bits, activation_bits=4, **settings)


def names(blocks: list[Block]) -> list[str]:
    return [" ".join(wire.name for wire in block.wires) for block in blocks]


def test_residual_blocks_stay_whole() -> None:
    net = NetFuser(ResNet20().eval()).fuse(torch.zeros(1, 3, 32, 32))
    got = names(blocks_of(net))
    assert got[:3] == ["conv1", "layer1_0_conv1 layer1_0_conv2 add", "layer1_1_conv1 layer1_1_conv2 add_1"]
    assert got[4] == "layer2_0_conv1 layer2_0_conv2 layer2_0_downsample_0 add_3"
    assert got[-3:] == ["avgpool", "flatten", "fc"]
    joined = names(blocks_of(net, lambda wire: "conv" in wire.name or wire.name == "fc"))
    assert joined == [*got[:-3], "avgpool flatten fc"]
    assert names(blocks_of(net, lambda wire: wire.name == "conv1")) == [" ".join(wire.name for wire in net.wires)]


@pytest.mark.parametrize("kind", [Residual, Dense])
@pytest.mark.parametrize("cut", [layers_of, blocks_of])
def test_the_blocks_one_after_the_other_are_the_network(kind: type[nn.Module], cut: object) -> None:
    x = images(kind, 140)
    net = NetFuser(built(kind)).fuse(x[:1])
    values = {net.input_name: x}
    with unquantised(net):
        for block in cut(net):
            assert set(block.inputs) <= set(values)
            assert net.output_name in block.alive or len(block.alive) >= 1
            values = advance(net, block, values, block.alive)
            assert set(values) == set(block.alive)
        torch.testing.assert_close(values[net.output_name], logits_of(net, x))
    assert list(values) == [net.output_name]
    assert [wire for block in cut(net) for wire in block.wires] == list(net.wires)


def test_the_regulariser_starts_late_and_sharpens() -> None:
    options = Reconstruction(iterations=100, warm_up=0.2, weight=0.01)
    assert [options.pull(step)[0] for step in (0, 19, 20, 99)] == [0.0, 0.0, 0.01, 0.01]
    assert options.pull(20)[1] == 20.0
    assert options.pull(60)[1] == pytest.approx(11.0)
    assert 2.0 < options.pull(99)[1] < 2.3


@pytest.mark.sample(3)
@pytest.mark.parametrize(("method", "bits", "bound"), [("adaround", 3, 0.6), ("adaround", 4, 0.95), ("qdrop", 3, 0.5)])
def test_reconstruction_beats_nearest_rounding(method: str, bits: int, bound: float) -> None:
    """Blocks get better and so do the logits, on images that were not seen.

    In four seeds the error fell to 0.45..0.47, 0.88..0.90 and 0.36..0.39 of nearest rounding's; with 4-bit weights the
    4-bit activations, which AdaRound does not touch, make most of it.
    """
    unseen = digits().test.images
    with torch.no_grad():
        wanted = trained()(unseen)
    learned = ptq(method, bits)
    after, nearest = learned.fit(), ptq(method, bits, reconstruct=False).fit()
    errors = [float((logits_of(net, unseen) - wanted).square().sum(1).mean()) for net in (nearest, after)]
    assert errors[1] < bound * errors[0], errors
    assert len(learned.losses) == (4 if method == "adaround" else 3)
    assert all(row.after <= row.before for row in learned.losses)
    assert sum(row.after < 0.95 * row.before for row in learned.losses) >= 2, learned.losses


@pytest.mark.parametrize("method", ["adaround", "qdrop"])
def test_afterwards_rounding_is_hard_and_nothing_is_dropped(method: str) -> None:
    net = ptq(method, iterations=5).fit()
    assert rounding_quantisers(net)
    assert not any(quantiser.soft for quantiser in rounding_quantisers(net))
    assert not any(quantiser.dropping or quantiser.bypass for quantiser in dropping_quantisers(net))
    x = digits().test.images[:20]
    assert torch.equal(net(x), net(x))
    assert all(p.grad is None and p.requires_grad for p in net.parameters())
    for name in ("conv1", "fc"):
        layer = net.layers[name]
        step = layer.weight_quantiser.step(layer.weight)
        gap = (layer.weight_quantiser(layer.weight) - layer.weight).abs() / step
        inside = layer.weight_quantiser.integers(layer.weight).abs() < layer.weight_quantiser.format.hi
        assert float(gap[inside].detach().max()) <= 1.0 + 1e-4


def test_only_the_rounding_learns() -> None:
    before, after = ptq(reconstruct=False).fit().state_dict(), ptq(iterations=20).fit().state_dict()
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert changed
    assert all(name.endswith("weight_quantiser.alpha") for name in changed)
    before, after = (net.state_dict() for net in (ptq("qdrop", reconstruct=False).fit(), ptq("qdrop").fit()))
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert {name.rpartition(".")[2] for name in changed} == {"alpha", "scale"}


def test_a_block_that_gets_worse_keeps_its_rounding() -> None:
    """A regulariser that outweighs everything rounds at random, so to say: nothing may be lost by it."""
    worker = ptq(iterations=1)
    net = worker.calibrated()
    rounder = Reconstructor(
        net,
        digits().train.head(64).images,
        Reconstruction(iterations=3, rate=100.0),
        seed=0,
        store=Store(None, {}),
        title="test",
    )
    rounder.run()
    assert len(rounder.losses) == 4
    assert any(row.after == row.before for row in rounder.losses)
    assert all(row.after <= row.before for row in rounder.losses)


@pytest.mark.sample(3)
@pytest.mark.parametrize("method", ["adaround", "qdrop"])
@pytest.mark.parametrize("saves", [1, 2])
def test_broken_off_after_a_block_and_resumed_gives_the_same_bits(
    method: str, saves: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ptq(method, iterations=10)
    result = wanted.fit()
    path = tmp_path / "run.pt"
    save, count = Store.save, 0

    def dying(self: Store, state: dict[str, object]) -> None:
        nonlocal count
        save(self, state)
        count += 1
        if count == saves:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Store, "save", dying)
        with pytest.raises(KeyboardInterrupt):
            ptq(method, iterations=10, checkpoint=path).fit()
    again = ptq(method, iterations=10, checkpoint=path)
    assert same(again.fit(), result)
    assert again.losses == wanted.losses
    with pytest.raises(CheckpointError, match="iterations is 10 there and 11 here"):
        ptq(method, iterations=11, checkpoint=path).fit()


def test_a_loss_that_is_no_number_names_block_and_step() -> None:
    data = digits().train.head(64)
    net = ptq(images=64).calibrated()
    net.layers["conv2"].weight_quantiser.alpha.data[0] = torch.nan
    options = Reconstruction(iterations=3)
    worker = Reconstructor(net, data.images, options, seed=0, store=Store(None, {}), title="ptq")
    with pytest.raises(TrainingError, match=r"^ptq: block conv2, step 1: "):
        worker.run()
    assert not any(quantiser.soft for quantiser in rounding_quantisers(net))
    assert all(p.requires_grad for p in net.parameters())


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match=r"^reconstruct: no weight quantiser"):
        ptq("minmax", reconstruct=True)
    for name, value in (("iterations", 0), ("batch", 0), ("rate", -1.0), ("step_rate", float("nan"))):
        with pytest.raises(ValueError, match=f"^{name}: "):
            ptq(**{name: value})
    with pytest.raises(ValueError, match=r"^warm_up: 2 is not in 0\.\.1"):
        Reconstruction(warm_up=2)
    with pytest.raises(ValueError, match=r"^reconstruction_images: 0"):
        ptq(reconstruction_images=0)


def test_labels_are_not_looked_at() -> None:
    data = digits()
    blind = Split(images=data.train.images, labels=torch.zeros_like(data.train.labels))
    other = Splits(train=blind, calibration=data.calibration, test=data.test)
    options = {"method": "adaround", "weight_bits": 4, "activation_bits": 4, "iterations": 3, "images": 64}
    assert same(PTQ(trained(), other, **options).fit(), PTQ(trained(), data, **options).fit())
