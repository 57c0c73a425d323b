"""Where a metamodel goes: branches, loops, forks and where they meet, each by what the history says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.flow_runs import FORK, decisions, passed, run_toy, toy_flow


@pytest.mark.parametrize(("size", "way"), [(64, "large"), (8, "small")])
def test_a_branch_goes_one_way(size: int, way: str, tmp_path: Path) -> None:
    found = run_toy(
        tmp_path,
        f"""
make: {{task: toy:Make, size: {size}}}
which: {{task: BRANCH, if: size > 32 and accuracy > 0.5, then: large, else: small}}
large: {{task: toy:Shrink, then: end}}
small: {{task: toy:Say}}
end: {{task: STOP}}
""",
    )
    assert passed(found) == ["make", "which", way]
    assert decisions(found, "which") == [{"if": float(way == "large"), "way": "then" if way == "large" else "else"}]


@pytest.mark.parametrize(("condition", "rounds"), [("size > 10", 2), ("size > 0", 3), ("size > 100", 0)])
def test_a_loop_goes_round_while_its_condition_holds(condition: str, rounds: int, tmp_path: Path) -> None:
    """64 is halved each time: 32, 16, 8, 4."""
    found = run_toy(
        tmp_path,
        f"""
make: {{task: toy:Make, size: 64}}
half: {{task: toy:Shrink, tolerance: 1, factors: [0.5]}}
again: {{task: LOOP, again: half, while: {condition}, most: 3}}
end: {{task: STOP}}
""",
    )
    assert passed(found) == ["make", *["half", "again"] * (rounds + 1)]
    assert found.finalists[0].value("size") == 64 / 2 ** (rounds + 1)
    assert found.finalists[0].first("size") == 64


def test_an_inner_loop_counts_anew_in_each_round_of_the_outer(tmp_path: Path) -> None:
    found = run_toy(
        tmp_path,
        """
make: {task: toy:Make, size: 64}
say: {task: toy:Say}
inner: {task: LOOP, again: say, while: size > 0, most: 2}
outer: {task: LOOP, again: say, while: size > 0, most: 1}
end: {task: STOP}
""",
    )
    assert passed(found) == ["make", *(["say", "inner"] * 3 + ["outer"]) * 2]


@pytest.mark.parametrize(
    ("factors", "best"),
    [((0.1, 0.9, 0.5), "b"), ((0.5, 0.5, 0.5), "a"), ((0.1, 0.2, 0.2), "b"), ((0.1, 0.2, 0.3), "c")],
)
def test_reduce_keeps_the_best_and_the_first_among_equals(
    factors: tuple[float, ...], best: str, tmp_path: Path
) -> None:
    found = run_toy(tmp_path, FORK.format(*factors) + "pick: {task: REDUCE, best: size}\nend: {task: STOP}")
    assert passed(found) == ["make", "split", best, "pick"]
    step = found.finalists[0].history[-1]
    assert step.decision == {"branch": "abc".index(best), "of": 3, "best": 64 * max(factors)}
    assert [trial["best"] for trial in step.trials] == [64 * factor for factor in factors]
    assert [trial["passed"] for trial in step.trials] == [["make", "split", name] for name in "abc"]
    assert len(found.entries) == 4, "runs of branches that lost are of the flow too"


def test_after_a_join_every_task_runs_on_each_variant(tmp_path: Path) -> None:
    found = run_toy(
        tmp_path,
        FORK.format(0.1, 0.2, 0.3)
        + "pick: {task: JOIN}\npack: {task: toy:Pack}\nlook: {task: toy:Examine}\nend: {task: STOP}",
    )
    assert [passed(found, index) for index in range(3)] == [
        ["make", "split", name, "pick", "pack", "look"] for name in "abc"
    ]
    assert [decisions(found, "pick", index) for index in range(3)] == [[{"variant": i, "of": 3}] for i in range(3)]
    sizes = [
        {m["name"]: m["value"] for m in trial["metrics"]}["size"] for trial in found.finalists[0].history[3].trials
    ]
    assert sizes == [64 * factor for factor in (0.1, 0.2, 0.3)], "each variant knows what all came to"
    assert len({finalist.files["package"] for finalist in found.finalists}) == 3


def test_branches_of_different_length_meet_in_the_order_of_the_fork(tmp_path: Path) -> None:
    found = run_toy(
        tmp_path,
        """
make: {task: toy:Make, size: 64}
split: {task: FORK, then: [long, short]}
long: {task: toy:Say}
longer: {task: toy:Say}
longest: {task: toy:Say, then: meet}
short: {task: toy:Say}
meet: {task: JOIN}
end: {task: STOP}
""",
    )
    assert [passed(found, index)[2] for index in range(2)] == ["long", "short"]


def test_forks_within_forks_meet_inside_first(tmp_path: Path) -> None:
    found = run_toy(
        tmp_path,
        """
make: {task: toy:Make, size: 64}
outer: {task: FORK, then: [inner, c]}
inner: {task: FORK, then: [a, b]}
a: {task: toy:Shrink, tolerance: 1, factors: [0.3], then: least}
b: {task: toy:Shrink, tolerance: 1, factors: [0.2], then: least}
least: {task: REDUCE, best: -size}
after: {task: toy:Say, then: most}
c: {task: toy:Shrink, tolerance: 1, factors: [0.1]}
most: {task: REDUCE, best: size}
end: {task: STOP}
""",
    )
    assert passed(found) == ["make", "outer", "inner", "b", "least", "after", "most"]
    assert decisions(found, "most") == [{"branch": 0, "of": 2, "best": 64 * 0.2}]


def test_a_fork_in_a_loop_meets_in_each_round(tmp_path: Path) -> None:
    found = run_toy(
        tmp_path,
        FORK.format(0.5, 0.25, 0.125)
        + "pick: {task: REDUCE, best: size}\nround: {task: LOOP, again: split, while: size > 10, most: 9}\n"
        "end: {task: STOP}",
    )
    assert passed(found) == ["make", *["split", "a", "pick", "round"] * 3]


def test_branches_that_stop_are_all_finalists(tmp_path: Path) -> None:
    found = run_toy(tmp_path, FORK.format(0.1, 0.2, 0.3).replace("then: pick", "then: end") + "end: {task: STOP}")
    assert [passed(found, index)[-1] for index in range(3)] == ["a", "b", "c"]


def test_a_flow_tells_its_tasks_and_edges(tmp_path: Path) -> None:
    """What a picture of it is drawn from."""
    flow = toy_flow(
        tmp_path,
        """
make: {task: toy:Make, size: 64}
again: {task: LOOP, again: make, while: size > 10, most: 2}
which: {task: BRANCH, if: size > 32, then: end, else: cut}
cut: {task: toy:Shrink}
end: {task: STOP}
""",
    )
    assert [(edge.source, edge.label, edge.target) for edge in flow.edges] == [
        ("make", "then", "again"),
        ("again", "again", "make"),
        ("again", "then", "which"),
        ("which", "then", "end"),
        ("which", "else", "cut"),
        ("cut", "then", "end"),
    ]
    assert [(node.name, node.kind, node.line) for node in flow.nodes.values()] == [
        ("make", "toy_tasks.py:Make", 4),
        ("again", "LOOP", 5),
        ("which", "BRANCH", 6),
        ("cut", "toy_tasks.py:Shrink", 7),
        ("end", "STOP", 8),
    ]
    assert flow.nodes["again"].parameters == {"while": "size > 10", "most": 2}
    assert flow.to_json()["edges"][1] == {"source": "again", "target": "make", "label": "again"}
