"""What the probe saw of a pixel at each stage, found by the pixel's number at the stage's valid."""

from __future__ import annotations

from dataclasses import dataclass

from t2c.contract.operations import Combine
from t2c.golden.arithmetic.formats import twos_complement
from t2c.mapping.program import Program
from t2c.tb.cosim.localisation.core_probe import Load, Probe, Sample, Stage
from t2c.tb.cosim.localisation.passages import Passage
from t2c.tb.cosim.localisation.stage_times import At


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The first wrong signal. unit: file of rtl/ without its ending; text: one line; cycle: of the run, or None if
    there is none to show."""

    unit: str
    text: str
    cycle: int | None


class NotSeenError(LookupError):
    """Something did not come. finding: what, and whose fault that is."""

    def __init__(self, unit: str, text: str, cycle: int | None = None) -> None:
        super().__init__(text)
        self.finding = Finding(unit=unit, text=text, cycle=cycle)


def show(value: int | None, bits: int) -> str:
    """A value of so many bits, signed and in hexadecimal."""
    if value is None:
        return "X (unknown)"
    return f"{twos_complement(value, bits)} (0x{value % (1 << bits):0{-(-bits // 4)}x})"


class ProbedRun:
    """program: that ran; probe: what was written down."""

    def __init__(self, program: Program, probe: Probe) -> None:
        self.program = program
        self.probe = probe

    def descriptor(self, ordinal: int) -> tuple[int, tuple[int | None, ...]]:
        """Cycle of a RUN step's start, and the descriptor's words.

        Raises:
            NotSeenError: it never started.
        """
        if ordinal not in self.probe.descriptors:
            raise NotSeenError(
                "program_sequencer", f"program sequencer: RUN step {ordinal} of the program never started"
            )
        return self.probe.descriptors[ordinal]

    def passed(self, passage: Passage, stage: Stage) -> int | None:
        """Cycle in which a pixel passes a stage; None if the probe did not see it."""
        return self.probe.passed.get((passage.ordinal, stage, self._number(passage, stage)))

    def _number(self, passage: Passage, stage: Stage) -> int:
        descriptor, visit = passage.step.descriptor, passage.visit
        if stage < Stage.COMPLETE_SUM:
            return visit.number
        if visit.k_tile != descriptor.k_tiles - 1 or descriptor.hold:
            return -1
        complete = visit.tile * descriptor.pixels + visit.pixel
        if stage is Stage.COMPLETE_SUM or descriptor.combine is not Combine.PAIR:
            return complete
        return complete // 2 if visit.second else -1

    def sample(self, passage: Passage, cycle: int) -> Sample:
        """What was seen in a cycle.

        Raises:
            NotSeenError: nothing was recorded then.
        """
        found = self.probe.samples.get((passage.ordinal, cycle))
        if found is None:
            raise NotSeenError(
                "layer_engine", f"layer engine: RUN step {passage.ordinal} was over before cycle {cycle}"
            )
        return found

    def at(self, passage: Passage, stage: Stage, unit: str, missing: str) -> Sample:
        """What was seen when a pixel passed a stage.

        Raises:
            NotSeenError: it never did; with this unit and text.
        """
        cycle = self.passed(passage, stage)
        if cycle is None:
            raise NotSeenError(unit, missing)
        return self.sample(passage, cycle)

    def samples(self, passage: Passage) -> At:
        """What was seen in the cycles of a pixel's step."""
        return lambda cycle: self.probe.samples.get((passage.ordinal, cycle))

    def load(self, passage: Passage, word: int) -> Load | None:
        """A weight word of a pixel's tile, with what went to the last array row that it is for."""
        number = passage.visit.load * self.program.hardware.tile_words + word
        return self.probe.loads.get((passage.ordinal, number))

    def tile(self, passage: Passage) -> str:
        """Which tile a pixel belongs to, in words."""
        return f"column tile {passage.work.run.first_tile + passage.visit.tile}, K tile {passage.visit.k_tile}"

    def finding(self, unit: str, text: str, cycle: int) -> Finding:
        return Finding(unit=unit, text=f"{text}; cycle {cycle}", cycle=cycle)
