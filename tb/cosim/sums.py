"""What the accumulators must hold before requantisation: golden's, for every word of sums that the engine gives.

A result is rounded and clipped, and may so hide a wrong sum; a sum is compared as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.contract.hardware import Hardware
from t2c.contract.operations import Combine, Operation
from t2c.golden.arithmetic.formats import IntArray
from t2c.mapping.program import Program, Work
from t2c.tb.cosim.expectation import Bits, Trace

UNKNOWN_SUM = np.iinfo(np.int64).min
"""Stands for a sum with an unknown (X) bit; no accumulator has it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SumTrace:
    """The words of sums of one run, in order: one for each result word of a RUN, two (both operands) for one of a pair.

    result: (words,) index of the result word; second: (words,) of a pair's second operand; kept: (words, COLS) lanes
    that golden has a sum for; primary: of these, the first copy of each channel.
    """

    result: IntArray
    second: Bits
    kept: Bits
    primary: Bits


def sum_trace_of(program: Program, trace: Trace) -> SumTrace:
    """The words of sums of one run of a program."""
    steps = program.steps
    each = np.array(
        [1 + (step.descriptor.combine is Combine.PAIR) if step.op is Operation.RUN else 0 for step in steps]
    )
    known = np.array([step.result is not None and step.result.plan.has_sums for step in steps])
    result = np.repeat(np.arange(len(trace.step)), each[trace.step])
    second = np.zeros(len(result), dtype=bool)
    second[1:] = result[1:] == result[:-1]
    has = known[trace.step[result]][:, np.newaxis]
    kept, primary = trace.kept[result] & has, trace.primary[result] & has
    return SumTrace(result=result, second=second, kept=kept, primary=primary)


def sum_values(
    program: Program, trace: Trace, sums: SumTrace, tensors: Mapping[str, IntArray]
) -> npt.NDArray[np.signedinteger]:
    """Golden's sums of every lane for one run: (words, COLS), in the smallest integers that hold them.

    Args:
        program, trace, sums: of `trace_of` and `sum_trace_of`.
        tensors: golden's tensors of the run's images, (batch, *shape), by edge.
    """
    hardware = program.hardware
    values = np.zeros((len(sums.result), hardware.cols), dtype=sum_dtype(hardware))
    lanes: dict[str, list[IntArray]] = {}
    step_of = trace.step[sums.result]
    for index, step in enumerate(program.steps):
        work = step.result
        if work is None or not work.plan.has_sums:
            continue
        if work.edge not in lanes:
            lanes = {work.edge: _lanes(work, program, tensors)}  # steps of a layer follow one another
        mine = slice(*np.searchsorted(step_of, [index, index + 1]))
        word, second = sums.result[mine], sums.second[mine]
        for operand, held in enumerate(lanes[work.edge]):
            chosen = second == bool(operand)
            values[mine][chosen] = held[trace.word[word[chosen]], trace.group[word[chosen]]]
    return values


def sum_dtype(hardware: Hardware) -> type[np.signedinteger]:
    """The smallest integers that hold an accumulator of that hardware."""
    return np.int32 if hardware.acc_w <= 32 else np.int64


def _lanes(work: Work, program: Program, tensors: Mapping[str, IntArray]) -> list[IntArray]:
    """Golden's sums of a layer as the words that they go to, (words, groups, COLS), one for each operand."""
    hardware, layout = program.hardware, program.layouts[work.edge]
    inputs = [tensors[name].astype(np.int64) for name in program.reads[work.plan.node.name]]
    found = []
    for sums in work.plan.sums(inputs, tensors[work.requantised].astype(np.int64)):
        words = layout.to_words(sums.astype(sum_dtype(hardware)))
        found.append(words.reshape(len(words), hardware.groups, hardware.cols))
    return found
