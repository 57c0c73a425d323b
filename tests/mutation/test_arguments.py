"""Survivors that are argued by hand: what fits, what is stale, and that golden's table is about golden as it stands."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mutation.arguments import argue, codes, read_arguments, table_rows
from mutation.golden_campaign import GoldenArgument, GoldenMutant, function_of, golden_arguments, unargued
from mutation.golden_workspace import MUTATED, open_properties
from mutation.kill_picture import kill_picture
from mutation.kill_table import HEAD, put_row
from mutation.mutant import Mutant
from mutation.mutant_result import ARGUED, KILLED, SURVIVED, MutantResult
from t2c.common.text_table import markdown_head, markdown_row
from tests.conftest import ROOT

MUTANTS = [
    Mutant.parse(f"mutate -ctrl n 2 {number} -mode {mode} -module m -cell c -port Y -portbit 0")
    for number, mode in enumerate(("inv", "const0", "const1"), 1)
]


def _page(*rows: tuple[str, str, str, str]) -> str:
    head = markdown_head(("unit", "source", "fault", "why"))
    return "\n".join(["# Arguments", "", *head, *map(markdown_row, rows), ""])


def test_an_argument_explains_the_survivor_that_it_fits(tmp_path: Path) -> None:
    (tmp_path / "mutation").mkdir()
    rows = (
        ("core", "", "Y[0] is inverted", ""),
        ("core", "``", "Y[0] is inverted", "nobody reads it | ever"),
        ("core", "``", "Y[0] is 0", "killed by now"),
        ("other", "``", "Y[0] is 1", "of another unit"),
    )
    path = tmp_path / "mutation" / "arguments.md"
    path.write_text(_page(rows[0]))
    with pytest.raises(ValueError, match="a cell is empty"):
        read_arguments(tmp_path)
    path.write_text(_page(*rows[1:]))
    given = read_arguments(tmp_path)
    results = {
        number: MutantResult(number=number, verdict=verdict, reason="?")
        for number, verdict in ((1, SURVIVED), (2, KILLED), (3, SURVIVED))
    }
    done, stale = argue("core", MUTANTS, tmp_path, results, given)
    assert [done[number].verdict for number in (1, 2, 3)] == [ARGUED, KILLED, SURVIVED]
    assert done[1].reason == "nobody reads it | ever"
    assert [argument.why for argument in stale] == ["killed by now"]
    # A cell without a text of its own is named by its line.
    (tmp_path / "m.v").write_text("a\nb\n")
    mutant = Mutant.parse("mutate -ctrl n 2 1 -mode inv -module m -cell c -port Y -portbit 0 -src m.v:2.1-2.1")
    for source, verdict in (("m.v:2", ARGUED), ("m.v:1", SURVIVED)):
        path.write_text(_page(("core", f"`{source}`", "Y[0] is inverted", "nobody reads it")))
        done, _ = argue("core", [mutant], tmp_path, {1: results[1]}, read_arguments(tmp_path))
        assert done[1].verdict == verdict


def test_rows_of_tables() -> None:
    text = "| a | b |\n|---|---|\n| `x \\| y` | 2 |\n\n| c |\n|---|\n| 3 |\n"
    assert table_rows(text, 2) == [("`x | y`", "2")]
    assert codes("`a`<br>`b c`") == ("a", "b c")
    with pytest.raises(ValueError, match="1 columns, 2 were expected"):
        table_rows("| a | b |\n|---|---|\n| 1 |\n", 2)


def test_survivors_of_golden_are_argued_line_by_line() -> None:
    first = GoldenMutant(function="a.f", before="x = 1", after="x = 2")
    second = GoldenMutant(function="a.f", before="x = 1", after="x = None")
    known = GoldenArgument(function="a.f", before="x = 1", after=("x = 2", "x = 3"), why="never read")
    left, stale = unargued([first, second], [known])
    assert left == [second]
    assert stale == ["a.f: x = 1 -> x = 3"]
    with pytest.raises(ValueError, match="is no mutant of golden"):
        function_of("t2c.mapping.program.x_f__mutmut_1")


def _lines_of_functions() -> dict[str, str]:
    """Every function of golden that is mutated, with its text on one line."""
    found = {}
    for room in MUTATED:
        for path in (ROOT / room).glob("*.py"):
            text = path.read_text()
            module = f"{room.removeprefix('golden/')}.{path.stem}"
            tree = ast.parse(text)
            owners = [(None, tree), *((node.name, node) for node in tree.body if isinstance(node, ast.ClassDef))]
            for owner, body in owners:
                for node in body.body:
                    if isinstance(node, ast.FunctionDef):
                        name = ".".join(filter(None, (module, owner, node.name)))
                        found[name] = " ".join(part.strip() for part in ast.get_source_segment(text, node).split("\n"))
    return found


def test_every_argument_is_about_a_line_of_golden() -> None:
    """`make mutate UNIT=golden` reports what is stale; this does so without running a mutant."""
    functions = _lines_of_functions()
    assert len(functions) > 60
    for argument in golden_arguments(ROOT / "docs"):
        assert argument.function in functions, argument.function
        assert argument.before in functions[argument.function], f"{argument.function}: {argument.before}"
        assert argument.before not in argument.after


def test_bodies_of_properties_can_be_mutated() -> None:
    """And mean the same: only what has one decorator, property or cached_property, is taken apart."""
    source = (
        "class A:\n    @property\n    def b(self) -> int:\n        x = 2\n        return x\n\n"
        "    @staticmethod\n    def c() -> int:\n        return 3\n"
    )
    made = open_properties(source)
    assert made.count("def ") == 3
    space: dict[str, object] = {}
    exec(made, space)
    assert space["A"]().b == 2  # type: ignore[operator]


def test_a_row_of_the_overview_and_its_bar(tmp_path: Path) -> None:
    (tmp_path / "mutation").mkdir()
    row = "| [ram](mutation/ram.md) | 60 | 57 | 98 % | `words` 57 | 2 | 1 | 0 | 5 |"
    (tmp_path / "mutation.md").write_text("\n".join([*markdown_head(HEAD), row.replace("57", "3"), "", "after", ""]))
    put_row(tmp_path, "ram", row)
    assert (tmp_path / "mutation.md").read_text() == "\n".join([*markdown_head(HEAD), row, "", "after", ""])
    picture = (tmp_path / "mutation" / "kill_rate.svg").read_text()
    assert 'width="342.0" height="12" fill="#3a7d44"' in picture
    assert "98 % of 58" in picture
    with pytest.raises(ValueError, match="no row of the table"):
        kill_picture(["| ram |"])
