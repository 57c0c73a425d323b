"""What a run computes, call by call: the operators of ATen, on which tensors, as torch dispatches them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

CONSTANT = ("constant",)
"""Where a tensor is from that neither the input nor a parameter leads to."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One operator that saw data of the input.

    op: its name; operands: its arguments, tensors as where they are from; results: shapes and types; where: the module
    or node that ran it, which no comparison looks at.
    """

    op: str
    operands: Any
    results: Any
    where: str = field(compare=False)


def storage_of(tensor: Tensor) -> int:
    """An identity of a tensor's memory, which all its views share."""
    return int(tensor.untyped_storage()._cdata)


def _tensors(values: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]


class Recorder(TorchDispatchMode):
    """Record every operator inside the `with` block.

    calls: those that the input leads to; written: memory that operators changed in place, by who ran them; where: who
    runs now, set by the caller. Tensors are kept alive until the recorder goes, so that their identities stay unique.
    """

    def __init__(self, image: Tensor, named: Iterable[tuple[str, Tensor]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[Call] = []
        self.written: dict[str, set[int]] = {}
        self.where = ""
        self._kept: list[Tensor] = []
        self._origin: dict[int, tuple[Any, ...]] = {}
        for name, tensor in named:
            self._from(tensor, ("tensor", name))
        self._from(image, ("input",))

    def _from(self, tensor: Tensor, origin: tuple[Any, ...]) -> None:
        if id(tensor) not in self._origin:
            self._kept.append(tensor)
            self._origin[id(tensor)] = origin

    def _shown(self, value: Any) -> Any:
        return self._origin.get(id(value), CONSTANT) if isinstance(value, Tensor) else repr(value)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        kwargs = kwargs or {}
        operands = tree_map(self._shown, (list(args), kwargs))
        live = any(self._shown(tensor)[0] in ("input", "call") for tensor in _tensors((args, kwargs)))
        self._note_writes(func, args, kwargs)
        result = func(*args, **kwargs)
        if live:
            for place, tensor in enumerate(_tensors(result)):
                self._from(tensor, ("call", len(self.calls), place))
            shapes = [(tuple(tensor.shape), tensor.dtype) for tensor in _tensors(result)]
            self.calls.append(Call(op=str(func), operands=operands, results=shapes, where=self.where))
        return result

    def _note_writes(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        given = dict(zip((argument.name for argument in func._schema.arguments), args, strict=False)) | kwargs
        for argument in func._schema.arguments:
            if argument.alias_info is not None and argument.alias_info.is_write:
                memory = {storage_of(tensor) for tensor in _tensors(given.get(argument.name))}
                self.written.setdefault(self.where, set()).update(memory)


def named_tensors(model: nn.Module) -> list[tuple[str, Tensor]]:
    """Parameters and buffers by name."""
    return [*model.named_parameters(), *model.named_buffers()]


def record_eager(model: nn.Module, images: Tensor) -> tuple[Any, Recorder]:
    """Run a model as it is; return what it gives and what it did, each call under the name of its module."""
    recorder = Recorder(images, named_tensors(model))
    stack: list[str] = []

    def enter(name: str) -> Callable[..., None]:
        def hook(*_: Any) -> None:
            stack.append(recorder.where)
            recorder.where = name

        return hook

    def leave(*_: Any) -> None:
        recorder.where = stack.pop()

    hooks = []
    for name, module in model.named_modules():
        hooks.append(module.register_forward_pre_hook(enter(name)))
        hooks.append(module.register_forward_hook(leave))
    try:
        with recorder:
            return model(images), recorder
    finally:
        for hook in hooks:
            hook.remove()


def first_difference(ours: Sequence[Call], theirs: Sequence[Call]) -> tuple[Call | None, Call | None] | None:
    """The first calls in which two runs differ, None for one that has ended; None if they are the same."""
    for index in range(max(len(ours), len(theirs))):
        a = ours[index] if index < len(ours) else None
        b = theirs[index] if index < len(theirs) else None
        if a != b:
            return a, b
    return None
