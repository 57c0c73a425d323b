"""`python -m t2c.tb.regress.merge`, behind `make regress-merge`: the reports of all parts of a regression as one.

Green only if every part of one and the same regression is there, once, and every job of it passed.
"""

from __future__ import annotations

import argparse
import copy
import glob
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from t2c.common.command import Parser, run
from t2c.common.errors import SettingError, UserError
from t2c.common.options import add_options
from t2c.common.places import OUTPUT
from t2c.tb.regress.junit import write_junit
from t2c.tb.regress.sharding import Shard, parse_shard
from t2c.tb.regress.unfinished import FOLDER, UNFINISHED, suites, write_reason

MERGED = OUTPUT / FOLDER / "merged.xml"
NAME = "regress merged"
"""Of the document."""
SHOWN = 20
"""Jobs that did not pass, of which the command names so many."""


@dataclass(frozen=True, kw_only=True)
class PartReport:
    """The report of a part. of, jobs: as `RegressionPart` has them; suite: its testsuite."""

    path: Path
    shard: Shard
    of: str
    jobs: int
    suite: ET.Element

    @property
    def cases(self) -> dict[str, ET.Element]:
        """Testcases by the job's id."""
        return {case.get("name", ""): case for case in self.suite.iter("testcase")}

    @property
    def red(self) -> list[str]:
        """Jobs that failed, died or did not run."""
        return [name for name, case in self.cases.items() if case.find("failure") is not None or _errors(case)]


def _errors(case: ET.Element) -> int:
    return int(case.find("error") is not None or case.find("skipped") is not None)


def read_report(path: Path) -> PartReport:
    """Read the report of a part.

    Raises:
        UserError: it is none, or that of a regression that did not come to its end.
    """
    try:
        (suite,) = ET.parse(path).getroot().iter("testsuite")
    except (ET.ParseError, ValueError) as error:
        raise UserError(f"{path}: no report of a regression ({error})") from error
    for found in suite.iter("error"):
        if found.get("type") == UNFINISHED:
            raise UserError(f"{path}: {found.get('message')}")
    said = {one.get("name"): one.get("value", "") for one in suite.iter("property")}
    try:
        shard, jobs = parse_shard(said["part"]), int(said["jobs"])
    except (KeyError, ValueError, argparse.ArgumentTypeError) as error:
        raise UserError(f"{path}: no report of a part of a regression") from error
    report = PartReport(path=path, shard=shard, of=said.get("list", ""), jobs=jobs, suite=suite)
    counts = (len(list(suite.iter("testcase"))), len(report.red))
    if counts != (int(suite.get("tests", -1)), int(suite.get("failures", -1)) + int(suite.get("errors", -1))):
        raise UserError(f"{path}: its counts are not those of its testcases")
    if counts[0] != len(report.cases) or not counts[0]:
        raise UserError(f"{path}: {'a job is in it twice' if counts[0] else 'no job is in it'}")
    return report


def check_parts(reports: Sequence[PartReport]) -> None:
    """See that these are all parts of one regression, once each, and that no job is missing.

    Raises:
        UserError: they are not.
    """
    first = reports[0]
    seen: dict[Shard, PartReport] = {}
    for report in reports:
        if (report.of, report.jobs, report.shard[1]) != (first.of, first.jobs, first.shard[1]):
            what = "another number of parts" if report.shard[1] != first.shard[1] else "other sources, jobs or seeds"
            raise UserError(f"{report.path} is of another regression than {first.path}: {what}")
        if report.shard in seen:
            text = f"part {_name(report.shard)} is there twice: {seen[report.shard].path} and {report.path}"
            raise UserError(text)
        seen[report.shard] = report
    parts = first.shard[1]
    missing = [_name((part, parts)) for part in range(1, parts + 1) if (part, parts) not in seen]
    if missing:
        many = len(missing) > 1
        raise UserError(f"{'parts' if many else 'part'} {', '.join(missing)} {'are' if many else 'is'} missing")
    owners: dict[str, PartReport] = {}
    for report in reports:
        for name, case in report.cases.items():
            if name in owners and ".part-" not in case.get("classname", ""):
                raise UserError(f"{name} is in {owners[name].path} and in {report.path}")
            owners[name] = report
    if len(owners) != first.jobs:
        raise UserError(f"{len(owners)} jobs are in the reports; the regression has {first.jobs}")


def _name(shard: Shard) -> str:
    return f"{shard[0]}/{shard[1]}"


def merged(reports: Sequence[PartReport]) -> ET.Element:
    """One document with the testsuite of each part."""
    counts = {
        name: sum(int(report.suite.get(name, 0)) for report in reports) for name in ("tests", "failures", "errors")
    }
    seconds = sum(float(report.suite.get("time", 0)) for report in reports)
    root, alone = suites("regress", counts["tests"], counts["failures"], counts["errors"], seconds)
    root.set("name", NAME)
    root.remove(alone)
    root.extend(copy.deepcopy(report.suite) for report in sorted(reports, key=lambda report: report.shard))
    return root


def _paths(text: str, own: Path) -> Iterator[Path]:
    """Files by name or pattern, separated by commas."""
    for name in text.split(","):
        found = sorted(glob.glob(name.strip(), recursive=True))
        if not found:
            raise SettingError("{reports} = {given!r}: there is no such report", {"given": name.strip()})
        yield from (Path(path) for path in found if Path(path).resolve() != own.resolve())


def _keep_from_harm(out: Path) -> None:
    """Refuse to replace what is no merged report.

    Raises:
        UserError: it is none.
    """
    try:
        name = ET.parse(out).getroot().get("name") if out.exists() else NAME
    except (ET.ParseError, OSError):
        name = None
    if name != NAME:
        raise UserError(f"{out}: is no merged report, and is not replaced by one")


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if every part is there and green, 1 if a job did not pass."""
    parser = Parser(prog="regress-merge", description="Join the JUnit reports of all parts of a regression.")
    add_options(parser, "regress-merge", {"out": MERGED})
    options = parser.parse_args(arguments)
    _keep_from_harm(options.out)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write_reason(options.out, "the reports were not merged", NAME)
    try:
        reports = [read_report(path) for path in dict.fromkeys(_paths(options.reports, options.out))]
        if not reports:
            raise UserError("no report but the merged one")
        check_parts(reports)
    except (UserError, OSError) as error:
        write_reason(options.out, f"not merged: {error}", NAME)
        raise
    root = merged(reports)
    write_junit(root, options.out)
    red = sorted({name for report in reports for name in report.red})
    for name in red[:SHOWN]:
        print(f"{'not passed':<12} {name}")
    print(f"{'parts':<12} {len(reports)}, all of them")
    print(f"{'jobs':<12} {reports[0].jobs}, of which {len(red)} did not pass")
    print(f"{'JUnit':<12} {options.out}")
    print(f"{'verdict':<12} {'FAIL' if red else 'PASS'}")
    return 1 if red else 0


if __name__ == "__main__":
    run(main, extra=(UserError,))
