"""`make bench-cost`: what units and cores cost, as the tables of docs/cost.md have it. Runs that were done are kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.page import recorded
from t2c.common import command
from t2c.common.errors import UserError
from t2c.common.options import add_options
from t2c.common.places import OUTPUT, ROOT
from t2c.common.text_table import markdown_head, markdown_row
from t2c.cost.design import SynthesisDesign
from t2c.cost.families import family
from t2c.cost.keeper import Keeper, yosys_version
from t2c.cost.place_and_route import find_device, nextpnr_version, place_and_route
from t2c.cost.subject import core_design, core_program, unit_design
from t2c.cost.synthesis import synthesise

PAGE = ROOT / "docs" / "cost.md"
LOW = {"A_W": 5, "W_W": 4}
"""Operands of 4-bit activations, less their zero point, and 4-bit weights."""
UNITS: tuple[tuple[str, str, dict[str, int]], ...] = (
    ("mac_pe", "", {}),
    ("mac_pe", "W4A4, one column", {**LOW, "PSUM_W": 12, "PACK": 1}),
    ("mac_pe", "W4A4, two columns on one multiplier", {**LOW, "PSUM_W": 12, "PACK": 2}),
    ("mulquant", "", {}),
    ("lut_pointwise", "", {}),
    ("lut_softmax", "", {}),
    ("layer_norm", "", {}),
    *(("systolic_array", f"{size}x{size}", {"ROWS": size, "COLS": size}) for size in (4, 8, 16)),
    *(
        ("systolic_array", f"8x8, W4A4, {'two columns on one multiplier' if pack == 2 else 'each on its own'}",
         {"ROWS": 8, "COLS": 8, **LOW, "PACK": pack})
        for pack in (1, 2)
    ),
)  # fmt: skip
"""Units, what their row says besides the name, and parameters other than their bench's."""
ARRAYS = (4, 8)
MODELS = {8: "digits_w8a8", 4: "digits_w4a4"}
"""Networks by the width of their activations and weights; they choose the memories."""
DEVICE, SPEED = "ecp5-85k", 6
SEEDS = {"unit": 3, "core": 1}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table. kind: of the design, which says how many placements it gets."""

    name: str
    design: SynthesisDesign
    kind: str


def rows() -> Iterator[Row]:
    """All designs, the small ones first."""
    for name, more, parameters in UNITS:
        yield Row(name=f"{name} {more}".strip(), design=unit_design(name, parameters), kind="unit")
    for size in ARRAYS:
        for bits, model in MODELS.items():
            program = core_program(model, {"rows": size, "cols": size, "x_w": bits, "w_w": bits})
            yield Row(name=f"t2c_core {size}x{size}, W{bits}A{bits}", design=core_design(program.hardware), kind="core")


def line(row: Row, keeper: Keeper) -> str:
    """A row of the table, with all its runs."""
    costs = {name: synthesise(row.design, family(name), keeper, by_module=False) for name in ("ecp5", "xc7")}
    try:
        device = find_device(DEVICE, "ecp5", SPEED)
        routed = place_and_route(costs["ecp5"], device, SPEED, range(1, SEEDS[row.kind] + 1), keeper)
        clock = f"{routed.median_mhz:.0f}"
    except UserError as error:
        clock = str(error).partition(f"{DEVICE}: ")[2] or str(error)
    cells = [*costs["ecp5"].counts.values(), clock, *costs["xc7"].counts.values()]
    return markdown_row([row.name, *(f"{cell:,}" if isinstance(cell, int) else cell for cell in cells)])


def main() -> int:
    """Print the table; return 0."""
    parser = command.Parser(prog="bench-cost", description=__doc__)
    add_options(parser, "bench-cost")
    with recorded("bench-cost", bool(parser.parse_args().write), fenced=False, page=PAGE):
        folder = (OUTPUT / "cost").resolve()
        keeper = Keeper(folder=folder, progress=lambda text: print(text, file=sys.stderr, flush=True))
        print(f"{yosys_version()}, {nextpnr_version('ecp5')}, {DEVICE} speed {SPEED}, out of context; clock in MHz, of")
        print(f"units the median of {SEEDS['unit']} placements, of cores one.\n")
        columns = [f"ecp5 {column}" for column in family("ecp5").counts]
        columns += ["clock", *(f"xc7 {column}" for column in family("xc7").counts)]
        print("\n".join(markdown_head(["", *columns])))
        for row in rows():
            print(line(row, keeper), flush=True)
    return 0


if __name__ == "__main__":
    command.run(main, extra=(UserError,))
