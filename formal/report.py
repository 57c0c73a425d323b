"""What `make formal` prints and writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from formal.engine import COVER, PROVE, TWIN, Part, Verdict
from formal.proof import Proof

_WIDTHS = (24, 22, 10, 9, 8)


@dataclass(frozen=True, kw_only=True)
class Record:
    """A proof with the verdict of each of its parts."""

    proof: Proof
    verdicts: Mapping[Part, Verdict]

    @property
    def good(self) -> bool:
        """Proven, every cover statement reached, every twin refuted; at least one of each was run."""
        kinds = {part.kind for part in self.verdicts}
        return kinds == {PROVE, COVER, TWIN} and all(verdict.good for verdict in self.verdicts.values())

    @property
    def seconds(self) -> float:
        return sum(verdict.seconds for verdict in self.verdicts.values())

    def row(self) -> str:
        """One row: proof, method, result, seconds, twins refuted; below it what a reader needs to judge it."""
        proven, covers = (self._only(kind) for kind in (PROVE, COVER))
        twins = [(part.twin, verdict) for part, verdict in self.verdicts.items() if part.twin]
        refuted = f"{sum(verdict.good for _, verdict in twins)} of {len(twins)}"
        result = "proven" if proven.good and covers.good else "FAIL"
        parameters = " ".join(f"{name}={value}" for name, value in self.proof.parameters.items())
        lines = [
            _aligned(self.proof.id, self.proof.method, result, f"{self.seconds:7.1f}", refuted),
            f"    {self.proof.claim}",
            f"    {parameters}; {covers.text}",
        ]
        if not proven.good:
            lines.append(f"    {proven.text}")
        for twin, verdict in twins:
            values = " ".join(f"{name}={value}" for name, value in verdict.values.items())
            lines.append(f"    twin: {twin.error}: {verdict.text}{'; ' if values else ''}{values}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, object]:
        """The same for result.json."""
        return {
            "proof": self.proof.id,
            "claim": self.proof.claim,
            "parameters": dict(self.proof.parameters),
            "method": self.proof.method,
            "good": self.good,
            "parts": [
                {"part": part.kind, **({"error": part.twin.error} if part.twin else {}), **asdict(verdict)}
                for part, verdict in self.verdicts.items()
            ],
        }

    def _only(self, kind: str) -> Verdict:
        return next(verdict for part, verdict in self.verdicts.items() if part.kind == kind)


def _aligned(*cells: str) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


def header() -> str:
    """The first line of the table."""
    return _aligned("proof", "method", "result", "seconds", "twins refuted")


def is_pass(records: Sequence[Record]) -> bool:
    """True only if there is a record and every one is good: nothing run proves nothing."""
    return bool(records) and all(record.good for record in records)


def summary(records: Sequence[Record], seconds: float, workers: int) -> str:
    """The last lines of the table."""
    twins = [verdict for record in records for part, verdict in record.verdicts.items() if part.kind == TWIN]
    return "\n".join(
        [
            f"proofs   {len(records)}, {sum(record.good for record in records)} hold",
            f"twins    {len(twins)}, {sum(verdict.good for verdict in twins)} refuted",
            f"time     {seconds:.0f} s, {workers} workers",
            f"verdict  {'PASS' if is_pass(records) else 'FAIL'}",
        ]
    )


def write(records: Sequence[Record], seconds: float, path: Path) -> None:
    """Write result.json."""
    content = {
        "verdict": "PASS" if is_pass(records) else "FAIL",
        "seconds": round(seconds, 1),
        "proofs": [record.as_json() for record in records],
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
