"""What goes along with a training and may change it from step to step: nothing, unless a trainer has one of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor


class Coach:
    """The loop's partner. Steps are counted from 0; a subclass overrides what it needs.

    What it holds between steps belongs in `state`, so that a training that was broken off goes on as it would have.
    """

    def begin(self, steps: int) -> None:
        """Before the first step, or before `restore`; steps: of the whole training."""
        self.steps = steps

    def rate(self, step: int) -> float:
        """The learning rate of a step, relative to the peak: cosine to 0."""
        return (1 + math.cos(math.pi * step / max(1, self.steps))) / 2

    def before_step(self, step: int) -> None:
        """Before the forward pass."""

    def loss(self, images: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
        """What is minimised; the network has made the logits of the images."""
        return F.cross_entropy(logits, labels)

    def after_step(self, step: int) -> None:
        """After the optimiser has moved the weights."""

    def finish(self) -> None:
        """After the last step, or instead of it when a finished training is loaded; the network stays on the device."""

    def state(self) -> dict[str, Any]:
        """For a checkpoint: tensors and plain values."""
        return {}

    def restore(self, state: Mapping[str, Any], done: int) -> None:
        """Go on from `state`, after `done` steps."""
