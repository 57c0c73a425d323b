"""Campaigns on a copy of mac_pe with a redundant gate: what is killed, what is equivalent, what no bench kills."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mutation.__main__ import main
from mutation.bench_judge import BenchJudge
from mutation.campaign import Campaign, open_campaign
from mutation.judge import Surroundings
from mutation.judges import find_judge
from mutation.kill_table import rate, read_stamp, table_state, write_tables
from mutation.mutant import Mutant
from mutation.mutant_result import ARGUED, BROKEN, EQUIVALENT, KILLED, SURVIVED, UNKNOWN, MutantResult, MutantResults
from mutation.netlist import MutatedUnit
from mutation.sources import Digests, python_code, rtl_digest, verilog_code
from t2c.common.errors import UserError
from t2c.common.places import RTL
from t2c.common.text_table import markdown_row
from t2c.contract.descriptor import DESCRIPTOR_WORDS
from t2c.tb.catalogue.unit_registry import mutated_units, units
from t2c.tb.catalogue.unit_table import UnitTable
from t2c.tb.simulation.runner import Outcome
from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.program_sequencer.programs import UNKNOWN_CODES
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

COUNT, SEED = 80, 1
PLANTED = """
    // Never both, so a_q is right. Faults show for one partial sum in 2^21, or for fewer inputs: no bench tries it.
    wire rare  = (psum_i == 21'h12345) & (a_i == 9'h0ab) & (w_i == 8'h5c);
    wire never = (psum_i == 21'h0dcba);
"""


@pytest.fixture(scope="module")
def planted(sim_output: Path) -> Path:
    """A copy of the RTL whose mac_pe has the redundant gate."""
    rtl = sim_output / "mutation" / "planted"
    shutil.rmtree(rtl, ignore_errors=True)
    shutil.copytree(RTL, rtl)
    source = rtl / "mac_pe.v"
    text = source.read_text()
    for original, changed in (
        ("    always @(posedge clk_i) a_q <=", PLANTED + "    always @(posedge clk_i) a_q <="),
        ("a_q <= a_i;", "a_q <= a_i ^ {9{rare & never}};"),
    ):
        assert text.count(original) == 1
        text = text.replace(original, changed)
    source.write_text(text)
    return rtl


@pytest.fixture(scope="module")
def command(planted: Path, sim_output: Path) -> Callable[..., int]:
    """Run `make mutate` on the copy."""
    fixed = ["--unit", "mac_pe", "--mutants", str(COUNT), "--seed", str(SEED), "--workers", "1", "--sim", "icarus"]
    return lambda *more: main([*fixed, "--rtl", str(planted), "--out", str(sim_output), *more])


def _choose(campaign: Campaign) -> dict[str, int]:
    """A mutant of each kind, by the place of the fault."""
    kinds = {
        "killed": lambda mutant, _: mutant.cell.startswith("$mul"),
        "equivalent": lambda mutant, text: text == "rare & never" and mutant.mode == "const0",
        "beyond the bench": lambda mutant, text: (
            text == "rare & never" and mutant.mode in ("inv", "const1") and not mutant.effect.startswith("Y")
        ),
    }
    places = [(mutant, mutant.expression(campaign.unit.original)) for mutant in campaign.unit.mutants]
    return {kind: next(m.number for m, text in places if test(m, text)) for kind, test in kinds.items()}


@pytest.mark.campaign
def test_mutants_end_as_they_must(
    planted: Path, sim_output: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed and equivalent ones pass, one that survives fails; what is known is not run again."""
    simulator = find_simulator("icarus")
    with open_campaign("mac_pe", simulator, sim_output, count=COUNT, seed=SEED, rtl=planted) as campaign:
        shutil.rmtree(campaign.results.folder, ignore_errors=True)
        chosen = _choose(campaign)
        campaign.check_original()
        verdicts = {r.number: r.verdict for r in campaign.run([chosen["killed"], chosen["equivalent"]], 1)}
    assert verdicts == {chosen[verdict]: verdict for verdict in (KILLED, EQUIVALENT)}
    survivor = chosen["beyond the bench"]
    assert command("--only", str(survivor)) == 1
    printed = capsys.readouterr().out
    assert re.search(rf"survived +mutant {survivor}: mac_pe.v:\d+, cell", printed)
    assert re.search("psum_i=0x(dcba|12345)", printed)
    assert f"replay: make mutate UNIT=mac_pe MUTANTS={COUNT} SEED={SEED} ONLY={survivor}\n" in printed
    assert re.search(r"mutants +1, of which 0 were known.*unexplained +1\n.*verdict +FAIL", printed, re.DOTALL)
    for verdict, said in ((KILLED, r"killed +1: (corners|random_data) 1\n"), (EQUIVALENT, r"equivalent +1\n")):
        assert command("--only", str(chosen[verdict])) == 0
        assert re.search(rf"of which 1 were known.*{said}.*verdict +PASS", capsys.readouterr().out, re.DOTALL)


def test_a_bench_that_fails_by_itself_stops_the_campaign(
    command: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: object, __: object, number: int, *___: object) -> MutantResult:
        return MutantResult(number=number, verdict=KILLED, reason="corners")

    monkeypatch.setattr(BenchJudge, "run", failing)
    with pytest.raises(UserError, match=r"what judges mac_pe fails without a mutation \(corners\)"):
        command("--seed", str(SEED + 1))


@pytest.mark.parametrize(
    ("failure", "verdict"),
    [
        ('<failure type="ComparisonsFailed" message="cycle 3"/>', KILLED),
        ('<failure type="StreamError" message="tvalid fell"/>', KILLED),
        ('<failure type="KeyError" message="A_W"/>', BROKEN),
        ('<error type="ImportError" message="no bench"/>', BROKEN),
        ('<failure type="RegressionTerminated" message="stopped"/>', BROKEN),
    ],
)
def test_only_a_bench_kills(
    failure: str, verdict: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sim_output: Path
) -> None:
    """An exception of the harness is no kill; nor is a run without a failed test, or one that crashed."""
    (tmp_path / "results.xml").write_text(f'<a><testcase name="corners">{failure}</testcase></a>')
    ended = Outcome(passed=False, crashed=False, tests=1, failed=1, seconds=1.0, log=tmp_path / "sim.log", waves=None)
    unit = MutatedUnit(folder=tmp_path, name="mac_pe", netlist="", files=(), mutants=())
    simulator = find_simulator("icarus")
    for outcome, expected in ((ended, verdict), (replace(ended, crashed=True), BROKEN)):
        monkeypatch.setattr("mutation.bench_judge.run_unit", lambda *_, outcome=outcome, **__: outcome)
        place = Surroundings(simulator=simulator, folder=sim_output, seed=1)
        assert BenchJudge(unit="mac_pe").run(unit, 1, place).verdict == expected


def test_a_bench_runs_with_each_table_until_it_notices_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sim_output: Path
) -> None:
    """The last operation of a program is END or unknown, never both: two tables."""
    failed = '<a><testcase name="errors"><failure type="ComparisonsFailed" message="cycle 3"/></testcase></a>'
    (tmp_path / "results.xml").write_text(failed)
    last_words = []

    def run(*_: object, table: UnitTable | None, **__: object) -> Outcome:
        last_words.append(int(table.entries[-DESCRIPTOR_WORDS]) if table else None)
        passed = len(last_words) != 2
        return Outcome(
            passed=passed, crashed=False, tests=4, failed=0, seconds=1.5, log=tmp_path / "sim.log", waves=None
        )

    monkeypatch.setattr("mutation.bench_judge.run_unit", run)
    unit = MutatedUnit(folder=tmp_path, name="program_sequencer", netlist="", files=(), mutants=())
    place = Surroundings(simulator=find_simulator("icarus"), folder=sim_output, seed=1)
    result = BenchJudge(unit="program_sequencer").run(unit, 1, place)
    assert (result.verdict, result.reason, result.seconds) == (KILLED, "errors, table unknown", 3.0)
    assert (last_words[0], last_words[1] in UNKNOWN_CODES) == (None, True)
    result = BenchJudge(unit="program_sequencer").run(unit, 1, place)
    assert (result.verdict, len(last_words)) == (SURVIVED, 4)


def test_what_is_no_invariant_stops_the_campaign(
    tmp_path: Path, sim_output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = tmp_path / "output_writer" / "formal" / "output_writer_invariants.vh"
    stated.parent.mkdir(parents=True)
    stated.write_text("(* keep *) wire always_zero = addr_o == 0;\n")
    declared = replace(units()["output_writer"], folder=tmp_path / "output_writer")
    monkeypatch.setitem(units(), "output_writer", declared)
    monkeypatch.setattr(BenchJudge, "run", None)
    with pytest.raises(UserError, match=r"always_zero is no invariant: it can be 0 in the cycle after"):
        main(
            [
                "--unit",
                "output_writer",
                "--mutants",
                "60",
                "--workers",
                "1",
                "--sim",
                "icarus",
                "--out",
                str(sim_output),
            ]
        )


def test_results_that_are_not_final_are_found_again(tmp_path: Path) -> None:
    results = MutantResults(tmp_path)
    for number, verdict in enumerate((KILLED, EQUIVALENT, SURVIVED, UNKNOWN, BROKEN), 1):
        results.write(MutantResult(number=number, verdict=verdict, reason="corners"))
    assert [n for n in range(1, 7) if results.read(n)] == [1, 2, 3]
    assert [n for n in range(1, 7) if results.read(n, undecided=True)] == [1, 2, 3, 4]
    (tmp_path / "1.json").write_text('{"number": 1')
    assert results.read(1) is None


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--unit", "foo"], "unit = 'foo' is not one of all, .*axis_fifo, .*lut_softmax, mac_pe, mulquant"),
        (["--unit", "mac_pe", "--mutants", "-1"], "mutants = -1 is below 0"),
        (["--unit", "mac_pe", "--workers", "0"], "workers = 0 is below 1"),
        (["--unit", "mac_pe", "--mutants", "99999"], r"mutants = 99999: Yosys finds \d+ mutations of mac_pe"),
        (["--unit", "mac_pe", "--mutants", "5", "--only", "6"], r"only = '6' matches none of the mutants 1..5"),
    ],
)
def test_a_users_mistake_is_one_line(arguments: list[str], message: str, sim_output: Path) -> None:
    with pytest.raises((UserError, ValueError), match=message):
        main([*arguments, "--out", str(sim_output)])


def test_what_a_mutate_command_says() -> None:
    line = "mutate -ctrl mutant_number 6 12 -mode cnot1 -module m -cell $mul$m.v:3$4 -port Y -portbit 5 -ctrlbit 2 "
    mutant = Mutant.parse(line + "-wire p -wirebit 5 -src m.v:2.3-2.9 -src m.v:3.10-3.15")
    assert (mutant.number, mutant.place) == (12, "m.v:3")
    assert mutant.effect == "Y[5], p[5], is inverted while bit 2 is 1"
    with pytest.raises(ValueError, match="mode 'swap' is not one of"):
        Mutant.parse(line.replace("cnot1", "swap"))
    with pytest.raises(ValueError, match="not a mutate command"):
        Mutant.parse("mutate -list 5")


def to_be_made() -> set[str]:
    """Units whose table is missing or of earlier RTL, as the page says itself."""
    lines = re.findall(r"^To be made with today's RTL: (.*)\.$", (ROOT / "docs" / "mutation.md").read_text(), re.M)
    return set(re.findall(r"`(\w+)`", "".join(lines)))


def test_every_unit_has_a_table() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "mutation").glob("*.md")} - {"arguments", "golden"}
    assert {unit.name for unit in mutated_units()} == pages | to_be_made()


@pytest.mark.sample(3)
@pytest.mark.parametrize("unit", [unit.name for unit in mutated_units()])
def test_the_committed_table_is_of_this_rtl(unit: str) -> None:
    """Other RTL has other mutants; its comments and layout may change, and so may the bench."""
    stamp = read_stamp(ROOT / "docs", unit)
    if unit in to_be_made():
        assert stamp is None or stamp.digests.rtl != rtl_digest(find_judge(unit), RTL), "it is made"
        return
    assert stamp is not None
    assert stamp.digests.rtl == rtl_digest(find_judge(unit), RTL), f"make mutate UNIT={unit} WRITE=1"
    rows = re.findall(
        r"^\| \d+ \|.*\| (\w+) \| [^|]* \|$", (ROOT / "docs" / "mutation" / f"{unit}.md").read_text(), re.M
    )
    assert len(rows) == stamp.count >= 50
    assert set(rows) <= {KILLED, EQUIVALENT, ARGUED}
    overview = (ROOT / "docs" / "mutation.md").read_text()
    killed, equal, argued = rows.count(KILLED), rows.count(EQUIVALENT), rows.count(ARGUED)
    cells = (f"[{unit}](mutation/{unit}.md)", stamp.count, killed, rate(killed, len(rows) - equal))
    row = rf"^{re.escape(markdown_row(cells))} [^|]+ \| {equal} \| {argued} \| 0 \| \d+ \|$"
    assert re.search(row, overview, re.MULTILINE)


def test_what_is_said_of_a_table(tmp_path: Path) -> None:
    """Missing, up to date, of other mutants, RTL or bench, with other verdicts: each in a line."""
    mutant = Mutant.parse("mutate -ctrl n 1 1 -mode inv -module m -cell c -port Y -portbit 0")
    unit = MutatedUnit(folder=tmp_path, name="mac_pe", netlist="", files=(), mutants=(mutant,))
    campaign = Campaign(
        name="mac_pe",
        count=1,
        seed=1,
        simulator=find_simulator("icarus"),
        sources=(),
        folder=tmp_path,
        unit=unit,
        digests=Digests(rtl="12ab", bench="34cd"),
        judge=find_judge("mac_pe"),
    )
    results = {1: MutantResult(number=1, verdict=KILLED, reason="corners", compared=7)}
    write = "make mutate UNIT=mac_pe WRITE=1"
    assert table_state(tmp_path, campaign, results) == f"mac_pe.md is missing: {write}"
    head = (ROOT / "docs" / "mutation.md").read_text().partition("| [")[0]
    (tmp_path / "mutation.md").write_text(head)
    write_tables(tmp_path, campaign, results)
    assert (tmp_path / "mutation.md").read_text() == head + (
        "| [mac_pe](mutation/mac_pe.md) | 1 | 1 | 100 % | `corners` 1 | 0 | 0 | 0 | 0 |\n"
    )
    assert table_state(tmp_path, campaign, results) == "mac_pe.md is up to date"
    for changed, said in (
        ({"digests": Digests(rtl="12ac", bench="34ce")}, f"the RTL has changed since mac_pe.md: {write}"),
        ({"digests": Digests(rtl="12ab", bench="34ce")}, f"the bench has changed since mac_pe.md: {write}"),
        ({"seed": 2}, "mac_pe.md is about other mutants: 1 of them, seed 1"),
    ):
        assert table_state(tmp_path, replace(campaign, **changed), results) == said
    results[1] = replace(results[1], compared=8)
    assert table_state(tmp_path, campaign, results) == f"mac_pe.md has other verdicts: {write}"


def test_what_counts_as_a_change() -> None:
    assert verilog_code("a = b; // why\n  c") == verilog_code("a = b;\n/* how */ c")
    assert verilog_code("a = b;") != verilog_code("a = c;")
    assert python_code('"""Why."""\nx = 1  # how') == python_code("x = 1")
    assert python_code("x = 1") != python_code("x = 2")
