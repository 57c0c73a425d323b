"""Fixtures shared by all tests."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read when torch and NumPy are first imported
    os.environ.setdefault(pool, "1")  # the workers share the machine

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

from t2c.common.interrupts import SIGNALS  # noqa: E402

# What a loaded machine takes long for is not wrong.
settings.register_profile("t2c", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("t2c")

ROOT = Path(__file__).resolve().parent.parent
TORCH = {"torch", "onnx", "onnxruntime", "sklearn", "PIL", "brevitas", "qonnx"}
"""What the set-up profile `check` leaves out; `make check` runs no test that needs one of them."""
NAMES_TORCH = re.compile(rf"^(?:import|from) ({'|'.join(sorted(TORCH))})\b", re.MULTILINE)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--without-torch", action="store_true", help="leave out test files that import PyTorch")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--without-torch"):
        for name in TORCH:
            sys.modules[name] = None  # type: ignore[assignment]  # makes an import fail, as if it were not installed


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """With --without-torch, a file that cannot be imported for want of PyTorch counts as skipped.

    One that says so itself is not tried: pytest would rewrite its assertions and format a traceback for nothing."""
    if not collector.config.getoption("--without-torch"):
        return (yield)
    named = NAMES_TORCH.search(collector.path.read_text()) if isinstance(collector, pytest.Module) else None
    if named:
        collector.collect = list  # type: ignore[method-assign]
    report = yield
    call = getattr(report, "call", None)
    cause = call.excinfo.value.__cause__ if call is not None and call.excinfo is not None else None
    lacks = isinstance(cause, ModuleNotFoundError) and str(cause.name).partition(".")[0] in TORCH
    if named or lacks:
        name = named[1] if named else str(cause.name)
        report.outcome, report.longrepr = "skipped", (str(collector.path), 0, f"Skipped: imports {name}")
    return report


@pytest.fixture(autouse=True)
def signals_are_those_of_pytest() -> Iterator[None]:
    """A command takes Ctrl-C and SIGTERM for good; a test that calls one in this process gives them back."""
    before = [(number, signal.getsignal(number)) for number in SIGNALS]
    hook = sys.unraisablehook
    yield
    sys.unraisablehook = hook
    for number, handler in before:
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def examples() -> Path:
    """The packages that ship."""
    return ROOT / "examples"


@pytest.fixture(scope="session")
def sim_output() -> Path:
    """Where simulator builds and runs go. Builds are shared with `make sim`; runs are not shared between workers, since
    tests look at the files of a run that they do not lock."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return ROOT / "sim_build"
    output, builds = ROOT / "sim_build" / f"tests-{worker}", ROOT / "sim_build" / "builds"
    builds.mkdir(parents=True, exist_ok=True)
    output.mkdir(exist_ok=True)
    with contextlib.suppress(FileExistsError):
        (output / "builds").symlink_to(builds)
    return output
