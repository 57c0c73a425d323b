"""Sums of two activations: the constants of an add, and how many pairs of operands they miss."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import Widths, residual_add
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.node import Node
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.add_constant import AddConstant
from t2c.importing.constants import WIDEST, AddConstants
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.quantiser import Quantiser
from t2c.importing.onnx_files.values import Activation, PairSum
from t2c.importing.onnx_files.walk import Walk
from t2c.importing.proof import Exactness, Grade

WIDTHS = (16, 20, 24, 28, 31)
"""Bits of the multipliers that are tried, the fewest first."""
LARGEST_RATIO = 1 << 20
LARGEST_FORMAT = 10
"""Bits of an operand up to which every pair is tried."""


def operands(value: PairSum) -> tuple[IntArray, IntArray]:
    """Every integer that either operand can be."""
    left, right = (np.arange(each.spec.format.lo, each.spec.format.hi + 1) for each in (value.left, value.right))
    return left, right if value.operand is None else np.unique(value.operand.values)


def pair_results(value: PairSum, quantiser: Quantiser) -> IntArray:
    """What the file says of every pair of operands, (left, right).

    QuantizeLinear of a sum is read as onnxruntime's QLinearAdd on a processor with fused multiply-add: float32, with
    ra = sa/sy and rb = sb/sy, a·ra + (b·rb + (zp - (ra·zpa + rb·zpb))), where the product before each + is not rounded,
    but for rb·zpb; then half to even. Else the real numbers count, in float64.
    """
    left, right = operands(value)
    lo, hi = bounds(value, quantiser)
    sign = -1 if value.minus else 1
    if quantiser.linear and value.minus:
        with np.errstate(over="ignore", invalid="ignore"):
            a, b = (
                (integers - each.spec.zero_point).astype(np.float32) * each.scale
                for integers, each in ((left, value.left), (right, value.right))
            )
            difference = a[:, None] - b[None, :]
        if not np.isfinite(difference).all():
            raise RefusedError(["scales that lead beyond all numbers"])
        return np.clip(quantiser(difference), lo, hi)
    if quantiser.linear:
        kind = np.float32
        ra, rb = (kind(each.scale) / kind(quantiser.scale) for each in (value.left, value.right))
        za, zb = (kind(each.spec.zero_point) for each in (value.left, value.right))
        fixed = kind(quantiser.zero_point) - fused(ra, za, rb * zb)
        sums = fused(left[:, None], ra, fused(right, rb, fixed)[None, :])
        found: IntArray = np.clip(np.rint(sums), lo, hi).astype(np.int64)
        return found
    a, b = (
        (integers - each.spec.zero_point) * float(each.scale)
        for integers, each in ((left, value.left), (right, value.right))
    )
    return np.clip(quantiser(np.clip(a[:, None] + sign * b[None, :], value.lowest, value.highest)), lo, hi)


def fused(a: Any, b: Any, c: Any) -> Any:
    """a·b + c of float32 numbers, rounded to float32 once: float64 holds the product."""
    return (np.asarray(a, np.float64) * np.float64(b) + np.asarray(c, np.float64)).astype(np.float32)


def bounds(value: PairSum, quantiser: Quantiser) -> tuple[int, int]:
    """The output's bounds, with those of the sum."""
    ends: npt.NDArray[Any] = np.clip(np.array([value.lowest, value.highest]), -1e30, 1e30)
    levels = quantiser(ends)
    return max(quantiser.lo, int(levels[0])), min(quantiser.hi, int(levels[1]))


def choose(value: PairSum, quantiser: Quantiser) -> tuple[AddConstants, Exactness]:
    """The constants with the fewest bits that miss no pair, else those that miss fewest."""
    wide = max(value.left.spec.bits, value.right.spec.bits)
    if wide > LARGEST_FORMAT:
        raise RefusedError([f"a sum of operands of {wide} bits; {LARGEST_FORMAT} are the most"])
    left, right = value.left.spec, value.right.spec
    grid = np.meshgrid(*operands(value), indexing="ij")
    ratios = [float(each.scale) / float(quantiser.scale) for each in (value.left, value.right)]
    if max(ratios) > LARGEST_RATIO:
        raise RefusedError([f"scales of ratio {max(ratios):g} to the output's; {LARGEST_RATIO} is the most"])
    wanted, (lo, hi) = pair_results(value, quantiser), bounds(value, quantiser)
    best: tuple[int, int, AddConstants] | None = None
    for bits in WIDTHS:
        shift = int(np.clip(bits - 1 - np.ceil(np.log2(max(ratios)) + 1e-9), 0, 46))
        made = AddConstants(
            pair=(
                round(ratios[0] * 2.0**shift),
                round(ratios[1] * 2.0**shift) * (-1 if value.minus else 1),
            ),
            bias=np.zeros(1, np.int64),
            shift=np.array([shift]),
            rounding=Rounding.HALF_EVEN,
            zero_point=quantiser.zero_point,
            lo=lo,
            hi=hi,
        )
        if made.scale_bits > WIDEST.scale:
            break
        found = residual_add(*grid, made.addquant(), zero_point_a=left.zero_point, zero_point_b=right.zero_point)
        gap = np.abs(found - wanted)
        if best is None or int((gap > 0).sum()) < best[0]:
            best = int((gap > 0).sum()), int(gap.max()), made
        if not best[0]:
            break
    if best is None:
        raise RefusedError([f"scales of ratio {max(ratios):g} are too far apart"])
    differing, largest, made = best
    grade = Grade.DIFFERS if differing else Grade.PROVEN
    bits = 0 if differing else made.scale_bits
    known = Exactness(
        grade=grade, reachable=wanted.size, differing=differing, largest=largest, scale_bits=bits, of="pairs"
    )
    return made, known


def close_pair(walk: Walk, value: PairSum, quantiser: Quantiser, node: OnnxNode, tensor: str) -> Activation:
    """Add the node of a sum of two activations."""
    spec = walk.spec_of(quantiser, value.shape, tensor)
    if quantiser.bipolar or quantiser.rounding is not np.rint:
        raise RefusedError([f"{node.place}: a sum of two activations is rounded half to even, or not at all"])
    try:
        made, known = choose(value, quantiser)
    except RefusedError as error:
        raise RefusedError([f"{node.place}: {reason}" for reason in error.reasons]) from error
    name, operand = walk.node_name(node), value.operand
    inputs = [value.left.spec] if operand else [value.left.spec, value.right.spec]
    common: dict[str, Any] = {"name": name, "inputs": tuple(each.name for each in inputs), "output": spec.name}

    def make(widths: Widths) -> Node:
        quant = made.addquant(widths)
        return AddConstant(**common, constant=operand, addquant=quant) if operand else Add(**common, addquant=quant)

    walk.add_edge(spec, tensor)
    walk.add_node(
        make,
        name,
        place=node.place,
        operation=AddConstant.op if operand else Add.op,
        inputs=inputs,
        output=spec,
        exactness=known,
        constants=made,
    )
    return Activation(spec=spec, scale=quantiser.scale, real=True)
