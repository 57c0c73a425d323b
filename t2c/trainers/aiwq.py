"""AIWQ: how much a layer's outputs move because its quantised weights do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from t2c.layers.weighted import QWeighted
from t2c.network import QNetwork

LEAST = 1e-12
"""Smallest variance of a channel."""


def quantised_weights(net: QNetwork, layers: Sequence[str]) -> dict[str, Tensor]:
    """The fake-quantised weights of layers, (O, ...) each, without gradient."""
    with torch.no_grad():
        return {name: weighted(net, name).weight_quantiser(weighted(net, name).weight) for name in layers}


def weighted(net: QNetwork, name: str) -> QWeighted:
    """The convolution or linear layer of that name."""
    layer = net.layers[name]
    assert isinstance(layer, QWeighted)
    return layer


def divergence(before: Tensor, after: Tensor) -> float:
    """Mean over the channels of KL(before || after), each a normal distribution with the channel's mean and variance.

    KL = ln(s2 / s1) + (s1^2 + (m1 - m2)^2) / (2 s2^2) - 1/2; variances are at least LEAST.

    Args:
        before, after: real (N, C, ...).
    """
    moments = []
    for values in (before.double(), after.double()):
        rows = values.transpose(0, 1).flatten(1)
        moments.append((rows.mean(1), rows.var(1, correction=0).clamp(min=LEAST)))
    (m1, v1), (m2, v2) = moments
    return float(((v2 / v1).log() / 2 + (v1 + (m1 - m2) ** 2) / (2 * v2) - 0.5).mean())


def activation_instability(net: QNetwork, images: Tensor, before: Mapping[str, Tensor]) -> dict[str, float]:
    """Activation instability induced by weight quantisation, by layer.

    A step of the optimiser moves a weight by little, and its quantised value by nothing or by a whole step. Both of a
    layer's weights, before and now, are given the inputs that it has now; what its sums move by, as distributions of
    each channel, is the layer's instability (`divergence`).

    Args:
        net: calibrated; its mode stays.
        images: real (N, *shape), on the network's device.
        before: the fake-quantised weights of some layers one step ago, of `quantised_weights`.

    Source: Park, Yoo, PROFIT, ECCV 2020, section 3; the exact statistic is from memory.
    """
    training = net.training
    net.eval()
    now = quantised_weights(net, list(before))
    inputs = {wire.name: wire.inputs[0] for wire in net.wires}
    with torch.no_grad():
        tensors = net.tensors(images)
        found = {}
        for name, old in before.items():
            layer, x = weighted(net, name), tensors[inputs[name]]
            found[name] = divergence(layer.apply_weight(x, old), layer.apply_weight(x, now[name]))
    net.train(training)
    return found
