"""What a network is, in plain values: a checkpoint of a network that differs in any of them is of another run."""

from __future__ import annotations

import copy
import functools
import operator
import warnings
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn

from t2c.data.split import Split
from t2c.network import Network

_PLAIN = (bool, int, float, complex, str, bytes)
_DEPTH = 8
"""Options nested deeper than this count by their type only."""


def describe(network: nn.Module) -> dict[str, Any]:
    """All that makes the function of a network besides its weights, as `t2c.checkpoint.digest` takes it.

    That is of every module the class and the public attributes (strides, ceilings, wires, formats, options of
    quantisers; what is no plain value, by its type); of every parameter and buffer shape, type, whether it is trained,
    and of a buffer that no state dict holds the values; which modules and parameters are one and the same; and of a
    model that torch.fx can trace, the code of its graph. Of a `forward` that it cannot trace, nothing is seen.
    """
    modules = dict(network.named_modules(remove_duplicate=False))
    parameters = dict(network.named_parameters(remove_duplicate=False))
    hidden = {
        f"{prefix}.{name}": buffer
        for prefix, module in modules.items()
        for name, buffer in module.named_buffers(recurse=False)
        if name in module._non_persistent_buffers_set
    }
    return {
        "text": str(network),
        "state": {name: [list(tensor.shape), str(tensor.dtype)] for name, tensor in network.state_dict().items()},
        "modules": {name: [_title(type(module)), _options(module)] for name, module in modules.items()},
        "trained": {name: parameter.requires_grad for name, parameter in parameters.items()},
        "hidden": hidden,
        "shared": [_shared(modules), _shared(parameters)],
        "graph": None if isinstance(network, Network) else [_graph(network, training) for training in (False, True)],
    }


def _shared(named: Mapping[str, object]) -> dict[str, str]:
    """The first name of everything that has several."""
    first: dict[int, str] = {}
    return {name: first[id(one)] for name, one in named.items() if first.setdefault(id(one), name) != name}


def _title(kind: Any) -> str:
    return f"{getattr(kind, '__module__', '')}.{getattr(kind, '__qualname__', repr(type(kind)))}"


def _options(module: nn.Module) -> dict[str, Any]:
    """The public attributes, but for the mode and the test images, which no training looks at."""
    own = {name: value for name, value in vars(module).items() if not name.startswith("_") and name != "training"}
    return {name: _plain(value) for name, value in sorted(own.items()) if not isinstance(value, Split)}


def _plain(value: Any, depth: int = 0) -> Any:
    """A value in terms that do not change from one process to the next."""
    if isinstance(value, Enum):
        return [_title(type(value)), value.name]
    if value is None or isinstance(value, (*_PLAIN, Tensor)):
        return value
    if isinstance(value, (torch.dtype, torch.device, torch.memory_format, PurePath)):
        return str(value)
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist(), depth)
    if depth < _DEPTH:
        if isinstance(value, Mapping):
            return [[_plain(key, depth + 1), _plain(entry, depth + 1)] for key, entry in value.items()]
        if isinstance(value, (list, tuple)):
            return [_plain(entry, depth + 1) for entry in value]
        if isinstance(value, (set, frozenset)):
            return sorted(repr(_plain(entry, depth + 1)) for entry in value)
        if isinstance(value, functools.partial):
            return [_plain(part, depth + 1) for part in (value.func, value.args, value.keywords)]
        if is_dataclass(value) and not isinstance(value, type):
            named = {field.name: _plain(getattr(value, field.name), depth + 1) for field in fields(value)}
            return [_title(type(value)), named]
    return _title(value if callable(value) and hasattr(value, "__qualname__") else type(value))


def _graph(model: nn.Module, training: bool) -> list[Any] | None:
    """The code that torch.fx makes of a model in that mode, and its constants; None if it cannot be traced.

    Tracing runs the model's own code: on a copy, with random numbers that are put back.
    """
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            traced = fx.symbolic_trace(copy.deepcopy(model).train(training))
        except Exception:  # anything can come out of it
            return None
    names = dict.fromkeys(str(node.target) for node in traced.graph.nodes if node.op == "get_attr")
    return [traced.code, {name: _plain(operator.attrgetter(name)(traced)) for name in names}]
