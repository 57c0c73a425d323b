"""The files of a run: memory images, host memory, what is expected, and job.json for the bench."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from t2c.common.atomic import write_atomic
from t2c.common.errors import UserError
from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.formats import IntArray
from t2c.mapping.cycles import total_cycles
from t2c.mapping.images import write_program
from t2c.mapping.program import Program
from t2c.tb.components.stalls import parse_stalls
from t2c.tb.cosim.expectation import Trace, trace_of, trace_values, values_before
from t2c.tb.cosim.host_transfers import HostMemory, host_of
from t2c.tb.cosim.request import RunRequest
from t2c.tb.cosim.step_times import expected_times
from t2c.tb.cosim.sums import SumTrace, sum_trace_of, sum_values
from t2c.tb.simulation.runner import run_limit

LAYERS = 1024
"""Rows of the table of cycles in tb/hdl/core_harness.v: loading, a row a layer, storing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """What was written. plusargs: file by plusarg name; trace, sums: of one run, sums None if accumulators are not
    compared; runs: how many; host: its memory; seconds: that the slowest simulator may take."""

    plusargs: Mapping[str, Path]
    trace: Trace
    sums: SumTrace | None
    runs: int
    host: HostMemory
    seconds: float


def write_files(
    program: Program, request: RunRequest, runs: Sequence[Mapping[str, IntArray]], folder: Path, hardware: Hardware
) -> Prepared:
    """Write every file that the simulation and the bench read.

    Args:
        program: what the core runs.
        request: what to run.
        runs: golden's tensors of each run's images, (batch, *shape), by edge; inputs included.
        folder: where.
        hardware: the core's parameters.

    Raises:
        UserError: an unknown stall profile, or more layers than the harness counts cycles of.
    """
    if len(program.layer_names) > LAYERS:
        most = f"the harness counts the cycles of {LAYERS - 2} at most in one run; name a layer"
        raise UserError(f"{program.graph.name} has {len(program.nodes)} layers; {most}")
    stall_in, stall_out = parse_stalls(request.stall)
    plusargs = write_program(program, folder)
    plusargs |= {name: folder / f"{name}.bin" for name in ("host", "transfers")}
    plusargs |= {name: folder / f"{name}.hex" for name in ("trace", "steps", "stored", "cycles")}
    host = host_of(program, runs)
    trace = trace_of(program)
    sums = sum_trace_of(program, trace) if request.accumulators else None
    if len(trace.looked_up):
        plusargs["before"] = folder / "before.hex"
    if sums is not None:
        plusargs["sums"] = folder / "sums.hex"
        np.save(folder / "sums_kept.npy", sums.kept)
    write_atomic(plusargs["host"], host.image.tobytes())
    write_atomic(plusargs["transfers"], host.list_octets().tobytes())
    output = program.layouts[program.output]
    for index, tensors in enumerate(runs):
        if sums is not None:
            np.save(folder / f"expected_sums_{index}.npy", sum_values(program, trace, sums, tensors))
        np.save(folder / f"expected_{index}.npy", trace_values(program, trace, tensors))
        if len(trace.looked_up):
            np.save(folder / f"expected_before_{index}.npy", values_before(program, trace, tensors))
        np.save(folder / f"output_{index}.npy", output.to_words(tensors[program.output]).astype(np.int16))
    np.savez(folder / "trace.npz", address=trace.address, group=trace.group, kept=trace.kept, looked_up=trace.looked_up,
             stored=np.tile(output.kept(), (program.batch, 1)))  # fmt: skip
    cycles = total_cycles(program)
    beats = int(host.transfers[:, 2].sum())
    edge = program.graph.edges[program.output]
    cycle_limit = 2 * cycles + 20 * beats + 5000  # twice what the worst profile (one cycle in ten is free) takes
    job = {
        "nonce": secrets.token_hex(8),
        "hardware": asdict(hardware),
        "signed": [program.graph.edges[step.result.edge].signed for step in program.steps if step.result],
        "signed_before": [
            program.graph.edges[step.result.before or step.result.edge].signed for step in program.steps if step.result
        ],
        "words": np.unique(trace.step, return_counts=True)[1].tolist(),
        "output_signed": edge.signed,
        "stall_in": asdict(stall_in),
        "stall_out": asdict(stall_out),
        "seed": request.seed,
        "first_image": request.first_image,
        "accumulators": request.accumulators,
        "steps": expected_times(program),
        "stalled": any(asdict(stall)[name] for stall in (stall_in, stall_out) for name in ("profile", "blocked")),
        "exact_cycles": request.exact_cycles,
        "batch": program.batch,
        "runs": len(runs),
        "input_words": program.input_words,
        "transfers": len(host.transfers),
        "last_layer": program.steps[-1].descriptor.layer,
        "output": host.output,
        "cycle_limit": cycle_limit,
        "window": [request.waves.first, request.waves.last] if request.waves else None,
        "layers": program.layer_names,
        "folder": str(folder),
    }
    (folder / "job.json").write_text(json.dumps(job, indent=1) + "\n")
    seconds = run_limit(cycle_limit * len(runs), hardware.rows * hardware.cols)
    return Prepared(plusargs=plusargs, trace=trace, sums=sums, runs=len(runs), host=host, seconds=seconds)
