"""Every trainer on a second device: nothing is left on the CPU, and the result has the same bytes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from second_device import DEVICE, Elsewhere, second_device
from torch import Tensor, nn

from t2c.data.split import Split
from t2c.example_models.settings import repeatable
from t2c.models.vit import VisionTransformer
from t2c.nn2chip import T2C
from t2c.trainers import PTQ, QAT, TRAINER, Supervised, Trainer, base, loop
from tests.t2c.trained import digits, fresh, same

pytestmark = pytest.mark.filterwarnings("ignore:.*non-meta parameter in the checkpoint")  # these are, and hold values
IMAGES = 70
"""A batch and a smaller one."""
FEW = {"weight_bits": 3, "activation_bits": 3}


def vit() -> nn.Module:
    """A transformer, for what only those have."""
    with repeatable():
        return VisionTransformer(width=4, depth=1, heads=2, patch=4, size=8, channels=1)


RUNS: dict[str, tuple[str, Callable[[], nn.Module], dict[str, Any]]] = {
    "supervised": ("supervised", fresh, {"epochs": 2, "shift": 2}),
    "supervised granet": ("supervised", fresh, {"epochs": 2, "pruner": "granet", "sparsity": 0.8}),
    "supervised 2:4": ("supervised", fresh, {"epochs": 1, "pruner": "2:4", "dense": ["conv1"]}),
    "supervised channel": ("supervised", fresh, {"epochs": 1, "pruner": "channel", "sparsity": 0.5}),
    "ptq minmax": ("ptq", fresh, {"pruner": "magnitude", "sparsity": 0.5}),
    "ptq adaround": ("ptq", fresh, {"method": "adaround", "iterations": 1, **FEW}),
    "ptq qdrop": ("ptq", fresh, {"method": "qdrop", "iterations": 1, **FEW}),
    "qat lsq": ("qat", fresh, {"method": "lsq", "epochs": 1, **FEW}),
    "qat sawb": ("qat", fresh, {"method": "sawb", "epochs": 1}),
    "qat pact": ("qat", fresh, {"method": "pact", "epochs": 1, **FEW}),
    "qat rcf": ("qat", fresh, {"method": "rcf", "epochs": 1, **FEW}),
    "qat apot": ("qat", fresh, {"method": "apot", "epochs": 1, "weight_bits": 4, "activation_bits": 4}),
    "qat sp2": ("qat", fresh, {"method": "sp2", "epochs": 1, "weight_bits": 4, "activation_bits": 4}),
    "qat live BatchNorm": ("qat", fresh, {"method": "lsq", "epochs": 1, "live_bn": True, **FEW}),
    "profit": ("profit", fresh, {"epochs": 3, "distill": 0.5, **FEW}),
    "admm": ("admm", fresh, {"epochs": 3, "rounds": 2, "weight_bits": 4, "activation_bits": 4}),
    "ssl barlow": ("ssl", fresh, {"epochs": 1, "batch": 32}),
    "ssl xd": ("ssl", fresh, {"epochs": 1, "batch": 32, "loss": "xd"}),
    "transfer": ("transfer", fresh, {"epochs": 1, "per_class": 3}),
    "qat vit": ("qat", vit, {"method": "lsq", "epochs": 1}),
}
"""Trainer, model and options. Between them they use every trainer, every method and every kind of pruner."""


@pytest.fixture(autouse=True)
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`device="cuda"` is the second device."""
    given = base.device_of
    for name, module in list(sys.modules.items()):
        if name.startswith("t2c.trainers") and getattr(module, "device_of", None) is given:
            monkeypatch.setattr(module, "device_of", lambda name: DEVICE if name == "cuda" else given(name))
    with repeatable(), second_device():
        yield


def trainer(name: str, **more: Any) -> Trainer:
    """One of RUNS."""
    kind, model, options = RUNS[name]
    return TRAINER[kind](model(), digits(IMAGES), seed=3, **options, **more)


def test_every_trainer_is_tried() -> None:
    assert {kind for kind, _, _ in RUNS.values()} == set(TRAINER)


@pytest.mark.sample(12)
@pytest.mark.parametrize("name", RUNS)
def test_the_same_bytes_as_on_the_cpu(name: str) -> None:
    there = trainer(name, device="cuda").fit()
    assert not any(isinstance(value, Elsewhere) for value in there.state_dict().values())
    assert same(there, trainer(name).fit())


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", ["supervised granet", "ptq adaround"])
def test_a_run_goes_on_there_and_its_file_is_of_the_cpu(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = trainer(name).fit()
    more = {"device": "cuda", "checkpoint": tmp_path / "run.pt"}
    with monkeypatch.context() as patch:
        save = loop.Store.save

        def dying(self: loop.Store, state: dict[str, Any]) -> None:
            save(self, state)
            raise KeyboardInterrupt

        patch.setattr(loop.Store, "save", dying)
        with pytest.raises(KeyboardInterrupt):
            trainer(name, **more).fit()
    assert same(trainer(name, **more).fit(), wanted)


def test_a_network_from_there_becomes_integers() -> None:
    qnet = trainer("ptq minmax").fit()
    here = T2C(qnet).convert()
    there = T2C(qnet.to(DEVICE)).convert()
    assert same(here, there)


def test_models_and_images_that_lie_there_already_are_refused() -> None:
    train = Split(images=digits(IMAGES).train.images.to(DEVICE), labels=digits(IMAGES).train.labels)
    with pytest.raises(ValueError, match=r"^training images: they are on meta; give them on the CPU$"):
        Supervised(fresh(), replace(digits(IMAGES), train=train), device="cuda")
    for kind in (Supervised, PTQ, QAT):
        with pytest.raises(ValueError, match=r"^model: conv1.weight is on meta; give it on the CPU"):
            kind(fresh().to(DEVICE), digits(IMAGES), device="cuda")


@pytest.mark.parametrize(
    "mixed",
    [
        lambda x: x + torch.ones(3),
        lambda x: torch.ones(3).add_(x),
        lambda x: torch.stack([x.sum(), torch.zeros(())]),
        lambda x: torch.ones(3)[torch.tensor([0], device=DEVICE)],
        lambda x: torch.rand(3, device=DEVICE, generator=torch.Generator()),
        lambda x: nn.Linear(3, 2)(x),
        lambda x: x.masked_fill(torch.tensor([True, False, True]), 0.0),
    ],
)
def test_what_a_gpu_refuses_is_refused(mixed: Callable[[Tensor], object]) -> None:
    """Otherwise nothing here would mean anything."""
    with pytest.raises(RuntimeError, match="of the CPU"):
        mixed(torch.ones(3).to(DEVICE))


def test_what_a_gpu_takes_is_taken() -> None:
    x = torch.tensor([1.0, 2.0, 3.0]).to(DEVICE)
    assert (x * torch.tensor(2.0)).cpu().tolist() == [2, 4, 6]
    assert x[torch.tensor([2, 0])].tolist() == [3, 1]
    assert float(x.sum()) == 6
    x.copy_(torch.ones(3))
    assert x.cpu().tolist() == [1, 1, 1]
