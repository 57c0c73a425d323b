"""Trace a float model with torch.fx, and prove that the trace computes what the model does."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import TensorMetadata, _extract_tensor_metadata
from torch.utils._pytree import tree_leaves

from t2c.common.shown import plain
from t2c.fusion.describe import describe
from t2c.fusion.guards import changed, place_of, state_of
from t2c.fusion.record import Call, Recorder, first_difference, named_tensors, record_eager, storage_of
from t2c.fusion.refusal import FIXED, PARTS, asks_shape, fixed_nodes, refuse
from t2c.fusion.tracer import symbolic_trace
from t2c.golden.errors import ShapeError, UnsupportedError
from t2c.layers.running_norm import RunningNorm

_STATEFUL = (
    *(nn.Conv2d, nn.Linear, nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, RunningNorm),
    *(nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.TransformerEncoder),
)


_RUNS = 8
"""Of a model that seems to draw random numbers, where other threads may have drawn them."""


@contextmanager
def plainly() -> Iterator[None]:
    """Inside, torch computes sums of products in the tensors' own type, without gradient, whatever the caller set.

    One thread: the images are few, and the sums of a run are then in the same order every time. Attention runs in
    single operators, since hooks on a module would make torch take another way.
    """
    threads, fast = torch.get_num_threads(), torch.backends.mha.get_fastpath_enabled()
    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad(), torch.autocast("cpu", enabled=False), torch.backends.nnpack.flags(enabled=False):
            yield
    finally:
        torch.set_num_threads(threads)
        torch.backends.mha.set_fastpath_enabled(fast)


def trace(model: nn.Module, images: Tensor, given: Sequence[int]) -> fx.GraphModule:
    """Return the traced model, without dead code, every node with its shape.

    Args:
        model: of `inference_copy`.
        images: real (N, *shape), N >= 2; on all of them together, and on the last one alone, the model and its trace
            must run the same operators on the same tensors, with the same numbers as arguments and results.
        given: shape of what the user brought, for a message.

    Raises:
        ShapeError: the model does not run on the images.
        UnsupportedError: torch.fx cannot trace it, the trace is not the model, its forward changes the model or draws
            random numbers, a tensor that is changed in place is read again under its old name, or a module with weights
            is called more than once.
    """
    with plainly():
        parts = (images, images[-1:])
        runs = [_Eager(model, part, given) for part in parts]
        try:
            traced = symbolic_trace(model)
        except Exception as error:  # tracing runs the user's code: anything can come out of it
            raise UnsupportedError(f"the model cannot be traced by torch.fx: {plain(str(error), 200)}") from error
        try:
            for part, run in zip(parts, runs, strict=True):
                run.demand_purity()
                seen = _Interpreter(traced, part, named_tensors(model))
                if part is images:
                    _note_values(seen)
                _check_same(run, seen)
                _check_in_place(traced, seen)
        except UnsupportedError:
            fixed = fixed_nodes(traced.graph)
            for node in traced.graph.nodes:  # an operation that is refused anyway says more
                if node.op.startswith("call") and node.users and node not in fixed:
                    describe(node, traced)
            raise
    _remove_dead_code(traced)
    _name_the_input(traced)
    _check_calls(traced)
    return traced


class _Eager:
    """A run of the model itself. output: what it gave; calls: what it did."""

    def __init__(self, model: nn.Module, images: Tensor, given: Sequence[int]) -> None:
        before, drawn = state_of(model), _random_state()
        try:
            self.output, recorder = record_eager(model, images.clone())
        except (RuntimeError, ValueError, IndexError, TypeError, AssertionError) as error:
            raise ShapeError(
                f"the model does not run on an example of shape {tuple(given)}: {plain(str(error), 200)}"
            ) from error
        self.calls: list[Call] = recorder.calls
        self._draws = _random_state() != drawn and (threading.active_count() == 1 or _draws_each_time(model, images))
        written = set().union(*recorder.written.values())
        changes = [repr(name) for name, tensor in named_tensors(model) if storage_of(tensor) in written]
        self._changes = [*changes, *changed(before, state_of(model))]

    def demand_purity(self) -> None:
        """Refuse a forward whose result depends on more than its input."""
        if self._draws:
            raise UnsupportedError("the forward of the model draws random numbers; a chip computes the same every time")
        if self._changes:
            raise UnsupportedError(
                f"the forward changes {self._changes[0]}; a chip keeps nothing from one image to the next"
            )


def _random_state() -> tuple[Any, ...]:
    """Where the generators of torch, Python and NumPy stand."""
    ours = np.random.get_state(legacy=True)  # noqa: NPY002  a model may use it
    return torch.get_rng_state().tolist(), random.getstate(), [np.asarray(part).tolist() for part in ours]


def _draws_each_time(model: nn.Module, images: Tensor) -> bool:
    """Whether the generators move with every run: other threads, such as those of a Dask worker, draw too, but rarely.

    Args:
        model: which runs.
        images: on which it does.
    """
    for _ in range(_RUNS):
        drawn = _random_state()
        record_eager(model, images.clone())
        if _random_state() == drawn:
            return False
    return True


class _Interpreter(fx.Interpreter):
    """Run every node of a trace, dead ones too. values: by node; recorder: what they did; result: the output."""

    def __init__(self, traced: fx.GraphModule, images: Tensor, named: list[tuple[str, Tensor]]) -> None:
        super().__init__(traced, garbage_collect_values=False)
        own = images.clone()
        self.recorder = Recorder(own, named)
        with self.recorder:
            self.result = self.run(own)
        self.values: dict[fx.Node, Any] = dict(self.env)

    def run_node(self, n: fx.Node) -> Any:
        self.recorder.where = n.name
        return super().run_node(n)


def _check_same(run: _Eager, seen: _Interpreter) -> None:
    """Refuse a trace that does anything else than the model did."""
    found = first_difference(run.calls, seen.recorder.calls)
    if found is not None:
        ours, theirs = found
        here = "ends" if ours is None else f"{place_of(ours.where)} runs {ours.op}"
        there = "ends" if theirs is None else f"runs {theirs.op} in node {theirs.where!r}"
        raise UnsupportedError(
            f"tracing does not see all that the model does: where the model computes, {here}, the trace {there}; "
            "patched functions, autocast, and a forward that asks how it is run are lost"
        )
    model, trace_ = run.output, seen.result
    if isinstance(model, Tensor) and not torch.allclose(model, trace_, rtol=0, atol=0, equal_nan=True):
        gap = float((model - trace_).abs().max())
        raise UnsupportedError(f"the trace differs from the model by {gap:.3g}: its forward is not the same every time")


def _check_in_place(traced: fx.GraphModule, seen: _Interpreter) -> None:
    """Refuse a change in place that is read under an older name: in the trace each name has one value."""
    order = {node: index for index, node in enumerate(traced.graph.nodes)}
    by_name = {node.name: node for node in order}
    for where, memory in seen.recorder.written.items():
        changer = by_name[where]
        for node, value in seen.values.items():
            if order[node] >= order[changer] or not any(
                isinstance(leaf, Tensor) and storage_of(leaf) in memory for leaf in tree_leaves(value)
            ):
                continue
            later = [user for user in node.users if order[user] > order[changer] and not asks_shape(user)]
            if later:
                raise refuse(
                    changer,
                    f"it changes the tensor of node {node.name!r} in place, which node {later[0].name!r} reads "
                    "afterwards; assign the result and use that",
                )


def _note_values(seen: _Interpreter) -> None:
    """Give every node the shape of its value, a tuple of tensors theirs, and what no input changes its value."""
    fixed = fixed_nodes(seen.module.graph)  # type: ignore[arg-type]
    for node, value in seen.values.items():
        if node in fixed:
            node.meta[FIXED] = value
        elif isinstance(value, Tensor):
            node.meta["tensor_meta"] = _extract_tensor_metadata(value)
        elif isinstance(value, (tuple, list)):
            node.meta[PARTS] = [tuple(part.shape) for part in value if isinstance(part, Tensor)]


def renew_constants(traced: fx.GraphModule, images: Tensor) -> None:
    """Compute what no input changes once more, in the type that a trace has by now; images: as it was traced with."""
    interpreter = fx.Interpreter(traced, garbage_collect_values=False)
    interpreter.run(images.clone())
    for node, value in interpreter.env.items():
        if FIXED in node.meta:
            node.meta[FIXED] = value


def _remove_dead_code(traced: fx.GraphModule) -> None:
    """Remove what nothing reads; `_check_in_place` has shown that nothing it changes is read either."""
    for node in reversed(list(traced.graph.nodes)):
        if not node.users and node.op not in ("placeholder", "output"):
            traced.graph.erase_node(node)
    traced.recompile()


def _name_the_input(traced: fx.GraphModule) -> None:
    """F.relu(input=x) is F.relu(x)."""
    for node in traced.graph.nodes:
        if node.op == "call_function" and not node.args and isinstance(node.kwargs.get("input"), fx.Node):
            node.args = (node.kwargs["input"],)
            node.kwargs = {name: value for name, value in node.kwargs.items() if name != "input"}


def _check_calls(traced: fx.GraphModule) -> None:
    calls = Counter(str(node.target) for node in traced.graph.nodes if node.op == "call_module")
    for node in traced.graph.nodes:
        count = calls[str(node.target)] if node.op == "call_module" else 0
        if count > 1 and isinstance(traced.get_submodule(str(node.target)), _STATEFUL):
            raise refuse(node, f"module {node.target!r} is called {count} times; give each call its own")


def shape_of(node: fx.Node) -> tuple[int, ...]:
    """Shape of a node's value, without the batch axis.

    Raises:
        UnsupportedError: the value is not one tensor.
    """
    meta: TensorMetadata | None = node.meta.get("tensor_meta")
    if meta is None:
        raise refuse(node, "the result is not one tensor")
    return tuple(int(n) for n in meta.shape[1:])
