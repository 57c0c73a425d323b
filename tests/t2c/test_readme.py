"""The README's five lines, run as printed but for the length of training and the number of images."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from t2c.data import glyphs
from t2c.golden.graph.package import load_package
from tests.conftest import ROOT


def test_the_five_lines_work_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 1
    lines = [line for line in blocks[0].splitlines() if line and not line.startswith(("from ", "import "))]
    assert len(lines) <= 5
    assert blocks[0].count("epochs=") == 2
    small = glyphs.load(128, 16, 40)
    monkeypatch.setattr(glyphs, "load", lambda: small)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(re.sub(r"epochs=\d+", "epochs=1", blocks[0]), "README.md", "exec"), names)
    package = load_package(tmp_path / "packages" / "model")
    assert package.samples.shape[0] == 32
    assert {"accuracy_fake_quantised", "accuracy_integer", "scale_error.conv1"} <= set(package.metrics)
    middle = [node for node in package.graph.nodes if node.name == "layer2_0_conv1"]
    assert [node.weight_bits for node in middle] == [4]
