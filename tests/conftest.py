"""Fixtures shared by all tests."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read when torch and NumPy are first imported
    os.environ.setdefault(pool, "1")  # the workers share the machine

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

# What a loaded machine takes long for is not wrong.
settings.register_profile("t2c", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("t2c")

ROOT = Path(__file__).resolve().parent.parent


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
