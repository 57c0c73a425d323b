"""Trace a float model with torch.fx and learn the shape of every value."""

from __future__ import annotations

import copy
from collections import Counter

import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from t2c.fusion.describe import refuse
from t2c.golden.errors import ShapeError, UnsupportedError

_STATEFUL = (nn.Conv2d, nn.Linear, nn.BatchNorm1d, nn.BatchNorm2d)


def trace(model: nn.Module, example: Tensor) -> fx.GraphModule:
    """Return the traced copy of a model in eval mode, without dead code, every node with its shape.

    Raises:
        ShapeError: the model does not run on the example.
        UnsupportedError: torch.fx cannot trace it, or a module with weights is called more than once.
    """
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if tensor.is_floating_point() and tensor.dtype != torch.float32:
            raise UnsupportedError(f"{name} is {tensor.dtype}; float32 is wanted: model.float()")
    float_model = copy.deepcopy(model).cpu().eval()
    try:
        with torch.no_grad():
            float_model(example)
    except (RuntimeError, ValueError, IndexError) as error:
        raise ShapeError(f"the model does not run on an example of shape {tuple(example.shape)}: {error}") from error
    try:
        traced = fx.symbolic_trace(float_model)
    except Exception as error:  # tracing runs the user's code: anything can come out of it
        raise UnsupportedError(f"the model cannot be traced by torch.fx: {error}") from error
    traced.graph.eliminate_dead_code()
    traced.recompile()
    calls = Counter(str(node.target) for node in traced.graph.nodes if node.op == "call_module")
    for node in traced.graph.nodes:
        count = calls[str(node.target)] if node.op == "call_module" else 0
        if count > 1 and isinstance(traced.get_submodule(str(node.target)), _STATEFUL):
            raise refuse(node, f"module {node.target!r} is called {count} times; give each call its own")
    with torch.no_grad():
        ShapeProp(traced).propagate(example)
    return traced


def shape_of(node: fx.Node) -> tuple[int, ...]:
    """Shape of a node's value, without the batch axis.

    Raises:
        UnsupportedError: the value is not one tensor.
    """
    shape = getattr(node.meta.get("tensor_meta"), "shape", None)
    if shape is None:
        raise refuse(node, "the result is not one tensor")
    return tuple(int(n) for n in shape[1:])
