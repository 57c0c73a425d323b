"""`t2c pipeline`: hardware for one network, its constants in logic, that goes through the accelerator door."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from t2c.commands import add_package

if TYPE_CHECKING:
    from t2c.pipelines.write import Pipeline

NAME = "pipeline"
HELP = "write a streaming pipeline for a package: Verilog with its constants in logic, one stage a layer"
HEADINGS = ("stage", "result", "reuse", "multipliers", "adder bits", "register bits", "memory bits")
MULTIPLIERS = ("product_multipliers", "requant_multipliers")
REGISTERS = ("register_bits", "multiplier_register_bits")
ADDERS = ("product_bits", "tree_bits", "requant_bits", "accumulator_bits", "compare_bits", "multiplier_sum_bits")


def configure(parser: argparse.ArgumentParser) -> None:
    """The package, the folder, how it is folded, what is counted."""
    from t2c.commands.values import at_least

    add_package(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for Verilog and dut.yaml")
    parser.add_argument(
        "--reuse",
        default="1",
        metavar="N|LAYER=N,...",
        help="cycles that layers take for a transfer: more cycles, fewer multipliers (%(default)s)",
    )
    parser.add_argument(
        "--digits",
        type=at_least(1),
        default=2,
        help="a product by a constant of more signed digits is a multiplier, else adders (%(default)s)",
    )
    parser.add_argument(
        "--levels", type=at_least(1), default=2, help="levels of adders from register to register (%(default)s)"
    )
    parser.add_argument("--family", default=None, help="count the cells of this family with Yosys, docs/cost.md")


def execute(options: argparse.Namespace) -> int:
    """Write it and print what it is; return 0."""
    from t2c.cost.families import family
    from t2c.golden.graph.find_package import open_package
    from t2c.pipelines.options import PipelineOptions, parse_reuse
    from t2c.pipelines.write import write_pipeline

    target = family(options.family) if options.family else None
    reuse, of_layer = parse_reuse(options.reuse)
    chosen = PipelineOptions(reuse=reuse, of_layer=of_layer, digits=options.digits, every=options.levels)
    path, package = open_package(options.package)
    pipeline = write_pipeline(package.graph, chosen, options.out, path)
    print("\n".join(lines(pipeline)), flush=True)
    if target:
        from t2c.common.places import OUTPUT
        from t2c.cost.keeper import Keeper
        from t2c.cost.pipelines.netlist import pipeline_design
        from t2c.cost.synthesis import synthesise

        keeper = Keeper(folder=OUTPUT, progress=lambda line: print(line, file=sys.stderr, flush=True))
        counts = synthesise(pipeline_design(pipeline), target, keeper, by_module=False).counts
        print(f"{target.name:9} " + ", ".join(f"{number:,} {name}" for name, number in counts.items()))
    print(f"written   {options.out}")
    print(f"simulate  make sim DUT={pipeline.description}")
    return 0


def lines(pipeline: Pipeline) -> list[str]:
    """What each stage takes, and how fast all of them are."""
    from t2c.common.text_table import aligned

    rows: list[tuple[str, ...]] = [HEADINGS]
    features = pipeline.plan.features
    for planned in pipeline.plan.stages:
        edge, taken = pipeline.plan.chain.edges[planned.stage.output], features[planned.stage.name]
        numbers = [
            sum(taken.get(name, 0) for name in names)
            for names in (MULTIPLIERS, ADDERS, REGISTERS, ("line_bits", "table_bits", "queue_bits"))
        ]
        shape = "x".join(map(str, edge.shape))
        rows.append((planned.stage.name, shape, str(planned.reuse), *(f"{number:,}" for number in numbers)))
    times = pipeline.plan.times
    return [
        *aligned(rows, range(2, len(HEADINGS))),
        "",
        f"interval  {times.interval:,} cycles from image to image",
        f"latency   {times.latency:,} cycles from the first transfer in to the last one out",
    ]
