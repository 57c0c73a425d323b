"""What a step of a program can do, and how it joins and rounds: the codes in a descriptor."""

from __future__ import annotations

from t2c.contract.codes import Code
from t2c.golden.arithmetic.rounding import Rounding


class Operation(Code):
    """What a step does; field OP of its descriptor."""

    END = 0, "ends the program"
    LOAD = 1, "WORDS words of `s_axis` into the activation memory, from BASE on"
    RUN = 2, "one layer, or one part of it"
    STORE = 3, "WORDS words of the activation memory, from BASE on, to `m_axis`"
    WEIGHTS = 4, "WORDS rows of weights from `s_axis` into the weight memory, from BASE on"
    PARAMS = 5, "WORDS parameter words from `s_axis` into the parameter memory, from BASE on"
    TABLES = 6, "WORDS entries from `s_axis` into the table memory, from BASE on"
    MOVE = (
        7,
        "activation words become weight rows, from BASE on: the stationary operand of a product of two activations",
    )
    SOFTMAX = 8, "OUT_PIXELS rows of the activation memory to their softmax"
    LAYER_NORM = 9, "OUT_PIXELS rows of the activation memory, normalised"


LOADS = (Operation.LOAD, Operation.WEIGHTS, Operation.PARAMS, Operation.TABLES)
"""Operations that move words of the input stream into a memory."""
TRANSFERS = (*LOADS, Operation.STORE)
"""Operations that move words between a stream and a memory."""
ROW_STEPS = (Operation.SOFTMAX, Operation.LAYER_NORM)
"""Operations of the row engine."""
RESULT_STEPS = (Operation.RUN, *ROW_STEPS)
"""Operations that compute words of the activation memory; a RUN does unless it holds its sums."""


class Combine(Code):
    """How K tiles (SUM, MAX) or neighbouring pixels (PAIR) join; field COMBINE of a RUN."""

    SUM = 0, "the accumulator adds K tiles"
    MAX = 1, "the accumulator keeps the largest of the K tiles"
    PAIR = 2, "MulQuant adds each pixel of odd x to the one before it"


ROUNDINGS = {mode.code: mode for mode in Rounding}
"""Field ROUNDING of a RUN or a LAYER_NORM: the rounding modes by their hardware code."""
ROUNDING_BITS = max(ROUNDINGS).bit_length()
"""Bits of a rounding mode in the RTL."""
