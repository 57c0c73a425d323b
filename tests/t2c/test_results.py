"""docs/results.md is what docs/results.json gives, row by row and seed by seed, and what is finished is kept."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.results import digest, page, seeds, study, study_table
from benchmarks.results.jobs import Job, Kept, make
from benchmarks.results.networks import NETWORKS
from benchmarks.results.plan import AllFigures, Plan, row_job
from benchmarks.results.plots import Point, bars, lines
from benchmarks.results.record import NAME, Record
from benchmarks.results.rows import FORMATS, LOW_BIT_ROWS, METHOD_ROWS, SEEDS, SPARSE_ROWS, Row
from benchmarks.results.transfer import EPOCHS, TASKS
from benchmarks.results.transformers import TITLE
from t2c.example_models.vit import VARIANTS
from t2c.methods import METHODS
from t2c.trainers import Reconstruction
from tests.conftest import ROOT

DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return Plan(tmp_path_factory.mktemp("kept"))


def test_page_and_plots_are_what_the_figures_give(plan: Plan) -> None:
    figures = plan.figures(Record.read(DOCS / NAME))
    assert (DOCS / "results.md").read_text() == page.document(figures)
    for name, picture in page.pictures(figures).items():
        assert (DOCS / name).read_text() == picture
        assert f"]({name})" in (DOCS / "results.md").read_text()


def made(row: Row, seed: int) -> dict[str, Any]:
    form = {"integer": 0.94 + 0.01 * seed, "scale_error": 2e-5, "integers": 3_000_000, "images": 100}
    return {"fake": 0.95, "formats": dict.fromkeys(row.formats, form), "seconds": 60.0}


@pytest.fixture(scope="module")
def complete(plan: Plan) -> AllFigures:
    """Figures as if all had been made."""
    found = {job.name: made(row, seed) for row, jobs in plan.by_row.items() for seed, job in jobs.items()}
    found |= {job.name: {"float": 0.98, "seconds": 0.0} for job in plan.floats}
    found |= {job.name: {"accuracy": 0.9, "loss": 0.25, "seconds": 0.0} for job in plan.by_trial.values()}
    counts = {"integers": 500_000, "images": 32}
    for start, job in plan.by_start.items():
        accuracy = 0.5 + 0.1 * start.seed + (0.05 if start.loss == "xd" else 0.0)
        cell = {"float": accuracy, "fake": accuracy, "integer": accuracy, **counts}
        found[job.name] = {f"{task}-{labels}": cell for task in TASKS for labels in EPOCHS} | {"seconds": 0.0}
    vit = {"float": 0.95, "fake_quantised": 0.94, "integer": 0.93, "integers": 11_200_000}
    found[plan.vit.name] = {"variants": {variant.name: vit for variant in VARIANTS}, "seconds": 60.0}
    return plan.figures(Record(figures=found, torch="0.0.1"))


def test_every_line_has_mean_and_deviation_of_all_seeds(complete: AllFigures) -> None:
    text = page.document(complete)
    wanted = "| 98.0 ± 0.0 | 95.0 ± 0.0 | 95.0 ± 1.0 | +3.0 ± 1.0 | 9 M of 300 images | 20 ppm |"
    assert text.count(wanted) == len(METHOD_ROWS) + sum(len(row.formats) for row in LOW_BIT_ROWS) + len(SPARSE_ROWS)
    assert "not made yet" not in text
    assert text.count("| 95.0% | 94.0% | 93.0% | +2.0 | 11.2 M, equal |") == len(VARIANTS)
    cells = "| 65.0 ± 10.0 | 65.0 ± 10.0 | 65.0 ± 10.0 | +0.0 ± 0.0 | +5.0 ± 0.0 | 2 M of 96 images |"
    assert text.count(cells) == len(TASKS) * len(EPOCHS)
    assert text.count("| 90.0 | 0.250 |") == len(study.TRIALS)
    assert "torch 0.0.1" in text
    assert f"in all {len(SEEDS) * len(complete.rows) + 1} minutes" in text


def test_a_missing_seed_is_said_and_not_averaged_over(complete: AllFigures) -> None:
    row, other = SPARSE_ROWS[2], SPARSE_ROWS[3]
    rows = dict(complete.rows) | {row: {**complete.rows[row], 1: None}, other: dict.fromkeys(SEEDS)}
    first_start = next(iter(complete.transfers))
    transfers = {**complete.transfers, first_start: None}
    text = page.document(replace(complete, rows=rows, transfers=transfers, trials={}, transformers=None))
    table = text.partition(page.SPARSE_TITLE)[2].partition("![")[0]
    first, second, third = [line for line in table.splitlines() if line.startswith("| PTQ")][2:5]
    assert first.count("seed 1 not made yet") == 1
    assert second.count("| not made yet |") == 1
    assert "±" not in first + second
    assert "±" in third
    assert text.count("not made yet") == 2 + len(TASKS) * len(EPOCHS) + len(study.TRIALS) + len(VARIANTS)
    states = (complete, replace(complete, rows=rows))
    points = [page.pictures(each)["results_sparsity.svg"].count("<circle") for each in states]
    assert points[0] - points[1] == 2


def test_rows_are_unique_and_every_method_and_format_has_one() -> None:
    rows = dict.fromkeys((*METHOD_ROWS, *LOW_BIT_ROWS, *SPARSE_ROWS))
    assert len({row.name for row in rows}) == len(rows)
    assert {row.method for row in rows} == set(METHODS)
    assert {form for row in rows for form in row.formats} == set(FORMATS)
    assert {row.network for row in rows} == set(NETWORKS)


def test_what_a_row_runs_through_counts_and_nothing_else(plan: Plan, tmp_path: Path) -> None:
    row = next(row for row in METHOD_ROWS if row.method == "lsq" and row.weight_bits == 4)
    modules = set(digest.closure(["benchmarks.results.measure", "t2c.trainers.qat", "t2c.quantisers.lsq"]))
    inside = {"loop", "sparsifier"}
    assert {f"t2c.trainers.{name}" for name in inside} < modules
    assert {"t2c.quantisers.learned", "t2c.nn2chip", "t2c.golden.nodes.conv2d", "benchmarks.results.floats"} < modules
    outside = {"t2c.quantisers.apot", "t2c.trainers.reconstruction", "t2c.exports.onnx_model", "t2c.pruners.granet"}
    assert not modules & (outside | digest.NAMED | {"benchmarks.results.table", "t2c.commands.train", "t2c.api"})
    job = row_job(row, 0, tmp_path)
    assert job.digest == plan.by_row[row][0].digest
    assert job.digest != row_job(row, 1, tmp_path).digest
    assert row.tuning is not None
    longer = replace(row, tuning=replace(row.tuning, epochs=7))
    assert job.digest != row_job(longer, 0, tmp_path).digest


TREE = {
    "t2c/__init__.py": "",
    "t2c/kinds/__init__.py": "from t2c.kinds.one import One\nfrom t2c.kinds.two import Two\n",
    "t2c/kinds/one.py": '"""One."""\nfrom t2c import base\nclass One: x = base.VALUE\n',
    "t2c/kinds/two.py": "class Two: pass\n",
    "t2c/base.py": "VALUE = 1  # of all\n",
    "t2c/methods.py": "from t2c.kinds.two import Two\n",
    "t2c/work.py": "import t2c.methods\ndef work():\n    from t2c.kinds import One\n    return One\n",
}


@pytest.mark.parametrize(
    ("file", "text", "counts"),
    [
        ("t2c/base.py", "VALUE = 2  # of all\n", True),
        ("t2c/kinds/one.py", '"""One."""\nfrom t2c import base\nclass One: x = base.VALUE + 1\n', True),
        ("t2c/base.py", '"""What all share."""\n\nVALUE = 1\n', False),
        ("t2c/kinds/two.py", "class Two: y = 3\n", False),
        ("t2c/kinds/__init__.py", TREE["t2c/kinds/__init__.py"] + "from t2c.kinds.three import Three\n", False),
        ("t2c/kinds/three.py", "class Three: pass\n", False),
        ("t2c/methods.py", "METHODS = 3\n", False),
    ],
)
def test_an_edit_counts_where_it_changes_what_runs(
    file: str, text: str, counts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for place, edits in (("before", {}), ("after", {file: text})):
        for name, content in (TREE | edits).items():
            path = tmp_path / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        monkeypatch.setattr(digest, "ROOT", tmp_path / place)
        found.append(digest.digest("settings", ["t2c.work"]))
    assert (found[0] != found[1]) is counts
    assert digest.digest("others", ["t2c.work"]) != found[1]
    with pytest.raises(ValueError, match="without a text of their own"):
        digest.digest(object(), [])


class Pool:
    """Runs a job at once, as an executor would."""

    def __init__(self) -> None:
        self.ran: list[object] = []

    def submit(self, call: Any, *arguments: object) -> Future[object]:
        self.ran.append(arguments[0])
        future: Future[object] = Future()
        try:
            future.set_result(call(*arguments))
        except ValueError as error:
            future.set_exception(error)
        return future


def job(name: str, digest: str = "1") -> Job:
    def call(argument: str) -> dict[str, float]:
        if argument == "bad":
            raise ValueError("no such thing")
        return {"float": 0.25, "seconds": 2}

    return Job(name=name, call=call, arguments=(name,), digest=digest)


def test_a_finished_row_is_not_made_again_and_a_failed_one_stops_no_other(tmp_path: Path) -> None:
    kept, pool = Kept(tmp_path), Pool()
    kept.save(job("a"), {"float": 0.5, "seconds": 1})
    wrong = make(pool, kept, [job("a"), job("bad"), job("b"), job("a", "2")])  # type: ignore[arg-type]
    assert pool.ran == ["bad", "b", "a"]
    assert wrong == {"bad": "ValueError: no such thing"}
    assert kept.load(job("a")) == {"float": 0.5, "seconds": 1}
    assert kept.load(job("a", "2")) == kept.load(job("b")) == {"float": 0.25, "seconds": 2}
    assert kept.load(job("bad")) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-1.json", "a-2.json", "b-1.json"]


def test_a_fresh_clone_takes_what_is_still_the_same_from_the_record(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept")
    kept.save(job("a"), {"seconds": 1})
    kept.save(job("b"), {"seconds": 2})
    Record().renewed([job("a"), job("b")], kept, older=False).write(tmp_path / NAME)
    record = Record.read(tmp_path / NAME)
    assert json.loads((tmp_path / NAME).read_text())["digests"] == {"a": "1", "b": "1"}
    fresh, jobs = Kept(tmp_path / "fresh"), [job("a"), job("b", "2"), job("c")]
    record.to_kept(jobs, fresh)
    assert fresh.load(jobs[0]) == {"seconds": 1}
    assert fresh.load(jobs[1]) is None
    assert record.renewed(jobs, fresh, older=False).figures == {"a": {"seconds": 1}}
    assert record.renewed(jobs, fresh, older=True).figures == {"a": {"seconds": 1}, "b": {"seconds": 2}}


def test_the_defaults_of_reconstruction_are_those_of_the_study(plan: Plan) -> None:
    trials = plan.figures(Record.read(DOCS / NAME)).trials
    for found, default in zip(
        study_table.best_rates(trials), (Reconstruction.rate, Reconstruction.step_rate), strict=True
    ):
        assert found in (default, None)  # None: not all of its trials have been made
    losses = {trial: {"loss": trial.rate + trial.step_rate} for trial in study.TRIALS}
    assert study_table.best_rates(losses) == (1e-2, 3e-4)
    del losses[study.RATES[-1]]
    assert study_table.best_rates(losses) == (1e-2, None)


def test_plots_are_drawn_to_scale() -> None:
    series = {"x & y": [Point(at="8", mean=98.0, spread=1.0), Point(at="4", mean=90.0)]}
    for draw in (lines, bars):
        root = ElementTree.fromstring(draw("title", "across", "up", series, ["8", "4"]))
        texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        assert {"x & y", "title", "across", "up", "8", "4", "90" if draw is lines else "0", "100"} <= set(texts)
    picture = ElementTree.fromstring(lines("t", "a", "u", series, ["8", "4"]))
    ticks = {e.text: float(e.get("y", "0")) - 4 for e in picture.iter("{http://www.w3.org/2000/svg}text")}
    heights = [float(e.get("cy", "0")) for e in picture.iter("{http://www.w3.org/2000/svg}circle")]
    assert heights == pytest.approx([ticks["98"], ticks["90"]], abs=0.1)


def test_spread_is_of_a_sample() -> None:
    assert seeds.percent([0.90, 0.92]) == "91.0 ± 1.4"
    assert seeds.missing({0: {}, 1: None, 2: None}) == "seed 1, 2 not made yet"


def test_the_page_has_both_layer_norms_and_the_price_of_running_statistics() -> None:
    """One row a variant; switched on after training, running statistics cost tens of points, trained with few."""
    text = (DOCS / "results.md").read_text().partition(f"## {TITLE}\n")[2]
    if "not made yet" in text.partition("## ")[0]:
        pytest.skip("these rows have not been made yet")
    cells = [line.strip("|").split("|") for line in text.splitlines() if "`vit2" in line]
    integer = {line[0].strip(" `"): float(line[5].strip(" %")) for line in cells}
    assert list(integer) == [variant.name for variant in VARIANTS]
    assert integer["vit2"] - integer["vit2_switched"] > 20
    assert integer["vit2"] - integer["vit2_running"] < 5
