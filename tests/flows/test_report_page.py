"""The page of a flow, read back: every task and number is there, nothing is fetched, no name becomes markup."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from t2c.flows.command import run_file
from t2c.flows.report.page import report_page
from t2c.flows.report.page_file import write_page
from t2c.flows.report.quantities import measured
from tests.flows.flow_runs import write_flow
from tests.flows.html_tree import LINKING, Node, read_html
from tests.flows.report_case import case_result

FORKED = """
make: {task: toy:Make, size: 64}
split: {task: FORK, then: [quick, slow, lost]}
quick: {task: toy:Shrink, tolerance: 0.2, then: both}
slow: {task: toy:Shrink, tolerance: 0.01, factors: [0.9, 0.8], then: both}
lost: {task: toy:Bowl, x: 0.25, then: both}
both: {task: JOIN}
half: {task: toy:Shrink, tolerance: 1, factors: [0.5]}
again: {task: LOOP, again: half, while: size > 10, most: 2}
which: {task: BRANCH, if: size > 1000, then: never, else: find}
never: {task: toy:Bowl, x: 0.5}
find:
  task: SEARCH
  method: grid
  objectives: {score: max, cost: min}
  choose: score
  over: {bowl.x: {low: 0, high: 1, steps: 5}, bowl.k: [1, 4]}
  body:
    bowl: {task: toy:Bowl, x: 0.5}
best:
  task: SEARCH
  method: random
  trials: 5
  score: score
  over: {hollow.x: [0, 1]}
  body:
    hollow: {task: toy:Bowl, x: 0.5}
look: {task: toy:Examine}
end: {task: STOP}
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """result.json of a flow of toy tasks that was run."""
    folder = tmp_path_factory.mktemp("flow")
    head = "flow: toy\nmodel: bowls\ndata: none\nseed: 3"
    return run_file(write_flow(folder, FORKED, head), folder / "out", workers=1)[1]


@pytest.fixture(scope="module")
def results(ran: Path) -> dict[str, dict[str, Any]]:
    """That one, and one with tasks that train and synthesise."""
    return {"toy": json.loads(ran.read_text()), "case": case_result()}


@pytest.fixture(scope="module")
def pages(results: dict[str, dict[str, Any]]) -> dict[str, Node]:
    """Both pages, read back."""
    return {name: read_html(report_page(result)) for name, result in results.items()}


BOTH = pytest.mark.parametrize("name", ["toy", "case"])


@BOTH
def test_every_task_is_in_the_graph_and_in_the_table(
    name: str, results: dict[str, dict[str, Any]], pages: dict[str, Node]
) -> None:
    tasks = results[name]["flow"]["tasks"]
    wanted = [each for task in tasks for each in (task, *task.get("body", {}).get("tasks", []))]
    boxes = pages[name].one("svg", class_="graph").all("g", class_="box")
    assert [box.attributes["data-task"] for box in boxes] == [task["name"] for task in wanted]
    for task, box in zip(wanted, boxes, strict=True):
        assert box.all("title")[0].text() == f"{task['name']}: {task['kind']}"
        lines = [line.text() for line in box.all("text")][:2]
        assert task["name"] == "(end)" or (lines[0] == task["name"] and lines[1].startswith(task["kind"]))
    rows = {row.attributes.get("data-task") for row in pages[name].one("table", class_="steps").all("tr")}
    assert rows >= {task["name"] for task in tasks if task["kind"] != "STOP"}


@BOTH
def test_every_step_says_its_metrics_with_their_split(
    name: str, results: dict[str, dict[str, Any]], pages: dict[str, Node]
) -> None:
    rows = pages[name].one("table", class_="steps").all("tr")
    for finalist in results[name]["finalists"]:
        for step in finalist["history"]:
            found = [row for row in rows if row.attributes.get("data-task") == step["task"]]
            said = {
                (shown.text(), shown.attributes["title"]) for row in found for shown in row.all("span", class_="metric")
            }
            for metric in step["metrics"]:
                text = (
                    f"{metric['name'].replace('_', ' ')} {measured(metric['name'], metric['value'])}{metric['split']}"
                )
                assert (text, repr(metric["value"])) in said


@BOTH
def test_every_finalist_has_its_column_with_the_latest_of_all_numbers(
    name: str, results: dict[str, dict[str, Any]], pages: dict[str, Node]
) -> None:
    table = pages[name].one("table", class_="finalists")
    for index, finalist in enumerate(results[name]["finalists"]):
        latest = {metric["name"]: metric for metric in finalist["metrics"]}
        for metric in latest.values():
            row = table.one("tr", data_metric=metric["name"].removeprefix("unoptimised_"))
            cells = [cell.text() for cell in row.all("td")]
            column = (
                2 if metric["name"].startswith("unoptimised_") else len(cells) - len(results[name]["finalists"]) + index
            )
            assert cells[column].startswith(measured(metric["name"], metric["value"]))
            assert metric["split"] in cells[1]


def test_a_finalist_is_compared_with_what_nothing_was_optimised_in(pages: dict[str, Node]) -> None:
    table = pages["case"].one("table", class_="finalists")

    def changes(metric: str) -> list[tuple[str, str]]:
        row = table.one("tr", data_metric=metric)
        return [(cell.text(), cell.attributes["class"]) for cell in row.all("div") if "class" in cell.attributes]

    assert changes("lut") == [("\N{MINUS SIGN}88.4 %", "better"), ("\N{MINUS SIGN}84.7 %", "better")]
    assert changes("dsp") == [("\N{MINUS SIGN}100 %", "better"), ("\N{MINUS SIGN}98.4 %", "better")]
    assert changes("accuracy") == [("\N{MINUS SIGN}0.77 points", "worse")] * 2
    assert changes("bram") == []


def test_the_head_says_subject_verdicts_and_splits(pages: dict[str, Node]) -> None:
    head = pages["case"].one("main")
    assert head.one("h1").text() == "Flow case"
    facts = [fact.text() for fact in head.children[1].all("span", class_="metric")]  # type: ignore[union-attr]
    assert facts[:3] == ["model jets", "data jets", "seed 7"]
    assert head.one("span", class_="verdict yes").text() == "variant 1: verified"
    assert head.one("span", class_="verdict no").text() == "variant 2: NOT EQUAL"
    assert "looked at once, after all choices, by verify" in head.text()
    toy = pages["toy"].one("main")
    assert {mark.text() for mark in toy.all("span", class_="verdict open")} == {
        f"variant {n}: not compared" for n in (1, 2, 3)
    }
    assert "looked at once, after all choices, by look" in toy.text()


def test_a_flow_without_a_look_at_the_test_split_says_so(results: dict[str, dict[str, Any]]) -> None:
    result = json.loads(json.dumps(results["case"]))
    for finalist in result["finalists"]:
        finalist["metrics"] = [metric for metric in finalist["metrics"] if metric["split"] != "test"]
    assert "No task looks at the test split" in read_html(report_page(result)).text()


def test_common_steps_are_one_row_and_rounds_are_counted(pages: dict[str, Node]) -> None:
    rows = [[cell.text() for cell in row.all("td")] for row in pages["toy"].one("table", class_="steps").all("tr")][1:]
    assert [row[:3] for row in rows[:2]] == [["make", "toy_tasks.py:Make", "all"], ["split", "FORK", "1"]]
    assert [row[0] for row in rows if row[2] == "1"] == [
        *("split", "quick", "both", "half", "again", "which", "bowl", "find", "hollow", "best", "look")
    ]
    assert [row[0] for row in rows if row[2] == "2"][2:7] == ["both", "half", "again", "half (2)", "again (2)"]
    assert [row[:3] for row in rows if row[2] == "none"] == [["never", "toy_tasks.py:Bowl", "none"]]
    assert {row[5] for row in rows if row[0] == "bowl"} == {"in find"}
    assert {row[5] for row in rows if row[0] == "hollow"} == {"in best"}


def test_time_is_that_of_all_runs_where_a_task_is_first_named(
    results: dict[str, dict[str, Any]], pages: dict[str, Node]
) -> None:
    rows = [
        row for row in pages["toy"].one("table", class_="steps").all("tr") if row.attributes.get("data-task") == "half"
    ]
    times = [row.one("td", class_="time").text() for row in rows]
    runs = [run for run in results["toy"]["seconds"]["runs"] if run["task"] == "half"]
    assert len(runs) > 3
    assert times[0].startswith(f"{sum(run['seconds'] for run in runs):.2f} sin {len(runs)} runs")
    assert set(times[1:]) == {"above"}


def test_files_of_each_finalist_are_linked_beside_the_page(
    results: dict[str, dict[str, Any]], pages: dict[str, Node], ran: Path
) -> None:
    links = [node.attributes["href"] for node in pages["toy"].one("div", class_="links").all("a")]
    assert links == [finalist["files"]["weights"] for finalist in results["toy"]["finalists"]]
    assert all((ran.parent / link).is_file() for link in links)
    case = [node.attributes["href"] for node in pages["case"].one("div", class_="links").all("a")]
    for finalist in results["case"]["finalists"]:
        folder = finalist["files"]["verified"]
        assert {*finalist["files"].values(), f"{folder}/rtl/rtl.txt", f"{folder}/netlist/netlist.txt"} <= {*case}


@BOTH
def test_nothing_comes_from_elsewhere_and_no_script_runs(
    name: str, results: dict[str, dict[str, Any]], pages: dict[str, Node]
) -> None:
    text = report_page(results[name])
    assert "url(" not in text
    assert "@import" not in text
    assert set(re.findall(r"\w+://[^\"' ]*", text)) == {"http://www.w3.org/2000/svg"}, (
        "the name of SVG, which nobody fetches"
    )
    for node in pages[name].all():
        assert node.tag not in {
            "script",
            "link",
            "iframe",
            "object",
            "embed",
            "img",
            "base",
            "form",
            "image",
            "use",
            "audio",
            "video",
        }
        assert not any(attribute.startswith("on") for attribute in node.attributes)
        for attribute in LINKING & node.attributes.keys():
            assert (node.tag, attribute) == ("a", "href")
            assert not re.match(r"[a-zA-Z][\w+.-]*:|/|\\", node.attributes[attribute])


def test_the_same_result_gives_the_same_page_beside_it(ran: Path, results: dict[str, dict[str, Any]]) -> None:
    path = write_page(ran)
    assert path == ran.parent / "report.html"
    assert path.read_text() == report_page(results["toy"]) == report_page(json.loads(json.dumps(results["toy"])))


HOSTILE = "<script>alert(1)</script>\"'&\x00\u202e</style></title><!--"


def _hostile(value: Any) -> Any:
    """All texts that are names of something, hostile; kinds, labels and splits as they are."""
    if isinstance(value, dict):
        kept = ("kind", "label", "split", "method", "way")
        return {
            (f"{key}{HOSTILE}" if key in ("seed", "sparsity", "weights") else key): item
            if key in kept
            else _hostile(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_hostile(item) for item in value]
    return f"{value}{HOSTILE}" if isinstance(value, str) and value != "(end)" else value


@BOTH
def test_hostile_names_are_texts(name: str, results: dict[str, dict[str, Any]], pages: dict[str, Node]) -> None:
    result = _hostile(results[name])
    for task in result["flow"]["tasks"]:
        if "objectives" in task["parameters"]:
            task["parameters"] = next(t for t in results[name]["flow"]["tasks"] if task["name"].startswith(t["name"]))[
                "parameters"
            ]
    text = report_page(result)
    page = read_html(text)
    assert HOSTILE.replace("\x00\u202e", "\N{REPLACEMENT CHARACTER}" * 2) in page.one("h1").text()
    assert "\x00" not in text
    assert "\u202e" not in text
    assert page.all("script") == []
    assert "<!--" not in text
    assert len(page.one("table", class_="steps").all("tr")) == len(pages[name].one("table", class_="steps").all("tr"))


@pytest.mark.sample(3)
@pytest.mark.parametrize("path", ["/etc/passwd", "../other", "a/../../b", "//host/x", "\\\\host\\x"])
def test_a_path_that_leads_elsewhere_is_no_link(path: str) -> None:
    result = case_result()
    result["finalists"][0]["files"] = {"weights": path}
    page = read_html(report_page(result))
    assert path not in [node.attributes["href"] for node in page.all("a")]
    assert page.one("span", title=path).text() == "float weights"


def test_a_path_with_a_scheme_leads_to_a_file_of_that_name() -> None:
    result = case_result()
    result["finalists"][0]["files"] = {"weights": "javascript:alert(1)"}
    page = read_html(report_page(result))
    assert page.one("a", title="javascript:alert(1)").attributes["href"] == "javascript%3Aalert%281%29"
