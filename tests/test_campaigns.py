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


def test_make_faults_runs_every_file_that_make_test_samples() -> None:
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")} - {SELF}
    sampled = {file for file in files if SAMPLES.search((ROOT / file).read_text())}
    printed = subprocess.run(["make", "-n", "faults"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert sampled
    assert sampled == {word for word in printed.split() if word in files}


def collected(seed: int) -> list[str]:
    """The tests in their order, as a Python finds them whose sets and dictionaries of strings hash by that seed."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests"]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    shown = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if "::" in line]


@pytest.mark.slow
def test_all_workers_collect_the_same_tests() -> None:
    """The order of a set differs from one worker to the next, which pytest-xdist refuses before it runs a test."""
    found = collected(1)
    assert found
    assert found == collected(2)
