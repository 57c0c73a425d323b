"""Faults far out in the kinds of nodes that transformers need: long rows, wide constants, many axes and parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

Fault = tuple[tuple[str, ...], Callable[[Any], Any], tuple[str, ...]]


def _wrapped(values: Any, bits: int) -> Any:
    half = 1 << (bits - 1)
    return (np.asarray(values, np.int64) + half & (1 << bits) - 1) - half


def _of_result(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda right: lambda *given, **named: change(np.asarray(right(*given, **named)))


def _lost(place: int) -> Callable[[Any], Any]:
    """A result whose elements from a place on are 0."""

    def change(values: Any) -> Any:
        flat = values.reshape(len(values), -1).copy()
        flat[:, place:] = 0
        return flat.reshape(values.shape)

    return change


ROW_GOLDEN: dict[str, Fault] = {
    "variances of more than 40 bits as of 40": (
        ("t2c.golden.arithmetic.layer_norm.halves",),
        lambda right: lambda v: np.minimum(right(v), 20),
        ("layer_norm/plain", "layer_norm/torch"),
    ),
    "normalised values of 16 bits": (
        ("t2c.golden.arithmetic.layer_norm.normalise", "t2c.golden.nodes.layer_norm.normalise"),
        _of_result(lambda t: _wrapped(t, 16)),
        ("layer_norm/plain", "layer_norm/torch"),
    ),
    "an epsilon of 32 bits": (
        ("t2c.golden.arithmetic.layer_norm.normalise", "t2c.golden.nodes.layer_norm.normalise"),
        lambda right: lambda x, norm, **n: right(x, replace(norm, epsilon=max(1, norm.epsilon & (1 << 32) - 1)), **n),
        ("layer_norm/plain", "layer_norm/torch"),
    ),
    "constants of an add of 8 bits": (
        ("t2c.golden.nodes.add_constant.residual_add_narrow",),
        lambda right: lambda a, b, *given, **n: right(a, _wrapped(b, 8), *given, **n),
        ("add_constant/plain",),
    ),
    "elements above 300 of a reshape lost": (
        ("t2c.golden.nodes.reshape.reshape",),
        _of_result(_lost(300)),
        ("reshape/plain", "views/torch"),
    ),
    "axes above the sixth not transposed": (
        ("t2c.golden.nodes.transpose.transpose",),
        lambda right: lambda x, axes: right(x, axes) if len(axes) < 7 else x.reshape(right(x, axes).shape),
        ("transpose/plain", "views/torch"),
    ),
    "starts of 8 bits": (
        ("t2c.golden.nodes.slice.part",),
        lambda right: lambda x, *, axis, start, length: right(x, axis=axis, start=start & 255, length=length),
        ("slice/plain", "views/torch"),
    ),
    "parts above the third lost": (
        ("t2c.golden.nodes.concat.concatenate",),
        lambda right: lambda parts, *, axis: right([p * (k < 3) for k, p in enumerate(parts)], axis=axis),
        ("concat/plain", "views/torch"),
    ),
    "constants of a join of 12 bits": (
        ("t2c.golden.nodes.concat_constant.concatenate",),
        lambda right: lambda parts, *, axis: _wrapped(right(parts, axis=axis), 12),
        ("concat_constant/plain",),
    ),
    "differences of entries of 16 bits": (
        ("t2c.golden.arithmetic.interpolation.interpolate", "t2c.golden.nodes.interpolate.interpolate"),
        lambda right: (
            lambda x, table, fmt: right(
                x,
                replace(
                    table, entries=table.entries[0] + np.cumsum([0, *_wrapped(np.diff(table.entries), 16)]) % 30000
                ),
                fmt,
            )
        ),
        ("interpolate/plain", "interpolate/torch"),
    ),
    "inputs of an interpolation without their last bit": (
        ("t2c.golden.arithmetic.interpolation.interpolate", "t2c.golden.nodes.interpolate.interpolate"),
        lambda right: (
            lambda x, table, fmt: right(np.asarray(x, np.int64) >> (fmt.bits > 12) << (fmt.bits > 12), table, fmt)
        ),
        ("interpolate/plain", "interpolate/torch"),
    ),
}
"""In golden: where, what it becomes, and the checks that see it."""

ROW_ORACLE: dict[str, tuple[str, Callable[[Any], Any], tuple[str, ...]]] = {
    "rows of a LayerNorm above 512 lost": (
        "oracle.plain.layer_norm_row",
        lambda right: lambda row, **n: [v if i < 512 else 0 for i, v in enumerate(right(row, **n))],
        ("layer_norm/plain",),
    ),
    "entries of 15 bits": (
        "oracle.plain.interpolate",
        lambda right: lambda x, *, entries, **n: right(x, entries=[v // 2 * 2 for v in entries], **n),
        ("interpolate/plain",),
    ),
    "elements above 300 lost": (
        "oracle.plain.folded",
        lambda right: lambda elements, shape: right([v if i < 300 else 0 for i, v in enumerate(elements)], shape),
        ("reshape/plain",),
    ),
}
"""In the oracle: the same."""
