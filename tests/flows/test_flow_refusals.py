"""Bad flows: each is one line that names the task and its line in the yaml, before anything runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.flows.flow_file import read_flow
from tests.flows.flow_runs import HERE, run_toy, toy_flow, write_flow

SEARCH = """
make: {{task: toy:Make}}
find:  # top
  task: SEARCH
  method: {method}
  {more}
  over:
    {over}
  body:
    bowl: {{task: toy:Bowl, x: 0.5}}
end: {{task: STOP}}
"""


def search(more: str = "trials: 4", over: str = "bowl.x: [0, 1]", method: str = "random", score: str = "score") -> str:
    """A flow with a search; `more` may mark a line of its own."""
    more = more if "score:" in more or "objectives:" in more else f"{more}\n  score: {score}"
    text = SEARCH.format(method=method, more=more, over=over)
    return text.replace("# top", "" if HERE in text else HERE)


CASES = {
    "unknown parameter": (
        "make: {task: toy:Make, siz: 3}  # here\nend: {task: STOP}",
        "make: unknown parameter 'siz'; there are: size, nap",
    ),
    "a parameter on a line of its own": (
        "make:\n  task: toy:Make\n  size: 0  # here\nend: {task: STOP}",
        "make: size = 0 is below 1",
    ),
    "too large": ("make: {task: toy:Make, size: 1001}  # here\nend: {task: STOP}", "make: size = 1001 is above 1000"),
    "a tolerance out of range": (
        "make: {task: toy:Make}\ncut: {task: toy:Shrink, tolerance: 2}  # here\nend: {task: STOP}",
        "cut: tolerance = 2.0 is above 1",
    ),
    "one of a list": (
        "make: {task: toy:Make}\ncut: {task: toy:Shrink, factors: [0.5, 7]}  # here\nend: {task: STOP}",
        "cut: factors[1] = 7.0 is above 1",
    ),
    "a text for a number": (
        "make: {task: toy:Make, size: big}  # here\nend: {task: STOP}",
        "make: size = 'big' is not an integer",
    ),
    "a fraction for an integer": (
        "make: {task: toy:Make, size: 2.5}  # here\nend: {task: STOP}",
        "make: size = '2.5' is not an integer",
    ),
    "no number": ("make: {task: toy:Make, nap: .nan}  # here\nend: {task: STOP}", "make: nap = '.nan' is not a number"),
    "a missing parameter": ("a: {task: toy:Bowl}  # here\nend: {task: STOP}", "a: x is missing: a number"),
    "a cycle": (
        "a: {task: toy:Make}\nb: {task: toy:Make}  # here\nc: {task: toy:Make, then: b}\nend: {task: STOP}",
        "b: b -> c -> b is a cycle without a LOOP, and has no STOP",
    ),
    "a cycle by a branch": (
        "a: {task: toy:Make}  # here\nb: {task: BRANCH, if: size > 3, then: a}\nend: {task: STOP}",
        "a: a -> b -> a is a cycle without a LOOP, and has no STOP",
    ),
    "a task that goes to itself": (
        "a: {task: toy:Make, then: a}  # here\nend: {task: STOP}",
        "a: a -> a is a cycle without a LOOP, and has no STOP",
    ),
    "a loop without a STOP": (
        "a: {task: toy:Make}  # here\nb: {task: LOOP, again: a, while: size > 3, most: 3, then: c}\n"
        "c: {task: LOOP, again: b, while: size > 3, most: 3, then: a}\nend: {task: STOP}",
        "a: no way leads from it to a STOP",
    ),
    "nowhere to go on": (
        "make: {task: toy:Make}  # here",
        "make: it is the last task and no STOP: nothing says where the flow goes on",
    ),
    "never reached": (
        "a: {task: toy:Make, then: end}\nb: {task: toy:Make}  # here\nend: {task: STOP}",
        "b: no way leads to it",
    ),
    "a way to nowhere": ("a: {task: toy:Make, then: b}  # here\nend: {task: STOP}", "a: then: there is no task 'b'"),
    "several ways": (
        "a: {task: toy:Make, then: [b, end]}  # here\nb: {task: toy:Make}\nend: {task: STOP}",
        "a: then: one task is wanted; several are for a FORK",
    ),
    "a fork of one": (
        "a: {task: FORK, then: [b]}  # here\nb: {task: toy:Make}\nend: {task: STOP}",
        "a: then: two or more tasks are wanted, each once",
    ),
    "a fork of none": (
        "a: {task: FORK}  # here\nb: {task: toy:Make}\nend: {task: STOP}",
        "a: then is missing: two or more tasks",
    ),
    "a branch of one way": (
        "m: {task: toy:Make}\na: {task: BRANCH, if: size > 1, then: end}  # here\nend: {task: STOP}",
        "a: its ways then and else lead to the same task",
    ),
    "a loop to nowhere": (
        "m: {task: toy:Make}\na: {task: LOOP, while: size > 1, most: 2}  # here\nend: {task: STOP}",
        "a: again is missing: the task to go back to",
    ),
    "a loop without end": (
        "m: {task: toy:Make}\na: {task: LOOP, again: m, while: size > 1}  # here\nend: {task: STOP}",
        "a: most is missing: how often it goes back at most",
    ),
    "a reduce without a fork": (
        "m: {task: toy:Make}\na: {task: REDUCE, best: size}  # here\nend: {task: STOP}",
        "a: no FORK is before this REDUCE",
    ),
    "nothing to take": (
        "a: {task: toy:Shrink}  # here\nend: {task: STOP}",
        "a: it needs weights, and no task is before it",
    ),
    "the wrong thing": (
        "m: {task: toy:Make}\na: {task: toy:Simulate}  # here\nend: {task: STOP}",
        "a: it needs package, and m (line 4) before it gives none",
    ),
    "what a task drops": (
        "m: {task: toy:Make}\np: {task: toy:Pack}\ncut: {task: toy:Shrink}\n"
        "a: {task: toy:Simulate}  # here\nend: {task: STOP}",
        "a: it needs package, and cut (line 6) before it drops it",
    ),
    "what one branch lacks": (
        "m: {task: toy:Make}\nf: {task: FORK, then: [p, q]}\np: {task: toy:Pack, then: r}\nq: {task: toy:Say}\n"
        "r: {task: REDUCE, best: size}\na: {task: toy:Simulate}  # here\nend: {task: STOP}",
        "a: it needs package, and r (line 8) before it gives none",
    ),
    "what the second round lacks": (
        "m: {task: toy:Make}\np: {task: toy:Pack}\na: {task: toy:Simulate}  # here\ncut: {task: toy:Shrink}\n"
        "l: {task: LOOP, again: a, while: size > 3, most: 2}\nend: {task: STOP}",
        "a: it needs package, and l (line 8) before it gives none",
    ),
    "a metric that nobody measures": (
        "m: {task: toy:Make}\na: {task: BRANCH, if: luts > 3, else: m2}  # here\nm3: {task: toy:Make}\n"
        "m2: {task: toy:Make}\nend: {task: STOP}",
        "a: it asks for the metric luts, which no task measures",
    ),
    "a metric too early": (
        "a: {task: BRANCH, if: first.size > 3, else: m2}  # here\nm: {task: toy:Make}\nm2: {task: toy:Say}\n"
        "end: {task: STOP}",
        "a: it asks for the metric size, which m (line 5) measures, but not on every way to here",
    ),
    "no expression": (
        "m: {task: toy:Make}\na: {task: LOOP, again: m, while: size >, most: 2}  # here\nend: {task: STOP}",
        "a: 'size >' is no expression",
    ),
    "an expression that does harm": (
        "m: {task: toy:Make}\na: {task: LOOP, again: m, while: exit(1), most: 2}  # here\nend: {task: STOP}",
        "a: 'exit(1)': 'exit(1)' is not allowed in an expression",
    ),
    "the test split in the middle": (
        "m: {task: toy:Make}\na: {task: toy:Examine}  # here\nb: {task: toy:Say}\nend: {task: STOP}",
        "a: it looks at the test split, and b (line 6) comes after it: that is for the last task",
    ),
    "the test split twice": (
        "m: {task: toy:Make}\na: {task: toy:Examine}  # here\nb: {task: toy:Examine}\nend: {task: STOP}",
        "a: it looks at the test split, and b (line 6) comes after it: that is for the last task",
    ),
    "the test split in a loop": (
        "m: {task: toy:Make}\na: {task: toy:Examine}  # here\nl: {task: LOOP, again: a, while: size > 3, most: 2}\n"
        "end: {task: STOP}",
        "a: it looks at the test split, and l (line 6) comes after it: that is for the last task",
    ),
    "the test split in a search": (
        "m: {task: toy:Make}\ns:\n  task: SEARCH\n  method: random\n  trials: 2\n  score: size\n"
        "  over: {a.tolerance: [0, 1]}\n  body:\n    a: {task: toy:Shrink}\n    b: {task: toy:Examine}  # here\n"
        "end: {task: STOP}",
        "b: it looks at the test split inside the search s: a search uses the validation split",
    ),
    "a test metric of who does not say so": (
        "a: {task: own.py:Sly}  # here\nend: {task: STOP}",
        "a: it measures secret on the test split, and its class does not say looks_at_test",
    ),
    "no such file": (
        "a: {task: nothing.py:Make}  # here\nend: {task: STOP}",
        "a: FOLDER/nothing.py:Make: No such file or directory",
    ),
    "no such class": (
        "a: {task: toy:Mak}  # here\nend: {task: STOP}",
        "a: FOLDER/toy_tasks.py:Mak: the file has no function 'Mak'",
    ),
    "no task": (
        "a: {task: toy:shrunk}  # here\nend: {task: STOP}",
        "a: toy_tasks.py:shrunk is no class of t2c.flows.task.Task",
    ),
    "a file with an error": (
        "a: {task: broken.py:A}  # here\nend: {task: STOP}",
        "a: FOLDER/broken.py:A: line 1: ZeroDivisionError: division by zero",
    ),
    "a name": (
        "a-b: {task: toy:Make}  # here\nend: {task: STOP}",
        "'a-b': a task's name is letters, digits and _, 60 at most",
    ),
    "a long name": (
        f"{'a' * 61}: {{task: toy:Make}}  # here\nend: {{task: STOP}}",
        f"'{'a' * 59}…: a task's name is letters, digits and _, 60 at most",
    ),
    "a way that is no name": (
        "a: {task: toy:Make, then: {b: c}}  # here\nend: {task: STOP}",
        "a: then: there is no task {'b': 'c'}",
    ),
    "a task that is none": ("a: {size: 3}  # here\nend: {task: STOP}", "a: task is missing, which says what it is"),
    "no trial": (search("trials: 0  # here"), "find: trials = 0 is below 1"),
    "trials missing": (search("seed: 1"), "find: trials is missing: how often the body runs"),
    "too few for bayes": (
        search("trials: 2  # here", method="bayes"),
        "find: trials = 2 is below 3: startup = 2, and one that learns",
    ),
    "too few for a grid": (
        search("trials: 3  # here", "bowl.k: [1, 4]", "grid"),
        "find: trials = 3 is below 4, the points of the grid",
    ),
    "a grid without steps": (
        search("seed: 1", "bowl.x: [0, 1]  # here", "grid"),
        "find: over.bowl.x: a grid over a range of numbers needs steps: 2 or more",
    ),
    "beyond the parameter": (search(over="bowl.x: [0, 1.5]  # here"), "find: over.bowl.x: high = 1.5 is above 1"),
    "a value beyond": (search(over="bowl.k: [1, 2, 9]  # here"), "find: over.bowl.k: value = 9 is above 4"),
    "an empty range": (search(over="bowl.x: [0.5, 0.5]  # here"), "find: over.bowl.x: the range 0.5 to 0.5 is empty"),
    "log of zero": (
        search(over="bowl.x: {low: 0, high: 1, log: true}  # here"),
        "find: over.bowl.x: low = 0.0 has no logarithm",
    ),
    "over no task": (search(over="bow.x: [0, 1]  # here"), "find: over.bow.x: there is no task 'bow' in the body"),
    "over no parameter": (
        search(over="bowl.y: [0, 1]  # here"),
        "find: over.bowl.y: bowl has no parameter 'y'; there are: x, k, nap",
    ),
    "no method": (
        search(method="gird  # here"),
        "find: method = 'gird' is not one of bayes, grid, random",
    ),
    "a score that nobody measures": (
        search(score="luts"),
        "find: it asks for the metric luts, which no task measures",
    ),
    "one objective": (
        search("trials: 3\n  choose: score\n  objectives: {score: max}  # here"),
        "find: objectives: two or more are wanted; one is a score",
    ),
    "objectives of no sense": (
        search("trials: 3\n  choose: score\n  objectives: {score: max, cost: low}  # here"),
        "find: objectives.cost = 'low' is not max or min",
    ),
    "nothing to choose by": (
        search("trials: 3\n  objectives: {score: max, cost: min}"),
        "find: choose, which picks one of the front, goes with objectives",
    ),
    "a search without a body": (
        "a: {task: SEARCH, method: random, trials: 3, score: size, over: {b.x: [0, 1]}}  # here\nend: {task: STOP}",
        "a: body is missing: the tasks that are searched, with their names",
    ),
    "a body of variants": (
        "s:\n  task: SEARCH\n  method: random\n  trials: 2\n  score: size\n  over: {a.size: [1, 9]}\n  body:\n"
        "    a: {task: toy:Make}\n    f: {task: FORK, then: [b, c]}  # here\n    b: {task: toy:Say, then: d}\n"
        "    c: {task: toy:Say}\n    d: {task: toy:Say}\nend: {task: STOP}",
        "f: its branches do not meet at a REDUCE before the search ends",
    ),
    "an error in a body": (
        "s:\n  task: SEARCH\n  method: random\n  trials: 2\n  score: size\n  over: {a.size: [1, 9]}\n  body:\n"
        "    a: {task: toy:Make}\n    b: {task: toy:Simulate}  # here\nend: {task: STOP}",
        "b: it needs package, and a (line 11) before it gives none",
    ),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("case", CASES)
def test_a_bad_flow_is_one_line(case: str, tmp_path: Path) -> None:
    tasks, wanted = CASES[case]
    (tmp_path / "broken.py").write_text("1 / 0\n")
    (tmp_path / "own.py").write_text(
        "from t2c.flows.task import Task\n\n\nclass Sly(Task):\n    metrics = {'secret': 'test'}\n"
    )
    path = write_flow(tmp_path, tasks)
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if HERE in text)
    with pytest.raises(UserError) as caught:
        read_flow(path)
    assert str(caught.value) == f"{path}:{line}: {wanted}".replace("FOLDER", str(tmp_path))


def test_an_unknown_task_is_one_line_that_lists_those_there_are(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    path = write_flow(tmp_path, "a: {task: PRUNEE}\nend: {task: STOP}")
    with pytest.raises(UserError, match=re.escape(f"{path}:4: a: there is no task 'PRUNEE'; there are ")) as caught:
        read_flow(path)
    assert "BRANCH, FORK, JOIN, LOOP, REDUCE, SEARCH, STOP, and FILE.py:CLASS of your own" in str(caught.value)


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ("flow: a/b", "1: flow: 'a/b' is no name of letters, digits, - and _"),
        ("flow: a\nsed: 3", "2: unknown field 'sed'; there are flow, model, data, seed, width, limit, batch, tasks"),
        ("flow: a\nseed: -1", "2: seed = -1 is below 0"),
        ("flow: a\nlimit: many", "2: limit = 'many' is not an integer"),
        ("model: a", "1: flow is missing"),
        ("flow: a\nflow: b", "2: flow stands there twice"),
    ],
)
def test_a_bad_head_is_one_line(head: str, wanted: str, tmp_path: Path) -> None:
    path = write_flow(tmp_path, "end: {task: STOP}", head)
    with pytest.raises(UserError) as caught:
        read_flow(path)
    assert str(caught.value).startswith(f"{path}:")
    assert str(caught.value).removeprefix(f"{path}:").replace(f"{path.name}: ", "") == wanted


RUNS = {
    "a trial that fails": ("a: {task: toy:Refuse}", "a: the disk is full"),
    "a look at the test split": (
        "a: {task: toy:Peep}",
        "a: it wants to look at the test split, and its class does not say looks_at_test",
    ),
    "a thing that is not given": ("a: {task: toy:Nothing}", "a: it declares to give package, and does not"),
    "a metric that is not declared": (
        "a: {task: toy:Say, name: shout}",
        "a: it measures shout of split '', which its class does not declare",
    ),
    "a metric that is no number": (
        "a: {task: toy:Say, value: 1e300, times: 1e300}",
        "a: said = inf is no finite number",
    ),
    "a condition without a value": (
        "m: {task: toy:Say}\na: {task: BRANCH, if: 1 / said, else: b}\nc: {task: toy:Say}\nb: {task: toy:Say}",
        "a: '1 / said' has no value: float division by zero",
    ),
    "a task in the body of a search": (
        "a:\n  task: SEARCH\n  method: random\n  trials: 2\n  score: said\n  over: {b.value: [0, 1]}\n  body:\n"
        "    b: {task: toy:Say}\n    c: {task: toy:Peep}",
        "a: c: it wants to look at the test split, and its class does not say looks_at_test",
    ),
}


@pytest.mark.parametrize("case", RUNS)
def test_a_task_that_fails_is_one_line(case: str, tmp_path: Path) -> None:
    tasks, wanted = RUNS[case]
    with pytest.raises(UserError) as caught:
        run_toy(tmp_path, f"{tasks}\nend: {{task: STOP}}")
    name = wanted.partition(":")[0]
    path = tmp_path / "flow.yaml"
    lines = path.read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text.startswith(f"  {name}:"))
    assert str(caught.value) == f"{path}:{line}: {wanted}"


def test_what_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        run_toy(tmp_path, "a: {task: toy:Nothing}\nend: {task: STOP}")
    assert [path.name for path in (tmp_path / "store" / "runs").iterdir()] == []


def test_the_same_flow_without_the_mistake_is_read(tmp_path: Path) -> None:
    """Or the tests above could refuse for another reason."""
    assert list(toy_flow(tmp_path, search()).nodes) == ["make", "find", "end"]
