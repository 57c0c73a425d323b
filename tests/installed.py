"""The project as a user installs it: a wheel in an environment that holds what an extra asks for, and nothing else."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

SOURCES = ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "t2c")
"""What a build reads, besides the rooms behind the links in t2c."""
BUILD = "import sys, setuptools.build_meta as b; print(getattr(b, sys.argv[1])(sys.argv[2]))"


def copy_sources(target: Path) -> Path:
    """A clean copy of the project, without what earlier builds and runs left, links and all."""
    target.mkdir()
    rooms = [link.name for link in (ROOT / "t2c").iterdir() if link.is_symlink()]
    for name in (*SOURCES, *rooms):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target / name)
    return target


def built(kind: str, sources: Path, target: Path) -> Path:
    """A wheel or an sdist of some sources, made by the build backend that is installed here."""
    words = [sys.executable, "-c", BUILD, f"build_{kind}", str(target)]
    done = subprocess.run(words, cwd=sources, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target / done.stdout.split()[-1]


def unpacked_sdist(archive: Path, target: Path) -> Path:
    """The folder of an sdist."""
    with tarfile.open(archive) as files:
        files.extractall(target, filter="data")
    return next(target.iterdir())


def names_in(wheel: Path) -> set[str]:
    """The files of a wheel."""
    with zipfile.ZipFile(wheel) as files:
        return set(files.namelist())


def requirements_of(wheel: Path) -> list[str]:
    """What a wheel says that it needs."""
    with zipfile.ZipFile(wheel) as files:
        text = next(files.read(name) for name in files.namelist() if name.endswith(".dist-info/METADATA")).decode()
    return [line.removeprefix("Requires-Dist: ") for line in text.splitlines() if line.startswith("Requires-Dist: ")]


def closure(lines: Iterable[str], extras: tuple[str, ...] = ()) -> set[str]:
    """Names of all distributions that pip would install for some requirements, as far as they are installed here.

    What is not, such as systemc, which tools/setup.sh leaves out, is taken to need nothing.
    """
    found: set[str] = set()
    waiting = [(Requirement(line), extras) for line in lines]
    while waiting:
        requirement, chosen = waiting.pop()
        name = canonicalize_name(requirement.name)
        marker = requirement.marker
        if name in found or (marker and not any(marker.evaluate({"extra": extra}) for extra in (*chosen, ""))):
            continue
        found.add(name)
        with contextlib.suppress(metadata.PackageNotFoundError):
            waiting += [(Requirement(line), tuple(requirement.extras)) for line in metadata.requires(name) or []]
    return found


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the wheel in it."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(self, *words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in a folder, as from a shell in which the environment is activated."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "T2C_", "COCOTB", "PYTEST"))}
        path = os.pathsep.join([str(self.folder / "bin"), os.environ.get("PATH", os.defpath)])
        return subprocess.run(
            [str(word) for word in words],
            cwd=cwd,
            env=kept | {"PATH": path, "VIRTUAL_ENV": str(self.folder)} | environment,
            capture_output=True,
            text=True,
            check=False,
        )


def installed(wheel: Path, folder: Path, *extras: str, also: tuple[str, ...] = ()) -> Environment:
    """Make an environment with a wheel and its dependencies; those are links to what is installed here.

    Args:
        wheel: to install.
        folder: of the environment.
        extras: of the wheel, whose dependencies are there too.
        also: further distributions, with theirs.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = next((folder / "lib").glob("python*/site-packages"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(folder / "bin" / "python")]
    # Without PYTHONPATH: a clone on it, with what an editable install left there, would pass for the wheel.
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True, env=plain)
    for name in closure(requirements_of(wheel), extras) | closure(also):
        link_distribution(name, site)
    return Environment(folder)


def link_distribution(name: str, site: Path) -> None:
    """Put links to the files of an installed distribution into another environment."""
    try:
        files = metadata.files(name) or []
    except metadata.PackageNotFoundError:
        return
    for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
        place = Path(str(metadata.distribution(name).locate_file(top)))
        if not (site / top).exists():
            (site / top).symlink_to(place)
