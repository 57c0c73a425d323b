"""MulQuant constants as the parameter memory holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.contract.hardware import SHIFT_W, Hardware
from t2c.contract.memory_layouts import parameter_layout
from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.golden.arithmetic.mulquant import MulQuant

Lanes = npt.NDArray[Any]
"""{shift, bias, multiplier} in the low PARAM_W bits, multiplier lowest; of the dtype of `lane_dtype`."""


@dataclass(frozen=True, kw_only=True)
class LanePart:
    """A constant in a lane. low: its lowest bit; signed: two's complement."""

    name: str
    low: int
    bits: int
    signed: bool


def lane_parts(hardware: Hardware) -> tuple[LanePart, ...]:
    """The constants of a lane, the lowest first: multiplier, bias, shift."""
    scale, bias = hardware.scale_w, hardware.bias_w
    return (
        LanePart(name="multiplier", low=0, bits=scale, signed=True),
        LanePart(name="bias", low=scale, bits=bias, signed=True),
        LanePart(name="shift", low=scale + bias, bits=SHIFT_W, signed=False),
    )


def lane_dtype(hardware: Hardware) -> np.dtype[Any]:
    """uint64 for lanes of up to 63 bits; else object, for Python's integers."""
    return np.dtype(object if parameter_layout(hardware).wide else np.uint64)


def no_lanes(hardware: Hardware) -> Lanes:
    """The parameter words of what has none: (0, COLS)."""
    return np.zeros((0, hardware.cols), lane_dtype(hardware))


def encode_lanes(multiplier: npt.ArrayLike, bias: npt.ArrayLike, shift: npt.ArrayLike, hardware: Hardware) -> Lanes:
    """Pack constants, two's complement; shapes broadcast."""
    values, dtype = np.broadcast_arrays(multiplier, bias, shift), lane_dtype(hardware)
    lanes: Lanes = np.zeros(values[0].shape, dtype)
    for value, part in zip(values, lane_parts(hardware), strict=True):
        raw = np.asarray(value, dtype=np.int64) & ((1 << part.bits) - 1)
        lanes |= raw.astype(dtype) << dtype.type(part.low)
    return lanes


def decode_lanes(lanes: Lanes, hardware: Hardware) -> tuple[IntArray, IntArray, IntArray]:
    """Multiplier, bias and shift of lanes, the inverse of `encode_lanes`.

    Args:
        lanes: any shape.
        hardware: widths.

    Returns:
        (multiplier, bias, shift), each of the shape of the lanes.
    """
    dtype = lane_dtype(hardware)
    raw = np.asarray(lanes, dtype)
    pieces = ((raw >> dtype.type(part.low) & dtype.type((1 << part.bits) - 1), part) for part in lane_parts(hardware))
    multiplier, bias, shift = (
        twos_complement(piece.astype(np.int64), part.bits) if part.signed else piece.astype(np.int64)
        for piece, part in pieces
    )
    return multiplier, bias, shift


def channel_lanes(quant: MulQuant, channels: IntArray, hardware: Hardware) -> Lanes:
    """The lane of every column of every column tile.

    Args:
        quant: the constants, per tensor or per channel.
        channels: (tiles, cols) output channels, -1 on idle columns, whose lane is 0.
        hardware: widths.
    """
    lanes = encode_lanes(quant.multiplier, quant.bias, quant.shift, hardware)
    picked = lanes[np.maximum(channels, 0)] if quant.channels > 1 else np.broadcast_to(lanes, channels.shape)
    return np.where(channels >= 0, picked, np.zeros((), picked.dtype))
