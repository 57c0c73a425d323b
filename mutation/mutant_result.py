"""What became of a mutant, kept on disk as soon as it is known."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from t2c.common.atomic import write_atomic

KILLED, EQUIVALENT, ARGUED = "killed", "equivalent", "argued"
SURVIVED, UNKNOWN, BROKEN = "survived", "unknown", "broken"
EXPLAINED = (KILLED, EQUIVALENT, ARGUED)
"""A judge notices it, a proof says that none can, or docs/mutation/arguments.md says why. Not explained: nothing
notices it though the unit differs; nobody knows whether it differs; the run came to no verdict."""
_FINAL = (KILLED, EQUIVALENT, SURVIVED)


@dataclass(frozen=True, kw_only=True)
class MutantResult:
    """The verdict on a mutant.

    number: of the mutant; verdict: one of the above; reason: the test that killed it, or what the proof or the run
    says; compared: comparisons in the killing test, the one that failed included; seconds: that the bench took.
    """

    number: int
    verdict: str
    reason: str
    compared: int = 0
    seconds: float = 0.0

    @property
    def explained(self) -> bool:
        return self.verdict in EXPLAINED


@dataclass(frozen=True)
class MutantResults:
    """The folder of a campaign's results: one file a mutant, written whole or not at all."""

    folder: Path

    def read(self, number: int, *, undecided: bool = False) -> MutantResult | None:
        """The result of a mutant, if it is final: what came to no verdict is tried again, unless the caller takes what
        is undecided too."""
        try:
            result = MutantResult(**json.loads((self.folder / f"{number}.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None
        wanted = (*_FINAL, UNKNOWN) if undecided else _FINAL
        return result if result.number == number and result.verdict in wanted else None

    @property
    def seconds(self) -> tuple[float, float]:
        """Wall time and CPU time of all runs so far."""
        path = self.folder / "seconds"
        wall, cpu = path.read_text().split() if path.is_file() else (0, 0)
        return float(wall), float(cpu)

    def add_seconds(self, wall: float, cpu: float) -> None:
        """Add the time of a run."""
        self.folder.mkdir(parents=True, exist_ok=True)
        before = self.seconds
        (self.folder / "seconds").write_text(f"{before[0] + wall} {before[1] + cpu}\n")

    def write(self, result: MutantResult) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomic(self.folder / f"{result.number}.json", json.dumps(asdict(result), indent=1) + "\n")
