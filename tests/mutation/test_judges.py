"""Who judges a unit, and that a proof kills by what it asserts: without its assertions every mutant survives."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mutation.bench_judge import BenchJudge
from mutation.core_judge import BUILD_OF, CoreJudge
from mutation.core_runs import RUNS, CoreRun, Noticed, PackageRun
from mutation.judge import Surroundings
from mutation.judges import find_judge
from mutation.mutant_result import BROKEN, KILLED, SURVIVED, MutantResult
from mutation.netlist import MutatedUnit
from mutation.proof_judge import ProofJudge, free_constant
from t2c.common.places import RTL
from t2c.contract.hardware import Hardware
from t2c.tb.catalogue.unit_registry import mutated_units, units
from t2c.tb.random_programs.program_run import ProgramResult
from t2c.tb.simulation.simulators import find_simulator


def test_every_module_of_the_rtl_has_a_judge() -> None:
    judges = {unit.name: find_judge(unit.name) for unit in mutated_units()}
    assert isinstance(judges["mulquant"], BenchJudge)
    assert isinstance(judges["ram"], ProofJudge)
    assert {name for name, judge in judges.items() if isinstance(judge, CoreJudge)} <= set(BUILD_OF)
    assert all(judge.tests for judge in judges.values())


@pytest.fixture
def place(tmp_path: Path) -> Surroundings:
    return Surroundings(simulator=find_simulator("icarus"), folder=tmp_path, seed=1)


@pytest.mark.slow
def test_a_proof_kills_by_what_it_asserts(
    sim_output: Path, place: Surroundings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, folder = ProofJudge(unit="ram"), sim_output / "proof_judge"
    made = judge.make(RTL, folder / "as it is", count=8, seed=1)
    verdicts = [judge.run(made, number, place).verdict for number in range(9)]
    assert verdicts == [SURVIVED, *[KILLED] * 8]
    blind = tmp_path / "ram"
    shutil.copytree(units()["ram"].folder, blind)
    harness = blind / "formal" / "ram_words.v"
    harness.write_text(harness.read_text().replace("assert (rdata == rdata_q);", "assert (1);"))
    monkeypatch.setitem(units(), "ram", replace(units()["ram"], folder=blind))
    made = judge.make(RTL, folder / "blind", count=8, seed=1)
    verdicts = [judge.run(made, number, place).verdict for number in range(9)]
    assert verdicts[0] == SURVIVED
    assert set(verdicts) == {SURVIVED, KILLED}


def test_a_netlist_that_is_not_understood_is_refused() -> None:
    with pytest.raises(ValueError, match="is there 0 times, once was expected"):
        free_constant("module other(a);\nendmodule\n", "ram_mutants", "ram", {})


@pytest.mark.parametrize(
    ("noticed", "verdict", "reason"),
    [
        ([], SURVIVED, "every run passes"),
        ([Noticed(passed=False)], KILLED, "0"),
        ([Noticed(passed=False, sums_only=True)], KILLED, "0, accumulators alone"),
        (
            [Noticed(passed=True), Noticed(passed=False, sums_only=True), Noticed(passed=False)],
            KILLED,
            "1, accumulators",
        ),
        ([Noticed(passed=False, broken="KeyError")], BROKEN, "0: KeyError"),
    ],
)
def test_what_the_runs_of_the_core_say(
    noticed: list[Noticed], verdict: str, reason: str, place: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accumulators alone, or accumulators first and results in a later run: the table tells them apart."""
    judge = CoreJudge(unit="t2c_core")
    names = judge.tests
    said = dict(zip(names, noticed, strict=False))
    for run in RUNS[BUILD_OF["t2c_core"]]:
        monkeypatch.setattr(type(run), "look", lambda self, *_: said.get(self.name, Noticed(passed=True)))
    unit = MutatedUnit(folder=place.folder, name="t2c_core", netlist="", files=(), mutants=())
    result = judge.run(unit, 1, place)
    assert result.verdict == verdict
    assert result.reason == reason.replace("0", names[0]).replace("1", names[1])


def test_the_other_runs_of_the_core_come_after_the_proof(place: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not asked before it, and what they find, or that they find nothing, is the last word."""
    judge = CoreJudge(unit="t2c_core")
    unit = MutatedUnit(folder=place.folder, name="t2c_core", netlist="", files=(), mutants=())
    asked: list[str] = []
    wrong: set[str] = set()

    def look(self: CoreRun, *_: object) -> Noticed:
        asked.append(self.name)
        return Noticed(passed=self.name not in wrong)

    for run in RUNS[BUILD_OF["t2c_core"]]:
        monkeypatch.setattr(type(run), "look", look)
    assert judge.run(unit, 1, place).verdict == SURVIVED
    assert judge.last_word(unit, 1, place) is None
    assert tuple(asked) == judge.tests
    wrong.add(judge.tests[-1])
    assert judge.run(unit, 1, place).verdict == SURVIVED
    last = judge.last_word(unit, 1, place)
    assert last is not None
    assert (last.verdict, last.reason) == (KILLED, judge.tests[-1])


def test_the_page_of_the_core_says_what_accumulators_add() -> None:
    reasons = ("fields-program", "network, accumulators", "layer-1, accumulators alone", "short-program")
    results = [MutantResult(number=n, verdict=KILLED, reason=reason) for n, reason in enumerate(reasons, 1)]
    results.append(MutantResult(number=5, verdict=SURVIVED, reason="every run passes"))
    assert CoreJudge(unit="t2c_core").remarks(results) == [
        "With accumulators compared 4 are killed, without them 3;",
        "of these 1 show in accumulators in an earlier run than in results.",
    ]


@pytest.mark.parametrize(
    ("reasons", "alone"),
    [
        ((), False),
        (("run 0: sums: 2 words differ, the first is word 1: 1 came, 0 was expected",), True),
        (("run 0: sums: 3 words came, 4 were expected", "run 1, stall p50: output: 1 words differ"), False),
        (("the bench did not run to its end: see sim.log",), False),
    ],
)
def test_sums_alone_are_told_from_what_a_program_gives(reasons: tuple[str, ...], alone: bool, tmp_path: Path) -> None:
    result = ProgramResult(reasons=reasons, compared=9, cycles=9, seconds=1.0, folder=tmp_path)
    assert result.sums_only is alone


@dataclass(frozen=True)
class Files:
    """What a run was made of, as far as a mutant changes it."""

    plusargs: dict[str, Path]


@dataclass(frozen=True)
class Ended:
    """What a run came to."""

    passed: bool
    reasons: tuple[str, ...] = ("2 words differ",)
    wrong: int = 0

    @property
    def figures(self) -> dict[str, float]:
        return {"seconds": 1.0, "compared": 7, "wrong_accumulators": self.wrong}


@dataclass(frozen=True)
class Prepared:
    """A run in the place of a simulation."""

    folder: Path
    prepared: Files
    ended: Ended

    def run(self) -> Ended:
        assert self.prepared.plusargs == {"mutant": Path("5")}
        failure = f'<failure type="AssertionError" message="{self.ended.reasons[0]}"/>'
        case = f'<testcase name="one">{"" if self.ended.passed else failure}</testcase>'
        (self.folder / "results.xml").write_text(f"<testsuites>{case}</testsuites>")
        return self.ended


PASS, WRONG_SUMS = Ended(passed=True), Ended(passed=False, wrong=3)


@pytest.mark.parametrize(
    ("with_sums", "without", "noticed"),
    [
        (PASS, None, Noticed(passed=True, seconds=1.0)),
        (WRONG_SUMS, PASS, Noticed(passed=False, sums_only=True, seconds=2.0)),
        (WRONG_SUMS, Ended(passed=False), Noticed(passed=False, compared=7, seconds=2.0)),
        (Ended(passed=False), None, Noticed(passed=False, compared=7, seconds=1.0)),
    ],
)
def test_a_network_whose_sums_alone_are_wrong_says_so(
    with_sums: Ended,
    without: Ended | None,
    noticed: Noticed,
    place: Surroundings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """None: this run is not needed."""
    ends = {True: with_sums, False: without}

    def prepared(self: PackageRun, rtl: Path, hardware: Hardware, place: Surroundings, accumulators: bool) -> Prepared:
        ended = ends[accumulators]
        assert ended is not None
        return Prepared(tmp_path, Files({}), ended)

    monkeypatch.setattr(PackageRun, "_prepared", prepared)
    run = next(run for run in RUNS[BUILD_OF["t2c_core"]] if isinstance(run, PackageRun))
    assert run.look(RTL, Hardware(), 5, place) == noticed
