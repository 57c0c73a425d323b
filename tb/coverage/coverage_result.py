"""The result of `make coverage`: what was hit, what was not, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from t2c.tb.components.bins import Bin, Coverage
from t2c.tb.coverage.lines import FileCoverage, Waiver

SHOWN = 12
"""Reasons of failed runs that are printed."""


@dataclass(frozen=True, kw_only=True)
class CoverageResult:
    """All that was found. parts: bins of each unit and of the core; files: by name; stale: waivers that waive nothing.

    failures: id and first reason of each run that failed; runs: how many there were; seconds: in all.
    """

    parts: Mapping[str, Coverage]
    files: Mapping[str, FileCoverage]
    stale: Sequence[Waiver]
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
        stale = [f"waiver of {w.file}: {w.what}: {w.text!r} waives nothing" for w in self.stale]
        return [*nothing, *self.failures, *(f"unhit bin: {name}" for name in self.unhit), *self.missing, *stale]

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


def _bin_rows(result: CoverageResult) -> Iterator[str]:
    width = max((len(group) for cover in result.parts.values() for group in cover.groups), default=5)
    yield f"{'unit':14}  {'group':{width}}  {'hit':>5}  {'of':>5}  {'not applicable':>14}"
    total = [0, 0, 0]
    for part, cover in result.parts.items():
        for group, bins in cover.groups.items():
            figures = tally(bins)
            total = [a + b for a, b in zip(total, figures, strict=True)]
            yield _row(part, group, width, figures)
    yield _row("total", "", width, total)


def _row(part: str, group: str, width: int, figures: Sequence[int]) -> str:
    hit, declared, absent = figures
    return f"{part:14}  {group:{width}}  {hit:5,}  {declared:5,}  {absent or '':>14}{'' if hit == declared else '  <'}"


def _share(hit: int, of: int) -> str:
    return f"{hit:7,} of {of:7,}  {100 * hit / of:5.1f}%" if of else ""


def _file_rows(result: CoverageResult) -> Iterator[str]:
    yield f"{'source':24}  {'lines and branches':>24}  {'waived':>6}  {'toggles':>24}"
    for name, file in result.files.items():
        lines, toggles = _share(file.hit, file.points), _share(file.toggled, file.toggles)
        yield f"{name:24}  {lines:>24}  {len(file.waived) or '':>6}  {toggles:>24}"
    files = result.files.values()
    lines = _share(sum(f.hit for f in files), sum(f.points for f in files))
    toggles = _share(sum(f.toggled for f in files), sum(f.toggles for f in files))
    yield f"{'total':24}  {lines:>24}  {sum(len(f.waived) for f in files) or '':>6}  {toggles:>24}"


def _verdict(result: CoverageResult) -> Iterator[str]:
    failures, others = list(result.failures), result.reasons[len(result.failures) :]
    yield from (f"  {reason}" for reason in failures[:SHOWN])
    if len(failures) > SHOWN:
        yield f"  ... and {len(failures) - SHOWN} more failed runs"
    yield from (f"  {reason}" for reason in others)
    yield f"runs     {result.runs}, {len(failures)} failed, {result.seconds:.0f} s"
    yield f"verdict  {'FAIL' if result.reasons else 'PASS'}"
