"""Survivors that nobody can kill, argued by hand in a table; an argument that fits no survivor any more is reported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mutation.mutant import Mutant
from mutation.mutant_result import ARGUED, MutantResult

FILE = "arguments.md"
_BAR = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"`(.+?)`(?:<br>|$)")


def table_rows(text: str, columns: int) -> list[tuple[str, ...]]:
    """The rows below the heads of all tables of so many columns in a page of Markdown, with bars as they are meant.

    Raises:
        ValueError: a row has another number of columns than the table's head.
    """
    rows: list[tuple[str, ...]] = []
    wanted, head = 0, 0
    for line in text.splitlines():
        if not line.startswith("|"):
            wanted = 0
            continue
        cells = tuple(cell.strip().replace("\\|", "|") for cell in _BAR.split(line.strip()[1:-1]))
        if wanted and len(cells) != wanted:
            raise ValueError(f"{len(cells)} columns, {wanted} were expected: {line}")
        if set("".join(cells)) <= set("-: "):
            wanted = head
        elif wanted == columns:
            rows.append(cells)
        head = len(cells)
    return rows


def codes(cell: str) -> tuple[str, ...]:
    """The pieces of code in a cell, one a line: `a`<br>`b`."""
    return tuple(_CODE.findall(cell))


@dataclass(frozen=True, kw_only=True)
class Argument:
    """Why mutants of a unit cannot be killed.

    source: text that became the cell, or FILE:LINE where there is none; fault: what changes; why: in words.
    """

    unit: str
    source: str
    fault: str
    why: str

    def fits(self, unit: str, source: str, mutant: Mutant) -> bool:
        """Whether it is about this mutant."""
        return (self.unit, self.source, self.fault) == (unit, source, mutant.effect)


def read_arguments(docs: Path) -> list[Argument]:
    """Those of docs/mutation/arguments.md: | unit | source | fault | why |.

    Raises:
        ValueError: a row that is no argument.
    """
    path = docs / "mutation" / FILE
    rows = table_rows(path.read_text(), 4) if path.is_file() else []
    for row in rows:
        if not all(row):
            raise ValueError(f"{path.name}: a cell is empty: {' | '.join(row)}")
    return [Argument(unit=unit, source=source.strip("`"), fault=fault, why=why) for unit, source, fault, why in rows]


def argue(
    unit: str, mutants: Iterable[Mutant], original: Path, results: Mapping[int, MutantResult], given: Iterable[Argument]
) -> tuple[dict[int, MutantResult], list[Argument]]:
    """Give those mutants the verdict ARGUED that nothing else explains and that are argued.

    Args:
        unit: name of the unit.
        mutants: of it, all.
        original: folder of the RTL that was mutated.
        results: by number.
        given: arguments of all units.

    Returns:
        The results, and the arguments about this unit that fit none of the unexplained mutants.
    """
    stale = [argument for argument in given if argument.unit == unit]
    done, used = dict(results), set[Argument]()
    for mutant in mutants:
        result = results.get(mutant.number)
        if result is None or result.explained:
            continue
        found = [a for a in stale if a.fits(unit, mutant.expression(original) or mutant.place, mutant)]
        if found:
            done[mutant.number] = replace(result, verdict=ARGUED, reason=found[0].why)
            used.add(found[0])
    return done, [argument for argument in stale if argument not in used]
