"""A network in one fixed-point format, wider than any package: what nothing was optimised in, as a trial."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.cost.pipelines.netlist import pipeline_design
from t2c.flows.errors import FlowError
from t2c.flows.pipeline_of import PIPELINE, pipeline_options
from t2c.flows.synthesis import cost_of, counted
from t2c.flows.training import WEIGHTS, float_model, only_width, quantised, searched_on
from t2c.flows.trials import Place
from t2c.golden.graph.package import load_package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.layers.weighted import QWeighted
from t2c.network import QNetwork
from t2c.nn2chip import T2C
from t2c.pipelines.chain import Chain, ChainEdge, ChainQuant, ChainStage, MaxStage, SumStage, VectorStage
from t2c.pipelines.evaluate import evaluate
from t2c.pipelines.from_graph import chain_of
from t2c.pipelines.write import write_pipeline

CALIBRATED = {"weight_bits": 8, "activation_bits": 8, "method": "minmax", "tuning": {"epochs": 0}}
"""The network whose ranges the formats are taken from."""


def fixed_point(payload: Mapping[str, Any], place: Place) -> tuple[Chain, int]:
    """The chain of a float network with weights and activations of `bits`, every tensor in steps of a power of two, and
    the fraction bits of its input.

    The step of a tensor is the smallest that holds what calibration saw, of weights all of them; biases are added
    at the step of the products. Results are rounded half up and saturated.

    Raises:
        FlowError: a layer that is neither convolution, linear layer, maximum nor view.
    """
    bits = payload["bits"]
    design = {**only_width(payload["design"]), **CALIBRATED}
    model = float_model(payload["subject"], design, place.path(payload["weights"]))
    qnet = quantised(payload["subject"], design, model, place.folder / WEIGHTS)
    few = searched_on(payload["subject"]).calibration.head(2)
    chip = T2C(qnet)
    chip.nn2chip(few.images, few.labels, directory=place.folder / "calibrated")
    graph = load_package(place.folder / "calibrated").graph
    return _widened(chain_of(graph), graph.edges, qnet, bits)


def synthesised(payload: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """A trial: counts of the pipeline of `fixed_point`, and its accuracy on the validation split."""
    chain, fraction = fixed_point(payload, place)
    made = write_pipeline(chain, pipeline_options(payload["pipeline"]), place.folder / PIPELINE)
    cost = cost_of(pipeline_design(made), payload["family"], place)
    held_out = searched_on(payload["subject"]).calibration
    steps = np.ldexp(held_out.images.double().numpy(), fraction)
    most = chain.input.hi
    images = np.clip(np.round(steps), -most - 1, most).astype(np.int64)
    logits = evaluate(chain, images)[chain.output.name]
    right = logits.argmax(1) == held_out.labels.numpy()
    return {"counts": counted(cost), "accuracy": float(right.mean())}


def _widened(chain: Chain, ranges: Mapping[str, TensorSpec], qnet: QNetwork, bits: int) -> tuple[Chain, int]:
    fractions: dict[str, int] = {chain.input.name: _fraction(_reach(ranges[chain.input.name]), bits)}
    stages: list[ChainStage] = []
    for stage in chain.stages:
        before = fractions[stage.inputs[0]]
        layer = qnet.layers[stage.name]
        if isinstance(stage, SumStage) and isinstance(layer, QWeighted):
            fractions[stage.output] = _fraction(_reach(ranges[stage.output]), bits)
            stages.append(_sum(stage, layer, bits, before, fractions[stage.output]))
        elif isinstance(stage, (MaxStage, VectorStage)):
            fractions[stage.output] = before
            stages.append(stage)
        else:
            raise FlowError(f"{stage.name}: a {stage.kind} has no form of {bits} bits")
    edges = {name: ChainEdge(name=name, shape=chain.edges[name].shape, bits=bits, signed=True) for name in fractions}
    return replace(chain, edges=edges, stages=tuple(stages)), fractions[chain.input.name]


def _sum(stage: SumStage, layer: QWeighted, bits: int, before: int, behind: int) -> SumStage:
    real = layer.weight.detach().double().numpy()
    if layer.gamma is not None:
        real = real * layer.gamma.detach().double().numpy().reshape(-1, *[1] * (real.ndim - 1))
    fraction = _fraction(float(np.abs(real).max()), bits)
    weight = _integers(real, fraction, bits).reshape(stage.weight.shape)
    shift = before + fraction - behind
    if shift < 0:
        raise FlowError(f"{stage.name}: its results have smaller steps than its products")
    beta = layer.beta.detach().double().numpy()
    bias = tuple(int(value) for value in np.round(np.ldexp(beta, before + fraction)))
    low = -(1 << bits - 1) if layer.ceiling is None else 0
    requant = ChainQuant(
        multiplier=(1,) * len(bias), bias=bias, shift=(shift,) * len(bias), lo=(low,), hi=((1 << bits - 1) - 1,)
    )
    return replace(stage, weight=weight, requant=requant)


def _reach(edge: TensorSpec) -> float:
    """The largest magnitude that calibration left room for."""
    return edge.magnitude * edge.scale


def _fraction(reach: float, bits: int) -> int:
    """Fraction bits of the smallest step, a power of two, in which so many signed bits reach so far."""
    return bits - 1 - math.ceil(math.log2(max(reach, 2.0**-30) / (1 - 2.0 ** (1 - bits))))


def _integers(real: npt.NDArray[np.float64], fraction: int, bits: int) -> npt.NDArray[np.int64]:
    most = (1 << bits - 1) - 1
    return np.clip(np.round(np.ldexp(real, fraction)), -most - 1, most).astype(np.int64)
