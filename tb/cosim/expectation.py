"""What must come out of the core: every result word in order, and what the host's memory holds at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.contract.hardware import Hardware
from t2c.core_model.results import result_places
from t2c.golden.arithmetic.formats import IntArray
from t2c.mapping.program import Program, Work

Bits = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """The words that the engine writes in one run, in order; everything but the values is the same in every run.

    address, group: (words,) where each goes; kept: (words, COLS) lanes that hold a channel; primary: of these, the
    first copy of each channel; step: (words,) index of the step; word: (words,) index in the batch's tensor; looked_up:
    (n,) index of each word that passed a table.
    """

    address: IntArray
    group: IntArray
    kept: Bits
    primary: Bits
    step: IntArray
    word: IntArray
    looked_up: IntArray


def trace_of(program: Program) -> Trace:
    """The trace of one run of a program.

    Raises:
        AssertionError: the program does not write each element of each tensor exactly once, and nothing twice.
    """
    hardware = program.hardware
    parts: list[tuple[npt.NDArray[np.generic], ...]] = []
    written: dict[str, IntArray] = {}
    held: dict[str, IntArray] = {}
    masks: dict[str, tuple[Bits, Bits]] = {}
    for index, step in enumerate(program.steps):
        if step.result is None:
            continue
        layout, root = program.layouts[step.result.edge], program.roots[step.result.edge]
        address, group = result_places(step.descriptor, hardware)
        word = address - step.result.base
        assert (word >= 0).all(), "a result goes below its tensor"
        times = written.setdefault(root, np.zeros((program.batch * layout.size, hardware.groups), np.int64))
        means = np.arange(len(word)) >= step.result.run.skip * step.descriptor.images * step.descriptor.out_pixels
        np.add.at(times, (word[means], group[means]), 1)
        lanes = (layout.size, hardware.groups, hardware.cols)
        if step.result.edge not in masks:  # steps of a layer follow one another
            masks = {step.result.edge: (layout.kept().reshape(lanes), layout.first_copies().reshape(lanes))}
        kept, first = (mask[word % layout.size, group] & means[:, np.newaxis] for mask in masks[step.result.edge])
        parts.append((address % _span(hardware), group, kept, first, np.full(len(word), index), word))
        held.setdefault(root, np.zeros(times.shape, np.int64))[word, group] |= kept.any(axis=1)
    for name in program.operands:
        if (root := program.roots[name]) in written:  # the host writes it into a joined tensor
            mine = np.tile(program.layouts[name].kept().any(axis=1), program.batch)
            written[root][mine] += 1
    for root, times in written.items():
        assert ((held[root] <= times) & (times <= 1)).all(), f"tensor {root!r} is not written word by word"
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    passes = np.array([step.work is not None and step.work.before is not None for step in program.steps])
    names = ("address", "group", "kept", "primary", "step", "word")
    return Trace(
        **dict(zip(names, columns, strict=True)), looked_up=np.flatnonzero(passes[columns[names.index("step")]])
    )


def _span(hardware: Hardware) -> int:
    """Addresses wrap at the next power of two of the memory's depth."""
    return 1 << hardware.act_addr_w


def trace_values(program: Program, trace: Trace, tensors: Mapping[str, IntArray]) -> npt.NDArray[np.int16]:
    """The values of every lane of the trace for one run: (words, COLS) int16.

    What words were before they passed a table is `values_before`.

    Args:
        program, trace: of `trace_of`.
        tensors: golden's tensors of the run's images, (batch, *shape), by edge.
    """
    return _values(program, trace, tensors, {number: work.edge for number, work in _works(program)})


def values_before(program: Program, trace: Trace, tensors: Mapping[str, IntArray]) -> npt.NDArray[np.int16]:
    """The same of the words `trace.looked_up`, before the table: (n, COLS)."""
    edges = {number: work.before for number, work in _works(program) if work.before is not None}
    return _values(program, trace, tensors, edges)[trace.looked_up]


def _works(program: Program) -> Iterator[tuple[int, Work]]:
    for number, step in enumerate(program.steps):
        if step.result is not None:
            yield number, step.result


def _values(
    program: Program, trace: Trace, tensors: Mapping[str, IntArray], edges: Mapping[int, str]
) -> npt.NDArray[np.int16]:
    """Values of the words of these steps, each as those of a tensor in the places of the step's output."""
    hardware = program.hardware
    values = np.zeros((len(trace.word), hardware.cols), dtype=np.int16)
    lanes: dict[tuple[str, str], IntArray] = {}
    for index, edge in edges.items():
        work = program.steps[index].result
        assert work is not None
        mine = slice(*np.searchsorted(trace.step, [index, index + 1]))
        if (work.edge, edge) not in lanes:  # steps of a layer follow one another
            words = program.layouts[work.edge].to_words(tensors[edge])
            lanes = {(work.edge, edge): words.reshape(len(words), hardware.groups, hardware.cols)}
        values[mine] = lanes[work.edge, edge][trace.word[mine], trace.group[mine]]
    return values
