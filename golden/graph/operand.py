"""A constant tensor that a node computes with as with an activation, and how it declares it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from t2c.golden.arithmetic.formats import IntArray, IntFormat, check_format, check_int
from t2c.golden.arithmetic.mulquant import ACTIVATION_HI, ACTIVATION_LO
from t2c.golden.arithmetic.views import check_axes
from t2c.golden.errors import ShapeError
from t2c.golden.graph.constant import Storage
from t2c.golden.graph.fields import Boolean, Integer, Record, Tensor
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, MIN_OPERAND_BITS


@dataclass(frozen=True, kw_only=True, eq=False)
class ConstantOperand:
    """values: of the shape of a tensor without its batch, 1..8 axes; format: 2..16 bits.

    Raises:
        RangeError: a value outside the format, or a format of other widths.
        ShapeError: no axis, too many, or one without elements.
    """

    values: IntArray
    format: IntFormat

    def __post_init__(self) -> None:
        check_int("bits", self.format.bits, MIN_OPERAND_BITS, MAX_EDGE_BITS)
        values = check_format("operand", self.values, self.format).copy()
        check_axes(values.shape)
        if not values.size:
            raise ShapeError(f"operand: shape {values.shape} has no elements")
        values.setflags(write=False)
        object.__setattr__(self, "values", values)


def _make(bits: int, signed: bool, operand: IntArray) -> ConstantOperand:
    return ConstantOperand(values=operand, format=IntFormat(bits=bits, signed=signed))


def _part(made: ConstantOperand, member: str) -> Any:
    return made.values if member == "operand" else getattr(made.format, member)


def _storage(made: ConstantOperand) -> Storage:
    """A map is CHW; the axes of other shapes have no names, only an order."""
    rank = made.values.ndim
    axes = "CHW" if rank == 3 else "ABCDEFGH"[:rank]
    return Storage(bits=made.format.bits, signed=made.format.signed, axes=axes)


OPERAND = Record(
    name="constant",
    members=(
        Integer("bits", limits=(MIN_OPERAND_BITS, MAX_EDGE_BITS)),
        Boolean("signed"),
        Tensor("operand", _storage, limits=(ACTIVATION_LO, ACTIVATION_HI)),
    ),
    make=_make,
    part=_part,
)
