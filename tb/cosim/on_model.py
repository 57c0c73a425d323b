"""A run on the model of the core in place of a simulator: the same files, the same comparison, the same verdict."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from t2c.contract import pipeline
from t2c.contract.field_kinds import ADDRESS_BITS
from t2c.contract.hardware import Hardware
from t2c.contract.registers import ErrorCode, Status
from t2c.core_model import CoreModel, MemoryHost, ProgramError
from t2c.core_model.dump import Dump
from t2c.core_model.images import read_core
from t2c.core_model.results import Results
from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.cosim.capture import Bits, Sums, Words
from t2c.tb.cosim.cosimulation import Cosimulation
from t2c.tb.cosim.request import MODEL
from t2c.tb.cosim.run_check import RunCheck
from t2c.tb.cosim.verdict import RunResult, judge
from t2c.tb.simulation.runner import Outcome
from t2c.tb.simulation.simulators import Simulator

BACKEND = Simulator(name=MODEL, version="of the core")
"""Stands where a run names its simulator."""


def run_on_model(job: Cosimulation, dump: Path | None = None) -> RunResult:
    """Run every run of a job on one core, compare every result word with golden, write result.json.

    The model gets the memory images from the files that a simulator would read, and the words of the host.

    Args:
        job: prepared with `BACKEND` as its simulator.
        dump: folder that gets every memory after each step; None for none.
    """
    check = RunCheck(json.loads((job.folder / "job.json").read_text()))
    hardware, log = job.program.hardware, job.folder / "model.log"
    started, simulated = time.perf_counter(), 0
    program, constants = read_core(job.folder, hardware)
    model = CoreModel(hardware, program, **constants)
    with log.open("w") as lines:
        for run in range(job.prepared.runs):
            host = job.prepared.host.for_model(run, job.program)
            writer = Dump(dump / f"run_{run}", model) if dump is not None else None
            results: list[Results] = []
            sums: list[IntArray] = []
            cycles = np.zeros(len(job.program.layer_names), dtype=np.int64)
            cycles[0] = pipeline.FETCH
            fault = None
            try:
                for record in model.steps(host):
                    if record.results is not None:
                        results.append(record.results)
                        if record.sums is not None:  # those of a row step are none
                            sums.append(record.sums.reshape(-1, hardware.cols))
                    cycles[record.descriptor.layer] += record.cycles
                    print(f"run {run}: step {record.number} {record.descriptor.op.name}", file=lines)
                    if writer:
                        writer.step(record)
            except ProgramError as error:
                fault = f"run {run}: {error}"
            simulated += int(cycles.sum())
            check.faults += [fault] if fault else list(_end_faults(run, model, host, check, int(cycles.sum())))
            wrong = check.results(run, result_words(results, hardware), cycles.tolist())
            if len(check.looked_up):
                wrong |= check.before(run, words_before(results, hardware))
            if job.request.accumulators:
                wrong |= check.sums(run, _sums(sums, hardware))
            if fault:
                break
            low, high = job.prepared.host.output
            check.output(run, _known(_bits(host.memory[low : high + 1], hardware.stream_w)))
            if wrong:
                break  # what follows proves nothing more
        reasons = check.finish(simulated, time.perf_counter() - started)
        print("\n".join([*check.faults, *reasons]), file=lines)
    outcome = Outcome(
        passed=not reasons,
        crashed=False,
        tests=1,
        failed=int(bool(reasons)),
        seconds=time.perf_counter() - started,
        log=log,
        waves=None,
    )
    result = judge(job.program, job.prepared, job.request, job.model, BACKEND, job.folder, outcome, job.labels)
    (job.folder / "result.json").write_text(json.dumps(result.to_json(), indent=1) + "\n")
    return result


def _end_faults(run: int, model: CoreModel, host: MemoryHost, check: RunCheck, cycles: int) -> Iterator[str]:
    """How the program ended, by the registers and by the host's transfers."""
    if model.status is not Status.DONE or model.error is not ErrorCode.NONE:
        yield f"run {run}: STATUS = {int(model.status)}, ERROR = {int(model.error)} at layer {model.layer}"
    if model.layer != check.job["last_layer"]:
        yield f"run {run}: LAYER = {model.layer}, {check.job['last_layer']} was expected"
    if host.served != check.job["transfers"]:
        yield f"run {run}: {host.served} of {check.job['transfers']} transfers were complete"
    if model.cycles != cycles + 1:
        yield f"run {run}: the CYCLES register says {model.cycles}, the steps took {cycles}"


def _sums(parts: list[IntArray], hardware: Hardware) -> Sums:
    value = np.concatenate([np.zeros((0, hardware.cols), dtype=np.int64), *parts])
    return Sums(value=value, unknown=np.zeros(value.shape, dtype=bool), cycle=np.full(len(value), -1))


def _known(value: Bits) -> Words:
    return Words(value=value, unknown=np.zeros_like(value))


def _bits(octets: npt.NDArray[np.uint8], width: int) -> Bits:
    """(words, width) bits of words whose most significant octet comes first, lowest bit first."""
    return np.unpackbits(octets[:, ::-1], axis=1, bitorder="little")[:, :width].astype(bool)


def result_words(results: list[Results], hardware: Hardware) -> Words:
    """Result words {banks, address, data}, as the harness records them."""
    if not results:
        return _known(np.zeros((0, hardware.rows + ADDRESS_BITS + hardware.cols * hardware.x_w), dtype=bool))
    address = np.concatenate([found.address for found in results])
    group = np.concatenate([found.group for found in results])
    data = _data_bits([found.values for found in results], hardware)
    places = (address[:, np.newaxis] >> np.arange(ADDRESS_BITS)) & 1
    banks = np.arange(hardware.rows) // hardware.cols == group[:, np.newaxis]
    return _known(np.concatenate([data, places.astype(bool), banks], axis=1))


def words_before(results: list[Results], hardware: Hardware) -> Words:
    """The data of those that passed a table, as they were before it."""
    passed = [found.before for found in results if found.before is not None]
    return _known(_data_bits([np.zeros((0, hardware.cols), dtype=np.uint8), *passed], hardware))


def _data_bits(parts: list[npt.NDArray[np.uint8]], hardware: Hardware) -> Bits:
    """(words, COLS * X_W) bits of words of lanes, lowest bit first."""
    values = np.concatenate(parts)
    bits = (values[:, :, np.newaxis] >> np.arange(hardware.x_w, dtype=np.uint8)) & 1
    return bits.reshape(len(values), -1).astype(bool)
