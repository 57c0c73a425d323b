"""Memory images of the core as files: program.hex, weights.hex, params.hex."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import PROGRAM_LAYOUT, parameter_layout, weight_layout
from t2c.contract.parameter_lanes import Lanes
from t2c.core_model.stream_words import StreamWords, lanes_of, parse_words
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.rom.words import RomLayout


def read_core(folder: Path, hardware: Hardware) -> tuple[list[int], IntArray | None, Lanes | None]:
    """Read the images of a folder: (program, weights, params), as `CoreModel` takes them.

    Args:
        folder: with program.hex, and weights.hex and params.hex unless the program brings the constants; $readmemh
            text of 32, COLS * W_W and COLS * PARAM_W bits a word.
        hardware: widths.

    Raises:
        FileNotFoundError: there is no program.
        PackageError: a file that is no such text.
    """
    program = _lanes(folder / "program.hex", PROGRAM_LAYOUT)
    weights, params = folder / "weights.hex", folder / "params.hex"
    return (
        program[:, 0].tolist(),
        _lanes(weights, weight_layout(hardware)) if weights.is_file() else None,
        _lanes(params, parameter_layout(hardware)).astype(np.uint64) if params.is_file() else None,
    )


def _lanes(path: Path, layout: RomLayout) -> IntArray:
    return lanes_of(read_words(path, layout.word_bits), layout)


def read_words(path: Path, width: int) -> StreamWords:
    """Words of `width` bits of a file of $readmemh text, as `parse_words`."""
    return parse_words(path.read_text(), width, str(path))
