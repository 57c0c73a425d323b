"""How a tensor of the model lies in a tensor of the chip: axes as runs of atoms, which views only reorder and cut."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor


class ViewError(ValueError):
    """A view that has no form on the chip; the message says why."""


@dataclass(frozen=True, eq=False)
class Atom:
    """A run of indices that no view has split; the same atom in two places is the same index."""

    extent: int


Axis = tuple[Atom, ...]
"""Atoms of one axis, the slowest first."""

BATCH = Atom(0)
"""The images of a batch; no view may split it or join it with anything."""


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """A value of the model, (N somewhere, ...), as part of a tensor of the chip.

    tensor: its name; chip: the atoms of that tensor's axes, without the batch; dims: those of the value's, with it;
    parts: start and length of the atoms that are cut; batch: images in the run that shapes are from; factor: by which
    the value is larger than what it lies in.
    """

    tensor: str
    chip: tuple[Axis, ...]
    dims: tuple[Axis, ...]
    batch: int
    parts: Mapping[Atom, tuple[int, int]] = field(default_factory=dict)
    factor: float = 1.0

    def extent(self, atom: Atom) -> int:
        """Indices that are left of an atom."""
        if atom is BATCH:
            return self.batch
        return self.parts[atom][1] if atom in self.parts else atom.extent

    def size(self, axis: Axis) -> int:
        """Extent of an axis of the value."""
        return math.prod(self.extent(atom) for atom in axis)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the value, with the batch."""
        return tuple(self.size(axis) for axis in self.dims)

    @property
    def chip_shape(self) -> tuple[int, ...]:
        """Of the chip's tensor, without the batch."""
        return tuple(math.prod(atom.extent for atom in axis) for axis in self.chip)

    @property
    def inner(self) -> tuple[Axis, ...]:
        """The axes of the value without the batch."""
        return tuple(axis for axis in self.dims if axis != (BATCH,))

    @property
    def inner_shape(self) -> tuple[int, ...]:
        """Shape of a sample."""
        return tuple(self.size(axis) for axis in self.inner)

    @property
    def batch_axis(self) -> int:
        """Where the batch is."""
        return self.dims.index((BATCH,))

    def axis(self, index: int) -> int:
        """An axis counted from either end, from the front."""
        if not -len(self.dims) <= index < len(self.dims):
            raise ViewError(f"there is no axis {index}")
        return index % len(self.dims)

    def permuted(self, order: Sequence[int]) -> View:
        """The axes in another order."""
        return replace(self, dims=tuple(self.dims[self.axis(index)] for index in order))

    def selected(self, index: int, position: int) -> View:
        """One position of an axis, which goes."""
        index = self.axis(index)
        cut = self.sliced(index, position, position + 1)
        return replace(cut, dims=cut.dims[:index] + cut.dims[index + 1 :])

    def sliced(self, index: int, start: int | None, stop: int | None) -> View:
        """start .. stop - 1 of an axis, as Python counts."""
        index = self.axis(index)
        axis, extent = self.dims[index], self.size(self.dims[index])
        first, last, _ = slice(start, stop).indices(extent)
        if (first, last) == (0, extent):
            return self
        if last <= first:
            raise ViewError("an empty slice")
        if axis == (BATCH,):
            raise ViewError("a part of the batch")
        if len(axis) != 1 or axis[0] in self.parts:
            raise ViewError("a slice of joined or cut axes")
        return replace(self, parts={**self.parts, axis[0]: (first, last - first)})

    def reshaped(self, shape: Sequence[int]) -> View:
        """The elements in their order in another shape, with the batch."""
        queue = [atom for axis in self.dims for atom in axis]
        view, dims = self, []
        for wanted in shape:
            group: list[Atom] = []
            have = 1
            while have < wanted:
                if not queue:
                    raise ViewError(f"no shape {tuple(shape)}")
                atom = queue.pop(0)
                extent, rest = view.extent(atom), wanted // have
                if wanted % have or (rest % extent and extent % rest):
                    raise ViewError(f"shape {tuple(shape)} does not follow the axes {self.shape}")
                if extent > rest:
                    outer, inner = Atom(rest), Atom(extent // rest)
                    view = view._split(atom, outer, inner)
                    queue.insert(0, inner)
                    atom, extent = outer, rest
                group.append(atom)
                have *= extent
            dims.append(tuple(group))
        left = [atom for atom in queue if view.extent(atom) != 1]
        if left:
            raise ViewError(f"no shape {tuple(shape)}")
        if any(BATCH in axis and axis != (BATCH,) for axis in dims):
            raise ViewError("the batch joined with another axis")
        return replace(view, dims=tuple(dims))

    def _split(self, atom: Atom, outer: Atom, inner: Atom) -> View:
        if atom is BATCH:
            raise ViewError("the batch split")
        if atom in self.parts:
            raise ViewError("a cut axis split")

        def parted(axis: Axis) -> Axis:
            return tuple(new for old in axis for new in ((outer, inner) if old is atom else (old,)))

        return replace(self, chip=tuple(map(parted, self.chip)), dims=tuple(map(parted, self.dims)))

    def to_chip(self, value: Tensor) -> Tensor | None:
        """A tensor of the model as the chip has it, (N, *chip_shape); None if the view is cut."""
        if self.parts:
            return None
        atoms = [atom for axis in self.dims for atom in axis]
        sizes = [value.shape[self.batch_axis] if atom is BATCH else atom.extent for atom in atoms]
        order = [BATCH, *(atom for axis in self.chip for atom in axis if atom in atoms)]
        parted = value.reshape(sizes).permute([atoms.index(atom) for atom in order])
        return parted.reshape(parted.shape[0], *self.chip_shape)


def plain_view(tensor: str, shape: Sequence[int], batch: int) -> View:
    """A value that lies as it is, the batch first."""
    atoms = tuple((Atom(extent),) for extent in shape)
    return View(tensor=tensor, chip=atoms, dims=((BATCH,), *atoms), batch=batch)


def token_axes(inner: Sequence[Axis]) -> tuple[Axis, ...]:
    """The axes of tokens as a map: the last one as channels, the others as one or two axes of pixels."""
    *others, channels = inner
    if not others:
        return (channels,)
    if len(others) == 2:
        return (channels, *others)
    return (channels, tuple(atom for axis in others for atom in axis), ())


def indices_of(items: Any, rank: int) -> list[Any]:
    """The items of x[items], an Ellipsis spelled out."""
    listed = list(items) if isinstance(items, tuple) else [items]
    if any(item is Ellipsis for item in listed):
        place = next(i for i, item in enumerate(listed) if item is Ellipsis)
        count = rank - sum(item is not None and item is not Ellipsis for item in listed)
        listed[place : place + 1] = [slice(None)] * count
    return listed


def indexed(view: View, items: Any) -> View:
    """x[items] of integers, slices of step 1, None and Ellipsis."""
    axis = 0
    for item in indices_of(items, len(view.dims)):
        if isinstance(item, bool) or not (item is None or isinstance(item, (int, slice))):
            raise ViewError(f"an index {item!r}")
        if item is None:
            view = replace(view, dims=(*view.dims[:axis], (), *view.dims[axis:]))
            axis += 1
        elif isinstance(item, slice):
            if item.step not in (None, 1):
                raise ViewError("a slice with a step")
            view = view.sliced(axis, item.start, item.stop)
            axis += 1
        else:
            extent = view.size(view.dims[view.axis(axis)])
            view = view.selected(axis, item % extent)
    return view
