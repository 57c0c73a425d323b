"""The integer network of a graph that was made anew: the same torch layers with the constants of its nodes."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import nn

from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant
from t2c.golden.arithmetic.rounding import MAX_MAGNITUDE
from t2c.golden.errors import RangeError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.integer.layers import IntegerLayer, carrier
from t2c.integer.requantise import Requantiser, TorchAddQuant, TorchMulQuant, TorchOutputStage
from t2c.mulquant_constants import Constants
from t2c.network import IntegerNetwork
from t2c.quantisation_parameters import QuantisationParameters


def rebuilt(net: IntegerNetwork, graph: Graph) -> IntegerNetwork:
    """A copy of a network whose weights, constants and readings are those of a graph of the same layers.

    Raises:
        RangeError: acc M + B of a layer leaves what the integer path in torch computes; the message names it.
    """
    layers = [_layer(net.layer(wire.name), graph, graph.node(wire.name)) for wire in net.wires]
    return IntegerNetwork(
        net.wires,
        layers,
        net.input_name,
        net.output_name,
        input_reading=reading_of(graph.edges[graph.input]),
        input_shape=net.input_shape,
    )


def reading_of(edge: TensorSpec) -> QuantisationParameters:
    """How an edge is read."""
    return QuantisationParameters(bits=edge.bits, signed=edge.signed, zero_point=edge.zero_point, scale=edge.scale)


def _layer(old: IntegerLayer, graph: Graph, node: Node) -> IntegerLayer:
    """One layer; what it holds of its inputs is what its class calls zero_point, zero_points or operands."""
    layer, inputs = copy.deepcopy(old), graph.inputs_of(node)
    layer.reading = reading_of(graph.edges[node.output])
    held = {
        "zero_point": inputs[0].zero_point,
        "zero_points": tuple(edge.zero_point for edge in inputs),
        "operands": tuple(map(reading_of, inputs)),
        "weight_bits": node.weights.bits if node.weights else 0,
    }
    for name, value in held.items():
        if hasattr(layer, name):
            setattr(layer, name, value)
    if node.weights is not None and isinstance(vanilla := getattr(layer, "layer", None), nn.Module):
        weight = torch.from_numpy(node.weights.values.copy())
        made = weight.to(carrier(weight, reading_of(inputs[0])))
        vanilla.weight = nn.Parameter(made, requires_grad=False)
    if isinstance(getattr(layer, "requantise", None), Requantiser):
        layer.requantise = _requantiser(node, inputs)
    return layer


def _requantiser(node: Node, inputs: tuple[TensorSpec, ...]) -> Requantiser:
    quant = node.stage
    assert isinstance(quant, (MulQuant, AddQuant))
    stage = TorchOutputStage(rounding=quant.rounding, zero_point=quant.zero_point, lo=quant.lo, hi=quant.hi)
    if isinstance(quant, AddQuant):
        multiplier = np.array([quant.multiplier_a, quant.multiplier_b])
        constants = _constants(multiplier, np.array([quant.bias, 0]), np.full(2, quant.shift))
        return TorchAddQuant(constants, stage, quant.widths)
    bits = node.accumulator_bits(inputs)
    if bits is not None and quant.largest(1 << bits - 1) > MAX_MAGNITUDE:
        raise RangeError(f"layer {node.name!r}: acc M + B leaves 62 bits, which the integer path in torch computes in")
    made = TorchMulQuant(_constants(quant.multiplier, quant.bias, quant.shift), stage, quant.widths)
    made.clip = quant.clip
    return made


def _constants(multiplier: np.ndarray, bias: np.ndarray, shift: np.ndarray) -> Constants:
    parts = (part.astype(np.int64) for part in (multiplier, bias, shift))
    multiplier, bias, shift = parts
    return Constants(multiplier=multiplier, bias=bias, shift=shift, scale_error=0.0, bias_error=0.0)
