"""Golden's residual add as TOSA writes it: RESCALE of each operand, ADD, ADD of a bias, RESCALE.

RESCALE with a multiplier M·2^s and a shift s gives (x - zp)·M as it is, so that nothing is rounded before the last one,
whose multiplier R and shift S make the sum golden's: M_a·R, M_b·R, B = bias·R, S. TOSA holds operands of RESCALE below
2^(S-1) and every sum in 32 bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle import draw
from oracle.check import elementwise
from oracle.draw import Ints, between
from oracle.tosa.drawn import Drawn, fitting_shift, output_format, zero_point
from oracle.tosa.graph import TosaGraph
from t2c.golden.arithmetic import mulquant
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.mulquant import AddQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding

WIDTHS = Widths(acc=32, scale=32, bias=64)
TERM = 29
"""Bits of the magnitude of each of the three terms."""


def operands(rng: np.random.Generator, formats: tuple[IntFormat, IntFormat]) -> tuple[Ints, Ints]:
    """Every pair of 8-bit integers, or 4096 random pairs."""
    if all(fmt.bits == 8 for fmt in formats):
        a, b = np.meshgrid(*(np.arange(fmt.lo, fmt.hi + 1) for fmt in formats), indexing="ij")
        return a.reshape(-1), b.reshape(-1)
    a, b = (draw.operand(rng, fmt.lo, fmt.hi, 4096) for fmt in formats)
    return a, b


def drawn_add(rng: np.random.Generator) -> Drawn:
    """Draw the constants of an add and its operands."""
    formats = output_format(rng), output_format(rng)
    zero_points = zero_point(rng, formats[0]), zero_point(rng, formats[1])
    a, b = operands(rng, formats)
    terms, bias = [], between(rng, -(1 << between(rng, 0, TERM)), 1 << between(rng, 0, TERM))
    graph = TosaGraph()
    sums = []
    for values, fmt, zp in zip((a, b), formats, zero_points, strict=True):
        exact = fmt.bits + 2  # every |x - zp| is below 2^(exact - 1)
        factor = between(rng, 1, 1 << between(rng, 0, TERM - fmt.bits))
        name = graph.input(values, f"INT{fmt.bits}")
        multiplier, shift = [factor << exact], [exact]
        numbers: dict[str, Any] = {"multiplier": multiplier, "shift": shift, "zero_points": (zp, 0)}
        sums.append(graph.rescale(name, f"INT{fmt.bits}", "INT32", **numbers))
        terms.append(factor)
    total = graph.add(graph.add(*sums), graph.constant([bias], "INT32"))
    most = ((1 << 31) - 1) // max(terms)
    power = 1 << most.bit_length() - 1 - between(rng, 0, min(3, most.bit_length() - 1))  # many ties
    last = power if rng.integers(2) else between(rng, 1, most)
    reach = sum(f * (1 << fmt.bits) for f, fmt in zip(terms, formats, strict=True)) + abs(bias)
    target, double = output_format(rng), bool(rng.integers(2))
    end, shift_out = zero_point(rng, target), fitting_shift(rng, reach, last, target.bits)
    kind = f"INT{target.bits}"
    graph.rescale(total, "INT32", kind, multiplier=[last], shift=[shift_out], zero_points=(0, end), double=double)
    constants = AddQuant(
        multiplier_a=terms[0] * last,
        multiplier_b=terms[1] * last,
        bias=bias * last,
        shift=shift_out,
        rounding=Rounding.DOUBLE if double else Rounding.HALF_UP,
        zero_point=end,
        lo=target.lo,
        hi=target.hi,
        widths=WIDTHS,
    )
    return Drawn(
        graph=graph,
        golden=lambda: mulquant.residual_add(a, b, constants, zero_point_a=zero_points[0], zero_point_b=zero_points[1]),
        explain=elementwise(a=a, b=b, zp_a=zero_points[0], zp_b=zero_points[1], **vars(constants)),
    )
