"""`make roms`: dump every ROM of a package, the plain tensors in text formats and the core's own memory images."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from t2c.common.command import Parser, run
from t2c.common.errors import UserError
from t2c.common.options import add_options
from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import PROGRAM_LAYOUT, parameter_layout, weight_layout
from t2c.golden.errors import PackageError, RangeError, UnsupportedError
from t2c.golden.graph.find_package import open_package
from t2c.golden.graph.graph import Graph
from t2c.golden.rom.image import read_image
from t2c.golden.rom.tensors import constant_tensors, tensor_roms
from t2c.golden.rom.text import RomFormat
from t2c.mapping.compiler import ALL, compile_program
from t2c.mapping.images import write_program


def core_roms(graph: Graph, hardware: Hardware, folder: Path) -> tuple[str, ...]:
    """Write the core's program, weights and parameters for the whole network, re-read each, and return their names.

    Raises:
        PackageError: an image does not re-read to the same integers.
        UnsupportedError, RangeError: the core cannot run the network.
    """
    program = compile_program(graph, ALL, hardware)
    folder.mkdir(parents=True, exist_ok=True)
    images = write_program(program, folder)
    contents = {
        "program": (np.array(program.words()), PROGRAM_LAYOUT),
        "weights": (program.weights, weight_layout(hardware)),
        "params": (program.params, parameter_layout(hardware)),
    }
    for name, path in images.items():
        values, layout = contents[name]
        if not np.array_equal(read_image(path, layout, "hex", values.size), values.reshape(-1).astype(np.int64)):
            raise PackageError(f"{path}: the image does not re-read to the same integers")
    return tuple(images)


DESCRIPTION = "Dump the ROM images of a model package."


def configure(parser: argparse.ArgumentParser) -> None:
    """Add all options but the model, which is the package to work on."""
    add_options(parser, "roms", without=("model",))
    _add_own(parser)


def _add_own(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lanes", type=int, default=1, help="weights per word of the plain weight images")
    parser.add_argument("--formats", default="hex,memb,coe,mif", help=", ".join(f.value for f in RomFormat))


def execute(options: argparse.Namespace) -> int:
    """Write <out>/<layer>/ for every layer with constants, <out>/core/ for the network, and print what was written."""
    formats = [RomFormat.parse(name) for name in options.formats.split(",")]
    path, package = open_package(options.model)
    widths = package.graph.widths
    hardware = Hardware(
        rows=options.rows, cols=options.cols, acc_w=widths.acc, scale_w=widths.scale, bias_w=widths.bias
    )
    total = 0
    for node in package.graph.nodes:
        if not constant_tensors(node):
            continue
        folder = options.out / node.name
        folder.mkdir(parents=True, exist_ok=True)
        images = tensor_roms(node, folder, options.lanes, formats)
        total += images
        print(f"{node.name}: {images} images, each re-read and equal")
    array = f"a {hardware.rows}x{hardware.cols} array"
    try:
        names = core_roms(package.graph, hardware, options.out / "core")
        print(f"core: {', '.join(names)} for {array}, each re-read and equal")
    except (UnsupportedError, RangeError) as error:
        names = ()
        print(f"core: no images for {array}: {error}")
    total += len(names)
    print(f"{path}: {total} images in {options.out}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the process's own arguments if None."""
    parser = Parser(prog="roms", description=DESCRIPTION)
    add_options(parser, "roms")
    _add_own(parser)
    return execute(parser.parse_args(arguments))


if __name__ == "__main__":
    run(main, extra=(UserError,))
