"""Cycles are part of the contract: a step of another length is a FAIL of our core and a note on another's."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from t2c.contract import pipeline
from t2c.contract.hardware import Hardware
from t2c.golden.errors import PackageError
from t2c.mapping.compiler import compile_program
from t2c.mapping.cycles import total_cycles
from t2c.tb.cosim.cosimulation import cosimulate
from t2c.tb.cosim.report import run_table
from t2c.tb.cosim.request import RunRequest
from t2c.tb.cosim.step_times import BEGIN, END, START, differences, expected_times, read_times
from t2c.tb.simulation.simulators import find_simulator
from tests.core_net import core_package
from tests.tb.retimings import RETIMINGS
from tests.tb.rtl_mutants import plant_all

HARDWARE = Hardware(rows=4, cols=4, act_depth=1024)
PROGRAM = compile_program(core_package().graph, "all", HARDWARE)
PARTS = expected_times(PROGRAM)
MARKS = np.array([BEGIN, *[START] * (len(PARTS) - 1), END])


def cycles(**longer: int) -> np.ndarray:
    """Cycle of each mark; longer: parts, by `p<number>`, that take so many cycles more."""
    took = [part["cycles"] + longer.get(f"p{number}", 0) for number, part in enumerate(PARTS)]
    return np.cumsum([7, *took])


def test_the_parts_are_the_whole_run() -> None:
    assert sum(part["cycles"] for part in PARTS) == total_cycles(PROGRAM)
    assert PARTS[0]["cycles"] == pipeline.FETCH
    assert [part["number"] for part in PARTS] == [None, *range(len(PROGRAM.steps) - 1)]


def test_a_run_as_expected() -> None:
    assert differences(0, MARKS, cycles(), PARTS, stalled=False) == (None, None)
    assert differences(0, MARKS, cycles(), PARTS, stalled=True) == (None, None)


@pytest.mark.parametrize("more", [1, -1])
def test_a_step_of_another_length(more: int) -> None:
    for stalled in (False, True):
        fault, text = differences(3, MARKS, cycles(p2=more, p4=2 * more), PARTS, stalled=stalled)
        assert fault is None
        assert text is not None
        assert text.startswith(f"contract.schedule differs by {more:+d} at step 1 (RUN of layer stem): ")
        assert text.endswith(
            f"2 of {len(PARTS) - 1} steps differ, by {min(more, 2 * more):+d} to {max(more, 2 * more):+d}"
        )


def test_a_host_that_stalls_makes_transfers_longer_but_not_shorter() -> None:
    assert PARTS[1]["held"]
    assert differences(0, MARKS, cycles(p1=5), PARTS, stalled=True) == (None, None)
    for change, stalled in ((5, False), (-1, True)):
        assert "at step 0 (LOAD of layer (load))" in str(
            differences(0, MARKS, cycles(p1=change), PARTS, stalled=stalled)[1]
        )


def test_steps_that_do_not_start() -> None:
    fault, text = differences(2, np.delete(MARKS, 1), cycles()[:-1], PARTS, stalled=False)
    assert (fault, text) == (f"run 2: {len(PARTS) - 2} steps started, {len(PARTS) - 1} were expected", None)


def test_what_the_harness_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "steps.hex").write_text("100000002\n2ffffffff\n")
    what, cycle = read_times(tmp_path / "steps.hex")
    assert (what.tolist(), cycle.tolist()) == ([1, 2], [2, 0xFFFFFFFF])
    (tmp_path / "steps.hex").write_text("10000000x\n")
    with pytest.raises(PackageError, match=r"steps\.hex"):
        read_times(tmp_path / "steps.hex")
    with pytest.raises(PackageError, match="no times of steps"):
        read_times(tmp_path / "none.hex")


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("stall", ["none", "p50"])
def test_a_register_stage_more_in_the_window_is_said(stall: str, tmp_path: Path, sim_output: Path) -> None:
    """No value differs. Our own core must keep its contract; of another's it is worth a line."""
    rtl = plant_all(tmp_path, *RETIMINGS["operands a cycle later"])
    ours, theirs = (
        cosimulate(
            core_package(), "core", RunRequest(rtl=rtl, exact_cycles=exact, stall=stall), HARDWARE,
            find_simulator("icarus"), sim_output,
        )
        for exact in (True, False)
    )  # fmt: skip
    assert (ours.verdict, theirs.verdict) == ("FAIL", "PASS")
    takes = PARTS[2]["cycles"]
    line = (
        f"contract.schedule differs by +1 at step 1 (RUN of layer stem): {takes + 1} cycles, {takes} expected; "
        "10 of 16 steps differ"
    )
    assert ours.reasons == (f"{line}, by +1 to +1",)
    assert theirs.reasons == ()
    assert re.search(rf"^cycles +{re.escape(line)}", run_table(theirs), re.MULTILINE)
    stem = next(figures for figures in theirs.figures["layers"] if figures["layer"] == "stem")
    assert (stem["cycles"], stem["expected_cycles"]) == (takes + 1, takes)
