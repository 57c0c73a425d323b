"""`t2c flow` and `make flow`: exit status, table, result.json, and mistakes in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from t2c.__main__ import main
from t2c.common.errors import SettingError
from t2c.common.make import arguments
from tests.conftest import ROOT
from tests.flows.flow_runs import FORK, write_flow

TASKS = """
make: {{task: toy:Make, size: 64}}
cut: {{task: toy:Shrink, tolerance: 0.2}}
pack: {{task: toy:Pack}}
sim: {{task: toy:Simulate, equal: {equal}}}
look: {{task: toy:Examine}}
end: {{task: STOP}}
"""


def flow(folder: Path, tasks: str) -> list[str]:
    return ["flow", str(write_flow(folder, tasks)), "--out", str(folder / "out"), "--workers", "1"]


@pytest.mark.parametrize(("equal", "status"), [("true", 0), ("false", 1)])
def test_the_status_says_whether_all_is_equal(
    equal: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(flow(tmp_path, TASKS.format(equal=equal))) == status
    said = capsys.readouterr()
    table, result = said.out.split("\n\n")
    assert [line.split() for line in table.splitlines()] == [
        ["task", "kind", "decision", "metrics"],
        ["make", "toy_tasks.py:Make", "accuracy", "0.984615", "(validation),", "size", "64"],
        ["cut", "toy_tasks.py:Shrink", "factor", "0.25", "accuracy", "0.941176", "(validation),", "size", "16"],
        ["pack", "toy_tasks.py:Pack"],
        ["sim", "toy_tasks.py:Simulate", "verified", str(int(equal == "true"))],
        ["look", "toy_tasks.py:Examine", "test_accuracy", "0.931176", "(test)"],
    ]
    assert result == f"result  {tmp_path}/out/toy/result.json\nreport  {tmp_path}/out/toy/report.html\n"
    assert "<title>Flow toy</title>" in (tmp_path / "out" / "toy" / "report.html").read_text()
    assert said.err.splitlines()[0] == "make: toy_tasks.py:Make ..."


def test_the_result_has_graph_outcomes_and_seconds(tmp_path: Path) -> None:
    assert main(flow(tmp_path, TASKS.format(equal="true"))) == 0
    result = json.loads((tmp_path / "out" / "toy" / "result.json").read_text())
    assert [task["name"] for task in result["flow"]["tasks"]] == ["make", "cut", "pack", "sim", "look", "end"]
    assert result["flow"]["tasks"][0]["parameters"] == {"size": 64, "nap": 0.0}
    assert result["flow"]["edges"][0] == {"source": "make", "target": "cut", "label": "then"}
    (finalist,) = result["finalists"]
    assert finalist["subject"] == {"seed": 3}
    splits = {metric["name"]: (metric["split"], metric["task"]) for metric in finalist["metrics"]}
    assert splits == {
        "accuracy": ("validation", "cut"),
        "size": ("", "cut"),
        "verified": ("", "sim"),
        "test_accuracy": ("test", "look"),
    }
    assert (tmp_path / "out" / "toy" / finalist["files"]["weights"]).is_file()
    runs = result["seconds"]["runs"]
    assert [(run["task"], run["trials"]) for run in runs] == [
        ("make", 0),
        ("cut", 3),
        ("pack", 0),
        ("sim", 0),
        ("look", 0),
    ]
    assert result["seconds"]["total"] == pytest.approx(sum(run["seconds"] for run in runs), abs=0.01)


def test_every_variant_has_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = FORK.format(0.1, 0.2, 0.3).replace("then: pick", "then: end") + "end: {task: STOP}"
    assert main(flow(tmp_path, tasks)) == 0
    said = capsys.readouterr().out
    assert [line for line in said.splitlines() if line.startswith("variant")] == [
        f"variant {number} of 3" for number in (1, 2, 3)
    ]


def test_no_worker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="workers = 0 is below 1"):
        main([*flow(tmp_path, "end: {task: STOP}")[:-1], "0"])
    assert not (tmp_path / "out").exists()


def test_make_hands_a_flow_on() -> None:
    assert arguments("flow", {"FLOW": "-x.yaml", "SCHEDULER": "tcp://a:1", "WORKERS": "3"}) == [
        *("t2c", "flow", "--workers=3", "--scheduler=tcp://a:1", "--", "-x.yaml"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, "error: FLOW is missing: the yaml of a flow\n"),
        ({"FLOW": "no.yaml"}, "error: no.yaml: No such file or directory\n"),
        ({"FLOW": "examples/flows/sine.yaml", "WORKERS": "0"}, "error: WORKERS = 0 is below 1\n"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_variable(variables: dict[str, str], wanted: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "t2c.common.make", "flow"],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", wanted)


@pytest.mark.slow
def test_nobody_at_the_schedulers_address_is_one_line(tmp_path: Path) -> None:
    words = flow(tmp_path, TASKS.format(equal="true"))[:-2]
    done = subprocess.run(
        [sys.executable, "-m", "t2c", *words, "--scheduler", "tcp://127.0.0.1:1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, "before anything runs"
    assert done.stderr.startswith("error: --scheduler = 'tcp://127.0.0.1:1': no Dask scheduler answers")


@pytest.mark.slow
def test_what_fails_on_a_worker_is_one_line_too(tmp_path: Path) -> None:
    """In a branch, where a whole walk runs there, and in a trial."""
    tasks = """
split: {task: FORK, then: [good, bad]}
good: {task: toy:Say, then: pick}
bad: {task: toy:Refuse}
pick: {task: JOIN}
end: {task: STOP}
"""
    for one, line in ((tasks, 6), ("bad: {task: toy:Refuse}\nend: {task: STOP}", 4)):
        words = [*flow(tmp_path, one)[:-1], "2"]
        done = subprocess.run(
            [sys.executable, "-m", "t2c", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.splitlines()[-1] == f"error: {tmp_path}/flow.yaml:{line}: bad: the disk is full"


@pytest.mark.slow
def test_the_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from t2c.__main__ import main\ntry: main(['flow', '--help'])\nfinally: print(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "FLOW.yaml" in done.stdout
    for heavy in ("torch", "optuna", "distributed", "numpy", "yaml"):
        assert f"'{heavy}'" not in done.stdout
