"""Take channels out of a float model: smaller layers in the place of its own, the same function."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from t2c.fusion.channel_spaces import ChannelSpace
from t2c.golden.errors import ShapeError, UnsupportedError

ROUNDING = 2.0**-40
"""Of float64 sums in another order, relative to the largest output."""

Sized = nn.Conv2d | nn.Linear | nn.BatchNorm1d | nn.BatchNorm2d


def shrink(model: nn.Module, spaces: Mapping[int, Tensor], all_spaces: Sequence[ChannelSpace], images: Tensor) -> None:
    """Remove channels, in place.

    Args:
        model: float, on the CPU; what goes is 0 in it: weights, biases, and gamma and beta of BatchNorm.
        spaces: bool (C,) by the number of the space in `all_spaces`: the channels that stay.
        all_spaces: of `channel_spaces`.
        images: real (N, *shape), on which the smaller model must give what the larger one gave.

    Raises:
        UnsupportedError: it does not; the model is as it was.
    """
    smaller = copy.deepcopy(model).eval()
    for number, kept in spaces.items():
        space = all_spaces[number]
        index = kept.nonzero().flatten()
        for name in (*space.makers, *space.norms):
            _cut_outputs(smaller.get_submodule(name), index)
        for name in space.readers:
            _cut_inputs(smaller.get_submodule(name), index, space.channels)
    _demand_same(copy.deepcopy(model).eval(), smaller, images)
    resize(model, {name: tuple(tensor.shape) for name, tensor in smaller.state_dict().items()})
    model.load_state_dict(smaller.state_dict())


def resize(model: nn.Module, shapes: Mapping[str, Sequence[int]]) -> None:
    """Give the layers of a model the widths that a state dict has; what they hold is lost where it changes.

    Args:
        model: float; convolutions, linear layers and BatchNorm are changed in place.
        shapes: of all its weights, by name.

    Raises:
        ShapeError: a layer cannot have such weights; the message names it.
    """
    for name, module in model.named_modules():
        shape = shapes.get(f"{name}.weight" if name else "weight")
        if not isinstance(module, (nn.Conv2d, nn.Linear, nn.BatchNorm1d, nn.BatchNorm2d)) or shape is None:
            continue
        if module.weight is None or tuple(shape) == tuple(module.weight.shape):
            continue
        if len(shape) != module.weight.ndim or tuple(shape[2:]) != tuple(module.weight.shape[2:]):
            raise ShapeError(f"{name}: weights of {tuple(shape)} where the model has {tuple(module.weight.shape)}")
        _set(module, torch.zeros(tuple(shape)), {"bias": torch.zeros(shape[0])})


def _cut_outputs(module: nn.Module, index: Tensor) -> None:
    assert isinstance(module, (nn.Conv2d, nn.Linear, nn.BatchNorm1d, nn.BatchNorm2d))
    vectors = {"bias": module.bias}
    if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
        vectors |= {"running_mean": module.running_mean, "running_var": module.running_var}
    _set(module, module.weight.detach()[index], {k: v.detach()[index] for k, v in vectors.items() if v is not None})


def _cut_inputs(module: nn.Module, index: Tensor, channels: int) -> None:
    assert isinstance(module, (nn.Conv2d, nn.Linear))
    weight = module.weight.detach()
    parts = weight.unflatten(1, (channels, -1))[:, index].flatten(1, 2)
    _set(module, parts.reshape(weight.shape[0], -1, *weight.shape[2:]), {})


def _set(module: Sized, weight: Tensor, vectors: Mapping[str, Tensor]) -> None:
    """Put weights of another shape into a layer, with all that repeats the shape."""
    if isinstance(module, nn.Conv2d):
        if module.groups > 1:
            module.groups = weight.shape[0]
        module.out_channels, module.in_channels = weight.shape[0], weight.shape[1] * module.groups
    elif isinstance(module, nn.Linear):
        module.out_features, module.in_features = weight.shape[0], weight.shape[1]
    else:
        module.num_features = weight.shape[0]
        module.running_mean = vectors.get("running_mean", torch.zeros(weight.shape[0]))
        module.running_var = vectors.get("running_var", torch.ones(weight.shape[0]))
    module.weight = nn.Parameter(weight.clone())
    if module.bias is not None and "bias" in vectors:
        module.bias = nn.Parameter(vectors["bias"].clone())


def _demand_same(larger: nn.Module, smaller: nn.Module, images: Tensor) -> None:
    with torch.no_grad():
        wanted = larger.double()(images.double())
        try:
            got = copy.deepcopy(smaller).double()(images.double())
        except RuntimeError as error:
            raise UnsupportedError(f"channels cannot go: the model does not run with fewer: {error}") from error
    if got.shape != wanted.shape or not bool(((got - wanted).abs() <= ROUNDING * wanted.abs().max()).all()):
        raise UnsupportedError("channels cannot go: with fewer, the model is another function")
