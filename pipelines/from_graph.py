"""The chain of a package: every node as a stage, or one line that says which node cannot be one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from t2c.golden.arithmetic.window import Window
from t2c.golden.errors import ShapeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.pipelines.chain import (
    POINT,
    AddStage,
    Chain,
    ChainEdge,
    ChainQuant,
    ChainStage,
    MaxStage,
    SumStage,
    VectorStage,
    per_channel,
)


def chain_of(graph: Graph) -> Chain:
    """Every node of a network as a stage of a pipeline.

    Raises:
        UnsupportedError: a node that no stage does, or a tensor that goes nowhere; the line names the node.
    """
    edges = {
        name: ChainEdge(name=name, shape=edge.shape, bits=edge.bits, signed=edge.signed, zero_point=edge.zero_point)
        for name, edge in graph.edges.items()
    }
    stages = []
    for node in graph.nodes:
        if node.op not in STAGES:
            raise UnsupportedError(f"{node.name}: a pipeline has no {node.op}; it has {', '.join(STAGES)}")
        if node.products is not None:
            raise UnsupportedError(f"{node.name}: its products are those of an element; a pipeline only multiplies")
        stages.append(STAGES[node.op](node, edges))
    if stages[-1].output != graph.output:
        raise UnsupportedError(
            f"{stages[-1].name}: the last stage of a pipeline gives its result, which is {graph.output}"
        )
    try:
        return Chain(name=graph.name, edges=edges, stages=tuple(stages))
    except ShapeError as error:
        raise UnsupportedError(str(error)) from error


def _linear(node: Any, edges: Mapping[str, ChainEdge]) -> ChainStage:
    return _sum(node, node.weight[:, :, None, None], POINT)


def _conv2d(node: Any, edges: Mapping[str, ChainEdge]) -> ChainStage:
    return _sum(node, node.weight, node.window, node.groups)


def _average(node: Any, edges: Mapping[str, ChainEdge]) -> ChainStage:
    channels = edges[node.output].channels
    return _sum(node, np.ones((channels, 1, *node.kernel), np.int64), node.window, channels)


def _sum(node: Any, weight: Any, window: Window, groups: int = 1) -> ChainStage:
    stage = node.mulquant
    clip = stage.clip
    requant = ChainQuant(
        multiplier=per_channel(stage.multiplier),
        bias=per_channel(stage.bias),
        shift=per_channel(stage.shift),
        rounding=stage.rounding,
        zero_point=int(stage.zero_point),
        lo=(int(stage.lo),) if clip is None else per_channel(clip.channel_lo),
        hi=(int(stage.hi),) if clip is None else per_channel(clip.channel_hi),
    )
    return SumStage(
        name=node.name,
        inputs=node.inputs,
        output=node.output,
        weight=np.asarray(weight, np.int64),
        requant=requant,
        window=window,
        groups=groups,
    )


def _add(node: Any, edges: Mapping[str, ChainEdge]) -> ChainStage:
    stage = node.addquant
    requant = ChainQuant(
        multiplier=(1,),
        bias=(int(stage.bias),),
        shift=(int(stage.shift),),
        rounding=stage.rounding,
        zero_point=int(stage.zero_point),
        lo=(int(stage.lo),),
        hi=(int(stage.hi),),
    )
    return AddStage(
        name=node.name,
        inputs=node.inputs,
        output=node.output,
        first=int(stage.multiplier_a),
        second=int(stage.multiplier_b),
        requant=requant,
    )


def _max(node: Any, edges: Mapping[str, ChainEdge]) -> ChainStage:
    return MaxStage(name=node.name, inputs=node.inputs, output=node.output, window=node.window)


def _vector(node: Any, edges: Mapping[str, ChainEdge]) -> ChainStage:
    before, behind = edges[node.inputs[0]], edges[node.output]
    if len(behind.shape) != 1 or len(before.shape) not in (1, 3):
        raise UnsupportedError(f"{node.name}: a pipeline takes {node.op} of a map to a vector, not to {behind.shape}")
    return VectorStage(name=node.name, inputs=node.inputs, output=node.output)


STAGES: Mapping[str, Callable[[Any, Mapping[str, ChainEdge]], ChainStage]] = {
    "linear": _linear,
    "conv2d": _conv2d,
    "average_pool2d": _average,
    "max_pool2d": _max,
    "flatten": _vector,
    "reshape": _vector,
    "add": _add,
}
"""What makes a stage of a node, by its kind."""
