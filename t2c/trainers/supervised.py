"""Supervised training of float models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from t2c.data.split import Splits, check_labels
from t2c.pruners import Pruner
from t2c.trainers.base import Trainer
from t2c.trainers.loop import Loop, Schedule
from t2c.trainers.sparsifier import sparsifier_of


class Supervised(Trainer):
    """Train a float model, in place: cross-entropy, Adam, cosine schedule, images shifted at random.

    Args:
        model, data, seed, device, checkpoint, title: as `Trainer`.
        epochs, rate, batch, decay, shift: as `Schedule`.
        save_every: write the checkpoint after so many steps too, not only after each epoch.
        pruner, sparsity, dense: as `sparsifier_of`; the weights that go are 0 in the result, and
            the channels that go are gone.

    After `fit`, `history` holds the mean training loss and the accuracy of every epoch.
    """

    name = "supervised"

    def __init__(
        self,
        model: nn.Module,
        data: Splits,
        *,
        epochs: int = 10,
        rate: float = 4e-3,
        batch: int = 64,
        decay: float = 1e-4,
        shift: int = 1,
        save_every: int | None = None,
        pruner: str | Pruner | None = None,
        sparsity: float | None = None,
        dense: Sequence[str] | None = None,
        seed: int = 0,
        device: str = "cpu",
        checkpoint: Path | str | None = None,
        title: str | None = None,
    ) -> None:
        super().__init__(model, data, seed=seed, device=device, checkpoint=checkpoint, title=title)
        check_labels(data.train, "training")
        self.schedule = Schedule(epochs=epochs, rate=rate, batch=batch, decay=decay, shift=shift)
        self.save_every = save_every
        self.sparsifier = sparsifier_of(model, pruner, sparsity, dense, data.train.images)
        self.history: list[tuple[float, float]] = []

    def settings(self) -> dict[str, Any]:
        """What changes the result besides schedule and pruning: plain values by name."""
        return {}

    def groups(self) -> list[dict[str, Any]]:
        """Adam's parameter groups."""
        return [{"params": list(self.model.parameters())}]

    def fit(self) -> nn.Module:
        """Train, and return the model itself; errors as `Trainer.fit`."""
        pruning = {} if self.sparsifier is None else self.sparsifier.options()
        store = self.store(self.data.train, vars(self.schedule) | self.settings() | pruning)
        loop = Loop(
            self.model.to(self.device),
            self.data.train,
            self.schedule,
            self.groups(),
            seed=self.seed,
            device=self.device,
            store=store,
            every=self.save_every,
            title=self.title,
            sparsifier=self.sparsifier,
        )
        loop.run()
        self.history = loop.history
        if self.sparsifier is not None:
            self.sparsifier.shrink(self.model.cpu())
        return self.model.cpu()
