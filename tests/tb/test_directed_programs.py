"""Directed programs do what they say, whatever the seed."""

from __future__ import annotations

import numpy as np
import pytest

from t2c.tb.random_programs.campaign import case_of, program_of
from t2c.tb.random_programs.core_program import expect, sum_lines


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 3])
def test_sums_reach_both_ends_of_the_accumulators(seed: int) -> None:
    case = case_of(f"program-top-deep-{seed}")
    sums = expect(program_of(case, np.random.default_rng(seed))).sums
    end = 1 << (case.hardware.acc_w - 1)
    for last in (end - 1, -end):
        assert sum_lines(np.array([[last]]), case.hardware.acc_w) in sums
