# /// script
# requires-python = ">=3.11"
# dependencies = ["da4ml==0.6.0"]
# ///
"""Generate a linear layer of a package with da4ml: sums of shifted inputs without a multiplier, all outputs each cycle.

Called by the harness (`generate:` in dut.yaml) in an empty folder, with the package in T2C_PACKAGE, as
`make_core.py LAYER`. Writes da4ml_LAYER.v: a pipeline, its stages and da4ml's cells.

`--rounding TRN` drops the half before the shift, for dut_wrong.yaml.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
from da4ml.codegen import VerilogModel
from da4ml.trace import FixedVariableArrayInput, comb_trace
from da4ml.trace.ops import quantize

from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.package import load_package
from t2c.golden.nodes.linear import Linear

DEPTH = 5
"""Adders one after the other in a stage of the pipeline."""


def main() -> None:
    """Write the Verilog of one layer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("layer")
    parser.add_argument("--rounding", choices=("RND", "TRN"), default="RND", help="half up, or down")
    options = parser.parse_args()
    graph = load_package(os.environ["T2C_PACKAGE"]).graph
    node = graph.node(options.layer)
    given, result = graph.edges[node.inputs[0]], graph.edges[node.output]
    if not isinstance(node, Linear):
        raise SystemExit(f"{node.name}: {node.op} is no linear layer")
    quant = node.mulquant
    whole = (quant.lo, quant.hi) == (result.format.lo, result.format.hi)
    if quant.rounding is not Rounding.HALF_UP or not whole or given.zero_point or result.zero_point:
        raise SystemExit(f"{node.name}: half_up, the whole range and no zero points are what this script can do")
    signed = int(given.signed)
    x = quantize(FixedVariableArrayInput(given.shape[0]), signed, given.bits - signed, 0)
    # MulQuant (docs/arithmetic.md 3). All factors are multiples of powers of two, so float64 holds them exactly.
    product = (x @ node.weight.T.astype(np.float64)) * quant.multiplier.astype(np.float64) + quant.bias
    shifted = product * 2.0 ** -quant.shift.astype(np.float64)
    signed = int(result.signed)
    y = quantize(shifted, signed, result.bits - signed, 0, "SAT", options.rounding)
    name = f"da4ml_{node.name}"
    with tempfile.TemporaryDirectory() as project:
        VerilogModel(comb_trace(x, y), name, project, latency_cutoff=DEPTH).write()
        sources = [path for path in sorted(Path(project, "src").rglob("*.v")) if not path.stem.endswith("_wrapper")]
        Path(f"{name}.v").write_text("".join(path.read_text() for path in sources))


if __name__ == "__main__":
    main()
