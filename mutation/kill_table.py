"""The committed kill tables: docs/mutation/<unit>.md with every mutant, and a line a unit in docs/mutation.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutation.campaign import Campaign
from mutation.kill_picture import PICTURE, kill_picture
from mutation.mutant_result import ARGUED, EQUIVALENT, KILLED, MutantResult
from mutation.sources import Digests
from t2c.common.text_table import markdown_head, markdown_row

HEAD = ("unit", "mutants", "killed", "rate", "by", "proven equivalent", "argued", "unexplained", "CPU seconds")
"""rate: killed, of those that are not proven equivalent."""


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """What a table was made of."""

    count: int
    seed: int
    digests: Digests


def kills(results: Sequence[MutantResult]) -> Counter[str]:
    """Mutants killed by each test."""
    return Counter(result.reason for result in results if result.verdict == KILLED)


def unit_page(campaign: Campaign, results: Mapping[int, MutantResult]) -> str:
    """The page of a unit: a row a mutant."""
    unit = campaign.unit
    ordered = [results[mutant.number] for mutant in unit.mutants]
    equal = sum(result.verdict == EQUIVALENT for result in ordered)
    argued = sum(result.verdict == ARGUED for result in ordered)
    killed = sum(result.verdict == KILLED for result in ordered)
    lines = [
        f"# Mutants of {campaign.name}",
        "",
        f"{len(ordered)} mutants by Yosys' `mutate` pass, seed {campaign.seed}, of RTL `{campaign.digests.rtl}`:",
        f"{killed} killed by bench `{campaign.digests.bench}`, {equal} proven equivalent, {argued} argued.",
        *campaign.judge.remarks(ordered),
        f"Written by `make mutate UNIT={campaign.name} WRITE=1`; [mutation.md](../mutation.md) says how.",
        "",
        *markdown_head(("no.", "line", "source", "cell", "fault", "verdict", "by")),
    ]
    for mutant, result in zip(unit.mutants, ordered, strict=True):
        by = f"`{result.reason}`, comparison {result.compared}" if result.verdict == KILLED else result.reason
        source = mutant.expression(unit.original)
        cells = (
            str(mutant.number),
            mutant.place,
            f"`{source}`" if source else "",
            f"`{mutant.cell}`",
            mutant.effect,
            result.verdict,
            by,
        )
        lines.append(markdown_row(cells))
    return "\n".join([*lines, ""])


def summary_row(campaign: Campaign, results: Sequence[MutantResult]) -> str:
    """The line of a unit in docs/mutation.md."""
    tests = [test for test in campaign.judge.tests if test in kills(results)]
    tests += sorted(kills(results).keys() - set(tests))
    by = ", ".join(f"`{test}` {kills(results)[test]}" for test in tests)
    argued = sum(result.verdict == ARGUED for result in results)
    equal = sum(result.verdict == EQUIVALENT for result in results)
    unexplained = sum(not result.explained for result in results)
    killed = sum(kills(results).values())
    name = campaign.name
    cells = (
        f"[{name}](mutation/{name}.md)",
        len(results),
        killed,
        rate(killed, len(results) - equal),
        by,
        equal,
        argued,
        unexplained,
        f"{campaign.results.seconds[1]:.0f}",
    )
    return markdown_row(cells)


def rate(killed: int, of: int) -> str:
    """In per cent; rounded down, so that only all are 100.

    >>> rate(199, 200), rate(5, 5)
    ('99 %', '100 %')
    """
    return f"{100 * killed // max(of, 1)} %"


def write_tables(docs: Path, campaign: Campaign, results: Mapping[int, MutantResult]) -> None:
    """Write the page of a unit, and its line in mutation.md in place of the one that is there."""
    pages = docs / "mutation"
    pages.mkdir(exist_ok=True)
    (pages / f"{campaign.name}.md").write_text(unit_page(campaign, results))
    put_row(docs, campaign.name, summary_row(campaign, list(results.values())))


def put_row(docs: Path, name: str, row: str) -> None:
    """Put a unit's line into the table of mutation.md, in place of the one that is there; the picture follows."""
    overview = docs / "mutation.md"
    lines = overview.read_text().splitlines()
    head = lines.index(markdown_row(HEAD))
    end = head
    while end < len(lines) and lines[end].startswith("|"):
        end += 1
    rows = sorted([*(line for line in lines[head + 2 : end] if not line.startswith(f"| [{name}]")), row])
    lines[head + 2 : end] = rows
    overview.write_text("\n".join([*lines, ""]))
    (docs / "mutation" / PICTURE).write_text(kill_picture(rows))


def read_stamp(docs: Path, name: str) -> Stamp | None:
    """What the committed page of a unit was made of; None if there is none."""
    path = docs / "mutation" / f"{name}.md"
    pattern = r"^(\d+) mutants .* seed (\d+), of RTL `(\w+)`:\n\d+ killed by bench `(\w+)`"
    found = re.search(pattern, path.read_text(), re.MULTILINE) if path.is_file() else None
    if not found:
        return None
    return Stamp(count=int(found[1]), seed=int(found[2]), digests=Digests(rtl=found[3], bench=found[4]))


def table_state(docs: Path, campaign: Campaign, results: Mapping[int, MutantResult]) -> str:
    """In a line: how the committed page compares with these results."""
    path = docs / "mutation" / f"{campaign.name}.md"
    stamp = read_stamp(docs, campaign.name)
    how = f"make mutate UNIT={campaign.name} WRITE=1"
    if stamp is None:
        return f"{path.name} is missing: {how}"
    if (stamp.count, stamp.seed) != (campaign.count, campaign.seed):
        return f"{path.name} is about other mutants: {stamp.count} of them, seed {stamp.seed}"
    if stamp.digests.rtl != campaign.digests.rtl:
        return f"the RTL has changed since {path.name}: {how}"
    if stamp.digests.bench != campaign.digests.bench:
        return f"the bench has changed since {path.name}: {how}"
    same = path.read_text() == unit_page(campaign, results)
    return f"{path.name} is up to date" if same else f"{path.name} has other verdicts: {how}"
