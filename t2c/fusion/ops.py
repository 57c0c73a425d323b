"""The operations that fusion knows, and their parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import nn

from t2c.golden.arithmetic.window import Pair


def pair(values: Iterable[Any]) -> Pair:
    """Two integers, for the two axes of an image."""
    height, width = values
    return int(height), int(width)


@dataclass(frozen=True, kw_only=True)
class Op:
    """What one fx node does."""


@dataclass(frozen=True, kw_only=True)
class Weighted(Op):
    """Convolution or linear layer with its module."""

    module: nn.Conv2d | nn.Linear

    @property
    def padding(self) -> Pair:
        """Of a convolution, on either side of each axis; "same" and "valid" as numbers."""
        assert isinstance(self.module, nn.Conv2d)
        conv = self.module
        if conv.padding == "same":
            return pair(d * (k - 1) // 2 for d, k in zip(conv.dilation, conv.kernel_size, strict=True))
        return (0, 0) if conv.padding == "valid" else pair(conv.padding)


@dataclass(frozen=True, kw_only=True)
class BatchNorm(Op):
    """Batch normalisation with running statistics."""

    module: nn.BatchNorm1d | nn.BatchNorm2d


@dataclass(frozen=True, kw_only=True)
class Relu(Op):
    """clamp(x, 0, ceiling); ceiling is 6 for ReLU6."""

    ceiling: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Add(Op):
    """Sum of two tensors of one shape."""


@dataclass(frozen=True, kw_only=True)
class Concat(Op):
    """Tensors side by side along an axis: the channels of maps, the features of flat ones, tokens and constant ones."""

    axis: int = 1


@dataclass(frozen=True, kw_only=True)
class MaxPool(Op):
    """Max pooling."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair

    def has_empty_window(self, image: tuple[int, ...], output: tuple[int, ...]) -> bool:
        """True if all taps of some window lie in the padding; its maximum would be minus infinity."""
        for axis in range(len(image)):
            taps = [tap * self.dilation[axis] - self.padding[axis] for tap in range(self.kernel[axis])]
            for position in range(output[axis]):
                start = position * self.stride[axis]
                if not any(0 <= start + tap < image[axis] for tap in taps):
                    return True
        return False


@dataclass(frozen=True, kw_only=True)
class AveragePool(Op):
    """Average pooling; kernel None means the whole image."""

    kernel: Pair | None
    stride: Pair | None
    padding: Pair


@dataclass(frozen=True, kw_only=True)
class Flatten(Op):
    """(N, C, H, W) to (N, C H W)."""


@dataclass(frozen=True, kw_only=True)
class Identity(Op):
    """Nothing at inference: dropout, nn.Identity."""
