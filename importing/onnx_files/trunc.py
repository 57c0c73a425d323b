"""Trunc of QONNX: sums or activations with their low bits dropped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.closing import close
from t2c.importing.onnx_files.model import Array, OnnxNode
from t2c.importing.onnx_files.operator import integer
from t2c.importing.onnx_files.quantiser import Quantiser, RealRule, Round, check_scale
from t2c.importing.onnx_files.values import Activation, FileValue, Mapped, PendingSums, Unknown
from t2c.importing.onnx_files.walk import SilentError, Walk

LARGEST_DROP = 24


@dataclass(frozen=True, kw_only=True, eq=False)
class Truncation(Quantiser):
    """q = clip(round(rint(v / step) / 2^drop)), step: of the input's integers; scale: of the output's."""

    step: np.float32
    drop: int

    def __call__(self, reals: Array) -> IntArray:
        levels = np.rint(reals / reals.dtype.type(self.step)) / reals.dtype.type(2.0**self.drop)
        return np.clip(self.rounding(levels), self.lo, self.hi).astype(np.int64)


def truncated(walk: Walk, node: OnnxNode, mode: Round) -> FileValue:
    """Trunc of version 1 (scale, zero point, bits in and out) or 2 (scale, zero point, bits in, scale and bits out)."""
    value = walk.value(node, 0)
    if isinstance(value, Unknown):
        raise SilentError
    step, zero_point = (
        check_scale(walk.constant(node, 1, "its scale"), node.place),
        walk.constant(node, 2, "its zero point"),
    )
    second = len(node.inputs) == 6
    taken = walk.number(node, 3, "its bit width")
    kept = walk.number(node, 5 if second else 4, "its bit width")
    if step.size != 1 or (zero_point != 0).any():
        raise RefusedError([f"{node.place}: several scales, or a zero point"])
    if second:
        scale = check_scale(np.array([walk.number(node, 4, "its scale")]), node.place).reshape(-1)[0]
        drop = float(np.rint(np.log2(scale / step.reshape(-1)[0])))
    else:
        scale, drop = step.reshape(-1)[0], taken - kept
    if kept % 1 or drop % 1 or not 1 <= kept <= 16 or not 0 <= drop <= LARGEST_DROP:
        raise RefusedError([f"{node.place}: from {taken:g} to {kept:g} bits"])
    bits = int(kept)
    if second:
        signed, narrow = bool(integer(node, "signed", 1)), bool(integer(node, "narrow", 0))
    else:  # version 1 does not say: what can be below 0 is signed
        signed, narrow = _least(value) < 0, False
    fmt = IntFormat(bits=max(bits, 2), signed=signed)
    lo = -(1 << (bits - 1)) + narrow if signed else 0
    hi = (1 << (bits - 1)) - 1 if signed else (1 << bits) - 1 - narrow
    end = Truncation(
        scale=scale, zero_point=0, fmt=fmt, lo=lo, hi=hi, rounding=mode, step=step.reshape(-1)[0], drop=int(drop)
    )
    if not second:
        _check_room(value, end, node)
    return close(walk, value, end, node, node.outputs[0], real=True)


def _ends(value: FileValue) -> Array:
    """The least and the largest real of a value."""
    if isinstance(value, PendingSums):
        rule = RealRule(sums=value, quantiser=lambda reals: reals.astype(np.int64))
        return rule.reals(np.stack([value.reach.lo, value.reach.hi], axis=1))
    if isinstance(value, (Activation, Mapped)):
        return value.reals()
    raise RefusedError([f"{value.what} is truncated"])


def _least(value: FileValue) -> float:
    return float(_ends(value).min())


def _check_room(value: FileValue, end: Truncation, node: OnnxNode) -> None:
    """Version 1 clips nothing: raise RefusedError if what is left has more bits than it says."""
    with np.errstate(over="ignore"):  # what is beyond all numbers fits nothing
        levels = end.rounding(np.rint(_ends(value) / float(end.step)) / 2.0**end.drop)
    if levels.min() < end.lo or levels.max() > end.hi:
        raise RefusedError([f"{node.place}: results of {levels.min():g}..{levels.max():g} do not fit its {end.fmt}"])
