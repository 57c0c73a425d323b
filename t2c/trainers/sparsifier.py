"""Pruning inside a training: asks the pruner when it is time, hides what is pruned, holds zeros at 0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import Tensor, nn

from t2c.fusion.channel_spaces import ChannelSpace, channel_spaces
from t2c.golden.errors import UnsupportedError
from t2c.layers.weighted import QWeighted
from t2c.network import QNetwork
from t2c.pruners import Prunable, Pruner, find_pruner
from t2c.pruners.base import checked_mask
from t2c.shrinking import shrink

IMAGES = 8
"""On which a smaller model is proven to be the same."""


def weighted_layers(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Name and weights of every convolution and linear layer, in the order of the model; shared ones once."""
    seen: set[int] = set()
    if isinstance(model, QNetwork):
        named = [(wire.name, model.layers[wire.name]) for wire in model.wires]
    else:
        named = list(model.named_modules())
    for name, module in named:
        if isinstance(module, (nn.Conv2d, nn.Linear, QWeighted)) and id(module.weight) not in seen:
            weight = module.weight
            assert isinstance(weight, nn.Parameter)
            seen.add(id(weight))
            yield name, weight


def _alike(name: str, pattern: str) -> bool:
    """Whether a layer is meant; a fused network has `_` where modules have `.`."""
    return fnmatchcase(name.replace(".", "_"), pattern.replace(".", "_"))


def prunable_layers(model: nn.Module, pruner: Pruner, dense: Sequence[str] | None) -> list[Prunable]:
    """The layers that a pruner works on, none of them pruned yet.

    Args:
        model: float or quantised.
        pruner: which must fit them.
        dense: names of layers that stay as they are, `*` for anything; None for the first layer.

    Raises:
        LookupError: a name that no layer has.
        RangeError, ShapeError: a layer that the pruner does not fit; the message names it.
        UnsupportedError: no layer is left.
    """
    named = list(weighted_layers(model))
    _check_patterns([name for name, _ in named], dense)
    if dense is None and not pruner.everywhere:
        dense = [name for name, _ in named[:1]]
    layers = [
        Prunable(name=name, weight=weight, mask=torch.ones_like(weight, dtype=torch.bool))
        for name, weight in named
        if weight.requires_grad and not any(_alike(name, pattern) for pattern in dense or ())
    ]
    if not layers:
        raise UnsupportedError("nothing to prune: no convolution or linear layer is both trained and not dense")
    for layer in layers:
        pruner.check(layer)
    return layers


def channel_layers(
    model: nn.Module, pruner: Pruner, dense: Sequence[str] | None, spaces: Sequence[ChannelSpace]
) -> list[Prunable]:
    """The same for a structured pruner: the layers that make the channels of the spaces that may lose some."""
    named = dict(weighted_layers(model))
    _check_patterns(named, dense)
    layers: list[Prunable] = []
    for group, space in enumerate(spaces):
        stays = any(_alike(name, pattern) for name in space.makers for pattern in dense or ())
        if space.pinned or stays or not all(named[name].requires_grad for name in space.makers):
            continue
        modules = [model.get_submodule(name) for name in (*space.makers, *space.norms)]
        vectors = [module.bias for module in modules if isinstance(module.bias, nn.Parameter)]
        vectors += [model.get_submodule(name).weight for name in space.norms]  # type: ignore[misc]
        for name in space.makers:
            mask = torch.ones_like(named[name], dtype=torch.bool)
            layers.append(Prunable(name=name, weight=named[name], mask=mask, group=group, companions=tuple(vectors)))
    if not layers:
        raise UnsupportedError("nothing to prune: every channel is of the input, of the output, pinned or dense")
    for layer in layers:
        pruner.check(layer)
    return layers


def _check_patterns(named: Iterable[str], dense: Sequence[str] | None) -> None:
    names = list(named)
    for pattern in dense or ():
        if not any(_alike(name, pattern) for name in names):
            raise LookupError(f"dense: no layer {pattern!r}; there are {', '.join(names)}")


class Sparsifier:
    """Prune a model while it is trained.

    Args:
        pruner: what stays.
        layers: of `prunable_layers`, or of `channel_layers`.
        spaces: of a structured pruner; images: real (N, *shape), to prove on that the smaller model is the same.

    After `finish`, what is pruned is 0 in the weights.
    """

    def __init__(
        self,
        pruner: Pruner,
        layers: Sequence[Prunable],
        spaces: Sequence[ChannelSpace] = (),
        images: Tensor | None = None,
    ) -> None:
        self.pruner, self.layers = pruner, list(layers)
        self.spaces, self.images = spaces, images
        self.updates: dict[int, float] = {}
        self._hidden: list[Tensor] | None = None

    def options(self) -> dict[str, Any]:
        """What makes the run besides the trainer's own settings: plain values by name."""
        kind = type(self.pruner)
        settings = " ".join(f"{name}={value!r}" for name, value in sorted(vars(self.pruner).items()))
        names = " ".join(layer.name for layer in self.layers)
        return {"pruner": f"{kind.__module__}.{kind.__qualname__} {settings}", "pruned layers": names}

    def begin(self, steps: int) -> None:
        """Choose the first masks; of a training without steps, the last ones."""
        self.updates = self.pruner.update_steps(steps)
        for layer in self.layers:
            layer.mask = layer.mask.to(layer.weight.device)
        with torch.no_grad():
            self._take(self.pruner.begin(self.layers))
            if not steps:
                self._update(1.0)

    def before_forward(self) -> None:
        """Put 0 where the mask is, for the passes forward and backward."""
        if self.pruner.dense_weights:
            self._hidden = [layer.weight.detach().clone() for layer in self.layers]
            self._zero()

    def after_backward(self, done: int) -> None:
        """Bring the dense weights back, and give the optimiser its gradients; done: steps with this one."""
        wanted = self._due(done) is not None
        with torch.no_grad():
            for i, layer in enumerate(self.layers):
                gradient = layer.weight.grad
                layer.gradient = gradient.clone() if wanted and gradient is not None else None
                if self._hidden is not None:
                    layer.weight.copy_(self._hidden[i])
                if gradient is not None:
                    gradient.copy_(self.pruner.gradient(layer, gradient))
        self._hidden = None

    def after_step(self, done: int) -> None:
        """Choose new masks if it is time, and put what the optimiser moved back to 0; done: steps with this one."""
        if not self.pruner.dense_weights:
            self._zero()
        progress = self._due(done)
        if progress is not None:
            self._update(progress)
        for layer in self.layers:
            layer.gradient = None

    def finish(self) -> None:
        """Make what is pruned 0 for good."""
        self._zero()

    def shrink(self, model: nn.Module) -> None:
        """Behind a structured pruner, take the channels out that are 0; the model is on the CPU and finished."""
        if self.pruner.structured and self.images is not None:
            kept = {layer.group: layer.mask.flatten(1).any(1).cpu() for layer in self.layers if layer.group is not None}
            shrink(model, kept, self.spaces, self.images)

    def masks(self) -> dict[str, Tensor]:
        """The masks by layer, on the CPU."""
        return {layer.name: layer.mask.cpu() for layer in self.layers}

    def state(self) -> dict[str, Tensor]:
        """For a checkpoint."""
        return self.masks()

    def restore(self, state: Mapping[str, Tensor], steps: int) -> None:
        """Go on from `state`."""
        self.updates = self.pruner.update_steps(steps)
        self._take([state[layer.name] for layer in self.layers])

    def _due(self, done: int) -> float | None:
        return 0.0 if self.pruner.each_step else self.updates.get(done)

    def _update(self, progress: float) -> None:
        with torch.no_grad():
            self._take(self.pruner.masks(self.layers, self.pruner.sparsity_at(progress), progress))
        if not self.pruner.dense_weights:
            self._zero()

    def _take(self, masks: Sequence[Tensor]) -> None:
        taken = [checked_mask(self.pruner, layer, mask) for layer, mask in zip(self.layers, masks, strict=True)]
        for layer, mask in zip(self.layers, taken, strict=True):
            layer.mask = mask

    def _zero(self) -> None:
        with torch.no_grad():
            for layer in self.layers:
                layer.weight.masked_fill_(~layer.mask, 0.0)
                for vector in layer.companions:
                    vector.masked_fill_(~layer.mask.flatten(1).any(1), 0.0)


def sparsifier_of(
    model: nn.Module, pruner: str | Pruner | None, sparsity: float | None, dense: Sequence[str] | None, images: Tensor
) -> Sparsifier | None:
    """The pruning that a trainer was asked for; None for none.

    Args:
        model: float or quantised, with the parameters that are trained.
        pruner: a name, or one of your own; sparsity: of the named one, None for what it has; dense: `prunable_layers`.
        images: real (N, *shape), on which a model that shrinks is traced.

    Raises:
        LookupError: no pruner has that name.
        RangeError: a sparsity that it does not have, or without a name.
        UnsupportedError: a pruner that shrinks, and a network that is quantised already.
        others: as `prunable_layers`, and of a pruner that shrinks as `channel_spaces`.
    """
    if isinstance(pruner, str):
        pruner = find_pruner(pruner, sparsity)
    elif sparsity is not None or (pruner is None and dense is not None):
        raise ValueError(f"{'dense' if sparsity is None else 'sparsity'}: of a pruner by name, and there is none")
    if pruner is not None and pruner.structured:
        if isinstance(model, QNetwork):
            raise UnsupportedError(
                f"{type(pruner).__name__} shrinks float models: prune first, then quantise what is left"
            )
        spaces, images = channel_spaces(model, images), images[:IMAGES]
        return Sparsifier(pruner, channel_layers(model, pruner, dense, spaces), spaces, images)
    return None if pruner is None else Sparsifier(pruner, prunable_layers(model, pruner, dense))
