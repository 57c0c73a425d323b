"""From sums behind a quantiser to a node with MulQuant's constants."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.rounding import Rounding
from t2c.importing.constants import LayerConstants
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import Array, OnnxNode
from t2c.importing.onnx_files.nearest import nearest
from t2c.importing.onnx_files.quantiser import LinearRule, Quantiser, RealRule, apply_steps, falling_channels
from t2c.importing.onnx_files.signs import close_bipolar
from t2c.importing.onnx_files.values import Activation, PendingSums
from t2c.importing.onnx_files.walk import Walk
from t2c.importing.proof import Exactness
from t2c.importing.requantise import requantise
from t2c.importing.rule import Rule

LARGEST_LEVEL = 1e15
MOST_STEPS = 1 << 22
"""Levels of all channels of a layer together, each of which is found and compared."""


def rule_of(sums: PendingSums, quantiser: Quantiser) -> tuple[Rule, int, int]:
    """The rule of sums behind a quantiser, and the bounds that steps leave of its own.

    QuantizeLinear right behind sums of real tensors, or behind bounds of them, is read as onnxruntime's requantisation
    of the QLinear operator that stands for it.
    """
    lo, hi = quantiser.lo, quantiser.hi
    bounds = all(step.kind in ("low", "high") for step in sums.steps)
    if quantiser.linear and bounds and not sums.single:
        for step in sums.steps:
            level = int(quantiser(step.values.astype(np.float32)).max())
            lo, hi = (max(lo, level), hi) if step.kind == "low" else (lo, min(hi, level))
        scale = (sums.scale.astype(np.float32) / quantiser.scale).astype(np.float32)
        lo = min(lo, hi)
        return LinearRule(bias=sums.bias, scale=scale, zero_point=quantiser.zero_point, lo=lo, hi=hi), lo, hi
    rule = RealRule(sums=sums, quantiser=quantiser)
    ends = rule(np.stack([sums.reach.lo, sums.reach.hi], axis=1))
    return rule, int(ends.min()), int(ends.max())


def close_sums(walk: Walk, value: PendingSums, quantiser: Quantiser, node: OnnxNode, tensor: str) -> Activation:
    """Add the node of sums, with constants that are proven exact or counted."""
    if value.channels * (quantiser.hi - quantiser.lo) > MOST_STEPS:
        raise RefusedError([f"{node.place}: {value.channels} channels of {quantiser.fmt.bits} bits behind sums"])
    check_reals(value, quantiser, node)
    falling = falling_channels(value)
    if falling.any() and any(move.rising for move in value.moves):
        raise RefusedError([f"{node.place}: a maximum is taken of sums that a negative factor turns"])
    if quantiser.bipolar:
        constants, exactness = close_bipolar(RealRule(sums=value, quantiser=quantiser), value.reach)
    else:
        rule, lo, hi = rule_of(value, quantiser)
        found = requantise(
            rule,
            value.reach,
            zero_point=quantiser.zero_point,
            lo=lo,
            hi=hi,
            source=own_constants(value, quantiser, lo, hi),
            place=value.place,
        )
        constants, exactness = found.constants, found.exactness
        if exactness.differing:

            def own(bits: int) -> LayerConstants:
                return own_constants(value, quantiser, lo, hi, bits)

            constants, exactness = nearest(rule, value.reach, quantiser.zero_point, lo, hi, own)
    return emit_sums(walk, value, quantiser, constants, exactness, node, tensor)


def check_reals(value: PendingSums, quantiser: Quantiser, node: OnnxNode) -> None:
    """Refuse sums whose scales lead beyond all numbers; raise RefusedError."""
    ends = np.stack([value.reach.lo, value.reach.hi], axis=1)
    with np.errstate(all="ignore"):
        levels = RealRule(sums=value, quantiser=quantiser).reals(ends) / float(quantiser.scale)
    if not (np.abs(levels) < LARGEST_LEVEL).all():
        raise RefusedError([f"{node.place}: scales that lead beyond {LARGEST_LEVEL:g} steps of the output"])


def emit_sums(
    walk: Walk,
    value: PendingSums,
    quantiser: Quantiser,
    constants: LayerConstants,
    exactness: Exactness,
    node: OnnxNode,
    tensor: str,
) -> Activation:
    """Add the node of sums with its constants, and what moves its results."""
    name = walk.node_name(node)
    own = f"{tensor}.quantised" if value.moves else tensor
    spec = walk.spec_of(quantiser, value.own_shape, own)
    walk.add_edge(spec, own)
    walk.add_node(
        lambda widths: value.make(name, spec.name, constants.mulquant(widths)),
        name,
        place=value.place,
        operation=value.operation,
        inputs=value.inputs,
        output=spec,
        exactness=exactness,
        formats=value.formats,
        scales=value.scales,
        macs=value.macs,
        constants=constants,
    )
    made = Activation(spec=spec, scale=quantiser.scale, real=True)
    for index, move in enumerate(value.moves):
        last = index == len(value.moves) - 1
        made = walk.move(made, move, node, tensor if last else f"{tensor}.moved{index}")
    return made


def own_constants(sums: PendingSums, quantiser: Quantiser, lo: int, hi: int, bits: int = 32) -> LayerConstants:
    """MulQuant's constants as the file's own scales give them: M of so many bits, rounded as its quantiser rounds."""
    factors = tuple(step for step in sums.steps if step.kind in ("mul", "add"))
    zero = apply_steps(factors, (sums.bias * sums.scale)[:, None])[:, 0]
    slope = sums.scale.copy()
    for step in factors:
        if step.kind == "mul":
            slope = slope * step.values[:, 0]
    with np.errstate(over="ignore"):
        m, b = slope / float(quantiser.scale), zero / float(quantiser.scale)
    if not (np.abs(np.concatenate([m, b])) < LARGEST_LEVEL).all():
        raise RefusedError([f"{sums.place}: scales that lead beyond {LARGEST_LEVEL:g} steps of the output"])
    shift = shift_for(np.abs(m), np.abs(b), bits)
    mode = Rounding.FLOOR if quantiser.rounding is np.floor else Rounding.HALF_EVEN
    return LayerConstants(
        multiplier=np.rint(np.ldexp(m, shift)).astype(np.int64),
        bias=np.rint(np.ldexp(b, shift)).astype(np.int64),
        shift=shift,
        rounding=mode,
        zero_point=quantiser.zero_point,
        lo=lo,
        hi=hi,
    )


def shift_for(m: Array, b: Array, bits: int) -> IntArray:
    """The largest shift, 0..46, with which m has `bits` signed ones and b 59 at most."""
    with np.errstate(divide="ignore"):
        by_m = bits - 1 - np.ceil(np.log2(np.maximum(m, 1e-30)) + 1e-9)
        by_b = 58 - np.ceil(np.log2(np.maximum(b, 1e-30)) + 1e-9)
    shift: IntArray = np.clip(np.minimum(by_m, by_b), 0, 46).astype(np.int64)
    return shift
