"""The core's memory images: weights, parameters and program as $readmemh text."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from t2c.contract.descriptor import WORD_BITS
from t2c.contract.hardware import Hardware
from t2c.golden.rom.image import write_image
from t2c.golden.rom.words import RomLayout
from t2c.mapping.program import Program


def weight_layout(hardware: Hardware) -> RomLayout:
    """COLS signed weights of W_W bits a word, column 0 lowest."""
    return RomLayout(bits=hardware.w_w, signed=True, lanes=hardware.cols)


def parameter_layout(hardware: Hardware) -> RomLayout:
    """COLS lanes {shift, bias, multiplier} a word, column 0 lowest."""
    return RomLayout(bits=hardware.param_w, signed=False, lanes=hardware.cols)


def write_program(program: Program, folder: Path) -> dict[str, Path]:
    """Write weights.hex, params.hex and program.hex and return them by plusarg name.

    weights and params are left out where the program itself brings the constants.
    """
    files = {"program": folder / "program.hex"}
    words = np.array(program.words(), dtype=np.int64)
    write_image(files["program"], words, RomLayout(bits=WORD_BITS, signed=False), "hex")
    for name, values, layout in (
        ("weights", program.weights, weight_layout(program.hardware)),
        ("params", program.params, parameter_layout(program.hardware)),
    ):
        if len(values):
            files[name] = folder / f"{name}.hex"
            write_image(files[name], values, layout, "hex")
    return files
