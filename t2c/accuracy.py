"""Accuracy of any network on any number of images, batch by batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from t2c.golden.errors import ShapeError

BATCH = 128
"""Images that run at once."""


def logits_of(net: nn.Module, images: Tensor) -> Tensor:
    """Return net(images), without gradient, computed in batches; images (N, *shape), N >= 1."""
    with torch.no_grad():
        return torch.cat([net(part) for part in images.split(BATCH)])


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Fraction of samples whose largest logit (the first of equals) is the label's; logits (N, classes).

    Raises:
        ShapeError: logits are not one row per sample.
    """
    if logits.ndim != 2:
        raise ShapeError(f"logits: shape {tuple(logits.shape)} is not (N, classes); export without labels")
    return float((logits.argmax(1) == labels).double().mean())
