"""Modules whose descriptions say which values they take and how they compute; and a fault in each."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.components.bench_report import read_report
from t2c.tb.dut.description import load_description
from t2c.tb.dut.legal_values import Legal
from t2c.tb.dut.loader import LoadedModule, load_module
from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.run import UnitRun, run_description
from tests.campaign import sampled

REQUANTS = Path(__file__).parent / "duts" / "requants"


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
    "static": Ruled(fault=("static_requant.v", "p[W-1] & (", "1'b0 & ("), says=r"\[tie, negative\]"),
}


def copied(name: str, folder: Path, *change: str) -> Path:
    """The description in a folder of its own, with a change of one of its files."""
    shutil.copytree(REQUANTS, folder / "requants")
    if change:
        file, original, changed = change
        text = (folder / "requants" / file).read_text()
        assert text.count(original) == 1, original
        (folder / "requants" / file).write_text(text.replace(original, changed))
    return folder / "requants" / f"{name}.yaml"


def run(path: Path, output: Path, simulator: str = "icarus", *only: str) -> UnitRun:
    return run_description(load_description(path), find_simulator(simulator), output, only=only)


def findings(found: UnitRun) -> str:
    report = read_report(found.folder)
    tests = report.tests.values()
    return "\n".join([*report.explanation, *(line for test in tests for line in (test.error, *test.mismatches))])


@pytest.mark.slow
@pytest.mark.parametrize("name", RULED)
def test_a_module_within_its_rules_passes(name: str, sim_output: Path) -> None:
    found = run(REQUANTS / f"{name}.yaml", sim_output)
    assert found.outcome.passed, findings(found)
    assert tuple(found.missing) == RULED[name].missing
    report = read_report(found.folder)
    assert report.compared > 1000
    assert tuple(name for group, name in report.coverage.unhit() if group != "widths") == RULED[name].unhit


@pytest.mark.slow
@pytest.mark.parametrize("name", sampled(RULED, 2))
def test_a_fault_within_the_rules_fails_and_is_named(name: str, tmp_path: Path, sim_output: Path) -> None:
    ruled = RULED[name]
    found = run(copied(name, tmp_path, *ruled.fault), sim_output, "icarus", ruled.test)
    assert not found.outcome.passed
    assert re.search(ruled.says, findings(found)), findings(found)


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


REFUSED = {
    "empty": ("comb", "1..255", "255..1", "11: ranges: multiplier: 255..1 is empty: 255 is above 1"),
    "beyond": (
        "comb",
        "1..255",
        "1..256",
        "11: ranges: multiplier: 1..256 reaches beyond -256..255, all that mulquant's has bits for",
    ),
    "none left": ("power", "power_of_two", "200..300", "ranges: multiplier: no value is left of -128..127"),
    "no number": ("comb", "1..255", "few", "ranges: multiplier: 'few' is none of the unit's parameters"),
    "name": ("comb", "multiplier: 1..255", "scale: 1", "11: unknown field 'scale'; there are acc, multiplier, bias"),
    "no clip range": ("comb", "lo: -127..127", "lo: 100, hi: 0..99", "ranges: no lo of 100 is below a hi of 0..99"),
    "clip constant": (
        "power",
        "ranges: {multiplier: power_of_two}",
        "ranges: {lo: 3}\nconstants: {hi: 2}",
        "no lo of 3 is below a hi of 2",
    ),
    "constant too": (
        "power",
        "ranges: {multiplier: power_of_two}",
        "ranges: {shift: 3}\nconstants: {shift: 2}",
        "ranges: shift is among the constants",
    ),
    "reset of no clock": (
        "comb",
        "clock: none",
        "clock: none\nreset: {port: m, active: low}",
        "reset: a module without a clock has none",
    ),
    "latency of no clock": (
        "comb",
        "clock: none",
        "clock: none\nlatency: 1",
        "latency: 1; a module without a clock has latency 0",
    ),
    "width": ("early_bias", "operand: 22", "operand: 63", "12: saturate: operand_bits = 63 is outside 2..62"),
    "what saturates": ("early_bias", "operand: 22", "bias: 22", "unknown field 'bias'; there are operand, sum"),
    "order": ("early_bias", "bias_first", "last", "order: 'last' is not one of scale_first, bias_first"),
    "order of pairs": (
        "early_bias",
        "absent: pairs",
        "",
        "order: says how one operand is scaled; 'absent: pairs'",
    ),
    "static data": ("static", "[multiplier,", "[acc,", "static: 'acc' is not one of multiplier, bias, shift"),
    "static pairs": ("static", "absent: pairs\n", "", "12: static: two operands of one result have constants each"),
    "lanes": ("quad", "lanes: 4", "lanes: 65", "13: lanes: 65 is outside 2..64"),
    "lanes of theirs": (
        "quad",
        "lanes: 4",
        "lanes: 3",
        "acc: quad_requant's 'accs' has 48 bits, mulquant's acc",
    ),
    "ports of lanes": ("two", "[acc0, acc1]", "[acc0, acc1, mul0]", "17: ports: acc: 3 ports for 2 elements"),
    "one port": ("two", "shift: shift\n", "shift: [shift, lo]\n", "20: ports: shift: 2 ports for 1 element"),
    "shared": ("two", "shared: shift", "shared: acc", "shared: 'acc' is not one of multiplier, bias, shift"),
    "no lanes": ("two", "lanes: 2\n", "", "shared: there are no lanes"),
    "lanes of pairs": ("quad", "absent: pairs\n", "", "lanes: two operands of one result come in two beats"),
    "shared and static": (
        "two",
        "static: [multiplier, bias, shift]",
        "static: [multiplier, bias]",
        "14: shared: shift of all lanes may change while bias of each may not; make shift static too",
    ),
    "reset missing": ("comb", "clock: none", "clock: s", "reset is missing; needed are"),
}


def opened(path: Path, output: Path) -> LoadedModule:
    description = load_description(path)
    return load_module(description, {**units()["mulquant"].parameters, **description.unit_parameters}, output)


@pytest.mark.parametrize("case", REFUSED)
def test_rules_that_cannot_be_kept_are_refused_in_one_line(case: str, tmp_path: Path) -> None:
    name, original, changed, message = REFUSED[case]
    path = copied(name, tmp_path, f"{name}.yaml", original, changed)
    with pytest.raises(UserError) as caught:
        opened(path, tmp_path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_order_whose_sum_is_too_wide_is_refused(tmp_path: Path) -> None:
    path = copied("early_bias", tmp_path, "early_bias.yaml", "saturate: {operand: 22}\n", "")
    path.write_text(path.read_text().replace("BIAS_W: 24", "BIAS_W: 40"))
    with pytest.raises(UserError, match="order: p has 74 bits with these widths, 62 at most"):
        opened(path, tmp_path)


def test_legal_values() -> None:
    some = Legal.parse(["-4..-2", "WIDTH", "power_of_two"], {"WIDTH": 3}).within(Legal.of(-3, 8))
    assert some.text() == "-3..-2, 1, 2, 3, 4, 8"
    assert [some.nearest(value) for value in (-9, -1, 0, 5, 7, 99)] == [-3, -2, 1, 4, 8, 8]
    assert (some.lowest, some.highest, -1 in some, 8 in some) == (-3, 8, False, True)
    assert some.small() == [-3, -2, 1, 2, 3, 4, 8]
    assert Legal.parse(["power_of_two"], {}).text() == "1, 2, 4, 8, 16, 32 and 57 more"
    assert Legal.of(0, 1 << 40).small() == [0, 1, 1 << 40]
