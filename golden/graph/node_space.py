"""The legal space of packages: what every kind of node, every tensor and the arithmetic below them may hold.

Ranges are those that the kinds declare of their fields, plug-ins included; none is written here a second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from t2c.golden.arithmetic.interpolation import INPUT_BITS as INTERPOLATED_BITS
from t2c.golden.arithmetic.layer_norm import MAX_LENGTH
from t2c.golden.arithmetic.mulquant import ACC_BITS, ACTIVATION_HI, ACTIVATION_LO, BIAS_BITS, SCALE_BITS
from t2c.golden.arithmetic.rounding import MAX_MAGNITUDE, Rounding
from t2c.golden.arithmetic.softmax import INPUT_BITS, MAX_DEPTH_BITS
from t2c.golden.arithmetic.window import LIMITS
from t2c.golden.graph.dimension import Dimension
from t2c.golden.graph.fields import (
    Boolean,
    Field,
    Integer,
    Integers,
    Numbers,
    Record,
    RoundingMode,
    Tensor,
    signed_limits,
)
from t2c.golden.graph.kinds import node_kinds
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, MIN_OPERAND_BITS

EXTENT = (1, (1 << 16) - 1)
"""Extents of tensors that this project tries; golden itself refuses none that fits memory."""
AXES = ("vertical", "horizontal")
"""Of a pair, as every window has them."""
_WEIGHT_AXES = {"O": "out", "I": "in", "H": "kernel_vertical", "W": "kernel_horizontal"}


@cache
def node_dimensions() -> tuple[Dimension, ...]:
    """Fields of every kind of node, then tensors, then the numbers of the arithmetic that no field holds as such.

    A member of a record is `conv2d.mulquant.shift`, one of a pair `conv2d.stride.vertical`.
    """
    return (*(each for kind in node_kinds() for each in dimensions_of(kind)), *_tensors(), *_arithmetic())


def dimensions_of(kind: type[Node]) -> Iterator[Dimension]:
    """Those of one kind of node: its fields, members of records and weights."""
    for declared in kind.fields:
        yield from _of_field(kind.op, "", declared)
    if kind.weight_axes:
        for axis in kind.weight_axes:
            low, high = LIMITS["kernel"] if axis in "HW" else EXTENT
            name = _WEIGHT_AXES.get(axis, axis)
            yield Dimension(
                owner=kind.op, name=f"weight.{name}", low=low, high=high, limit=axis in "HW", meaning="of its weights"
            )


def _of_field(op: str, prefix: str, declared: Field) -> Iterator[Dimension]:
    name = prefix + declared.name
    if isinstance(declared, Record):
        for member in declared.members:
            if member.optional:
                continue  # of packages for other chips; no random one has it
            yield from _of_field(op, f"{name}.", member)
    elif isinstance(declared, RoundingMode):
        yield Dimension(owner=op, name=name, low=0, high=len(Rounding) - 1, meaning="code of the rounding mode")
    elif isinstance(declared, Boolean):
        yield Dimension(owner=op, name=name, low=0, high=1)
    elif isinstance(declared, (Integer, Integers, Numbers, Tensor)):
        low, high = declared.limits or EXTENT
        names = [f"{name}.{axis}" for axis in AXES] if isinstance(declared, Integers) else [name]
        for each in names:
            yield Dimension(owner=op, name=each, low=low, high=high, limit=declared.limits is not None)


def _tensors() -> Iterator[Dimension]:
    yield Dimension(owner="tensor", name="bits", low=MIN_OPERAND_BITS, high=MAX_EDGE_BITS)
    yield Dimension(owner="tensor", name="signed", low=0, high=1)
    yield Dimension(owner="tensor", name="zero_point", low=ACTIVATION_LO, high=ACTIVATION_HI)
    yield Dimension(owner="tensor", name="value", low=ACTIVATION_LO, high=ACTIVATION_HI)
    for name in ("channels", "height", "width", "features"):
        low, high = EXTENT
        yield Dimension(owner="tensor", name=name, low=low, high=high, limit=False)


def _arithmetic() -> Iterator[Dimension]:
    for name, (low, high) in (("acc", ACC_BITS), ("scale", SCALE_BITS), ("bias", BIAS_BITS)):
        yield Dimension(owner="widths", name=name, low=low, high=high, meaning="bits")
    low, high = signed_limits(ACC_BITS[1])
    yield Dimension(owner="arithmetic", name="accumulator", low=low, high=high, meaning="at the widest hardware")
    yield Dimension(
        owner="arithmetic",
        name="p",
        low=-MAX_MAGNITUDE,
        high=MAX_MAGNITUDE,
        meaning="what int64 rounds; acc M + B beyond it is rounded in Python's integers",
    )
    low, high = INPUT_BITS
    yield Dimension(owner="softmax", name="input_bits", low=low, high=high)
    yield Dimension(owner="softmax", name="input", low=ACTIVATION_LO, high=ACTIVATION_HI)
    yield Dimension(owner="softmax", name="depth_bits", low=1, high=MAX_DEPTH_BITS, meaning="entries: 2 to this power")
    low, high = INTERPOLATED_BITS
    yield Dimension(owner="interpolate", name="input_bits", low=low, high=high)
    yield Dimension(owner="layer_norm", name="row", low=1, high=MAX_LENGTH, meaning="elements")
    low, high = EXTENT
    yield Dimension(owner="softmax", name="row", low=low, high=high, limit=False, meaning="elements")
