"""One report of those of all parts: green only if every part of one regression is there, and green."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from t2c.common.command import run
from t2c.common.errors import SettingError, UserError
from t2c.tb.regress import merge
from t2c.tb.regress.job import BUILD
from t2c.tb.regress.junit import junit_tree, write_junit
from t2c.tb.regress.sharding import RegressionPart, is_brought, list_digest, part_of
from t2c.tb.regress.store import DIED, FAIL, PASS, JobRecord, JobStore
from t2c.tb.regress.unfinished import write_reason
from tests.tb.regress_jobs import job
from tests.tb.test_regress_junit import complaints, is_green

PARTS = 3


RUNS = [job(f"run-{number}", model="", layer="", program="p", estimate=1.0) for number in range(7)]
JOBS = [replace(RUNS[0], id=RUNS[0].build_id, program=BUILD), *RUNS]


def report(folder: Path, number: int, *, verdicts: Mapping[str, str] | None = None, **changes: object) -> Path:
    """Write the report of a part, as `make regress` does."""
    given = {"shard": (number, PARTS), "of": list_digest(JOBS, ()), "jobs": len(JOBS)} | changes
    part = RegressionPart(**given)  # type: ignore[arg-type]
    mine = part_of(JOBS, (number, PARTS))
    records = {
        one.id: JobRecord(id=one.id, verdict=(verdicts or {}).get(one.id, PASS), reasons=("y differs",))
        if (verdicts or {}).get(one.id, PASS) != PASS
        else JobRecord(id=one.id, verdict=PASS)
        for one in mine
        if (verdicts or {}).get(one.id) != "NOT RUN"
    }
    path = folder / f"part-{number}.xml"
    write_junit(junit_tree(mine, records, frozenset(), 1.5, store=JobStore(folder), part=part), path)
    return path


@pytest.fixture
def join(tmp_path: Path) -> Callable[..., int]:
    """Merge reports into merged.xml, in which an earlier one was green."""
    out = tmp_path / "merged.xml"

    def call(*paths: Path | str) -> int:
        return merge.main(["--reports", ",".join(map(str, paths)), "--out", str(out)])

    assert call(*[report(tmp_path, number) for number in range(1, PARTS + 1)]) == 0
    return call


def is_red(path: Path) -> bool:
    root = ET.parse(path).getroot()
    assert complaints(root) == []
    return int(root.get("failures", 0)) + int(root.get("errors", 0)) > 0


def test_all_parts_are_green(join: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert join(tmp_path / "part-*.xml") == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(None, 1) for line in said[-4:]] == [
        ["parts", "3, all of them"],
        ["jobs", "8, of which 0 did not pass"],
        ["JUnit", str(tmp_path / "merged.xml")],
        ["verdict", "PASS"],
    ]
    root = ET.parse(tmp_path / "merged.xml").getroot()
    assert complaints(root) == []
    assert [suite.get("name") for suite in root] == ["regress 1/3", "regress 2/3", "regress 3/3"]
    assert root.get("tests") == str(sum(len(list(suite.iter("testcase"))) for suite in root)) == "10"
    assert {case.get("name") for case in root.iter("testcase")} == {one.id for one in JOBS}
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(set(names)) == len(names)


@pytest.mark.sample(3)
@pytest.mark.parametrize("verdict", [FAIL, DIED, "NOT RUN"])
def test_one_red_job_is_red(verdict: str, join: Callable[..., int], tmp_path: Path) -> None:
    for number in range(1, PARTS + 1):
        report(tmp_path, number, verdicts={"run-3": verdict})
    assert join(tmp_path / "part-*.xml") == 1
    assert is_red(tmp_path / "merged.xml")


def spoil(path: Path, change: Callable[[ET.Element], object]) -> None:
    tree = ET.parse(path)
    change(tree.getroot()[0])
    tree.write(path)


def drop_case(suite: ET.Element) -> None:
    suite.remove(suite.findall("testcase")[-1])
    suite.set("tests", str(int(suite.get("tests", 0)) - 1))


def double_case(suite: ET.Element) -> None:
    suite.append(suite.findall("testcase")[-1])
    suite.set("tests", str(int(suite.get("tests", 0)) + 1))


def empty(suite: ET.Element) -> None:
    for case in suite.findall("testcase"):
        suite.remove(case)
    suite.set("tests", "0")


def take_job_of_part_1(path: Path) -> None:
    other = ET.parse(path.with_name("part-1.xml")).getroot()[0].findall("testcase")[-1]
    spoil(path, lambda suite: suite.findall("testcase")[-1].set("name", str(other.get("name"))))


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, r"part 2/3 is missing"),
    "twice": (lambda path: path.with_name("part-4.xml").write_text(path.read_text()), r"part 2/3 is there twice: .*"),
    "another list": (
        lambda path: report(path.parent, 2, of="0123"),
        "part-2.xml is of another .*: other sources",
    ),
    "fewer jobs": (lambda path: report(path.parent, 2, jobs=7), "part-2.xml is of another .*: other sources, jobs or"),
    "fewer parts": (
        lambda path: report(path.parent, 2, shard=(2, 2)),
        "part-2.xml is of another .*: another number",
    ),
    "unfinished": (lambda path: write_reason(path, "it was killed"), "part-2.xml: it was killed"),
    "no XML": (lambda path: path.write_text("<testsuites><te"), "part-2.xml: no report of a regression"),
    "no part": (lambda path: spoil(path, lambda suite: suite.remove(suite[0])), "part-2.xml: no report of a part"),
    "a job less": (lambda path: spoil(path, drop_case), "7 jobs are in the reports; the regression has 8"),
    "a case twice": (lambda path: spoil(path, double_case), "part-2.xml: a job is in it twice"),
    "no case": (lambda path: spoil(path, empty), "part-2.xml: no job is in it"),
    "another's job": (take_job_of_part_1, r"run-\d is in .*part-1.xml and in .*part-2.xml"),
    "a count": (
        lambda path: spoil(path, lambda suite: suite.set("errors", "1")),
        "its counts are not those",
    ),
}


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("name", SPOILT)
def test_what_is_not_all_of_it_is_refused_and_red(name: str, join: Callable[..., int], tmp_path: Path) -> None:
    change, wanted = SPOILT[name]
    change(tmp_path / "part-2.xml")
    with pytest.raises(UserError, match=wanted):
        join(tmp_path / "part-*.xml")
    assert is_red(tmp_path / "merged.xml")


@pytest.mark.parametrize("given", ["", "none/*.xml"])
def test_no_report_at_all(given: str, join: Callable[..., int], tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="there is no such report"):
        join(given)
    assert is_red(tmp_path / "merged.xml")


def test_it_replaces_nothing_but_itself(join: Callable[..., int], tmp_path: Path) -> None:
    assert join(tmp_path / "*.xml") == 0, "an earlier merged report is no part"
    part = tmp_path / "part-1.xml"
    before = part.read_bytes()
    with pytest.raises(UserError, match="is no merged report"):
        merge.main(["--reports", str(tmp_path / "part-*.xml"), "--out", str(part)])
    assert part.read_bytes() == before


def test_its_errors_are_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(lambda: merge.main(["--reports", "none.xml", "--out", str(tmp_path / "m.xml")]), extra=(UserError,))
    assert capsys.readouterr().err == "error: --reports = 'none.xml': there is no such report\n"
    assert not is_green(tmp_path / "m.xml")


# What a part is


def test_builds_alone_are_shared_out() -> None:
    """ONLY='build.*': nobody else needs them."""
    builds = [replace(JOBS[0], id=f"build.{number}", rows=4 * number) for number in range(1, 6)]
    shares = [part_of(builds, (part, 2)) for part in (1, 2)]
    assert sorted(one.id for share in shares for one in share) == [one.id for one in builds]
    assert all(shares)
    assert not any(is_brought(one, builds) for one in builds)
    assert is_brought(JOBS[0], JOBS)


def test_a_part_without_jobs_is_refused() -> None:
    with pytest.raises(SettingError, match=r"shard = 8/8: nothing is left for this part of 7 jobs; take fewer parts"):
        part_of(JOBS, (8, 8))


def test_the_list_is_what_all_machines_agree_on(tmp_path: Path) -> None:
    assert list_digest(JOBS, ()) == list_digest(list(JOBS), ())
    for other in (JOBS[:-1], [*JOBS[:-1], replace(JOBS[-1], seed=2)], [*JOBS[:-1], replace(JOBS[-1], images=2)]):
        assert list_digest(other, ()) != list_digest(JOBS, ())
    example = [replace(JOBS[0], model=str(tmp_path), id="example")]
    for name in ("graph.json", "tensors.npz"):
        (tmp_path / name).write_text("{}")
    before = list_digest(example, ())
    (tmp_path / "graph.json").write_text("{ }")
    assert list_digest(example, ()) != before
    assert list_digest(example, [str(tmp_path)]) == list_digest(example, [str(tmp_path)]) != before
