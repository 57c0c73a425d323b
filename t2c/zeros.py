"""Zeros stay zeros: from the mask of a pruner to the weights, to their integers, to the graph of the package."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.layers.weighted import QWeighted
from t2c.network import QNetwork

MANY = 0.1
"""From this fraction of zeros on, weights were pruned."""


def _weighted(net: QNetwork) -> dict[str, QWeighted]:
    return {name: layer for name, layer in net.layers.items() if isinstance(layer, QWeighted)}


def check_zero_level(net: QNetwork, layers: Iterable[str]) -> None:
    """Refuse, before any work, weights to be pruned whose quantiser does not give 0 for 0.

    Raises:
        UnsupportedError: the message names the layer and the quantiser.
    """
    found = _weighted(net)
    for name in layers:
        quantiser = found[name].weight_quantiser
        if not quantiser.has_zero:
            raise UnsupportedError(
                f"layer {name!r}: {type(quantiser).__name__} as it is set does not make a weight of 0 the integer 0; "
                "weights that are pruned need that"
            )


def warn_of_zeros(net: QNetwork) -> None:
    """Say that a sparse network will not stay so unless it is asked for."""
    weights = [layer.weight.detach() for layer in _weighted(net).values()]
    zeros, count = sum(int((weight == 0).sum()) for weight in weights), sum(weight.numel() for weight in weights)
    if count and zeros >= MANY * count:
        warnings.warn(
            f"{zeros / count:.0%} of the weights are 0 and need not stay so; pruner='keep' holds and proves them",
            stacklevel=4,
        )


def prove_zeros(net: QNetwork) -> None:
    """Prove that what the masks of a calibrated network prune is 0: in its weights and in their integers.

    Raises:
        UnsupportedError: the message names the layer, and the first element that is not 0.
    """
    found = _weighted(net)
    for name, mask in net.masks.items():
        layer = found[name]
        with torch.no_grad():
            codes = layer.weight_quantiser.integers(layer.weight)
        _demand(name, mask, layer.weight.detach(), "weight")
        _demand(name, mask, codes, f"integer of {type(layer.weight_quantiser).__name__} for the weight 0")


def prove_zeros_in_graph(masks: Mapping[str, Tensor], graph: Graph) -> None:
    """Prove the same of the graph that becomes the package; errors as `prove_zeros`."""
    for name, mask in masks.items():
        weights = graph.node(name).weights
        assert weights is not None
        _demand(name, mask, torch.tensor(weights.values).reshape(mask.shape), "integer in the package")


def _demand(name: str, mask: Tensor, values: Tensor, what: str) -> None:
    wrong = (values.cpu() != 0) & ~mask
    if bool(wrong.any()):
        place = tuple(int(index) for index in wrong.nonzero()[0])
        raise UnsupportedError(f"layer {name!r}: element {place} is pruned, but its {what} is {values[place].item():g}")
