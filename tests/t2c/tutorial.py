"""A page of docs with one Python block that ends in a package: the block, what it defines, its run to the RTL."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from t2c.golden.graph.package import Package, load_package
from tests.conftest import ROOT


@dataclass(frozen=True)
class Tutorial:
    """A page of docs by its name."""

    name: str

    @property
    def path(self) -> Path:
        return ROOT / "docs" / self.name

    def script(self) -> str:
        """The one Python block of the page."""
        blocks: list[str] = re.findall(r"```python\n(.*?)```", self.path.read_text(), re.DOTALL)
        assert len(blocks) == 1
        return blocks[0]

    def defines(self) -> list[str]:
        """What the block writes anew: functions, and of each class its methods."""
        found = []
        for node in ast.parse(self.script()).body:
            parts = node.body if isinstance(node, ast.ClassDef) else [node]
            found += [part.name for part in parts if isinstance(part, ast.FunctionDef)]
        return found

    def run(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> tuple[float, float, Package]:
        """Run the block in an empty folder, then the command below it on the package that is there.

        Returns:
            Accuracy fake-quantised and in integers, as the block printed them; the package, which passed on the RTL.
        """
        monkeypatch.chdir(folder)
        exec(compile(self.script(), str(self.path), "exec"), {"__name__": "tutorial"})
        fake, integer = map(float, capsys.readouterr().out.split()[-2:])
        command = re.search(r"make sim MODEL=(\S+) LAYER=all", self.path.read_text())
        assert command is not None
        words = ("--model", str(folder / command[1]), "--layer", "all", "--images", "2")
        done = subprocess.run([sys.executable, "-m", "t2c.tb", *words], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "verdict   PASS" in done.stdout
        return fake, integer, load_package(folder / command[1])
