"""Searches: what they try, what they choose, that learning beats luck, and that the front is one."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from itertools import product
from math import cos, pi
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t2c.flows.errors import FlowError
from t2c.flows.front import front
from t2c.flows.search_method import METHODS, SearchPlan
from t2c.flows.space import Searched, Settings, drawn_from, grid_of
from tests.flows.flow_runs import decisions, passed, run_toy

BOWL = """
find:
  task: SEARCH
  method: {method}
  {budget}
  over:
    bowl.x: {{low: 0, high: 1{steps}}}
    bowl.k: [1, 2, 3, 4]
  body:
    bowl: {{task: toy:Bowl, x: 0.5}}
end: {{task: STOP}}
"""
SPACE = (
    Searched(name="a", low=-5.0, high=10.0),
    Searched(name="b", low=0.0, high=15.0),
)


def trials_of(found: Any) -> list[dict[str, Any]]:
    return [dict(trial) for trial in found.finalists[0].history[-1].trials]


def test_a_grid_tries_every_point_and_keeps_the_best(tmp_path: Path) -> None:
    found = run_toy(tmp_path, BOWL.format(method="grid", budget="score: score", steps=", steps: 11"))
    trials = trials_of(found)
    assert [tuple(trial["settings"].values()) for trial in trials] == [
        (pytest.approx(x / 10), k) for x, k in product(range(11), (1, 2, 3, 4))
    ]
    assert found.finalists[0].design == {"x": pytest.approx(0.7), "k": 2}
    assert passed(found) == ["bowl", "find"]
    (decision,) = decisions(found, "find")
    assert decision["objectives"] == {"score": max(trial["objectives"]["score"] for trial in trials)}
    assert trials[decision["trial"]]["settings"] == decision["settings"]


def test_a_score_may_be_any_expression(tmp_path: Path) -> None:
    found = run_toy(tmp_path, BOWL.format(method="grid", budget="score: 0 - cost", steps=", steps: 3"))
    assert found.finalists[0].design == {"x": 0.0, "k": 1}


def test_several_objectives_give_their_front(tmp_path: Path) -> None:
    budget = "objectives: {score: max, cost: min}\n  choose: score - cost"
    found = run_toy(tmp_path, BOWL.format(method="grid", budget=budget, steps=", steps: 6"))
    points = [(trial["objectives"]["score"], trial["objectives"]["cost"]) for trial in trials_of(found)]
    (decision,) = decisions(found, "find")
    best = [points[index] for index in decision["front"]]
    assert 2 < len(best) < len(points)
    for score, cost in points:
        beaten = any(s >= score and c <= cost and (s, c) != (score, cost) for s, c in points)
        assert beaten != ((score, cost) in best)
    assert points[decision["trial"]] == max(best, key=lambda point: point[0] - point[1])


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), max_size=12))
def test_nothing_on_a_front_is_beaten_and_everything_else_is(points: list[tuple[int, int, int]]) -> None:
    senses = ("max", "min", "max")

    def beats(one: Sequence[int], two: Sequence[int]) -> bool:
        gains = [one[0] - two[0], two[1] - one[1], one[2] - two[2]]
        return min(gains) >= 0 and max(gains) > 0

    found = front(points, senses)
    assert found == [i for i, point in enumerate(points) if not any(beats(other, point) for other in points)]


def branin(settings: Settings) -> float:
    """A usual test function: its least value is 0.397887, at three places."""
    a, b = settings["a"], settings["b"]
    return (b - 5.1 / (4 * pi**2) * a**2 + 5 / pi * a - 6) ** 2 + 10 * (1 - 1 / (8 * pi)) * cos(a) + 10


def searched(method: str, seed: int, trials: int = 40) -> list[Settings]:
    """What a method tries on that function, batch by batch."""
    found = METHODS.find(method)
    assert found is not None
    plan = SearchPlan(space=SPACE, trials=trials, startup=10, parallel=2, seed=seed, senses=("min",))
    running, tried = found(plan), []
    while batch := running.ask():
        tried += batch
        running.tell([[branin(settings)] for settings in batch])
    return tried


def test_bayes_finds_better_than_luck_at_the_same_budget() -> None:
    """The mean over ten seeds of what is left to the least value."""
    left = {
        method: sum(min(map(branin, searched(method, seed))) - 0.397887 for seed in range(10)) / 10
        for method in ("bayes", "random")
    }
    assert left["bayes"] < left["random"] / 2, left


def test_the_same_seed_tries_the_same() -> None:
    for method in ("bayes", "random"):
        assert searched(method, 1, 14) == searched(method, 1, 14)
        assert searched(method, 1, 14) != searched(method, 2, 14)


def test_bayes_learns_of_what_it_is_told() -> None:
    """Another function, other trials once those at random are over."""
    method = METHODS.find("bayes")
    assert method is not None
    plan = SearchPlan(space=SPACE, trials=12, startup=4, parallel=2, seed=0, senses=("max",))
    one, two = method(plan), method(plan)
    for batch in range(6):
        asked = one.ask(), two.ask()
        assert (asked[0] == asked[1]) == (batch < 2), batch
        one.tell([[settings["a"]] for settings in asked[0]])
        two.tell([[-settings["a"]] for settings in asked[1]])


BAYES = BOWL.format(method="bayes", budget="trials: 9\n  startup: 3\n  score: score", steps="")


@pytest.mark.parametrize("kept", range(0, 10, 3))
def test_a_search_goes_on_where_it_was(kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it had been killed after some trials: the others are run, and all is as it was."""
    log = tmp_path / "log"
    monkeypatch.setenv("TOY_LOG", str(log))
    first = run_toy(tmp_path, BAYES)
    assert log.read_text().count("\n") == 9
    store = tmp_path / "store"
    shutil.rmtree(next(store.glob("runs/find-*")))
    order = [str(settings["settings"]) for settings in trials_of(first)]
    trials = sorted(store.glob("trials/*"), key=lambda entry: order.index(settings_of(entry)))
    for entry in trials[kept:]:
        shutil.rmtree(entry)
    for entry in store.glob("runs/bowl-*"):
        if not any(entry.name in (trial / "kept.json").read_text() for trial in trials[:kept]):
            shutil.rmtree(entry)
    log.unlink()
    assert run_toy(tmp_path, BAYES) == first
    assert (log.read_text().count("\n") if log.exists() else 0) == 9 - kept


def settings_of(entry: Path) -> str:
    """The design that a trial came to is what was set."""
    design = json.loads((entry / "kept.json").read_text())["result"]["metamodel"]["design"]
    return str({"bowl.x": design["x"], "bowl.k": design["k"]})


def test_a_body_may_fork_and_search_itself(tmp_path: Path) -> None:
    found = run_toy(
        tmp_path,
        """
make: {task: toy:Make, size: 64}
find:
  task: SEARCH
  method: grid
  score: score - size / 1000
  over: {cut.tolerance: {values: [0.001, 0.9]}}
  body:
    split: {task: FORK, then: [cut, leave]}
    cut: {task: toy:Shrink, then: best}
    leave: {task: toy:Say}
    best: {task: REDUCE, best: -size}
    inner:
      task: SEARCH
      method: grid
      score: score
      over: {bowl.k: [1, 4]}
      body:
        bowl: {task: toy:Bowl, x: 0.7}
end: {task: STOP}
""",
    )
    assert passed(found) == ["make", "split", "cut", "best", "bowl", "inner", "find"]
    assert found.finalists[0].design == {"size": 16.0, "x": 0.7, "k": 2}


def test_values_of_a_space() -> None:
    """Ends included, integers even, and in a logarithm even in it."""
    whole = Searched(name="n", low=2, high=4, whole=True)
    log = Searched(name="r", low=1e-4, high=1.0, log=True)
    listed = Searched(name="v", values=("a", "b"))
    assert [whole.at(share) for share in (0, 0.34, 0.67, 0.999)] == [2, 3, 4, 4]
    assert [log.at(share) for share in (0, 0.5)] == [1e-4, pytest.approx(1e-2)]
    assert [listed.at(share) for share in (0, 0.49, 0.5, 0.99)] == ["a", "a", "b", "b"]
    assert whole.grid() == [2, 3, 4]
    assert Searched(name="r", low=1e-4, high=1.0, log=True, steps=3).grid() == [1e-4, pytest.approx(1e-2), 1.0]
    assert grid_of((listed, whole))[:4] == [{"v": "a", "n": n} for n in (2, 3, 4)] + [{"v": "b", "n": 2}]
    drawn = drawn_from((whole,), 3000, 5)
    counts = [sum(settings["n"] == n for settings in drawn) for n in (2, 3, 4)]
    assert sum(counts) == 3000
    assert all(900 < count < 1100 for count in counts)


def test_no_draw_leaves_its_range() -> None:
    chance = random.Random(0)
    for _ in range(300):
        low, high = sorted((chance.uniform(0.01, 9), chance.uniform(0.01, 9)))
        for log in (False, True):
            value = Searched(name="x", low=low, high=high, log=log).at(chance.random())
            assert low <= value <= high


def test_a_trial_that_ends_with_variants_is_refused(tmp_path: Path) -> None:
    """Two that meet at a REDUCE each, of which no one chooses."""
    with pytest.raises(FlowError, match="find: the body ends with 2 variants, and a search needs one"):
        run_toy(
            tmp_path,
            """
find:
  task: SEARCH
  method: grid
  score: size
  over: {make.size: [1, 2]}
  body:
    make: {task: toy:Make}
    one: {task: FORK, then: [a, b]}
    a: {task: REDUCE, best: size, then: c}
    b: {task: REDUCE, best: size}
    c: {task: toy:Say}
end: {task: STOP}
""",
        )
