"""The HTML page of `make coverage`: bins, and every source with its counts; one file, nothing to load."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from t2c.tb.components.bins import Bin
from t2c.tb.coverage.coverage_result import CoverageResult, tally
from t2c.tb.coverage.lines import FileCoverage
from t2c.tb.coverage.verilator_data import Point

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2em; }
table { border-collapse: collapse; } td, th { padding: .1em .8em; text-align: right; }
td:first-child, th:first-child { text-align: left; }
th { border-bottom: 1px solid #999; }
details { margin: .3em 0; } summary { cursor: pointer; }
pre { line-height: 1.35; font-size: 13px; overflow-x: auto; border: 1px solid #ccc; }
pre span { display: block; padding: 0 .5em; }
pre b { display: inline-block; width: 8em; color: #777; font-weight: 400; }
.miss { background: #fdd; } .part { background: #fff3c4; }
.hit { background: #eaf6ea; } .waived { background: #e4e8f5; }
.fail { color: #a00; } .pass { color: #070; }
"""


_LEGEND = (
    "Before each line: how often it ran, or <code>n/m ~</code>, n of the m toggles of the signals that it declares. "
    "<span class='hit'>Reached</span>, <span class='miss'>a line or branch never reached</span>, "
    "<span class='waived'>waived</span>, <span class='part'>not every bit moved both ways</span>."
)


def page(result: CoverageResult, counts: Mapping[Point, int], sources: Path) -> str:
    """The whole page.

    Args:
        result: what was found.
        counts: of every point.
        sources: folder of the files that the points lie in.
    """
    return "\n".join(_parts(result, counts, sources)) + "\n"


def _parts(result: CoverageResult, counts: Mapping[Point, int], sources: Path) -> Iterator[str]:
    verdict = "fail" if result.reasons else "pass"
    yield f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Coverage</title><style>{_STYLE}</style>"
    yield f"<h1>Coverage: <span class='{verdict}'>{verdict.upper()}</span></h1>"
    yield f"<p>{result.runs} runs, {len(result.failures)} failed, {result.seconds:.0f} s.</p>"
    if result.reasons:
        yield "<ul class='fail'>" + "".join(f"<li>{escape(reason)}" for reason in result.reasons) + "</ul>"
    yield "<h2>Bins</h2>"
    for part, cover in result.parts.items():
        yield f"<h3>{escape(part)}</h3>"
        for group, bins in cover.groups.items():
            yield from _group(group, bins)
    yield "<h2>Sources</h2><table><tr><th>file<th>lines and branches<th>waived<th>toggles</tr>"
    for name, file in result.files.items():
        yield (
            f"<tr><td><a href='#{name}'>{name}</a><td>{file.hit:,} of {file.points:,}<td>{len(file.waived) or ''}"
            f"<td>{file.toggled:,} of {file.toggles:,}</tr>"
        )
    yield "</table><p>" + _LEGEND + "</p>"
    for name, file in result.files.items():
        yield from _source(name, file, counts, (sources / name).read_text().splitlines())
    yield "</html>"


def _group(group: str, bins: Mapping[str, Bin]) -> Iterator[str]:
    hit, declared, absent = tally(bins)
    state = "miss" if hit < declared else ""
    extra = f", {absent} not applicable" if absent else ""
    title = f"{escape(group)}: {hit} of {declared}{extra}"
    yield f"<details{' open' if state else ''}><summary class='{state}'>{title}</summary><table>"
    for name, one in bins.items():
        state = "miss" if one.unhit else ""
        value = f"{one.hits:,}" if one.hits or not one.excluded else escape(one.excluded)
        yield f"<tr class='{state}'><td>{escape(name)}<td>{value}</tr>"
    yield "</table></details>"


def _source(name: str, file: FileCoverage, counts: Mapping[Point, int], lines: list[str]) -> Iterator[str]:
    """A file, each line with the counts of the points that lie on it or run with it."""
    here: dict[int, list[int]] = defaultdict(list)
    notes: dict[int, list[str]] = defaultdict(list)
    toggles: dict[int, list[bool]] = defaultdict(list)
    for point, hits in counts.items():
        if point.file != name:
            continue
        if point.kind == "toggle":
            toggles[point.line].append(hits > 0)
            continue
        for line in {point.line, *point.lines}:
            here[line].append(hits)
    for point, _ in file.missing:
        notes[point.line].append(f"{point.what} never reached")
    for point, reason in file.waived:
        notes[point.line].append(f"{point.what} waived: {reason}")
    waived = {line for point, _ in file.waived for line in {point.line, *point.lines}}
    spans = []  # without line ends between them, which would show in <pre>
    for number, text in enumerate(lines, 1):
        reached, bits = here.get(number, []), toggles.get(number, [])
        state = "hit" if reached and all(reached) else "waived" if number in waived else "miss" if reached else ""
        if not state and bits:
            state = "" if all(bits) else "part"
        shown = f"{max(reached):,}" if reached else f"{sum(bits)}/{len(bits)} ~" if bits else ""
        note = f"  // {'; '.join(notes[number])}" if notes.get(number) else ""
        spans.append(f"<span class='{state}'><b>{shown:>10}</b>{number:4}  {escape(text)}<i>{escape(note)}</i></span>")
    yield f"<h3 id='{name}'>rtl/{name}</h3><pre>{''.join(spans)}</pre>"
