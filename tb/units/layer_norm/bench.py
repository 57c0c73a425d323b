"""Bench of rtl/layer_norm.v: corner rows first, then random rows, against t2c.golden.arithmetic.layer_norm."""

from __future__ import annotations

from t2c.tb.units import row_tests
from t2c.tb.units.layer_norm.norm_bench import LayerNormBench
from t2c.tb.units.layer_norm.rows import corner_rows, random_quant, random_rows, root_cases, telling_quant
from t2c.tb.units.row_tests import row_test

norm_test = row_test(LayerNormBench)


@norm_test
async def corners(bench: LayerNormBench) -> None:
    """Corner rows, one after another, then alone with every bit of t in sight; roots at their limits."""
    for signed in bench.signs:
        bench.read_as(signed=signed)
        space = bench.space
        rows = list(corner_rows(space))
        for epsilon in (1, 1 << 60, space.any_norm().epsilon):
            await bench.run_with(rows, space.norm(epsilon), random_quant(space))
        for row in rows:
            norm = space.norm(1 if bench.rng.random() < 0.7 else space.any_norm().epsilon)
            await bench.run_with([row], norm, telling_quant(space, row, norm))
        for row, norm in root_cases(space):
            await bench.run_with([row], norm, telling_quant(space, row, norm))


@norm_test
async def random_data(bench: LayerNormBench) -> None:
    """Random rows, signed and unsigned."""
    for signed in bench.signs:
        bench.read_as(signed=signed)
        space = bench.space
        for _ in range(8):
            await bench.run_with(random_rows(space, 12, 64), space.any_norm(), random_quant(space))
        for row in random_rows(space, 40, 64):
            norm = space.any_norm()
            await bench.run_with([row], norm, telling_quant(space, row, norm))


stalls = norm_test(row_tests.stalls)
standstill = norm_test(row_tests.standstill)
timing = norm_test(row_tests.timing)
overlong_rows = norm_test(row_tests.overlong_rows)
reset_in_mid_row = norm_test(row_tests.reset_in_mid_row)
