"""TABLE of 16 bits and RESCALE of TOSA beside golden's interpolate, for every input.

v lies below 2^23; RESCALE wants a shift of 24 or more for it, which is golden's 7 + F with a multiplier of
2^(S - 7 - F). TOSA wants neighbouring entries to differ by 16 bits at most, golden does not.
"""

from __future__ import annotations

import numpy as np

from oracle import draw
from oracle.check import elementwise
from oracle.draw import between
from oracle.tosa.drawn import Drawn, output_format, zero_point
from oracle.tosa.graph import TosaGraph
from t2c.golden.arithmetic import interpolation
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.interpolation import ENTRIES, ENTRY, InterpolatedTable

INPUT = IntFormat(bits=16, signed=True)


def drawn_line(rng: np.random.Generator) -> Drawn:
    """Draw a table and what comes after it; the inputs are all there are."""
    if rng.integers(2):
        entries = between(rng, ENTRY.lo, 0) + draw.integers(rng, 0, ENTRY.hi, ENTRIES)
    else:
        entries = np.sort(rng.integers(ENTRY.lo, ENTRY.hi, ENTRIES, endpoint=True))
    x, target, fraction = np.arange(INPUT.lo, INPUT.hi + 1), output_format(rng), between(rng, 0, 15)
    end, shift = zero_point(rng, target), between(rng, 24, 31)
    graph, kind = TosaGraph(), f"INT{target.bits}"
    inputs = [graph.input(x, "INT16"), graph.constant(entries, "INT16")]
    v = graph.step("TABLE", inputs, "INT32", attribute="TableAttribute")
    graph.rescale(v, "INT32", kind, multiplier=[1 << shift - 7 - fraction], shift=[shift], zero_points=(0, end))
    table = InterpolatedTable(entries=entries, fraction_bits=fraction, zero_point=end, lo=target.lo, hi=target.hi)
    return Drawn(
        graph=graph,
        golden=lambda: interpolation.interpolate(x, table, INPUT),
        explain=elementwise(x=x, fraction_bits=fraction, zp=end, lo=target.lo, hi=target.hi),
    )
