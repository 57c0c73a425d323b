"""Labelled images and the three parts of a data set."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from t2c.golden.errors import RangeError, ShapeError

UNLABELLED = -1
"""The label of an image that has none."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """images: (N, C, H, W) float32 in 0..1; labels: (N,) int64, UNLABELLED where there is none."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return int(self.labels.numel())

    def head(self, count: int) -> Split:
        """The first samples."""
        return Split(images=self.images[:count], labels=self.labels[:count])

    @classmethod
    def unlabelled(cls, images: Tensor) -> Split:
        """Images that have no labels."""
        return cls(images=images, labels=torch.full((len(images),), UNLABELLED, dtype=torch.int64))


@dataclass(frozen=True, kw_only=True)
class Splits:
    """Three disjoint splits.

    train: for weights and scales; calibration: for choosing hyper-parameters; test: looked at once, at the end.
    """

    train: Split
    calibration: Split
    test: Split


def check_images(split: Split, name: str, *, may_be_none: bool = False) -> None:
    """Refuse a split that is not what it should be, whatever its labels are.

    Args:
        split: images and labels.
        name: which one; it is in the message.
        may_be_none: whether there may be no images at all.

    Raises:
        ValueError: no images; arrays that are not tensors, or not of the right type, or not on the CPU.
        ShapeError: images without pixels, or not one label for each image.
    """
    for part in ("images", "labels"):
        value = getattr(split, part)
        if not isinstance(value, Tensor):
            hint = "; torch.from_numpy makes one of an array" if type(value).__module__ == "numpy" else ""
            raise ValueError(f"{name} {part}: {type(value).__name__}, not a torch.Tensor{hint}")
        if value.device.type != "cpu":
            raise ValueError(f"{name} {part}: they are on {value.device}; give them on the CPU")
    images, labels = split.images, split.labels
    if not len(split) and not len(images):
        if not may_be_none:
            raise ValueError(f"there are no {name} images")
        return
    if images.ndim < 2 or labels.ndim != 1 or len(images) != len(labels):
        shapes = f"images {tuple(images.shape)} and labels {tuple(labels.shape)}"
        raise ShapeError(f"{name} data: {shapes}, not one label for each of N images (N, C, H, W) or (N, F)")
    if not images.numel():
        raise ShapeError(f"{name} images: shape {tuple(images.shape)} has no pixels")
    if not images.is_floating_point():
        raise ValueError(f"{name} images: {_kind(images)}, not float32 in 0..1")
    if labels.dtype != torch.int64:
        raise ValueError(f"{name} labels: {_kind(labels)}, not int64")


def check_labels(split: Split, name: str, classes: int | None = None) -> None:
    """Refuse labels that are no class; classes: how many there are, if that is known.

    Raises:
        RangeError: the message names the first such label and its image.
    """
    wrong = split.labels < 0
    if classes is not None:
        wrong = wrong | (split.labels >= classes)
    if bool(wrong.any()):
        first = int(wrong.nonzero()[0])
        range_ = "a class, 0 or above" if classes is None else f"in 0..{classes - 1}: the model has {classes} outputs"
        raise RangeError(f"{name} labels: that of image {first} is {int(split.labels[first])}, not {range_}")


def check_labelled(split: Split, name: str, user: str) -> None:
    """Refuse images without labels.

    Args:
        split: images and labels.
        name: which one; user: who needs the labels; both are in the message.

    Raises:
        RangeError: no image of the split has a label, or one has none that is a class.
    """
    if len(split) and bool((split.labels == UNLABELLED).all()):
        raise RangeError(f"{name} images: they have no labels, and {user} needs them")
    check_labels(split, name)


def first_of_each(split: Split, count: int) -> Split:
    """The first `count` images of each class, in the order of the split.

    Args:
        split: with labels; classes are 0 to the largest label.
        count: from 1 on.

    Raises:
        RangeError: a class has fewer; the message names it.
    """
    if count < 1:
        raise RangeError(f"per_class: {count} is less than 1")
    chosen = []
    for label in range(1 + int(split.labels.max())):
        found = (split.labels == label).nonzero().flatten()[:count]
        if len(found) < count:
            raise RangeError(f"per_class: class {label} has {len(found)} training images, not {count}")
        chosen.append(found)
    index = torch.cat(chosen).sort().values
    return Split(images=split.images[index], labels=split.labels[index])


def _kind(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
