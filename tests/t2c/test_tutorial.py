"""docs/your_own_quantiser.md, run as it is printed: from a new quantiser to the RTL."""

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

PAGE = ROOT / "docs" / "your_own_quantiser.md"


def script() -> str:
    """The one Python block of the page."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 1
    return blocks[0]


def test_the_quantiser_overrides_one_method_in_under_30_lines() -> None:
    assert script().count("\n") < 30
    classes = [node for node in ast.parse(script()).body if isinstance(node, ast.ClassDef)]
    assert [[part.name for part in node.body if isinstance(part, ast.FunctionDef)] for node in classes] == [["observe"]]


def test_the_page_runs_as_printed_and_its_package_passes_on_the_rtl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(script(), str(PAGE), "exec"), {"__name__": "tutorial"})
    fake, integer = map(float, capsys.readouterr().out.split()[-2:])
    assert integer > 0.9
    assert abs(fake - integer) < 0.03
    package = load_package(tmp_path / "packages" / "percentile")
    assert {package.graph.node(name).weight_bits for name in ("conv1", "conv2", "conv3", "fc")} == {4}
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
