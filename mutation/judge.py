"""Who judges a unit's mutants: its bench, its proof, or a campaign of whole runs of the core."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mutation.equivalence import Thoroughness
from mutation.mutant_result import MutantResult
from mutation.netlist import MutatedUnit
from mutation.sources import unit_files
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.simulation.simulators import Simulator


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where and how mutants run. folder: of the campaign, which has a link `builds`; seed: of the stimulus."""

    simulator: Simulator
    folder: Path
    seed: int


@dataclass(frozen=True, kw_only=True)
class Judge(ABC):
    """Makes the mutants of a unit and tells which of them it notices. unit: name of the unit.

    thoroughness: of the proof that a survivor is equivalent.
    """

    unit: str
    thoroughness: ClassVar[Thoroughness] = Thoroughness()

    @property
    def mutants(self) -> int:
        """How many are made unless a user says otherwise."""
        return 60

    @property
    def top(self) -> str:
        """Module that is flattened."""
        return self.unit

    @property
    def parameters(self) -> Mapping[str, int]:
        """With which a judge that knows them beforehand has it flattened."""
        return units()[self.unit].parameters

    @property
    @abstractmethod
    def tests(self) -> tuple[str, ...]:
        """Names of what it runs, in that order."""

    @abstractmethod
    def roots(self) -> tuple[str, ...]:
        """Modules of Python that it is made of."""

    @abstractmethod
    def counts(self, module: str) -> bool:
        """Whether a change of this module of Python, of those that `roots` import, makes it another judge."""

    def texts(self) -> tuple[Path, ...]:
        """Other files that it is made of."""
        return ()

    def files(self, rtl: Path) -> list[str]:
        """Of the RTL, those that are mutated."""
        return unit_files(self.top, rtl, self.parameters)

    @abstractmethod
    def make(self, rtl: Path, folder: Path, *, count: int, seed: int) -> MutatedUnit:
        """Make the mutants; arguments as `mutation.netlist.make_mutants`."""

    @abstractmethod
    def run(self, unit: MutatedUnit, number: int, place: Surroundings) -> MutantResult:
        """Judge a mutant; 0 is the unit itself.

        Returns:
            KILLED with the test and its comparisons, SURVIVED, or BROKEN with the reason.

        Raises:
            SimulatorError: the netlist cannot be built.
        """

    def last_word(self, unit: MutatedUnit, number: int, place: Surroundings) -> MutantResult | None:
        """What else it can say of a mutant that survived and is not proven equivalent, which may take longer; None:
        nothing."""
        return None

    def remarks(self, results: Sequence[MutantResult]) -> list[str]:
        """Lines that the page of the unit says of all verdicts."""
        return []
