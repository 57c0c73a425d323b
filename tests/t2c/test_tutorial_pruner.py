"""docs/sparsity.md, run as it is printed: from a new pruner to the RTL."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from t2c.golden.graph.package import load_package
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "sparsity.md"


def script() -> str:
    """The one Python block of the page."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 1
    return blocks[0]


def test_the_pruner_overrides_one_method_in_under_30_lines() -> None:
    assert script().count("\n") < 30
    classes = [node for node in ast.parse(script()).body if isinstance(node, ast.ClassDef)]
    assert [[part.name for part in node.body if isinstance(part, ast.FunctionDef)] for node in classes] == [["mask"]]


def test_the_page_runs_as_printed_and_its_package_passes_on_the_rtl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(script(), str(PAGE), "exec"), {"__name__": "tutorial"})
    fake, integer = map(float, capsys.readouterr().out.split()[-2:])
    assert integer > 0.85
    assert abs(fake - integer) < 0.03
    graph = load_package(tmp_path / "packages" / "kernels").graph
    for name in ("conv2", "conv3"):
        weights = graph.node(name).weights
        assert weights is not None
        kernels = weights.values.any((2, 3))
        assert (~kernels).sum() >= kernels.size // 2
    command = re.search(r"make sim MODEL=(\S+) LAYER=all", PAGE.read_text())
    assert command is not None
    done = subprocess.run(
        [sys.executable, "-m", "t2c.tb", "--model", str(tmp_path / command[1]), "--layer", "all", "--images", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verdict   PASS" in done.stdout
