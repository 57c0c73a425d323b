"""`make regress`: what it runs, that it resumes, that it survives its workers, and that its report tells the truth.

No simulator runs here: jobs are stood in for by functions of this file.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from t2c.common.command import run
from t2c.common.errors import UserError
from t2c.common.places import ROOT
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.package import Package, load_package, save_package
from t2c.golden.nodes.conv2d import Conv2d
from t2c.tb.random_models.networks import random_layer, random_network
from t2c.tb.regress import command
from t2c.tb.regress import fingerprint as prints
from t2c.tb.regress.cluster import connect
from t2c.tb.regress.dispatch import run_tasks
from t2c.tb.regress.execute import Task, make_task
from t2c.tb.regress.fingerprint import difference
from t2c.tb.regress.job import Job
from t2c.tb.regress.jobs import RegressionPlan, list_jobs
from t2c.tb.regress.junit import junit_tree, write_junit
from t2c.tb.regress.regression_report import is_pass
from t2c.tb.regress.store import DIED, FAIL, PASS, JobRecord, JobStore
from tests import patience
from tests.tb.regress_jobs import job

SEEDS = range(1, 13)
"""Of the random networks that `make regress` runs by default."""


def plan(tmp_path: Path, **changes: object) -> RegressionPlan:
    usual = RegressionPlan(
        examples=ROOT / "examples",
        packages=tmp_path / "packages",
        seed=1,
        layers=2,
        networks=2,
        transformers=2,
        arrays=[(8, 8), (16, 16)],
    )
    return replace(usual, **changes)


# What is run


def test_job_ids_are_stable_and_unique(tmp_path: Path) -> None:
    ids = [job.id for job in list_jobs(plan(tmp_path)).jobs]
    assert ids == [job.id for job in list_jobs(plan(tmp_path)).jobs]
    assert len(set(ids)) == len(ids)
    assert {
        "build.verilator.8x8",
        "build.verilator.16x16",
        "digits_w8a8.conv1.verilator.8x8",
        "digits_w8a8.conv1.icarus.8x8",
        "digits_w4a4.all.verilator.16x16",
        "random-layer-2.verilator.8x8",
        "random-network-1.icarus.16x16",
        "random-transformer-1.verilator.16x16",
        "random-transformer-2.icarus.8x8",
        "vit2.all.verilator.8x8",
        "vit2.softmax.icarus.8x8",
    } <= set(ids)
    assert {job.build_id for job in list_jobs(plan(tmp_path)).jobs} <= set(ids)


def test_a_pattern_brings_the_builds_that_it_needs(tmp_path: Path) -> None:
    assert [job.id for job in list_jobs(plan(tmp_path), "digits_w8a8.fc.*").jobs] == [
        "build.verilator.8x8",
        "build.icarus.8x8",
        "digits_w8a8.fc.verilator.8x8",
        "digits_w8a8.fc.icarus.8x8",
    ]


def test_random_packages_can_be_run_again_by_their_path(tmp_path: Path) -> None:
    listed = list_jobs(plan(tmp_path))
    (found,) = [job for job in listed.jobs if job.id == "random-network-2.verilator.8x8"]
    assert not list(tmp_path.iterdir()), "a list writes nothing"
    listed.write_packages([found])
    assert [path.name for path in (tmp_path / "packages").iterdir()] == ["random-network-2"]
    package = load_package(found.model)
    assert package.name == "random-network-2"
    assert np.array_equal(package.samples, random_network(2).samples)


def written(package: Package, folder: Path) -> bytes:
    save_package(package, folder)
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


@pytest.mark.parametrize("make", [random_layer, random_network])
def test_random_packages_are_reproducible(make: Callable[[int], Package], tmp_path: Path) -> None:
    assert written(make(5), tmp_path / "a") == written(make(5), tmp_path / "b") != written(make(6), tmp_path / "c")


def test_random_networks_cover_every_op_mode_and_width() -> None:
    ops, modes, bits, weights, signs, per_channel, groups, dilations = (set() for _ in range(8))
    for seed in SEEDS:
        graph = random_network(seed).graph
        for node in graph.nodes:
            ops.add(node.op)
            stage = getattr(node, "mulquant", getattr(node, "addquant", None))
            if stage is not None:
                modes.add(stage.rounding)
            if hasattr(stage, "channels"):
                per_channel.add(stage.channels > 1)
            if hasattr(node, "weight_bits"):
                weights.add(node.weight_bits)
            if isinstance(node, Conv2d):
                groups.add("one" if node.groups == 1 else "all" if node.weight.shape[1] == 1 else "some")
                dilations.add(max(node.dilation) > 1)
        bits |= {edge.bits for edge in graph.edges.values()}
        signs |= {(edge.signed, edge.zero_point != 0) for edge in graph.edges.values()}
    assert ops == {"conv2d", "linear", "add", "max_pool2d", "average_pool2d", "flatten"}
    assert modes == set(Rounding)
    assert bits == weights == set(range(2, 9))
    assert len(signs) == 4
    assert per_channel == dilations == {False, True}
    assert groups == {"one", "some", "all"}


def test_random_outputs_spread_over_their_range() -> None:
    """A constant or saturated output would hide most faults."""
    for seed in SEEDS:
        package = random_network(seed)
        values = package.graph.run(package.samples)
        for node in package.graph.nodes:
            stage = getattr(node, "mulquant", getattr(node, "addquant", None))
            if stage is not None and stage.hi - stage.lo >= 15:
                result = values[node.output]
                assert ((result == stage.lo) | (result == stage.hi)).mean() < 0.7, (seed, node.name)
                assert len(np.unique(result)) > min(4, result.size // 4), (seed, node.name)


# What is kept


def test_a_result_comes_back(tmp_path: Path) -> None:
    record = JobRecord(id="a", verdict=FAIL, reasons=("x",), figures={"cycles": 3}, fingerprint={"sources": "1"})
    JobStore(tmp_path).write(record)
    assert JobStore(tmp_path).read("a") == record
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["a.json"]


def test_a_write_that_is_cut_off_leaves_the_old_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = JobStore(tmp_path)
    store.write(JobRecord(id="a", verdict=PASS))

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", cut)
    with pytest.raises(KeyboardInterrupt):
        store.write(JobRecord(id="a", verdict=FAIL, reasons=("x",)))
    assert store.read("a") == JobRecord(id="a", verdict=PASS)
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"id": "a"}',
        '{"id": "b", "verdict": "PASS", "reasons": []}',
        '{"id": "a", "verdict": "MAYBE", "reasons": []}',
        '{"id": "a", "verdict": "PASS", "reasons": ["x"]}',
    ],
)
def test_a_damaged_result_is_none(text: str, tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    store.write(JobRecord(id="a", verdict=PASS))
    store.result_path("a").write_text(text)
    assert store.read("a") is None


def test_two_regressions_do_not_share_a_folder(tmp_path: Path) -> None:
    with JobStore(tmp_path).locked(), pytest.raises(UserError, match="another regression"), JobStore(tmp_path).locked():
        pass


def test_the_fingerprint_sees_every_source(tmp_path: Path) -> None:
    for room in prints.ROOMS:
        (tmp_path / room / "deep").mkdir(parents=True)
        (tmp_path / room / "deep" / "a.py").write_text("x = 1\n")
    seen = {prints.sources_digest(tmp_path)}
    for room in prints.ROOMS:
        (tmp_path / room / "deep" / "a.py").write_text("x = 2\n")
        seen.add(prints.sources_digest(tmp_path))
    (tmp_path / "rtl" / "deep" / "a.py").rename(tmp_path / "rtl" / "deep" / "b.py")
    seen.add(prints.sources_digest(tmp_path))
    assert len(seen) == 2 + len(prints.ROOMS)


def test_a_result_depends_on_every_room_that_a_job_imports() -> None:
    code = (
        "import sys, t2c.tb.regress.execute; print(*{name.split('.')[1] for name in sys.modules if name[:4] == 't2c.'})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) | {"rtl"} == set(prints.ROOMS)


def test_a_changed_source_is_named() -> None:
    assert difference({"sources": "1", "job": "2"}, {"sources": "1", "job": "2"}) is None
    assert "sources differ" in str(difference({"sources": "1", "job": "2"}, {"sources": "3", "job": "2"}))


# How it is run: stand-ins for a simulation. `output` of the task is where they note that they ran.


def note(task: Task) -> JobRecord:
    with (Path(task.output) / f"{task.job.id}.ran").open("a") as file:
        file.write("x")
    return JobRecord(id=task.job.id, verdict=PASS, fingerprint=task.fingerprint, seconds=0.01)


def fail_one(task: Task) -> JobRecord:
    record = note(task)
    bad = "random-layer-1.verilator" in task.job.id
    return replace(record, verdict=FAIL, reasons=("y differs <&\x01>",), replay="make sim X=1") if bad else record


def die_once(task: Task) -> JobRecord:
    record = note(task)
    if task.job.id == "die" and runs(task.output)["die"] == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return record


def die_always(task: Task) -> JobRecord:
    note(task)
    for _ in range(6):  # Dask takes half a minute to replace a worker that dies while it restarts
        patience.step()
    os._exit(3)


def no_build(task: Task) -> JobRecord:
    record = note(task)
    return replace(record, verdict=FAIL, reasons=("no compiler",)) if task.job.is_build else record


def runs(folder: Path | str) -> dict[str, int]:
    return {path.stem: len(path.read_text()) for path in Path(folder).glob("*.ran")}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    with connect("", 2, tmp_path_factory.mktemp("dask")) as client:
        yield client


@pytest.fixture(scope="module")
def mortal_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """For tasks that kill their worker: it may still be replaced, slowly, while the next test runs."""
    with connect("", 2, tmp_path_factory.mktemp("mortal")) as client:
        yield client


def tasks(folder: Path, *jobs: Job) -> list[Task]:
    return [make_task(job, folder, {"sources": "1"}) for job in jobs]


def outcomes(client: object, execute: Callable[[Task], JobRecord], folder: Path, *jobs: Job) -> dict[str, JobRecord]:
    store = JobStore(folder / "store")
    records = {record.id: record for record in run_tasks(client, execute, tasks(folder, *jobs), store)}
    assert {name: store.read(name) for name in records} == records
    return records


@pytest.mark.slow
def test_a_task_whose_worker_is_killed_runs_again(mortal_client: object, tmp_path: Path) -> None:
    records = outcomes(mortal_client, die_once, tmp_path, job("die"), job("a"), job("b"))
    assert {name: (record.verdict, record.attempts) for name, record in records.items()} == {
        "die": (PASS, 2),
        "a": (PASS, 1),
        "b": (PASS, 1),
    }


@pytest.mark.slow
def test_a_task_that_always_kills_its_worker_is_given_up(mortal_client: object, tmp_path: Path) -> None:
    (record,) = outcomes(mortal_client, die_always, tmp_path, job("die")).values()
    assert (record.verdict, record.attempts, runs(tmp_path)) == (DIED, 3, {"die": 3})
    assert "no attempt came to its end" in record.reasons[0]


@pytest.mark.slow
def test_nothing_runs_on_a_build_that_failed(client: object, tmp_path: Path) -> None:
    build = job("build.icarus.8x8", model="")
    records = outcomes(client, no_build, tmp_path, job("a"), build, job("b"))
    assert [record.verdict for record in records.values()] == [FAIL] * 3
    assert records["a"].reasons == ("not run: build.icarus.8x8 failed",)
    assert runs(tmp_path) == {build.id: 1}


@pytest.fixture
def regress(
    client: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run the command in this process with a stand-in for the simulation; return its status and what it printed."""

    @contextmanager
    def connected(*_: object) -> Iterator[object]:
        yield client

    def call(execute: Callable[[Task], JobRecord], *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(command, "connect", connected)
        monkeypatch.setattr(command, "execute_in_own_process", execute)
        few = [
            "--campaign",
            "small",
            "--random-layers",
            "3",
            "--random-networks",
            "1",
            "--random-transformers",
            "0",
            "--arrays",
            "8x8",
            "--examples",
            str(tmp_path),
        ]
        monkeypatch.setattr(sys, "argv", ["regress", *few, "--out", str(tmp_path), *arguments])
        with pytest.raises(SystemExit) as left:
            run(command.main, extra=(UserError,))
        printed = capsys.readouterr()
        return int(left.value.code or 0), printed.out + printed.err

    return call


JOBS = 10
"""Two builds, and three layers and one network on two simulators."""


@pytest.mark.slow
def test_what_has_passed_is_reused(regress: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    assert regress(note)[0] == 0
    status, printed = regress(note)
    assert status == 0
    assert f"{JOBS} jobs, {JOBS} of them passed before and are reused" in printed
    assert set(runs(tmp_path).values()) == {1}
    JobStore(tmp_path / "regress").result_path("random-layer-2.icarus.8x8").write_text('{"id": "ran')
    assert regress(note)[0] == 0
    assert [name for name, count in runs(tmp_path).items() if count == 2] == ["random-layer-2.icarus.8x8"]
    assert regress(note, "--fresh", "1")[0] == 0
    assert set(runs(tmp_path).values()) == {2, 3}


@pytest.mark.slow
def test_a_changed_source_runs_everything_again(
    regress: Callable[..., tuple[int, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    regress(note)
    monkeypatch.setattr(command, "sources_digest", lambda: "another")
    assert regress(note)[0] == 0
    assert list(runs(tmp_path).values()) == [2] * JOBS


@pytest.mark.slow
def test_a_failure_is_reported_and_run_again(regress: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    status, printed = regress(fail_one)
    assert status == 1
    assert "FAIL     random-layer-1.verilator.8x8\n  y differs" in printed
    assert "replay: make sim X=1" in printed
    assert printed.rstrip().splitlines()[-2].split() == ["verdict", "FAIL"]
    suite = ET.parse(tmp_path / "regress" / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == (str(JOBS), "1", "0")
    (case,) = [case for case in suite.iter("testcase") if case.find("failure") is not None]
    assert case.get("name") == "random-layer-1.verilator.8x8"
    assert "replay: make sim X=1" in str(case.findtext("failure"))
    assert regress(note)[0] == 0
    assert [name for name, count in runs(tmp_path).items() if count == 2] == ["random-layer-1.verilator.8x8"]


@pytest.mark.slow
def test_an_interrupted_regression_goes_on_where_it_stopped(
    regress: Callable[..., tuple[int, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupting(command.Progress):
        def add(self, record: JobRecord) -> None:
            super().add(record)
            if self.done == 4:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(command, "Progress", Interrupting)
        status, printed = regress(note)
    assert status == 130
    assert f"interrupted: 4 of {JOBS} jobs are done and kept; the same command goes on from there" in printed
    suite = ET.parse(tmp_path / "regress" / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("errors")) == (str(JOBS), str(JOBS - 4))
    kept = set(path.stem for path in (tmp_path / "regress" / "results").glob("*.json"))
    assert len(kept) >= 4
    status, printed = regress(note)
    assert status == 0
    assert len(runs(tmp_path)) == JOBS
    assert {runs(tmp_path)[name] for name in kept} == {1}


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("--only nothing", "--only = 'nothing' matches none of 10 jobs, such as 'random-layer-1.verilator.8x8'"),
        ("--random-layers 0 --random-networks 0 --random-transformers 0", "nothing to run: no package in "),
        ("--arrays 8", "--arrays: '8' is not ROWSxCOLS, or several with commas"),
        ("--arrays 1x8", "ROWS = 1 is outside 2..256"),
        ("--workers 0", "--workers = 0 is below 1"),
        ("--random-layers x", "--random-layers: invalid int value: 'x'"),
    ],
)
@pytest.mark.slow
def test_bad_arguments(arguments: str, wanted: str, regress: Callable[..., tuple[int, str]]) -> None:
    status, printed = regress(note, *arguments.split())
    assert status == 2
    assert printed.startswith(f"error: {wanted}")
    assert printed.count("\n") == 1


def test_a_scheduler_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="scheduler = 'nowhere'"), connect("nowhere", 1, tmp_path):
        pass


# The report


def test_junit_never_makes_a_pass_of_what_did_not(tmp_path: Path) -> None:
    records = {
        "a": JobRecord(id="a", verdict=PASS, attempts=2, seconds=1.5),
        "b": JobRecord(id="b", verdict=FAIL, reasons=("\x00bad", "worse")),
        "c": JobRecord(id="c", verdict=DIED, reasons=("killed",), attempts=3),
    }
    jobs = [job(name) for name in "abcd"]
    tree = junit_tree(jobs, records, frozenset("a"), 2.0, store=JobStore(tmp_path))
    write_junit(tree, tmp_path / "junit.xml")
    suite = ET.parse(tmp_path / "junit.xml").getroot()[0]
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "1", "errors": "2", "skipped": "0"}
    kinds = {
        case.get("name"): [child.tag for child in case if child.tag != "system-out"] for case in suite.iter("testcase")
    }
    assert kinds == {"a": [], "b": ["failure"], "c": ["error"], "d": ["error"]}
    said = str(suite.findtext("system-out"))
    assert "a: 2 attempts" in said
    assert "c: 3 attempts" in said
    assert [path.name for path in tmp_path.iterdir()] == ["junit.xml"]


def test_nothing_run_is_no_pass() -> None:
    assert not is_pass([])
    assert is_pass([JobRecord(id="a", verdict=PASS)])
    assert not is_pass([JobRecord(id="a", verdict=PASS), JobRecord(id="b", verdict=DIED)])


# The process of a job

WORKER = """
import json, sys
from t2c.tb.regress.execute import Task
from t2c.tb.regress.own_process import JobDied, execute_in_own_process
try:
    print(execute_in_own_process(Task.from_json(json.loads(sys.argv[1]))))
except JobDied as error:
    print("died:", error)
"""


def processes_of(folder: Path) -> list[int]:
    """Processes that have the folder in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_text()
        except OSError:
            continue
        if str(folder) in words and int(path.parent.name) != os.getpid():
            found.append(int(path.parent.name))
    return found


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("victim", ["worker", "job"])
def test_no_simulator_outlives_its_worker(victim: str, tmp_path: Path) -> None:
    """A compiler that takes for ever, started by the process of the job, goes when the worker or that process goes."""
    tools = tmp_path / "bin"
    tools.mkdir()
    version = 'if [ "$1" = -V ]; then echo "Icarus Verilog version 11.0"; exit; fi'
    for name in ("iverilog", "vvp"):
        (tools / name).write_text(f"#!/bin/sh\n{version}\necho $$ $PPID > {tmp_path}/started\nsleep 86400 & wait\n")
        (tools / name).chmod(0o755)
    task = make_task(job("build.icarus.8x8", model=""), tmp_path, {})
    environment = os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-c", WORKER, json.dumps(task.to_json())]
    worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    started = tmp_path / "started"
    patience.wait_until(lambda: started.is_file() and started.read_text().endswith("\n"))
    _, leader = map(int, started.read_text().split())
    assert os.getpgid(leader) == leader != os.getpgid(worker.pid)
    os.kill(worker.pid if victim == "worker" else leader, signal.SIGKILL)
    said, _ = patience.wait_for_end(worker)
    patience.wait_until(lambda: not processes_of(tmp_path), lambda: processes_of(tmp_path))
    assert victim == "worker" or said.startswith("died: the process of build.icarus.8x8 ended with status -9")
