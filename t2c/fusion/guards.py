"""What a model may not bring, because tracing would lose it without a word: hooks, patched forwards, odd parameters."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter
from torch.nn.utils import parametrize

from t2c.common.shown import plain
from t2c.fusion.describe import MODULES
from t2c.golden.errors import RangeError, UnsupportedError

_GLOBAL_HOOKS = ("_global_forward_hooks", "_global_forward_pre_hooks")


def place_of(name: str) -> str:
    """How a message calls a module."""
    return f"module {name!r}" if name else "the model"


def inference_copy(model: nn.Module) -> nn.Module:
    """Return a copy of a float model on the CPU, in eval mode, without what only a backward pass runs.

    Raises:
        UnsupportedError: hooks or a forward of its own on a module, parametrizations, a module that stays in training
            mode, parameters that are not plain float32 tensors, or a model that cannot be copied; the message names it.
        RangeError: a parameter or a buffer holds a NaN or an infinity.
    """
    _check_tensors(model)
    check_modules(model)
    try:
        made = copy.deepcopy(model).cpu().eval()
    except Exception as error:  # deepcopy runs the user's code: anything can come out of it
        raise UnsupportedError(f"the model cannot be copied: {plain(str(error), 200)}") from error
    for name, module in made.named_modules():
        if module.training:
            raise UnsupportedError(f"{place_of(name)} stays in training mode after eval()")
        module._backward_hooks.clear()
        module._backward_pre_hooks.clear()
    return made


def _check_tensors(model: nn.Module) -> None:
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if isinstance(tensor, (UninitializedBuffer, UninitializedParameter)):
            raise UnsupportedError(f"{name} has no values yet: run the model once, so that its lazy modules are made")
        if type(tensor) not in (Tensor, nn.Parameter):
            raise UnsupportedError(f"{name} is a {type(tensor).__name__}; a plain tensor is wanted")
        if (tensor.is_floating_point() or tensor.is_complex()) and tensor.dtype != torch.float32:
            raise UnsupportedError(f"{name} is {tensor.dtype}; float32 is wanted: model.float()")
        if tensor.dtype == torch.float32 and not bool(torch.isfinite(tensor).all()):
            raise RangeError(f"{name} holds a NaN or an infinity")


def check_modules(model: nn.Module) -> None:
    """Refuse modules with a forward of their own, with hooks that change what they give, or with made-up weights.

    Raises:
        UnsupportedError: there is one; the message names it.
    """
    for hooks in _GLOBAL_HOOKS:
        if getattr(torch_module, hooks, None):
            raise UnsupportedError(f"{hooks.removeprefix('_').replace('_', ' ')} are set; they would be lost")
    for name, module in model.named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            raise UnsupportedError(f"{place_of(name)} is TorchScript; give the module that it was made from")
        if "forward" in vars(module):
            raise UnsupportedError(f"{place_of(name)}: its forward is patched on the instance; make it a class")
        if parametrize.is_parametrized(module):
            raise UnsupportedError(
                f"{place_of(name)} has parametrizations (torch.nn.utils.parametrize); make them permanent first: "
                "torch.nn.utils.parametrize.remove_parametrizations"
            )
        before = module._forward_pre_hooks.values()
        utilities = [hook for hook in before if type(hook).__module__.startswith("torch.nn.utils")]
        if utilities:
            raise UnsupportedError(
                f"{place_of(name)}: {type(utilities[0]).__name__} of torch.nn.utils makes its weights at every call; "
                "make them permanent first, with the remove function beside it"
            )
        hooked = bool(module._forward_hooks or module._forward_pre_hooks)
        if hooked and (not name or type(module) not in MODULES):  # those of a known module `describe` names by its node
            raise UnsupportedError(f"{place_of(name)}: forward hooks would be lost; remove them first")


PLAIN = (bool, int, float, complex, str, bytes, type(None))


def _fingerprint(value: Any, depth: int = 0) -> Any:
    """The plain data in a value: numbers, texts, and containers of them; anything else is one opaque mark."""
    if isinstance(value, PLAIN):
        return repr(value)
    if depth < 4 and isinstance(value, dict):
        return tuple((repr(key), _fingerprint(held, depth + 1)) for key, held in value.items())
    if depth < 4 and isinstance(value, (list, tuple, set, frozenset)):
        return tuple(_fingerprint(held, depth + 1) for held in value)
    return "..."


_OWN = frozenset(vars(nn.Module()))
"""What every module has: parameters, buffers, submodules, hooks."""


def state_of(model: nn.Module) -> dict[str, Any]:
    """What a forward may not change, by name: which tensors parameters and buffers are, and all plain attributes."""
    return dict(_state(model))


def _state(model: nn.Module) -> Iterator[tuple[str, Any]]:
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        yield f"{name!r}", (id(tensor), tensor.data_ptr(), tensor._version)
    for name, module in model.named_modules():
        for attribute, value in vars(module).items():
            if attribute not in _OWN:
                yield f"attribute {attribute!r} of {place_of(name)}", _fingerprint(value)


def changed(before: dict[str, Any], after: dict[str, Any]) -> Sequence[str]:
    """Names of what two states differ in; attributes that are new are no difference unless they hold plain data."""
    names = [name for name, value in before.items() if after.get(name) != value]
    return names + [name for name, value in after.items() if name not in before and value != "..."]
