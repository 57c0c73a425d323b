"""Images that are normalised in front of a network: in float as written, and in integers with the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from t2c.data import scenes
from t2c.models.normalised import DEVIATION, MEAN, Normalised
from t2c.nn2chip import T2C


def test_it_is_what_torchvision_does_to_images() -> None:
    images = scenes.load(2, size=8)
    wanted = (images - torch.tensor(MEAN).reshape(3, 1, 1)) / torch.tensor(DEVIATION).reshape(3, 1, 1)
    torch.testing.assert_close(Normalised(nn.Identity())(images), wanted)
    model = Normalised(nn.Conv2d(3, 2, 3, padding=1))
    assert [name for name, weight in model.named_parameters() if weight.requires_grad] == [
        "network.weight",
        "network.bias",
    ]


def test_it_becomes_integers_with_the_rest(tmp_path: Path) -> None:
    """nn2chip compares torch with golden on every tensor; the first node is the normalisation."""
    images = scenes.load(4, size=8)
    torch.manual_seed(0)
    model = Normalised(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(256, 3)))
    net = T2C(model, calibration=images).nn2chip(images[:1], directory=tmp_path / "p")
    assert next(wire.name for wire in net.wires) == "normalise"
    assert net.layer("normalise").layer.groups == 3


@pytest.mark.parametrize(("mean", "deviation"), [((0.5,), (0.2, 0.2)), ((0.5,), (0.0,))])
def test_values_that_do_not_fit_are_refused(mean: tuple[float, ...], deviation: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"^mean, deviation: "):
        Normalised(nn.Identity(), mean, deviation)
