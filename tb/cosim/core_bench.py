"""What the bench of t2c_core is made of: it drives tb/hdl/core_harness.v and reads what that captured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge, SimTimeoutError, Timer, with_timeout

from t2c.contract.registers import ErrorCode, Status, error_word, layer_word
from t2c.tb.cosim.capture import Sums, Words, read_capture, read_sums
from t2c.tb.cosim.run_check import RunCheck

PERIOD_NS = 2
RESET_CYCLES = 8
STICKY = {
    "unstable": "m_axis payload changed while stalled",
    "unknown": "X on a control signal",
    "last_wrong": "m_axis: tlast does not mark the last word of each step",
    "stray": "a word came while the core was not busy",
    "axil_wrong": "a register access had another response than expected",
}
"""Checks of tb/hdl/core_harness.v."""
QUIET_CYCLES = 64
"""After a run, besides ROWS + COLS: long enough for anything that is still inside to come out."""


class CoreBench:
    """Drives the harness through one job. dut: the harness; job: the decoded job.json that run_files wrote."""

    def __init__(self, dut: HierarchyObject, job: dict[str, Any]) -> None:
        self.dut = dut
        self.job = job
        self.folder = Path(job["folder"])
        self.check = RunCheck(job)
        hardware = self.check.hardware
        self.rows, self.cols = hardware.rows, hardware.cols
        self.stream_w = hardware.stream_w
        self.stopped = False  # by the end of the waveform window

    async def reset(self) -> None:
        """Hold reset for some cycles and set the stall profiles."""
        dut, job = self.dut, self.job
        dut.rst_n.value = 0
        dut.go.value = 0
        dut.dump.value = 0
        dut.early_last.value = 0xFFFFFFFF
        dut.transfers.value = job["transfers"]
        dut.stored_low.value, dut.stored_high.value = job["output"]
        dut.wave_first.value = job["window"][0] if job["window"] else 0xFFFFFFFF
        self.set_stalls(job["stall_in"], job["stall_out"])
        await self.cycles(RESET_CYCLES)
        dut.rst_n.value = 1
        await self.cycles(RESET_CYCLES)

    def set_stalls(self, stall_in: dict[str, int], stall_out: dict[str, int]) -> None:
        """Choose the back-pressure of both streams."""
        dut = self.dut
        dut.in_profile.value, dut.in_blocked.value = stall_in["profile"], stall_in["blocked"]
        dut.out_profile.value, dut.out_blocked.value = stall_out["profile"], stall_out["blocked"]

    async def cycles(self, count: int) -> None:
        await Timer(count * PERIOD_NS, "ns")

    async def start(self, run: int) -> None:
        """Set one run of the program going."""
        # Back-pressure depends on seed and image alone, so that a replay of one image meets the same.
        image = self.job["first_image"] + run * self.job["batch"]
        self.dut.seed.value = (self.job["seed"] + 0x9E3779B9 * image) & 0xFFFFFFFF
        self.dut.input_base.value = run * self.job["input_words"]
        self.dut.go.value = 1
        await self.cycles(3)
        self.dut.go.value = 0

    async def run(self, run: int) -> str | None:
        """Run the program once to its end; return what went wrong, or None."""
        await self.start(run)
        limit, what = self.job["cycle_limit"], "not done"
        window = self.job["window"]
        ends = bool(window and window[1] is not None and window[1] < limit)
        if ends:
            limit, what = window[1], "stopped with the waveform's last cycle"
        try:
            await with_timeout(RisingEdge(self.dut.job_done), limit * PERIOD_NS, "ns")
        except SimTimeoutError:
            self.stopped = ends
            number = self.counter("layer")
            layer = self.job["layers"][number] if 0 <= number < len(self.job["layers"]) else number
            return f"run {run}: {what} after {limit} cycles, in layer {layer}: {self.stalled_interface()}"
        return None

    def stalled_interface(self) -> str:
        """Name the interface that waits, from the harness's `interfaces` bits."""
        bits = str(self.dut.interfaces.value)
        busy, _, in_valid, in_ready, out_valid, out_ready = bits
        if in_valid == "1" and in_ready != "1":
            return "s_axis waits for tready"
        if out_valid == "1" and out_ready != "1":
            return "m_axis waits for tready"
        if busy == "1":
            return "the core is busy, m_axis gives no tvalid"
        return f"the core is not busy (busy, host, s_valid, s_ready, m_valid, m_ready = {bits})"

    def counter(self, name: str) -> int:
        """Read a register of the harness; an unknown one counts as -1."""
        value = getattr(self.dut, name).value
        return int(value) if value.is_resolvable else -1

    def end_faults(self, run: int) -> list[str]:
        """How the program ended, by the core's own registers and by the host's transfers."""
        faults = []
        status, error = self.counter("status"), self.counter("error_code")
        if status != Status.DONE or error != error_word(ErrorCode.NONE):
            faults.append(f"run {run}: STATUS = {status}, ERROR = {error} at layer {self.counter('last_layer')}")
        if self.counter("last_layer") != layer_word(self.job["last_layer"]):
            faults.append(f"run {run}: LAYER = {self.counter('last_layer')}, {self.job['last_layer']} was expected")
        if self.counter("served") != self.job["transfers"]:
            faults.append(f"run {run}: {self.counter('served')} of {self.job['transfers']} transfers were complete")
        if self.counter("refused") != 1:
            faults.append(f"run {run}: a start while busy was not refused")
        # CYCLES counts from the start, one cycle before the core is busy.
        if self.counter("cycles") != self.counter("busy_cycles") + 1:
            faults.append(
                f"run {run}: the CYCLES register says {self.counter('cycles')}, "
                f"the core was busy for {self.counter('busy_cycles')}"
            )
        return faults

    async def settle(self) -> list[str]:
        """After a run nothing more may come."""
        before = self.counter("captured")
        await self.cycles(self.rows + self.cols + QUIET_CYCLES)
        after = self.counter("captured")
        faults = [] if after == before else [f"{after - before} result words came after the end"]
        return faults + [text for name, text in STICKY.items() if self.counter(name) != 0]

    async def dump(self) -> None:
        """Let the harness write what it captured; the trace is written as it comes, anew for each run."""
        for name in ("stored", "cycles"):
            (self.folder / f"{name}.hex").unlink(missing_ok=True)
        self.dut.dump.value = 1
        await self.cycles(2)
        self.dut.dump.value = 0

    def trace(self) -> Words:
        """The result words of the run."""
        if self.counter("captured") <= 0:
            empty = np.zeros((0, self.check.trace_bits), dtype=bool)
            return Words(value=empty, unknown=empty)
        return read_capture(self.folder / "trace.hex", self.check.trace_bits)

    def before(self) -> Words:
        """What result words of the run were before they passed a table."""
        hardware = self.check.hardware
        return read_capture(self.folder / "before.hex", hardware.cols * hardware.x_w)

    def sums(self) -> Sums:
        """The words of sums of the run."""
        hardware = self.check.hardware
        return read_sums(self.folder / "sums.hex", hardware.cols, hardware.acc_w)

    def stored(self) -> Words:
        """The words of the output as the host holds them."""
        return read_capture(self.folder / "stored.hex", self.stream_w)

    def layer_cycles(self) -> npt.NDArray[np.int64]:
        """Busy cycles by layer number, since the beginning of the simulation."""
        words = read_capture(self.folder / "cycles.hex", 32)
        values, _ = words.field(0, 32, 1, signed=False)
        return values[:, 0]
