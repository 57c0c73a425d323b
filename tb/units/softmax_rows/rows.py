"""Stimulus for the bench of rtl/softmax_rows.v: tables with their R and P, and rows for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.tb.dut.traits import Traits
from t2c.tb.units.lut_softmax import rows as plain
from t2c.tb.units.lut_softmax.tables import ExponentialTable
from t2c.tb.units.row_space import BeatSpace, Row

KINDS = ExponentialTable.names
SHALLOW = 8
"""Bits of the deepest table for which rows are made that are slow to find."""
LEAST_E = 4
"""Bits of the narrowest entries."""
LEAST_P = 2
"""Bits of the narrowest results."""


@dataclass(frozen=True, kw_only=True)
class SoftmaxSpace(BeatSpace):
    """Rows, and the tables that go with them. traits: of the module."""

    traits: Traits

    @property
    def result_bits(self) -> list[int]:
        """Every P that the module has."""
        fixed = self.traits.constants.get("result_bits")
        return [fixed] if fixed else list(range(LEAST_P, self.parameters["OUT_W"] + 1))

    @property
    def reciprocal_bits(self) -> list[int]:
        """Every R that the module has; not every P goes with each."""
        fixed = self.traits.constants.get("reciprocal_bits")
        return [fixed] if fixed else list(range(LEAST_E + LEAST_P, self.parameters["R_W"] + 1))

    def table(self, kind: str, *, depth_bits: int, r: int = 0, p: int = 0) -> SoftmaxTable:
        """A table with the widest entries that R and P leave room for; R and P of the module's, any of them if 0."""
        p = p or self.rng.choice([bits for bits in self.result_bits if not r or r - bits >= LEAST_E])
        r = r or self.rng.choice([bits for bits in self.reciprocal_bits if bits - p >= LEAST_E])
        widths: Mapping[str, int] = {"E_W": min(self.parameters["E_W"], r - p), "DEPTH_W": depth_bits}
        made = ExponentialTable().made(kind, widths, np.random.default_rng(self.rng.getrandbits(32)))
        return SoftmaxTable(exp=made.entries, exponent_bits=widths["E_W"], output_bits=p, reciprocal_bits=r)

    def any_table(self) -> SoftmaxTable:
        """Of any kind and depth."""
        depth = self.rng.randint(1, min(self.fmt.bits, SHALLOW))
        return self.table(self.rng.choice(KINDS), depth_bits=depth)

    def plain(self, table: SoftmaxTable) -> plain.Space:
        """The same for rows that do not come in beats."""
        return plain.Space(fmt=self.fmt, longest=self.longest, table=table, rng=self.rng)


def corner_rows(space: SoftmaxSpace, table: SoftmaxTable) -> Iterator[Row]:
    """Those of lut_softmax, and all equal, one high or low element, any, in all lengths that tell counters apart."""
    yield from plain.corner_rows(space.plain(table))
    lo, hi, rng = space.fmt.lo, space.fmt.hi, space.rng
    for length in space.lengths:
        place = rng.randrange(length)
        yield [rng.choice((lo, 0, hi))] * length
        yield [hi if k == place else lo for k in range(length)]
        yield [lo if k == place else hi for k in range(length)]
        yield space.row(length)


def random_rows(space: SoftmaxSpace, table: SoftmaxTable, count: int, longest: int) -> Iterator[Row]:
    """Rows of random lengths: spread over the format, or bunched near a maximum."""
    return plain.random_rows(space.plain(table), count, longest)
