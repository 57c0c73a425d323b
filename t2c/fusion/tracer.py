"""torch.fx with augmented assignment: `y += x` changes y in place, which fx by itself records as `y = y + x`."""

from __future__ import annotations

import operator
from typing import Any

from torch import fx, nn

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


class _Tracer(fx.Tracer):
    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Proxy(node, self)

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return type(m) is RunningNorm or super().is_leaf_module(m, module_qualified_name)


def symbolic_trace(model: nn.Module) -> fx.GraphModule:
    """Return the traced model; errors are what tracing the user's code raises."""
    tracer = _Tracer()
    graph = tracer.trace(model)
    return fx.GraphModule(model, graph, type(model).__name__)
