"""Bench of rtl/softmax_rows.v: corner rows first, then random rows, against t2c.golden.arithmetic.softmax."""

from __future__ import annotations

from t2c.tb.units import row_tests
from t2c.tb.units.row_tests import row_test
from t2c.tb.units.softmax_rows.rows import KINDS, SHALLOW, corner_rows
from t2c.tb.units.softmax_rows.softmax_bench import SoftmaxRowsBench

softmax_test = row_test(SoftmaxRowsBench)


@softmax_test
async def corners(bench: SoftmaxRowsBench) -> None:
    """Corner rows for each kind of table, with the widest of entries."""
    for signed in bench.signs:
        bench.read_as(signed=signed)
        space = bench.space
        for kind in KINDS:
            depth = space.rng.choice((1, min(space.fmt.bits, SHALLOW) - 1, min(space.fmt.bits, SHALLOW)))
            bench.configure(space.table(kind, depth_bits=max(depth, 1), r=max(space.reciprocal_bits)))
            await bench.run(corner_rows(space, bench.table))


@softmax_test
async def random_data(bench: SoftmaxRowsBench) -> None:
    """Random rows with every R and every P, signed and unsigned; then tables with an entry for every index."""
    for signed in bench.signs:
        bench.read_as(signed=signed)
        space, rng = bench.space, bench.rng
        depths = range(1, min(space.fmt.bits, SHALLOW) + 1)
        for r in space.reciprocal_bits:
            bench.configure(space.table(rng.choice(KINDS), depth_bits=rng.choice(depths), r=r))
            await bench.run(bench.random_rows(4, 40))
        for p in space.result_bits:
            bench.configure(space.table(rng.choice(KINDS), depth_bits=rng.choice(depths), p=p))
            await bench.run(bench.random_rows(4, 40))
        for kind in KINDS:
            bench.configure(space.table(kind, depth_bits=space.fmt.bits))
            await bench.run(bench.random_rows(6, 40))


stalls = softmax_test(row_tests.stalls)
standstill = softmax_test(row_tests.standstill)
timing = softmax_test(row_tests.timing)
overlong_rows = softmax_test(row_tests.overlong_rows)
reset_in_mid_row = softmax_test(row_tests.reset_in_mid_row)
