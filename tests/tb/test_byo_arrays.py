"""Arrays of other kinds behind their descriptions, and slips in those that the report names."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from t2c.common.errors import UserError
from t2c.golden.arithmetic.gemm import gemm
from t2c.tb import __main__ as command
from t2c.tb.components.bench_report import read_report
from t2c.tb.dut.description import load_description
from t2c.tb.dut.loader import load_module
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from t2c.tb.units.run import UnitRun, find_description, run_description
from t2c.tb.units.systolic_array.observed import Observed, OtherArray, Sent, explained, lag, observe
from t2c.tb.units.systolic_array.slips import Described, slip_lines
from t2c.tb.units.systolic_array.style import ArrayStyle
from t2c.tb.units.systolic_array.tile import Tile, pack

DUTS = Path(__file__).parent / "duts"
KINDS = ("edge", "stream", "column", "wire")


def description(folder: Path, kind: str, *changes: tuple[str, str]) -> Path:
    """The description of one of the arrays, with its sources, in another folder, changed."""
    for path in DUTS.glob(f"{kind}_array.*v"):
        shutil.copy(path, folder)
    text = (DUTS / f"{kind}_array.yaml").read_text()
    for original, changed in changes:
        assert text.count(original) == 1, original
        text = text.replace(original, changed)
    (folder / "dut.yaml").write_text(text)
    return folder / "dut.yaml"


def run(path: Path, output: Path, simulator: str = "icarus", **options: object) -> UnitRun:
    return run_description(load_description(path), find_simulator(simulator), output, **options)  # type: ignore[arg-type]


@pytest.mark.sample(6)
@pytest.mark.slow
@pytest.mark.parametrize("case", [f"{kind} {simulator}" for kind in KINDS for simulator in SIMULATORS])
def test_an_array_of_another_kind_passes(case: str, sim_output: Path) -> None:
    kind, simulator = case.split()
    found = run(DUTS / f"{kind}_array.yaml", sim_output, simulator)
    assert set(found.missing) <= {"reset_in_mid_stream"}
    assert found.outcome.passed, found.outcome.log.read_text()[-2000:]
    assert read_report(found.folder).compared > 500


ROWS_FIRST = ("weight_rows: last_first", "weight_rows: first_first")
SLIPS = {
    "skew outside": (
        "column",
        [("skew: {a_data: outside}", "skew: inside")],
        "results are those of an array whose activations are skewed outside: say `skew: {a_data: outside}` (each of ",
    ),
    "skew outside, and its valids": (
        "edge",
        [("skew: outside", "skew: {psum_data: outside}")],
        "results are those of an array whose activations are skewed outside: say `skew: outside` (each of ",
    ),
    "both of these": (
        "edge",
        [ROWS_FIRST, ("skew: outside", "skew: {psum_data: outside}")],
        "results are those of an array whose activations are skewed outside and of weights in reversed row order: "
        "say `skew: outside`, `weight_rows: last_first` (each of ",
    ),
    "sums": (
        "column",
        [("skew: {a_data: outside}", "skew: outside")],
        "results are those of an array whose sums come together: say `skew: {a_data: outside}` (each of ",
    ),
    "rows": (
        "edge",
        [ROWS_FIRST],
        "results are those of weights in reversed row order: say `weight_rows: last_first` or `lane_order: {a_data: ms",
    ),
    "latency too": (
        "column",
        [("skew: {a_data: outside}", "skew: inside"), ("latency: ROWS", "latency: ROWS + 1")],
        "skewed outside: say `skew: {a_data: outside}`, `latency: 4` (each of ",
    ),
    "columns of weights": (
        "column",
        [("weight_words: columns\n", "")],
        "results are those of transposed weights: say `weight_words: columns` (all ",
    ),
    "columns of a tile": (
        "wire",
        [("tile_by_columns", "tile")],
        "results are those of transposed weights: say `weight_words: tile_by_columns` (all ",
    ),
    "rows of a tile": (
        "stream",
        [("latency: 1", "latency: 1\nweight_rows: last_first")],
        "results are those of weights in reversed row order: say `weight_rows: first_first` or ",
    ),
    "signs": (
        "stream",
        [("unsigned: a_data\n", "")],
        "results are those of unsigned activations: say `unsigned: [a_data]` (all ",
    ),
}


@pytest.mark.sample(12)
@pytest.mark.slow
@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_a_description_is_named(slip: str, tmp_path: Path, sim_output: Path) -> None:
    kind, changes, text = SLIPS[slip]
    found = run(description(tmp_path, kind, *changes), sim_output, only=["random_tiles"])
    assert not found.outcome.passed
    assert text in "\n".join(read_report(found.folder).explanation)


@pytest.mark.slow
def test_the_report_says_it_and_what_is_no_slip_stays_a_class(
    tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = description(tmp_path, "column", ("weight_words: columns\n", ""))
    assert command.main(["--unit", "systolic_array", "--dut", str(path), "--out", str(sim_output)]) == 1
    assert "  results are those of transposed weights: say `weight_words: columns` (all " in capsys.readouterr().out
    source = description(tmp_path, "column").parent / "column_array.v"
    source.write_text(source.read_text().replace("$signed(x[r*A_W+:A_W])", "$signed(r == 2 ? 9'd3 : x[r*A_W+:A_W])"))
    found = run(path, sim_output, only=["random_tiles"])
    assert not found.outcome.passed
    assert "results are those of" not in "\n".join(read_report(found.folder).explanation)


WAITS = {
    "valid of each column": (
        "edge",
        [("skew: outside", "skew: {a_data: outside}")],
        r"columns are valid \[0, 1, 2\] cycles after column 0 \(say `skew: outside`, or `skew: \{psum_data: outside\}`",
    ),
    "no ready of operands": ("stream", [("  w_ready: weights_ready\n", "")], "2000 cycles without a_ready, while"),
}


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("case", WAITS)
def test_valids_that_do_not_come_end_a_test(case: str, tmp_path: Path, sim_output: Path) -> None:
    kind, changes, text = WAITS[case]
    found = run(description(tmp_path, kind, *changes), sim_output, only=["random_tiles"])
    assert not found.outcome.passed
    report = read_report(found.folder)
    assert re.search(text, report.tests["random_tiles"].error + (found.folder / "sim.log").read_text())


REFUSED = {
    "outputs": (
        "edge",
        [("sum_bits", "stationary: outputs\nsum_bits")],
        "12: stationary: .* as unit: accelerator with",
    ),
    "inputs": ("edge", [("sum_bits", "stationary: inputs\nsum_bits")], "12: stationary: .* map w_data to what stays"),
    "skewed rows that wait": ("stream", [("sum_bits", "skew: outside\nsum_bits")], r"\d: skew: rows .* one a_ready"),
    "sums too narrow": ("edge", [("sum_bits: 32", "sum_bits: 17")], "12: sum_bits: 17 is outside 18..64"),
    "an index of a tile": ("stream", [("w_ready: weights_ready", "w_row: x")], "10: weight_words: .* no use for w_row"),
    "fixed latency": ("stream", [("valid_only", "fixed_latency")], "19: a_ready: with handshake fixed_latency"),
    "rows of no array": (
        "edge",
        [("west_valid", "west")],
        "17: a_row_valid: edge_array's 'west' has 32 bits, .* has 4",
    ),
    "no such signal": (
        "edge",
        [("a_row_valid", "a_rows")],
        "ports: systolic_array has no 'a_rows'; it has .*a_row_valid",
    ),
    "who knows": (
        "edge",
        [("sum_bits: 32", "sum_bits: wide")],
        "12: sum_bits: 'wide' is none of the unit's parameters",
    ),
    "a skew of no port": ("edge", [("skew: outside", "skew: {w: outside}")], "10: .*'w'.*a_data"),
}


def load(path: Path, output: Path) -> None:
    found = find_description("systolic_array", path)
    load_module(found, {"ROWS": 4, "COLS": 4, "A_W": 9, "W_W": 8, **found.unit_parameters}, output)


@pytest.mark.parametrize("case", REFUSED)
def test_what_an_array_cannot_be_is_one_line(case: str, tmp_path: Path) -> None:
    kind, changes, text = REFUSED[case]
    path = description(tmp_path, kind, *changes)
    with pytest.raises(UserError) as refused:
        load(path, tmp_path)
    assert re.search(text, str(refused.value).removeprefix(f"{path}:"))
    assert "\n" not in str(refused.value)


def test_other_units_have_no_skew(tmp_path: Path) -> None:
    path = description(tmp_path, "edge", ("unit: systolic_array", "unit: mulquant"))
    with pytest.raises(UserError, match="skew: mulquant has no such thing"):
        load_description(path)


def test_inside_the_core_an_array_is_fed_as_ours(tmp_path: Path) -> None:
    path = description(tmp_path, "edge", ("latency: ROWS", "latency: ROWS + COLS - 1"))
    path.write_text(path.read_text().replace("unit_parameters: {ROWS: 4, COLS: 3, A_W: 8}\n", ""))
    arguments = ["--unit", "systolic_array", "--dut", str(path), "--layer", "all", "--out", str(tmp_path)]
    with pytest.raises(
        UserError, match="9: skew: inside the core an array is fed, and read, as ours is; leave out LAYER"
    ):
        command.main(arguments)


def tiles(count: int, rows: int, cols: int) -> list[Tile]:
    draw = np.random.default_rng(3)
    shapes = [int(draw.integers(1, 3 * rows)) for _ in range(count)]
    return [
        Tile(weights=draw.integers(-128, 128, (rows, cols)), operands=draw.integers(-256, 256, (vectors, rows)))
        for vectors in shapes
    ]


def seen(tile: Tile, sums: np.ndarray, latency: int = 5) -> Observed:
    cycles = [10 + k for k in range(len(tile.operands))]
    return observe(tile, cycles, {c + latency: pack(s, 24) for c, s in zip(cycles, sums, strict=True)}, latency, 24)


DESCRIBED = Described(
    style=ArrayStyle(), weight_rows="first_first", lane_order={}, a_w=9, w_w=8, latency=5, stated=5, counted=True
)


def test_a_slip_is_named_only_if_every_sum_is_its_own_to_the_bit() -> None:
    sent = tiles(20, 4, 4)
    turned = [gemm(tile.operands, tile.weights[:, ::-1]) for tile in sent]
    lines = slip_lines([seen(tile, sums) for tile, sums in zip(sent, turned, strict=True)], DESCRIBED)
    assert len(lines) == 1
    wrong = sum(int((sums != sums[:, ::-1]).sum()) for sums in turned)
    same = "say `lane_order: {w_data: msb_first}` or `lane_order: {psum_data: msb_first}`"
    assert (
        lines[0]
        == f"results are those of weights in reversed column order: {same} (all {wrong} wrong sums, to the bit)"
    )
    turned[7][0, 2] += 1
    assert slip_lines([seen(tile, sums) for tile, sums in zip(sent, turned, strict=True)], DESCRIBED) == []


def test_right_sums_are_no_slip() -> None:
    sent = tiles(5, 4, 4)
    assert slip_lines([seen(tile, gemm(tile.operands, tile.weights)) for tile in sent], DESCRIBED) == []


def test_what_another_array_would_give_is_known_where_all_of_it_was_sent() -> None:
    (tile,) = tiles(1, 3, 2)
    operands = np.arange(15).reshape(5, 3)
    tile = Tile(weights=tile.weights, operands=operands)
    skewed = np.array([[operands[min(n + r, 4), r] for r in range(3)] for n in range(5)])
    found = seen(tile, gemm(skewed, tile.weights))
    assert explained(found, OtherArray(a_late=1), 9, 8) == (6, 6)
    assert explained(found, OtherArray(a_late=-1), 9, 8) is None
    assert explained(found, OtherArray(), 9, 8) is None


def test_the_lag_of_sums_is_what_fits_the_most_and_then_what_is_stated() -> None:
    tile = tiles(1, 4, 4)[0]
    cycles = [10, 11, 12, 20]
    sent = Sent(tiles=[(tile, cycles)], words={13: 0, 14: 0, 15: 0, 23: 0})
    assert lag([sent], 3, 20) == lag([sent], None, 20) == lag([sent], 4, 20) == 3
    few = Sent(tiles=[(tile, [10, 11, 12])], words={13: 0, 14: 0})
    assert lag([few], 2, 20) == 2
    assert lag([few], None, 20) == 3
