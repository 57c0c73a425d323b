"""Shapes: what moves numbers and changes none, and joins."""

from __future__ import annotations

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import Array, OnnxNode, check_size
from t2c.importing.onnx_files.operator import integer, integers, operator
from t2c.importing.onnx_files.tables import join
from t2c.importing.onnx_files.values import Activation, FileConstant, FileValue, OnHost, PendingJoin, QuantisedConstant
from t2c.importing.onnx_files.views import chosen_moves, moved, moved_through, reshape_move, transpose_move, view_move
from t2c.importing.onnx_files.walk import Walk, shape_of


def _same(walk: Walk, node: OnnxNode) -> FileValue:
    return walk.value(node, 0)


for _name in ("Identity", "Dropout"):
    operator(_name)(_same)


@operator("Constant")
def constant(walk: Walk, node: OnnxNode) -> FileValue:
    """A tensor as an attribute."""
    held = node.attributes
    for name, dtype in (
        ("value_float", np.float32),
        ("value_floats", np.float32),
        ("value_int", np.int64),
        ("value_ints", np.int64),
    ):
        if name in held:
            return FileConstant(values=np.asarray(held[name], dtype))
    if not isinstance(held.get("value"), np.ndarray):
        raise RefusedError([f"{node.place}: it holds no tensor"])
    return FileConstant(values=held["value"])


def _reshaped(values: Array, wanted: list[int], node: OnnxNode) -> Array:
    extents = [values.shape[i] if extent == 0 and i < values.ndim else extent for i, extent in enumerate(wanted)]
    try:
        return values.reshape(extents)
    except ValueError as error:
        raise RefusedError([f"{node.place}: shape {tuple(wanted)} for shape {values.shape}"]) from error


def _to(walk: Walk, node: OnnxNode, value: FileValue, wanted: list[int]) -> FileValue:
    """Reshape; the first extent of what is no constant is the batch's."""
    if isinstance(value, FileConstant):
        return FileConstant(values=_reshaped(value.values, wanted, node))
    if isinstance(value, QuantisedConstant):
        integers_ = _reshaped(value.integers, wanted, node)
        return QuantisedConstant(integers=integers_, scale=_reshaped(value.scale, wanted, node), bits=value.bits)
    if isinstance(value, OnHost):
        return OnHost(source=value.source, operations=(*value.operations, (node.place, node.op)))
    shape = shape_of(node, value)
    batch = walk.file.input.batch
    if len(wanted) < 2 or wanted[0] not in (0, -1, 1, batch):
        raise RefusedError([f"{node.place}: shape {tuple(wanted)}; the first extent, the batch, stays"])
    own = [shape[i - 1] if extent == 0 and i <= len(shape) else extent for i, extent in enumerate(wanted) if i]
    if tuple(own) == shape:
        return value
    return moved(walk, node, value, reshape_move(node, shape, own))


@operator("Reshape")
def reshape(walk: Walk, node: OnnxNode) -> FileValue:
    """To a constant shape."""
    wanted = walk.constant(node, 1, "its shape")
    if wanted.dtype != np.int64 or wanted.ndim != 1 or integer(node, "allowzero", 0):
        raise RefusedError([f"{node.place}: a shape of {wanted.dtype}, or allowzero"])
    return _to(walk, node, walk.value(node, 0), [int(extent) for extent in wanted])


@operator("Flatten")
def flatten(walk: Walk, node: OnnxNode) -> FileValue:
    """All but the batch to one axis."""
    if integer(node, "axis", 1) != 1:
        raise RefusedError([f"{node.place}: axis = {node.attributes['axis']}; 1 keeps the batch"])
    value = walk.value(node, 0)
    if isinstance(value, FileConstant):
        return _to(walk, node, value, [value.values.shape[0] if value.values.ndim else 1, -1])
    return _to(walk, node, value, [0, -1])


def _axes(walk: Walk, node: OnnxNode) -> tuple[int, ...]:
    if walk.has(node, 1):
        return tuple(int(axis) for axis in walk.constant(node, 1, "its axes").astype(np.int64).reshape(-1))
    return integers(node, "axes", ())


@operator("Squeeze")
def squeeze(walk: Walk, node: OnnxNode) -> FileValue:
    """Drop axes of extent 1."""
    value, axes = walk.value(node, 0), _axes(walk, node)
    if isinstance(value, FileConstant):
        drop = axes or tuple(axis for axis, extent in enumerate(value.values.shape) if extent == 1)
        if any(not -value.values.ndim <= axis < value.values.ndim or value.values.shape[axis] != 1 for axis in drop):
            raise RefusedError([f"{node.place}: axes = {drop} of shape {value.values.shape}"])
        return FileConstant(values=np.squeeze(value.values, drop))
    shape = shape_of(node, value)
    gone = {axis % (len(shape) + 1) for axis in axes} or {i + 1 for i, extent in enumerate(shape) if extent == 1}
    if 0 in gone or any(shape[axis - 1] != 1 for axis in gone):
        raise RefusedError([f"{node.place}: axes = {axes} of shape (N, {', '.join(map(str, shape))})"])
    return _to(walk, node, value, [0, *(extent for i, extent in enumerate(shape) if i + 1 not in gone)])


@operator("Unsqueeze")
def unsqueeze(walk: Walk, node: OnnxNode) -> FileValue:
    """Put in axes of extent 1."""
    value, axes = walk.value(node, 0), _axes(walk, node)
    rank = (value.values.ndim if isinstance(value, FileConstant) else len(shape_of(node, value)) + 1) + len(axes)
    places = sorted(axis % rank for axis in axes) if axes else []
    if not axes or len(set(places)) < len(axes) or any(not -rank <= axis < rank for axis in axes):
        raise RefusedError([f"{node.place}: axes = {axes}"])
    if isinstance(value, FileConstant):
        return FileConstant(values=np.expand_dims(value.values, tuple(places)))
    extents = [0, *shape_of(node, value)]
    if 0 in places:
        raise RefusedError([f"{node.place}: an axis before the batch"])
    for place in places:
        extents.insert(place, 1)
    return _to(walk, node, value, extents)


@operator("Transpose")
def transpose(walk: Walk, node: OnnxNode) -> FileValue:
    """Axes in another order."""
    value = walk.value(node, 0)
    if isinstance(value, (FileConstant, QuantisedConstant)):
        rank = value.values.ndim if isinstance(value, FileConstant) else value.integers.ndim
        axes = integers(node, "perm", tuple(reversed(range(rank))))
        if sorted(axes) != list(range(rank)):
            raise RefusedError([f"{node.place}: perm = {axes} of {rank} axes"])
        if isinstance(value, FileConstant):
            return FileConstant(values=value.values.transpose(axes))
        turned = value.integers.transpose(axes)
        return QuantisedConstant(integers=turned, scale=value.scale.transpose(axes), bits=value.bits)
    shape = shape_of(node, value)
    axes = integers(node, "perm", tuple(reversed(range(len(shape) + 1))))
    return moved(walk, node, value, transpose_move(node, shape, axes))


@operator("Shape")
def shape(walk: Walk, node: OnnxNode) -> FileValue:
    """The extents; the batch's is 0, which Reshape keeps."""
    if node.attributes:
        raise RefusedError([f"{node.place}: a part of a shape"])
    value = walk.value(node, 0)
    held = value.values.shape if isinstance(value, FileConstant) else (0, *shape_of(node, value))
    return FileConstant(values=np.array(held, np.int64))


@operator("Gather")
def gather(walk: Walk, node: OnnxNode) -> FileValue:
    """Of constants, such as of a shape; of others one element, or some in equal steps."""
    value = walk.value(node, 0)
    if not isinstance(value, (FileConstant, QuantisedConstant)):
        return _gathered(walk, node, value)
    values, indices = walk.constant(node, 0, "its data"), walk.constant(node, 1, "its indices")
    axis = integer(node, "axis", 0)
    if indices.dtype.kind not in "iu" or not -values.ndim <= axis < values.ndim:
        raise RefusedError([f"{node.place}: indices of {indices.dtype} along axis {axis}"])
    extent = values.shape[axis]
    if indices.size and not (-extent <= indices.min() and indices.max() < extent):
        raise RefusedError([f"{node.place}: indices beyond {extent}"])
    check_size(node, (indices.size, values.size // max(extent, 1)))
    return FileConstant(values=np.take(values, indices, axis))


def _gathered(walk: Walk, node: OnnxNode, value: FileValue) -> FileValue:
    shape, indices = shape_of(node, value), walk.constant(node, 1, "its indices")
    rank, axis = len(shape) + 1, integer(node, "axis", 0)
    if not -rank <= axis < rank or axis % rank == 0 or indices.dtype.kind not in "iu" or indices.ndim > 1:
        raise RefusedError([f"{node.place}: indices of shape {indices.shape} along axis {axis} of {rank}"])
    place = axis % rank - 1
    chosen = [int(each) + shape[place] * (int(each) < 0) for each in indices.reshape(-1)]
    if not chosen or min(chosen) < 0 or max(chosen) >= shape[place]:
        raise RefusedError([f"{node.place}: indices beyond {shape[place]}"])
    moves = chosen_moves(node, shape, place, chosen)
    if not indices.ndim:
        if len(shape) == 1:
            raise RefusedError([f"{node.place}: one number of each sample"])
        wide = (*shape[:place], 1, *shape[place + 1 :])
        moves.append(view_move(wide, (*shape[:place], *shape[place + 1 :])))
    return moved_through(walk, node, value, moves)


@operator("Concat")
def concat(walk: Walk, node: OnnxNode) -> FileValue:
    """Join constants; activations that are read alike, or that a quantiser behind it makes alike."""
    values = [walk.value(node, index) for index in range(len(node.inputs))]
    axis = integer(node, "axis", 0)
    if values and all(isinstance(value, FileConstant) for value in values):
        try:
            check_size(node, (sum(value.values.size for value in values),))  # type: ignore[attr-defined]
            return FileConstant(values=np.concatenate([value.values for value in values], axis))  # type: ignore[attr-defined]
        except ValueError as error:
            raise RefusedError([f"{node.place}: constants that do not join"]) from error
    for index, value in enumerate(values):
        if not isinstance(value, Activation):
            raise walk.refuse(node, index, "a quantised activation")
    parts = [value for value in values if isinstance(value, Activation)]
    if len(parts) < 2:
        return parts[0] if parts else walk.value(node, 0)
    axis = axis if axis > 0 else axis + len(parts[0].shape) + 1
    if axis < 1:
        raise RefusedError([f"{node.place}: it joins along the batch"])
    first = parts[0]
    alike = all(
        part.scale == first.scale
        and part.spec.format == first.spec.format
        and part.spec.zero_point == first.spec.zero_point
        for part in parts
    )
    if alike or not first.real:
        return join(walk, parts, axis - 1, node, node.outputs[0])
    return PendingJoin(parts=tuple(parts), axis=axis - 1)
