"""docs/your_own_ssl_loss.md, run as it is printed: from a new loss without labels to the RTL."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from t2c.commands import parser_of
from tests.t2c.tutorial import Tutorial

pytestmark = pytest.mark.slow

PAGE = Tutorial("your_own_ssl_loss.md")


def test_the_loss_is_one_function_in_under_30_lines() -> None:
    assert PAGE.script().count("\n") < 30
    assert PAGE.defines() == ["spread"]


@pytest.mark.campaign
def test_the_page_runs_as_printed_and_its_package_passes_on_the_rtl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake, integer, package = PAGE.run(tmp_path, monkeypatch, capsys)
    assert integer > 0.8
    assert abs(fake - integer) < 0.03
    assert package.graph.node("conv2").weight_bits == 8


def test_its_commands_are_commands() -> None:
    lines = re.findall(r"^    t2c (\w+) (.*)", PAGE.path.read_text(), re.MULTILINE)
    assert [name for name, _ in lines] == ["train", "train", "quantize"]
    for name, words in lines:
        parser_of(name).parse_args(words.split())
