"""The manifest in Verilog and in C: roms.vh and roms.h, so that a loader needs no JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from t2c.contract.hardware import Hardware
from t2c.golden.rom.text import RomFormat
from t2c.rom_folder.core import FOLDER as CORE
from t2c.rom_folder.image import Image

VERILOG_HEADER, C_HEADER = "roms.vh", "roms.h"
_FILE_PARAMETERS = {"program": "PROGRAM_FILE", "weights": "WEIGHT_FILE", "params": "PARAM_FILE", "tables": "TABLE_FILE"}


def run_constants(images: Mapping[str, Image], runs: int, cycles: int) -> dict[str, int]:
    """Counts and bit positions that a testbench needs, by name: T2C_RUNS, T2C_INPUT_WORDS (of one run) and so on.

    Args:
        images: the vectors by short name; runs: samples; cycles: of one run without stalls.
    """
    found = {"RUNS": runs, "CYCLES": cycles}
    for name, image in images.items():
        found |= {f"{name}_words": image.words // runs, f"{name}_bits": image.layout.word_bits}
        found |= {f"{name}_{field.name}_lsb": field.lsb for field in image.fields}
    return {f"T2C_{name.upper()}": value for name, value in found.items()}


def hardware_constants(hardware: Hardware) -> dict[str, int]:
    """The parameters of the core and the widths of its streams, by name: T2C_ROWS, T2C_WGT_DEPTH, T2C_S_W and so on."""
    derived = {"S_W": hardware.stream_w, "M_W": hardware.rows * hardware.x_w}
    return {f"T2C_{name}": value for name, value in (hardware.parameters() | derived).items()}


def verilog_header(model: str, images: Sequence[Image], constants: Mapping[str, int], hardware: Hardware | None) -> str:
    """The text of roms.vh.

    Args:
        model: name of the network; images: all; constants: for `define; hardware: of the core, None without its images.
    """
    lines = [
        f"// {VERILOG_HEADER}: what make roms wrote for {model}; run with this folder as the working directory.",
        "`ifndef T2C_ROMS_VH",
        "`define T2C_ROMS_VH",
        *(f"`define {name} {value}" for name, value in constants.items()),
    ]
    if hardware is not None:
        settings = [f".{name}({value})" for name, value in hardware.parameters().items()]
        for image in images:
            folder, _, short = image.stem.partition("/")
            if folder == CORE:
                settings.append(f'.{_FILE_PARAMETERS[short]}("{image.file(RomFormat.HEX)}")')
        lines += ["// t2c_core #(`T2C_CORE_PARAMETERS) is the core that these images are for.", _define(
            "T2C_CORE_PARAMETERS", [f"{setting}," for setting in settings[:-1]] + settings[-1:]
        )]  # fmt: skip
    lines += [
        "// `T2C_IMAGE(name, file, bits of a word, words, CRC-32 of the words as bytes), a macro of yours, for each.",
        _define(
            "T2C_IMAGES",
            [
                f'`T2C_IMAGE({i.name}, "{i.file(RomFormat.HEX)}", {i.layout.word_bits}, {i.words}, 32\'h{i.crc32:08x})'
                for i in images
            ],
        ),
        "`endif",
    ]
    return "\n".join(lines) + "\n"


def c_header(model: str, images: Sequence[Image], constants: Mapping[str, int]) -> str:
    """The text of roms.h; arguments as `verilog_header`."""
    lines = [
        f"/* {C_HEADER}: what make roms wrote for {model}; file names are relative to this folder. */",
        "#ifndef T2C_ROMS_H",
        "#define T2C_ROMS_H",
        "#include <stdint.h>",
        *(f"#define {name} {value}" for name, value in constants.items()),
        "/* word_bits: of a memory word; words: how many; crc32: of the words as bytes, lowest byte first. */",
        "struct t2c_image { const char *name, *file; uint32_t word_bits, words, crc32; };",
        "static const struct t2c_image t2c_images[] = {",
        *(
            f'    {{"{i.name}", "{i.file(RomFormat.HEX)}", {i.layout.word_bits}, {i.words}, 0x{i.crc32:08x}}},'
            for i in images
        ),
        "};",
        f"#define T2C_IMAGES {len(images)}",
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def _define(name: str, lines: Sequence[str]) -> str:
    return " \\\n".join([f"`define {name}", *(f"    {line}" for line in lines)])
