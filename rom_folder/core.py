"""The memories of the core: program, weights, parameters and tables."""

from __future__ import annotations

import numpy as np

from t2c.contract.field_kinds import TABLE_BITS, WORD_BITS
from t2c.contract.memory_layouts import PROGRAM_LAYOUT, parameter_layout, table_layout, weight_layout
from t2c.contract.parameter_lanes import lane_parts
from t2c.mapping.program import Program
from t2c.rom_folder.image import Field, Image

FOLDER = "core"


def core_images(program: Program) -> tuple[Image, ...]:
    """Images of the program memory, and of weights, parameters and tables unless the program itself brings them."""
    hardware = program.hardware
    images = [
        Image(
            name=f"{FOLDER}_program",
            stem=f"{FOLDER}/program",
            about="program memory: step descriptors, one field a word",
            layout=PROGRAM_LAYOUT,
            values=np.array(program.words(), dtype=np.int64),
            fields=(Field(name="word", lsb=0, bits=WORD_BITS),),
            deeper=True,
        )
    ]
    if len(program.weights):
        plain, bits = hardware.columns.plain, hardware.code_w
        name = "weight" if plain else "code"
        weight = Field(name=name, lsb=0, bits=bits, signed=plain, count=hardware.cols, stride=bits)
        images.append(
            Image(
                name=f"{FOLDER}_weights",
                stem=f"{FOLDER}/weights",
                about="weight memory: a row of the array a word, column 0 lowest"
                if plain
                else "weight memory: a code of an element's weights a column, column 0 lowest",
                layout=weight_layout(hardware),
                values=program.weights.reshape(-1).astype(np.int64),
                fields=(weight,),
                deeper=True,
            )
        )
    if len(program.params):
        lane = {"count": hardware.cols, "stride": hardware.param_w}
        fields = [
            Field(name=part.name, lsb=part.low, bits=part.bits, signed=part.signed, **lane)
            for part in lane_parts(hardware)
        ]
        images.append(
            Image(
                name=f"{FOLDER}_params",
                stem=f"{FOLDER}/params",
                about="parameter memory: a lane {shift, bias, multiplier} a column, column 0 lowest",
                layout=parameter_layout(hardware),
                values=program.params.reshape(-1),
                fields=tuple(fields),
                deeper=True,
            )
        )
    if len(program.tables):
        images.append(
            Image(
                name=f"{FOLDER}_tables",
                stem=f"{FOLDER}/tables",
                about="table memory: an entry a word, pages of 2^X_W entries",
                layout=table_layout(hardware),
                values=program.tables,
                fields=(Field(name="entry", lsb=0, bits=TABLE_BITS),),
                deeper=True,
            )
        )
    return tuple(images)
