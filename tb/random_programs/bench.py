"""Bench of t2c_core inside tb/hdl/program_harness.v: one run after another, all that came kept by its number."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import cocotb
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge, SimTimeoutError, Timer, with_timeout

PERIOD_NS = 2
RESET_CYCLES = 8
NEVER = 0xFFFFFFFF
STICKY = {
    "unstable": "m_axis payload changed while stalled",
    "unknown": "X on a control signal",
    "stray": "a word came while the core was not busy",
}
"""Checks of tb/hdl/program_harness.v."""


def _load_job() -> dict[str, Any]:
    job: dict[str, Any] = json.loads(Path(os.environ["T2C_PROGRAM_JOB"]).read_text())
    return job


async def _cycles(count: int) -> None:
    await Timer(count * PERIOD_NS, "ns")


async def _reset(dut: HierarchyObject) -> None:
    dut.rst_n.value, dut.go.value = 0, 0
    await _cycles(RESET_CYCLES)
    dut.rst_n.value = 1
    await _cycles(RESET_CYCLES)


async def _start(dut: HierarchyObject, run: dict[str, Any]) -> None:
    for side in ("in", "out"):
        getattr(dut, f"{side}_profile").value = run[f"{side}_profile"]
        getattr(dut, f"{side}_blocked").value = run[f"{side}_blocked"]
    dut.seed.value = run["seed"]
    dut.programs.value = run["programs"]
    dut.flip.value = run.get("flip", NEVER)
    dut.reset_at.value = run.get("reset_at", NEVER)
    dut.go.value = 1
    await _cycles(3)
    dut.go.value = 0


@cocotb.test()
async def program(dut: HierarchyObject) -> None:
    """Every run of the job, each from what the one before has left; what came is compared afterwards."""
    job = _load_job()
    folder = Path(job["folder"])
    await _reset(dut)
    done: list[dict[str, Any]] = []
    for number, run in enumerate(job["runs"]):
        if run["reset"]:
            await _reset(dut)
        await _start(dut, run)
        try:
            await with_timeout(RisingEdge(dut.job_done), run["limit"] * PERIOD_NS, "ns")
            hung = False
        except SimTimeoutError:
            hung = True
        sticky = [text for name, text in STICKY.items() if str(getattr(dut, name).value) != "0"]
        counts = {name: int(getattr(dut, name).value) for name in ("cycle", "busy_cycles", "taken")}
        done.append({"hung": hung, "sticky": sticky, **counts})
        for name in ("trace", "before", "sums", "output", "answers"):
            if (folder / f"{name}.txt").is_file():
                (folder / f"{name}.txt").replace(folder / f"{name}_{number}.txt")
        if hung or sticky:
            break
    (folder / "done.json").write_text(json.dumps({"nonce": job["nonce"], "runs": done}) + "\n")
    await _cycles(4)
