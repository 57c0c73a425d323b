"""The targets of a synthesis: the Yosys commands of each, and which cells count as what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from t2c.common.errors import SettingError

FLAT_GATES = (
    "synth -flatten -noalumacc -run begin:fine; opt -fast -full; memory -nomap; opt -undriven -fine; techmap; "
    "abc -g simple; opt_clean -purge"
)
"""To gates of two inputs, multiplexers and flip-flops; memories stay what they are."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A target.

    name: as a user writes it; meaning: a line of help; flat, by_module: commands that map the design whole, and each
    module for itself, with {top}; counts: by column, the cells that stand in it, as a pattern of their whole names, and
    how many each is worth; simulated: commands that map it whole to cells that have a model; models: where Yosys has
    these, empty if Yosys writes what a cell does by itself.
    """

    name: str
    meaning: str
    flat: str
    by_module: str
    counts: Mapping[str, Mapping[str, int]]
    simulated: str
    models: str = ""

    def count(self, cells: Mapping[str, int]) -> dict[str, int]:
        """How many of each column some cells are, all columns of the family in their order.

        Args:
            cells: how often each kind of cell is there, by its name.

        >>> FAMILIES["ecp5"].count({"LUT4": 10, "CCU2C": 3, "MULT18X18D": 1, "TRELLIS_FF": 4})
        {'lut': 16, 'ff': 4, 'dsp': 1, 'bram': 0, 'lutram': 0, 'carry': 3}
        """
        return {
            column: sum(
                worth * number
                for pattern, worth in patterns.items()
                for cell, number in cells.items()
                if re.fullmatch(pattern, cell)
            )
            for column, patterns in self.counts.items()
        }


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family(
            name="ecp5",
            meaning="Lattice ECP5: LUT4, MULT18X18D, DP16KD; a carry cell takes two LUTs",
            flat="synth_ecp5 -top {top}",
            by_module="synth_ecp5 -noflatten -top {top}",
            counts={
                "lut": {"LUT4": 1, "CCU2C": 2},
                "ff": {"TRELLIS_FF": 1},
                "dsp": {"MULT18X18D|ALU54B": 1},
                "bram": {"DP16KD|PDPW16KD": 1},
                "lutram": {"TRELLIS_DPR16X4": 1},
                "carry": {"CCU2C": 1},
            },
            simulated="synth_ecp5 -nodsp -nobram -top {top}",
            models="ecp5/cells_sim.v",
        ),
        Family(
            name="xc7",
            meaning="AMD 7 series: LUT6, DSP48E1; RAMB36E1 counts as two RAMB18E1",
            flat="synth_xilinx -flatten -family xc7 -noiopad -noclkbuf -top {top}",
            by_module="synth_xilinx -family xc7 -noiopad -noclkbuf -top {top}",
            counts={
                "lut": {"LUT[1-6]": 1},
                "ff": {"FD[RSCP]E(_1)?": 1},
                "dsp": {"DSP48E1": 1},
                "bram18": {"RAMB18E1": 1, "RAMB36E1": 2},
                "lutram": {r"RAM(32|64|128|256)(M|M16|M8|X1[SD]|X2S)|SRL(C32|16)E": 1},
                "carry": {"CARRY4": 1},
            },
            simulated="synth_xilinx -flatten -family xc7 -noiopad -noclkbuf -nobram -top {top}",
            models="xilinx/cells_sim.v",
        ),
        Family(
            name="ice40",
            meaning="Lattice iCE40 UltraPlus: SB_LUT4, SB_MAC16, SB_RAM40_4K",
            flat="synth_ice40 -device u -dsp -top {top}",
            by_module="synth_ice40 -noflatten -device u -dsp -top {top}",
            counts={
                "lut": {"SB_LUT4": 1},
                "ff": {"SB_DFF.*": 1},
                "dsp": {"SB_MAC16": 1},
                "bram": {"SB_RAM40_4K.*": 1},
                "spram": {"SB_SPRAM256KA": 1},
                "carry": {"SB_CARRY": 1},
            },
            simulated="synth_ice40 -device u -dsp -nobram -top {top}",
            models="ice40/cells_sim.v",
        ),
        Family(
            name="gowin",
            meaning="Gowin GW1N: LUT1 to LUT4, ALU, MULT9X9 to MULT36X36, block memories",
            flat="synth_gowin -noiopads -top {top}",
            by_module="synth_gowin -noflatten -noiopads -top {top}",
            counts={
                "lut": {"LUT[1-4]": 1, "ALU": 1},
                "ff": {"DFF.*": 1},
                "dsp": {"MULT.*|PADD.*|MULTALU.*|MULTADDALU.*|ALU54D": 1},
                "bram": {"(SP|SDPB|SDPX9B|DPB|DPX9B|pROM|pROMX9|SDP|DP|ROM)": 1},
                "lutram": {"RAM16S.*": 1},
                "carry": {"ALU": 1},
            },
            simulated="synth_gowin -noiopads -nodsp -nobram -top {top}",
            models="gowin/cells_sim.v",
        ),
        Family(
            name="gates",
            meaning="generic gates of two inputs and multiplexers; memories are left whole",
            flat=FLAT_GATES,
            by_module=FLAT_GATES.replace("-flatten ", ""),
            counts={
                "gate": {r"\$_(AND|OR|NAND|NOR|XOR|XNOR|ANDNOT|ORNOT|MUX|NMUX)_": 1},
                "inverter": {r"\$_NOT_": 1},
                "ff": {r"\$_(SDFF|DFF|DFFE|SDFFE|SDFFCE|ALDFF|DFFSR|ADFF).*_": 1},
                "memory": {r"\$mem_v2": 1},
            },
            simulated=FLAT_GATES,
        ),
    )
}


def family(name: str) -> Family:
    """A target by its name.

    Raises:
        SettingError: there is none of that name.
    """
    if name not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise SettingError("{family} = {name!r}: the families are {known}", {"name": name, "known": known})
    return FAMILIES[name]
