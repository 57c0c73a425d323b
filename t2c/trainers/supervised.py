"""Supervised training: float models and, with the straight-through estimator, quantised networks (QAT)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2c.data.split import Split
from t2c.progress import progress


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how hard.

    epochs; rate: peak learning rate, cosine to 0; batch: samples a step; decay: weight decay;
    shift: images move by up to so many pixels at random; seed: of order and shifts.
    """

    epochs: int
    rate: float
    batch: int = 64
    decay: float = 1e-4
    shift: int = 1
    seed: int = 0


def _shifted(images: Tensor, reach: int, generator: torch.Generator) -> Tensor:
    """Move each image by a random (dy, dx) in -reach..reach, filling with 0."""
    if not reach:
        return images
    count, _, height, width = images.shape
    padded = F.pad(images, (reach,) * 4)
    corner = torch.randint(0, 2 * reach + 1, (2, count, 1), generator=generator)
    rows, columns = corner[0] + torch.arange(height), corner[1] + torch.arange(width)
    sample = torch.arange(count)
    return padded[sample[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _orders(count: int, schedule: Schedule, generator: torch.Generator) -> Iterator[Tensor]:
    """The samples of each step: every epoch all of them once, in an order that is drawn when the epoch begins."""
    for _ in range(schedule.epochs):
        yield from torch.randperm(count, generator=generator).split(schedule.batch)


def fit(model: nn.Module, data: Split, schedule: Schedule, *, title: str = "training") -> None:
    """Minimise cross-entropy with Adam, in place; the same seed, threads and machine give the same bytes."""
    generator = torch.Generator().manual_seed(schedule.seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=schedule.rate, weight_decay=schedule.decay)
    steps = range(schedule.epochs * -(-len(data) // schedule.batch))
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, len(steps)))
    model.train()
    for _, chosen in zip(progress(steps, title), _orders(len(data), schedule, generator), strict=True):
        images = _shifted(data.images[chosen], schedule.shift, generator)
        loss = F.cross_entropy(model(images), data.labels[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        cosine.step()
    model.eval()
