"""Tables of the table units: made by name, a user's own, or a package's; and what cannot be used, in one line."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from t2c.common.errors import UserError
from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.lut import FUNCTIONS
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import save_package
from t2c.golden.nodes.softmax import Softmax
from t2c.tb.__main__ import main as sim
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.catalogue.unit_table import read_entries
from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.lut_softmax.rows import Space, corner_rows, random_rows, tie_rows
from t2c.tb.units.run import run_unit
from t2c.tb.units.table_choice import TableChoice, choose_table, named_table, table_from_file, table_from_node
from tests.table_net import table_package
from tests.tb.rtl_mutants import only

pytestmark = pytest.mark.slow

SOFTMAX, POINTWISE = units()["lut_softmax"].parameters, units()["lut_pointwise"].parameters


def choice(**given: str) -> TableChoice:
    return TableChoice(**{"table": "", "model": "digits_w8a8", "layer": "list", "seed": 1, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["rising", "exp", "random"])
def test_named_softmax_tables_fit_the_unit(name: str) -> None:
    for parameters in (SOFTMAX, {**SOFTMAX, "X_W": 2, "DEPTH_W": 1, "E_W": 4}):
        table = named_table("lut_softmax", name, parameters, 3)
        assert table.entries.shape == (1 << parameters["DEPTH_W"],)
        assert table.entries[0] >= 1
        assert table.entries.max() < 1 << parameters["E_W"]
        assert len(set(table.entries.tolist())) > 1


def test_the_usual_softmax_table_reaches_every_width() -> None:
    """r = 2^R and the largest entry, which fills the sum; the last entry differs from what lies beyond."""
    entries = named_table("lut_softmax", "", SOFTMAX, 1).entries
    assert (entries[0], entries[-1]) == (1, (1 << SOFTMAX["E_W"]) - 1)


@pytest.mark.parametrize("name", ["random", *FUNCTIONS])
def test_named_pointwise_tables_fit_the_unit(name: str) -> None:
    for parameters in (POINTWISE, {"X_W": 2, "OUT_W": 16}, {"X_W": 11, "OUT_W": 3}):
        table = named_table("lut_pointwise", name, parameters, 3)
        assert table.entries.shape == (1 << parameters["X_W"],)
        assert 0 <= table.entries.min() <= table.entries.max() < 1 << parameters["OUT_W"]


def test_a_table_is_written_as_it_is_read(tmp_path: Path) -> None:
    table = named_table("lut_softmax", "random", SOFTMAX, 3)
    assert table.write(tmp_path).read_text().splitlines()[0] == f"{table.entries[0]:x}"
    assert np.array_equal(read_entries(tmp_path), table.entries)


def test_a_table_of_ones_own_sets_depth_and_widths(tmp_path: Path) -> None:
    path = tmp_path / "my.hex"
    path.write_text("// mine\n1F\n\n0 // gone\n3\n4\n")
    table = table_from_file("lut_softmax", path, SOFTMAX)
    assert table.entries.tolist() == [31, 0, 3, 4]
    assert table.parameters == {"X_W": 8, "DEPTH_W": 2, "E_W": 12, "OUT_W": 8, "R_W": 22}
    path.write_text("2000\n0\n")
    wider = {"X_W": 8, "DEPTH_W": 1, "E_W": 14, "OUT_W": 8, "R_W": 22}
    assert table_from_file("lut_softmax", path, SOFTMAX).parameters == wider
    path.write_text("1\n2\n3\n1ff\n")
    assert table_from_file("lut_pointwise", path, POINTWISE).parameters == {"X_W": 2, "OUT_W": 9}


@pytest.mark.parametrize(
    ("unit", "text", "message"),
    [
        ("lut_softmax", "9\nx\n", r"table: .*my.hex:2: 'x' is not a hexadecimal entry"),
        ("lut_softmax", "9\n-1\n", r"table: .*my.hex:2: '-1' is not"),
        ("lut_softmax", "9\n1 2\n", r"table: .*my.hex:2: '1 2' is not"),
        ("lut_softmax", "0\n1\n", r"table: .*my.hex: exp\[0\] = 0 is below 1"),
        ("lut_softmax", "1\n1\n1\n", r"table: .*my.hex: exp: shape \(3,\) is not a vector of 2, 4, 8"),
        ("lut_softmax", "", r"table: .*my.hex: exp: shape \(0,\)"),
        ("lut_softmax", "10000\n1\n", r"table: .*my.hex: exponent_bits = 17 is outside 4..16"),
        ("lut_pointwise", "1\n1\n", r"table: .*my.hex: table: shape \(2,\)"),
        ("lut_pointwise", "1\n1\n1\nfffff\n", r"table: .*my.hex: bits = 20 is outside 2..16"),
    ],
)
def test_a_bad_table_is_refused_in_one_line(unit: str, text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "my.hex"
    path.write_text(text)
    with pytest.raises(UserError, match=message) as caught:
        table_from_file(unit, path, units()[unit].parameters)
    assert "\n" not in str(caught.value)


def test_the_table_and_the_widths_of_a_node() -> None:
    graph = table_package().graph
    table = table_from_node("lut_softmax", graph, "softmax")
    assert table.parameters == {"X_W": 7, "DEPTH_W": 6, "E_W": 10, "OUT_W": 6, "R_W": 17}
    assert np.array_equal(table.entries, graph.node("softmax").softmax.exp)
    assert table_from_node("lut_pointwise", graph, "gelu").parameters == {"X_W": 8, "OUT_W": 6}
    assert table_from_node("lut_pointwise", graph, "gelu").entries.max() <= 63


def with_rounding(graph: Graph, rounding: Rounding) -> Graph:
    *nodes, last = graph.nodes
    assert isinstance(last, Softmax)
    widths = {name: getattr(last.softmax, name) for name in ("exponent_bits", "output_bits", "reciprocal_bits")}
    table = SoftmaxTable(exp=last.softmax.exp, rounding=rounding, **widths)
    changed = Softmax(name=last.name, inputs=last.inputs, output=last.output, softmax=table)
    return Graph(**{**vars(graph), "nodes": (*nodes, changed)})


def test_a_rounding_that_the_unit_does_not_have_is_refused() -> None:
    graph = table_package().graph
    table_from_node("lut_softmax", with_rounding(graph, Rounding.HALF_AWAY), "softmax")
    with pytest.raises(UserError, match="layer = 'softmax': rounding half_even; lut_softmax has half_up"):
        table_from_node("lut_softmax", with_rounding(graph, Rounding.HALF_EVEN), "softmax")


@pytest.mark.parametrize(
    ("unit", "given", "message"),
    [
        (
            "mulquant",
            {"table": "exp"},
            "table: unit = mulquant has no table; lut_pointwise and lut_softmax and program_sequencer have",
        ),
        ("mulquant", {"layer": "conv1"}, "layer: unit = mulquant has no table"),
        ("lut_softmax", {"table": "gelu"}, "table = 'gelu' is no file and not one of rising, exp, random"),
        (
            "lut_pointwise",
            {"table": "exp"},
            "table = 'exp' is no file and not one of random, gelu, sigmoid, silu, tanh",
        ),
        ("lut_softmax", {"table": "exp", "layer": "conv1"}, "table = 'exp' and layer = 'conv1': one table, please"),
        ("lut_softmax", {"layer": "conv1"}, "layer = 'conv1' is a conv2d; unit = lut_softmax takes a softmax"),
        ("lut_pointwise", {"layer": "fc"}, "layer = 'fc' is a linear; unit = lut_pointwise takes a pointwise"),
    ],
)
def test_a_choice_that_cannot_be_met(unit: str, given: Mapping[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        choose_table(unit, units()[unit].parameters, choice(**given))


def test_nothing_chosen() -> None:
    assert choose_table("lut_softmax", SOFTMAX, choice()) is None
    assert choose_table("mulquant", units()["mulquant"].parameters, choice()) is None


@pytest.mark.sample(3)
@pytest.mark.parametrize(("unit", "layer"), [("lut_softmax", "softmax"), ("lut_pointwise", "gelu")])
def test_a_node_of_a_package_runs_on_its_unit(
    unit: str, layer: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_package(table_package(), tmp_path / "tables")
    where = ["--out", str(sim_output), "--model", str(tmp_path / "tables"), "--layer", layer]
    assert sim(["--unit", unit, *where]) == 0
    assert "verdict   PASS" in capsys.readouterr().out


def test_a_table_of_ones_own_runs(tmp_path: Path, sim_output: Path) -> None:
    (tmp_path / "my.hex").write_text("3\n2\n0\n1\n")
    assert sim(["--unit", "lut_pointwise", "--out", str(sim_output), "--table", str(tmp_path / "my.hex")]) == 0


@pytest.mark.sample(6)
@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_over_its_whole_range(
    name: str, simulator: str, sim_output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "lut_pointwise", "sweep")
    table = named_table("lut_pointwise", name, POINTWISE, 1)
    outcome = run_unit("lut_pointwise", find_simulator(simulator), sim_output, table=table, folder_suffix=name)
    assert outcome.passed, outcome.log.read_text()[-3000:]


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", ["exp", "random"])
def test_other_softmax_tables(name: str, sim_output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "lut_softmax", "corners", "random_data")
    table, parameters = named_table("lut_softmax", name, SOFTMAX, 5), {"LEN_W": 4}
    outcome = run_unit(
        "lut_softmax", find_simulator("icarus"), sim_output, parameters=parameters, table=table, folder_suffix=name
    )
    assert outcome.passed, outcome.log.read_text()[-3000:]


@pytest.mark.sample(8)
@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
@pytest.mark.parametrize(
    ("unit", "parameters"),
    [
        ("lut_pointwise", {"X_W": 2, "OUT_W": 16}),
        ("lut_pointwise", {"X_W": 13, "OUT_W": 2}),
        ("lut_softmax", {"X_W": 10, "DEPTH_W": 10, "E_W": 16, "OUT_W": 7, "R_W": 32, "LEN_W": 4}),
        ("lut_softmax", {"LEN_W": 10}),
    ],
    ids=str,
)
def test_other_widths(unit: str, parameters: dict[str, int], simulator: str, sim_output: Path) -> None:
    """Rows of 1024 elements among them."""
    outcome = run_unit(unit, find_simulator(simulator), sim_output, parameters=parameters)
    assert outcome.passed, outcome.log.read_text()[-3000:]


# ------------------------------------------------------------------ the rows that the bench sends


def space(*, signed: bool) -> Space:
    table = SoftmaxTable(
        exp=named_table("lut_softmax", "", SOFTMAX, 1).entries,
        exponent_bits=SOFTMAX["E_W"],
        output_bits=SOFTMAX["OUT_W"],
        reciprocal_bits=SOFTMAX["R_W"],
    )
    fmt = IntFormat(bits=SOFTMAX["X_W"], signed=signed)
    return Space(fmt=fmt, longest=1 << SOFTMAX["LEN_W"], table=table, rng=random.Random(1))


def exponentials(row: list[int], table: SoftmaxTable) -> IntArray:
    below = max(row) - np.array(row)
    return np.where(below < table.depth, table.exp[np.minimum(below, table.depth - 1)], 0)


@pytest.mark.parametrize("signed", [True, False])
def test_rows_are_legal_and_hold_the_corners(signed: bool) -> None:
    where = space(signed=signed)
    rows = [*corner_rows(where), *random_rows(where, 50, 40)]
    assert {1, 2, where.longest - 1, where.longest} <= {len(row) for row in rows}
    assert all(1 <= len(row) <= where.longest for row in rows)
    assert all(where.fmt.lo <= min(row) and max(row) <= where.fmt.hi for row in rows)
    distances = {max(row) - element for row in rows for element in row}
    assert {0, where.table.depth - 1, where.table.depth, where.table.depth + 1, 255} <= distances


def has_tie(e: IntArray, table: SoftmaxTable) -> bool:
    """A result of the row with these exponentials lies exactly between two integers."""
    shift = table.reciprocal_bits - table.output_bits
    products = e * ((1 << table.reciprocal_bits) // int(e.sum()))
    return bool((products % (1 << shift) == 1 << (shift - 1)).any())


def test_rows_with_ties_have_them() -> None:
    rows = list(tie_rows(space(signed=True), 6))
    assert len(rows) > 10
    assert all(has_tie(exponentials(row, space(signed=True).table), space(signed=True).table) for row in rows)
