"""The scripts that a user takes away: Yosys and nextpnr, Vivado."""

from __future__ import annotations

from collections.abc import Sequence

from t2c.cost.bitstream.chip import CHIP
from t2c.cost.place_and_route import CONFIGURATION, REPORT, TARGET_MHZ, Device

ECP5, VIVADO, README = "build_ecp5.sh", "vivado.tcl", "README.txt"


def ecp5_script(sources: Sequence[str], device: Device, speed: int, seed: int) -> str:
    """A shell script for Yosys, nextpnr-ecp5 and ecppack, in the folder of the sources."""
    flags = " ".join(device.flags)
    return f"""#!/bin/sh
# Yosys, nextpnr-ecp5 and ecppack from PATH; pins are whichever nextpnr takes: give it a file with --lpf for a board.
set -eu
cd "$(dirname "$0")/rtl"
yosys -q -p "read_verilog -DSYNTHESIS -I. {" ".join(sources)}; synth_ecp5 -top {CHIP} -json ../{CHIP}.json"
cd ..
nextpnr-ecp5 {flags} --speed {speed} --seed {seed} --json {CHIP}.json --report {REPORT} --textcfg {CONFIGURATION} \\
    --lpf-allow-unconstrained --timing-allow-fail --freq {TARGET_MHZ}
ecppack {CONFIGURATION} {CHIP}.bit
"""


def vivado_script(sources: Sequence[str]) -> str:
    """A script for Vivado in batch mode. Written by its manual (UG835), never run."""
    return f"""# vivado -mode batch -source {VIVADO} -tclargs xc7a100tcsg324-1 10.0
# Never run by the project: it has no Vivado. Out of context; add a file of constraints for a board.
set part [lindex $argv 0]
set period [lindex $argv 1]
cd [file join [file dirname [file normalize [info script]]] rtl]
read_verilog {{{" ".join(sources)}}}
foreach memory [glob *.hex] {{ read_mem $memory }}
synth_design -top {CHIP} -part $part -include_dirs . -verilog_define SYNTHESIS=1 -mode out_of_context
create_clock -name clk -period $period [get_ports clk_i]
opt_design
place_design
route_design
report_timing_summary -file ../vivado_timing.txt
report_utilization -hierarchical -file ../vivado_utilization.txt
"""


def readme(model: str, summary: Sequence[str]) -> str:
    """What lies in the folder."""
    lines = [
        f"{model} as a chip, by Torch2Chip's make bitstream.",
        "",
        "rtl/            Verilog in the order of filelist.f, headers, and the images of the memories",
        f"{ECP5}   does again what make bitstream did, with tools from PATH",
        f"{VIVADO}      the same for Vivado; written, never run",
        f"{REPORT}     of nextpnr: clock, slowest paths, use of the device",
        f"{CONFIGURATION}     the routed design, {CHIP}.bit the bitstream of it",
        "",
        "How a host drives the ports: docs/units/t2c_core.md and docs/contract.md of the project.",
        "",
        *summary,
    ]
    return "\n".join(lines) + "\n"
