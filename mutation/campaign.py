"""All mutants of a unit: each goes to its judge, and to a proof of equivalence if it survives; results are kept."""

from __future__ import annotations

import contextlib
import fcntl
import functools
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from mutation.equivalence import Equivalence, Thoroughness
from mutation.judge import Judge, Surroundings
from mutation.judges import find_judge
from mutation.mutant_result import EQUIVALENT, SURVIVED, MutantResult, MutantResults
from mutation.netlist import SELECT, MutatedUnit
from mutation.sources import Digests, run_digest, run_sources, table_digests
from mutation.transition import parse_transitions, write_transitions
from t2c.common.errors import UserError
from t2c.common.places import ROOT
from t2c.common.worker_pool import worker_pool
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.simulation.simulators import Simulator
from t2c.tb.simulation.yosys import run_yosys


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A unit's mutants, who judges them, on which simulator, and where everything is kept.

    name: of the unit; count, seed: of the mutants, seed also of the stimulus; sources: all files that the results
    depend on; folder: of this campaign alone; digests: of the RTL and the judge, for a table of the results.
    """

    name: str
    count: int
    seed: int
    simulator: Simulator
    sources: tuple[Path, ...]
    folder: Path
    unit: MutatedUnit
    digests: Digests
    judge: Judge

    @property
    def results(self) -> MutantResults:
        return MutantResults(self.folder / "results")

    @property
    def usual(self) -> bool:
        """The mutants that the committed tables are of."""
        return (self.count, self.seed) == (self.judge.mutants, 1)

    @property
    def place(self) -> Surroundings:
        return Surroundings(simulator=self.simulator, folder=self.folder, seed=self.seed)

    def verdict(self, number: int) -> MutantResult:
        """The verdict on a mutant: by the judge, and by a proof if that notices nothing."""
        result = self.judge.run(self.unit, number, self.place)
        if result.verdict != SURVIVED:
            return result
        answer = self.equivalence().check(number)
        last = None if answer.verdict == EQUIVALENT else self.judge.last_word(self.unit, number, self.place)
        return last or replace(result, verdict=answer.verdict, reason=answer.reason)

    def equivalence(self) -> Equivalence:
        """The proof's question for this netlist."""
        path = self.unit.folder / f"{self.unit.netlist}.smt2"
        return _equivalence(path, self.unit.netlist, self.judge.thoroughness)

    def check_original(self) -> None:
        """Without a mutation the judge must find nothing and the proof must succeed; else no verdict means anything.

        Kept as the result of mutant 0. The proof starts with that of the unit's invariants.

        Raises:
            UserError: one of them does not, or what is stated as an invariant is none.
        """
        if self.results.read(0):
            return
        answer = self.equivalence().check(0)
        if answer.verdict != EQUIVALENT:
            raise UserError(f"{self.name} is not proven equal to itself ({answer.reason})")
        judged = self.judge.run(self.unit, 0, self.place)
        if judged.verdict == SURVIVED:
            judged = self.judge.last_word(self.unit, 0, self.place) or judged
        if judged.verdict != SURVIVED:
            what = f"what judges {self.name} fails without a mutation"
            raise UserError(f"{what} ({judged.reason}); mend that first")
        self.results.write(replace(judged, verdict=answer.verdict, reason=answer.reason))

    def run(self, numbers: Sequence[int], workers: int) -> Iterator[MutantResult]:
        """Judge mutants in parallel and keep each result; they come in the order in which they end.

        Raises:
            UserError: the sources changed meanwhile.
        """
        times = _times(self.sources)
        with worker_pool(workers) as pool:
            for done in as_completed([pool.submit(self.verdict, number) for number in numbers]):
                result = done.result()
                if times != _times(self.sources):
                    raise UserError(f"the sources of {self.name} or its bench changed during the run; run again")
                self.results.write(result)
                yield result


@functools.cache
def _equivalence(path: Path, module: str, thoroughness: Thoroughness) -> Equivalence:
    system = parse_transitions(path.read_text(), module)
    return Equivalence(system=system, select=SELECT, thoroughness=thoroughness)


def _yosys_version() -> str:
    return next(line for line in run_yosys("log", cwd=ROOT).splitlines() if line.startswith("Yosys "))


def _times(paths: Sequence[Path]) -> list[int]:
    return [path.stat().st_mtime_ns for path in paths]


@contextlib.contextmanager
def open_campaign(
    name: str, simulator: Simulator, output: Path, *, count: int, seed: int, rtl: Path | None = None
) -> Iterator[Campaign]:
    """Make the mutants of a unit, or find those of an earlier run with its results.

    Args:
        name: of a unit whose declaration says `mutated`.
        simulator: for what is simulated.
        output: folder of all simulation output (sim_build), below the repository.
        count: of mutants; 0: as many as the judge has for a unit.
        seed: of their choice and of the stimulus.
        rtl: folder that takes the place of the unit's RTL, below the repository.

    Raises:
        UserError: an unknown unit, or the same campaign runs already.
        SimulatorError: Yosys is missing or refuses the sources.
        ValueError: there are not so many mutations.
    """
    judge = find_judge(name)
    declared, count = units()[name], count or judge.mutants
    rtl = rtl or declared.rtl
    sources = [*run_sources(judge, rtl), *([declared.invariants] if declared.invariants else [])]
    digest = run_digest(sources, str(count), str(seed), _yosys_version(), simulator.name, simulator.version)
    folder = output / "mutate" / f"{name}-{digest}"
    (output / "builds").mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"the same mutants are being run already, in {folder}") from None
        with contextlib.suppress(FileExistsError):
            (folder / "builds").symlink_to(output / "builds")
        unit = judge.make(rtl, folder / "rtl", count=count, seed=seed)
        write_transitions(unit.folder, unit.netlist, unit.files, declared.invariants)
        yield Campaign(
            name=name,
            count=count,
            seed=seed,
            simulator=simulator,
            sources=tuple(sources),
            folder=folder,
            unit=unit,
            digests=table_digests(judge, rtl),
            judge=judge,
        )
