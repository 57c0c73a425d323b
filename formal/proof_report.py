"""What `make formal` prints and writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from formal.symbiyosys import CONTROL, COVER, PROVE, ProofPart, Verdict
from t2c.common.text_table import aligned_row
from t2c.tb.catalogue.proof import Proof

_WIDTHS = (24, 22, 10, 9, 8)


@dataclass(frozen=True, kw_only=True)
class ProofRecord:
    """A proof with the verdict of each of its parts."""

    proof: Proof
    verdicts: Mapping[ProofPart, Verdict]

    @property
    def good(self) -> bool:
        """Proven, every cover statement reached, every negative control refuted; at least one of each was run."""
        kinds = {part.kind for part in self.verdicts}
        return kinds == {PROVE, COVER, CONTROL} and all(verdict.good for verdict in self.verdicts.values())

    @property
    def seconds(self) -> float:
        return sum(verdict.seconds for verdict in self.verdicts.values())

    def row(self) -> str:
        """One row: proof, method, result, seconds, controls refuted; below it what a reader needs to judge it."""
        proven, covers = (self._only(kind) for kind in (PROVE, COVER))
        controls = [(part.control, verdict) for part, verdict in self.verdicts.items() if part.control]
        refuted = f"{sum(verdict.good for _, verdict in controls)} of {len(controls)}"
        result = "proven" if proven.good and covers.good else "FAIL"
        parameters = " ".join(f"{name}={value}" for name, value in self.proof.parameters.items())
        lines = [
            aligned_row((self.proof.id, self.proof.method, result, f"{self.seconds:7.1f}", refuted), _WIDTHS, gap=1),
            f"    {self.proof.claim}",
            f"    {parameters}; {covers.text}",
        ]
        if not proven.good:
            lines.append(f"    {proven.text}")
        for control, verdict in controls:
            values = " ".join(f"{name}={value}" for name, value in verdict.values.items())
            lines.append(f"    control: {control.error}: {verdict.text}{'; ' if values else ''}{values}")
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
                {"part": part.kind, **({"error": part.control.error} if part.control else {}), **asdict(verdict)}
                for part, verdict in self.verdicts.items()
            ],
        }

    def _only(self, kind: str) -> Verdict:
        return next(verdict for part, verdict in self.verdicts.items() if part.kind == kind)


def header() -> str:
    """The first line of the table."""
    return aligned_row(("proof", "method", "result", "seconds", "controls refuted"), _WIDTHS, gap=1)


def is_pass(records: Sequence[ProofRecord]) -> bool:
    """True only if there is a record and every one is good: nothing run proves nothing."""
    return bool(records) and all(record.good for record in records)


def summary(records: Sequence[ProofRecord], seconds: float, workers: int) -> str:
    """The last lines of the table."""
    controls = [verdict for record in records for part, verdict in record.verdicts.items() if part.kind == CONTROL]
    return "\n".join(
        [
            f"proofs   {len(records)}, {sum(record.good for record in records)} hold",
            f"controls {len(controls)}, {sum(verdict.good for verdict in controls)} refuted",
            f"time     {seconds:.0f} s, {workers} workers",
            f"verdict  {'PASS' if is_pass(records) else 'FAIL'}",
        ]
    )


def write(records: Sequence[ProofRecord], seconds: float, path: Path) -> None:
    """Write result.json."""
    content = {
        "verdict": "PASS" if is_pass(records) else "FAIL",
        "seconds": round(seconds, 1),
        "proofs": [record.as_json() for record in records],
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
