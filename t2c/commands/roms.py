"""`t2c roms`: write the memory images of a package; what `make roms` does."""

from __future__ import annotations

import argparse

from t2c.commands import add_package

NAME = "roms"
HELP = "write the memory images of a package, with stimulus and expected words, for RTL without Python"


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m t2c.rom_folder`, with the package as an argument."""
    from t2c.rom_folder.__main__ import configure as add_options

    add_package(parser)
    add_options(parser)


def execute(options: argparse.Namespace) -> int:
    """Return 0 once every image is written and was read back equal."""
    from t2c.rom_folder.__main__ import execute as write_images

    options.model = options.package
    return write_images(options)
