"""Weights from a seed that behave like those of a trained network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

SEED = 18

WEIGHT_SPREAD, GAMMA_SPREAD, BETA = 0.5, 0.4, 0.3
"""Standard deviations: of ln(gain of an output channel), of ln(gamma), of beta."""


def seed_weights(model: nn.Module, images: Tensor, *, seed: int = SEED) -> nn.Module:
    """Give a network weights and statistics like those of a trained one, in place; eval mode.

    Convolutions and linear layers: He normal, times a log-normal gain per output channel. BatchNorm: gamma log-normal,
    beta normal, running mean and variance those of the images, so that activations neither die nor blow up.

    Args:
        model: any network.
        images: real (N, *shape), what the statistics are taken over.
        seed: of all random numbers.

    Source: He et al., Delving Deep into Rectifiers, ICCV 2015 (variance 2 / fan-in).
    """
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    norms: list[nn.BatchNorm2d] = []
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                weight = module.weight
                column = (-1,) + (1,) * (weight.ndim - 1)
                gain = torch.exp(WEIGHT_SPREAD * normal(weight.shape[0])).reshape(column)
                weight.copy_(normal(*weight.shape) * gain * (2.0 / weight[0].numel()) ** 0.5)
                if module.bias is not None:
                    module.bias.zero_()
            elif isinstance(module, nn.BatchNorm2d):
                module.weight.copy_(torch.exp(GAMMA_SPREAD * normal(module.num_features)))
                module.bias.copy_(BETA * normal(module.num_features))
                norms.append(module)
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.momentum = 1.0  # the running statistics become those of the one batch
        model.train()(images)
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
    return model.eval()
