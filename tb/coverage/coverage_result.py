"""The result of `make coverage`: what was hit, what was not, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from t2c.common.text_table import aligned
from t2c.tb.components.bins import Bin, Coverage
from t2c.tb.coverage.lines import FileCoverage

SHOWN = 12
"""Reasons of failed runs that are printed."""


@dataclass(frozen=True, kw_only=True)
class CoverageResult:
    """All that was found. parts: bins of each unit and of the core; files: by name; stale: excuses of what is
    not so, as texts.

    failures: id and first reason of each run that failed; runs: how many there were; seconds: in all.
    """

    parts: Mapping[str, Coverage]
    files: Mapping[str, FileCoverage]
    stale: Sequence[str]
    failures: Sequence[str]
    runs: int
    seconds: float

    @property
    def unhit(self) -> list[str]:
        """Every bin that should have been hit, as "part: group: bin"."""
        return [f"{part}: {group}: {name}" for part, cover in self.parts.items() for group, name in cover.unhit()]

    @property
    def missing(self) -> list[str]:
        """Every line and branch that was neither reached nor waived."""
        return [
            f"rtl/{name}:{point.line}: {point.what} never reached: {text}"
            for name, file in self.files.items()
            for point, text in file.missing
        ]

    @property
    def reasons(self) -> list[str]:
        """Everything that keeps the verdict from PASS."""
        nothing = [] if self.runs and self.parts and self.files else ["nothing was run"]
        unhit = [f"unhit bin: {name}" for name in self.unhit]
        return [*nothing, *self.failures, *unhit, *self.missing, *self.stale]

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": "FAIL" if self.reasons else "PASS",
            "reasons": self.reasons,
            "runs": self.runs,
            "seconds": round(self.seconds, 1),
            "bins": {part: coverage.to_json() for part, coverage in self.parts.items()},
            "unhit": self.unhit,
            "files": {name: file.to_json() for name, file in self.files.items()},
        }


def tally(bins: Mapping[str, Bin]) -> tuple[int, int, int]:
    """Bins that were hit, that had to be, and that do not apply."""
    hit = sum(one.hits > 0 for one in bins.values())
    absent = sum(not one.hits and bool(one.excluded) for one in bins.values())
    return hit, len(bins) - absent, absent


def table(result: CoverageResult) -> str:
    """The tables, every bin and line that is missing, and the verdict."""
    return "\n".join([*_bin_rows(result), "", *_file_rows(result), "", *_verdict(result)])


def _bin_rows(result: CoverageResult) -> list[str]:
    rows: list[tuple[str, ...]] = [("unit", "group", "hit", "of", "not applicable", "")]
    total = [0, 0, 0]
    for part, cover in result.parts.items():
        for group, bins in cover.groups.items():
            figures = tally(bins)
            total = [a + b for a, b in zip(total, figures, strict=True)]
            rows.append(_row(part, group, figures))
    return aligned([*rows, _row("total", "", total)], right=(2, 3, 4), least=(14, 5, 5, 5))


def _row(part: str, group: str, figures: Sequence[int]) -> tuple[str, ...]:
    hit, declared, absent = figures
    return part, group, f"{hit:,}", f"{declared:,}", str(absent or ""), "" if hit == declared else "<"


def _share(hit: int, of: int) -> str:
    return f"{hit:7,} of {of:7,}  {100 * hit / of:5.1f}%" if of else ""


def _file_rows(result: CoverageResult) -> list[str]:
    files = result.files.values()
    rows = [("source", "lines and branches", "waived", "toggles")]
    for name, file in result.files.items():
        lines, toggles = _share(file.hit, file.points), _share(file.toggled, file.toggles)
        rows.append((name, lines, str(len(file.waived) or ""), toggles))
    lines = _share(sum(f.hit for f in files), sum(f.points for f in files))
    toggles = _share(sum(f.toggled for f in files), sum(f.toggles for f in files))
    rows.append(("total", lines, str(sum(len(f.waived) for f in files) or ""), toggles))
    return aligned(rows, right=(1, 2, 3), least=(24, 24, 6, 24))


def _verdict(result: CoverageResult) -> Iterator[str]:
    failures, others = list(result.failures), result.reasons[len(result.failures) :]
    yield from (f"  {reason}" for reason in failures[:SHOWN])
    if len(failures) > SHOWN:
        yield f"  ... and {len(failures) - SHOWN} more failed runs"
    yield from (f"  {reason}" for reason in others)
    yield f"runs     {result.runs}, {len(failures)} failed, {result.seconds:.0f} s"
    yield f"verdict  {'FAIL' if result.reasons else 'PASS'}"
