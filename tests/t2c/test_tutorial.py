"""docs/your_own_quantiser.md, run as it is printed: from a new quantiser to the RTL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.t2c.tutorial import Tutorial

pytestmark = pytest.mark.slow

PAGE = Tutorial("your_own_quantiser.md")


def test_the_quantiser_overrides_one_method_in_under_30_lines() -> None:
    assert PAGE.script().count("\n") < 30
    assert PAGE.defines() == ["observe"]


@pytest.mark.campaign
def test_the_page_runs_as_printed_and_its_package_passes_on_the_rtl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake, integer, package = PAGE.run(tmp_path, monkeypatch, capsys)
    assert integer > 0.9
    assert abs(fake - integer) < 0.03
    assert {package.graph.node(name).weight_bits for name in ("conv1", "conv2", "conv3", "fc")} == {4}
