"""A flow that is killed at any point goes on, loses nothing that was done, and comes to the same, byte by byte."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from distributed import LocalCluster

from tests.conftest import ROOT
from tests.flows.flow_processes import killed_again_and_again, start_flow
from tests.flows.flow_runs import finalists, write_flow
from tests.patience import wait_for_end, wait_until

pytestmark = pytest.mark.slow

TASKS = """
make: {task: toy:Make, size: 64, nap: 0.2}
split: {task: FORK, then: [quick, slow]}
quick: {task: toy:Shrink, tolerance: 0.2, nap: 0.2, then: pick}
slow: {task: toy:Shrink, tolerance: 0.01, factors: [0.9, 0.8, 0.7], nap: 0.2}
pick: {task: REDUCE, best: accuracy - size / 1000}
more: {task: toy:Shrink, tolerance: 0.1, nap: 0.1}
round: {task: LOOP, again: more, while: size > 10, most: 2}
find:
  task: SEARCH
  method: bayes
  trials: 6
  score: score - size / 1000
  over: {bowl.x: [0, 1], less.tolerance: [0.01, 0.5]}
  body:
    less: {task: toy:Shrink, nap: 0.05}
    bowl: {task: toy:Bowl, x: 0.5, nap: 0.1}
look: {task: toy:Examine}
end: {task: STOP}
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Counter[str]]:
    """What the flow comes to on one worker, and how often each trial ran."""
    folder = tmp_path_factory.mktemp("undisturbed")
    path = write_flow(folder, TASKS)
    process = start_flow(path, folder / "out", 1, TOY_LOG=str(folder / "log"))
    said, complained = process.communicate()
    assert process.returncode == 0, (said, complained)
    return finalists(folder / "out" / "toy" / "result.json"), Counter((folder / "log").read_text().splitlines())


@pytest.mark.sample(3)
@pytest.mark.parametrize(("workers", "seed", "most"), [(1, 1, 8), (1, 2, 8), (2, 3, 5)])
def test_a_killed_flow_comes_to_the_same(
    workers: int, seed: int, most: int, tmp_path: Path, undisturbed: tuple[str, Counter[str]]
) -> None:
    path = write_flow(tmp_path, TASKS)
    log, out = tmp_path / "log", tmp_path / "out"
    kills = killed_again_and_again(path, out, workers, seed, most, TOY_LOG=str(log))
    assert kills >= 3
    expected, ran = undisturbed
    assert finalists(out / "toy" / "result.json") == expected
    again = Counter(log.read_text().splitlines())
    assert again.keys() == ran.keys()
    # What ended between its last line and its place in the store is all that may run twice.
    assert (again - ran).total() <= kills * workers
    left = [entry for entry in (out / "toy").glob("*/.*") if entry.is_dir()]
    assert left == [], "swept away"


def test_two_workers_come_to_the_same_as_one(tmp_path: Path, undisturbed: tuple[str, Counter[str]]) -> None:
    path = write_flow(tmp_path, TASKS)
    process = start_flow(path, tmp_path / "out", 2, TOY_LOG=str(tmp_path / "log"))
    said, complained = wait_for_end(process)
    assert process.returncode == 0, complained
    assert finalists(tmp_path / "out" / "toy" / "result.json") == undisturbed[0]
    assert Counter((tmp_path / "log").read_text().splitlines()) == undisturbed[1]
    assert "look   toy_tasks.py:Examine" in said


def test_a_cluster_of_ones_own_comes_to_the_same(tmp_path: Path, undisturbed: tuple[str, Counter[str]]) -> None:
    path = write_flow(tmp_path, TASKS)
    cluster = LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        local_directory=str(tmp_path / "dask"),
    )
    with cluster:
        words = ["flow", str(path), "--out", str(tmp_path / "out"), "--scheduler", cluster.scheduler_address]
        done = subprocess.run(
            [sys.executable, "-m", "t2c", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert len(cluster.workers) == 2, "they are still there"
    assert finalists(tmp_path / "out" / "toy" / "result.json") == undisturbed[0]


def test_seconds_are_summed_over_what_was_interrupted(tmp_path: Path) -> None:
    """A task of a second that is killed at work, then done: longer than a second by what was lost."""
    path = write_flow(tmp_path, "make: {task: toy:Make, nap: 3}\nend: {task: STOP}")
    out = tmp_path / "out"
    process = start_flow(path, out, 1)
    clock = out / "toy" / "clocks"

    def has_run() -> bool:
        return any(float(file.read_text() or 0) > 0.9 for file in clock.glob("runs-make-*"))

    wait_until(has_run)
    process.kill()
    process.communicate()
    process = start_flow(path, out, 1)
    assert (process.communicate(), process.returncode)[1] == 0
    assert json.loads((out / "toy" / "result.json").read_text())["seconds"]["total"] > 3.9


def test_two_flows_do_not_run_in_one_folder(tmp_path: Path) -> None:
    path = write_flow(tmp_path, "make: {task: toy:Make, nap: 60}\nend: {task: STOP}")
    one = start_flow(path, tmp_path / "out", 1)
    try:
        assert one.stderr is not None
        assert one.stderr.readline() == "make: toy_tasks.py:Make ...\n"
        two = start_flow(path, tmp_path / "out", 1)
        said, complained = wait_for_end(two)
        assert (two.returncode, said, complained) == (
            2,
            "",
            f"error: {tmp_path}/out/toy: another flow is running there\n",
        )
    finally:
        one.kill()
        one.communicate()


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    path = write_flow(tmp_path, "make: {task: toy:Fragile}\nend: {task: STOP}")
    process = start_flow(path, tmp_path / "out", 2)
    said, complained = wait_for_end(process)
    assert (process.returncode, (tmp_path / "died").exists()) == (0, True), complained
    assert "attempts 2" in said


def test_an_interrupt_is_one_line_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    path = write_flow(tmp_path, "make: {task: toy:Make, nap: 60}\nend: {task: STOP}")
    process = start_flow(path, tmp_path / "out", 1)
    assert process.stderr is not None
    process.stderr.readline()
    process.terminate()
    _, complained = wait_for_end(process)
    assert (process.returncode, complained) == (130, "interrupted\n")
    assert list((tmp_path / "out" / "toy" / "runs").iterdir()) == []
