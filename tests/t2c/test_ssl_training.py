"""Pre-training without labels: what a plain loop does, bit for bit; resumed, refused; the second encoder."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from t2c.checkpoint import digest
from t2c.data.augment import Augmentation
from t2c.data.split import Split, Splits
from t2c.errors import CheckpointError, TrainingError
from t2c.golden.errors import RangeError, ShapeError, UnsupportedError
from t2c.ssl_losses.xd import CrossDistillation
from t2c.trainers import SSL, Supervised, loop
from t2c.trainers.encoder import SlimmedEncoder, classifier_of, in_place_of, projector
from tests.t2c.trained import Tiny, break_off, digits, fresh, same

SMALL = 100
"""Images; with batches of 32 the last 4 of an epoch are left out."""


def unlabelled(count: int = SMALL) -> Splits:
    return replace(digits(count), train=Split.unlabelled(digits(count).train.images))


def ssl(checkpoint: Path | None = None, **options: Any) -> SSL:
    usual = {"loss": "xd", "epochs": 2, "batch": 32, "projector": (16, 8)}
    return SSL(fresh(), unlabelled(), checkpoint=checkpoint, **usual | options)


class Sixteen(Tiny):
    """With its classifier inside a Sequential."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(128, 16), nn.ReLU(), nn.Linear(16, 10))


def test_the_classifier_is_found_and_nothing_is_touched() -> None:
    images = digits(SMALL).train.images
    for model, name in ((fresh(), "fc"), (Sixteen(), "fc.2")):
        before = digest(model.state_dict())
        assert classifier_of(model.train(), images) == name
        assert model.training
        assert all(module.training for module in model.modules())
        assert digest(model.state_dict()) == before
    for model in (nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.ReLU()), nn.Conv2d(1, 2, 8), nn.Linear(8, 2)):
        with pytest.raises(UnsupportedError, match="does not end in a linear layer"):
            classifier_of(model, images)


def test_the_slimmed_encoder_is_the_encoder_with_its_small_weights_at_0() -> None:
    model, images = fresh().train(), digits(SMALL).train.images[:16]
    head = projector(128, (8, 4))
    model.drop.p = 0.0
    with in_place_of(model, "fc", head):
        slimmed = SlimmedEncoder(model, "fc", 0.25)
        masks = slimmed.masks()
        other, before = copy.deepcopy(model), digest(model.state_dict())
        got = slimmed(images)
        got.square().sum().backward()
    assert list(masks) == ["conv1.weight", "conv2.weight", "conv3.weight"]  # the projector is shared whole
    assert digest(fresh().bn1.state_dict()) == digest(model.bn1.state_dict())  # statistics stay the encoder's
    assert before == digest(other.state_dict())
    for name, mask in masks.items():
        weight = other.get_parameter(name).data
        assert int(mask.sum()) == round(0.25 * mask.numel())
        assert float(weight[mask].abs().min()) >= float(weight[~mask].abs().max())
        gradient = model.get_parameter(name).grad
        assert gradient is not None
        assert not bool(gradient[~mask].any())
        assert bool(gradient[mask].any())
        weight[~mask] = 0.0
    assert torch.equal(got, other(images))
    with pytest.raises(RangeError, match=r"^slim: 0.0 is not in 0..1, 0 excluded"):
        SlimmedEncoder(model, "fc", 0.0)


def by_hand(model: Tiny, images: Tensor, head: nn.Sequential) -> Tiny:
    """Two epochs of XD as anyone would write them; the roles of both encoders are spelled out."""
    views, loss = Augmentation(), CrossDistillation()
    generator = torch.Generator().manual_seed(0)
    own = model.fc
    model.fc = head
    adam = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-4)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, 6)
    whole, slim = model.train(), SlimmedEncoder(model, "fc", 0.5)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for _ in range(2):
            for chosen in torch.randperm(SMALL, generator=generator).split(32)[:3]:
                x1 = views(images[chosen], generator)
                x2 = views(images[chosen], generator)
                q1, q2 = whole(x1), slim(x2)
                k1, k2 = slim(x1).detach(), whole(x2).detach()
                adam.zero_grad()
                loss(q1, q2, k1, k2).backward()
                adam.step()
                cosine.step()
    model.fc = own
    return model.eval()


def test_the_loop_is_a_plain_loop() -> None:
    """And the classifier is what it was."""
    trainer = ssl()
    head = copy.deepcopy(trainer.projector)
    got = trainer.fit()
    assert got is trainer.model
    assert not got.training
    assert same(got, by_hand(fresh(), digits(SMALL).train.images, head))
    assert same(got.fc, fresh().fc)
    assert not same(got.conv1, fresh().conv1)
    assert len(trainer.history) == 2


def test_it_learns_to_find_the_other_view() -> None:
    trainer = ssl(loss="barlow", epochs=10, strength=0.4, rate=1e-2)
    trainer.fit()
    (first, found), *_, (last, found_last) = trainer.history
    assert last < 0.8 * first
    assert found_last > found + 0.1


def test_labels_are_not_looked_at(tmp_path: Path) -> None:
    """Nor are those of another set another run."""
    first = ssl(tmp_path / "run.pt").fit()
    usual = {"loss": "xd", "epochs": 2, "batch": 32, "projector": (16, 8)}
    assert same(SSL(fresh(), digits(SMALL), checkpoint=tmp_path / "run.pt", **usual).fit(), first)
    assert same(SSL(fresh(), digits(SMALL), **usual).fit(), first)


@pytest.mark.parametrize(("loss", "saves", "every"), [("barlow", 1, None), ("xd", 3, 2)])
def test_broken_off_and_resumed_gives_the_same_bits(
    loss: str, saves: int, every: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ssl(loss=loss)
    wanted, path = whole.fit(), tmp_path / "run.pt"
    stopped = ssl(path, loss=loss, save_every=every)
    break_off(stopped, saves, monkeypatch)
    assert same(stopped.model.fc, fresh().fc)  # the projector is gone, whatever happened
    again = ssl(path, loss=loss, save_every=every)
    assert same(again.fit(), wanted)
    assert again.history == whole.history


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.pt"
    ssl(path, epochs=1).fit()
    kept = path.read_bytes()
    monkeypatch.setattr(loop.Loop, "_step", None)
    others: list[tuple[Any, str]] = [
        (ssl(path, epochs=1, loss="barlow"), "loss is .*CrossDistillation.* there and .*BarlowTwins"),
        (ssl(path, epochs=1, strength=0.5), "augmentation is "),
        (ssl(path, epochs=1, slim=0.25), "slim is 0.5 there and 0.25 here"),
        (ssl(path, epochs=1, projector=(8,)), "projector is 16 8 there and 8 here"),
        (Supervised(fresh(), digits(SMALL), epochs=1, checkpoint=path), "trainer is ssl there and supervised here"),
    ]
    for trainer, message in others:
        with pytest.raises(CheckpointError, match=rf"run.pt: of another run: {message}"):
            trainer.fit()
    assert path.read_bytes() == kept


def test_a_loss_that_is_no_number_names_epoch_and_step() -> None:
    with pytest.raises(TrainingError, match=r"^ssl: epoch 1 of 2, step 1 of 3: the loss is nan; try a lower rate$"):
        ssl(loss=lambda z1, z2: (z1 - z2).mean() * torch.nan).fit()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"projector": ()}, "^projector: it has no layers"),
        ({"projector": (8, 0)}, "^projector: 0 is less than 1"),
        ({"batch": 1}, "^batch: 1 is less than 2: an image is told from the others"),
        ({"strength": 1.5}, r"^strength: 1.5 is outside 0..1"),
        ({"strength": -0.1}, r"^strength: -0.1 is outside 0..1"),
        ({"strength": float("nan")}, r"^strength: nan is outside 0..1"),
        ({"slim": 1.5}, r"^slim: 1.5 is not in 0..1, 0 excluded"),
        ({"loss": "simclr"}, "no loss 'simclr'; there are barlow, xd"),
        ({"rate": 0.0}, "^rate: "),
    ],
)
def test_settings_that_make_no_sense_in_one_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, LookupError), match=message) as caught:
        ssl(**options)
    assert "\n" not in str(caught.value)


def test_data_that_have_no_views_and_models_without_a_place_for_a_projector() -> None:
    flat = replace(unlabelled(), train=Split.unlabelled(torch.rand(10, 64)))
    with pytest.raises(ShapeError, match=r"^images of shape \(10, 64\) have no views"):
        SSL(nn.Linear(64, 10), flat)
    with pytest.raises(RangeError, match=r"^training images: 1 is less than 2"):
        SSL(fresh(), unlabelled(1))
    with pytest.raises(UnsupportedError, match="no place for a projector"):
        SSL(nn.Sequential(nn.Conv2d(1, 4, 8), nn.Flatten()), unlabelled())
