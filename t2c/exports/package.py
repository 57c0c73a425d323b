"""The integer network as golden's graph, and the check that the two compute the same."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from t2c.errors import ExportError
from t2c.exports.compare import require_equal
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import RangeError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.network import IntegerNetwork, Wire
from t2c.quantisation_parameters import QuantisationParameters


def _edge(name: str, reading: QuantisationParameters, tensor: Tensor) -> TensorSpec:
    return TensorSpec(
        name=name,
        shape=tuple(tensor.shape[1:]),
        bits=reading.bits,
        signed=reading.signed,
        zero_point=reading.zero_point,
        scale=reading.scale,
    )


def graph_of(net: IntegerNetwork, samples: Tensor, *, name: str, widths: Widths) -> Graph:
    """Return golden's graph of an integer network; nodes and edges keep the layers' names.

    Args:
        net: the network.
        samples: int64 (N, *shape); one is run to learn the shapes.
        name: of the graph; widths: of the hardware.

    Raises:
        PackageError: golden refuses the graph: an accumulator could overflow, a format does not fit.
        RangeError: an element does not hold the weights of a layer.
    """
    shapes = net.tensors(samples[:1])
    edges = {net.input_name: _edge(net.input_name, net.input_reading, samples)}
    for wire in net.wires:
        edges[wire.name] = _edge(wire.name, net.layer(wire.name).reading, shapes[wire.name])
    return Graph(
        name=name,
        widths=widths,
        edges=edges,
        nodes=tuple(_node(net, wire) for wire in net.wires),
        input=net.input_name,
        output=net.output_name,
    )


def _node(net: IntegerNetwork, wire: Wire) -> Node:
    try:
        return net.layer(wire.name).node(wire.name, wire.inputs)
    except RangeError as error:
        raise RangeError(f"layer {wire.name!r}: {error}") from error


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What torch and golden agreed on. integers: how many were compared; output: the network's, int64 (N, *shape)."""

    integers: int
    output: Tensor


def check_against_golden(net: IntegerNetwork, graph: Graph, samples: Tensor, *, batch: int = 64) -> Agreement:
    """Run both and compare every tensor of every sample.

    Args:
        net, graph: the two sides.
        samples: int64 (N, *shape).
        batch: samples that run at once; all their tensors are in memory twice.

    Raises:
        ExportError: a tensor differs; the message names the layer, the coordinate and both values.
    """
    compared = 0
    outputs = []
    for start in range(0, samples.shape[0], batch):
        part = samples[start : start + batch]
        with torch.no_grad():
            ours = net.tensors(part)
        theirs = graph.run(part.numpy())
        if set(ours) != set(theirs):
            raise ExportError(f"tensors {sorted(set(ours) ^ set(theirs))} exist on one side only")
        for name, tensor in ours.items():
            compared += require_equal(f"layer {name!r}", tensor.numpy(), theirs[name], side="torch", first=start)
        outputs.append(ours[net.output_name])
    return Agreement(integers=compared, output=torch.cat(outputs))
