"""PROFIT: phases, what is frozen and why, the mean of the weights, and a run that was broken off."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import t2c
from t2c.calibration import quantisers_of
from t2c.errors import CheckpointError
from t2c.fusion import norms_of
from t2c.golden.errors import UnsupportedError
from t2c.methods import find_method
from t2c.network import QNetwork
from t2c.nn2chip import T2C
from t2c.trainers import PTQ, QAT, Profit
from t2c.trainers.aiwq import activation_instability, divergence, quantised_weights
from t2c.trainers.phases import Phase, phases_of, phases_together, starts
from t2c.trainers.profit import MEASURED, PhaseCoach
from t2c.trainers.qat import relative_sizes
from tests.t2c.test_trainers import SMALL
from tests.t2c.trained import break_off, digits, same, trained

PHASES = (
    Phase(weight_bits=8, activation_bits=5),
    Phase(weight_bits=5, activation_bits=4),
    Phase(weight_bits=4, activation_bits=4, share=2),
    Phase(weight_bits=4, activation_bits=4, frozen=0.5),
)


def profit(checkpoint: Path | None = None, **options: object) -> Profit:
    bits = {"weight_bits": 4, "activation_bits": 4, "phases": PHASES, "shift": 0, "epochs": 5, "rate": 1e-3}
    return Profit(trained(), digits(SMALL), checkpoint=checkpoint, **bits | options)


@pytest.fixture(scope="module")
def whole() -> tuple[Profit, QNetwork, list[tuple[str, ...]]]:
    """A finished run: the trainer, its network, and at each step the widths and what was frozen."""
    trainer, seen = profit(), []
    step = PhaseCoach.after_step

    def watched(self: PhaseCoach, done: int) -> None:
        step(self, done)
        layer = self.net.layers["conv2"]
        frozen = [name for name, p in self.net.named_parameters() if not p.requires_grad and name.endswith("r.weight")]
        frozen += [n for n in ("conv1", "conv2") if not self.net.layers[n].weight.requires_grad]
        widths = (str(layer.weight_quantiser.format), str(layer.output_quantiser.format))
        seen.append((*widths, str(self.net.layers["conv1"].weight_quantiser.format), *frozen))

    PhaseCoach.after_step = watched  # type: ignore[method-assign]
    try:
        return trainer, trainer.fit(), seen
    finally:
        PhaseCoach.after_step = step  # type: ignore[method-assign]


def test_phases_are_the_papers_and_go_on_to_two_bits() -> None:
    def widths(weight: int, activation: int) -> list[tuple[int, int, float]]:
        return [(p.weight_bits, p.activation_bits, round(p.frozen, 2)) for p in phases_of(weight, activation)]

    end = [(4, 4, 0.0), (4, 4, 0.33), (4, 4, 0.67)]
    assert widths(4, 4) == [(8, 5, 0), (8, 4, 0), (5, 4, 0), *end]
    assert widths(8, 8) == [(8, 8, 0.0), (8, 8, 0.33), (8, 8, 0.67)]
    assert widths(2, 2) == [(4, 4, 0), (3, 3, 0), (2, 2, 0)]
    assert widths(3, 8) == [(5, 5, 0), (4, 4, 0), (3, 8, 0)]
    assert phases_together(2, 2) == phases_of(2, 2)
    assert [(phase.weight_bits, phase.share) for phase in phases_together(4, 4)] == [(5, 1), (4, 7)]
    assert [(phase.weight_bits, phase.share) for phase in phases_together(8, 8)] == [(8, 8)]
    assert widths(2, 3) == [(4, 4, 0), (3, 3, 0), (2, 3, 0)]
    assert phases_of(2, 2)[-1].share == 6
    assert [phase.share for phase in phases_of(4, 4)] == [0.5, 0.5, 0.5, 5, 1, 1]
    assert starts(PHASES, 20) == [0, 4, 8, 16, 20]
    assert starts(phases_of(4, 4), 7)[-1] == 7
    assert starts(PHASES, 2) == [0, 0, 1, 2, 2]


def test_widths_go_down_and_the_ends_stay_at_8(whole: tuple[Profit, QNetwork, list[tuple[str, ...]]]) -> None:
    _, net, seen = whole
    assert len(seen) == 20
    assert [row[:3] for row in seen[::4]] == [
        ("s8", "u5", "s8"),
        ("s5", "u4", "s8"),
        ("s4", "u4", "s8"),
        ("s4", "u4", "s8"),
        ("s4", "u4", "s8"),
    ]
    assert [len(row) - 3 for row in seen] == [0] * 16 + [1] * 4
    formats = {q.name: str(q.format) for q in quantisers_of(net)}
    assert formats["conv2.weight"] == formats["conv3.weight"] == "s4"
    assert formats["conv1.weight"] == formats["fc.weight"] == formats["fc.output"] == "s8"
    assert not norms_of(net)
    assert all(parameter.requires_grad for parameter in net.parameters())


def test_it_trains_and_becomes_the_integers_of_golden(whole: tuple[Profit, QNetwork, list[tuple[str, ...]]]) -> None:
    trainer, net, _ = whole
    assert trainer.history[-1][0] < trainer.history[0][0]
    assert trainer.history[-1][1] > 0.9
    T2C(net).nn2chip(save_model=False)  # compares torch with golden on every tensor
    learned = [parameter for quantiser in quantisers_of(net) for parameter in quantiser.parameters()]
    started = [p for q in quantisers_of(PTQ(trained(), digits(SMALL), method="profit").fit()) for p in q.parameters()]
    assert all(not torch.equal(new, old) for new, old in zip(learned, started, strict=True))


@pytest.mark.sample(3)
@pytest.mark.parametrize(("saves", "every"), [(1, None), (4, None), (4, 3), (6, 3)])
def test_broken_off_and_resumed_gives_the_same_bits(
    saves: int,
    every: int | None,
    whole: tuple[Profit, QNetwork, list[tuple[str, ...]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between phases, in one, while instability is measured, and after layers were frozen."""
    path = tmp_path / "run.pt"
    break_off(profit(path, save_every=every), saves, monkeypatch)
    again = profit(path, save_every=every)
    assert same(again.fit(), whole[1])
    assert again.history == whole[0].history
    assert same(profit(path, save_every=every).fit(), whole[1])  # finished, it gives its result at once


def test_checkpoints_of_other_runs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    options = {"method": "profit", "weight_bits": 4, "activation_bits": 4}
    QAT(trained(), digits(SMALL), epochs=0, checkpoint=path, **options).fit()
    assert not path.exists()  # nothing was trained
    QAT(trained(), digits(SMALL), epochs=1, checkpoint=path, **options).fit()
    with pytest.raises(CheckpointError, match=r"run.pt: of another run: trainer is qat there and profit here;"):
        profit(path).fit()
    path.unlink()
    profit(path).fit()
    for change in ({"ema": 0.5}, {"distill": 0.1}, {"phases": PHASES[1:]}, {"weight_bits": 3}):
        with pytest.raises(CheckpointError, match="of another run"):
            profit(path, **change).fit()


def coached(**options: object) -> tuple[PhaseCoach, QNetwork]:
    """A coach of a calibrated network, at the beginning of 20 steps."""
    trainer = profit(**options)
    net = trainer.calibrated()
    coach = trainer.coach(net)
    coach.begin(20)
    return coach, net


def test_the_least_stable_layers_are_frozen_first() -> None:
    coach, net = coached(phases=[*PHASES[:3], Phase(weight_bits=4, activation_bits=4, frozen=0.4)])
    assert coach.names == ["conv1", "conv2"]  # conv3 and fc have no BatchNorm
    for unstable, other in (("conv2", "conv1"), ("conv1", "conv2")):
        coach.instability = {unstable: 2.0, other: 1.0}
        coach.enter(3)
        layer = net.layers[unstable]
        assert not any(p.requires_grad for p in (layer.weight, *layer.weight_quantiser.parameters()))
        assert layer.norm.weight.requires_grad
        assert net.layers[other].weight.requires_grad
        assert f"layers.{unstable}.weight" not in coach.mean
        coach.enter(2)
        assert all(p.requires_grad for p in (layer.weight, *layer.weight_quantiser.parameters()))


def test_instability_is_summed_over_the_steps_before_anything_is_frozen() -> None:
    coach, net = coached()
    moved = []
    for step in range(20):
        coach.before_step(step)
        if step in (7, 12):  # one before, one of the last MEASURED steps
            with torch.no_grad():
                net.layers["conv2"].weight.mul_(1.5)
        before = dict(coach.instability)
        coach.after_step(step)
        if coach.instability != before:
            moved.append(step)
    assert MEASURED == 8
    assert moved == [12]
    assert coach.instability["conv1"] == 0 < coach.instability["conv2"]


def test_divergence_by_hand() -> None:
    """Means 0 and 1, variances 1 and 4 in the first channel: ln 2 + (1 + 1) / 8 - 1/2; the second does not move."""
    before = torch.tensor([[-1.0, 3.0], [1.0, 5.0]])
    after = torch.tensor([[-1.0, 3.0], [3.0, 5.0]])
    assert divergence(before, after) == pytest.approx((math.log(2) + 2 / 8 - 0.5) / 2)
    assert divergence(before[:, :, None, None], after[:, :, None, None]) == divergence(before, after)
    assert divergence(torch.zeros(3, 2), torch.zeros(3, 2)) == 0


def test_only_codes_that_change_make_a_layer_unstable() -> None:
    coach, net = coached()
    images = digits(SMALL).train.images[:32]
    coach.enter(2)
    before = quantised_weights(net, coach.names)
    codes = net.layers["conv2"].weight_quantiser.integers(net.layers["conv2"].weight)
    with torch.no_grad():
        net.layers["conv1"].weight.mul_(1 + 1e-7)
    assert activation_instability(net, images, before) == {"conv1": 0.0, "conv2": 0.0}
    with torch.no_grad():
        net.layers["conv2"].weight.mul_(1.1)
    assert not torch.equal(codes, net.layers["conv2"].weight_quantiser.integers(net.layers["conv2"].weight))
    net.train()
    found = activation_instability(net, images, before)
    assert found["conv1"] == 0 < found["conv2"]
    assert net.training
    with torch.no_grad():
        net.eval()
        x = net.tensors(images)["conv1"]
        one, other = (
            net.layers["conv2"].apply_weight(x, w)
            for w in (before["conv2"], quantised_weights(net, ["conv2"])["conv2"])
        )
    assert found["conv2"] == divergence(one, other)


def test_the_rate_grows_and_falls_in_each_phase() -> None:
    coach, _ = coached()
    coach.begin(1000)
    assert coach.starts == [0, 200, 400, 800, 1000]
    for first, after in zip(coach.starts, coach.starts[1:], strict=False):
        rates = [coach.rate(step) for step in range(first, after)]
        peak = max(range(len(rates)), key=rates.__getitem__)
        assert rates[0] < 0.15
        assert rates[peak] > 0.99
        assert peak == pytest.approx(0.1 * len(rates), abs=1)
        assert rates[peak:] == sorted(rates[peak:], reverse=True)
        assert rates[-1] < 0.002
        middle = rates[round(0.55 * len(rates))]
        assert middle == pytest.approx(0.5, abs=0.02)


def test_the_mean_of_the_weights_starts_anew_in_each_phase_and_is_the_result() -> None:
    coach, net = coached(ema=0.3)
    weight, wanted = net.layers["fc"].weight, torch.zeros(())
    for step in range(20):
        coach.before_step(step)
        if step in PHASE_STARTS:
            wanted, passed = weight.detach().clone(), 0
        with torch.no_grad():
            weight.add_(0.1 * step)
        coach.after_step(step)
        keep = min(0.3, (1 + passed) / (10 + passed))
        wanted, passed = keep * wanted + (1 - keep) * weight.detach(), passed + 1
        torch.testing.assert_close(coach.mean["layers.fc.weight"], wanted)
    coach.finish()
    torch.testing.assert_close(weight.detach(), wanted)
    coach, net = coached(ema=0.0)
    coach.enter(0)
    with torch.no_grad():
        net.layers["fc"].weight.add_(1.0)
    held = net.layers["fc"].weight.detach().clone()
    coach.finish()
    assert torch.equal(net.layers["fc"].weight, held)


PHASE_STARTS = (0, 4, 8, 16)


def test_the_result_has_the_statistics_of_its_weights(whole: tuple[Profit, QNetwork, list[tuple[str, ...]]]) -> None:
    """BatchNorm of the first layer, fused: mean and variance of what its weights give on the images."""
    trainer, net, _ = whole
    layer, seen = net.layers["conv1"], digits(SMALL).train.images[:192].split(64)
    with torch.no_grad():
        parts = [layer.apply_weight(net.input_quantiser(x), layer.weight_quantiser(layer.weight)) for x in seen]
    mean = torch.stack([part.mean((0, 2, 3)) for part in parts]).mean(0)
    spread = torch.stack([part.var((0, 2, 3)) for part in parts]).mean(0).sqrt()
    float_norm = trained().bn1
    gain = layer.gamma * spread  # gamma and beta as they were trained, which is not far in 20 steps
    torch.testing.assert_close(gain, float_norm.weight, rtol=0.05, atol=0.02)
    torch.testing.assert_close(layer.beta + layer.gamma * mean, float_norm.bias, rtol=0.05, atol=0.02)
    assert trainer.schedule.batch == 64


def test_what_is_pruned_stays_so(tmp_path: Path) -> None:
    """Under a mean of weights whose mask has changed meanwhile."""
    trainer = Profit(
        trained(), digits(SMALL), epochs=2, pruner="granet", sparsity=0.6, weight_bits=4, activation_bits=4
    )
    net = trainer.fit()
    assert 0.5 < 1 - float(net.masks["conv2"].float().mean()) < 0.95
    T2C(net).nn2chip(save_model=False)  # proves the zeros


def test_a_network_that_is_live_already_is_trained_as_it_is() -> None:
    given = find_method("profit").fuser(4, 4, live_bn=True)(trained()).fuse(digits().train.images[:64])
    with pytest.raises(ValueError, match=r"^distill: the model given is quantised already; there is no float one"):
        Profit(given, digits(SMALL), distill=0.5)
    trainer = Profit(given, digits(SMALL), epochs=1, shift=0)
    assert trainer.distill == 0
    assert trainer.fit() is given
    assert same(given, profit(phases=None, epochs=1, distill=0.0, rate=2e-3).fit())


def test_distilling_asks_the_float_model() -> None:
    coach, _ = coached(distill=0.25)
    images, labels = digits(SMALL).train.images[:8], digits(SMALL).train.labels[:8]
    logits = torch.randn(8, 10, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = trained()(images).softmax(1)
    answer = -(wanted * logits.log_softmax(1)).sum(1).mean()
    truth = -logits.log_softmax(1)[torch.arange(8), labels].mean()
    torch.testing.assert_close(coach.loss(images, logits, labels), 0.75 * truth + 0.25 * answer)


class Bare(nn.Module):
    """No BatchNorm."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x.flatten(1))


def test_what_cannot_be_trained_like_this_is_one_line() -> None:
    data = digits(SMALL)
    for model, options, message in (
        (Bare(), {}, "live_bn: no BatchNorm is behind a convolution or linear layer of this network"),
        (PTQ(trained(), data).fit(), {}, "live_bn: no BatchNorm is behind a convolution or linear layer"),
        (
            trained(),
            {"method": "lsq", "activation_bits": 4},
            "conv1.output: LSQActivation cannot change its width in tr",
        ),
        (trained(), {"weight_bits": 1}, "first_last_bits|bits"),
        (trained(), {"ema": 1.0}, "ema: 1.0 is not in 0..1"),
        (trained(), {"distill": 1.5}, "distill: 1.5 is not in 0..1"),
    ):
        with pytest.raises((ValueError, UnsupportedError), match=f"^[^\n]*{message}[^\n]*$"):
            Profit(model, data, **options)
    for change, message in (
        ({"weight_bits": 1}, "weight_bits = 1 is not in 2..8"),
        ({"activation_bits": 9}, "activation_bits = 9 is not in 2..8"),
        ({"share": 0.0}, "share = 0.0 is not a positive number"),
        ({"frozen": 1.0}, "frozen = 1.0 is not in 0..1"),
    ):
        with pytest.raises(ValueError, match=f"^phases: {message}$"):
            Phase(**{"weight_bits": 4, "activation_bits": 4} | change)
    with pytest.raises(ValueError, match=r"^phases: there are none$"):
        profit(phases=[])


@pytest.mark.slow
def test_a_package_of_it_passes_on_the_rtl(
    whole: tuple[Profit, QNetwork, list[tuple[str, ...]]], tmp_path: Path
) -> None:
    T2C(whole[1]).nn2chip(directory=tmp_path / "profit")
    result = t2c.simulate(str(tmp_path / "profit"), images=1, simulator="verilator")
    assert result.passed, result


def test_learned_parameters_have_rates_relative_to_their_values() -> None:
    trainer = profit(step_rate=0.02)
    net = trainer.calibrated()
    matrices, vectors, *learned = trainer.groups(net)
    assert {p.ndim for p in vectors["params"]} == {1}
    assert {p.ndim for p in matrices["params"]} == {2, 4}
    assert vectors["weight_decay"] == 0.0
    assert "weight_decay" not in matrices
    sizes = {p: size for quantiser in quantisers_of(net) for p, size in relative_sizes(quantiser).items()}
    assert {group["params"][0] for group in learned} == set(sizes)
    assert all(group["lr"] == 0.02 * sizes[group["params"][0]] for group in learned)
    assert sum(len(group["params"]) for group in trainer.groups(net)) == len(list(net.parameters()))
