"""Batch normalisation as a per-channel scale and bias."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def normalisation(
    module: nn.Conv2d | nn.Linear, norm: nn.BatchNorm1d | nn.BatchNorm2d | None
) -> tuple[Tensor | None, Tensor]:
    """Return (gamma*, beta*) with BN(conv(x) + bias) = gamma* conv(x) + beta*; gamma* is None without BN.

    gamma* = gamma / sqrt(var + eps), beta* = beta - gamma* mean + gamma* bias; each (O,), computed in float64 and
    returned in the weight's dtype.

    Source: Torch2Chip (MLSys 2024) Eq. 7-15.
    """
    weight = module.weight.detach()
    channels = weight.shape[0]
    bias = torch.zeros(channels) if module.bias is None else module.bias.detach()
    if norm is None:
        return None, bias.to(weight.dtype)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    gamma = torch.ones(channels) if norm.weight is None else norm.weight.detach()
    beta = torch.zeros(channels) if norm.bias is None else norm.bias.detach()
    star = gamma.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    shift = beta.double() + star * (bias.double() - norm.running_mean.double())
    return star.to(weight.dtype), shift.to(weight.dtype)
