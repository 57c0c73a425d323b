"""`make regress` is stopped while its workers start, its store is damaged, or it is one part of several."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.common.places import ROOT
from t2c.tb.regress.job import Job
from t2c.tb.regress.jobs import RegressionPlan, list_jobs
from t2c.tb.regress.sharding import parse_shard, part_of
from t2c.tb.regress.store import PASS, JobRecord, JobStore
from tests import patience

ONE = ["--random-layers", "1", "--random-networks", "0", "--random-transformers", "0"]
ONE += ["--arrays", "4x4", "--campaign", "small", "--only", "*icarus*"]


def command(folder: Path, **environment: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "t2c.tb.regress", *ONE, "--examples", str(folder / "none"), "--out", str(folder)]
    variables = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.Popen(
        words,
        cwd=ROOT,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def marked(mark: str) -> list[int]:
    """Processes that inherited a variable of the environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "workers"), [(signal.SIGTERM, 1), (signal.SIGINT, 1), (signal.SIGTERM, 0)], ids=["TERM", "INT", "early"]
)
def test_stopped_while_the_workers_start(number: signal.Signals, workers: int, tmp_path: Path) -> None:
    """Ctrl-C reaches every process of the terminal, SIGTERM the command alone. One line; nobody is left; it goes on."""
    mark = f"T2C_TEST_MARK={tmp_path}"
    process = command(tmp_path, T2C_TEST_MARK=str(tmp_path))
    patience.wait_until(lambda: len(marked(mark)) > workers and (workers or (tmp_path / "regress").is_dir()))
    (os.killpg if number is signal.SIGINT else os.kill)(process.pid, number)
    said, _ = patience.wait_for_end(process)
    assert process.returncode in (130, -signal.SIGINT), said
    lines = [line for line in said.splitlines() if not line.endswith("are reused")]
    assert len(lines) == 1, said
    assert lines[0].startswith("interrupted")
    patience.wait_until(lambda: not marked(mark), lambda: marked(mark))
    junit = tmp_path / "regress" / "junit.xml"
    if junit.is_file():
        assert ET.parse(junit).getroot().get("errors") != "0"
    assert [path.name for path in (tmp_path / "regress").glob(".*")] == []
    JobStore(tmp_path / "regress").folder.joinpath("lock").unlink(missing_ok=True)


# A damaged store

HURT: dict[str, Callable[[Path], object]] = {
    "the folder": lambda folder: (folder.rmdir(), folder.write_text("")),
    "results": lambda folder: (folder / "results").write_text(""),
    "a result": lambda folder: (folder / "results" / "a.json").mkdir(parents=True),
    "attempts": lambda folder: (folder / "attempts").write_text(""),
    "an attempt": lambda folder: (folder / "attempts" / "a").mkdir(parents=True),
    "logs": lambda folder: (folder / "logs").write_text(""),
    "failures": lambda folder: (folder / "failures").write_text(""),
    "packages": lambda folder: (folder / "packages").write_text(""),
    "the lock": lambda folder: (folder / "lock").mkdir(),
    "the report": lambda folder: (folder / "junit.xml").mkdir(),
}


@pytest.mark.parametrize("name", HURT)
def test_a_damaged_store_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "regress").mkdir()
    HURT[name](tmp_path / "regress")
    with (
        pytest.raises(UserError, match="move it away, and the same command goes on") as error,
        JobStore(tmp_path / "regress").locked(),
    ):
        pass
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        '{"id": "a", "verdict": "PASS", "reasons": [], "seconds": "long"}',
        '{"id": "a", "verdict": "PASS", "reasons": [], "seconds": NaN}',
        '{"id": "a", "verdict": "PASS", "reasons": [], "seconds": true}',
        '{"id": "a", "verdict": "PASS", "reasons": [], "attempts": null}',
        '{"id": "a", "verdict": "PASS", "reasons": [], "fingerprint": 3}',
        '{"id": "a", "verdict": "PASS", "reasons": [], "fingerprint": {"sources": 3}}',
        '{"id": "a", "verdict": "PASS", "reasons": [], "figures": []}',
        '{"id": "a", "verdict": "FAIL", "reasons": [3]}',
        '{"id": "a", "verdict": "PASS", "reasons": 3}',
        '{"id": "a", "verdict": "PASS", "reasons": [], "more": 1}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_a_result_that_is_none_is_run_again(text: str, tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    store.write(JobRecord(id="a", verdict=PASS))
    store.result_path("a").write_bytes(text.encode(errors="surrogateescape"))
    assert store.read("a") is None


def test_an_attempt_that_is_no_text_counts(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    store.begin("a")
    (tmp_path / "attempts" / "a").write_bytes(b"\xff\xfe\n\x00\n")
    assert store.begin("a") == 3


# Parts


def jobs_of(folder: Path) -> list[Job]:
    plan = RegressionPlan(
        examples=ROOT / "examples",
        packages=folder / "packages",
        seed=1,
        layers=6,
        networks=6,
        arrays=[(8, 8), (16, 16)],
    )
    return list_jobs(plan).jobs


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("parts", [1, 2, 4, 7])
def test_parts_are_disjoint_complete_and_balanced(parts: int, tmp_path: Path) -> None:
    jobs = jobs_of(tmp_path)
    shares = [part_of(jobs, (part, parts)) for part in range(1, parts + 1)]
    ran = Counter(job.id for share in shares for job in share if not job.is_build)
    assert ran == Counter(job.id for job in jobs if not job.is_build)
    for share in shares:
        ids = [job.id for job in share]
        assert ids == [job.id for job in jobs if job.id in ids], "in the order of the whole"
        assert {job.build_id for job in share if not job.is_build} == {job.id for job in share if job.is_build}
    loads = [sum(job.estimate for job in share) for share in shares]
    longest = max(job.estimate for job in jobs if not job.is_build)
    builds = sum(job.estimate for job in jobs if job.is_build)
    assert max(loads) - min(loads) <= longest + builds
    assert shares == [part_of(list(jobs), (part, parts)) for part in range(1, parts + 1)], "the same on every machine"


@pytest.mark.parametrize("text", ["", "2", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "1 /2", "\u0661/2", "1/99999"])
def test_what_is_no_part(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not I/N"):
        parse_shard(text)
    assert parse_shard("2/4") == (2, 4)
