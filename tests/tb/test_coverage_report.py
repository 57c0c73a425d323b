"""`make coverage` fails on every bin and line that is not hit, and reads what Verilator really writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.common.places import RTL
from t2c.tb.coverage import __main__ as command
from t2c.tb.coverage.coverage_runs import CoverageFinding, CoverageRun
from t2c.tb.coverage.lines import Waiver, cover_files, read_waivers
from t2c.tb.coverage.register_bits import WAYS, registers
from t2c.tb.coverage.verilator_data import HEADER, CoverageDataError, points_in, read_counts
from t2c.tb.simulation.runner import COVERAGE_DATA
from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.run import find_description, run_description

pytestmark = pytest.mark.slow

SOURCE = RTL / "window_row.v"
PLAIN, _ = registers(SOURCE.read_text())
RESET = "if (!rst_ni) begin"


def entry(file: str, line: int, page: str, what: str, count: int, lines: str = "") -> str:
    fields = {
        "f": file,
        "l": line,
        "n": 5,
        "t": "line",
        "page": f"{page}/{SOURCE.stem}",
        "o": what,
        "S": lines,
        "h": "top.x",
    }
    text = "".join(f"\x01{name}\x02{value}" for name, value in fields.items() if value != "")
    return f"C '{text}' {count}"


def write(folder: Path, *entries: str, header: str = HEADER) -> Path:
    path = folder / COVERAGE_DATA
    path.write_text("\n".join([header, *entries, ""]))
    return path


def row_data(folder: Path, resets: int = 3) -> Path:
    """A line, a branch and a toggle of window_row.v, and a line of a file elsewhere."""
    file = str(SOURCE)
    place = next(n for n, text in enumerate(SOURCE.read_text().splitlines(), 1) if text.strip() == RESET)
    return write(
        folder,
        entry(file, place - 8, "v_line", "block", 7, f"{place - 8}-{place - 6},{place - 1}"),
        entry(file, place, "v_branch", "if", resets, f"{place}-{place + 3}"),
        entry(file, 20, "v_toggle", "px_valid_i[0]:0->1", 0),
        *(entry(file, 20, "v_toggle", f"{name}[0]:{way}", 1) for name in PLAIN for way in WAYS),
        entry("/elsewhere/other.v", 1, "v_line", "block", 0),
    )


def test_points_of_a_file_add_up(tmp_path: Path) -> None:
    counts = read_counts(row_data(tmp_path))
    counts.update(read_counts(row_data(tmp_path, resets=0)))
    points = points_in(RTL, counts)
    assert {point.file for point in points} == {SOURCE.name}
    found = {(point.kind, point.what): (hits, point.lines) for point, hits in points.items()}
    assert found["toggle", f"{PLAIN[0]}[0]:1->0"] == (2, ())
    first = found["line", "block"][1][0]
    assert found["line", "block"] == (14, (first, first + 1, first + 2, first + 7))
    assert found["branch", "if"] == (3, (first + 8, first + 9, first + 10, first + 11))
    assert found["toggle", "px_valid_i[0]:0->1"] == (0, ())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("# another\n", r":1: '# another' is not '# SystemC::Coverage-3'"),
        ("", r":1: '' is not"),
        (f"{HEADER}\nC 'x'\n", r":2: \"C 'x'\" is no coverage point"),
        (f"{HEADER}\nC 'x' 3.5\n", r":2: \"C 'x' 3.5\" is no coverage point"),
    ],
)
def test_another_format_is_refused(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / COVERAGE_DATA
    path.write_text(text)
    with pytest.raises(CoverageDataError, match=complaint):
        read_counts(path)


def test_a_run_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CoverageDataError, match="is missing: the simulation wrote no coverage"):
        read_counts(tmp_path / COVERAGE_DATA)


@pytest.mark.campaign
def test_a_real_run_on_verilator(sim_output: Path) -> None:
    """The bench of the smallest unit reaches every line of it, and its counts make sense."""
    description, simulator = find_description("window_row"), find_simulator("verilator")
    done = run_description(description, simulator, sim_output, coverage=True, folder_suffix="coverage")
    assert done.outcome.passed
    points = points_in(RTL, read_counts(done.folder / COVERAGE_DATA))
    assert {point.file for point in points} == {SOURCE.name}
    assert {point.kind for point in points} == {"line", "branch", "toggle"}
    lines = SOURCE.read_text().splitlines()
    (reset,) = (point for point in points if point.what == "if" and lines[point.line - 1].strip() == RESET)
    (block,) = (point for point in points if point.what == "block")
    assert 0 < points[reset] < points[block]
    files, _ = cover_files(points, RTL, ())
    assert files["window_row.v"].missing == ()
    assert files["window_row.v"].toggled > 100
    (done.folder / COVERAGE_DATA).unlink()
    plain = run_description(description, simulator, sim_output, folder_suffix="coverage")
    assert plain.outcome.passed
    assert not (done.folder / COVERAGE_DATA).exists(), "an ordinary build counts nothing"


def test_a_waiver_names_a_line_a_branch_and_a_reason(tmp_path: Path) -> None:
    points = points_in(RTL, read_counts(row_data(tmp_path, resets=0)))
    waiver = Waiver(file="window_row.v", text=RESET, what="if", reason="never reset")
    other = Waiver(file="window_row.v", text=RESET, what="else", reason="never else")
    files, stale = cover_files(points, RTL, (waiver, other))
    assert (files["window_row.v"].hit, files["window_row.v"].points) == (1, 2)
    assert files["window_row.v"].missing == ()
    assert [reason for _, reason in files["window_row.v"].waived] == ["never reset"]
    assert stale == [other]
    assert cover_files(points_in(RTL, read_counts(row_data(tmp_path))), RTL, (waiver,))[1] == [waiver]


def test_a_waiver_without_a_reason_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text("- {file: a.v, text: x, what: if, reason: ''}\n")
    with pytest.raises(UserError, match=r"waivers\.yaml: entry 1: file, text, what and reason are wanted"):
        read_waivers(path)


def test_the_waivers_that_ship_name_lines_that_are_there() -> None:
    for waiver in read_waivers():
        lines = [line.strip() for line in (RTL / waiver.file).read_text().splitlines()]
        assert waiver.text in lines, waiver


class Campaign:
    """`python -m t2c.tb.coverage` with the simulations replaced by what they would have found."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        self.bins: dict[str, dict[str, int | str]] = {"ties": {"positive": 3, "negative": 2, "odd": "floor only"}}
        self.reasons: tuple[str, ...] = ()
        self.waivers = folder / "waivers.yaml"
        self.waivers.write_text("[]\n")
        self.data = row_data(folder)
        self.findings = 1
        monkeypatch.setattr(command, "run_all", lambda *_: [self.finding()] * self.findings)
        monkeypatch.setattr(command, "WAIVERS", self.waivers)

    def finding(self) -> CoverageFinding:
        run = CoverageRun(id="window_row.usual", part="window_row")
        return CoverageFinding(run=run, reasons=self.reasons, seconds=1.0, coverage=self.bins, data=(str(self.data),))

    def run(self) -> tuple[int, str]:
        status = command.main(["--out", str(self.folder)])
        return status, self.capsys.readouterr().out


@pytest.fixture
def campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Campaign:
    return Campaign(tmp_path, monkeypatch, capsys)


def test_all_hit_passes(campaign: Campaign) -> None:
    status, text = campaign.run()
    assert (status, "verdict  PASS" in text) == (0, True)
    assert ["window_row", "ties", "2", "2", "1"] in [line.split() for line in text.splitlines()]
    page = (campaign.folder / "index.html").read_text()
    assert "rtl/window_row.v" in page
    assert "floor only" in page
    assert '"verdict": "PASS"' in (campaign.folder / "result.json").read_text()


@pytest.mark.sample(3)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), UserError("no compiler")])
def test_what_does_not_end_leaves_no_earlier_result(
    error: BaseException, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise error

    campaign.run()
    monkeypatch.setattr(command, "run_all", stop)
    with pytest.raises(type(error)):
        campaign.run()
    assert not list(campaign.folder.glob("result.json"))
    assert not list(campaign.folder.glob("index.html"))


def test_an_unhit_bin_fails(campaign: Campaign) -> None:
    campaign.bins["ties"]["negative"] = 0
    status, text = campaign.run()
    assert status == 1
    assert "  unhit bin: window_row: ties: negative\n" in text
    assert "verdict  FAIL" in text
    assert "unhit bin: window_row: ties: negative" in (campaign.folder / "index.html").read_text()


def test_an_unreached_line_fails(campaign: Campaign) -> None:
    campaign.data = row_data(campaign.folder, resets=0)
    status, text = campaign.run()
    assert status == 1
    assert f"if never reached: {RESET}\n" in text


def test_a_waived_line_passes_and_a_stale_waiver_fails(campaign: Campaign) -> None:
    campaign.waivers.write_text(f'- {{file: window_row.v, text: "{RESET}", what: if, reason: no reset here}}\n')
    status, text = campaign.run()
    assert status == 1
    assert f"waiver of window_row.v: if: '{RESET}' waives nothing" in text
    campaign.data = row_data(campaign.folder, resets=0)
    assert campaign.run()[0] == 0


def test_a_failed_run_fails(campaign: Campaign) -> None:
    campaign.reasons = ("corners: 3 of 5 comparisons failed",)
    status, text = campaign.run()
    assert status == 1
    assert "  window_row.usual: corners: 3 of 5 comparisons failed\n" in text


def test_nothing_run_fails(campaign: Campaign) -> None:
    campaign.findings = 0
    status, text = campaign.run()
    assert status == 1
    assert "nothing was run" in text
