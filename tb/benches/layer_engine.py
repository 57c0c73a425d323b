"""Bench of the layer engine inside tb/hdl/layer_harness.v: set jobs, sleep, compare the captured stream with golden."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge, SimTimeoutError, Timer, with_timeout

from mapping.order import OutputOrder
from tb.capture import Words, read_capture
from tb.comparison import Verdict, compare_batch, merge

Batch = dict[str, Any]
"""One entry of `batches` in job.json; see tb.layer_files."""

PERIOD_NS = 2
RESET_CYCLES = 8
STICKY = {
    "unstable": "m_axis payload changed while stalled",
    "unknown": "X on a control signal",
    "done_wrong": "done did not come one cycle after the last word, or came at another time",
    "busy_wrong": "busy_o does not span start to the last word, or s_axis_tready_o is not its opposite",
}
"""Checks of tb/hdl/layer_harness.v."""
QUIET_CYCLES = 64
"""After the last job, besides ROWS + COLS: long enough for anything that is still inside to come out."""
MID_STREAM_CYCLES = 20
"""After the start: weights are loaded or the first pixels are in the array, and no layer can be done."""


class LayerBench:
    """Drives the harness through one job file.

    dut: the harness; job: the decoded job.json that tb.layer_files wrote.
    """

    def __init__(self, dut: HierarchyObject, job: dict[str, Any]) -> None:
        self.dut = dut
        self.job = job
        self.order = OutputOrder(**job["order"])
        self.expected = np.load(job["expected"])

    async def reset(self) -> None:
        """Hold reset for some cycles and set the stall profiles."""
        dut, job = self.dut, self.job
        dut.rst_n.value = 0
        dut.go.value = 0
        dut.dump.value = 0
        dut.seed.value = job["seed"] & 0xFFFFFFFF
        dut.in_profile.value = job["stall_in"]["profile"]
        dut.out_profile.value = job["stall_out"]["profile"]
        dut.in_blocked.value = job["stall_in"]["blocked"]
        dut.out_blocked.value = job["stall_out"]["blocked"]
        await Timer(RESET_CYCLES * PERIOD_NS, "ns")
        dut.rst_n.value = 1
        await Timer(RESET_CYCLES * PERIOD_NS, "ns")

    async def start(self, batch: Batch) -> None:
        """Set one batch going."""
        dut = self.dut
        dut.load_words.value = batch["load_words"]
        dut.first_desc.value = batch["first_descriptor"]
        dut.descs.value = batch["descriptors"]
        dut.go.value = 1
        await Timer(2 * PERIOD_NS, "ns")
        dut.go.value = 0

    async def run(self, batch: Batch) -> str | None:
        """Run one batch to its end; return what went wrong, or None."""
        await self.start(batch)
        limit = batch["cycle_limit"]
        try:
            await with_timeout(RisingEdge(self.dut.job_done), limit * PERIOD_NS, "ns")
        except SimTimeoutError:
            return f"no done after {limit} cycles: {self.stalled_interface()}"
        await Timer(RESET_CYCLES * PERIOD_NS, "ns")
        return None

    async def until_busy(self, limit: int) -> None:
        """Wait until the engine computes."""
        for _ in range(limit):
            if str(self.dut.interfaces.value)[0] == "1":
                return
            await Timer(PERIOD_NS, "ns")
        raise AssertionError(f"the engine does not start within {limit} cycles: {self.stalled_interface()}")

    def stalled_interface(self) -> str:
        """Name the interface that waits, from the harness's `interfaces` bits."""
        bits = str(self.dut.interfaces.value)
        busy, _, in_valid, in_ready, out_valid, out_ready = bits
        if in_valid == "1" and in_ready != "1":
            return "s_axis waits for tready"
        if out_valid == "1" and out_ready != "1":
            return "m_axis waits for tready"
        if busy == "1":
            return "the engine is busy, m_axis gives no tvalid"
        return f"the engine is idle and done never came (busy, running, s_valid, s_ready, m_valid, m_ready = {bits})"

    def counter(self, name: str) -> int:
        """Read a counter of the harness; an unknown one counts as -1."""
        value = getattr(self.dut, name).value
        return int(value) if value.is_resolvable else -1

    def protocol_faults(self, batches: list[Batch]) -> list[str]:
        """What the harness's checks found over the whole run."""
        descriptors = sum(batch["descriptors"] for batch in batches)
        faults = []
        for name, text in STICKY.items():
            if self.counter(name) != 0:
                faults.append(text)
        for name, what in (("dones", "done pulses"), ("lasts", "tlast words")):
            if self.counter(name) != descriptors:
                faults.append(f"{self.counter(name)} {what} came, {descriptors} were expected")
        return faults

    async def settle(self) -> list[str]:
        """Open both streams after the last job; whatever still comes is a fault."""
        dut = self.dut
        for name in ("in_profile", "out_profile", "in_blocked", "out_blocked"):
            getattr(dut, name).value = 0
        before = self.counter("captured")
        await Timer((self.job["rows"] + self.order.cols + QUIET_CYCLES) * PERIOD_NS, "ns")
        after = self.counter("captured")
        return [] if after == before else [f"{after - before} output words came after the last done"]

    async def captured(self) -> Words:
        """Let the harness write what it captured and read it."""
        self.dut.dump.value = 1
        await Timer(2 * PERIOD_NS, "ns")
        self.dut.dump.value = 0
        bits = self.order.cols * (self.job["x_w"] + 1) + 1
        if self.counter("captured") <= 0:
            empty = np.zeros((0, bits), dtype=bool)
            return Words(value=empty, unknown=empty)
        return read_capture(Path(self.job["capture"]), bits)

    def compare(self, words: Words, batches: list[Batch]) -> list[Verdict]:
        """Cut the captured words into batches and compare each; words beyond the last batch stay with it."""
        verdicts, start = [], 0
        for index, batch in enumerate(batches):
            end = start + self.order.words(batch["images"])
            piece = slice(start, None if index == len(batches) - 1 else end)
            first = batch["first_image"]
            verdicts.append(
                compare_batch(
                    self.job["layer"],
                    Words(value=words.value[piece], unknown=words.unknown[piece]),
                    self.expected[first : first + batch["images"]],
                    self.order,
                    x_w=self.job["x_w"],
                    signed=self.job["signed"],
                    first_image=first,
                    last_words=batch["last_words"],
                )
            )
            start = end
        return verdicts


def _load_bench(dut: HierarchyObject) -> LayerBench:
    return LayerBench(dut, json.loads(Path(os.environ["T2C_JOB"]).read_text()))


async def _run_and_judge(bench: LayerBench) -> None:
    """Run every batch, compare, write verdict.json and fail the test unless all of it matched."""
    batches = bench.job["batches"]
    faults: list[str] = []
    started, sim_start = time.perf_counter(), cocotb.utils.get_sim_time("ns")
    for batch in batches:
        fault = await bench.run(batch)
        if fault is not None:
            faults.append(fault)
            break
    seconds = time.perf_counter() - started
    cycles = int(cocotb.utils.get_sim_time("ns") - sim_start) // PERIOD_NS
    faults += await bench.settle()
    faults += bench.protocol_faults(batches)
    verdict = merge(bench.compare(await bench.captured(), batches), faults)
    report = verdict.to_json()
    report["first"] = [asdict(mismatch) | {"text": mismatch.text()} for mismatch in verdict.first]
    report |= {
        "nonce": bench.job["nonce"],
        "run_cycles": bench.counter("run_cycles"),
        "load_cycles": bench.counter("load_cycles"),
        "simulated_cycles": cycles,
        "cycles_per_second": cycles / seconds,
    }
    Path(bench.job["verdict"]).write_text(json.dumps(report, indent=1) + "\n")
    for mismatch in verdict.first:
        cocotb.log.error(mismatch.text())
    for fault in verdict.faults:
        cocotb.log.error(fault)
    assert verdict.compared > 0, "nothing was compared"
    assert verdict.passed, f"{verdict.mismatches} mismatches, {len(verdict.faults)} faults"


@cocotb.test()
async def layer(dut: HierarchyObject) -> None:
    """The whole job from reset: every output of every image equals golden's."""
    bench = _load_bench(dut)
    await bench.reset()
    await _run_and_judge(bench)


@cocotb.test()
async def layer_after_reset_in_mid_stream(dut: HierarchyObject) -> None:
    """Reset while loading and again while computing; the whole job must then match as if nothing had been before."""
    bench = _load_bench(dut)
    first = bench.job["batches"][0]
    for computing in (False, True):
        await bench.reset()
        await bench.start(first)
        if computing:
            await bench.until_busy(first["cycle_limit"])
            await Timer(MID_STREAM_CYCLES * PERIOD_NS, "ns")
        assert bench.counter("job_done") == 0, "the reset came too late to be in mid-stream"
    await bench.reset()
    await _run_and_judge(bench)
