"""A second device without a GPU: tensors that say they are elsewhere, and refuse what a GPU refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map_only

DEVICE = torch.device("meta")
"""What the tensors say: the one kind of device besides the CPU that torch always has."""

aten = torch.ops.aten
MOVES = (aten._to_copy.default, aten.copy_.default)
INDEXED = (aten.index.Tensor, aten.index_put.default, aten.index_put_.default, aten._index_put_impl_.default)


class Elsewhere(Tensor):
    """A tensor on the second device; `held` has its values, on the CPU."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> Elsewhere:
        made: Elsewhere = Tensor._make_wrapper_subclass(
            cls, held.shape, held.stride(), held.storage_offset(), dtype=held.dtype, layout=held.layout, device=DEVICE
        )
        made.held = held
        return made

    def tolist(self) -> Any:
        """Its values, as of any tensor."""
        return self.held.tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Literals(TorchFunctionMode):
    """`torch.tensor([1, 2], device=...)`, which makes the tensor where no dispatch mode sees it."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in (torch.tensor, torch.as_tensor) and _is_there(kwargs.get("device")):
            return func(*args, **{**kwargs, "device": "cpu"}).to(DEVICE)
        return func(*args, **kwargs)


class _Factories(TorchDispatchMode):
    """Sees what is made on the second device, and what is moved there."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


def _is_there(device: object) -> bool:
    return device is not None and torch.device(device).type == DEVICE.type  # type: ignore[arg-type]


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
    target = kwargs.get("device")
    there = any(isinstance(tensor, Elsewhere) for tensor in tensors)
    if not there and not _is_there(target):
        return func(*args, **kwargs)
    _check(func, args, kwargs, tensors)
    bare = {**tree_map_only(Elsewhere, lambda x: x.held, kwargs)}
    if "device" in bare:
        bare["device"] = torch.device("cpu")
    out = func(*tree_map_only(Elsewhere, lambda x: x.held, args), **bare)
    if func is aten.copy_.default:
        return args[0]
    stays = there if target is None else _is_there(target)
    if not stays:
        return out
    out = tree_map_only(Tensor, lambda x: x if isinstance(x, Elsewhere) else Elsewhere(x), out)
    return return_and_correct_aliasing(func, args, kwargs, out)


def _check(func: Any, args: Any, kwargs: dict[str, Any], tensors: list[Tensor]) -> None:
    """Raise RuntimeError for what a GPU would refuse: operands of two devices, a generator of the other one."""
    assert all(isinstance(x, Elsewhere) or not _is_there(x.device) for x in tensors), f"{func}: made unseen"
    if kwargs.get("generator") is not None:
        raise RuntimeError(f"{func}: a generator of the CPU for a tensor elsewhere")
    if func in MOVES:
        return
    if func in INDEXED and isinstance(args[0], Elsewhere):
        tensors = [args[0], *(x for x in args[2:] if isinstance(x, Tensor))]
    lists = [arg for arg in (*args, *kwargs.values()) if isinstance(arg, (list, tuple))]
    strict = [x for part in lists for x in part if isinstance(x, Tensor)] if func not in INDEXED else []
    for tensor in tensors:
        if not isinstance(tensor, Elsewhere) and (tensor.ndim or any(tensor is x for x in strict)):
            raise RuntimeError(f"{func}: a tensor {tuple(tensor.shape)} of the CPU beside one elsewhere")


@contextmanager
def second_device() -> Iterator[torch.device]:
    """Inside, tensors can be made on this device and moved to it and back."""
    before = torch.__future__.get_swap_module_params_on_conversion()
    torch.__future__.set_swap_module_params_on_conversion(True)  # parameters stay the objects that they are
    try:
        with _Literals(), _Factories():
            yield DEVICE
    finally:
        torch.__future__.set_swap_module_params_on_conversion(before)
