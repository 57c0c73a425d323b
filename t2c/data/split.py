"""Labelled images and the three parts of a data set."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Split:
    """images: (N, C, H, W) float32 in 0..1; labels: (N,) int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return int(self.labels.numel())

    def head(self, count: int) -> Split:
        """The first samples."""
        return Split(images=self.images[:count], labels=self.labels[:count])


@dataclass(frozen=True, kw_only=True)
class Splits:
    """Three disjoint splits.

    train: for weights and scales; calibration: for choosing hyper-parameters; test: looked at once, at the end.
    """

    train: Split
    calibration: Split
    test: Split
