"""Arrays of other elements: every tensor on the RTL, planted faults named at the element, refusals, an element that
exists only here."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.contract.hardware import Hardware
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import compile_program
from t2c.tb.components.element_rules import try_rules
from t2c.tb.cosim.cosimulation import locked_cosimulation
from t2c.tb.cosim.localisation.rerun import diagnose
from t2c.tb.cosim.request import ERROR_TEST, MAIN_TEST, RESET_TEST, RunRequest
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from tests.campaign import crossed
from tests.conftest import ROOT
from tests.element_net import WIDTH, element_package, mixed_package
from tests.tb.rtl_mutants import plant

pytestmark = pytest.mark.slow

DEPTHS = {"act_depth": 1 << 10, "wgt_depth": 1 << 12, "par_depth": 1 << 8, "prg_depth": 1 << 12}
ELEMENTS = ("sp2", "two_of_four", "truncated", "adc_column")
EXACT = ("sp2", "two_of_four")


def hardware_for(element: str, rows: int = 8, cols: int = 4, w_w: int | None = None) -> Hardware:
    width = WIDTH.get(element, 8) if w_w is None else w_w
    return Hardware(rows=rows, cols=cols, w_w=width, element=element, **DEPTHS)


def package_for(element: str) -> Package:
    return element_package(element, exact_layers=element in EXACT)


def run(package: Package, hardware: Hardware, output: Path, simulator: str = "icarus", **request: object) -> RunResult:
    with locked_cosimulation(
        package, package.name, RunRequest(**request), hardware, find_simulator(simulator), output
    ) as job:
        return job.run()


@pytest.mark.parametrize(
    ("element", "size", "simulator"), crossed(ELEMENTS, [(8, 4), (4, 4), (8, 8)], SIMULATORS, every=18)
)
def test_every_tensor(element: str, size: tuple[int, int], simulator: str, sim_output: Path) -> None:
    """With back-pressure, a reset in mid-stream and a misplaced tlast; cycles are those of the schedule."""
    tests = (MAIN_TEST, RESET_TEST, ERROR_TEST)
    result = run(
        package_for(element), hardware_for(element, *size), sim_output, simulator, images=2, stall="p10", tests=tests
    )
    assert result.passed, result.reasons


@pytest.mark.sample(6)
@pytest.mark.parametrize("element", ELEMENTS)
def test_cycles_are_exact(element: str, sim_output: Path) -> None:
    """The array is as fast as one of multipliers, but for the rows that its sums pass."""
    result = run(package_for(element), hardware_for(element), sim_output, images=1)
    assert result.passed, result.reasons
    assert result.figures["cycles"] == result.figures["expected_cycles"] > 0


@pytest.mark.sample(3)
@pytest.mark.parametrize("element", EXACT)
def test_constants_that_do_not_fit_are_brought(element: str, sim_output: Path) -> None:
    """Codes come over the stream, whose words may be as wide as a word of codes."""
    hardware = Hardware(
        rows=8, cols=4, w_w=WIDTH.get(element, 8), element=element, **{**DEPTHS, "wgt_depth": 320, "par_depth": 4}
    )
    result = run(package_for(element), hardware, sim_output, images=1)
    assert result.passed, result.reasons


MIXES = ("mac:2,sp2:2", "mac:1,sp2:3", "sp2:1,mac:3")


@pytest.mark.parametrize(("columns", "share"), crossed(MIXES, (0.3, 0.7, 1.0), every=9))
def test_one_core_runs_any_mix_of_rows(columns: str, share: float, sim_output: Path) -> None:
    """With a residual add, a pool, grouped and depthwise layers and a linear one."""
    result = run(mixed_package(share), hardware_for(columns, w_w=4), sim_output, images=2)
    assert result.passed, result.reasons


def test_layers_that_are_added_and_want_different_columns_are_refused() -> None:
    package = mixed_package(0.5)
    nodes = {node.name: node for node in package.graph.nodes}
    turned = nodes["depthwise"].weight[::-1].copy()
    turned[0], turned[1] = 8, 7  # one filter for SP2 alone, one for a multiplier alone
    pairs = nodes["pairs"].weight.copy()
    pairs[0], pairs[1] = 7, 8
    changed = {"depthwise": turned, "pairs": pairs}
    made = tuple(
        replace(node, weight=changed[node.name]) if node.name in changed else node for node in package.graph.nodes
    )
    graph = replace(package.graph, nodes=made)
    with pytest.raises(UnsupportedError, match="layer 'depthwise': filter 0 wants another column than that of layer"):
        compile_program(graph, "all", hardware_for("mac:2,sp2:2", w_w=4))


def test_a_filter_that_no_column_holds_is_refused() -> None:
    package = mixed_package(1.0)
    hardware = Hardware(rows=8, cols=4, w_w=4, element="mac:2,sp2:2", **DEPTHS)
    nodes = list(package.graph.nodes)
    weight = nodes[0].weight.copy()
    weight.flat[0], weight.flat[1] = 8, 3
    nodes[0] = replace(nodes[0], weight=weight)
    with pytest.raises(UnsupportedError, match="layer 'stem': filter 0: no column, of mac or sp2, holds its weights"):
        compile_program(replace(package.graph, nodes=tuple(nodes)), "all", hardware)


FAULTS = {
    "sp2": ("sp2_pe.v", "weight_q[2] ? {a_wide", "(weight_q[2] & ~(&weight_q[1:0])) ? {a_wide"),
    "two_of_four": (
        "sparse_pe.v",
        "weight_q[CODE_W+W_W+:2];",
        "weight_q[CODE_W+W_W+:2] ^ {1'b0, &weight_q[CODE_W+W_W+:2]};",
    ),
    "truncated": ("truncated_pe.v", "(row3 & {H_W{weight_q[3]}})", "(row3 & {H_W{weight_q[3] & ~a_q[0]}})"),
    "adc_column": ("adc_pe.v", "(code > MOST) ? MOST :", "(code > MOST) ? MOST - 1 :"),
}
"""A fault in each element that only some operands show."""


@pytest.mark.sample(6)
@pytest.mark.parametrize("element", FAULTS)
def test_a_planted_fault_is_named_at_the_element(element: str, tmp_path: Path, sim_output: Path) -> None:
    file, original, mutant = FAULTS[element]
    package, hardware = package_for(element), hardware_for(element)
    request = RunRequest(images=3, rtl=plant(tmp_path, file, original, mutant))
    with locked_cosimulation(package, package.name, request, hardware, find_simulator("icarus"), sim_output) as job:
        result = job.run()
        diagnosis = diagnose(job, result)
    assert not result.passed
    assert diagnosis is not None
    assert diagnosis.finding.unit == file.removesuffix(".v"), diagnosis.finding.text
    assert re.match(r"array: PE \(row \d+, column \d+\), ", diagnosis.finding.text), diagnosis.finding.text


@pytest.mark.parametrize(
    ("network", "array", "message"),
    [
        ("truncated", "", "layer 'stem': its products are those of element 'truncated', the array has mac"),
        ("mac", "truncated", "layer 'stem': it wants exact products, the array's are those of element 'truncated'"),
        ("adc_column", "truncated", "layer 'stem': it wants those of element 'adc_column', the array's are those of"),
        ("mac", "two_of_four", r"layer 'stem': weights \[.*\] of row \d+, column \d+: element 'two_of_four' does not"),
    ],
)
def test_a_network_of_another_arithmetic_is_refused(network: str, array: str, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        compile_program(element_package(network).graph, "all", hardware_for(array))


@pytest.mark.parametrize("element", ["truncated", "adc_column"])
def test_what_only_passes_the_array_is_refused_on_an_element_that_changes_it(element: str) -> None:
    package = element_package(element, exact_layers=True)
    with pytest.raises(UnsupportedError, match=f"it needs operands as they are, element {element!r} changes them"):
        compile_program(package.graph, "sum", hardware_for(element))


# ---------------------------------------------------------------- an element that exists only here
PAGE = ROOT / "docs" / "elements.md"


def blocks() -> dict[str, str]:
    """Files of the page, by the language of their block."""
    found = dict(re.findall(r"```(python|verilog|yaml)\n(.*?)```", PAGE.read_text(), re.DOTALL))
    assert set(found) == {"python", "verilog", "yaml"}
    return found


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The description of the page's element, in a folder with its files."""
    for name, text in zip(("shift.py", "shift_pe.v", "shift.yaml"), blocks().values(), strict=True):
        (tmp_path / name).write_text(text)
    return tmp_path / "shift.yaml"


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False)


def test_the_pair_of_the_page_takes_at_most_80_lines_each() -> None:
    assert all(text.count("\n") <= 80 for text in blocks().values())


@pytest.mark.campaign
def test_the_page_runs_from_the_class_to_the_rtl(own: Path, tmp_path: Path) -> None:
    bench = command(tmp_path, "t2c.tb", "--unit", "array_element", "--element", "shift.yaml")
    assert bench.returncode == 0, bench.stdout + bench.stderr
    assert "class     shift: rules hold for 7680 sums of 15 weights, all\n" in bench.stdout
    fitted = command(tmp_path, "t2c", "element", "digits_w8a8", "--element", "shift.yaml", "--out", "shift")
    assert fitted.returncode == 0, fitted.stderr
    assert "accuracy  99.39% before, 99.09% now, of 328 samples that corrected nothing\n" in fitted.stdout
    run = command(tmp_path, "t2c", "sim", "shift", "--layer", "all", "--element", "shift.yaml", "--images", "2")
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.endswith("verdict   PASS\n")


def test_a_fault_of_an_own_module_is_found_by_the_bench(own: Path, tmp_path: Path) -> None:
    source = tmp_path / "shift_pe.v"
    text = source.read_text()
    assert text.count("? -shifted") == 1
    source.write_text(text.replace("? -shifted", "? ~shifted"))
    bench = command(tmp_path, "t2c.tb", "--unit", "array_element", "--element", "shift.yaml")
    assert bench.returncode == 1
    assert "verdict   FAIL" in bench.stdout
    assert "psum_o: expected" in bench.stdout


LIES = {
    "the bound is too small": ("", "    def bound(self, a_w, w_w):\n        return 100\n", "is above its bound 100"),
    "two weights have one code": ("8 * (w < 0)", "7 * (w < 0)", "have the same code"),
    "a code does not fit": ("return 4", "return 3", "does not fit 3 bits"),
    "a code is decoded as another weight": ("codes & 8, -1, 1", "codes & 8, 1, -1", "is decoded as"),
    "legal gives no booleans": (".all(axis=-1)", ".sum(axis=-1)", "not an array of booleans"),
    "0 is not legal": ("array([0, 1,", "array([3, 1,", "weights that are all 0 are not legal"),
    "it raises": ("return 4", "return self.bits", "AttributeError: 'Shift' object has no attribute 'bits'"),
    "a 0 counts": (
        "",
        "    def sums(self, operands, weights):\n        return (operands * weights).sum(axis=-1) + 1\n",
        "says that it is exact",
    ),
}


@pytest.mark.sample(6)
@pytest.mark.parametrize("lie", LIES)
def test_a_class_that_breaks_a_rule_is_refused_by_case(lie: str, own: Path, tmp_path: Path) -> None:
    original, becomes, message = LIES[lie]
    source = tmp_path / "shift.py"
    text = source.read_text()
    if original:
        assert text.count(original) >= 1
        text = text.replace(original, becomes, 1)
    else:
        text += "\n" + becomes
    source.write_text(text)
    done = command(tmp_path, "t2c.tb", "--unit", "array_element", "--element", "shift.yaml")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert message in done.stderr, done.stderr


def test_a_sum_that_counts_what_stands_beside_a_0_is_refused() -> None:
    from t2c.golden.elements.truncated import Truncated

    class Leaky(Truncated):
        def sums(self, operands, weights):  # type: ignore[no-untyped-def]
            return super().sums(operands, weights) + (operands[..., 0] & 1)

    with pytest.raises(UserError, match="an operand beside a 0 counts: operands"):
        try_rules(Leaky(), 5, 4)


DESCRIPTIONS = {
    "no such file": ("shift.py:Shift", "none.py:Shift", r"shift\.yaml:1: .*none\.py.*: No such file"),
    "no such class": ("shift.py:Shift", "shift.py:Shaft", r"shift\.yaml:1: .*the file has no function 'Shaft'"),
    "no element": ("shift.py:Shift", "shift.py:LEVELS", r"shift\.yaml:1: "),
    "no such source": ("shift_pe.v", "none.v", r"shift\.yaml:2: .*none\.v: no such file"),
    "a field missing": ("verilog: shift_pe.v", "", r"shift\.yaml:1: field 'verilog' is missing"),
    "a field too many": ("verilog:", "width: 3\nverilog:", r"shift\.yaml:2: unknown field 'width'"),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("case", DESCRIPTIONS)
def test_a_description_that_does_not_hold_is_one_line(case: str, own: Path, tmp_path: Path) -> None:
    original, becomes, message = DESCRIPTIONS[case]
    own.write_text(own.read_text().replace(original, becomes))
    done = command(tmp_path, "t2c.tb", "--unit", "array_element", "--element", "shift.yaml")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert re.search(message, done.stderr), done.stderr


@pytest.mark.sample(3)
@pytest.mark.parametrize("words", ["--unit mulquant", "--unit t2c_core", "--unit layer_engine", "--dut x.yaml"])
def test_where_there_is_no_array_of_ours_an_element_is_refused(words: str, tmp_path: Path) -> None:
    done = command(tmp_path, "t2c.tb", *words.split(), "--element", "sp2")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "--element = 'sp2'" in done.stderr


def test_the_model_of_the_core_has_elements_too(tmp_path: Path) -> None:
    words = ("--layer", "all", "--element", "mac:4,sp2:4", "--w-w", "4", "--backend", "model", "--images", "2")
    done = command(tmp_path, "t2c", "sim", "digits_msq", *words)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_module_with_other_ports_is_one_line(own: Path, tmp_path: Path) -> None:
    source = tmp_path / "shift_pe.v"
    source.write_text(source.read_text().replace("swap_i", "swap"))
    done = command(tmp_path, "t2c.tb", "--unit", "array_element", "--element", "shift.yaml")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "swap_i" in done.stderr, done.stderr


def test_a_source_with_the_name_of_one_of_ours_is_one_line(own: Path, tmp_path: Path) -> None:
    (tmp_path / "ram.v").write_text((tmp_path / "shift_pe.v").read_text())
    own.write_text(own.read_text().replace("shift_pe.v", "ram.v"))
    done = command(tmp_path, "t2c.tb", "--unit", "array_element", "--element", "shift.yaml")
    assert done.returncode == 2
    assert "ram.v: the core has a file of that name" in done.stderr
