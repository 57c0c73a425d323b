"""Transfer: few labels, a new classifier, the encoder at its own rate; views of images; the second alphabet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from t2c.data import glyphs, runes, sets
from t2c.data.augment import Augmentation
from t2c.data.resize import resized
from t2c.data.split import Split, Splits, first_of_each
from t2c.errors import CheckpointError
from t2c.golden.errors import RangeError, ShapeError, UnsupportedError
from t2c.trainers import SSL, TransferLearning
from tests.t2c.trained import Tiny, break_off, digits, fresh, same, trained

FEW = 4


def five(count: int = 400) -> Splits:
    """Digits 0 to 4 only: other classes than the model's ten."""
    data = digits(count)
    chosen = data.train.labels < 5
    return replace(data, train=Split(images=data.train.images[chosen], labels=data.train.labels[chosen]))


def transfer(checkpoint: Path | None = None, **options: Any) -> TransferLearning:
    return TransferLearning(
        trained(), five(), checkpoint=checkpoint, **{"per_class": FEW, "epochs": 2, "batch": 8} | options
    )


def test_the_first_of_each_class() -> None:
    data = five().train
    few = first_of_each(data, FEW)
    assert few.labels.bincount().tolist() == [FEW] * 5
    wanted = [i for i in range(len(data)) if int((data.labels[:i] == data.labels[i]).sum()) < FEW]
    assert torch.equal(few.images, data.images[wanted])
    assert torch.equal(few.labels, data.labels[wanted])


def test_it_learns_the_new_classes_and_the_seed_decides() -> None:
    trainer = transfer(epochs=15)
    got = trainer.fit()
    assert isinstance(got, Tiny)
    assert got.fc.out_features == 5
    assert trainer.data.train.labels.bincount().tolist() == [FEW] * 5
    assert len(trainer.history) == 15
    test = five().train
    with torch.no_grad():
        right = (got(test.images).argmax(1) == test.labels).double().mean()
    assert float(right) > 0.7
    assert same(transfer(epochs=15).fit(), got)
    assert not same(transfer(epochs=15, seed=1).model.fc, transfer(epochs=15).model.fc)


def test_the_encoder_has_its_own_rate() -> None:
    still = transfer(encoder_rate=0.0)
    first = {name: value.clone() for name, value in still.model.named_parameters()}
    got = dict(still.fit().named_parameters())
    assert [name for name in got if not torch.equal(got[name], first[name])] == ["fc.weight", "fc.bias"]
    assert not torch.equal(still.model.bn1.running_mean, trained().bn1.running_mean)
    slow, fast = (transfer(encoder_rate=rate).fit().conv1.weight for rate in (0.1, 1.0))
    start = trained().conv1.weight
    assert 0 < float((slow - start).norm().detach()) < 0.5 * float((fast - start).norm().detach())


def test_broken_off_and_resumed_gives_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, path = transfer().fit(), tmp_path / "run.pt"
    break_off(transfer(path), 1, monkeypatch)
    assert same(transfer(path).fit(), wanted)
    with pytest.raises(CheckpointError, match=r"encoder_rate is 1.0 there and 0.5 here"):
        transfer(path, encoder_rate=0.5).fit()
    with pytest.raises(CheckpointError, match=r"first weights is "):
        TransferLearning(fresh(), five(), per_class=FEW, epochs=2, batch=8, checkpoint=path).fit()
    with pytest.raises(CheckpointError, match=r"trainer is transfer there and ssl here"):
        SSL(trained(), five(), checkpoint=path).fit()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"per_class": 0}, "^per_class: 0 is less than 1"),
        ({"per_class": 300}, r"^per_class: class 0 has \d+ training images, not 300"),
        ({"encoder_rate": 1.5}, r"^encoder_rate: 1.5 is outside 0..1"),
        ({"encoder_rate": -1.0}, r"^encoder_rate: -1.0 is outside 0..1"),
    ],
)
def test_settings_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RangeError, match=message):
        transfer(**options)


def test_what_has_no_labels_or_no_classifier() -> None:
    data = five()
    with pytest.raises(RangeError, match=r"^training images: they have no labels, and transfer needs them$"):
        TransferLearning(trained(), replace(data, train=Split.unlabelled(data.train.images)))
    labels = data.train.labels.clone()
    labels[3] = -1
    with pytest.raises(RangeError, match=r"^training labels: that of image 3 is -1, not a class"):
        TransferLearning(trained(), replace(data, train=Split(images=data.train.images, labels=labels)))
    with pytest.raises(UnsupportedError, match="does not end in a linear layer"):
        TransferLearning(nn.Sequential(nn.Conv2d(1, 5, 8), nn.Flatten()), data)


def test_views_are_random_images_of_the_same_shape() -> None:
    images, views = digits(20).train.images, Augmentation()

    def of(seed: int, augmentation: Augmentation = views) -> torch.Tensor:
        return augmentation(images, torch.Generator().manual_seed(seed))

    first = of(0)
    assert first.shape == images.shape
    assert first.dtype == torch.float32
    assert 0.0 <= float(first.min()) < float(first.max()) <= 1.0
    assert torch.equal(of(0), first)
    assert not torch.equal(of(1), first)
    torch.testing.assert_close(of(0, views.scaled(0.0)), images, atol=2e-6, rtol=0)
    for name in ("crop", "turn", "colour", "invert", "noise"):  # each does something by itself
        alone = replace(views.scaled(0.0), **{name: 1.0})
        assert float((of(0, alone) - images).abs().amax((1, 2, 3)).min()) > 0.05, name
    inverted = of(0, replace(views.scaled(0.0), invert=1.0))
    torch.testing.assert_close(inverted, 1.0 - images, atol=2e-6, rtol=0)
    colour = glyphs.split(4, 1, 0).images
    grey = replace(views.scaled(0.0), grey=1.0)(colour, torch.Generator())
    torch.testing.assert_close(grey, colour.mean(1, keepdim=True).expand_as(colour), atol=2e-6, rtol=0)


def test_a_crop_stays_inside_and_a_turn_goes_as_far_as_it_says() -> None:
    """On ramps: a crop's values are those of a smaller ramp; a quarter of a turn is not reached."""
    ramp = torch.linspace(0.0, 1.0, 32).expand(200, 1, 32, 32)
    none = Augmentation().scaled(0.0)
    spread = replace(none, crop=1.0)(ramp, torch.Generator().manual_seed(0)).flatten(1)
    width = spread.amax(1) - spread.amin(1)
    assert 0.28 < float(width.min()) < 0.4
    assert 0.9 < float(width.max()) <= 1.0
    narrow = spread[width < 0.5]  # in the middle it would not come near the edges
    assert float(narrow.amin(1).min()) < 0.1
    assert float(narrow.amax(1).max()) > 0.9
    white = replace(none, turn=1.0, crop=0.0)(torch.ones(20, 1, 32, 32), torch.Generator().manual_seed(0))
    torch.testing.assert_close(white, torch.ones(20, 1, 32, 32))  # nothing black comes in at the edges
    turned = replace(none, turn=1.0)(ramp, torch.Generator().manual_seed(0))[:, 0, 8:24, 8:24]
    across = turned.diff(dim=2).mean((1, 2)).atan2(turned.diff(dim=1).mean((1, 2))).rad2deg()
    assert 80 < float((across - 90).abs().max()) * 2 < 91


def test_strengths_outside_their_range() -> None:
    for name in ("crop", "turn", "colour", "grey", "invert", "noise"):
        for wrong in (-0.1, 1.1, float("nan")):
            with pytest.raises(RangeError, match=rf"^{name}: {wrong} is outside 0..1$"):
                Augmentation(**{name: wrong})


def test_runes_are_drawn_like_glyphs_and_are_none() -> None:
    data = runes.load(30, 10, 10)
    assert data.train.images.shape == (30, 3, 32, 32)
    assert data.train.labels.bincount().tolist() == [3] * 10
    assert torch.equal(runes.load(5, 10, 10).test.images, data.test.images)
    assert len(runes.SHAPES) == 10
    assert abs(runes.SEGMENTS[..., 0]).max() <= 0.61
    assert abs(runes.SEGMENTS[..., 1]).max() <= 1.0
    assert not set(map(str, runes.SHAPES)) & set(map(str, glyphs.GLYPHS))
    by_name = sets.load_set("runes", sets.Wishes(limit=20))
    assert (len(by_name.train), len(by_name.calibration), len(by_name.test)) == (18, 2, 20)


def test_digits_as_colour_images_of_32_pixels() -> None:
    data, small = sets.load_set("digits32"), digits()
    assert data.train.images.shape == (1237, 3, 32, 32)
    assert torch.equal(data.test.labels, small.test.labels)
    grey = data.train.images[:9]
    assert torch.equal(grey[:, 0], grey[:, 2])
    place = ((torch.arange(32) + 0.5) / 4 - 0.5).clamp(0, 7)  # pixels are areas: of an output in the image of 8 pixels
    weights = (1 - (place[:, None] - torch.arange(8)).abs()).clamp(min=0)
    wanted = weights @ small.train.images[:9] @ weights.T
    torch.testing.assert_close(grey[:, :1], wanted, atol=1e-6, rtol=0)
    with pytest.raises(RangeError, match=r"^size = 0 is below 1"):
        resized(small, size=0)
    with pytest.raises(RangeError, match=r"^channels = 4: the images have 3, not one to repeat"):
        resized(data, size=8, channels=4)


def test_images_without_height_have_no_views() -> None:
    with pytest.raises(ShapeError, match=r"^images of shape \(3, 4\) have no views"):
        Augmentation()(torch.rand(3, 4), torch.Generator())
