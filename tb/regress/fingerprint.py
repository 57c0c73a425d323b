"""What a result depends on: sources, package, tools, and the job itself; a result is reused only if all agree."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import platform
from pathlib import Path

from t2c.common.places import ROOT
from t2c.golden.graph.package import GRAPH_FILE, TENSOR_FILE
from t2c.tb.regress.job import Job
from t2c.tb.simulation.simulators import find_simulator

ROOMS = ("rtl", "common", "contract", "golden", "mapping", "core_model", "tb")
_SUFFIXES = {".py", ".v", ".vh", ".f", ".vlt"}
_LIBRARIES = ("cocotb", "numpy")

Fingerprint = dict[str, str]


def sources_digest(root: Path = ROOT) -> str:
    """Digest of every source file of the rooms that a run uses, names included."""
    digest = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in _SUFFIXES and path.is_file():
                _add(digest, str(path.relative_to(root)), path)
    return digest.hexdigest()[:16]


def _add(digest: hashlib._Hash, name: str, path: Path) -> None:
    content = path.read_bytes()
    digest.update(f"{name}\0{len(content)}\0".encode() + content)


def package_digest(package: Path) -> str:
    """Digest of the bytes of a package."""
    digest = hashlib.sha256()
    for name in (GRAPH_FILE, TENSOR_FILE):
        _add(digest, name, package / name)
    return digest.hexdigest()[:16]


@functools.cache
def _tool(simulator: str) -> str:
    return f"{simulator} {find_simulator(simulator).version}"


def fingerprint(job: Job, sources: str) -> Fingerprint:
    """Everything that the result of a job depends on, by what it is.

    Args:
        job: the job.
        sources: `sources_digest()`, taken once for many jobs.

    Raises:
        SimulatorError: the simulator is missing.
        OSError: the package is missing.
    """
    asked = {key: value for key, value in job.to_json().items() if key != "estimate"}
    libraries = [f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES]
    return {
        "sources": sources,
        "package": package_digest(ROOT / job.model) if job.model else "",
        "simulator": _tool(job.simulator),
        "python": ", ".join([platform.python_version(), *libraries]),
        "job": hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16],
    }


def difference(expected: Fingerprint, found: Fingerprint) -> str | None:
    """Why a run with the fingerprint `found` cannot stand for `expected`; None if it can."""
    parts = [key for key in expected if expected[key] != found.get(key)]
    if not parts:
        return None
    return (
        f"{', '.join(parts)} differ from those at the start of the regression: changed during the run, "
        "or another checkout on this worker"
    )
