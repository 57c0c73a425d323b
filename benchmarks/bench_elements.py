"""`make bench-elements`: what arrays of other elements cost, as the table of docs/elements.md has it. Runs are kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.page import recorded
from t2c.common import command
from t2c.common.errors import UserError
from t2c.common.options import add_options
from t2c.common.places import OUTPUT, ROOT, RTL
from t2c.common.text_table import markdown_head, markdown_row
from t2c.contract.element_rtl import element_rtl
from t2c.contract.hardware import Hardware
from t2c.cost.design import SynthesisDesign
from t2c.cost.families import family
from t2c.cost.keeper import Keeper, yosys_version
from t2c.cost.synthesis import synthesise

PAGE = ROOT / "docs" / "elements.md"
SIZES = (8, 16)
FAMILIES = ("xc7", "ecp5")
LARGE = ("mac", "sp2", "mixed")
"""Arrays that are also made at the larger size."""


@dataclass(frozen=True, kw_only=True)
class Array:
    """A line of the table. name: short; says: what it is; element: of `Hardware`, with {half} columns; w_w: bits of
    weights; more: parameters of systolic_array."""

    name: str
    says: str
    element: str = ""
    w_w: int
    more: Mapping[str, int] = field(default_factory=dict)

    def design(self, size: int) -> SynthesisDesign:
        """The array alone."""
        element = self.element.format(half=size // 2)
        hardware = Hardware(rows=size, cols=size, w_w=self.w_w, element=element)
        return SynthesisDesign(
            top="systolic_array",
            rtl=element_rtl(hardware, RTL, OUTPUT),
            parameters={"ROWS": size, "COLS": size, "A_W": hardware.x_w + 1, "W_W": self.w_w, **self.more},
        )


ARRAYS = (
    Array(name="mac", says="W4, two columns share a multiplier", w_w=4),
    Array(name="mac1", says="W4, a multiplier each", w_w=4, more={"PACK": 1}),
    Array(name="mixed", says="W4, half multipliers, half SP2", element="mac:{half},sp2:{half}", w_w=4),
    Array(name="sp2", says="W4, all SP2", element="sp2", w_w=4),
    Array(name="mac8", says="W8, a multiplier each", w_w=8),
    Array(name="two_of_four", says="W8, 2:4", element="two_of_four", w_w=8),
    Array(name="truncated", says="W8, truncated", element="truncated", w_w=8),
    Array(name="adc_column", says="W8, converter of 8 bits", element="adc_column", w_w=8),
)


def lines(keeper: Keeper) -> Iterator[str]:
    """Rows of the table, as they come."""
    for size in SIZES:
        for array in ARRAYS:
            if size != SIZES[0] and array.name not in LARGE:
                continue
            cells: list[str] = []
            for name in FAMILIES:
                counts = synthesise(array.design(size), family(name), keeper, by_module=False).counts
                luts, registers, multipliers = list(counts.values())[:3]
                macs = size * size
                cells += [f"{luts:,}", f"{registers:,}", f"{multipliers:,}"]
                cells += [f"{macs / multipliers:.0f}" if multipliers else "-", f"{1000 * macs / luts:.0f}"]
            yield markdown_row([f"{size}x{size}, {array.says}", *cells])


def main() -> int:
    """Print the table; return 0."""
    parser = command.Parser(prog="bench-elements", description=__doc__)
    add_options(parser, "bench-elements")
    with recorded("bench-elements", bool(parser.parse_args().write), fenced=False, page=PAGE):
        keeper = Keeper(
            folder=(OUTPUT / "cost").resolve(), progress=lambda text: print(text, file=sys.stderr, flush=True)
        )
        print(f"{yosys_version()}, the array alone, activations of 8 bits; MACs a cycle for each multiplier and for")
        print("each 1,000 LUTs.\n")
        figures = {name: [*list(family(name).counts)[:3], "/ dsp", "/ klut"] for name in FAMILIES}
        head = [f"{name} {column}" for name, columns in figures.items() for column in columns]
        print("\n".join(markdown_head(["", *head])))
        for line in lines(keeper):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    command.run(main, extra=(UserError,))
