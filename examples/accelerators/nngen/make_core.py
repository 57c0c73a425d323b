# /// script
# requires-python = ">=3.11"
# dependencies = ["nngen==1.3.4", "veriloggen==2.3.0", "pyverilog==1.3.0", "ply==3.11"]
# ///
"""Generate an accelerator for a chain of convolutions and linear layers with NNgen.

Called by the harness (`generate:` in dut.yaml) in an empty folder, with the package in T2C_PACKAGE, as
`make_core.py nngen.yaml`; a package that is beyond what that file says of NNgen is refused by name. Writes
nngen_core.v, and constants.npy, the bytes of all constants as NNgen lays them into its memory. What it prints, such as
the map of that memory, is in the log beside the folder.

`--weights OIHW` forgets that NNgen wants channels last, for dut_wrong.yaml.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import nngen
import numpy as np

from t2c.golden.graph.package import load_package
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.linear import Linear
from t2c.golden.target.check import refuse_misfits
from t2c.golden.target.description import load_chip


def constant(name: str, values: np.ndarray, dtype: Any) -> Any:
    """A constant in the memory."""
    held = nngen.variable(dtype=dtype, shape=values.shape, name=name)
    held.set_value(values)
    return held


def requantisation(node: Conv2d | Linear) -> dict[str, Any]:
    """MulQuant as NNgen has it: clip(half_away((acc + bias) * scale / 2^rshift_out)), then ReLU."""
    quant, name = node.mulquant, node.name
    bias = quant.bias // quant.multiplier  # exactly: nngen.yaml says bias_first
    return {
        "bias": constant(f"{name}_bias", bias, nngen.int32),
        "scale": constant(f"{name}_scale", quant.multiplier, nngen.int16),
        "rshift_out": constant(f"{name}_shift", quant.shift, nngen.int8),
        "act_func": nngen.relu if quant.lo == 0 else None,
        "asymmetric_clip": True,
        "dtype": nngen.int8,
        "sum_dtype": nngen.int32,
        "name": name,
    }


def main() -> None:
    """Write the core and its constants."""
    parser = argparse.ArgumentParser()
    parser.add_argument("chip", type=Path)
    parser.add_argument("--weights", choices=("OHWI", "OIHW"), default="OHWI", help="how weights are laid down")
    options = parser.parse_args()
    graph = load_package(os.environ["T2C_PACKAGE"]).graph
    refuse_misfits(graph, load_chip(options.chip))
    channels, height, width = graph.edges[graph.input].shape
    tensor = nngen.placeholder(dtype=nngen.int8, shape=(1, height, width, channels), name=graph.input)
    shape: tuple[int, ...] = (channels, height, width)
    for node in graph.nodes:
        if isinstance(node, Conv2d):
            if node.groups != 1 or node.dilation != (1, 1):
                raise SystemExit(f"{node.name}: NNgen has neither groups nor dilation")
            values = node.weight.transpose(0, 2, 3, 1)
            if options.weights == "OIHW":
                values = node.weight.reshape(values.shape)
            weight = constant(f"{node.name}_weight", values, nngen.int8)
            (top, bottom), (left, right) = node.window.pads
            padding, strides = (top, bottom, left, right), (1, *node.stride, 1)
            tensor = nngen.conv2d(tensor, weight, strides, padding=padding, **requantisation(node))
        elif isinstance(node, Linear):
            values = node.weight
            if len(shape) == 3:  # NNgen flattens with channels last
                values = values.reshape(-1, *shape).transpose(0, 2, 3, 1).reshape(values.shape)
            weight = constant(f"{node.name}_weight", values, nngen.int8)
            flat = nngen.reshape(tensor, [1, -1])
            tensor = nngen.matmul(flat, weight, transposed_b=True, **requantisation(node))
        if node.op != "flatten":
            shape = graph.edges[node.output].shape
    nngen.to_verilog([tensor], "nngen_core", filename="nngen_core.v")
    np.save("constants.npy", nngen.export_ndarray([tensor]))


if __name__ == "__main__":
    main()
