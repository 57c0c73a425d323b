"""Random graphs of TOSA beside golden: what is common to all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from oracle import draw
from oracle.check import Batch, Explain
from oracle.draw import between
from oracle.tosa.case import Ints
from oracle.tosa.graph import TosaGraph, run_graphs
from t2c.golden.arithmetic.formats import IntFormat

TOGETHER = 48
"""Graphs that one process of TOSA's runs."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """A graph, the same by golden in the graph's layout, and what explains a value."""

    graph: TosaGraph
    golden: Callable[[], Ints]
    explain: Explain


def graph_batches(rng: np.random.Generator, *, drawn: Callable[[np.random.Generator], Drawn]) -> Iterator[Batch]:
    """Graphs without end."""
    while True:
        several = [drawn(rng) for _ in range(TOGETHER)]
        for one, result in zip(several, run_graphs([one.graph for one in several]), strict=True):
            yield Batch(np.asarray(one.golden()), result, one.explain)


def output_format(rng: np.random.Generator) -> IntFormat:
    """Draw int8 or int16."""
    return IntFormat(bits=int(rng.choice([8, 16])), signed=True)


def zero_point(rng: np.random.Generator, fmt: IntFormat) -> int:
    """Draw a zero point; TOSA has none but 0 for int16."""
    return int(draw.integers(rng, fmt.lo, fmt.hi, 1)[0]) if fmt.bits == 8 else 0


def fitting_shift(rng: np.random.Generator, reach: int, multiplier: int, bits: int) -> int:
    """Draw a shift for values up to `reach`: within TOSA's rule reach < 2^(S-1), S in 2..62, and such that results come
    to between 4 bits and two more than they have, where that allows it."""
    wanted = (reach * multiplier).bit_length() - between(rng, 4, bits + 2)
    return min(max(wanted, reach.bit_length() + 1, 2), 62)
