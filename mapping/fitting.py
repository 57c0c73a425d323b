"""The smallest memories that hold a network whole, at no cost in cycles: what a chip for it needs."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from t2c.contract.hardware import DEPTH_MAX, Hardware
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.mapping.compiler import ALL, compile_program
from t2c.mapping.cycles import total_cycles
from t2c.mapping.program import Program


def fitted(graph: Graph, hardware: Hardware) -> Program:
    """Compile a network for the smallest memories, powers of two, in which nothing of it has to visit the host.

    Accumulators are as few as take no more cycles.

    Args:
        graph: the network, one image a run.
        hardware: the array, the widths and the most accumulators; its other depths are not looked at.

    Raises:
        UnsupportedError, RangeError: as `compile_program`, with the largest memories.
    """
    largest = replace(
        hardware, act_depth=DEPTH_MAX, wgt_depth=DEPTH_MAX, par_depth=DEPTH_MAX, prg_depth=DEPTH_MAX, tbl_depth=1 << 16
    )
    program = compile_program(graph, ALL, largest)
    smaller = replace(
        largest,
        wgt_depth=_power(len(program.weights), 2),
        par_depth=_power(len(program.params), 4),
        prg_depth=_power(len(program.words()), 64),
        tbl_depth=_power(len(program.tables), 1 << hardware.x_w),
    )
    best, depth = compile_program(graph, ALL, smaller), smaller.act_depth
    while depth > 2:
        depth //= 2
        found = _whole(graph, replace(smaller, act_depth=depth))
        if found is None:
            break
        best = found
    while best.hardware.acc_depth > 2:
        found = _whole(graph, replace(best.hardware, acc_depth=best.hardware.acc_depth // 2))
        if found is None or total_cycles(found) > total_cycles(best):
            break
        best = found
    return best


def _power(count: int, least: int) -> int:
    """The least power of two that is at least both."""
    return max(least, 1 << max(count - 1, 0).bit_length())


def _whole(graph: Graph, hardware: Hardware) -> Program | None:
    """The program, if no tensor of it visits the host."""
    with contextlib.suppress(UnsupportedError, RangeError):
        program = compile_program(graph, ALL, hardware)
        return None if program.spilled else program
    return None
