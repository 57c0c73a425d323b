"""multi_threshold on the engine: a comparison is a sum that saturates, and what they give is added up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, check_int
from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.arithmetic.rounding import FIRST_SHIFT, Rounding
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import MIN_OPERAND_BITS, TensorSpec
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.multi_threshold import MultiThreshold
from t2c.mapping.rewriting import Rewritten, rewrites

WEIGHTED = ("conv2d", "linear")
"""Operations whose sums can be compared before they are rounded."""


@rewrites("multi_threshold")
def compare_and_count(node: MultiThreshold, graph: Graph, writer: Node | None) -> Rewritten:
    """Replace a staircase of K thresholds a channel by K channels of [x >= T] and a layer that adds them up.

    [x >= T] = clip(x - T + 1, 0, 1): MulQuant saturates to one bit. Where conv2d or linear writes x, its filters are
    repeated and their sums compared, and x, which may be too wide for the core, is never formed.

    Raises:
        UnsupportedError: constants that do not fit BIAS_W, or an x that is neither (C, H, W) nor (F,).
    """
    source, target = graph.edges[node.inputs[0]], graph.edges[node.output]
    if len(source.shape) not in (1, 3):
        raise UnsupportedError(
            f"layer {node.name!r}: thresholds of shape {source.shape}: the core takes (C, H, W), (F,)"
        )
    shape = source.shape
    steps, base = node.multi_threshold.steps, node.multi_threshold.base
    fmt = source.format
    table = np.broadcast_to(node.multi_threshold.thresholds.clip(fmt.lo, fmt.hi + 1), (shape[0], steps))
    bits = TensorSpec(
        name=f"{node.output}.reached", shape=(shape[0] * steps, *shape[1:]), bits=MIN_OPERAND_BITS, signed=False
    )
    try:
        count = _added(
            np.array([base - target.zero_point]),
            graph.widths,
            target.zero_point,
            target.format.lo,
            target.format.hi,
        )
        adder = _layer(node.name, bits.name, node.output, (1, steps), shape, count)
        if writer and writer.op in WEIGHTED:
            first = next(reader for reader in graph.nodes if writer.output in reader.inputs)
            name = writer.name if node is first else f"{writer.name}.{node.name}"
            return Rewritten(before=(_compared(writer, name, bits.name, table),), nodes=(adder,), edges=(bits,))
        reached = _added((source.zero_point + 1 - table).reshape(-1), graph.widths, 0, 0, 1)
    except RangeError as error:
        raise UnsupportedError(f"layer {node.name!r}: thresholds as constants of MulQuant: {error}") from error
    spread = _layer(f"{node.name}.compare", source.name, bits.name, (steps, 1), shape, reached)
    return Rewritten(nodes=(spread, adder), edges=(bits,))


def _added(bias: IntArray, widths: Widths, zero_point: int, lo: int, hi: int) -> MulQuant:
    """clip(acc + bias + zero_point, lo, hi), a bias for each channel."""
    ones = np.ones_like(bias)
    return MulQuant(multiplier=ones, bias=bias, shift=0 * ones, zero_point=zero_point, lo=lo, hi=hi, widths=widths)


def _layer(
    name: str, source: str, output: str, sizes: tuple[int, int], shape: tuple[int, ...], quant: MulQuant
) -> Node:
    """A layer in which each of shape[0] channels adds up sizes[1] inputs of its own, for each of sizes[0] outputs."""
    common: dict[str, Any] = {"name": name, "inputs": (source,), "output": output, "mulquant": quant}
    common["weight_bits"] = MIN_OPERAND_BITS
    ones = np.ones(sizes, dtype=np.int64)
    if len(shape) == 1:
        return Linear(weight=np.kron(np.eye(shape[0], dtype=np.int64), ones), **common)
    return Conv2d(weight=np.tile(ones, (shape[0], 1))[:, :, np.newaxis, np.newaxis], groups=shape[0], **common)


def _compared(writer: Any, name: str, output: str, table: IntArray) -> Node:
    """The layer with its filters repeated, and what MulQuant gives compared with every threshold of its channel.

    With r = T - zp, q >= T where round_S(acc M + B) >= r, so where acc M + B - p(r) + 1 >= 1, p(r) the least that is
    rounded to r. Above hi nothing reaches T, up to lo everything does.
    """
    held: MulQuant = writer.mulquant
    fmt = held.widths.bias_format
    channels, steps = table.shape
    m, b, s = (np.broadcast_to(c, channels).tolist() for c in (held.multiplier, held.bias, held.shift))
    multiplier, bias = np.zeros((2, channels, steps), dtype=np.int64)
    for c, k in np.ndindex(channels, steps):
        threshold = int(table[c, k])
        if threshold <= held.lo:
            bias[c, k] = 1
        elif threshold <= held.hi:
            needed = b[c] + 1 - least_rounded_to(threshold - held.zero_point, s[c], held.rounding)
            multiplier[c, k], bias[c, k] = m[c], check_int("bias", needed, fmt.lo, fmt.hi)
    quant = MulQuant(
        multiplier=multiplier.reshape(-1),
        bias=bias.reshape(-1),
        shift=np.zeros(channels * steps, dtype=np.int64),
        zero_point=0,
        lo=0,
        hi=1,
        widths=held.widths,
    )
    changed: dict[str, Any] = {"name": name, "output": output, "mulquant": quant}
    made: Node = replace(writer, weight=np.repeat(writer.weight, steps, axis=0), **changed)
    return made


def least_rounded_to(r: int, shift: int, mode: Rounding) -> int:
    """The least p with round_S(p) >= r, of any size.

    >>> [least_rounded_to(1, 2, mode) for mode in Rounding], [least_rounded_to(0, 2, mode) for mode in Rounding]
    ([4, 2, 3, 2, 2], [0, -2, -2, -1, -2])
    """
    if shift == 0 or mode is Rounding.FLOOR:
        return r << shift
    tie = (r << shift) - (1 << shift - 1)  # between r - 1 and r
    if mode is Rounding.HALF_EVEN:
        return tie + r % 2
    if mode is Rounding.HALF_AWAY:
        return tie + (r <= 0)
    if mode is Rounding.DOUBLE and shift > FIRST_SHIFT:
        return tie + (-1 if r > 0 else 1) * (1 << FIRST_SHIFT - 1)
    return tie
