"""How nodes declare their requantisation: MulQuant and AddQuant as fields."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.channel_clip import ChannelClip
from t2c.golden.arithmetic.formats import IntArray, check_int
from t2c.golden.arithmetic.mulquant import (
    ACTIVATION_HI,
    ACTIVATION_LO,
    BIAS_BITS,
    BYTE_HI,
    BYTE_LO,
    SCALE_BITS,
    AddQuant,
    MulQuant,
    OutputStage,
    Widths,
)
from t2c.golden.arithmetic.rounding import MAX_SHIFT
from t2c.golden.errors import RangeError
from t2c.golden.graph.constant import Constant, Storage
from t2c.golden.graph.fields import Field, Integer, Record, RoundingMode, Tensor, signed_limits
from t2c.golden.graph.tensor_spec import TensorSpec

SHIFT_BITS = MAX_SHIFT.bit_length()
"""SHIFT_W of docs/arithmetic.md section 1."""
MULTIPLIER, BIAS, SHIFT = signed_limits(SCALE_BITS[1]), signed_limits(BIAS_BITS[1]), (0, MAX_SHIFT)
"""Limits of the constants at the widest hardware."""


def _stage(lo: int, hi: int) -> tuple[Field, ...]:
    bounds = (Integer(name, limits=(lo, hi)) for name in ("zero_point", "lo", "hi"))
    return (RoundingMode("rounding"), *bounds)


STAGE = _stage(BYTE_LO, BYTE_HI)
"""Members that an output stage begins with, of results of at most 8 bits."""
WIDE_STAGE = _stage(ACTIVATION_LO, ACTIVATION_HI)
"""The same of at most 16 bits."""


def _multiplier(widths: Widths, axes: str) -> Storage:
    return Storage(bits=widths.scale, signed=True, axes=axes)


def _bias(widths: Widths) -> Storage:
    return Storage(bits=widths.bias, signed=True, axes="O")


_SHIFT = Storage(bits=SHIFT_BITS, signed=False, axes="O")

_PER_CHANNEL: tuple[Field, ...] = (
    Tensor("multiplier", lambda quant: _multiplier(quant.widths, "O"), limits=MULTIPLIER),
    Tensor("bias", lambda quant: _bias(quant.widths), limits=BIAS),
    Tensor("shift", lambda _: _SHIFT, limits=SHIFT),
)

_BOUND = Storage(bits=17, signed=True, axes="O")

CHANNEL_CLIP = Record(
    name="clip",
    members=tuple(
        Tensor(name, lambda _: _BOUND, limits=(ACTIVATION_LO, ACTIVATION_HI)) for name in ("channel_lo", "channel_hi")
    ),
    make=ChannelClip,
    optional=True,
)
"""Clip bounds of each channel, where they differ."""
MULQUANT = Record(name="mulquant", members=(*STAGE, *_PER_CHANNEL, CHANNEL_CLIP), make=MulQuant, with_widths=True)
"""Constants per tensor or per output channel, docs/arithmetic.md section 3."""
WIDE_MULQUANT = replace(MULQUANT, members=(*WIDE_STAGE, *_PER_CHANNEL, CHANNEL_CLIP))
"""The same for results of up to 16 bits."""


def _add_constants(quant: AddQuant) -> tuple[Constant, ...]:
    """Both multipliers side by side, in the order of the operands (axis I)."""

    def vector(*values: int) -> IntArray:
        return np.array(values, np.int64)

    return (
        Constant(
            name="multiplier",
            values=vector(quant.multiplier_a, quant.multiplier_b),
            storage=_multiplier(quant.widths, "I"),
        ),
        Constant(name="bias", values=vector(quant.bias), storage=_bias(quant.widths)),
        Constant(name="shift", values=vector(quant.shift), storage=_SHIFT),
    )


ADDQUANT = Record(
    name="addquant",
    members=(
        *WIDE_STAGE,
        *(Integer(name, limits=MULTIPLIER) for name in ("multiplier_a", "multiplier_b")),
        Integer("bias", limits=BIAS),
        Integer("shift", limits=SHIFT),
    ),
    make=AddQuant,
    with_widths=True,
    stored=_add_constants,
)
"""Constants of a residual add, docs/arithmetic.md 4.4."""


def check_stage(stage: OutputStage, output: TensorSpec) -> None:
    """Refuse a clip range outside the output format or another zero point; raise RangeError."""
    fmt = output.format
    check_int("lo", stage.lo, fmt.lo, fmt.hi)
    check_int("hi", stage.hi, fmt.lo, fmt.hi)
    if stage.zero_point != output.zero_point:
        raise RangeError(f"zero_point = {stage.zero_point} differs from the output edge's {output.zero_point}")
