"""Training: the loop does what a plain one does, goes on where it was broken off, and says when it diverges."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from t2c.accuracy import accuracy, logits_of
from t2c.calibration import quantisers_of
from t2c.checkpoint import digest
from t2c.data.split import Split, Splits
from t2c.errors import CheckpointError, TrainingError
from t2c.fusion import NetFuser
from t2c.network import QNetwork
from t2c.progress import progress
from t2c.quantisers import LSQ, PACT, LSQActivation
from t2c.trainers import PTQ, QAT, TRAINER, Supervised, Trainer, loop
from t2c.trainers.qat import parameter_groups
from tests.t2c.trained import break_off, digits, fresh, same, trained

SMALL = 200
"""Training images where the result need not be good; the last batch of 64 is not full."""


def supervised(checkpoint: Path | None = None, **options: object) -> Supervised:
    return Supervised(fresh(), digits(SMALL), epochs=3, checkpoint=checkpoint, **options)


def lsq(checkpoint: Path | None = None, **options: object) -> QAT:
    bits = {"method": "lsq", "weight_bits": 4, "activation_bits": 4}
    return QAT(trained(), digits(SMALL), epochs=3, checkpoint=checkpoint, **bits | options)


def test_the_loop_is_a_plain_loop() -> None:
    """Order, Adam, decay and cosine as anyone would write them: what the example packages were trained with."""
    data, model = digits(SMALL).train, fresh()
    trainer = Supervised(fresh(), digits(SMALL), epochs=2, rate=3e-3, decay=1e-3, shift=0, batch=32)
    got = trainer.fit()
    generator = torch.Generator().manual_seed(0)
    adam = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-3)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, 2 * 7)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for _ in range(2):
            for chosen in torch.randperm(SMALL, generator=generator).split(32):
                adam.zero_grad()
                F.cross_entropy(model(data.images[chosen]), data.labels[chosen]).backward()
                adam.step()
                cosine.step()
    assert same(got, model)
    assert len(trainer.history) == 2
    assert trainer.history[1][0] < trainer.history[0][0]


def test_the_history_is_loss_and_accuracy_of_each_epoch() -> None:
    """At so low a rate that nothing moves, they are those of the model as it came."""
    data, model = digits(SMALL).train, fresh()
    model.drop.p = 0.0
    trainer = Supervised(model, digits(SMALL), epochs=1, rate=1e-12, decay=0.0, shift=0, batch=SMALL)
    logits = model.train()(data.images).detach()
    trainer.fit()
    loss, share = trainer.history[0]
    assert loss == pytest.approx(float(F.cross_entropy(logits, data.labels)), rel=1e-5)
    assert share == pytest.approx(accuracy(logits, data.labels))


@pytest.mark.sample(3)
@pytest.mark.parametrize("make", [supervised, lsq])
@pytest.mark.parametrize(("saves", "every"), [(1, None), (3, None), (3, 3)])
def test_broken_off_and_resumed_gives_the_same_bits(
    make: Callable[..., Trainer], saves: int, every: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make()
    wanted = whole.fit()
    path = tmp_path / "run.pt"
    break_off(make(path, save_every=every), saves, monkeypatch)
    again = make(path, save_every=every)
    assert same(again.fit(), wanted)
    assert again.history == whole.history
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.pt"]


def test_a_finished_run_gives_its_result_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = supervised(tmp_path / "run.pt").fit()
    monkeypatch.setattr(loop.Loop, "_step", None)
    assert same(supervised(tmp_path / "run.pt").fit(), wanted)


def test_the_seed_decides_and_global_random_numbers_do_not() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = supervised().fit()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(6)
    assert same(supervised().fit(), first)
    assert not same(supervised(seed=1).fit(), first)


def other_data() -> Splits:
    data = digits(SMALL)
    return Splits(train=data.calibration, calibration=data.train, test=data.test)


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda path: Supervised(fresh(), digits(SMALL), epochs=4, checkpoint=path), "epochs is 3 there and 4 here"),
        (lambda path: supervised(path, rate=0.1), "rate is 0.004 there and 0.1 here"),
        (lambda path: supervised(path, seed=2), "seed is 0 there and 2 here"),
        (lambda path: Supervised(fresh(1), digits(SMALL), epochs=3, checkpoint=path), "first weights is "),
        (lambda path: Supervised(fresh(), other_data(), epochs=3, checkpoint=path), "training data is "),
        (lambda path: Supervised(nn.Flatten(), digits(SMALL), epochs=3, checkpoint=path), "model is "),
        (lsq, "trainer is supervised there and qat here"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(
    other: Callable[[Path], Trainer], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.pt"
    break_off(supervised(path), 1, monkeypatch)
    kept = path.read_bytes()
    trainer = other(path)
    before = digest(trainer.model.state_dict())
    with pytest.raises(CheckpointError) as caught:
        trainer.fit()
    assert f"{path}: of another run: " in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert digest(trainer.model.state_dict()) == before
    assert path.read_bytes() == kept


def test_another_quantisation_is_another_run(tmp_path: Path) -> None:
    lsq(tmp_path / "run.pt").fit()
    for change in ({"weight_bits": 3}, {"activation_bits": 5}, {"method": "pact"}, {"images": 100}):
        with pytest.raises(CheckpointError, match="of another run"):
            lsq(tmp_path / "run.pt", **change).fit()


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    supervised(path).fit()
    path.write_bytes(path.read_bytes()[:-200])
    trainer = supervised(path)
    with pytest.raises(CheckpointError, match=r"run.pt: damaged"):
        trainer.fit()
    assert same(trainer.model, fresh())


def test_a_loss_that_is_no_number_names_epoch_and_step() -> None:
    data = digits(SMALL).train
    images = data.images.clone()
    images[torch.randperm(SMALL, generator=torch.Generator().manual_seed(0))[130]] = torch.nan
    bad = Splits(train=Split(images=images, labels=data.labels), calibration=data, test=data)
    with pytest.raises(
        TrainingError, match=r"^supervised: epoch 1 of 2, step 3 of 4: the loss is nan; try a lower rate$"
    ):
        Supervised(fresh(), bad, epochs=2).fit()


def test_divergence_leaves_the_last_good_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first epoch ends with a weight that is not finite, which no loss has shown yet."""
    path, trainer = tmp_path / "run.pt", supervised(tmp_path / "run.pt")
    step = torch.optim.Adam.step
    count = 0

    def poisoned(self: torch.optim.Adam, *arguments: object) -> None:
        nonlocal count
        count += 1
        step(self, *arguments)
        if count == 8:
            trainer.model.fc.bias.data[0] = torch.inf

    monkeypatch.setattr(torch.optim.Adam, "step", poisoned)
    with pytest.raises(TrainingError, match=r"epoch 2 of 3, step 4 of 4: fc.bias is not finite after it"):
        trainer.fit()
    monkeypatch.undo()
    assert same(supervised(path).fit(), supervised().fit())


def test_a_quantised_network_that_meets_a_nan_names_the_quantiser() -> None:
    """Behind what calibration saw: the network was sound when training began."""
    data = digits(SMALL).train
    images = data.images.clone()
    images[torch.randperm(SMALL, generator=torch.Generator().manual_seed(0))[130]] = torch.nan
    images[:64] = data.images[:64]
    assert bool(images.isnan().any())
    bad = Splits(train=Split(images=images, labels=data.labels), calibration=data, test=data)
    with pytest.raises(TrainingError, match=r"^qat: epoch 1 of 1, step 3 of 4: input: .*NaN or an infinity"):
        QAT(trained(), bad, epochs=1, images=64).fit()


def test_devices_and_settings_that_do_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for name, message in (("cuda", "finds no such GPU"), ("cuda:x", "choose cpu or cuda"), ("tpu", "choose cpu")):
        with pytest.raises(ValueError, match=f"^device '{name}': .*{message}"):
            supervised(device=name)
    for option in ({"batch": 0}, {"rate": 0.0}, {"rate": float("nan")}, {"decay": -1.0}, {"shift": -1}):
        with pytest.raises(ValueError, match=f"^{next(iter(option))}: "):
            supervised(**option)
    with pytest.raises(ValueError, match=r"^epochs: -1 is less than 0"):
        Supervised(fresh(), digits(SMALL), epochs=-1)
    with pytest.raises(ValueError, match="no training images"):
        Supervised(fresh(), digits(0))
    with pytest.raises(LookupError, match="no method 'magic'"):
        PTQ(trained(), digits(SMALL), method="magic")
    with pytest.raises(ValueError, match="give them to the fuser"):
        PTQ(trained(), digits(SMALL), fuser=NetFuser, fuser_options={"output_bits": 8})


def test_every_trainer_keeps_the_contract() -> None:
    assert list(TRAINER) == ["supervised", "ssl", "transfer", "ptq", "qat", "profit", "admm"]
    float_model = fresh()
    assert TRAINER["supervised"](float_model, digits(SMALL), epochs=1).fit() is float_model
    assert not float_model.training
    few = {"epochs": 1, "weight_bits": 4, "activation_bits": 4}
    for name, options in (("ptq", {}), ("qat", {"epochs": 1}), ("profit", {"epochs": 1}), ("admm", few)):
        model = trained()
        net = TRAINER[name](model, digits(SMALL), seed=0, device="cpu", checkpoint=None, **options).fit()
        assert isinstance(net, QNetwork)
        assert not net.training
        assert net.test is digits(SMALL).test
        assert all(bool(quantiser.calibrated) for quantiser in quantisers_of(net))
        assert same(model, trained())  # only a copy was touched


def test_qat_mends_what_2_bits_break_and_learns_the_steps() -> None:
    data = digits()

    def right(net: nn.Module) -> float:
        return accuracy(logits_of(net, data.test.images), data.test.labels)

    options = {"method": "lsq", "weight_bits": 2, "activation_bits": 2}
    before = PTQ(trained(), data, **options).fit()
    after = QAT(trained(), data, epochs=6, rate=4e-3, step_rate=4e-3, shift=0, **options).fit()
    assert right(trained()) > 0.95
    assert right(after) > right(before) + 0.02
    assert right(after) > 0.93
    moved = [
        not torch.equal(new.scale, old.scale)
        for new, old in zip(quantisers_of(after), quantisers_of(before), strict=True)
        if isinstance(new, (LSQ, LSQActivation)) and new.format.bits == 2
    ]
    assert len(moved) >= 4
    assert all(moved)


def test_what_quantisers_learn_has_its_own_rate_and_no_weight_decay() -> None:
    net = PTQ(trained(), digits(SMALL), method="pact", weight_bits=4, activation_bits=4).fit()
    first, *others = parameter_groups(net, 0.01, 0.5)
    learned = [quantiser.alpha for quantiser in quantisers_of(net) if isinstance(quantiser, PACT)]
    assert len(learned) == len(others) > 4
    assert {id(group["params"][0]) for group in others} == {id(alpha) for alpha in learned}
    assert all(group["weight_decay"] == 0.5 for group in others)
    assert [group["lr"] for group in others] == [0.01 * float(group["params"][0].detach()) for group in others]
    assert len(first["params"]) + len(learned) == len(list(net.parameters()))
    assert "weight_decay" not in first
    net = PTQ(trained(), digits(SMALL), method="lsq", weight_bits=4, activation_bits=4).fit()
    assert {group["weight_decay"] for group in parameter_groups(net, 0.01, 0.5)[1:]} == {0.0}


def test_a_network_that_is_already_fused_is_used_as_it_is() -> None:
    given = NetFuser(trained(), weight_bits=4).fuse(digits().train.images[:1])
    first = PTQ(given, digits(SMALL)).fit()
    assert first is given
    scale = first.input_quantiser.scale.clone()
    assert PTQ(given, Splits(train=Split(images=9 * digits().train.images, labels=digits().train.labels),
                             calibration=digits().calibration, test=digits().test)).fit() is given  # fmt: skip
    assert torch.equal(given.input_quantiser.scale, scale)
    own = PTQ(trained(), digits(SMALL), fuser=partial(NetFuser, weight_bits=4), images=None).fit()
    assert same(own, first)


def test_bars_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        assert list(progress([1, 2, 3], "counting")) == [1, 2, 3]
        supervised().fit()
        text = stream.getvalue()
        if shown:
            assert "counting: 100%" in text
            assert "supervised: 100%" in text
            assert "accuracy=" in text
            assert "loss=" in text
        else:
            assert not text
