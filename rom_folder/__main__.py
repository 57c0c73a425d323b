"""`make roms`: write all memory images of a package, with stimulus and expected words, into one folder."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from t2c.common.command import Parser, run
from t2c.common.errors import SettingError, UserError
from t2c.common.options import add_options
from t2c.contract.hardware import Hardware
from t2c.golden.elements.columns import know_elements
from t2c.golden.elements.element import ELEMENTS
from t2c.golden.graph.find_package import open_package
from t2c.golden.rom.text import RomFormat
from t2c.mapping.lower import hardware_fields
from t2c.rom_folder.depths import DEPTHS
from t2c.rom_folder.folder import Request, write_folder
from t2c.rom_folder.manifest import MANIFEST
from t2c.tb.cosim.request import OPERANDS

DESCRIPTION = "Write the memory images of a model package, with stimulus and expected words."


def configure(parser: argparse.ArgumentParser) -> None:
    """Add all options but the model, which is the package to work on."""
    add_options(parser, "roms", option_facts(), without=("model",))


def option_facts() -> dict[str, Any]:
    """What this room knows of its options: the depths of the core, and the formats."""
    usual = Hardware()
    return {name: getattr(usual, name) for name in DEPTHS} | {
        "rom_formats": ", ".join(RomFormat),
        "elements": ", ".join(ELEMENTS.names()),
    }


def execute(options: argparse.Namespace) -> int:
    """Write the folder and print what is in it."""
    formats = tuple(RomFormat.parse(name.strip()) for name in options.formats.split(","))
    if len(set(formats)) != len(formats):
        raise SettingError("{formats} = {given!r}: a format is given twice", {"given": options.formats})
    options.element = know_elements(options.element)
    path, package = open_package(options.model)
    given = {name: getattr(options, name) for name in ("row_lanes", *OPERANDS, *DEPTHS)}
    given["element"] = options.element or None
    hardware = Hardware(**hardware_fields(package.graph, options.rows, options.cols, given))
    request = Request(
        hardware=hardware,
        formats=formats,
        lanes=options.lanes,
        first_image=options.first_image,
        images=options.images,
    )
    written = write_folder(package, request, options.out)
    for folder, count in written.images.items():
        print(f"{folder}: {count} images, each re-read and equal")
    if written.refused:
        print(f"core: no images for a {hardware.rows}x{hardware.cols} array: {written.refused}")
    print(f"{path}: {written.files} files in {options.out}, all in {MANIFEST}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the process's own arguments if None."""
    parser = Parser(prog="roms", description=DESCRIPTION)
    add_options(parser, "roms", option_facts())
    return execute(parser.parse_args(arguments))


if __name__ == "__main__":
    run(main, extra=(UserError,))
