"""What is left of a red regression: log, localised report, waveform and shrunk package of a failed job, and a command
that says the same."""

from __future__ import annotations

import json
import re
import shlex
import signal
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from t2c.common.spelling import CALLER, MAKE
from t2c.golden.graph.package import load_package, save_package
from t2c.tb import __main__ as sim
from t2c.tb.cosim.request import RunRequest
from t2c.tb.random_models.networks import random_layer
from t2c.tb.regress import execute, own_process
from t2c.tb.regress.artifacts import LOG, REPORT, SHRUNK, WAVES
from t2c.tb.regress.execute import Task, make_task, shrink_job
from t2c.tb.regress.fingerprint import fingerprint, sources_digest
from t2c.tb.regress.job import Job
from t2c.tb.regress.junit import junit_tree
from t2c.tb.regress.own_process import JobDied, execute_in_own_process
from t2c.tb.regress.regression_report import failure_text, summary
from t2c.tb.regress.shrinking import MOST, to_shrink
from t2c.tb.regress.store import DIED, FAIL, PASS, JobRecord, JobStore
from tests.tb import regress_jobs
from tests.tb.rtl_mutants import plant

FAULTS = {
    "values": (
        "accumulator.v",
        "keep ? stored_q : base + wide",
        "keep ? stored_q : base + wide + ((base[3:0] == 4'd3) ? 32'sd4096 : 32'sd0)",
    ),
    "places": (
        "output_writer.v",
        "assign addr_o  = addr_q;",
        "assign addr_o  = addr_q + (image_q == 16'd0 & pixel_q == 24'd9);",
    ),
    "an end that never comes": (
        "program_sequencer.v",
        "wire is_run    = (op == OP_RUN);",
        "wire is_run    = 1'b0;",
    ),
}
FIRST = "first wrong signal: "


def job(model: str, layer: str, **changes: object) -> Job:
    return regress_jobs.job(**{"model": model, "layer": layer, "rows": 4, "cols": 4, **changes})


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Plant a fault in the RTL that jobs and `make sim` run in this process."""

    def plant_for_jobs(name: str) -> None:
        rtl = plant(tmp_path, *FAULTS[name])
        for module in (execute, sim):
            monkeypatch.setattr(module, "RunRequest", partial(RunRequest, rtl=rtl))
        monkeypatch.setenv(CALLER, MAKE)

    return plant_for_jobs


def task_of(made: Job, output: Path) -> Task:
    return make_task(made, output, fingerprint(made, sources_digest()))


def line_of(text: str, start: str) -> str:
    """The line that begins so, without its beginning."""
    (found,) = [line.strip().removeprefix(start) for line in text.splitlines() if line.strip().startswith(start)]
    return found


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_the_artifacts_and_the_replay_command_say_the_same(
    name: str, planted: Callable[[str], None], tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planted(name)
    made = task_of(job("examples/digits_w8a8", "conv1", images=2, stall="p10,p50", seed=7), sim_output)
    made.store.forget("the-job")
    record = execute.execute(made)
    assert record.verdict == FAIL
    folder = made.store.failure_folder("the-job")
    report = (folder / REPORT).read_text()
    assert "verdict  FAIL" in report
    assert record.reasons[0] in report
    assert (folder / WAVES).stat().st_size > 1000
    assert str(folder / WAVES) in report, "where it is now, not where the next run will write another"
    assert record.replay.startswith("make sim MODEL=examples/digits_w8a8 LAYER=conv1 SIM=icarus ROWS=4")
    assert "WAVES" not in record.replay
    capsys.readouterr()
    words = [word.partition("=") for word in shlex.split(record.replay)[2:]]
    assert (
        sim.main([f"--{name.lower().replace('_', '-')}={value}" for name, _, value in words] + [f"--out={sim_output}"])
        == 1
    )
    said = capsys.readouterr().out
    if name != "an end that never comes":
        assert line_of(report, FIRST) == line_of(said, FIRST)
        assert "cycle" in line_of(report, FIRST) or name == "places"
    strip = partial(re.sub, r"(speed|waveform).*", "")
    assert strip(report).split() == strip(said).split()


@pytest.mark.slow
def test_a_log_has_what_simulator_and_bench_said(tmp_path: Path, sim_output: Path) -> None:
    """Of a job that passes too; it leaves no artifacts, and takes away those of its last failure."""
    made = task_of(job("examples/digits_w8a8", "fc"), sim_output)
    old = made.store.failure_folder("the-job")
    old.mkdir(parents=True, exist_ok=True)
    assert execute_in_own_process(made).verdict == PASS
    log = made.store.log_path("the-job").read_text()
    assert "verdict  PASS" in log
    assert "Running on Icarus Verilog" in log
    assert "TESTS=1 PASS=1" in log
    assert not old.exists()
    build = task_of(job("", "", id="build.icarus.4x4"), sim_output)
    assert execute_in_own_process(build).verdict == PASS


@pytest.mark.slow
def test_a_job_that_cannot_run_and_one_that_dies_keep_what_there_is(
    tmp_path: Path, sim_output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = task_of(job("examples/digits_w8a8", "no_such_layer"), sim_output)
    record = execute_in_own_process(made)
    folder = made.store.failure_folder("the-job")
    assert record.verdict == FAIL
    assert "no layer 'no_such_layer'" in (folder / REPORT).read_text()
    assert "Traceback" in (folder / LOG).read_text()
    monkeypatch.setattr(own_process, "scaled", lambda _: 0.01)
    with pytest.raises(JobDied, match=f"ended with status -{signal.SIGKILL.value}"):
        execute_in_own_process(made)
    assert (folder / LOG).is_file()


@pytest.mark.slow
def test_a_failed_package_is_shrunk_beside_its_report(planted: Callable[[str], None], sim_output: Path) -> None:
    planted("values")
    package = random_layer(3)
    model = JobStore(sim_output / "regress").folder / "packages" / package.name
    save_package(package, model)
    made = task_of(job(str(model), package.graph.nodes[0].name), sim_output)
    text = shrink_job(made, 4)
    small = load_package(made.store.failure_folder("the-job") / SHRUNK)
    assert small.samples.size < package.samples.size
    assert line_of(text, "replay:").split()[:2] == ["make", "sim"]
    assert str(made.store.failure_folder("the-job") / SHRUNK).removeprefix(f"{Path.cwd()}/") in text
    assert shrink_job(task_of(job("examples/digits_w8a8", "no_such_layer"), sim_output), 4).startswith("not shrunk: ")


# Which packages are shrunk, and what a reader is told

WRONG = JobRecord(
    id="the-job",
    verdict=FAIL,
    reasons=("layer c: output differs",),
    diagnosis=f"  {FIRST}mulquant\n  waveform around it: x.fst\n  replay with waveform: make sim WAVES=1:2",
    shrunk="shrunk to: conv2d on 1x1x1, 1 image\nreplay:    make sim MODEL=small",
    replay="make sim MODEL=x",
    figures={"compared": 1},
)


def test_packages_that_the_regression_made_are_shrunk_once_each(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    random = [job(str(store.folder / "packages" / f"r{i}"), "all", id=f"r{i}") for i in range(MOST + 3)]
    twice = replace(random[0], id="r0.verilator", simulator="verilator")
    example = job("examples/digits_w8a8", "all", id="example")
    build = job("", "", id="build")
    jobs = [twice, *random, example, build]
    tasks = [Task(job=made, output=str(tmp_path), fingerprint={}, replay="") for made in jobs]
    ran = {made.id: replace(WRONG, id=made.id, seconds=float(i)) for i, made in enumerate(jobs)}
    ran["r1"] = replace(ran["r1"], verdict=PASS, reasons=())
    ran["r2"] = replace(ran["r2"], verdict=DIED)
    ran["r3"] = replace(ran["r3"], figures={})
    chosen = [task.job.id for task in to_shrink(tasks, ran, store)]
    assert chosen == ["r0.verilator", "r4", "r5", "r6", "r7", "r8"]
    assert len(chosen) == MOST


def test_report_and_junit_name_diagnosis_artifacts_and_shrunk_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = JobStore(tmp_path / "sim_build" / "regress")
    store.failure_folder("the-job").mkdir(parents=True)
    text = failure_text(WRONG, store)
    assert f"  {FIRST}mulquant\n  artifacts: sim_build/regress/failures/the-job\n  replay: make sim MODEL=x" in text
    table = summary([WRONG], [], 1.0, "here", store)
    assert re.search("fail +the-job: sim_build/regress/failures/the-job\n", table)
    suite = junit_tree([job("m", "c")], {"the-job": WRONG}, frozenset(), 1.0, store=store)
    fault = str(suite.findtext("testsuite/testcase/failure"))
    for part in (WRONG.reasons[0], WRONG.diagnosis, WRONG.shrunk, "replay: make sim MODEL=x"):
        assert part in fault
    assert JobRecord.from_json(json.loads(json.dumps(WRONG.to_json()))) == WRONG
    ET.tostring(suite)
