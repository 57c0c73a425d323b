"""Random values of the fields that are more than a number: views, constants, tables, rows; by the field's name.

What depends on the tensor that a node reads, or on fields drawn before, is drawn so that it fits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from t2c.contract.legal_space import dimension
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.layer_norm import EPSILON, RowNorm
from t2c.golden.arithmetic.pointwise import PointwiseTable
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import MAX_RECIPROCAL_BITS, OUTPUT_BITS, SoftmaxTable
from t2c.golden.graph.operand import ConstantOperand
from t2c.golden.graph.tensor_spec import TensorSpec

FieldDraw = Callable[[np.random.Generator, TensorSpec, Mapping[str, Any], int], Any]
"""A value from the tensor that the node reads, the fields drawn before, and the most bits of an activation."""

FIELD_DRAWS: dict[str, FieldDraw] = {}
"""By the name of the field."""


def _draws(name: str) -> Callable[[FieldDraw], FieldDraw]:
    def register(draw: FieldDraw) -> FieldDraw:
        FIELD_DRAWS[name] = draw
        return draw

    return register


def random_format(rng: np.random.Generator, most: int) -> IntFormat:
    """A format of at most so many bits."""
    return IntFormat(bits=dimension("tensor.bits").draw(rng, high=most), signed=bool(rng.integers(2)))


@_draws("axis")
def _axis(rng: np.random.Generator, source: TensorSpec, drawn: Mapping[str, Any], most: int) -> int:
    return int(rng.integers(len(source.shape)))


@_draws("first")
def _first(rng: np.random.Generator, source: TensorSpec, drawn: Mapping[str, Any], most: int) -> bool:
    return bool(rng.integers(2))


@_draws("start")
def _start(rng: np.random.Generator, source: TensorSpec, drawn: Mapping[str, Any], most: int) -> int:
    return int(rng.integers(source.shape[drawn["axis"]]))


@_draws("length")
def _length(rng: np.random.Generator, source: TensorSpec, drawn: Mapping[str, Any], most: int) -> int:
    return int(rng.integers(1, source.shape[drawn["axis"]] - drawn["start"] + 1))


@_draws("shape")
def _shape(rng: np.random.Generator, source: TensorSpec, drawn: Mapping[str, Any], most: int) -> tuple[int, ...]:
    """The elements on as many axes: the extents are factors of their number."""
    left, found = math.prod(source.shape), []
    for _ in source.shape[1:]:
        factors = [n for n in range(1, min(left, 1 << 12) + 1) if left % n == 0]
        found.append(int(rng.choice(factors)))
        left //= found[-1]
    return (*found, left)


@_draws("axes")
def _axes(rng: np.random.Generator, source: TensorSpec, drawn: Mapping[str, Any], most: int) -> tuple[int, ...]:
    return tuple(int(axis) for axis in rng.permutation(len(source.shape)))


@_draws("constant")
def _constant(rng: np.random.Generator, source: TensorSpec, drawn: Mapping[str, Any], most: int) -> ConstantOperand:
    """What is joined along an axis has the tensor's format and any extent there; what is added has any format."""
    shape, fmt = list(source.shape), source.format
    if "axis" in drawn:
        shape[drawn["axis"]] = int(rng.integers(1, 4))
    else:
        fmt = random_format(rng, most)
    return ConstantOperand(values=rng.integers(fmt.lo, fmt.hi, shape, endpoint=True), format=fmt)


@_draws("pointwise")
def _pointwise(rng: np.random.Generator, source: TensorSpec, drawn: Mapping[str, Any], most: int) -> PointwiseTable:
    """Any table, or one that rises."""
    fmt = random_format(rng, most)
    entries = rng.integers(fmt.lo, fmt.hi, 1 << source.bits, endpoint=True)
    return PointwiseTable(entries=np.sort(entries) if rng.integers(2) else entries, output=fmt)


@_draws("softmax")
def _softmax(rng: np.random.Generator, source: TensorSpec, drawn: Mapping[str, Any], most: int) -> SoftmaxTable:
    """A table of any length, in any order or falling as exponentials do."""
    exponent = dimension("softmax.softmax.exponent_bits").draw(rng)
    result = dimension("softmax.softmax.output_bits").draw(rng, high=min(most, OUTPUT_BITS[1]))
    depth = 1 << dimension("softmax.depth_bits").draw(rng, high=source.bits)
    exp = rng.integers(0, 1 << exponent, depth)
    exp[0] = max(exp[0], 1)
    return SoftmaxTable(
        exp=np.sort(exp)[::-1] if rng.integers(2) else exp,
        exponent_bits=exponent,
        output_bits=result,
        reciprocal_bits=int(rng.integers(exponent + result, MAX_RECIPROCAL_BITS + 1)),
        rounding=(Rounding.HALF_UP, Rounding.HALF_AWAY)[int(rng.integers(2))],
    )


@_draws("norm")
def _norm(rng: np.random.Generator, source: TensorSpec, drawn: Mapping[str, Any], most: int) -> RowNorm:
    """An epsilon under which a wide row still differs from a row of zeros, with the usual root and fraction."""
    span = (source.shape[0] << source.bits) ** 2
    return RowNorm(epsilon=dimension("layer_norm.norm.epsilon").draw(rng, high=min(4 * span, EPSILON[1])))
