"""Every list of planted faults that `make test` samples is run whole by `make faults`, by several workers."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

SAMPLES = re.compile(r"\bsampled\(|\bmark\.campaign\b")
SELF = "tests/test_campaigns.py"


def files_with_samples() -> list[str]:
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")} - {SELF}
    return sorted(file for file in files if SAMPLES.search((ROOT / file).read_text()))


def test_make_faults_runs_every_file_that_make_test_samples() -> None:
    printed = subprocess.run(["make", "-n", "faults"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    sampled = files_with_samples()
    assert sampled
    assert sampled == sorted(word for word in printed.split() if re.fullmatch(r"tests/.*\.py", word))


def collected(seed: int, *arguments: str) -> list[str]:
    """The tests in their order, as a Python finds them whose sets and dictionaries of strings hash by that seed."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTEST_ADDOPTS": ""}  # as the lines below are read
    shown = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if "::" in line]


@pytest.mark.slow
def test_all_workers_collect_the_same_tests() -> None:
    """The order of a set differs from one worker to the next, which pytest-xdist refuses before it runs a test."""
    found = collected(1, "tests")
    assert found
    assert found == collected(2, "tests")


@pytest.mark.slow
def test_make_test_runs_a_case_of_every_function() -> None:
    """One that only `make faults` runs breaks unseen when what it calls changes."""
    every, sample = (
        {test.partition("[")[0] for test in collected(1, *options, *files_with_samples())}
        for options in ((), ("-m", "not campaign"))
    )
    assert every
    assert every == sample
