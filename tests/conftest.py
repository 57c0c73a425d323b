"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def examples() -> Path:
    """The packages that ship."""
    return ROOT / "examples"


@pytest.fixture(scope="session")
def sim_output() -> Path:
    """Where simulator builds and runs go; builds are shared with `make sim`."""
    return ROOT / "sim_build"
