"""The one gradient loop: supervised training and quantisation-aware fine-tuning are this, on another network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2c.checkpoint import check_state
from t2c.data.split import Split, check_labels
from t2c.errors import TrainingError
from t2c.golden.errors import RangeError, ShapeError
from t2c.progress import progress_bar
from t2c.trainers.base import Store, seeded
from t2c.trainers.coach import Coach
from t2c.trainers.sparsifier import Sparsifier


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how hard.

    epochs; rate: peak learning rate, cosine to 0; batch: samples a step; decay: weight decay;
    shift: images move by up to so many pixels at random.

    Raises:
        ValueError: a setting that makes no sense; the message names it.
    """

    epochs: int
    rate: float
    batch: int = 64
    decay: float = 1e-4
    shift: int = 1

    def __post_init__(self) -> None:
        for name, least in (("epochs", 0), ("batch", 1), ("shift", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}: {getattr(self, name)} is less than {least}")
        if not 0.0 < self.rate < math.inf:
            raise ValueError(f"rate: {self.rate} is not a positive number")
        if not 0.0 <= self.decay < math.inf:
            raise ValueError(f"decay: {self.decay} is not 0 or a positive number")


def _shifted(images: Tensor, reach: int, generator: torch.Generator) -> Tensor:
    """Move each image (C, H, W) by a random (dy, dx) in -reach..reach, filling with 0."""
    if not reach or images.ndim != 4:
        return images
    count, _, height, width = images.shape
    padded = F.pad(images, (reach,) * 4)
    corner = torch.randint(0, 2 * reach + 1, (2, count, 1), generator=generator)
    rows, columns = corner[0] + torch.arange(height), corner[1] + torch.arange(width)
    sample = torch.arange(count)
    moved = padded[sample[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    return moved.contiguous()  # channels-last images crash torch 2.13 in a strided 1x1 convolution of few channels


class Loop:
    """Minimise a loss with Adam, in place, step by step; broken off, it continues from its checkpoint.

    Another loss overrides `objective`; `whole_batches` leaves out the last batch of an epoch if it is not full.

    Args:
        model: on the device; left in eval mode.
        data: on the CPU.
        groups: parameter groups of Adam; their own `lr` and `weight_decay` win over the schedule's.
        store: the checkpoint; it is written after every epoch.
        every: write it after so many steps too; None does not.
        sparsifier: prunes the model meanwhile; None for none.
        coach: has the rate of each step and the loss, and sees every step; None for cosine and cross-entropy.

    After `run`, `history` holds the mean training loss and the accuracy (a fraction) of every epoch.
    """

    whole_batches = False

    def __init__(
        self,
        model: nn.Module,
        data: Split,
        schedule: Schedule,
        groups: Sequence[dict[str, Any]],
        *,
        seed: int,
        device: torch.device,
        store: Store,
        every: int | None,
        title: str,
        sparsifier: Sparsifier | None = None,
        coach: Coach | None = None,
    ) -> None:
        self.sparsifier = sparsifier
        self.coach = coach or Coach()
        self.model, self.data, self.schedule = model, data, schedule
        self.seed, self.device, self.store, self.every, self.title = seed, device, store, every, title
        full, rest = divmod(len(data), schedule.batch)
        self.steps_per_epoch = max(1, full) if self.whole_batches else full + bool(rest)
        self.steps = schedule.epochs * self.steps_per_epoch
        self.generator = torch.Generator().manual_seed(seed)
        self.optimiser = torch.optim.Adam(list(groups), lr=schedule.rate, weight_decay=schedule.decay)
        self.coach.begin(self.steps)
        self.cosine: torch.optim.lr_scheduler.LRScheduler
        if coach is None:
            self.cosine = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimiser, max(1, self.steps))
        else:
            self.cosine = torch.optim.lr_scheduler.LambdaLR(self.optimiser, coach.rate)
        self.classes = 0  # outputs of the model that the labels are known to fit
        self.done = 0
        self.order = torch.empty(0, dtype=torch.int64)
        self.sums = [0.0, 0.0]  # of losses and of right answers, over the images of this epoch
        self.history: list[tuple[float, float]] = []

    def run(self) -> None:
        """Train to the end of the schedule.

        Raises:
            CheckpointError: the checkpoint is damaged or of another run; nothing is loaded.
            RangeError: a label is none of the model's outputs.
            ShapeError: the model does not give one row of logits for each image.
            TrainingError: the loss or a weight is not finite; the message names epoch and step.
        """
        with seeded(self.seed, self.device), torch.enable_grad():
            if not self._restore() and self.sparsifier is not None:
                self.sparsifier.begin(self.steps)
            self.model.train()
            with progress_bar(self.steps, self.title, done=self.done) as bar:
                while self.done < self.steps:
                    loss, share = self._step()
                    bar.set_postfix(loss=f"{loss:.3f}", accuracy=f"{share:.1%}", refresh=False)
                    bar.update()
        self.coach.finish()
        if self.sparsifier is not None:
            self.sparsifier.finish()
        self.model.eval()

    def _step(self) -> tuple[float, float]:
        """One step, and what belongs to the end of an epoch; return loss and accuracy of the epoch so far."""
        within = self.done % self.steps_per_epoch
        if not within:
            self.order = torch.randperm(len(self.data), generator=self.generator)
            self.sums = [0.0, 0.0]
        batch = self.schedule.batch
        chosen = self.order[within * batch : (within + 1) * batch]
        self.coach.before_step(self.done)
        if self.sparsifier is not None:
            self.sparsifier.before_forward()
        loss, right = self.objective(chosen)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(f"{self._place()}: the loss is {value}; try a lower rate")
        self.optimiser.zero_grad()
        loss.backward()
        if self.sparsifier is not None:
            self.sparsifier.after_backward(self.done + 1)
        self.optimiser.step()
        if self.sparsifier is not None:
            self.sparsifier.after_step(self.done + 1)
        self.coach.after_step(self.done)
        self.cosine.step()
        self.sums[0] += value * len(chosen)
        self.sums[1] += right
        seen = within * batch + len(chosen)
        mean, share = self.sums[0] / seen, self.sums[1] / seen
        ended = within + 1 == self.steps_per_epoch
        if ended:
            self.history.append((mean, share))
        if ended or (self.every and not (self.done + 1) % self.every):
            self._check_weights()
            self.done += 1
            self.store.save(self._state())
        else:
            self.done += 1
        return mean, share

    def objective(self, chosen: Tensor) -> tuple[Tensor, float]:
        """The loss of a batch, with its gradient, and how many of its answers are right.

        Args:
            chosen: numbers of its images in the data.
        """
        images = _shifted(self.data.images[chosen], self.schedule.shift, self.generator).to(self.device)
        labels = self.data.labels[chosen].to(self.device)
        try:
            logits = self.model(images)
        except RangeError as error:  # a quantiser met a NaN, and names itself
            raise TrainingError(f"{self._place()}: {error}; try a lower rate") from error
        self._check_logits(logits, len(chosen))
        return self.coach.loss(images, logits, labels), float((logits.detach().argmax(1) == labels).sum())

    def _check_logits(self, logits: object, count: int) -> None:
        shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != count:
            raise ShapeError(f"{self.title}: the model gives {shape} for {count} images, not ({count}, classes)")
        if logits.shape[1] != self.classes:
            check_labels(self.data, "training", logits.shape[1])
            self.classes = logits.shape[1]

    def _place(self) -> str:
        epoch, step = divmod(self.done, self.steps_per_epoch)
        return f"{self.title}: epoch {epoch + 1} of {self.schedule.epochs}, step {step + 1} of {self.steps_per_epoch}"

    def _check_weights(self) -> None:
        for name, weight in self.model.named_parameters():
            if not bool(torch.isfinite(weight).all()):
                raise TrainingError(f"{self._place()}: {name} is not finite after it; try a lower rate")

    def _state(self) -> dict[str, Any]:
        random = {"order": self.generator.get_state(), "global": torch.get_rng_state()}
        if self.device.type == "cuda":
            random["cuda"] = torch.cuda.get_rng_state(self.device)
        pruned = {} if self.sparsifier is None else {"masks": self.sparsifier.state()}
        coached = {"coach": self.coach.state()} if type(self.coach) is not Coach else {}
        return (pruned | coached) | {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.cosine.state_dict(),
            "random": random,
            "done": self.done,
            "order": self.order,
            "sums": list(self.sums),
            "history": [list(row) for row in self.history],
        }

    def _restore(self) -> bool:
        """Load the checkpoint; return whether there is one."""
        state = self.store.load()
        if state is None:
            return False
        assert self.store.path is not None
        check_state(self.store.path, self.model, state["model"])
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.cosine.load_state_dict(state["schedule"])
        self.generator.set_state(state["random"]["order"])
        torch.set_rng_state(state["random"]["global"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(state["random"]["cuda"], self.device)
        self.done, self.order, self.sums = state["done"], state["order"], state["sums"]
        self.history = [(loss, share) for loss, share in state["history"]]
        self.coach.restore(state.get("coach", {}), self.done)
        if self.sparsifier is not None:
            self.sparsifier.restore(state["masks"], self.steps)
        return True
