"""Random nodes of kinds that transformers need: rows, constant operands, interpolation, what moves no number."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from oracle import draw
from oracle.counterpart import Case
from oracle.draw import between
from oracle.node_cases import MODES, ONE, constants, edge, of_a_sum, values
from oracle.requantisation import multipliers, stage
from oracle.space import channel_count, far
from t2c.golden.arithmetic.interpolation import ENTRIES, ENTRY, InterpolatedTable
from t2c.golden.arithmetic.layer_norm import RowNorm, row_widths
from t2c.golden.arithmetic.mulquant import ACTIVATION_HI, ACTIVATION_LO
from t2c.golden.arithmetic.views import MAX_AXES
from t2c.golden.graph.operand import ConstantOperand
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, MAX_OPERAND_BITS, TensorSpec
from t2c.golden.nodes.add_constant import AddConstant
from t2c.golden.nodes.concat import Concatenate
from t2c.golden.nodes.concat_constant import ConcatConstant
from t2c.golden.nodes.interpolate import Interpolate
from t2c.golden.nodes.layer_norm import LayerNorm
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice
from t2c.golden.nodes.transpose import Transpose

ELEMENTS = 1 << 10
"""Of a tensor that plain Python is given."""


def wide(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> TensorSpec:
    """Draw a tensor of up to 16 bits."""
    return edge(rng, name, shape, widest=MAX_EDGE_BITS)


def small_shape(rng: np.random.Generator, axes: int) -> tuple[int, ...]:
    """Draw a shape of so many axes that is long along one of them at most."""
    shape = [between(rng, 1, 3 if axes < 6 else 2) for _ in range(axes)]
    place = between(rng, 0, axes - 1)
    if rng.random() < 0.5:
        shape[place] = far(rng, "tensor.height", ELEMENTS // math.prod(shape))
    return tuple(shape)


def operand(rng: np.random.Generator, like: TensorSpec, shape: tuple[int, ...]) -> ConstantOperand:
    """Draw a constant in the format of a tensor."""
    return ConstantOperand(values=draw.operand(rng, like.format.lo, like.format.hi, shape), format=like.format)


def add_constant(rng: np.random.Generator) -> Iterator[Case]:
    """Sums of a tensor and a constant of any formats."""
    while True:
        shape = (channel_count(rng), between(rng, 1, 4))
        a, b = wide(rng, "x", shape), wide(rng, "b", shape)
        quant = constants(rng, 2 * max(a.magnitude, b.magnitude), 1, wide=max(a.bits, b.bits) > MAX_OPERAND_BITS)
        node = AddConstant(
            **ONE,
            constant=operand(rng, b, shape),
            addquant=of_a_sum(quant, int(multipliers(rng, 1, quant.widths)[0])),
        )
        yield Case(node=node, inputs=(a,), values=(values(rng, a, 2),))


def reshape(rng: np.random.Generator) -> Iterator[Case]:
    """Axes of all lengths cut and joined anew: the extents are products of the prime factors of the old."""
    while True:
        x = wide(rng, "x", small_shape(rng, between(rng, 1, 4)))
        left, shape = math.prod(x.shape), [1] * between(rng, 1, MAX_AXES)
        while left > 1:
            factor = next(prime for prime in range(2, left + 1) if left % prime == 0)
            shape[between(rng, 0, len(shape) - 1)] *= factor
            left //= factor
        yield Case(node=Reshape(**ONE, shape=tuple(shape)), inputs=(x,), values=(values(rng, x, 2),))


def transpose(rng: np.random.Generator) -> Iterator[Case]:
    """Axes in every order."""
    while True:
        x = wide(rng, "x", small_shape(rng, between(rng, 1, MAX_AXES)))
        axes = tuple(int(axis) for axis in rng.permutation(len(x.shape)))
        yield Case(node=Transpose(**ONE, axes=axes), inputs=(x,), values=(values(rng, x, 2),))


def slice_(rng: np.random.Generator) -> Iterator[Case]:
    """Parts at either end, in between, and the whole."""
    while True:
        x = wide(rng, "x", small_shape(rng, between(rng, 1, MAX_AXES)))
        axis = between(rng, 0, len(x.shape) - 1)
        start = between(rng, 0, x.shape[axis] - 1) if rng.integers(3) else 0
        left = x.shape[axis] - start
        length = between(rng, 1, left) if rng.integers(3) else left
        node = Slice(**ONE, axis=axis, start=start, length=length)
        yield Case(node=node, inputs=(x,), values=(values(rng, x, 2),))


def concat(rng: np.random.Generator) -> Iterator[Case]:
    """Two to five tensors along every axis."""
    while True:
        x = wide(rng, "x0", small_shape(rng, between(rng, 1, MAX_AXES)))
        axis = between(rng, 0, len(x.shape) - 1)
        shapes = [(*x.shape[:axis], between(rng, 1, 4), *x.shape[axis + 1 :]) for _ in range(between(rng, 1, 4))]
        like: dict[str, Any] = {"bits": x.bits, "signed": x.signed, "zero_point": x.zero_point}
        edges = (x, *(TensorSpec(name=f"x{k + 1}", shape=shape, **like) for k, shape in enumerate(shapes)))
        node = Concatenate(name="node", inputs=tuple(each.name for each in edges), output="y", axis=axis)
        yield Case(node=node, inputs=edges, values=tuple(values(rng, each, 2) for each in edges))


def concat_constant(rng: np.random.Generator) -> Iterator[Case]:
    """A constant before or after, along every axis."""
    while True:
        x = wide(rng, "x", small_shape(rng, between(rng, 1, MAX_AXES)))
        axis = between(rng, 0, len(x.shape) - 1)
        shape = (*x.shape[:axis], between(rng, 1, 4), *x.shape[axis + 1 :])
        node = ConcatConstant(**ONE, axis=axis, first=bool(rng.integers(2)), constant=operand(rng, x, shape))
        yield Case(node=node, inputs=(x,), values=(values(rng, x, 2),))


def interpolate(rng: np.random.Generator) -> Iterator[Case]:
    """Tables that jump and tables that climb, over every width that is interpolated."""
    while True:
        bits, signed = far(rng, "interpolate.input_bits"), bool(rng.integers(2))
        x = TensorSpec(name="x", shape=(channel_count(rng), between(rng, 1, 4)), bits=bits, signed=signed)
        entries = draw.operand(rng, ENTRY.lo, ENTRY.hi, (ENTRIES,))
        if rng.integers(2):
            entries = np.sort(entries)
        fraction = far(rng, "interpolate.interpolate.fraction_bits")
        reach = max((1 << 16 - fraction) - 1, 3)
        table = InterpolatedTable(
            entries=entries,
            fraction_bits=fraction,
            **stage(rng, MODES, max(ACTIVATION_LO, -reach), min(ACTIVATION_HI, reach)),
        )
        yield Case(node=Interpolate(**ONE, interpolate=table), inputs=(x,), values=(values(rng, x, 2),))


def layer_norm(rng: np.random.Generator) -> Iterator[Case]:
    """Rows of all lengths: spread over the format, close together, and with one element far out."""
    while True:
        length = far(rng, "layer_norm.row", ELEMENTS) if rng.random() < 0.95 else far(rng, "layer_norm.row")
        x = wide(rng, "x", (length, between(rng, 1, 2)))
        root = far(rng, "layer_norm.norm.root_bits")
        norm = RowNorm(
            epsilon=far(rng, "layer_norm.norm.epsilon", None if rng.integers(2) else 1 << 20),
            root_bits=root,
            fraction_bits=far(rng, "layer_norm.norm.fraction_bits", root),
        )
        drawn = values(rng, x, 1)
        if rng.integers(2):
            drawn = x.zero_point + (drawn - x.zero_point) // (1 << between(rng, 0, x.bits))
        if rng.integers(4) == 0:
            drawn[:, between(rng, 0, length - 1)] = x.format.lo if rng.integers(2) else x.format.hi
        worst = row_widths(norm, length=length, input_bits=x.bits).peak
        quant = constants(rng, worst, length, wide=bool(rng.integers(2)))
        made: dict[str, Any] = {"norm": norm, "mulquant": quant}
        yield Case(node=LayerNorm(**ONE, **made), inputs=(x,), values=(drawn.clip(x.format.lo, x.format.hi),))


ROW_KINDS = {
    "add_constant": add_constant,
    "reshape": reshape,
    "transpose": transpose,
    "slice": slice_,
    "concat": concat,
    "concat_constant": concat_constant,
    "interpolate": interpolate,
    "layer_norm": layer_norm,
}
"""Random cases of each kind of node."""
