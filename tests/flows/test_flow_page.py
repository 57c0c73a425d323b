"""docs/flows_language.md: what it shows is what ships, and what it says of kinds and fields is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.flows.control.search import BodySearch
from t2c.flows.control_task import CONTROLS, ControlTask
from t2c.flows.flow_file import HEAD, read_flow
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "flows_language.md").read_text()
EXAMPLES = ROOT / "examples" / "flows"


@pytest.mark.parametrize(("language", "file"), [("yaml", "sine.yaml"), ("python", "sine.py")])
def test_the_page_shows_the_example_as_it_is(language: str, file: str) -> None:
    (shown,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert shown == (EXAMPLES / file).read_text()


def test_a_task_of_ones_own_is_short() -> None:
    """The whole file, as the page shows it."""
    assert (EXAMPLES / "sine.py").read_text().count("\n") < 40


def test_the_page_names_every_kind_and_field() -> None:
    for kind in CONTROLS.names():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |"))
        found = CONTROLS.find(kind)
        assert found is not None
        if issubclass(found, ControlTask) and kind != "LOOP":
            fields = {*found.parameters, *(found.ways if len(found.ways) > 1 else ())}
            assert fields <= set(re.findall(r"`(\w+)", row)), kind
    for name in BodySearch.parameters:
        assert f"`{name}`" in PAGE or f"`{name}:" in PAGE, name
    for name in HEAD:
        assert f"`{name}`" in PAGE, name


def test_the_errors_of_the_page_are_those_of_the_reader(tmp_path: Path) -> None:
    """Both, in their form, of tasks of one's own."""
    (tmp_path / "own.py").write_text(
        "from t2c.flows.task import Parameter, Task\n\n\n"
        "class Prune(Task):\n    parameters = {'tolerance': Parameter(float, 0.1, least=0, most=1)}\n\n\n"
        "class Convert(Task):\n    takes = ('weights',)\n"
    )
    path = tmp_path / "flow.yaml"
    shown = [
        line.strip().removeprefix("error: flow.yaml:") for line in PAGE.splitlines() if "error: flow.yaml:" in line
    ]
    for wanted, tolerance in zip(shown, ("2", "0.5"), strict=True):
        lines = ["flow: page", "tasks:"] + [""] * 12
        lines[8] = f"  prune: {{task: own.py:Prune, tolerance: {tolerance}}}"
        lines[13] = "  convert: {task: own.py:Convert}"
        path.write_text("\n".join([*lines, "  end: {task: STOP}", ""]))
        with pytest.raises(UserError) as caught:
            read_flow(path)
        assert str(caught.value) == f"{path}:{wanted}"
