"""Line, branch and toggle coverage of each source, and the points that nobody need reach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2c.common.errors import UserError
from t2c.common.strict_yaml import compose_yaml
from t2c.tb.coverage.verilator_data import Point

WAIVERS = Path(__file__).with_name("waivers.yaml")


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """A line or branch that no run reaches.

    file: name; text: the source line, stripped; what: as in `Point`; reason: why.
    """

    file: str
    text: str
    what: str
    reason: str

    @property
    def complaint(self) -> str:
        """Of one that waives nothing."""
        return f"waiver of {self.file}: {self.what}: {self.text!r} waives nothing"


@dataclass(frozen=True, kw_only=True)
class FileCoverage:
    """Coverage of one source. hit, points: of lines and branches; toggled, toggles: of signal bits, each direction.

    missing: unreached points with their source lines; waived: those that a waiver covers, with its reason.
    """

    hit: int
    points: int
    toggled: int
    toggles: int
    missing: tuple[tuple[Point, str], ...]
    waived: tuple[tuple[Point, str], ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "lines": [self.hit, self.points],
            "toggles": [self.toggled, self.toggles],
            "missing": [{"line": p.line, "what": p.what, "text": text} for p, text in self.missing],
            "waived": [{"line": p.line, "what": p.what, "reason": reason} for p, reason in self.waived],
        }


def read_waivers(path: Path = WAIVERS) -> tuple[Waiver, ...]:
    """Read a list of {file, text, what, reason}.

    Raises:
        UserError: an entry with other keys, or without a reason.
    """
    top = compose_yaml(path)
    waivers = []
    for number, entry in enumerate(top.items() if top else [], 1):
        fields = entry.fields() if entry.is_mapping else {}
        texts = {name: str(value.scalar()) for name, value in fields.items()}
        if set(texts) != {"file", "text", "what", "reason"} or not all(texts.values()):
            raise UserError(f"{path}: entry {number}: file, text, what and reason are wanted")
        waivers.append(Waiver(**texts))
    return tuple(waivers)


def cover_files(
    counts: Mapping[Point, int], sources: Path, waivers: Sequence[Waiver]
) -> tuple[dict[str, FileCoverage], list[Waiver]]:
    """Sum up each file; also return the waivers that waive nothing, since what they name is reached or gone."""
    texts = {name: (sources / name).read_text().splitlines() for name in sorted({point.file for point in counts})}
    by_place = {(waiver.file, waiver.text, waiver.what): waiver for waiver in waivers}
    used: set[Waiver] = set()
    found = {}
    for name, lines in texts.items():
        tally: Counter[str] = Counter()
        missing, waived = [], []
        for point in sorted(point for point in counts if point.file == name):
            toggle, hit = point.kind == "toggle", counts[point] > 0
            tally["toggles" if toggle else "points"] += 1
            tally["toggled" if toggle else "hit"] += hit
            if toggle or hit:
                continue
            text = lines[point.line - 1].strip()
            waiver = by_place.get((name, text, point.what))
            if waiver:
                used.add(waiver)
                waived.append((point, waiver.reason))
            else:
                missing.append((point, text))
        found[name] = FileCoverage(
            hit=tally["hit"],
            points=tally["points"],
            toggled=tally["toggled"],
            toggles=tally["toggles"],
            missing=tuple(missing),
            waived=tuple(waived),
        )
    return found, [waiver for waiver in waivers if waiver not in used]
