"""docs/benchmarks.md: a command replaces its own block and nothing else, and only when it has ended well."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import bench_cost, bench_elements, page
from t2c.common.errors import UserError
from t2c.common.options import OPTIONS

TEXT = "# T\n<!-- a: begin -->\nold a\n<!-- a: end -->\nbetween\n<!-- b: begin -->\nold b\n<!-- b: end -->\n"


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "benchmarks.md"
    path.write_text(TEXT)
    monkeypatch.setattr(page, "PAGE", path)
    return path


def test_the_page_has_a_block_for_every_command() -> None:
    commands = next(o.commands for o in OPTIONS if o.name == "write" and "bench" in o.commands).split()
    assert len(commands) == 10
    elsewhere = {"bench-cost": bench_cost.PAGE, "bench-elements": bench_elements.PAGE}
    for command in commands:
        path = elsewhere.get(command, page.PAGE)
        page.replaced(path.read_text(), command, "")
    page.replaced(page.PAGE.read_text(), "bench-sim MODELS=resnet18,resnet50", "")


def test_a_block_is_replaced_and_nothing_else(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with page.recorded("b", write=True):
        print("new")
    assert capsys.readouterr().out == "new\n"
    written = target.read_text()
    assert written.startswith(TEXT[: TEXT.index("old b")])
    assert written.endswith("```text\nnew\n```\n<!-- b: end -->\n")
    assert "old b" not in written


def test_markdown_is_not_fenced(target: Path) -> None:
    with page.recorded("a", write=True, fenced=False):
        print("| x |")
    assert "\n\n| x |\n<!-- a: end -->" in target.read_text()


def test_a_bench_that_fails_leaves_the_page(target: Path) -> None:
    with pytest.raises(ZeroDivisionError), page.recorded("a", write=True):
        print(1 / 0)
    assert target.read_text() == TEXT


def test_without_write_the_page_stays(target: Path) -> None:
    with page.recorded("a", write=False):
        print("new")
    assert target.read_text() == TEXT


@pytest.mark.parametrize(
    "text",
    ["", "<!-- a: begin -->\n", "<!-- a: end -->\n<!-- a: begin -->\n", TEXT + "<!-- a: end -->", TEXT + TEXT],
)
def test_a_page_without_the_comments_is_refused_before_anything_runs(target: Path, text: str) -> None:
    target.write_text(text)
    ran = False
    with pytest.raises(UserError, match="once and in this order"), page.recorded("a", write=True):
        ran = True
    assert not ran
    assert target.read_text() == text
