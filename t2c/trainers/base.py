"""What every trainer has: a model, data, a seed, a device, perhaps a checkpoint; `fit` returns the trained model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from t2c.checkpoint import TRAINING, digest, read, write
from t2c.data.split import Split, Splits, check_images
from t2c.errors import CheckpointError
from t2c.trainers.identity import describe


def device_of(name: str) -> torch.device:
    """The device of that name.

    Raises:
        ValueError: it is neither cpu nor cuda, or this machine has no such GPU.
    """
    kind, _, index = name.partition(":")
    if kind not in ("cpu", "cuda") or (index and not index.isdecimal()):
        raise ValueError(f"device {name!r}: choose cpu or cuda")
    if kind == "cuda" and (not torch.cuda.is_available() or int(index or 0) >= torch.cuda.device_count()):
        raise ValueError(f"device {name!r}: torch finds no such GPU on this machine")
    return torch.device(name)


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global random numbers (dropout and the like take those) and restore them at the end."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


class Store:
    """The checkpoint of one run.

    Args:
        path: of the file; None keeps nothing.
        run: what makes the run: plain values by name. A file of a run that differs in one of them is refused.
    """

    def __init__(self, path: Path | None, run: Mapping[str, Any]) -> None:
        self.path = path
        self.run = dict(run)

    def load(self) -> dict[str, Any] | None:
        """What was saved last; None if there is nothing yet.

        Raises:
            CheckpointError: the file is damaged or of another run.
        """
        if self.path is None or not (self.path.exists() or self.path.is_symlink()):
            return None
        content = read(self.path, TRAINING)
        run, state = content.get("run"), content.get("state")
        if not isinstance(run, dict) or not isinstance(state, dict):
            raise CheckpointError(f"{self.path}: not the checkpoint of a trainer")
        for name in [*self.run, *run]:
            there, here = run.get(name), self.run.get(name)
            if there != here:
                raise CheckpointError(
                    f"{self.path}: of another run: {name} is {_short(there)} there and {_short(here)} here; "
                    "name another file, or delete this one"
                )
        return state

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace what is saved."""
        if self.path is not None:
            write(self.path, TRAINING, {"run": self.run, "state": dict(state)})


def _short(value: object) -> str:
    text = str(value)
    return f"{text[:12]}..." if len(text) == 64 else text  # a digest


class Trainer(ABC):
    """Train a model.

    Args:
        model: what is trained, on the CPU; `fit` moves it.
        data: on the CPU; training, calibration and test images; a trainer never looks at the test images.
        seed: of everything random: order of the images, shifts, dropout. On one machine with one version of torch, the
            same seed and number of threads give the same bytes (on a GPU only as far as its kernels do).
        device: "cpu" or "cuda". The result is on the CPU either way.
        checkpoint: a file that a run which is broken off continues from, with the same result as if it had not been;
            None for none. A finished run leaves it, and run again gives the same result at once.
        title: of the progress bar.

    Raises:
        ValueError: an unknown device, or one that this machine does not have; a model that lies on one already; no
            training images, or images and labels that are not what `Split` says.
    """

    name = "trainer"

    def __init__(
        self,
        model: nn.Module,
        data: Splits,
        *,
        seed: int = 0,
        device: str = "cpu",
        checkpoint: Path | str | None = None,
        title: str | None = None,
    ) -> None:
        check_images(data.train, "training")
        check_images(data.calibration, "calibration", may_be_none=True)
        check_images(data.test, "test", may_be_none=True)
        for name, tensor in (*model.named_parameters(), *model.named_buffers()):
            if tensor.device.type != "cpu":
                raise ValueError(f"model: {name} is on {tensor.device}; give it on the CPU, `fit` moves it")
        self.model = model
        self.data = data
        self.seed = seed
        self.device = device_of(device)
        self.checkpoint = None if checkpoint is None else Path(checkpoint)
        self.title = title or self.name
        self._identity: dict[str, str] = {}
        self.identify(model, model)

    @abstractmethod
    def fit(self) -> nn.Module:
        """Train and return the model, in eval mode, on the CPU.

        Raises:
            CheckpointError: the checkpoint is damaged or of another run; nothing is loaded.
            TrainingError: the loss is not finite; the message names epoch and step.
        """

    def identify(self, network: nn.Module, source: nn.Module) -> None:
        """Note what a checkpoint must be of, before training changes it: the function and where the weights begin."""
        if self.checkpoint is not None:
            self._identity = {"model": digest(describe(network)), "first weights": digest(source.state_dict())}

    def store(self, data: Split, options: Mapping[str, Any]) -> Store:
        """The run's checkpoint, looked at before any work.

        Args:
            data: what the run trains with.
            options: all settings that change the result, plain values.

        Raises:
            CheckpointError: the file is damaged or of another run.
        """
        if self.checkpoint is None:
            return Store(None, {})
        run = {"trainer": self.name, "seed": self.seed, "device": self.device.type, **options, **self._identity}
        store = Store(self.checkpoint, run | {"training data": digest([data.images, data.labels])})
        store.load()
        return store
