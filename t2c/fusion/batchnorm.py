"""Batch normalisation as a per-channel scale and bias, at once or after it was trained."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from t2c.golden.errors import UnsupportedError
from t2c.layers.weighted import Norm, QWeighted


def normalisation(
    module: nn.Conv2d | nn.Linear, norm: nn.BatchNorm1d | nn.BatchNorm2d | None
) -> tuple[Tensor | None, Tensor]:
    """Return (gamma*, beta*) with BN(conv(x) + bias) = gamma* conv(x) + beta*; gamma* is None without BN.

    gamma* = gamma / sqrt(var + eps), beta* = beta - gamma* mean + gamma* bias; each (O,), computed in float64 and
    returned in the weight's dtype.

    Source: Torch2Chip (MLSys 2024) Eq. 7-15.
    """
    weight = module.weight.detach()
    bias = torch.zeros(weight.shape[0]) if module.bias is None else module.bias.detach()
    if norm is None:
        return None, bias.to(weight.dtype)
    star, shift = _star(norm, bias)
    return star.to(weight.dtype), shift.to(weight.dtype)


def _star(norm: Norm, bias: Tensor | float) -> tuple[Tensor, Tensor]:
    """(gamma*, beta*) of a normalisation behind a bias, in float64."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    channels = norm.num_features
    gamma = torch.ones(channels) if norm.weight is None else norm.weight.detach()
    beta = torch.zeros(channels) if norm.bias is None else norm.bias.detach()
    star = gamma.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    shift = beta.double() + star * (torch.as_tensor(bias).double() - norm.running_mean.double())
    return star, shift


def live_norm(module: nn.Conv2d | nn.Linear, norm: Norm, gain: Tensor | None, axes: int) -> Norm:
    """A copy of a normalisation to train: directly behind the accumulator, gain times it.

    Args:
        module: the layer before it; its bias, of which normalisation takes the mean away, moves into the running mean.
        norm: of the model; momentum and eps stay.
        gain: (O,), factors of the channels behind it; None for none.
        axes: of the accumulator's tensor, with the batch: 2 or 4.
    """
    kind = nn.BatchNorm1d if axes == 2 else nn.BatchNorm2d
    live = kind(norm.num_features, eps=norm.eps, momentum=norm.momentum, dtype=module.weight.dtype)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert live.running_mean is not None
    assert live.running_var is not None
    factor = 1.0 if gain is None else gain
    with torch.no_grad():
        live.weight.copy_(factor * (torch.ones(1) if norm.weight is None else norm.weight))
        live.bias.copy_(factor * (torch.zeros(1) if norm.bias is None else norm.bias))
        live.running_mean.copy_(norm.running_mean - (0.0 if module.bias is None else module.bias))
        live.running_var.copy_(norm.running_var)
    return live


def norms_of(net: nn.Module) -> dict[str, QWeighted]:
    """The layers whose batch normalisation is live, by the name of the module."""
    found = {name: module for name, module in net.named_modules() if isinstance(module, QWeighted)}
    return {name: layer for name, layer in found.items() if layer.norm is not None}


def demand_norms(net: nn.Module) -> None:
    """Refuse a network without any live normalisation.

    Raises:
        UnsupportedError: it has none.
    """
    if not norms_of(net):
        raise UnsupportedError("live_bn: no BatchNorm is behind a convolution or linear layer of this network")


def fuse_norms(net: nn.Module) -> None:
    """Make every live batch normalisation the gamma and beta of its layer, from its running statistics, in place.

    In eval mode the network computes the same afterwards, to the rounding of float32. gamma* and beta* are computed in
    float64: `normalisation`.
    """
    for layer in norms_of(net).values():
        assert layer.norm is not None
        star, shift = _star(layer.norm, 0.0)
        dtype = layer.weight.dtype
        layer.norm = None
        layer.gamma, layer.beta = nn.Parameter(star.to(dtype)), nn.Parameter(shift.to(dtype))
