"""Verilator's coverage.dat: which line, branch and toggle of which source was reached how often."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HEADER = "# SystemC::Coverage-3"
_ENTRY = re.compile(r"C '(.*)' (\d+)")
_FIELD, _VALUE = "\x01", "\x02"


class CoverageDataError(ValueError):
    """A coverage.dat that cannot be read; the message names file and line."""


@dataclass(frozen=True, order=True, kw_only=True)
class Point:
    """Something that Verilator counts, in whatever instance and build.

    file: name of the source; line, column: where; kind: line, branch or toggle; what: block, if, else, case, cond_then,
    cond_else ..., or signal and direction of a toggle; lines: all that run with it.
    """

    file: str
    line: int
    column: int
    kind: str
    what: str
    lines: tuple[int, ...] = ()


def _lines(text: str) -> tuple[int, ...]:
    """Read "41" or "130-133,140"."""
    numbers: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return tuple(numbers)


def read_counts(path: Path) -> Counter[str]:
    """Counts by the text of each point, as a run wrote them; counters of several runs add up.

    Raises:
        CoverageDataError: no such file, or another format.
    """
    if not path.is_file():
        raise CoverageDataError(f"{path} is missing: the simulation wrote no coverage")
    header, *lines = path.read_text().splitlines() or [""]
    if header != HEADER:
        raise CoverageDataError(f"{path}:1: {header[:40]!r} is not {HEADER!r}")
    found: Counter[str] = Counter()
    for number, line in enumerate(lines, 2):
        entry = _ENTRY.fullmatch(line)
        if entry is None:
            raise CoverageDataError(f"{path}:{number}: {line[:40]!r} is no coverage point")
        found[entry[1]] += int(entry[2])
    return found


def points_in(sources: Path, counts: Mapping[str, int]) -> Counter[Point]:
    """Counts of all points in the files of one folder; those of all instances and builds of a module add up.

    Args:
        sources: folder; points in other files are left out.
        counts: as `read_counts`: fields as \\x01 name \\x02 value.
    """
    found: Counter[Point] = Counter()
    inside: dict[str, bool] = {}
    for text, hits in counts.items():
        fields = dict(part.partition(_VALUE)[::2] for part in text.split(_FIELD) if part)
        path = fields["f"]
        if path not in inside:
            inside[path] = Path(path).parent.resolve() == sources.resolve()
        if inside[path]:
            found[_point(Path(path).name, fields)] += hits
    return found


def _point(file: str, fields: Mapping[str, str]) -> Point:
    return Point(
        file=file,
        line=int(fields["l"]),
        column=int(fields["n"]),
        kind=fields["page"].partition("/")[0].removeprefix("v_"),
        what=fields["o"],
        lines=_lines(fields.get("S", "")),
    )
