"""docs/results.md: four tables as in the paper, the study behind the defaults, and the plots beside it."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.results import study_table, transfer_table, transformers
from benchmarks.results.pictures import bits, sparsity, sparsity_of
from benchmarks.results.plan import AllFigures
from benchmarks.results.rows import LOW_BIT_ROWS, METHOD_ROWS, SEEDS, SPARSE_ROWS, Row
from benchmarks.results.seeds import BySeed
from benchmarks.results.table import table

HEAD = f"""# Results

Made by `make results`; do not edit. The four tables follow tables 1 to 4 of Torch2Chip (MLSys 2024), on a task that two
cores can train on: drawn glyphs (`t2c/data/glyphs.py`, 32 x 32 in colour, ten classes, 8000 training images), measured
on the 1000 test images that nothing else looks at; one image is 0.1 %. Nothing here was measured on CIFAR-10 or
ImageNet, and a task this small says little about them.

* **{len(SEEDS)} seeds**: every line is made {len(SEEDS)} times, each from a float network of its own: mean ± standard
  deviation. A line of which a seed is missing says so and shows no figures.
* W / A: bits of weights and activations. Below 8 bits, input, first and last layer's weights and logits keep 8.
* fake: the fake-quantised network; integer: the converted one; drop: float less integer, seed by seed.
* golden = torch: so many integers were compared, every tensor of every image: of all test images with seed 0 and
  the first format, of 100 with the others; all were equal, as one difference stops the row.
* float: of the networks that the line began from. Lines of one model with other figures there were made on another
  machine, which trains other floats: compare those that have the same.
* scale error: of the integer MulQuant constants, the worst channel of all seeds.
* PTQ: calibrated on 1024 training images; QAT: fine-tuned from the float network. `benchmarks/results/rows.py` says
  what was fine-tuned for how long.
"""

METHODS_TITLE = "## Table 1: methods of quantisation"
LOW_BIT_TITLE = "## Table 2: few bits, and the formats of MulQuant"
SPARSE_TITLE = "## Table 3: sparse networks"


def document(figures: AllFigures) -> str:
    """Return docs/results.md."""
    fourth = [transfer_table.table(figures.transfers), "![Transfer, by pre-training](results_transfer.svg)\n"]
    more = [transformers.section(figures.transformers), study_table.section(figures.trials)]
    return "\n".join([HEAD, *tables(figures.rows), *fourth, *more, foot(figures)])


def pictures(figures: AllFigures) -> dict[str, str]:
    """The plots by file name."""
    return {
        "results_bits.svg": bits(figures.rows),
        "results_sparsity.svg": sparsity(figures.rows),
        "results_transfer.svg": transfer_table.picture(figures.transfers),
    }


def plain(row: Row) -> tuple[str]:
    """The one format of tables 1 and 3."""
    return ("normalized",)


def tables(figures: Mapping[Row, BySeed]) -> list[str]:
    """Tables 1 to 3 with what is said about them."""
    return [
        METHODS_TITLE + "\n",
        table(METHOD_ROWS, figures, formats=plain),
        "![Accuracy against bits](results_bits.svg)\n",
        LOW_BIT_TITLE + "\n",
        "The formats differ in the constants alone: one trained network, converted six times. `INT 4, FRAC 12` and\n"
        "`INT 12, FRAC 4` are the two readings of the paper's INT(12, 4), as the other two are of INT(13, 3).\n"
        "`normalized` gives each channel its own shift, so that no scale is too small for it; it is the default.\n",
        table(LOW_BIT_ROWS, figures),
        SPARSE_TITLE + "\n",
        "Pruned while the float network is trained, from scratch, for as many epochs as the dense one; then\n"
        "calibrated. That every zero of the mask is an integer 0 of the package is proven with each conversion.\n",
        table(SPARSE_ROWS, figures, formats=plain, column=("sparsity", sparsity_of)),
        "![Accuracy against sparsity](results_sparsity.svg)\n",
    ]


def foot(figures: AllFigures) -> str:
    """What it took, and what another run would make again."""
    earlier, every = figures.earlier
    again = "figures were made before the code behind them last changed: `make results` makes them again."
    again = f"{earlier} of {every} {again}\n" if earlier else ""
    return (
        f"torch {figures.torch}, one thread a row, in all {figures.seconds / 60:.0f} minutes of one core.\n{again}"
        "Another processor or version rounds floats differently; differences of a few tenths of a point mean nothing.\n"
    )
