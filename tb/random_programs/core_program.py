"""A program of step descriptors with all that the core needs to run it, and what the model says comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.contract import pipeline
from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import step_beats
from t2c.contract.operations import TRANSFERS, Operation
from t2c.contract.registers import ErrorCode, Status
from t2c.core_model import CoreModel, QueueHost
from t2c.core_model.results import Results
from t2c.core_model.stream_words import StreamWords
from t2c.golden.arithmetic.formats import IntArray

ADDRESS_DIGITS_BITS = 24
"""Bits of an address in the trace."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CoreProgram:
    """Steps and stream words.

    name: unique, for files and reports; code: words of the program memory, whatever follows the last step included;
    steps: the descriptors in it, without an unknown operation that may stand at the end; words: all of s_axis, (words,
    octets).
    """

    name: str
    hardware: Hardware
    code: Sequence[int]
    steps: Sequence[Descriptor]
    words: StreamWords

    @cached_property
    def last(self) -> npt.NDArray[np.bool_]:
        """(words,) tlast of each word of s_axis."""
        marks = np.zeros(len(self.words), dtype=bool)
        ends = np.cumsum([step_beats(step, self.hardware) for step in self.inputs])
        marks[ends[ends <= len(marks)] - 1] = True
        return marks

    @property
    def inputs(self) -> list[Descriptor]:
        """Steps that take words of s_axis."""
        return [step for step in self.steps if step.op in TRANSFERS and step.op is not Operation.STORE]


@dataclass(frozen=True, kw_only=True, eq=False)
class Expectation:
    """What a run must give.

    trace, before, sums, output: lines of the files that tb/hdl/program_harness.v writes; trace_steps, before_steps,
    sum_steps: (lines,) number of the step that a line of them comes from; status, error, layer, cycles: registers after
    the end, cycles without stalls; starts: cycle of each step's start, after the start of the program; layers: of these
    steps; taken: words of s_axis.
    """

    trace: bytes
    before: bytes
    sums: bytes
    output: bytes
    trace_steps: npt.NDArray[np.int64]
    before_steps: npt.NDArray[np.int64]
    sum_steps: npt.NDArray[np.int64]
    status: Status
    error: ErrorCode
    layer: int
    cycles: int
    starts: tuple[int, ...]
    layers: tuple[int, ...]
    taken: int


def expect(program: CoreProgram, *, flip: int | None = None, model: CoreModel | None = None) -> Expectation:
    """Run a program on the model of the core.

    Args:
        program: what to run.
        flip: word of s_axis whose tlast is turned round; None for none.
        model: a core that has run before; None for one after power-up.

    Raises:
        ProgramError: the program does what the core does not guard against; a fault of whoever made it.
    """
    hardware = program.hardware
    last = program.last.copy()
    if flip is not None:
        last[flip] = not last[flip]
    host = QueueHost(program.words, hardware, last)
    model = model or CoreModel(hardware, program.code)
    trace: list[bytes] = []
    before: list[bytes] = []
    output: list[bytes] = []
    sums: list[bytes] = []
    from_step: list[int] = []
    lengths: list[tuple[int, int, int]] = []
    starts, layers, now = [], [], pipeline.FIRST_STEP
    for record in model.steps(host):
        starts.append(now)
        layers.append(record.descriptor.layer)
        now += record.cycles
        if record.results is not None:
            trace.append(trace_lines(record.results, hardware))
            passed = record.results.before
            before += [data_lines(passed, hardware)] if passed is not None else []
            from_step.append(record.number)
            # A row step has no sums.
            of_step = np.zeros((0, hardware.cols), np.int64) if record.sums is None else record.sums
            sums.append(sum_lines(of_step.reshape(-1, hardware.cols), hardware.acc_w))
            results = len(record.results.address)
            lengths.append((results, 0 if passed is None else results, of_step.size // hardware.cols))
        if record.descriptor.op is Operation.STORE:
            assert record.words is not None
            output.append(output_lines(record.words, hardware.rows * hardware.x_w))
    if model.status is Status.ERROR:
        starts.append(now)
        layers.append(model.layer)
    trace_steps, before_steps, sum_steps = (
        np.repeat(np.array(from_step, dtype=np.int64), counts)
        for counts in np.array(lengths, dtype=np.int64).reshape(-1, 3).T
    )
    return Expectation(
        trace=b"".join(trace),
        before=b"".join(before),
        sums=b"".join(sums),
        output=b"".join(output),
        trace_steps=trace_steps,
        before_steps=before_steps,
        sum_steps=sum_steps,
        status=model.status,
        error=model.error,
        layer=model.layer,
        cycles=model.cycles,
        starts=tuple(starts),
        layers=tuple(layers),
        taken=len(program.words) - host.left,
    )


def trace_lines(results: Results, hardware: Hardware) -> bytes:
    """{banks, address, data} of result words in hexadecimal, a line each."""
    banks = np.arange(hardware.rows) // hardware.cols == results.group[:, np.newaxis]
    places = (results.address[:, np.newaxis] >> np.arange(ADDRESS_DIGITS_BITS)) & 1
    bits = np.concatenate([_data_bits(results.values, hardware), places, banks], axis=1).astype(bool)
    return _hexadecimal(bits)


def data_lines(values: npt.NDArray[np.integer[Any]], hardware: Hardware) -> bytes:
    """Words (words, COLS) of X_W bits a lane in hexadecimal, a line each."""
    return _hexadecimal(_data_bits(values, hardware).astype(bool))


def _data_bits(values: npt.NDArray[np.integer[Any]], hardware: Hardware) -> npt.NDArray[np.integer[Any]]:
    return ((values[:, :, np.newaxis] >> np.arange(hardware.x_w, dtype=np.uint8)) & 1).reshape(len(values), -1)


def sum_lines(sums: IntArray, width: int) -> bytes:
    """Sums (words, COLS) of `width` bits each in hexadecimal, a line for each word."""
    bits = (sums[:, :, np.newaxis] >> np.arange(width)) & 1
    return _hexadecimal(bits.reshape(len(sums), sums.shape[1] * width).astype(bool))


def output_lines(words: StreamWords, width: int) -> bytes:
    """{tlast, data} of the words of one STORE in hexadecimal, a line each.

    Args:
        words: (words, octets), most significant octet first.
        width: bits of a word.
    """
    bits = np.unpackbits(words[:, ::-1], axis=1, bitorder="little")[:, :width]
    last = np.zeros((len(words), 1), dtype=np.uint8)
    last[-1:] = 1
    return _hexadecimal(np.concatenate([bits, last], axis=1).astype(bool))


_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


def _hexadecimal(bits: npt.NDArray[np.bool_]) -> bytes:
    """Lines of bits (lines, width), lowest first."""
    lines, width = bits.shape
    digits = -(-width // 4)
    padded = np.zeros((lines, digits, 4), dtype=np.uint8)
    padded.reshape(lines, 4 * digits)[:, :width] = bits
    text = np.empty((lines, digits + 1), dtype=np.uint8)
    text[:, :digits] = _DIGITS[(padded @ np.array([1, 2, 4, 8], dtype=np.uint8))[:, ::-1]]
    text[:, digits] = ord("\n")
    return text.tobytes()
