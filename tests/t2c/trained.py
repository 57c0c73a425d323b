"""A small float model, trained in seconds on small digits, for the tests of trainers."""

from __future__ import annotations

import functools

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2c.data.digits import load
from t2c.data.split import Splits
from t2c.trainers import Supervised, Trainer, loop


class Tiny(nn.Module):
    """1 x 8 x 8 digits: a convolution, a residual block, dropout (which takes global random numbers), a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(8)
        self.conv3 = nn.Conv2d(8, 8, 3, padding=1)
        self.drop = nn.Dropout(0.1)
        self.fc = nn.Linear(8 * 4 * 4, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        y = self.conv3(F.relu(self.bn2(self.conv2(x))))
        return self.fc(self.drop(F.relu(y + x)).flatten(1))


def fresh(seed: int = 0) -> Tiny:
    """An untrained model with weights from a seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Tiny()


@functools.cache
def digits(train: int = 1237) -> Splits:
    """The digits with the first training images only."""
    data = load()
    return Splits(train=data.train.head(train), calibration=data.calibration, test=data.test)


@functools.cache
def trained_state() -> dict[str, Tensor]:
    """Weights after some epochs; how good they are, test_trainers.py asserts."""
    return Supervised(fresh(), digits(), epochs=8, rate=4e-3, shift=0).fit().state_dict()


def trained() -> Tiny:
    """A trained model, a new one each time."""
    model = fresh()
    model.load_state_dict(trained_state())
    return model.eval()


def same(a: nn.Module, b: nn.Module) -> bool:
    """Whether two networks hold the same bits."""
    first, second = a.state_dict(), b.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def break_off(trainer: Trainer, saves: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train in a process that dies right after it wrote its checkpoint for the `saves`-th time."""
    save, count = loop.Store.save, 0

    def dying(self: loop.Store, state: dict[str, object]) -> None:
        nonlocal count
        save(self, state)
        count += 1
        if count == saves:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop.Store, "save", dying)
        with pytest.raises(KeyboardInterrupt):
            trainer.fit()
