"""What happens where a quantiser closes a value: nodes come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from t2c.common.shown import shown
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.pair_sums import close_pair
from t2c.importing.onnx_files.quantiser import Quantiser
from t2c.importing.onnx_files.sums import close_sums
from t2c.importing.onnx_files.tables import close_activation, close_mapped, join
from t2c.importing.onnx_files.values import (
    Activation,
    FileValue,
    FloatInput,
    Mapped,
    PairSum,
    PendingJoin,
    PendingSums,
    Unknown,
)
from t2c.importing.onnx_files.walk import SilentError, Walk


def close(walk: Walk, value: FileValue, quantiser: Quantiser, node: OnnxNode, tensor: str, *, real: bool) -> Activation:
    """Quantise a value.

    Args:
        walk: of the graph.
        value: what is quantised.
        quantiser: how.
        node: the operator that says so.
        tensor: of the file, which the result is.
        real: the tensor stands for scale (q - zp), as QONNX has it, not for q.

    Raises:
        RefusedError: such a value cannot be quantised.
    """
    if isinstance(value, Unknown):
        raise SilentError
    closer = _CLOSERS.get(type(value))
    if closer is None:
        raise RefusedError([f"{node.place}: {value.what} where an activation is to be quantised"])
    made = closer(walk, value, quantiser, node, tensor)
    return replace(made, real=real, scale=quantiser.scale)


def _close_input(walk: Walk, value: FloatInput, quantiser: Quantiser, node: OnnxNode, tensor: str) -> Activation:
    """The host quantises the input; what moved it before then moves integers."""
    if walk.input_edge:
        raise RefusedError([f"{node.place}: the input is quantised a second time, in another way"])
    if value.prepared:
        spec = walk.spec_of(quantiser, value.shape, tensor)
        walk.builder.source += (
            f"; its input is {shown(tensor)}, of floats that the host prepares: {', '.join(value.prepared)}"
        )
        walk.input_edge = spec.name
        walk.add_edge(spec, tensor)
        return Activation(spec=spec, scale=quantiser.scale, real=True)
    shape = walk.file.input.shape
    moved = bool(value.moves)
    spec = walk.spec_of(quantiser, shape, walk.file.input.name if moved else tensor)
    walk.input_edge = spec.name
    walk.add_edge(spec, walk.file.input.name if moved else tensor)
    found = Activation(spec=spec, scale=quantiser.scale, real=True)
    for move in value.moves:
        found = walk.move(found, move, node, tensor)
    return found


def _close_joined(walk: Walk, value: PendingJoin, quantiser: Quantiser, node: OnnxNode, tensor: str) -> Activation:
    """Each part as the quantiser makes it, then their join."""
    parts = [
        close(walk, part, quantiser, node, f"{tensor}.{index}", real=True) for index, part in enumerate(value.parts)
    ]
    return join(walk, parts, value.axis, node, tensor)


_CLOSERS: dict[type[FileValue], Callable[..., Activation]] = {
    FloatInput: _close_input,
    Activation: close_activation,
    Mapped: close_mapped,
    PendingJoin: _close_joined,
    PendingSums: close_sums,
    PairSum: close_pair,
}
