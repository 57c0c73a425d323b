"""A MOVE step: activation words become weight rows, the stationary operand of a product of two activations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.core_model.errors import Place
from t2c.core_model.memories import Memories
from t2c.core_model.move_walk import Origins, origins
from t2c.core_model.walk import Flags
from t2c.golden.arithmetic.formats import IntArray, twos_complement


@dataclass(frozen=True, kw_only=True, eq=False)
class Moves:
    """The weight rows of a MOVE step, in the order in which they are written.

    address: (rows,) in the weight memory; values: (rows, COLS) int8.
    """

    address: IntArray
    values: IntArray


def move(memories: Memories, descriptor: Descriptor, place: Place) -> Moves:
    """Carry out a MOVE step.

    Raises:
        ProgramError: the step does what the core does not guard against.
    """
    d, hardware = descriptor, memories.hardware
    _check(d, hardware, place)
    origin, memory = origins(d, hardware), memories.activations
    beyond = origin.inside & (origin.address >= hardware.act_depth)
    if beyond.any():
        raise _fault(place, origin, beyond, f"beyond the {hardware.act_depth} words of the memory")
    address = np.where(origin.inside, origin.address, 0)
    unknown = origin.inside & ~memory.known[address, origin.bank]
    if unknown.any():
        raise _fault(place, origin, unknown, "which was never written")
    raw = memory.words[address, origin.bank].astype(np.int64)
    values = np.where(origin.inside, twos_complement(raw, hardware.x_w) if d.x_signed else raw, 0)
    half = 1 << (hardware.w_w - 1)
    wide = (values < -half) | (values >= half)
    if wide.any():
        row, column = np.unravel_index(int(wide.argmax()), wide.shape)
        text = f"{int(values[row, column])} does not fit a weight of W_W = {hardware.w_w} bits"
        raise place.error("x_signed", text, int(origin.address[row, column]))
    memories.weights.write(d.base, values)
    return Moves(address=d.base + np.arange(len(values)), values=values.astype(np.int8))


def _check(d: Descriptor, hardware: Hardware, place: Place) -> None:
    """Refuse fields that do not go together."""
    if d.transpose and d.k_tiles != d.ch_words:
        raise place.error("k_tiles", f"{d.k_tiles}, but the banks of {d.ch_words} channel words become rows")
    if not d.transpose and d.col_tiles > d.ch_words * hardware.groups:
        text = f"{d.col_tiles}, but {d.ch_words} channel words are {d.ch_words * hardware.groups} column tiles"
        raise place.error("col_tiles", text)
    for name in ("lane_first", "lane_last"):
        if getattr(d, name) >= hardware.rows:
            raise place.error(name, f"{getattr(d, name)}, but a word has the banks 0..{hardware.rows - 1}")
    if d.ch_words == 1 and d.lane_first > d.lane_last:
        raise place.error("lane_first", f"{d.lane_first} is above lane_last = {d.lane_last} in the only channel word")
    rows = d.col_tiles * d.k_tiles * hardware.rows
    if d.base + rows > hardware.wgt_depth:
        text = f"{rows} rows from {d.base} on go beyond the {hardware.wgt_depth} of the memory"
        raise place.error("base", text, d.base)


def _fault(place: Place, origin: Origins, wrong: Flags, text: str) -> Exception:
    first = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return place.error("origin", f"reads bank {int(origin.bank[first])}, {text}", int(origin.address[first]))
