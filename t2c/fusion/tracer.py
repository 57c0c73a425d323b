"""torch.fx with augmented assignment: `y += x` changes y in place, which fx by itself records as `y = y + x`."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

from torch import fx, nn
from torch.fx.proxy import TraceError

from t2c.layers.running_norm import RunningNorm

AUGMENTED = {
    f"__i{name}__": getattr(operator, f"i{name}")
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "matmul")
}
"""What `+=` and its like call, and the functions that do the same."""


class _Proxy(fx.Proxy):
    """A proxy that records what changes its tensor in place."""

    def __setitem__(self, key: Any, value: Any) -> None:
        self.tracer.create_proxy("call_function", operator.setitem, (self, key, value), {})


def _augmented(name: str) -> Any:
    def method(self: fx.Proxy, other: Any) -> fx.Proxy:
        plain = name.strip("_").removeprefix("i")
        made: fx.Proxy = self.tracer.create_proxy("call_function", AUGMENTED[name], (self, other), {}, name=plain)
        return made

    return method


for _name in AUGMENTED:
    setattr(_Proxy, _name, _augmented(_name))


def _pieces(node: fx.Node) -> int | None:
    """How many tensors chunk, or split by a list of sizes, gives; None of another node, or where shapes would tell."""
    target = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    named = {"chunk": "chunks", "split": "split_size_or_sections" if node.op == "call_function" else "split_size"}
    if target not in named:
        return None
    parts = node.args[1] if len(node.args) > 1 else node.kwargs.get(named[target])
    if target == "chunk":
        return parts if isinstance(parts, int) else None
    return len(parts) if isinstance(parts, list | tuple) else None


class _Tracer(fx.Tracer):
    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Proxy(node, self)

    def iter(self, obj: fx.Proxy) -> Iterator[Any]:
        """Loops over the parts of a tensor, `[f(part) for part in x.chunk(3)]`, are unrolled."""
        pieces = _pieces(obj.node)
        if pieces is not None:
            return iter([obj[piece] for piece in range(pieces)])  # type: ignore[index]
        try:
            return super().iter(obj)
        except TraceError as error:
            text = f"node {obj.node.name!r}: a loop over it, of which the trace does not know how often it runs"
            raise TraceError(text) from error

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return type(m) is RunningNorm or super().is_leaf_module(m, module_qualified_name)


def symbolic_trace(model: nn.Module) -> fx.GraphModule:
    """Return the traced model; errors are what tracing the user's code raises."""
    tracer = _Tracer()
    graph = tracer.trace(model)
    return fx.GraphModule(model, graph, type(model).__name__)
