"""What is kept: once done is done, what changed is done again, what is damaged too, and nobody disturbs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from t2c.flows.clock import held_clock, seconds_of
from t2c.flows.errors import FlowError
from t2c.flows.store import FlowStore
from tests.flows.flow_runs import run_toy

TASKS = """
make: {task: toy:Make, size: 64}
cut: {task: toy:Shrink, tolerance: 0.2}
pack: {task: toy:Pack}
end: {task: STOP}
"""


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What really ran since the last call."""
    log = tmp_path / "log"
    monkeypatch.setenv("TOY_LOG", str(log))

    def since() -> list[str]:
        lines = [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    return since


def test_what_was_done_is_not_done_again(tmp_path: Path, ran: Callable[[], list[str]]) -> None:
    first = run_toy(tmp_path, TASKS)
    assert ran() == ["make", "shrunk", "shrunk", "shrunk"]
    assert run_toy(tmp_path, TASKS) == first
    assert ran() == []


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("tolerance: 0.2", "tolerance: 0.3", []),
        ("tolerance: 0.2", "tolerance: 0.2, factors: [0.5, 0.6]", ["shrunk"]),
        ("size: 64", "size: 65", ["make", "shrunk", "shrunk", "shrunk"]),
    ],
)
def test_what_changed_is_done_again_and_no_more(
    old: str, new: str, again: list[str], tmp_path: Path, ran: Callable[[], list[str]]
) -> None:
    """A trial that both need is one."""
    run_toy(tmp_path, TASKS)
    ran()
    run_toy(tmp_path, TASKS.replace(old, new))
    assert ran() == again


def test_another_task_file_is_another_task(tmp_path: Path, ran: Callable[[], list[str]]) -> None:
    first = run_toy(tmp_path, TASKS)
    ran()
    path = tmp_path / "toy_tasks.py"
    path.write_text(path.read_text().replace("1 - 1 / (1 + self.size)", "1 - 2 / (1 + self.size)"))
    second = run_toy(tmp_path, TASKS)
    assert ran()[0] == "make"
    assert second.finalists[0].first("accuracy") < first.finalists[0].first("accuracy")


def damaged(entry: Path, how: str) -> None:
    kept = entry / "kept.json"
    if how == "cut short":
        kept.write_bytes(kept.read_bytes()[:-9])
    elif how == "no json":
        kept.write_bytes(b"\0" * 100)
    elif how == "something else":
        kept.write_text("[]")
    elif how == "another file":
        next(path for path in entry.iterdir() if path != kept).write_text("3\n")
    elif how == "a file gone":
        next(path for path in entry.iterdir() if path != kept).unlink()
    else:
        shutil.rmtree(entry)


@pytest.mark.parametrize("which", ["runs/make-*", "trials/*"])
@pytest.mark.parametrize("how", ["cut short", "no json", "something else", "another file", "a file gone", "gone"])
def test_what_is_damaged_is_done_again(how: str, which: str, tmp_path: Path, ran: Callable[[], list[str]]) -> None:
    first = run_toy(tmp_path, TASKS)
    ran()
    store = tmp_path / "store"
    for entry in store.glob("runs/cut-*"):
        shutil.rmtree(entry)  # or nobody would look at its trials
    entries = sorted(store.glob(which))
    for entry in entries:
        damaged(entry, how)
    assert run_toy(tmp_path, TASKS) == first
    assert ran() == (["make"] if "make" in which else ["shrunk"] * 3)


def test_a_file_that_is_gone_under_a_run_that_is_kept_is_refused(tmp_path: Path) -> None:
    run_toy(tmp_path, TASKS)
    store = tmp_path / "store"
    for entry in (*store.glob("trials/*"), *store.glob("runs/pack-*")):
        shutil.rmtree(entry)
    with pytest.raises(FlowError, match=rf"^{tmp_path}/flow.yaml:6: pack: .* is gone: remove {store} to begin anew$"):
        run_toy(tmp_path, TASKS)


def test_two_flows_do_not_share_a_folder(tmp_path: Path) -> None:
    store = FlowStore(tmp_path / "store")
    with store.locked(), pytest.raises(FlowError, match=rf"^{tmp_path}/store: another flow is running there$"):
        run_toy(tmp_path, TASKS)
    run_toy(tmp_path, TASKS)


def test_a_file_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(FlowError, match=rf"^{tmp_path}/store: File exists$"):
        run_toy(tmp_path, TASKS)


def test_what_a_killed_flow_left_is_swept_away(tmp_path: Path) -> None:
    left = tmp_path / "store" / "runs" / ".make-1234.abcd"
    left.mkdir(parents=True)
    (left / "weights.txt").write_text("half")
    run_toy(tmp_path, TASKS)
    assert not left.exists()


def test_no_path_leads_out_of_the_store(tmp_path: Path) -> None:
    store = FlowStore(tmp_path / "store")
    for path in ("../a", "/etc/passwd", "runs/../../a"):
        with pytest.raises(FlowError, match="is not in"):
            store.path(path)
    with pytest.raises(FlowError, match="is not in"):
        store.relative(tmp_path / "a")


def test_a_clock_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "clocks" / "a"
    for before in (0.0, 100.0):
        if before:
            path.write_text(f"{before}\n")
        with held_clock(path) as clock, clock.runs():
            pass
        assert before <= seconds_of(path) < before + 50
    path.write_text("x")
    assert seconds_of(path) == 0


def test_times_are_nowhere_but_in_the_clocks(tmp_path: Path) -> None:
    """Or equal work would not give equal bytes."""
    run_toy(tmp_path / "a", TASKS)
    run_toy(tmp_path / "b", TASKS)
    stores = [tmp_path / name / "store" for name in "ab"]
    kept = [{path.relative_to(store): path.read_bytes() for path in store.rglob("kept.json")} for store in stores]
    assert len(kept[0]) == 6
    assert kept[0] == kept[1]
