"""JUnit XML, as CI systems read it: one testcase a job; what did not run is an error, never a pass."""

from __future__ import annotations

import platform
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from t2c.common.atomic import atomic_file
from t2c.tb.regress.job import Job
from t2c.tb.regress.store import DIED, JobRecord

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _text(value: str) -> str:
    """The text without what XML 1.0 forbids."""
    return _ILLEGAL.sub("?", value)


def junit_tree(
    jobs: Sequence[Job], records: Mapping[str, JobRecord], reused: frozenset[str], seconds: float
) -> ET.Element:
    """Build the document.

    Args:
        jobs: everything that was to be run.
        records: results by job id; a job without one counts as an error.
        reused: ids whose result is from an earlier run.
        seconds: wall time.
    """
    found = [records.get(job.id) for job in jobs]
    counts = {
        "tests": len(jobs),
        "failures": sum(record is not None and not record.passed and record.verdict != DIED for record in found),
        "errors": sum(record is None or record.verdict == DIED for record in found),
        "skipped": 0,
    }
    shared = {name: str(value) for name, value in counts.items()} | {"time": f"{seconds:.3f}"}
    root = ET.Element("testsuites", {"name": "regress", **shared})
    started = datetime.now(UTC).isoformat(timespec="seconds")
    suite = ET.SubElement(root, "testsuite", {"name": "regress", "hostname": platform.node(), **shared})
    suite.set("timestamp", started)
    died = []
    for job, record in zip(jobs, found, strict=True):
        case = ET.SubElement(suite, "testcase", {"classname": f"regress.{job.name}", "name": job.id})
        case.set("time", f"{record.seconds if record else 0.0:.3f}")
        if record is None:
            ET.SubElement(case, "error", {"message": "not run: the regression was interrupted"})
            continue
        properties = ET.SubElement(case, "properties")
        values = {"verdict": record.verdict, "attempts": record.attempts, "reused": job.id in reused}
        for name, value in values.items():
            ET.SubElement(properties, "property", {"name": name, "value": str(value).lower()})
        if record.attempts > 1:
            died.append(f"{job.id}: {record.attempts} attempts, {record.attempts - 1} or more ended with their worker")
        if not record.passed:
            kind = "error" if record.verdict == DIED else "failure"
            fault = ET.SubElement(case, kind, {"message": _text(record.reasons[0] if record.reasons else "no reason")})
            fault.text = _text("\n".join([*record.reasons, f"replay: {record.replay}"]))
    ET.SubElement(suite, "system-out").text = _text("\n".join(died) or "no worker died")
    return root


def write_junit(root: ET.Element, path: Path) -> None:
    """Write the document in one step."""
    ET.indent(root, " ")
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as file:
        ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
