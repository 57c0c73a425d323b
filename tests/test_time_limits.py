"""No test passes or fails by the clock: waiting is counted in work done meanwhile, and limits grow with the load."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from t2c.common import time_limit
from t2c.common.errors import UserError
from t2c.common.places import ROOT
from t2c.common.time_limit import scaled
from tests import patience

LIMITS = {"timeout", "deadline"}
WAITS = {"wait", "join", "communicate", "acquire"}
WORTH_A_LOOK = re.compile(rf"\btime\b|{'|'.join(sorted(LIMITS))}|\.({'|'.join(sorted(WAITS))})\(\s*[\d.TF]")
"""What is in every file that does so: most need not be parsed."""
SELF = {Path("tests/patience.py"), Path("tests/conftest.py"), Path("tests/test_time_limits.py")}
FUZZ = {Path("tests/fuzz/__main__.py"), Path("tests/fuzz/campaign.py")}
"""The campaign of `make fuzz`, no tests: it prints its speed, and a case that hangs is ended by a limit that scales."""
NAPS = {Path("tests/flows/toy_tasks.py"), Path("tests/flows/flow_processes.py")}
"""Toy tasks that take a while, so that a flow is killed in the middle of them; where it is killed decides nothing."""


def looks_at_the_clock(source: str) -> list[int]:
    """Lines that read a clock, sleep, or wait for a number of seconds."""
    found: list[int] = []
    for node in ast.walk(ast.parse(source)) if WORTH_A_LOOK.search(source) else ():
        match node:
            case ast.ImportFrom(module="time") | ast.Attribute(value=ast.Name(id="time")):
                found.append(node.lineno)
            case ast.Call(func=ast.Attribute(attr=name), args=[ast.Constant(value=int() | float()), *_]) if (
                name in WAITS
            ):
                found.append(node.lineno)
            case ast.Call(keywords=keywords):
                found += [node.lineno for keyword in keywords if keyword.arg in LIMITS]
    return sorted(set(found))


@pytest.mark.parametrize(
    "line",
    [
        "time.sleep(1)",
        "x = time.monotonic() + 5",
        "from time import sleep",
        "p.communicate(timeout=5)",
        "thread.join(5)",
    ],
)
def test_it_is_found(line: str) -> None:
    assert looks_at_the_clock(f"import time\n{line}\n") == [2]


def test_no_test_looks_at_the_clock() -> None:
    files = {path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py")} - SELF - FUZZ - NAPS
    found = {str(file): looks_at_the_clock((ROOT / file).read_text()) for file in files}
    assert {file: lines for file, lines in found.items() if lines} == {}


def test_hypothesis_has_no_deadline() -> None:
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check


@pytest.mark.parametrize(("load", "scale", "wanted"), [(0.1, "", 60), (8, "", 240), (8, "3", 720), (1, "0.5", 30)])
def test_limits_grow_with_the_load(load: float, scale: str, wanted: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, load / 2, load / 4))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setenv(time_limit.SCALE, scale)
    assert scaled(60) == wanted


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "inf", "fast"])
def test_a_scale_that_is_none(scale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(time_limit.SCALE, scale)
    with pytest.raises(UserError, match=f"^T2C_TIME_SCALE = '{scale}' is not a number above 0$"):
        scaled(60)


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "STEPS", 2)
    with pytest.raises(AssertionError, match=r"waited in vain: \[7\]"):
        patience.wait_until(lambda: False, lambda: [7])
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(86400)"], text=True) as process:
        with pytest.raises(AssertionError, match="still running"):
            patience.wait_for_end(process)
        assert process.wait() != 0


def test_patience_gives_what_a_process_said() -> None:
    command = [sys.executable, "-c", "import time; print('a', flush=True); time.sleep(0.3); print('b' * 200_000)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        said, _ = patience.wait_for_end(process)
    assert said == "a\n" + "b" * 200_000 + "\n"
