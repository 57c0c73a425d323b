"""JUnit XML, as CI systems read it: one testcase a job; what did not run is an error, never a pass.

The document holds to what the schemas of Jenkins (jenkins-junit.xsd, junit-10.xsd) have in common, and uses of it what
GitLab reads.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path

from t2c.common.atomic import atomic_file
from t2c.tb.regress.artifacts import files_of
from t2c.tb.regress.job import Job
from t2c.tb.regress.sharding import ALONE, WHOLE, RegressionPart, Shard
from t2c.tb.regress.store import DIED, JobRecord, JobStore
from t2c.tb.regress.unfinished import suites, xml_text


def junit_tree(
    jobs: Sequence[Job],
    records: Mapping[str, JobRecord],
    reused: frozenset[str],
    seconds: float,
    *,
    store: JobStore,
    part: RegressionPart = ALONE,
) -> ET.Element:
    """Build the document.

    Args:
        jobs: everything that was to be run.
        records: results by job id; a job without one counts as an error.
        reused: ids whose result is from an earlier run.
        seconds: wall time.
        store: where artifacts of failures are.
        part: of the regression.
    """
    found = [records.get(job.id) for job in jobs]
    failures = sum(record is not None and not record.passed and record.verdict != DIED for record in found)
    errors = sum(record is None or record.verdict == DIED for record in found)
    shard = part.shard
    root, suite = suites(suite_name(shard), len(jobs), failures, errors, seconds)
    properties = ET.SubElement(suite, "properties")
    for name, value in (("part", "/".join(map(str, shard))), ("list", part.of), ("jobs", str(part.jobs))):
        ET.SubElement(properties, "property", {"name": name, "value": value})
    died = []
    for job, record in zip(jobs, found, strict=True):
        # A build is in several parts: GitLab takes only the first testcase of a name.
        where = "" if shard == WHOLE or not job.is_build else f".part-{shard[0]}-of-{shard[1]}"
        case = ET.SubElement(suite, "testcase", {"classname": f"regress.{job.name}{where}", "name": job.id})
        case.set("time", f"{record.seconds if record else 0.0:.3f}")
        if record is None:
            error = ET.SubElement(case, "error", {"message": "not run: the regression was interrupted"})
            error.text = f"not run; by itself: make regress ONLY={job.id}"
            continue
        if record.attempts > 1:
            died.append(f"{job.id}: {record.attempts} attempts, {record.attempts - 1} or more ended with their worker")
        if not record.passed:
            kind = "error" if record.verdict == DIED else "failure"
            message = record.reasons[0] if record.reasons else "no reason"
            fault = ET.SubElement(case, kind, {"message": xml_text(message.splitlines()[0]), "type": record.verdict})
            fault.text = xml_text("\n".join([*record.reasons, *_followed(record), f"replay: {record.replay}"]))
        ET.SubElement(case, "system-out").text = xml_text("\n".join(_said(record, job.id in reused, store)))
    ET.SubElement(suite, "system-out").text = xml_text("\n".join(died) or "no worker died")
    return root


def suite_name(shard: Shard) -> str:
    """Of the testsuite."""
    return "regress" if shard == WHOLE else f"regress {shard[0]}/{shard[1]}"


def _followed(record: JobRecord) -> list[str]:
    return [text for text in (record.diagnosis, record.shrunk) if text]


def _said(record: JobRecord, reused: bool, store: JobStore) -> list[str]:
    """Lines of a testcase's output; each attachment is a line of its own."""
    how = "passed before, reused" if reused else f"attempt {record.attempts}"
    files = [] if record.passed else files_of(store, record.id)
    return [f"{record.verdict}, {how}", *(f"[[ATTACHMENT|{from_here(path)}]]" for path in files)]


def from_here(path: Path) -> str:
    """A path from the folder in which the command was called, which is that of the CI's project; else absolute."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def write_junit(root: ET.Element, path: Path) -> None:
    """Write the document in one step."""
    ET.indent(root, " ")
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as file:
        ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
