"""The way of one wrong result through the steps of a program: what the probe records, and what is followed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.core_model.visits import Visit, visit_of, visits_of
from t2c.mapping.program import Program, Step, Work
from t2c.tb.cosim.expectation import Trace
from t2c.tb.cosim.localisation.core_probe import PixelWindow

NEAR = 3
"""Pixels before and after one that the probe records as well."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Passage:
    """One pixel of one K tile, in its step. ordinal: RUN step in the program, from 0; visit: what passes."""

    step: Step
    work: Work
    ordinal: int
    visit: Visit


def passages_of(program: Program, trace: Trace, word: int) -> list[Passage]:
    """Every pixel of every K tile that goes into one word of the trace, in order; also in the steps that began its
    sums."""
    index = int(trace.step[word])
    place = int(word - (trace.step < index).sum())
    runs = [i for i, step in enumerate(program.steps) if step.op is Operation.RUN]
    last = first = runs.index(index)
    while program.steps[runs[first]].descriptor.keep:  # sums that were begun by earlier steps
        first -= 1
    passages = []
    for ordinal in range(first, last + 1):
        step = program.steps[runs[ordinal]]
        assert step.work is not None
        passages += [
            Passage(step=step, work=step.work, ordinal=ordinal, visit=visit)
            for visit in visits_of(step.descriptor, program.hardware, place)
        ]
    return passages


def neighbours_of(passage: Passage, hardware: Hardware) -> list[Passage]:
    """The pixels that pass just before and after one in its K tile: as witnesses of how long each stage takes."""
    visit, descriptor = passage.visit, passage.step.descriptor
    sizes, block = hardware.blocks(descriptor.pixels), visit.pixel // hardware.acc_depth
    low = block * hardware.acc_depth
    pixels = range(max(low, visit.pixel - NEAR), min(low + sizes[block], visit.pixel + NEAR + 1))
    return [
        replace(passage, visit=visit_of(descriptor, hardware, visit.tile, visit.k_tile, pixel))
        for pixel in pixels
        if pixel != visit.pixel
    ]


def windows_of(passages: list[Passage]) -> list[PixelWindow]:
    """What the probe has to record."""
    return [
        PixelWindow(
            step=passage.ordinal,
            first=max(passage.visit.number - NEAR, 0),
            last=passage.visit.number + NEAR,
            first_tile=passage.visit.load,
            last_tile=passage.visit.load,
        )
        for passage in passages
    ]
