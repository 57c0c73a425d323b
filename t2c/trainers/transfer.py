"""Transfer: a network that was trained on something else, or without labels, learns new classes from few labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import nn

from t2c.data.split import Splits, check_labelled, first_of_each
from t2c.golden.errors import RangeError
from t2c.trainers.base import device_of, seeded
from t2c.trainers.encoder import classifier_of, linear_at
from t2c.trainers.supervised import Supervised


class TransferLearning(Supervised):
    """Train a float model, in place, on classes that are new to it: its last linear layer is replaced, by the seed.

    Args:
        model: pre-trained, or not at all: then this is supervised training with as few labels.
        data: with labels; classes are counted over all training images.
        per_class: take this many training images of each class, the first ones; None for all.
        encoder_rate: learning rate of all other layers relative to the new one's, 0..1; at 0 their weights stay, only
            their BatchNorm follows the new images.
        others: as `Supervised`.

    After `fit`, `history` holds the mean training loss and the accuracy of every epoch.

    Raises:
        RangeError: there are no labels, fewer images of a class than are wanted, or a setting is outside its range.
        UnsupportedError: the model does not end in a linear layer.
        others: as `Supervised`.
    """

    name = "transfer"

    def __init__(
        self,
        model: nn.Module,
        data: Splits,
        *,
        per_class: int | None = None,
        encoder_rate: float = 1.0,
        epochs: int = 30,
        rate: float = 4e-3,
        batch: int = 32,
        decay: float = 1e-4,
        shift: int = 1,
        **options: Any,
    ) -> None:
        schedule: dict[str, Any] = {"epochs": epochs, "rate": rate, "batch": batch, "decay": decay, "shift": shift}
        if not 0.0 <= encoder_rate <= 1.0:
            raise RangeError(f"encoder_rate: {encoder_rate} is outside 0..1")
        check_labelled(data.train, "training", "transfer")
        few = data.train if per_class is None else first_of_each(data.train, per_class)
        device = device_of(options.get("device", "cpu"))
        self.classifier, self.encoder_rate = classifier_of(model, few.images), encoder_rate
        layer = linear_at(model, self.classifier)
        with seeded(options.get("seed", 0), device):
            fresh = nn.Linear(layer.in_features, 1 + int(data.train.labels.max()), bias=layer.bias is not None)
        model.set_submodule(self.classifier, fresh)
        super().__init__(model, replace(data, train=few), **schedule, **options)

    def settings(self) -> dict[str, Any]:
        """As `Supervised.settings`."""
        return {"encoder_rate": self.encoder_rate}

    def groups(self) -> list[dict[str, Any]]:
        """The new layer, and the encoder behind it at its own rate."""
        new = list(linear_at(self.model, self.classifier).parameters())
        known = {id(parameter) for parameter in new}
        encoder = [parameter for parameter in self.model.parameters() if id(parameter) not in known]
        return [{"params": new}, {"params": encoder, "lr": self.encoder_rate * self.schedule.rate}]
