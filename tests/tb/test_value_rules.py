"""Modules whose descriptions say which values they take and how they compute; and a fault in each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from t2c.tb.components.bench_report import read_report
from t2c.tb.dut.description import load_description
from t2c.tb.dut.legal_values import Legal
from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.run import UnitRun, run_description
from tests.tb.requants import REQUANTS, copied


@dataclass(frozen=True, kw_only=True)
class Ruled:
    """A description in REQUANTS. fault: file, text that is there once, what it becomes; test: that sees it; says: what
    the report then says; missing: tests that do not apply; unhit: bins that nobody knows how to hit."""

    fault: tuple[str, str, str]
    test: str = "corners"
    says: str
    missing: tuple[str, ...] = ("pairs",)
    unhit: tuple[str, ...] = ()


RULED = {
    "comb": Ruled(
        fault=("comb_requant.sv", "128) <<", "127) <<"), says=r"\[tie", missing=("pairs", "reset_in_mid_stream")
    ),
    "early_bias": Ruled(
        fault=("early_bias.sv", "x = 22'sd2097151", "x = 22'sd1572863"),
        says=r"\[operand saturates high\]",
        unhit=("one below where it turns, positive", "one below where it turns, negative"),
    ),
    "power": Ruled(fault=("power_requant.v", "k < M;", "k < M - 2;"), says=r"multiplier 64"),
    "quad": Ruled(fault=("quad_requant.sv", ": value[Y-1:0];", ": value[Y-1:0] ^ (k == 2);"), says=r"\[lane 2\]"),
    "two": Ruled(fault=("two_requant.v", "{c1[3:0]", "{~c1[3:0]"), says=r"\[lane 1\]"),
    "wired": Ruled(fault=("wired_requant.v", "48'sd128", "48'sd127"), says=r"\[tie"),
    "array": Ruled(fault=("array_requant.sv", "q[2 - k]", "q[k]"), says="lane 0: "),
    "own": Ruled(fault=("own_requant.v", "(acc * 5)", "(acc * 3)"), says="vector [0-9]+: acc"),
    "static": Ruled(fault=("static_requant.v", "p[W-1] & (", "1'b0 & ("), says=r"\[tie, negative\]"),
}


def run(path: Path, output: Path, simulator: str = "icarus", *only: str) -> UnitRun:
    return run_description(load_description(path), find_simulator(simulator), output, only=only)


def findings(found: UnitRun) -> str:
    report = read_report(found.folder)
    tests = report.tests.values()
    return "\n".join([*report.explanation, *(line for test in tests for line in (test.error, *test.mismatches))])


@pytest.mark.sample(12)
@pytest.mark.slow
@pytest.mark.parametrize("name", RULED)
def test_a_module_within_its_rules_passes(name: str, sim_output: Path) -> None:
    found = run(REQUANTS / f"{name}.yaml", sim_output)
    assert found.outcome.passed, findings(found)
    assert tuple(found.missing) == RULED[name].missing
    report = read_report(found.folder)
    assert report.compared > 1000
    assert tuple(name for group, name in report.coverage.unhit() if group != "widths") == RULED[name].unhit


@pytest.mark.sample(24)
@pytest.mark.slow
@pytest.mark.parametrize("name", RULED)
def test_a_fault_within_the_rules_fails_and_is_named(name: str, tmp_path: Path, sim_output: Path) -> None:
    ruled = RULED[name]
    found = run(copied(name, tmp_path, *ruled.fault), sim_output, "icarus", ruled.test)
    assert not found.outcome.passed
    assert re.search(ruled.says, findings(found)), findings(found)


@pytest.mark.slow
def test_a_reference_that_returns_too_much_fails_with_its_inputs(tmp_path: Path, sim_output: Path) -> None:
    found = run(copied("own", tmp_path, "own.yaml", "stochastic", "too_wide"), sim_output, "icarus", "random_data")
    assert not found.outcome.passed
    assert re.search(r"own\.py:too_wide\(acc=-?\d+, .*\) returned -?\d+, outside -8\.\.15", findings(found))


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("comb", "ranges: {multiplier: 1..255, shift: 8..23, lo: -127..127}\n"),
        ("static", "static: [multiplier, bias, shift]\n"),
    ],
)
def test_without_its_rule_the_module_fails(name: str, rule: str, tmp_path: Path, sim_output: Path) -> None:
    found = run(copied(name, tmp_path, f"{name}.yaml", rule, ""), sim_output, "icarus", "corners")
    assert not found.outcome.passed
    assert read_report(found.folder).failed > 100


def test_legal_values() -> None:
    some = Legal.parse(["-4..-2", "WIDTH", "power_of_two"], {"WIDTH": 3}).within(Legal.of(-3, 8))
    assert some.text() == "-3..-2, 1, 2, 3, 4, 8"
    assert [some.nearest(value) for value in (-9, -1, 0, 5, 7, 99)] == [-3, -2, 1, 4, 8, 8]
    assert (some.lowest, some.highest, -1 in some, 8 in some) == (-3, 8, False, True)
    assert some.small() == [-3, -2, 1, 2, 3, 4, 8]
    assert some.few(3) == [-3, 2, 8]
    assert some.few(9) == [-3, -2, 1, 2, 3, 4, 8]
    assert Legal.parse(["power_of_two"], {}).text() == "1, 2, 4, 8, 16, 32 and 57 more"
    assert Legal.of(0, 1 << 40).small() == [0, 1, 1 << 40]
