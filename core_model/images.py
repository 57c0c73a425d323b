"""Memory images of the core as files: program.hex, weights.hex, params.hex, tables.hex."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import PROGRAM_LAYOUT, parameter_layout, table_layout, weight_layout
from t2c.contract.parameter_lanes import lane_dtype
from t2c.core_model.stream_words import StreamWords, lanes_of, parse_words
from t2c.golden.arithmetic.formats import IntTensor
from t2c.golden.rom.words import RomLayout


def read_core(folder: Path, hardware: Hardware) -> tuple[list[int], dict[str, Any]]:
    """Read the images of a folder: the program, and weights, params, tables by name, as `CoreModel` takes them.

    Args:
        folder: with program.hex, and weights.hex, params.hex and tables.hex unless the program has or brings none;
            $readmemh text of 32, COLS * W_W, COLS * PARAM_W and TABLE_W bits a word.
        hardware: widths.

    Raises:
        FileNotFoundError: there is no program.
        PackageError: a file that is no such text.
    """
    program = _lanes(folder / "program.hex", PROGRAM_LAYOUT)
    layouts = {
        "weights": weight_layout(hardware),
        "params": parameter_layout(hardware),
        "tables": table_layout(hardware),
    }
    files = {name: folder / f"{name}.hex" for name in layouts}
    constants: dict[str, Any] = {name: _lanes(path, layouts[name]) for name, path in files.items() if path.is_file()}
    if "params" in constants:
        constants["params"] = constants["params"].astype(lane_dtype(hardware))
    return program[:, 0].tolist(), constants


def _lanes(path: Path, layout: RomLayout) -> IntTensor:
    return lanes_of(read_words(path, layout.word_bits), layout)


def read_words(path: Path, width: int) -> StreamWords:
    """Words of `width` bits of a file of $readmemh text, as `parse_words`."""
    return parse_words(path.read_text(), width, str(path))
