"""What a pruner is: it says which weights stay. When it is asked, and what becomes of the rest, is the trainer's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from t2c.common.registry import Registry
from t2c.golden.errors import RangeError, ShapeError

PRUNERS: Registry[Callable[..., Pruner]] = Registry("a pruner", "t2c.pruners")
"""`@PRUNERS("name")` registers a class, or a function that makes one, under a name."""


@dataclass(eq=False, kw_only=True)
class Prunable:
    """A layer as a pruner sees it.

    name: of the layer; weight: real (O, I / groups, ...), its pruned elements 0; mask: bool of the same shape, what is
    there now; gradient: of the loss by the weights of the last step, pruned elements included; None before the first;
    group: of a structured pruner, a number that layers share which have the same output channels; companions: what goes
    with an output channel, (O,) each.
    """

    name: str
    weight: nn.Parameter
    mask: Tensor
    gradient: Tensor | None = None
    group: int | None = None
    companions: tuple[nn.Parameter, ...] = ()


class Pruner:
    """Choose which weights stay.

    A new pruner overrides one method: `mask` (layer by layer), or `masks` where layers must be looked at together.
    Its sparsity rises by a cubic schedule: s(t) = s_f + (s_i - s_f) (1 - (t - t_0) / (t_1 - t_0))^3.

    Args:
        sparsity: s_f, the fraction of the weights that is 0 in the end, in 0..1, 1 excluded.
        first: s_i, the fraction to begin with.
        start, end: t_0 and t_1, fractions of the training.
        updates: how often masks are chosen from t_0 to t_1.

    Class attributes: `dense_weights`, the pruned weights live on behind the masks and may come back (otherwise they are
    0); `each_step`, masks are chosen anew after every step; `everywhere`, no layer stays dense unless the user says so;
    `structured`, whole output channels go, and the network shrinks.

    Raises:
        RangeError: a fraction outside its range, or no updates.

    Source: Zhu and Gupta, To prune, or not to prune, arXiv 1710.01878, Eq. 1 (the schedule).
    """

    dense_weights: ClassVar[bool] = False
    each_step: ClassVar[bool] = False
    everywhere: ClassVar[bool] = False
    structured: ClassVar[bool] = False

    def __init__(
        self, sparsity: float = 0.5, *, first: float = 0.0, start: float = 0.0, end: float = 0.75, updates: int = 50
    ) -> None:
        if not 0.0 <= sparsity < 1.0:
            raise RangeError(f"sparsity: {sparsity} is not in 0..1, 1 excluded")
        if not 0.0 <= first <= sparsity:
            raise RangeError(f"first: {first} is not in 0..{sparsity}, the sparsity")
        if not 0.0 <= start <= end <= 1.0:
            raise RangeError(f"start, end: {start}, {end} are not in order in 0..1")
        if updates < 1:
            raise RangeError(f"updates: {updates} is less than 1")
        self.sparsity, self.first, self.start, self.end, self.updates = sparsity, first, start, end, updates

    def mask(self, layer: Prunable, sparsity: float) -> Tensor:
        """What stays of one layer: bool, the shape of its weights."""
        raise NotImplementedError(f"{type(self).__name__} overrides neither mask nor masks")

    def masks(self, layers: Sequence[Prunable], sparsity: float, progress: float) -> list[Tensor]:
        """What stays of all layers; progress: 0 at t_0, 1 at t_1."""
        return [self.mask(layer, sparsity) for layer in layers]

    def begin(self, layers: Sequence[Prunable]) -> list[Tensor]:
        """What stays before the first step."""
        return self.masks(layers, self.sparsity_at(0.0), 0.0)

    def check(self, layer: Prunable) -> None:
        """Refuse a layer that the pruner does not fit, by name, before any work."""

    def sparsity_at(self, progress: float) -> float:
        """The fraction that is 0, between t_0 and t_1."""
        return self.sparsity + (self.first - self.sparsity) * (1.0 - progress) ** 3

    def gradient(self, layer: Prunable, gradient: Tensor) -> Tensor:
        """What the optimiser gets for the loss's gradient by the weights as they were used; none for what is pruned."""
        return gradient.masked_fill(~layer.mask, 0.0)

    def update_steps(self, steps: int) -> dict[int, float]:
        """After how many of the steps masks are chosen, with the progress; the last one is at the end of the phase."""
        share = [k / self.updates for k in range(self.updates + 1)]
        if not steps:
            return {0: 1.0}
        return {max(1, round((self.start + (self.end - self.start) * part) * steps)): part for part in share}


def checked_mask(pruner: Pruner, layer: Prunable, mask: object) -> Tensor:
    """The mask that a pruner gave.

    Raises:
        ShapeError: it is no bool tensor of the weights' shape; the message names pruner and layer.
    """
    shape = tuple(layer.weight.shape)
    if isinstance(mask, Tensor) and mask.dtype == torch.bool and tuple(mask.shape) == shape:
        return mask.to(layer.weight.device)
    got = f"{tuple(mask.shape)} {str(mask.dtype)[6:]}" if isinstance(mask, Tensor) else type(mask).__name__
    raise ShapeError(f"{type(pruner).__name__}: the mask of layer {layer.name!r} is {got}, not {shape} bool")


def largest(score: Tensor, count: int) -> Tensor:
    """Bool of the shape of the scores: the `count` largest; of equal ones the first."""
    kept = torch.zeros(score.numel(), dtype=torch.bool, device=score.device)
    kept[score.flatten().argsort(descending=True, stable=True)[:count]] = True
    return kept.reshape(score.shape)


def magnitude(layer: Prunable) -> Tensor:
    """|w|, and -1 of what is pruned already."""
    return layer.weight.detach().abs().masked_fill(~layer.mask, -1.0)


def find_pruner(name: str, sparsity: float | None = None) -> Pruner:
    """Make a pruner by name: one that is registered, or any N:M.

    Raises:
        LookupError: there is none; the message lists the names.
        RangeError: it has no such sparsity.
    """
    made = PRUNERS.find(name)
    options = {} if sparsity is None else {"sparsity": sparsity}
    if made is not None:
        return made(**options)
    pattern = re.fullmatch(r"(\d+):(\d+)", name)
    if pattern is None:
        raise LookupError(f"no pruner {name!r}; there are {', '.join(PRUNERS.names())} and any N:M")
    from t2c.pruners.n_m import NM

    return NM(int(pattern[1]), int(pattern[2]), **options)
