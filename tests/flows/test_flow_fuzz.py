"""Whatever stands in the yaml: it is a flow, or one line says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from t2c.common.errors import UserError
from t2c.flows.flow_file import read_flow
from t2c.flows.graph import Flow
from tests.flows.flow_runs import toy_flow, write_flow

TASKS = """
make: {task: toy:Make, size: 64}
split: {task: FORK, then: [quick, slow]}
quick: {task: toy:Shrink, tolerance: 0.2, then: pick}
slow: {task: toy:Shrink, factors: [0.9, 0.8]}
pick: {task: REDUCE, best: accuracy - size / 1000}
round: {task: LOOP, again: split, while: size > 4, most: 3}
which: {task: BRANCH, if: size > 3, else: end}
find: {task: SEARCH, method: grid, over: {b.x: {low: 0, high: 1, steps: 3}, b.k: [1, 4]}, objectives: {score: max, cost: min}, choose: score, body: {b: {task: toy:Bowl, x: 0.5}}}
look: {task: toy:Examine}
end: {task: STOP}
"""  # noqa: E501
WORDS = (
    *(
        "{}",
        "[]",
        "null",
        "true",
        "0",
        "-1",
        "1e999",
        ".nan",
        "'",
        '"',
        "&a x",
        "*a",
        "!!set {}",
        "? a",
        "[a, [b]]",
        "{a: {b: c}}",
    ),
    *(
        "make",
        "end",
        "split",
        "STOP",
        "FORK",
        "SEARCH",
        "toy_tasks.py:Pack",
        "first.size",
        "size >",
        "x\u2028y",
        "\ud7ff",
        "\t",
    ),
)


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The flow, which is one as it is, in pieces: each a word or what is between two."""
    pytest.importorskip("torch")  # a kind of another name is looked for among all tasks
    folder = tmp_path_factory.mktemp("fuzz")
    assert isinstance(toy_flow(folder, TASKS), Flow)
    path = write_flow(folder, TASKS)
    pieces = [""]
    for letter in path.read_text():
        if letter.isalnum() == pieces[-1][-1:].isalnum():
            pieces[-1] += letter
        else:
            pieces.append(letter)
    return path, pieces


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_is_a_flow_or_one_line(words: tuple[Path, list[str]], data: st.DataObject) -> None:
    whole, pieces = words
    damaged = list(pieces)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        what = data.draw(st.sampled_from(("drop", "word", "other")))
        if what == "drop":
            damaged[place] = ""
        elif what == "word":
            damaged[place] = data.draw(st.sampled_from(WORDS))
        else:
            damaged[place] = data.draw(st.sampled_from(pieces))
    path = whole.with_name("damaged.yaml")
    path.write_text("".join(damaged))
    try:
        assert list(read_flow(path).nodes)
    except UserError as error:
        said = str(error)
        assert said.startswith(f"{path}")
        assert len(said.splitlines()) == 1


def test_a_search_that_holds_itself_is_one_line(tmp_path: Path) -> None:
    path = write_flow(tmp_path, "a: &a {task: SEARCH, body: {b: *a}}\nend: {task: STOP}")
    with pytest.raises(UserError, match=rf"^{path}:4: body: more than 8 searches, one in the other$"):
        read_flow(path)
