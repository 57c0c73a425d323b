"""MultiThreshold of QONNX: MulQuant where its steps are even, else sums of 16 bits and a node multi_threshold."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.multi_threshold import THRESHOLD_HI, THRESHOLD_LO, Thresholds
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, TensorSpec
from t2c.golden.nodes.multi_threshold import MultiThreshold
from t2c.importing.constants import LayerConstants, signed_bits
from t2c.importing.errors import RefusedError
from t2c.importing.fit import fit
from t2c.importing.onnx_files.closing import close
from t2c.importing.onnx_files.elements import affine, real_activation
from t2c.importing.onnx_files.model import Array, OnnxNode
from t2c.importing.onnx_files.operator import real, text
from t2c.importing.onnx_files.quantiser import SIGNS, Quantiser, RealRule
from t2c.importing.onnx_files.sums import check_reals, emit_sums
from t2c.importing.onnx_files.tables import add_function
from t2c.importing.onnx_files.values import Activation, FileValue, PendingSums, Unknown
from t2c.importing.onnx_files.walk import SilentError, Walk
from t2c.importing.proof import Exactness, Grade, check_monotone, compare, rising
from t2c.importing.thresholds import thresholds

SUMS = IntFormat(bits=MAX_EDGE_BITS, signed=True)
EXACT = Exactness(grade=Grade.PROVEN, scale_bits=2)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stairs(Quantiser):
    """q = lo + how many thresholds v reaches. steps: (C, K) or (1, K), sorted along K."""

    steps: Array

    def __call__(self, reals: Array) -> IntArray:
        rows = np.atleast_2d(reals)
        steps = np.broadcast_to(self.steps.astype(reals.dtype), (len(rows), self.steps.shape[1]))
        counts = [np.searchsorted(row, values, side="right") for row, values in zip(steps, rows, strict=True)]
        return self.lo + np.stack(counts).astype(np.int64).reshape(reals.shape)


def stairs(walk: Walk, node: OnnxNode) -> FileValue:
    """q = bias + scale · count, as an edge of that scale.

    Raises:
        RefusedError: thresholds that are no matrix, a scale that is not positive, results that no zero point expresses.
    """
    value = walk.value(node, 0)
    if isinstance(value, Unknown):
        raise SilentError
    steps = np.sort(walk.constant(node, 1, "its thresholds").astype(np.float64), axis=-1)
    scale, bias = real(node, "out_scale", 1.0), real(node, "out_bias", 0.0)
    layout = text(node, "data_layout", "")
    if steps.ndim != 2 or not steps.size or scale <= 0:
        raise RefusedError([f"{node.place}: thresholds of shape {steps.shape}, out_scale = {scale:g}"])
    if layout not in ("", "NC", "NCHW"):
        raise RefusedError([f"{node.place}: data_layout {shown(layout)}"])
    if steps.shape[1] == 1 and 2 * bias == -scale:
        signs = Quantiser(scale=np.float32(scale / 2), zero_point=0, fmt=SIGNS, lo=-1, hi=1, bipolar=True)
        shape = (-1, *(1 for _ in getattr(value, "shape", ())[1:]))
        below = -steps[:, 0].reshape(shape)
        return close(walk, affine(node, value, None, below), signs, node, node.outputs[0], real=True)
    base = bias / scale
    if base != np.rint(base) or abs(base) > 1 << MAX_EDGE_BITS:
        raise RefusedError([f"{node.place}: out_bias = {bias:g} is no multiple of out_scale = {scale:g}"])
    lo, hi = int(base), int(base) + steps.shape[1]
    signed = lo < 0
    bits = max(signed_bits(np.array([lo, hi])) - (not signed), 2)
    if bits > MAX_EDGE_BITS:
        raise RefusedError([f"{node.place}: results of {lo}..{hi}"])
    fmt = IntFormat(bits=bits, signed=signed)
    end = Stairs(scale=np.float32(scale), zero_point=0, fmt=fmt, lo=lo, hi=hi, steps=steps)
    if isinstance(value, PendingSums):
        return _of_sums(walk, value, end, node)
    if len(steps) > 1:
        return _of_channels(walk, value, end, node)
    return close(walk, value, end, node, node.outputs[0], real=True)


def _of_sums(walk: Walk, value: PendingSums, end: Stairs, node: OnnxNode) -> Activation:
    if len(end.steps) > 1:
        value = value.spread()
        if value.axis or value.channels != len(end.steps) or not all(move.channels for move in value.moves):
            raise RefusedError([f"{node.place}: thresholds of {len(end.steps)} channels for {value.own_shape}"])
    check_reals(value, end, node)
    rule = RealRule(sums=value, quantiser=end)
    falling = rule.falling
    if falling.any() and any(move.rising for move in value.moves):
        raise RefusedError([f"{node.place}: a maximum is taken of sums that a negative factor turns"])
    check_monotone(rule, value.reach, value.place)
    turned = value.reach.mirrored(falling)
    found = thresholds(rising(rule, falling), turned, end.lo, end.hi)
    fitted = fit(found, 0, end.lo, end.hi, falling)
    if fitted.exact.all():
        known = compare(rule, fitted.constants.mulquant(), value.reach)
        if not known.differing:
            known = replace(known, scale_bits=fitted.constants.scale_bits)
            return emit_sums(walk, value, end, fitted.constants, known, node, node.outputs[0])
    never, always = found.first > turned.hi[:, None], found.first <= turned.lo[:, None]
    table = np.where(never, THRESHOLD_HI, np.where(always, THRESHOLD_LO, found.first))
    if (np.abs(np.where(never | always, 0, table)) > SUMS.hi).any():
        raise RefusedError([f"{node.place}: uneven thresholds of sums that need more than {SUMS.bits} bits"])
    as_they_are = LayerConstants(
        multiplier=np.where(falling.astype(bool), -1, 1),
        bias=np.zeros_like(falling),
        shift=np.zeros_like(falling),
        rounding=Rounding.HALF_UP,
        zero_point=0,
        lo=SUMS.lo,
        hi=SUMS.hi,
    )
    sums = Quantiser(scale=np.float32(1), zero_point=0, fmt=SUMS, lo=SUMS.lo, hi=SUMS.hi)
    exact = replace(EXACT, reachable=value.reach.count)
    still = replace(value, moves=(), shape=value.own_shape)
    source = emit_sums(walk, still, sums, as_they_are, exact, node, f"{node.outputs[0]}.sums")
    made = _emit(walk, source, end, table, node, f"{node.outputs[0]}.steps" if value.moves else node.outputs[0])
    for index, move in enumerate(value.moves):
        last = index == len(value.moves) - 1
        made = walk.move(made, move, node, node.outputs[0] if last else f"{node.outputs[0]}.moved{index}")
    return made


def _of_channels(walk: Walk, value: FileValue, end: Stairs, node: OnnxNode) -> Activation:
    """Thresholds by channel of an activation: the first integer that reaches each."""
    if not isinstance(value, Activation):
        raise walk.refuse(node, 0, "sums or a quantised activation")
    source = real_activation(node, value)
    if source.shape[0] != len(end.steps):
        raise RefusedError([f"{node.place}: thresholds of {len(end.steps)} channels for {source.shape}"])
    table = source.spec.format.lo + np.searchsorted(source.reals().astype(np.float64), end.steps, side="left")
    return _emit(walk, source, end, table, node, node.outputs[0])


def _emit(walk: Walk, source: Activation, end: Stairs, table: IntArray, node: OnnxNode, tensor: str) -> Activation:
    spec, name = walk.spec_of(end, source.shape, tensor), walk.node_name(node)
    made = MultiThreshold(
        name=name,
        inputs=(source.spec.name,),
        output=spec.name,
        multi_threshold=Thresholds(thresholds=table, base=end.lo),
    )
    exactness = replace(EXACT, reachable=table.size, scale_bits=0)
    result = Activation(spec=spec, scale=end.scale, real=True)
    walk.builder.needs(_comparisons(source.spec, table, end.lo - spec.zero_point))
    return add_function(walk, source, made, result, exactness, node, tensor)


def _comparisons(source: TensorSpec, table: IntArray, base: int) -> LayerConstants:
    """Constants of MulQuant for a core that compares by it: x - T + 1 for each threshold, and what is added at last."""
    fmt = source.format
    bias = np.append(source.zero_point + 1 - table.clip(fmt.lo, fmt.hi + 1), base)
    ones = np.ones_like(bias)
    return LayerConstants(
        multiplier=ones, bias=bias, shift=0 * ones, rounding=Rounding.HALF_UP, zero_point=0, lo=0, hi=1
    )
