"""The two forms that published networks have: for the photographs of ImageNet and for the small images of CIFAR."""

from __future__ import annotations

from typing import Literal

Stem = Literal["imagenet", "cifar"]
"""For images of 224 x 224, which the first layers make smaller at once; for those of 32 x 32, which they do not."""


def is_small(stem: str) -> bool:
    """Whether the form is that for small images.

    Raises:
        ValueError: it is neither.
    """
    if stem not in ("imagenet", "cifar"):
        raise ValueError(f"stem: {stem!r} is neither imagenet nor cifar")
    return stem == "cifar"
