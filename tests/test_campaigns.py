"""Every list of planted faults that `make test` samples is run whole by `make faults`."""

from __future__ import annotations

import re
import subprocess

from tests.conftest import ROOT

SAMPLES = re.compile(r"\bsampled\(|\bmark\.campaign\b")
SELF = "tests/test_campaigns.py"


def test_make_faults_runs_every_file_that_make_test_samples() -> None:
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")} - {SELF}
    sampled = {file for file in files if SAMPLES.search((ROOT / file).read_text())}
    printed = subprocess.run(["make", "-n", "faults"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert sampled
    assert sampled == {word for word in printed.split() if word in files}
