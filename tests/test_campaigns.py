"""Every list of planted faults that `make test` samples is run whole by `make faults`, by several workers; what takes
longest comes first."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from types import SimpleNamespace

import pytest

from tests.conftest import HEAVY, ROOT, pytest_collection_modifyitems
from tests.marked import OF_A_CAMPAIGN, OF_MAKE_TEST

SAMPLES = re.compile(r"\b(?:sampled|crossed)\(|\bmark\.campaign\b")
SELF = "tests/test_campaigns.py"


def files_with_samples() -> list[str]:
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")} - {SELF}
    return sorted(file for file in files if SAMPLES.search((ROOT / file).read_text()))


def test_make_faults_runs_every_file_that_make_test_samples() -> None:
    printed = subprocess.run(["make", "-n", "faults"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    sampled = files_with_samples()
    assert sampled
    assert sampled == sorted(word for word in printed.split() if re.fullmatch(r"tests/.*\.py", word))


def test_files_that_come_first_are_there() -> None:
    """In the order of the list, whatever their folders; the command must keep it."""
    assert len(set(HEAVY)) == len(HEAVY)
    assert [name for name in HEAVY if not (ROOT / "tests" / name).is_file()] == []
    for target in ("check", "test", "faults"):
        printed = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert " --dist loadfile --no-loadscope-reorder " in printed, target


def test_heavy_files_are_collected_first() -> None:
    later, heavy, first = (SimpleNamespace(path=ROOT / "tests" / name) for name in ("test_a.py", HEAVY[1], HEAVY[0]))
    items = [later, heavy, first]
    pytest_collection_modifyitems(items)  # type: ignore[arg-type]
    assert items == [first, heavy, later]


@functools.cache
def collected(seed: int, *files: str) -> list[str]:
    """The tests in their order, as a Python finds them whose sets and dictionaries of strings hash by that seed, each
    after what tests/marked.py says of it."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "tests.marked", *files]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTEST_ADDOPTS": ""}  # as the lines below are read
    shown = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if line.startswith((OF_A_CAMPAIGN, OF_MAKE_TEST))]


def functions(tests: Iterable[str]) -> set[str]:
    return {test.removeprefix(OF_A_CAMPAIGN).removeprefix(OF_MAKE_TEST).partition("[")[0] for test in tests}


@pytest.mark.slow
def test_all_workers_collect_the_same_tests() -> None:
    """The order of a set differs from one worker to the next, which pytest-xdist refuses before it runs a test. Here
    the files that choose their cases; of any other, each run with several workers says so itself."""
    files = files_with_samples()
    assert collected(1, *files)
    assert collected(1, *files) == collected(2, *files)


@pytest.mark.slow
def test_make_test_runs_a_case_of_every_function() -> None:
    """One that only `make faults` runs breaks unseen when what it calls changes."""
    files = files_with_samples()
    tests = collected(1, *files)
    every = functions(tests)
    assert every
    assert every == functions(test for test in tests if test.startswith(OF_MAKE_TEST))
