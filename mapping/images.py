"""The core's memory images: weights, parameters, tables and program as $readmemh text."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from t2c.contract.memory_layouts import PROGRAM_LAYOUT, parameter_layout, table_layout, weight_layout
from t2c.golden.rom.image import write_image
from t2c.mapping.program import Program


def write_program(program: Program, folder: Path) -> dict[str, Path]:
    """Write weights.hex, params.hex, tables.hex and program.hex and return them by plusarg name.

    weights, params and tables are left out where there are none, or where the program itself brings them; what another
    program has left there of them is removed.
    """
    files = {"program": folder / "program.hex"}
    write_image(files["program"], np.array(program.words(), dtype=np.int64), PROGRAM_LAYOUT, "hex")
    for name, values, layout in (
        ("weights", program.weights, weight_layout(program.hardware)),
        ("params", program.params, parameter_layout(program.hardware)),
        ("tables", program.tables, table_layout(program.hardware)),
    ):
        (folder / f"{name}.hex").unlink(missing_ok=True)
        if len(values):
            files[name] = folder / f"{name}.hex"
            write_image(files[name], values, layout, "hex")
    return files
