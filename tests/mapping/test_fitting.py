"""The smallest memories that hold a network: one step less of any, and it no longer does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.golden.graph.find_package import open_package
from t2c.mapping.compiler import ALL, compile_program
from t2c.mapping.cycles import total_cycles
from t2c.mapping.fitting import fitted
from t2c.mapping.program import Program


def whole(program: Program, largest: Program) -> bool:
    """Whether nothing visits the host, no constant is brought and no cycle is lost."""
    return not program.spilled and total_cycles(program) <= total_cycles(largest)


@pytest.mark.parametrize("name", ["digits_w8a8", "vit2"])
def test_no_memory_can_be_halved(name: str) -> None:
    graph = open_package(name)[1].graph
    array = Hardware(rows=8, cols=8, row_lanes=2)
    program = fitted(graph, array)
    best = program.hardware
    largest = compile_program(graph, ALL, array)
    assert whole(program, largest)
    for depth in ("act_depth", "wgt_depth", "par_depth", "acc_depth", "tbl_depth"):
        half = getattr(best, depth) // 2
        try:
            smaller = compile_program(graph, ALL, replace(best, **{depth: half}))
        except (UnsupportedError, RangeError):
            continue
        assert not whole(smaller, program), depth
