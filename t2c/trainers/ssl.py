"""Self-supervised pre-training: two views of each image must have embeddings that agree; no labels are used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2c.data.augment import Augmentation
from t2c.data.split import Split, Splits
from t2c.golden.errors import RangeError
from t2c.ssl_losses import LabelFreeLoss, find_ssl_loss, ssl_loss_of
from t2c.trainers.base import Trainer, seeded
from t2c.trainers.encoder import SlimmedEncoder, classifier_of, in_place_of, linear_at, projector
from t2c.trainers.loop import Loop, Schedule


class PretrainingLoop(Loop):
    """The loop of `SSL`: the model has a projector in the place of its classifier, and gives embeddings.

    An answer is right if the embedding nearest to that of a first view, among all second views of the batch, is that
    of the same image; nearest by cosine, each embedding's values less their mean over the batch, over their deviation.

    Args:
        loss: of the embeddings; augmentation: makes the views; slimmed: the second encoder, for a loss that slims.
        others: as `Loop`.
    """

    whole_batches = True

    def __init__(
        self, *arguments: Any, loss: LabelFreeLoss, augmentation: Augmentation, slimmed: SlimmedEncoder, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.loss, self.augmentation, self.slimmed = loss, augmentation, slimmed

    def objective(self, chosen: Tensor) -> tuple[Tensor, float]:
        """As `Loop.objective`."""
        images = self.data.images[chosen]
        first, second = (self.augmentation(images, self.generator).to(self.device) for _ in range(2))
        embedded = [self.model(first), (self.slimmed if self.loss.slims else self.model)(second)]
        if self.loss.slims:
            with torch.no_grad():
                embedded += [self.slimmed(first), self.model(second)]
        a, b = (F.normalize(F.batch_norm(z.detach(), None, None, training=True)) for z in embedded[:2])
        right = float(((a @ b.T).argmax(1).cpu() == torch.arange(len(chosen))).sum())
        return self.loss(*embedded), right


class SSL(Trainer):
    """Pre-train a float model without labels, in place. Its last linear layer is left as it is, for transfer.

    A projector stands in that layer's place while the model is trained; the labels of the data are not looked at.

    Args:
        model, data, seed, device, checkpoint, title: as `Trainer`.
        loss: "barlow", "xd", a plug-in's name, "FILE.py:NAME", or a function or object as `ssl_loss_of` takes it.
        epochs, rate, batch, decay: as `Schedule`; an epoch leaves out a last batch that is not full.
        augmentation: makes the views.
        strength: makes all of it weaker, 0..1.
        projector: widths of its layers.
        slim: fraction of each layer's weights that the second encoder has, for a loss that takes one.
        save_every: write the checkpoint after so many steps too, not only after each epoch.

    After `fit`, `history` holds the mean loss and the fraction of right answers (`PretrainingLoop`) of every epoch.

    Raises:
        LookupError, UserError: there is no such loss.
        RangeError: a setting outside its range, batches or data of one image: every other image of a batch is what
            an image is told from.
        ShapeError: images without height and width.
        UnsupportedError: the model does not end in a linear layer.
    """

    name = "ssl"

    def __init__(
        self,
        model: nn.Module,
        data: Splits,
        *,
        loss: str | Callable[..., Any] = "barlow",
        epochs: int = 20,
        rate: float = 2e-3,
        batch: int = 64,
        decay: float = 1e-4,
        augmentation: Augmentation | None = None,
        strength: float = 1.0,
        projector: Sequence[int] = (64, 64),
        slim: float = 0.5,
        save_every: int | None = None,
        seed: int = 0,
        device: str = "cpu",
        checkpoint: Path | str | None = None,
        title: str | None = None,
    ) -> None:
        super().__init__(model, data, seed=seed, device=device, checkpoint=checkpoint, title=title)
        self.loss = find_ssl_loss(loss) if isinstance(loss, str) else ssl_loss_of(loss)
        self.augmentation = (augmentation or Augmentation()).scaled(strength)
        self.augmentation.check(data.train.images)
        self.schedule = Schedule(epochs=epochs, rate=rate, batch=batch, decay=decay, shift=0)
        for name, count in (("batch", batch), ("training images", len(data.train))):
            if count < 2:
                raise RangeError(f"{name}: {count} is less than 2: an image is told from the others of its batch")
        self.classifier = classifier_of(model, data.train.images)
        self.widths = tuple(projector)
        self.projector = self._projector()
        self.slimmed = SlimmedEncoder(model, self.classifier, slim)
        self.save_every = save_every
        self.history: list[tuple[float, float]] = []

    def _projector(self) -> nn.Sequential:
        """A new one, from the seed."""
        layer = linear_at(self.model, self.classifier)
        with seeded(self.seed, self.device):
            made: nn.Sequential = projector(layer.in_features, self.widths)
        return made

    def fit(self) -> nn.Module:
        """Train, and return the model itself; errors as `Trainer.fit`."""
        options = {name: value for name, value in vars(self.schedule).items() if name != "shift"}
        options |= {
            "loss": self.loss.identity,
            "augmentation": repr(self.augmentation),
            "projector": " ".join(map(str, self.widths)),
            "slim": self.slimmed.kept,
        }
        unlabelled = Split.unlabelled(self.data.train.images)
        store = self.store(unlabelled, options)
        with in_place_of(self.model, self.classifier, self.projector):
            loop = PretrainingLoop(
                self.model.to(self.device),
                unlabelled,
                self.schedule,
                [{"params": list(self.model.parameters())}],
                seed=self.seed,
                device=self.device,
                store=store,
                every=self.save_every,
                title=self.title,
                loss=self.loss,
                augmentation=self.augmentation,
                slimmed=self.slimmed,
            )
            loop.run()
        self.history = loop.history
        return self.model.cpu().eval()
