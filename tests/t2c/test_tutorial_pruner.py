"""docs/sparsity.md, run as it is printed: from a new pruner to the RTL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.t2c.tutorial import Tutorial

pytestmark = pytest.mark.slow

PAGE = Tutorial("sparsity.md")


def test_the_pruner_overrides_one_method_in_under_30_lines() -> None:
    assert PAGE.script().count("\n") < 30
    assert PAGE.defines() == ["mask"]


def test_the_page_runs_as_printed_and_its_package_passes_on_the_rtl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake, integer, package = PAGE.run(tmp_path, monkeypatch, capsys)
    assert integer > 0.85
    assert abs(fake - integer) < 0.03
    for name in ("conv2", "conv3"):
        weights = package.graph.node(name).weights
        assert weights is not None
        kernels = weights.values.any((2, 3))
        assert (~kernels).sum() >= kernels.size // 2
