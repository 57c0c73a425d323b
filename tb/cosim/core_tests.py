"""Bench of t2c_core inside tb/hdl/core_harness.v: set a run going, sleep, compare every result word with golden."""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge, SimTimeoutError, with_timeout

from t2c.contract.registers import ErrorCode, Status, error_word
from t2c.tb.cosim.core_bench import PERIOD_NS, CoreBench


def _load_bench(dut: HierarchyObject) -> CoreBench:
    return CoreBench(dut, json.loads(Path(os.environ["T2C_JOB"]).read_text()))


async def _run_and_judge(bench: CoreBench) -> None:
    """Run every run, compare, write verdict.json and fail the test unless all of it matched."""
    check = bench.check
    simulated, seconds = 0, 0.0
    await bench.dump()
    before = bench.layer_cycles()
    for run in range(bench.job["runs"]):
        started, sim_start = time.perf_counter(), cocotb.utils.get_sim_time("ns")
        fault = await bench.run(run)
        stopped = bench.stopped
        seconds += time.perf_counter() - started
        simulated += int(cocotb.utils.get_sim_time("ns") - sim_start) // PERIOD_NS
        if stopped:
            check.write({"stopped": fault})
            raise AssertionError(fault)
        check.faults += [fault] if fault else bench.end_faults(run)
        check.faults += await bench.settle()
        await bench.dump()
        after = bench.layer_cycles()
        wrong = check.results(run, bench.trace(), np.trim_zeros(after - before, "b").tolist())
        before = after
        if len(check.looked_up):
            wrong |= check.before(run, bench.before())
        if bench.job["accumulators"]:
            wrong |= check.sums(run, bench.sums())
        if fault:
            break
        check.times(run)
        check.output(run, bench.stored())
        if wrong:
            break  # what follows proves nothing more
    reasons = check.finish(simulated, seconds)
    for fault in check.faults:
        cocotb.log.error(fault)
    assert not reasons, reasons[0]


@cocotb.test()
async def look(dut: HierarchyObject) -> None:
    """Run up to one run of the job with the probe on one array column or one row step, or with a waveform; compare
    nothing."""
    bench = _load_bench(dut)
    wish = json.loads(os.environ["T2C_LOOK"])
    await bench.reset()
    for run in range(wish["run"] + 1):
        if run == wish["run"]:
            dut.windows.value, dut.column.value = wish["windows"], wish["column"]
            dut.row_step.value = wish["row_step"]
            dut.wave_first.value = wish["first"]
        await bench.start(run)
        limit = wish["last"] if run == wish["run"] else bench.job["cycle_limit"]
        with contextlib.suppress(SimTimeoutError):  # a run that hangs is looked at all the same
            await with_timeout(RisingEdge(dut.job_done), limit * PERIOD_NS, "ns")
        await bench.settle()


@cocotb.test()
async def program(dut: HierarchyObject) -> None:
    """Every run from reset: every result of every image equals golden's."""
    bench = _load_bench(dut)
    await bench.reset()
    await _run_and_judge(bench)


@cocotb.test()
async def program_after_reset_in_mid_stream(dut: HierarchyObject) -> None:
    """Reset while loading and again while computing; the whole job must then match as if nothing had been before."""
    bench = _load_bench(dut)
    limit = bench.job["cycle_limit"]
    for computing in (False, True):
        await bench.reset()
        await bench.start(0)
        for _ in range(limit):
            await bench.cycles(1)
            if bench.counter("captured" if computing else "words_in") > 0:
                break
        assert bench.counter("job_done") == 0, "the reset came too late to be in mid-stream"
        assert bench.counter("captured" if computing else "words_in") > 0, "nothing happened before the reset"
    await bench.reset()
    await _run_and_judge(bench)


@cocotb.test()
async def unknown_operation_is_an_error(dut: HierarchyObject) -> None:
    """A program whose first step was made meaningless: the core stops with code 1 and has moved nothing."""
    bench = _load_bench(dut)
    await bench.reset()
    await bench.start(0)
    await with_timeout(RisingEdge(bench.dut.job_done), bench.job["cycle_limit"] * PERIOD_NS, "ns")
    assert bench.counter("status") == Status.ERROR
    assert bench.counter("error_code") == error_word(ErrorCode.UNKNOWN_OPERATION)
    assert bench.counter("captured") == bench.counter("words_in") == 0


@cocotb.test()
async def misplaced_tlast_is_an_error(dut: HierarchyObject) -> None:
    """A tlast in the wrong place stops the program with an error; after that the core works as before."""
    bench = _load_bench(dut)
    await bench.reset()
    bench.dut.early_last.value = 0
    await bench.start(0)
    await with_timeout(RisingEdge(bench.dut.job_done), bench.job["cycle_limit"] * PERIOD_NS, "ns")
    assert bench.counter("status") == Status.ERROR
    assert bench.counter("error_code") == error_word(ErrorCode.MISPLACED_TLAST)
    assert bench.counter("captured") == 0
    await bench.reset()
    await _run_and_judge(bench)
