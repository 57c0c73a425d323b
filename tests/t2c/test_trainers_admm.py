"""ADMM: the pull, the levels and what is left, weights that come nearer, a run that was broken off."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from t2c.calibration import quantisers_of
from t2c.errors import CheckpointError, TrainingError
from t2c.golden.errors import UnsupportedError
from t2c.methods import find_method
from t2c.network import QNetwork
from t2c.nn2chip import T2C
from t2c.trainers import PTQ, QAT, Admm
from t2c.trainers.admm import Puller, projected
from tests.t2c.test_msq import SP2
from tests.t2c.test_trainers import SMALL
from tests.t2c.trained import break_off, digits, same, trained

STEPS = 4
"""Of an epoch."""


def admm(checkpoint: Path | None = None, **options: object) -> Admm:
    return Admm(trained(), digits(SMALL), checkpoint=checkpoint, **{"epochs": 4, "rounds": 3, "shift": 0} | options)


def coached(**options: object) -> tuple[Puller, QNetwork]:
    """A coach of a calibrated network, before the first step of 4 epochs."""
    trainer = admm(**options)
    net = trainer.calibrated()
    coach = trainer.coach(net)
    coach.begin(4 * STEPS)
    return coach, net


def off_levels(quantiser: nn.Module, values: Tensor) -> float:
    """How far, in steps, values of a filter are from the levels of its kind at most, by a search over all of them."""
    worst = 0.0
    for row, real, step in zip(quantiser.rows.flatten(), values.flatten(1), quantiser.scale.flatten(), strict=True):
        levels = torch.tensor(sorted(SP2 | {-level for level in SP2}) if row else list(range(-7, 8)))
        worst = max(worst, float(((real / step)[:, None] - levels).abs().amin(1).max()))
    return worst


def moved(net: QNetwork, seed: int) -> None:
    """Move all weights at random, as a step would."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in (net.layers["conv2"], net.layers["conv3"]):
            layer.weight.mul_(1 + 0.2 * torch.randn(layer.weight.shape, generator=generator))


def test_the_pull_is_the_formula_and_its_gradient() -> None:
    coach, net = coached(rho=0.3)
    assert list(coach.layers) == ["conv2", "conv3"]  # the ends have 8 bits, which MinMax gives
    coach.before_step(0)
    moved(net, 0)
    coach.gaps["conv3"] += 0.01
    wanted = sum(
        0.15 * sum((w - z + u) ** 2 for w, z, u in zip(*(part.flatten().tolist() for part in parts), strict=True))
        for name in ("conv2", "conv3")
        for parts in [(net.layers[name].weight, coach.levels[name], coach.gaps[name])]
    )
    assert float(coach.pull().detach()) == pytest.approx(wanted, rel=1e-5)
    logits, labels = torch.zeros(2, 10), torch.tensor([1, 2])
    assert float(coach.loss(torch.zeros(2), logits, labels).detach()) == pytest.approx(
        wanted + torch.log(torch.tensor(10.0))
    )
    coach.pull().backward()
    for name, layer in coach.layers.items():
        torch.testing.assert_close(layer.weight.grad, 0.3 * (layer.weight - coach.levels[name] + coach.gaps[name]))


def test_levels_and_gaps_follow_round_by_round() -> None:
    coach, net = coached()
    weights = {name: layer.weight for name, layer in coach.layers.items()}
    gaps = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    for step in range(2 * STEPS):
        coach.before_step(step)
        assert all(layer.weight_quantiser.bypass for layer in coach.layers.values())
        assert not net.layers["conv1"].weight_quantiser.bypass
        moved(net, step)
        before = dict(coach.levels)
        coach.after_step(step)
        if (step + 1) % STEPS:
            assert all(before[name] is coach.levels[name] for name in before)
            continue
        for name, layer in coach.layers.items():
            wanted = weights[name].detach() + gaps[name]
            assert off_levels(layer.weight_quantiser, coach.levels[name]) < 1e-5
            scale = layer.weight_quantiser.scale.clone()
            layer.weight_quantiser.set_scale(layer.weight_quantiser.least_squares_step(wanted))
            assert torch.equal(layer.weight_quantiser.scale, scale)  # fitted to W + U
            layer.weight_quantiser.bypass = False
            assert torch.equal(layer.weight_quantiser(wanted), coach.levels[name])
            gaps[name] = gaps[name] + weights[name].detach() - coach.levels[name]
            torch.testing.assert_close(coach.gaps[name], gaps[name])
    assert any(gap.any() for gap in gaps.values())


def test_after_the_last_round_weights_are_levels_that_train_on() -> None:
    coach, net = coached(rounds=1)
    rows = {name: layer.weight_quantiser.rows.clone() for name, layer in coach.layers.items()}
    for step in range(STEPS):
        coach.before_step(step)
        moved(net, step)
        coach.after_step(step)
    assert coach.levels == coach.gaps == {}
    coach.before_step(STEPS)
    for name, layer in coach.layers.items():
        quantiser = layer.weight_quantiser
        assert not quantiser.bypass
        assert torch.equal(quantiser.rows, rows[name])
        assert off_levels(quantiser, layer.weight.detach()) < 1e-4
        torch.testing.assert_close(quantiser(layer.weight), layer.weight, rtol=2e-6, atol=0)
        quantiser(layer.weight).sum().backward()
        assert bool((layer.weight.grad == 1).all())  # of the largest levels too
    loss = coach.loss(torch.zeros(2), torch.zeros(2, 10), torch.tensor([1, 2]))
    assert float(loss) == pytest.approx(float(torch.log(torch.tensor(10.0))))


@pytest.fixture(scope="module")
def whole() -> tuple[Admm, QNetwork]:
    """A finished run: the trainer and its network."""
    trainer = admm()
    return trainer, trainer.fit()


def distances(patch: pytest.MonkeyPatch, **options: object) -> list[float]:
    """How far the weights are from the levels nearest to them, squared: when training begins, and after each round."""
    found, before, after = [], Puller.before_step, Puller.after_step

    def measure(self: Puller) -> None:
        pairs = [(copy.deepcopy(layer.weight_quantiser), layer.weight.detach()) for layer in self.layers.values()]
        found.append(sum(float((weight - projected(quantiser, weight)).square().sum()) for quantiser, weight in pairs))

    def begins(self: Puller, step: int) -> None:
        before(self, step)
        if not step:
            measure(self)

    def ends(self: Puller, step: int) -> None:
        if self.levels and not (step + 1) % STEPS:
            measure(self)
        after(self, step)

    with patch.context() as context:
        context.setattr(Puller, "before_step", begins)
        context.setattr(Puller, "after_step", ends)
        admm(**options).fit()
    return found


def test_weights_come_nearer_to_their_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    pulled, free = distances(monkeypatch), distances(monkeypatch, rho=1e-9)
    assert len(pulled) == 4
    assert pulled == sorted(pulled, reverse=True)
    assert pulled[-1] < 0.5 * pulled[0]
    assert min(free) > 0.9 * pulled[0] == 0.9 * free[0]


def test_it_becomes_the_integers_of_golden(whole: tuple[Admm, QNetwork]) -> None:
    trainer, net = whole
    assert trainer.history[-1][1] > 0.9
    assert not any(quantiser.bypass for quantiser in quantisers_of(net))
    assert all(bool(quantiser.calibrated) for quantiser in quantisers_of(net))
    chip = T2C(net)
    chip.nn2chip(save_model=False)  # compares torch with golden on every tensor
    assert chip.metrics["accuracy_integer"] > 0.9


@pytest.mark.sample(3)
@pytest.mark.parametrize("method", ["sp2", "apot", "rcf", "sawb", "profit"])
def test_every_quantiser_with_levels_is_pulled(method: str) -> None:
    net = admm(method=method, epochs=2, rounds=1, activation_bits=5).fit()
    T2C(net).nn2chip(save_model=False)
    T2C(admm(method=method, epochs=1, rounds=1, live_bn=True).fit()).nn2chip(save_model=False)


@pytest.mark.sample(3)
@pytest.mark.parametrize(("saves", "every"), [(1, None), (2, None), (3, None), (1, 3), (3, 3), (8, 3)])
def test_broken_off_and_resumed_gives_the_same_bits(
    saves: int,
    every: int | None,
    whole: tuple[Admm, QNetwork],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between rounds, inside one, after the last, and while weights are fine-tuned."""
    path = tmp_path / "run.pt"
    break_off(admm(path, save_every=every), saves, monkeypatch)
    again = admm(path, save_every=every)
    assert same(again.fit(), whole[1])
    assert again.history == whole[0].history
    assert same(admm(path, save_every=every).fit(), whole[1])  # finished, it gives its result at once


def test_checkpoints_of_other_runs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    admm(path).fit()
    for change in ({"rho": 0.5}, {"rounds": 2}, {"method": "sp2"}):
        with pytest.raises(CheckpointError, match="of another run"):
            admm(path, **change).fit()


def test_without_rounds_it_is_qat() -> None:
    options = {"method": "msq", "weight_bits": 4, "activation_bits": 4, "epochs": 1, "shift": 0}
    wanted = QAT(trained(), digits(SMALL), **options).fit()
    assert same(admm(epochs=1, rounds=None).fit(), wanted)  # half an epoch is none
    plain = PTQ(trained(), digits(SMALL), method="msq", weight_bits=4, activation_bits=4).fit()
    assert same(admm(epochs=0, rounds=0).fit(), plain)
    T2C(admm(epochs=2, rounds=2).fit()).nn2chip(save_model=False)  # and nothing else after them


def test_what_is_pruned_stays_so() -> None:
    net = admm(pruner="granet", sparsity=0.6).fit()
    assert 0.5 < 1 - float(net.masks["conv2"].float().mean()) < 0.95
    T2C(net).nn2chip(save_model=False)  # proves the zeros


def test_a_training_that_fails_leaves_no_weights_in_float() -> None:
    net = find_method("msq").fuser(4, 4)(trained()).fuse(digits().train.images[:64])
    with pytest.raises(TrainingError):
        Admm(net, digits(SMALL), epochs=4, rate=1e30).fit()
    assert not any(quantiser.bypass for quantiser in quantisers_of(net))


class Linears(nn.Module):
    """No convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(64, 12), nn.Linear(12, 12), nn.Linear(12, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.c(self.b(self.a(x.flatten(1)).relu()).relu())


def test_a_network_of_linear_layers() -> None:
    trainer = Admm(Linears(), digits(SMALL), epochs=2)
    assert list(trainer.coach(trainer.qnet).layers) == ["b"]
    T2C(trainer.fit()).nn2chip(save_model=False)


class Two(nn.Module):
    """A first and a last layer alone, which have 8 bits."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(64, 12), nn.Linear(12, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.b(self.a(x.flatten(1)).relu())


def test_what_cannot_be_trained_like_this_is_one_line() -> None:
    frozen = PTQ(trained(), digits(SMALL), method="msq", weight_bits=4, activation_bits=4).fit()
    frozen.requires_grad_(False)
    need = "admm: it needs weight quantisers with `project`, as MSQ and SP2 have; "
    for model, options, message in (
        (trained(), {"rho": 0.0}, "rho: 0.0 is not a positive number"),
        (trained(), {"rho": float("nan")}, "rho: nan is not a positive number"),
        (trained(), {"rho": float("inf")}, "rho: inf is not a positive number"),
        (trained(), {"rounds": 5, "epochs": 4}, r"rounds: 5 is not in 0\.\.4, the epochs"),
        (trained(), {"rounds": -1}, r"rounds: -1 is not in 0\.\.10, the epochs"),
        (trained(), {"method": "lsq"}, f"{need}the weights that train here have LSQ"),
        (trained(), {"method": "minmax"}, f"{need}the weights that train here have MinMax"),
        (Two(), {}, f"{need}the weights that train here have MinMax"),
        (frozen, {}, f"{need}no weights train here"),
        (trained(), {"method": "adaround"}, "layer 'conv1': AdaRound rounds fixed weights, qat would train them"),
    ):
        with pytest.raises((ValueError, UnsupportedError), match=f"^{message}[^\n]*$"):
            Admm(model, digits(SMALL), **options)
