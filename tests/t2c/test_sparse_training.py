"""Sparse training: what is pruned is 0 from the mask to the ROM, and a run goes on where it was broken off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2c.calibration import calibrate
from t2c.errors import CheckpointError
from t2c.fusion import NetFuser
from t2c.golden.errors import ShapeError, UnsupportedError
from t2c.golden.graph.package import load_package
from t2c.golden.rom.image import load_rom
from t2c.golden.rom.tensors import tensor_roms
from t2c.golden.rom.text import RomFormat
from t2c.layers.weighted import QWeighted
from t2c.network import QNetwork
from t2c.nn2chip import T2C
from t2c.pruners import Prunable, Pruner
from t2c.pruners.magnitude import Magnitude
from t2c.pruners.n_m import NM
from t2c.quantisers import RCF, AdaRound, MinMax
from t2c.trainers import PTQ, QAT, Supervised, Trainer
from t2c.trainers.sparsifier import weighted_layers
from t2c.zeros import prove_zeros
from tests.t2c.quantiser_cases import WEIGHTS
from tests.t2c.test_trainers import SMALL
from tests.t2c.trained import break_off, digits, fresh, same, trained


def zeros_of(model: nn.Module) -> dict[str, int]:
    return {name: int((weight == 0).sum()) for name, weight in weighted_layers(model)}


def sparse(pruner: str | Pruner = "magnitude", sparsity: float | None = None, **options: object) -> Supervised:
    return Supervised(fresh(), digits(SMALL), epochs=3, pruner=pruner, sparsity=sparsity, **options)


def sparse_qat(checkpoint: Path | None = None, **options: object) -> QAT:
    bits = {"method": "lsq", "weight_bits": 4, "activation_bits": 4}
    return QAT(trained(), digits(SMALL), epochs=3, pruner="2:4", checkpoint=checkpoint, **bits | options)


def test_every_pruner_reaches_its_sparsity_and_leaves_the_first_layer() -> None:
    for pruner, sparsity, wanted in (
        ("magnitude", 0.8, {"conv1": 0, "conv2": 461, "conv3": 461, "fc": 1024}),
        ("2:4", None, {"conv1": 0, "conv2": 288, "conv3": 288, "fc": 640}),
        ("1:4", None, {"conv1": 0, "conv2": 432, "conv3": 432, "fc": 960}),
    ):
        assert zeros_of(sparse(pruner, sparsity).fit()) == wanted, pruner
    model = sparse("granet", 0.8).fit()
    assert zeros_of(model)["conv1"] == 0
    assert sum(zeros_of(model).values()) == round(0.8 * (576 + 576 + 1280))


def test_sr_ste_is_a_plain_loop() -> None:
    """Dense weights behind the mask, as anyone would write it."""
    data, model = digits(SMALL).train, fresh()
    got = Supervised(
        fresh(), digits(SMALL), epochs=2, rate=3e-3, decay=0.0, shift=0, batch=32, pruner=NM(2, 4, decay=0.1)
    ).fit()
    layers = [model.conv2, model.conv3, model.fc]

    def mask(weight: Tensor) -> Tensor:
        groups = weight.abs().transpose(1, -1).unflatten(-1, (-1, 4))
        least = groups.sort(-1).values[..., 2:3]  # no ties in random weights
        return (groups >= least).flatten(-2).transpose(1, -1)

    generator, adam = torch.Generator().manual_seed(0), torch.optim.Adam(model.parameters(), lr=3e-3)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, 2 * 7)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for _ in range(2):
            for chosen in torch.randperm(SMALL, generator=generator).split(32):
                behind = [layer.weight.detach().clone() for layer in layers]
                with torch.no_grad():
                    for layer in layers:
                        layer.weight.mul_(mask(layer.weight))
                adam.zero_grad()
                F.cross_entropy(model(data.images[chosen]), data.labels[chosen]).backward()
                with torch.no_grad():
                    for layer, weight in zip(layers, behind, strict=True):
                        layer.weight.copy_(weight)
                        layer.weight.grad += 0.1 * (weight * ~mask(weight))
                adam.step()
                cosine.step()
    with torch.no_grad():
        for layer in layers:
            layer.weight.mul_(mask(layer.weight))
    assert same(got, model)


def test_regrown_weights_come_back_from_zero() -> None:
    """A pruner sees zeros where it pruned, and the gradients of those weights too; what comes back is trained."""
    seen: list[Tensor] = []

    class Watched(Magnitude):
        def masks(self, layers: list[Prunable], sparsity: float, progress: float) -> list[Tensor]:
            for layer in layers:
                assert bool((layer.weight.detach()[~layer.mask] == 0).all())
                assert layer.gradient is not None
                assert bool((layer.gradient[~layer.mask] != 0).any())  # dense: also of what is 0
            seen.append(layers[0].mask)
            return [~layer.mask for layer in layers]

        def begin(self, layers: list[Prunable]) -> list[Tensor]:
            return [(torch.arange(layer.weight.numel()) % 2 == 0).reshape(layer.weight.shape) for layer in layers]

    model = sparse(Watched(0.5, updates=2)).fit()
    assert len(seen) == 3
    assert torch.equal(model.conv2.weight != 0, ~seen[-1])


def test_the_pruned_stay_zero_through_qat_and_ptq(tmp_path: Path) -> None:
    model = sparse("magnitude", 0.8).fit()
    where = {name: weight.detach() == 0 for name, weight in weighted_layers(model)}
    for made in (
        PTQ(model, digits(SMALL), pruner="keep"),
        PTQ(model, digits(SMALL), pruner="keep", method="adaround", weight_bits=4, iterations=5, rate=0.5),
        QAT(model, digits(SMALL), pruner="keep", method="lsq", weight_bits=4, activation_bits=4, epochs=1),
    ):
        qnet = made.fit()
        assert {name: int((~mask).sum()) for name, mask in qnet.masks.items()} == zeros_of(model)
        for name, pruned in where.items():
            layer = qnet.layers[name]
            assert isinstance(layer, QWeighted)
            assert bool((layer.weight_quantiser.integers(layer.weight)[pruned] == 0).all()), (made.name, name)
    with pytest.warns(UserWarning, match="of the weights are 0 and need not stay so; pruner='keep'"):
        PTQ(model, digits(SMALL))


def test_zeros_of_the_mask_are_zeros_of_the_package_and_of_the_rom(tmp_path: Path) -> None:
    """From the float weights to the words that $readmemh reads."""
    qnet = sparse_qat().fit()
    T2C(qnet).nn2chip(directory=tmp_path / "package")
    graph = load_package(tmp_path / "package").graph
    assert set(qnet.masks) == {"conv2", "conv3", "fc"}
    for name, mask in qnet.masks.items():
        weights = graph.node(name).weights
        assert weights is not None
        assert not weights.values[~mask.numpy()].any()
        assert weights.values[mask.numpy()].any()
        folder = tmp_path / name
        folder.mkdir()
        tensor_roms(graph.node(name), folder, 4, [RomFormat.HEX])
        rom = load_rom(folder / f"weight.{RomFormat.HEX.value}.json")
        assert not np.asarray(rom)[~mask.numpy()].any()
        assert int((~mask).sum()) * 2 == mask.numel()


@pytest.mark.parametrize("make", [sparse_qat, lambda path=None, **o: sparse("granet", 0.8, checkpoint=path, **o)])
def test_broken_off_and_resumed_gives_the_same_bits(
    make: Callable[..., Trainer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = make().fit()
    path = tmp_path / "run.pt"
    break_off(make(path, save_every=3), 3, monkeypatch)
    again = make(path, save_every=3)
    assert same(again.fit(), wanted)
    if isinstance(wanted, QNetwork):
        assert all(torch.equal(mask, wanted.masks[name]) for name, mask in again.qnet.masks.items())


def test_another_pruner_is_another_run(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    sparse("magnitude", 0.8, checkpoint=path).fit()
    with pytest.raises(CheckpointError, match=r"pruner is .*sparsity=0\.8 .* there and .*sparsity=0\.7 .* here"):
        sparse("magnitude", 0.7, checkpoint=path).fit()
    with pytest.raises(CheckpointError, match="pruned layers is conv2 conv3 fc there and conv2 conv3 here"):
        sparse("magnitude", 0.8, dense=["conv1", "f*"], checkpoint=path).fit()
    with pytest.raises(CheckpointError, match="of another run: pruner is "):
        Supervised(fresh(), digits(SMALL), epochs=3, checkpoint=path).fit()


@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("shape", [(), (8, 1, 1, 1)])
def test_a_weight_of_zero_is_the_integer_zero(kind: type, shape: tuple[int, ...]) -> None:
    """Every quantiser that ships, at all its widths, also after whatever it learns has moved."""
    weight = torch.randn(8, 8, 3, 3, generator=torch.Generator().manual_seed(1)) + 0.5
    mask = torch.rand(weight.shape, generator=torch.Generator().manual_seed(2)) < 0.3
    mask[0] = False  # a channel without weights
    weight = weight.masked_fill(~mask, 0.0)
    for bits in sorted({2, 3, 4, 8} & set(kind.widths)):
        quantiser = kind(bits, scale_shape=shape, name="w")
        with calibrate(quantiser):
            quantiser(weight)
        assert quantiser.has_zero
        for moved in range(2):
            integers = quantiser.integers(weight)
            assert bool((integers[~mask] == 0).all()), (bits, moved)
            assert bool((quantiser(weight).detach()[~mask] == 0).all())
            assert bool((integers[mask] != 0).any())
            with torch.no_grad():
                for parameter in quantiser.parameters():
                    parameter.add_(5.0 if kind is AdaRound else 0.3)  # every rounding of AdaRound up


def centred(bits: int, **options: object) -> RCF:
    return RCF(bits, centre=True, **options)


def test_where_zero_is_no_level_it_is_refused_by_name() -> None:
    def fuser(model: nn.Module) -> NetFuser:
        return NetFuser(model, weight_quantiser=centred)

    with pytest.raises(UnsupportedError, match="layer 'conv2': RCF as it is set does not make a weight of 0"):
        QAT(trained(), digits(SMALL), fuser=fuser, pruner="2:4")


class Offset(MinMax):
    """A quantiser of somebody's that has no 0 and does not know it."""

    def q(self, x: Tensor) -> Tensor:
        return torch.where(super().q(x) == 0, 1.0, super().q(x))


def test_a_quantiser_that_does_not_know_it_is_found_by_the_proof() -> None:
    def fuser(model: nn.Module) -> NetFuser:
        return NetFuser(model, weight_quantiser=Offset)

    message = r"layer 'conv2': element \(.*\) is pruned, but its integer of Offset for the weight 0 is 1"
    with pytest.raises(UnsupportedError, match=message):
        PTQ(trained(), digits(SMALL), fuser=fuser, pruner="2:4").fit()


def test_a_pruned_weight_that_came_back_is_found_before_the_package(tmp_path: Path) -> None:
    qnet = PTQ(trained(), digits(SMALL), pruner="2:4").fit()
    prove_zeros(qnet)
    place = tuple(int(i) for i in (~qnet.masks["conv3"]).nonzero()[5])
    with torch.no_grad():
        qnet.layers["conv3"].weight[place] = 1e-9  # too small for any integer but 0
    with pytest.raises(UnsupportedError, match=r"layer 'conv3': element .* is pruned, but its weight is 1e-09"):
        T2C(qnet).nn2chip(directory=tmp_path / "package")
    assert not (tmp_path / "package").exists()


def test_what_does_not_fit_is_refused_before_any_work() -> None:
    with pytest.raises(ShapeError, match="layer 'conv1': 1 input channels"):
        sparse("2:4", dense=[])
    with pytest.raises(LookupError, match="dense: no layer 'conv9'; there are conv1, conv2, conv3, fc"):
        sparse("2:4", dense=["conv1", "conv9"])
    with pytest.raises(UnsupportedError, match="nothing to prune"):
        sparse("2:4", dense=["*"])
    with pytest.raises(ValueError, match="sparsity: of a pruner by name"):
        sparse(Magnitude(0.5), 0.5)

    class Wrong(Pruner):
        def mask(self, layer: Prunable, sparsity: float) -> Tensor:
            return torch.ones(3, dtype=torch.bool)

    with pytest.raises(ShapeError, match=r"Wrong: the mask of layer 'conv2' is \(3,\) bool, not \(8, 8, 3, 3\) bool"):
        sparse(Wrong()).fit()
