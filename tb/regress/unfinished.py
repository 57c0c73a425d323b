"""The report of a regression that has not come to its end: it stands in junit.xml from the first moment on, so that one
that is refused, killed or interrupted never leaves the green report of an earlier one behind.

Nothing but the standard library is needed here: this runs before anything can go wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import platform
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from t2c.common.atomic import atomic_file
from t2c.common.places import OUTPUT

FOLDER, JUNIT, LOCK = "regress", "junit.xml", "lock"
"""Names below the folder of all output: of the regression's, and of two files in that."""
UNFINISHED = "UNFINISHED"
"""Type of the error in a report that only says so."""
ENDLESS = "the regression did not come to its end"
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_QUIET = {"-h", "--help", "--list"}
"""Arguments with which nothing is run."""


def xml_text(value: str) -> str:
    """The text without what XML 1.0 forbids."""
    return _ILLEGAL.sub("?", value)


def suites(name: str, tests: int, failures: int, errors: int, seconds: float) -> tuple[ET.Element, ET.Element]:
    """An empty document and its one testsuite."""
    counts = {"tests": str(tests), "failures": str(failures), "errors": str(errors), "time": f"{seconds:.3f}"}
    root = ET.Element("testsuites", {"name": "regress", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": name, "skipped": "0", **counts})
    suite.set("hostname", xml_text(platform.node()) or "localhost")
    suite.set("timestamp", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    return root, suite


def _folder(arguments: Sequence[str]) -> Path | None:
    """The regression's folder, if there is one and something is to be run."""
    if _QUIET & set(arguments):
        return None
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--out", type=Path, default=OUTPUT)
    with contextlib.suppress(argparse.ArgumentError, SystemExit):
        folder: Path = parser.parse_known_args(list(arguments))[0].out / FOLDER
        return folder if folder.is_dir() else None
    return None


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether no other regression is running there, which then writes the report itself."""
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _is_mark(report: Path) -> bool:
    """Whether there is no report yet but at most a mark; not what a regression wrote at its end."""
    return not report.is_file() or f'type="{UNFINISHED}"' in report.read_text(errors="replace")


def mark_unfinished(arguments: Sequence[str], reason: str = ENDLESS) -> None:
    """Replace the report of an earlier regression by one that says why there is no newer one; in one step.

    A reason never takes the place of a report that this regression has written.

    Args:
        arguments: of the command line.
        reason: a line.

    Raises:
        OSError: it cannot be written.
    """
    folder = _folder(arguments)
    if folder is None:
        return
    with _alone(folder) as alone:
        if alone and (reason == ENDLESS or _is_mark(folder / JUNIT)):
            write_reason(folder / JUNIT, reason)


def write_reason(report: Path, reason: str, name: str = "regress") -> None:
    """Write a report with one error, in one step; none is left if that cannot be.

    Args:
        report: the file.
        reason: a line.
        name: of the document.

    Raises:
        OSError: it cannot be written.
    """
    root, suite = suites("regress", 1, 0, 1, 0.0)
    root.set("name", name)
    case = ET.SubElement(suite, "testcase", {"classname": "regress", "name": "regression", "time": "0.000"})
    error = ET.SubElement(case, "error", {"message": xml_text(reason), "type": UNFINISHED})
    error.text = xml_text(reason)
    try:
        with atomic_file(report) as file:
            ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
    except OSError:
        report.unlink(missing_ok=True)  # no report is better than a green one of another run
        raise
