"""Pure address arithmetic of a MOVE step: which activation each weight comes from.

The only place that has it; the model, the expectation of a simulation and the localisation of faults ask here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.core_model.walk import Flags
from t2c.golden.arithmetic.formats import IntArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Origins:
    """Where the weights of a MOVE come from, every field (col_tiles * k_tiles * ROWS, COLS), in the order of the rows.

    token: number of the token; word: channel word in it; bank: of that word; address: of the word; unwrapped: the same
    before the modulo of the memory's size; inside: the token exists and the bank belongs to the operand. Elsewhere the
    weight is 0, and the address means nothing.
    """

    token: IntArray
    word: IntArray
    bank: IntArray
    address: IntArray
    unwrapped: IntArray
    inside: Flags


def origins(descriptor: Descriptor, hardware: Hardware) -> Origins:
    """Token, bank and address of every weight that the step writes."""
    d = descriptor
    tile, k_tile, row, column = np.ogrid[: d.col_tiles, : d.k_tiles, : hardware.rows, : hardware.cols]
    if d.transpose:
        token, word, bank = tile * hardware.cols + column, k_tile, row
    else:
        token, bank = k_tile * hardware.rows + row, tile % hardware.groups * hardware.cols + column
        word = tile // hardware.groups
    token, word, bank = (
        each.reshape(-1, hardware.cols)
        for each in np.broadcast_arrays(token, word, bank, tile + k_tile + row + column)[:3]
    )
    unwrapped = d.origin + token * d.col_step + word
    address = unwrapped & ((1 << hardware.act_addr_w) - 1)
    channel, first, last = (
        at * hardware.rows + lane for at, lane in ((word, bank), (0, d.lane_first), (d.ch_words - 1, d.lane_last))
    )
    inside = (token < d.in_w) & (first <= channel) & (channel <= last)
    return Origins(token=token, word=word, bank=bank, address=address, unwrapped=unwrapped, inside=inside)
