"""`make bitstream`: the core for a network, placed and routed, in a folder that stands by itself."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from t2c.common.command import Parser, run
from t2c.common.errors import SimulatorError, UserError
from t2c.common.options import add_options
from t2c.common.places import OUTPUT
from t2c.common.process_group import run_in_group
from t2c.common.staging import staging_folder, swap_in
from t2c.cost.bitstream.chip import CHIP, chip_verilog
from t2c.cost.bitstream.scripts import ECP5, README, VIVADO, ecp5_script, readme, vivado_script
from t2c.cost.design import SynthesisDesign
from t2c.cost.estimate import estimate
from t2c.cost.families import family
from t2c.cost.keeper import Keeper
from t2c.cost.place_and_route import (
    CONFIGURATION,
    DEVICES,
    REPORT,
    Device,
    find_device,
    read_routed,
    routed_folder,
)
from t2c.cost.report import estimate_lines, routed_lines
from t2c.cost.subject import core_program, core_with_contents
from t2c.cost.synthesis import synthesise
from t2c.mapping.program import Program
from t2c.tb.simulation.filelist import NAME as FILELIST
from t2c.tb.simulation.yowasp import find_program

DESCRIPTION = "Place and route the core for a network, with the network in its memories."
FAMILY = "ecp5"
MARK = f"{CHIP}.v"
"""A folder whose rtl/ has it is one that this command made."""


def option_facts() -> dict[str, Any]:
    """What this room knows of its options."""
    return {"devices": ", ".join(DEVICES)}


def execute(options: argparse.Namespace) -> int:
    """Write the folder, whole or not at all; return 0."""
    device = find_device(options.device, FAMILY, options.speed)
    program = core_program(options.model, {"rows": options.rows, "cols": options.cols})
    out: Path = options.out
    if out.exists() and not (out / "rtl" / MARK).is_file():
        raise UserError(f"{out} is there, and is no folder of make bitstream: it is left as it is")
    keeper = Keeper(folder=(OUTPUT / "cost").resolve(), progress=lambda text: print(text, file=sys.stderr, flush=True))
    with staging_folder(out) as staging:
        design = write_rtl(program, staging / "rtl")
        cost = synthesise(design, family(FAMILY), keeper, by_module=False)
        routed = routed_folder(cost.netlist, CHIP, device, options.speed, options.seed, keeper, pins=True)
        for name in (REPORT, CONFIGURATION):
            shutil.copy(routed / name, staging)
        pack(staging)
        clock = read_routed(device, options.speed, {options.seed: routed}, pins=True)
        array = program.hardware.rows * program.hardware.cols
        lines = [*routed_lines(clock), *estimate_lines(estimate(program), array, clock.median_mhz)]
        write_scripts(staging, device, options, lines)
        swap_in(staging, out)
    print("\n".join(lines))
    print(f"\nresult    {out}: {README} says what is in it")
    return 0


def write_rtl(program: Program, folder: Path) -> SynthesisDesign:
    """Put the sources of the chip and the images of its memories into a folder, which is a design then."""
    core = core_with_contents(program)
    folder.mkdir(parents=True)
    core.write(folder)
    names = {parameter: core.file_name(parameter) for parameter in core.files}
    (folder / MARK).write_text(chip_verilog(program.hardware.parameters(), names))
    sources = [name for name in core.sources() if name.endswith(".v")]
    (folder / FILELIST).write_text("".join(f"{name}\n" for name in (*sources, MARK)))
    return SynthesisDesign(top=CHIP, rtl=folder, files=core.files)


def write_scripts(folder: Path, device: Device, options: argparse.Namespace, summary: list[str]) -> None:
    """Put the scripts and the text that explains the folder into it."""
    sources = (folder / "rtl" / FILELIST).read_text().split()
    (folder / ECP5).write_text(ecp5_script(sources, device, options.speed, options.seed))
    (folder / ECP5).chmod(0o755)
    (folder / VIVADO).write_text(vivado_script(sources))
    (folder / README).write_text(readme(options.model, summary))


def pack(folder: Path) -> None:
    """Make the bitstream, if ecppack is there.

    Raises:
        SimulatorError: it stops.
    """
    try:
        packer = find_program("ecppack", "cost")
    except SimulatorError:
        print("ecppack is not there: no bitstream", file=sys.stderr)
        return
    command = [packer, CONFIGURATION, f"{CHIP}.bit"]
    done = run_in_group(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise SimulatorError(f"ecppack: {done.stdout.strip().splitlines()[-1]}")


def main() -> int:
    """Run the command line."""
    parser = Parser(prog="bitstream", description=DESCRIPTION)
    add_options(parser, "bitstream", option_facts())
    return execute(parser.parse_args())


if __name__ == "__main__":
    run(main, extra=(UserError,))
