"""Layers of the chip while a plan grows: views become slices, reshapes and transposes where a layer reads them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from torch import Tensor, fx

from t2c.fusion.layer import Layer, Plan
from t2c.fusion.ops import Flatten, Op
from t2c.fusion.refusal import refuse
from t2c.fusion.token_ops import ChipReshape, ChipSlice, ChipTranspose
from t2c.fusion.views import BATCH, Atom, Axis, View, ViewError, token_axes
from t2c.golden.arithmetic.views import MAX_AXES

Seen = TypeVar("Seen")

Layout = Callable[[Sequence[Axis]], tuple[Axis, ...]]
"""How the axes of a value, without the batch, lie on the chip."""


def in_order(inner: Sequence[Axis]) -> tuple[Axis, ...]:
    """As they come."""
    return tuple(inner)


def first_as_channels(inner: Sequence[Axis]) -> tuple[Axis, ...]:
    """Two axes, the first as channels."""
    return (*inner, ())


def _long(view: View, axes: Sequence[Axis]) -> list[Atom]:
    """Atoms of more than one index, in order."""
    return [atom for axis in axes for atom in axis if view.extent(atom) > 1]


def free(view: View, axes: Sequence[Axis]) -> bool:
    """True if a value lies like that already."""
    shape = tuple(view.size(axis) for axis in axes)
    return not view.parts and view.chip_shape == shape and _long(view, view.chip) == _long(view, axes)


class ChipLayers:
    """What a planner appends layers through.

    plan: what grows; views: of every node's value, a list of a tuple's; batch: images of the traced run.
    """

    def __init__(self, taken: Sequence[str]) -> None:
        self.plan = Plan()
        self.views: dict[fx.Node, View | list[View]] = {}
        self.batch = 0
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._made: dict[tuple[str, Op], str] = {}
        self._taken = set(taken)

    def fresh(self, name: str) -> str:
        """A name that nothing has."""
        found, count = name, 1
        while found in self._taken:
            found, count = f"{name}_{count}", count + 1
        self._taken.add(found)
        return found

    def append(
        self, node: fx.Node, name: str, inputs: Sequence[str], op: Op, shape: Sequence[int], **fields: Any
    ) -> str:
        """Append a layer, of the node's own name or a fresh one; return its name. shape: of its output."""
        title = name if name == node.name else self.fresh(name)
        shapes = tuple(self._shapes[each] for each in inputs)
        self.plan.layers.append(Layer(name=title, inputs=tuple(inputs), op=op, input_shapes=shapes, **fields))
        self._shapes[title] = tuple(shape)
        return title

    def note(self, name: str, shape: Sequence[int]) -> None:
        """The network's input."""
        self._shapes[name] = tuple(shape)

    def _move(self, node: fx.Node, name: str, source: str, op: Op, shape: Sequence[int]) -> str:
        """A layer that moves values, made once for all that want the same."""
        key = (source, op)
        if key not in self._made:
            if not 1 <= len(shape) <= MAX_AXES:
                raise refuse(node, f"a tensor of {len(shape)} axes; {MAX_AXES} are the most")
            self._made[key] = self.append(node, name, [source], op, shape)
        return self._made[key]

    def settle(self, node: fx.Node, view: View, name: str) -> View:
        """The value with its cuts made by layers."""
        if not view.parts:
            return view
        if not all(_contiguous(view, axis) for axis in view.chip):
            atoms = tuple((atom,) for axis in view.chip for atom in axis)
            shape = tuple(atom.extent for (atom,) in atoms)
            source = self._move(node, f"{name}_atoms", view.tensor, ChipReshape(shape=shape), shape)
            view = replace(view, tensor=source, chip=atoms)
        for index, axis in enumerate(view.chip):
            if any(atom in view.parts for atom in axis):
                view = self._cut(node, view, index, f"{name}_part")
        return view

    def _cut(self, node: fx.Node, view: View, index: int, name: str) -> View:
        start, length = 0, 1
        swapped: dict[Atom, Axis] = {}
        for atom in view.chip[index]:
            begin, extent = view.parts.get(atom, (0, atom.extent))
            start, length = start * atom.extent + begin, length * extent
            if atom in view.parts:
                swapped[atom] = (Atom(extent),) if any(atom in axis for axis in view.dims) else ()
        op = ChipSlice(axis=index, start=start, length=length)
        shape = (*view.chip_shape[:index], length, *view.chip_shape[index + 1 :])
        tensor = self._move(node, name, view.tensor, op, shape)

        def cut(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
            return tuple(tuple(new for old in axis for new in swapped.get(old, (old,))) for axis in axes)

        parts = {atom: part for atom, part in view.parts.items() if atom not in swapped}
        return replace(view, tensor=tensor, chip=cut(view.chip), dims=cut(view.dims), parts=parts)

    def bring(self, node: fx.Node, view: View, layout: Layout, name: str) -> str:
        """Return the name of the tensor that holds a value in a layout, by layers if it lies otherwise.

        Raises:
            UnsupportedError: the value carries a factor that its reader cannot take.
        """
        if view.factor != 1.0:
            raise refuse(node, "it reads a tensor times a number, which only matmul and softmax can take")
        view = self.settle(node, view, name)
        axes = layout(view.inner)
        shape = tuple(view.size(axis) for axis in axes)
        source, wanted = _long(view, view.chip), _long(view, axes)
        tensor = view.tensor
        if source == wanted:
            return tensor if view.chip_shape == shape else self._shaped(node, name, tensor, view.chip_shape, shape)
        blocks = _blocks(source, axes)
        split = tuple(math.prod(atom.extent for atom in block) for block in blocks)
        if split != view.chip_shape:
            tensor = self._move(node, f"{name}_split", tensor, ChipReshape(shape=split), split)
        order = tuple(sorted(range(len(blocks)), key=lambda i: wanted.index(blocks[i][0])))
        turned = tuple(split[i] for i in order)
        last = turned == shape
        tensor = self._move(node, name if last else f"{name}_turned", tensor, ChipTranspose(axes=order), turned)
        return tensor if last else self._shaped(node, name, tensor, turned, shape)

    def _shaped(self, node: fx.Node, name: str, tensor: str, old: tuple[int, ...], shape: tuple[int, ...]) -> str:
        flat = len(shape) == 1 and len(old) == 3
        return self._move(node, name, tensor, Flatten() if flat else ChipReshape(shape=shape), shape)

    def result(self, like: View, shape: Sequence[int], layout: Layout, tensor: str = "") -> View:
        """A new value with the batch where another has it; shape: of a sample, in the model's order of axes."""
        inner = tuple((Atom(extent),) for extent in shape)
        place = like.batch_axis
        dims = (*inner[:place], (BATCH,), *inner[place:])
        return View(tensor=tensor, chip=layout(inner), dims=dims, batch=self.batch)

    def seen(self, node: fx.Node, view: View, see: Callable[[View], Seen]) -> Seen:
        """A view of a value; if it has none, of the value after its cuts, or with its axes joined, by layers.

        Raises:
            ViewError: not even then.
        """
        try:
            return see(view)
        except ViewError as error:
            first = error
        settled = self.settle(node, view, f"{node.name}_x")
        try:
            return see(settled)
        except ViewError:
            layout = self.layout_of(settled)
            tensor = self.bring(node, replace(settled, factor=1.0), layout, f"{node.name}_x")
        whole = replace(self.result(settled, settled.inner_shape, layout, tensor), factor=settled.factor)
        try:
            return see(whole)
        except ViewError:
            raise first from None

    def constant_on_chip(self, node: fx.Node, value: Tensor, like: View, layout: Layout) -> Tensor:
        """A constant of the model, with the batch, as the chip has it, for one image.

        Raises:
            UnsupportedError: it is not the same for all images.
        """
        first = value.select(like.batch_axis, 0)
        if not bool((value == first.unsqueeze(like.batch_axis)).all()):
            raise refuse(node, "a constant that differs from image to image")
        made = self.result(like, first.shape, layout).to_chip(value)
        assert made is not None
        return made[0].detach().clone()

    def layout_of(self, view: View) -> Layout:
        """The layout that a value has, if it is one of the usual; else the usual one of its rank."""
        usual: Layout = token_axes if len(view.inner) == 2 else in_order
        known: list[Layout] = [usual, token_axes, in_order]
        if len(view.inner) == 2:
            known.append(first_as_channels)
        return next((layout for layout in known if free(view, layout(view.inner))), usual)


def _contiguous(view: View, axis: Axis) -> bool:
    """True if what the cuts leave of an axis lies in one piece."""
    for place, atom in enumerate(axis):
        if view.extent(atom) > 1:
            return not any(other in view.parts for other in axis[place + 1 :])
    return True


def _blocks(source: Sequence[Atom], axes: Sequence[Axis]) -> list[list[Atom]]:
    """Runs of atoms that stay together, in one axis."""
    place = {atom: index for index, atom in enumerate(atom for axis in axes for atom in axis if atom in source)}
    home = {atom: index for index, axis in enumerate(axes) for atom in axis}
    blocks: list[list[Atom]] = []
    for atom in source:
        before = blocks[-1][-1] if blocks else None
        if before is not None and place[atom] == place[before] + 1 and home[atom] == home[before]:
            blocks[-1].append(atom)
        else:
            blocks.append([atom])
    return blocks
