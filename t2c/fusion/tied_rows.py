"""Layers whose outputs meet channel by channel, and what their weight quantisers must then have alike."""

from __future__ import annotations

from t2c.layers.add import QAdd
from t2c.layers.weighted import QWeighted
from t2c.network import QNetwork
from t2c.quantisers.msq import MSQ, choose_rows


def tied_layers(net: QNetwork) -> list[list[str]]:
    """Names of the weighted layers of each set of tensors that have the same channels, such as those of a residual
    stage."""
    of: dict[str, list[str]] = {net.input_name: []}
    for wire in net.wires:
        layer = net.layers[wire.name]
        if hasattr(layer, "weight_quantiser"):
            of[wire.name] = [wire.name]
            continue
        if len(wire.inputs) > 1 and not isinstance(layer, QAdd):
            of[wire.name] = []
            continue
        whole = list(dict.fromkeys(name for source in wire.inputs for name in of[source]))
        for tensor, names in list(of.items()):
            if any(names is of[source] for source in wire.inputs):
                of[tensor] = whole
        of[wire.name] = whole
    return [names for names in {id(names): names for names in of.values()}.values() if names]


def share_rows(net: QNetwork) -> None:
    """Choose the rows of MSQ of all layers, alike where their outputs are added."""
    layers = {wire.name: net.layers[wire.name] for wire in net.wires}
    found = {name: getattr(layer, "weight_quantiser", None) for name, layer in layers.items()}
    quantisers = {name: quantiser for name, quantiser in found.items() if isinstance(quantiser, MSQ)}
    weights = {name: layer.weight for name, layer in layers.items() if isinstance(layer, QWeighted)}
    choose_rows(weights, quantisers, tied_layers(net))
