"""junit.xml: what the schemas of Jenkins allow and GitLab reads, and never green from an earlier run."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from t2c.common.places import ROOT
from t2c.tb.regress.artifacts import LOG, REPORT, WAVES
from t2c.tb.regress.junit import junit_tree, write_junit
from t2c.tb.regress.sharding import RegressionPart
from t2c.tb.regress.store import DIED, FAIL, PASS, JobRecord, JobStore
from t2c.tb.regress.unfinished import JUNIT, LOCK, mark_unfinished
from tests.tb.regress_jobs import job

SCHEMA: dict[str, tuple[set[str], set[str], tuple[str, ...]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, ("testsuite",)),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"time", "skipped", "timestamp", "hostname", "id", "package"},
        ("properties", "testcase", "system-out", "system-err"),
    ),
    "testcase": ({"name"}, {"classname", "time"}, ("skipped", "error", "failure", "system-out", "system-err")),
    "properties": (set(), set(), ("property",)),
    "property": ({"name", "value"}, set(), ()),
    "error": (set(), {"message", "type"}, ()),
    "failure": (set(), {"message", "type"}, ()),
    "system-out": (set(), set(), ()),
    "system-err": (set(), set(), ()),
}
"""What jenkins-junit.xsd and junit-10.xsd both allow: needed attributes, further ones, children in their order."""
ONCE = {("testsuite", "properties"), ("testsuite", "system-out"), ("testsuite", "system-err")}
WITHOUT_TEXT = {"testsuites", "testsuite", "testcase", "properties", "property"}
TIME = re.compile(r"[0-9]+(\.[0-9]*)?")
"""Of junit-10.xsd, without its commas."""


def complaints(element: ET.Element) -> list[str]:
    """Where a document leaves the schemas."""
    if element.tag not in SCHEMA:
        return [f"element {element.tag}"]
    needed, further, order = SCHEMA[element.tag]
    given, children = set(element.attrib), [child.tag for child in element]
    found = [f"{element.tag} without {name}" for name in needed - given]
    found += [f"{element.tag} with {name}" for name in given - needed - further]
    found += [f"{element.tag}: {tag} out of order" for tag in set(children) - set(order)]
    places = [order.index(tag) for tag in children if tag in order]
    found += [f"{element.tag}: children out of order"] if places != sorted(places) else []
    found += [f"two {tag}" for tag in set(children) if (element.tag, tag) in ONCE and children.count(tag) > 1]
    found += ["properties without one"] if element.tag == "properties" and not children else []
    found += ["text"] if element.tag in WITHOUT_TEXT and (element.text or "").strip() else []
    found += [f"time {element.get('time')}"] if not TIME.fullmatch(element.get("time", "0")) else []
    return found + [complaint for child in element for complaint in complaints(child)]


EVIL = "".join(map(chr, range(32))) + "\x7f\x85\ufffe\uffff\ud800 <&>\"' ]]> \u2028 é"
RECORDS = {
    "a": JobRecord(id="a", verdict=PASS, attempts=2, seconds=12345.678),
    "b": JobRecord(id="b", verdict=FAIL, reasons=(EVIL, "worse"), diagnosis=EVIL, shrunk=EVIL, replay=EVIL),
    "c": JobRecord(id="c", verdict=DIED, reasons=("killed",), attempts=3),
    "e": JobRecord(id="e", verdict=PASS),
}


def written(folder: Path, **more: object) -> ET.Element:
    tree = junit_tree([job(name) for name in "abcde"], RECORDS, frozenset("e"), 1e5, store=JobStore(folder), **more)  # type: ignore[arg-type]
    write_junit(tree, folder / JUNIT)
    return ET.parse(folder / JUNIT).getroot()


def test_the_document_holds_to_the_schemas(tmp_path: Path) -> None:
    assert complaints(written(tmp_path)) == []
    (tmp_path / LOCK).touch()
    (tmp_path / "regress").mkdir()
    mark_unfinished(["--out", str(tmp_path)], EVIL)
    assert complaints(ET.parse(tmp_path / "regress" / JUNIT).getroot()) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<testsuites skipped='0'/>", "testsuites with skipped"),
        ("<testsuites><testsuite name='x' tests='0' failures='0'/></testsuites>", "testsuite without errors"),
        ("<testcase name='x'><properties><property name='a' value='b'/></properties></testcase>", "properties out of"),
        ("<testcase name='x'><system-out/><failure/></testcase>", "children out of order"),
        ("<testcase name='x' time='1e3'/>", "time 1e3"),
        ("<testcase name='x' file='x.v'/>", "testcase with file"),
        ("<testsuite name='x' tests='0' failures='0' errors='0'><system-out/><system-out/></testsuite>", "two system"),
        ("<testcase name='x'>y</testcase>", "text"),
        ("<properties/>", "properties without one"),
        ("<flaky/>", "element flaky"),
    ],
)
def test_what_a_schema_forbids_is_found(text: str, complaint: str) -> None:
    assert any(complaint in found for found in complaints(ET.fromstring(text)))


def test_what_xml_forbids_is_in_no_text(tmp_path: Path) -> None:
    text = (written(tmp_path), (tmp_path / JUNIT).read_text("utf-8"))[1]
    assert not re.search("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    assert "é" in text
    assert "worse" in text


def test_artifacts_are_attached_the_report_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each on a line of its own, as Jenkins wants it, from the folder of the call, as GitLab does."""
    monkeypatch.chdir(tmp_path)
    store = JobStore(tmp_path / "sim_build" / "regress")
    for name in (LOG, WAVES, REPORT):
        for job_id in ("a", "b"):
            store.failure_folder(job_id).mkdir(parents=True, exist_ok=True)
            (store.failure_folder(job_id) / name).touch()
    cases = {
        case.get("name"): case for case in junit_tree([job("a"), job("b")], RECORDS, frozenset(), 1, store=store)[0]
    }
    lines = str(cases["b"].findtext("system-out")).splitlines()
    folder = "sim_build/regress/failures/b"
    assert lines[1:] == [f"[[ATTACHMENT|{folder}/{name}]]" for name in (REPORT, WAVES, LOG)]
    assert "ATTACHMENT" not in str(cases["a"].findtext("system-out")), "it passed"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tree,) = junit_tree([job("b")], RECORDS, frozenset(), 1, store=store)
    assert f"[[ATTACHMENT|{tmp_path}/{folder}/{REPORT}]]" in ET.tostring(tree, encoding="unicode")


def test_a_build_in_several_parts_has_a_name_in_each(tmp_path: Path) -> None:
    """GitLab ignores the second testcase of a class and a name."""
    jobs = [replace(job("build.icarus.8x8"), model=""), job("a")]
    names = [
        [(case.get("classname"), case.get("name")) for case in tree.iter("testcase")]
        for tree in (
            junit_tree(jobs, RECORDS, frozenset(), 1, store=JobStore(tmp_path), part=RegressionPart(shard=(i, 3)))
            for i in (1, 2)
        )
    ]
    assert names[0][0] != names[1][0]
    assert names[0][1] == names[1][1]


# Nothing green from before

REFUSED = {
    "an option": ["--workers", "x"],
    "a number": ["--workers", "0"],
    "a part": ["--shard", "3/2"],
    "a pattern": ["--only", "nothing"],
    "no such option": ["--no-such-option"],
    "a scheduler": ["--scheduler", "nowhere", "--only", "random-layer-1.icarus.8x8"],
}


def no_room() -> None:
    """No file of this process takes a byte."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def regress(
    folder: Path, *arguments: str, before: Callable[[], None] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    few = [
        "--campaign",
        "small",
        "--random-layers",
        "1",
        "--random-networks",
        "0",
        "--random-transformers",
        "0",
        "--arrays",
        "8x8",
        "--examples",
        str(folder / "none"),
    ]
    words = [sys.executable, "-m", "t2c.tb.regress", *few, "--out", str(folder), *arguments]
    variables = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", **environment}
    return subprocess.run(
        words, cwd=ROOT, env=variables, preexec_fn=before, capture_output=True, text=True, check=False
    )


def green(folder: Path) -> Path:
    """The report of an earlier regression."""
    path = folder / "regress" / JUNIT
    path.parent.mkdir(parents=True, exist_ok=True)
    tree = junit_tree([job("a")], {"a": replace(RECORDS["a"])}, frozenset(), 1, store=JobStore(folder / "regress"))
    write_junit(tree, path)
    assert is_green(path)
    return path


def is_green(path: Path) -> bool:
    (suite,) = ET.parse(path).getroot()
    return suite.get("errors") == suite.get("failures") == "0"


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_run_leaves_no_green_report(name: str, tmp_path: Path) -> None:
    path = green(tmp_path)
    done = regress(tmp_path, *REFUSED[name])
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert not is_green(path)
    assert complaints(ET.parse(path).getroot()) == []
    assert [entry.name for entry in path.parent.iterdir() if entry.name.startswith(".")] == []


@pytest.mark.slow
def test_a_full_disk_leaves_no_green_report(tmp_path: Path) -> None:
    path = green(tmp_path)
    done = regress(tmp_path, before=no_room)
    assert done.returncode == 2
    assert done.stderr == f"error: [Errno 27] File too large: '{path}'\n"
    assert not path.exists()


@pytest.mark.slow
def test_a_plug_in_that_fails_leaves_no_green_report(tmp_path: Path) -> None:
    path = green(tmp_path)
    assert regress(tmp_path, T2C_PLUGINS="no_such_module").returncode == 2
    assert not is_green(path)


@pytest.mark.slow
def test_a_list_leaves_the_report_alone(tmp_path: Path) -> None:
    path = green(tmp_path)
    before = path.read_bytes()
    done = regress(tmp_path, "--list")
    assert done.returncode == 0
    assert "random-layer-1.icarus.8x8" in done.stdout.split()
    assert path.read_bytes() == before


def test_a_regression_under_way_writes_its_report_itself(tmp_path: Path) -> None:
    path = green(tmp_path)
    with JobStore(path.parent).locked():
        mark_unfinished(["--out", str(tmp_path)])
    assert is_green(path)
    mark_unfinished(["--out", str(tmp_path)])
    assert not is_green(path)
