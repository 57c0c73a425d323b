"""The far corners of the kinds for transformers: nodes proven by a graph, run, and computed again in plain Python.

Every case stands at several ends of its ranges at once: formats of 16 bits, zero points at both ends of them, shifts
of 0 and 63, constants of full width, rows of 1024 and 4096, E of 1 and 2^48 - 1, tensors of eight axes, many inputs.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from oracle import plain as oracle
from oracle.counterpart import accumulators, compute
from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.interpolation import ENTRIES, ENTRY, InterpolatedTable
from t2c.golden.arithmetic.layer_norm import EPSILON, MAX_LENGTH, RowNorm
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.operand import ConstantOperand
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add_constant import AddConstant
from t2c.golden.nodes.concat import Concatenate
from t2c.golden.nodes.concat_constant import ConcatConstant
from t2c.golden.nodes.interpolate import Interpolate
from t2c.golden.nodes.layer_norm import LayerNorm
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice
from t2c.golden.nodes.transpose import Transpose

ONE: dict[str, Any] = {"name": "node", "inputs": ("x",), "output": "y"}
WIDEST = Widths(acc=29, scale=32, bias=60)
"""acc + scale = 61, and B as wide as it may be: |p| comes as near 2^62 as it can."""
MODES = list(Rounding)
ENDS = list(itertools.product((False, True), (False, True)))
"""signed or not, zero point at the upper end or not."""


def end_of(fmt: IntFormat, high: bool) -> int:
    return fmt.hi if high else fmt.lo


def wide(name: str, shape: tuple[int, ...], signed: bool, high: bool = False, bits: int = 16) -> TensorSpec:
    """A tensor whose zero point is an end of its format."""
    fmt = IntFormat(bits=bits, signed=signed)
    return TensorSpec(name=name, shape=shape, bits=bits, signed=signed, zero_point=end_of(fmt, high))


def extremes(rng: np.random.Generator, edge: TensorSpec, samples: int = 2) -> IntArray:
    """Values of which half stand at either end of the format."""
    lo, hi = edge.format.lo, edge.format.hi
    drawn = rng.integers(lo, hi + 1, (samples, *edge.shape))
    return np.where(rng.integers(0, 2, drawn.shape) == 1, rng.choice([lo, lo + 1, hi - 1, hi], drawn.shape), drawn)


def hold(node: Node, values: IntArray, x: TensorSpec, y: TensorSpec, t: IntArray | None = None) -> IntArray:
    """A graph of one node proves it and runs it; what comes is what plain Python says. t: its accumulators by that."""
    graph = Graph(
        name="g", widths=node.widths or Widths(), edges={"x": x, "y": y}, nodes=(node,), input="x", output="y"
    )
    arguments, inputs = [values] * len(node.inputs), graph.inputs_of(node)
    found = graph.run(values)["y"]
    if t is None:
        assert np.array_equal(found, compute(node, arguments, inputs))
        return found
    assert isinstance(node, LayerNorm)
    assert np.array_equal(node.accumulate(arguments, inputs), t)
    assert np.abs(t).max() <= node.worst_accumulator(inputs)
    quant, channels = node.mulquant, t.shape[1]
    stage = {"mode": quant.rounding.value, "zp": quant.zero_point, "lo": quant.lo, "hi": quant.hi}
    for c, k in enumerate(range(channels) if quant.channels > 1 else [0] * channels):
        m, b, s = (int(constants[k]) for constants in (quant.multiplier, quant.bias, quant.shift))
        wanted = [oracle.mulquant(acc, m, b, s, **stage) for acc in t[:, c].ravel().tolist()]  # type: ignore[arg-type]
        assert found[:, c].ravel().tolist() == wanted
    return found


def full_width(rng: np.random.Generator, channels: int, shift: int, y: TensorSpec, mode: Rounding) -> MulQuant:
    """M and B at both ends of their widths."""
    scale, bias = WIDEST.scale_format, WIDEST.bias_format
    return MulQuant(
        multiplier=rng.choice([scale.lo, scale.hi, 1, -1], channels),
        bias=rng.choice([bias.lo, bias.hi, 0], channels),
        shift=np.full(channels, shift),
        rounding=mode,
        zero_point=y.zero_point,
        lo=y.format.lo,
        hi=y.format.hi,
        widths=WIDEST,
    )


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("epsilon", EPSILON)
@pytest.mark.parametrize(("root_bits", "fraction_bits", "end"), [(8, 4, 0), (20, 20, 1), (20, 4, 2), (16, 12, 3)])
def test_rows_of_1024(root_bits: int, fraction_bits: int, end: int, epsilon: int) -> None:
    """Alone, halved, one element far out, all alike: four pixels; shifts 0, 63 and between."""
    rng, (signed, high) = np.random.default_rng(root_bits + fraction_bits), ENDS[end]
    norm = RowNorm(epsilon=epsilon, root_bits=root_bits, fraction_bits=fraction_bits)
    x, y = wide("x", (1024, 2, 2), signed, high), wide("y", (1024, 2, 2), not signed, not high)
    values = extremes(rng, x, 1)
    values[:, :, 0, 0] = end_of(x.format, high)
    values[:, 1:, 0, 1] = x.format.lo
    values[:, 0, 0, 1] = x.format.hi
    values[:, :512, 1, 0], values[:, 512:, 1, 0] = x.format.lo, x.format.hi
    t = None
    for shift, mode in ((0, MODES[0]), (63, MODES[1]), (44, MODES[2]), (44, MODES[3])):
        node = LayerNorm(**ONE, norm=norm, mulquant=full_width(rng, 1024, shift, y, mode))
        if t is None:
            t = accumulators(node, [values], [x])
        found = hold(node, values, x, y, t)
        assert shift == 63 or len(np.unique(found)) > 1


@pytest.mark.parametrize("length", [1, 2, MAX_LENGTH])
def test_the_shortest_and_the_longest_row(length: int) -> None:
    rng = np.random.default_rng(length)
    for signed, epsilon in itertools.product((False, True), EPSILON):
        x, y = wide("x", (length,), signed), wide("y", (length,), signed, True)
        norm = RowNorm(epsilon=epsilon, root_bits=20, fraction_bits=20)
        quant = full_width(rng, 1, 40, y, Rounding.HALF_EVEN)
        node, values = LayerNorm(**ONE, norm=norm, mulquant=quant), extremes(rng, x, 1)
        hold(node, values, x, y, accumulators(node, [values], [x]))


@pytest.mark.sample(3)
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("shift", [0, 1, 33, 63])
def test_constants_that_are_added(shift: int, mode: Rounding) -> None:
    """Operands and multipliers at their ends, with the largest |p| of either sign, and with results of every size."""
    rng, top, far = np.random.default_rng(shift), (1 << 31) - 1, WIDEST.bias_format
    for (signed, high), a, b in itertools.product(ENDS, (-top - 1, 1, top), (-top - 1, -1, top)):
        x, other = wide("x", (3, 5), signed, high), IntFormat(bits=16, signed=not signed)
        y = wide("y", (3, 5), not signed, high)
        for bias in (far.lo, 0, far.hi):
            add = AddQuant(
                multiplier_a=a,
                multiplier_b=b,
                bias=bias,
                shift=shift,
                rounding=mode,
                zero_point=y.zero_point,
                lo=y.format.lo,
                hi=y.format.hi,
                widths=WIDEST,
            )
            constant = ConstantOperand(values=rng.choice([other.lo, other.hi, 0, 1], (3, 5)), format=other)
            hold(AddConstant(**ONE, constant=constant, addquant=add), extremes(rng, x), x, y)


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("bits", range(10, 17))
def test_tables_between_the_ends_of_an_entry(bits: int) -> None:
    """Entries jump from end to end, F is 0 and 15, the output has 2 and 16 bits, its zero point at either end."""
    rng = np.random.default_rng(bits)
    for (signed, high), fraction, out in itertools.product(ENDS, (0, 15), (2, 16)):
        x = wide("x", (4, 64), signed, high, bits)
        y = wide("y", (4, 64), not signed, high, out)
        entries = rng.choice([ENTRY.lo, ENTRY.hi], ENTRIES)
        stage: dict[str, Any] = {"zero_point": y.zero_point, "lo": y.format.lo, "hi": y.format.hi}
        table = InterpolatedTable(entries=entries, fraction_bits=fraction, rounding=MODES[bits % 4], **stage)
        hold(Interpolate(**ONE, interpolate=table), extremes(rng, x), x, y)


EIGHT = (2, 1, 3, 1, 2, 1, 2, 5)


@pytest.mark.parametrize(("signed", "high"), ENDS)
def test_tensors_of_eight_axes(signed: bool, high: bool) -> None:
    """Every kind that moves data or none, along the first axis, the last and one between."""
    rng, x = np.random.default_rng(8), wide("x", EIGHT, signed, high)
    values = extremes(rng, x)

    def onto(*shape: int) -> TensorSpec:
        return wide("y", shape, signed, high)

    hold(Transpose(**ONE, axes=(7, 2, 5, 0, 6, 1, 4, 3)), values, x, onto(5, 3, 1, 2, 2, 1, 2, 1))
    hold(Transpose(**ONE, axes=(6, 0, 3, 1, 4, 5, 2, 7)), values, x, onto(2, 2, 1, 1, 2, 1, 3, 5))
    hold(Reshape(**ONE, shape=(1, 5, 2, 2, 3, 2, 1, 1)), values, x, onto(1, 5, 2, 2, 3, 2, 1, 1))
    hold(Reshape(**ONE, shape=(120,)), values, x, onto(120))
    for axis in (0, 2, 7):
        extent = EIGHT[axis]
        before, after = EIGHT[:axis], EIGHT[axis + 1 :]
        hold(Slice(**ONE, axis=axis, start=extent - 1, length=1), values, x, onto(*before, 1, *after))
        hold(Slice(**ONE, axis=axis, start=0, length=extent), values, x, onto(*EIGHT))
        node = Concatenate(name="node", inputs=("x",) * 3, output="y", axis=axis)
        hold(node, values, x, onto(*before, 3 * extent, *after))
        constant = ConstantOperand(values=extremes(rng, x, 1)[0], format=x.format)
        for first in (False, True):
            joined = ConcatConstant(**ONE, axis=axis, first=first, constant=constant)
            hold(joined, values, x, onto(*before, 2 * extent, *after))


def test_many_tensors_are_joined_in_their_order() -> None:
    """Three hundred inputs of different lengths, each of its own numbers: golden sets no limit."""
    rng, count = np.random.default_rng(300), 300
    node = Concatenate(name="node", inputs=tuple(f"x{k}" for k in range(count)), output="y", axis=1)
    inputs = [wide(f"x{k}", (2, 1 + k % 3), True) for k in range(count)]
    values = [rng.integers(-(1 << 15), 1 << 15, (2, *edge.shape)).astype(np.int16) for edge in inputs]
    assert node.output_shape(inputs) == (2, 600)
    found = node.forward(values, inputs)
    assert found.dtype == np.int16
    assert found.tolist() == compute(node, values, inputs).tolist()


def test_parts_of_the_longest_axis() -> None:
    """The last start that a slice may have is the last but one element of 65536."""
    x = wide("x", (1 << 16, 1), False)
    values = np.arange(1 << 16).reshape(1, -1, 1)
    for start, length in (((1 << 16) - 2, 2), ((1 << 16) - 2, 1), (0, 1 << 16)):
        found = hold(Slice(**ONE, axis=0, start=start, length=length), values, x, wide("y", (length, 1), False))
        assert found.ravel().tolist() == list(range(start, start + length))
