"""Place and route by nextpnr: does it fit, how fast is it, and which path is the slowest.

Out of context: the ports are not pins, so a unit with more ports than a package has pins is measured alike.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from t2c.common.errors import SettingError, SimulatorError, UserError
from t2c.common.process_group import run_in_group
from t2c.cost.critical_path import CriticalPath, slowest
from t2c.cost.keeper import Keeper
from t2c.cost.synthesis import NETLIST, Cost
from t2c.tb.simulation.yowasp import find_program

REPORT, LOG, CONFIGURATION = "report.json", "nextpnr.log", "chip.config"
_WRITTEN = "routed.json"
"""Asked for because nextpnr does nothing without an output."""
SPEEDS = (6, 7, 8)
TARGET_MHZ = 200
"""What nextpnr is asked for; more than any design here reaches, so that it never rests early."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """A device of a family. luts, dsps: how many it has; flags: of nextpnr, none where there is no place and route."""

    name: str
    family: str
    luts: int
    dsps: int
    flags: tuple[str, ...] = ()


DEVICES: Mapping[str, Device] = {
    f"ecp5-{size}": Device(
        name=f"ecp5-{size}", family="ecp5", luts=luts, dsps=dsps, flags=(f"--{size}", "--package", package)
    )
    for size, package, luts, dsps in (
        ("25k", "CABGA381", 24_288, 28),
        ("45k", "CABGA554", 43_848, 72),
        ("85k", "CABGA756", 83_640, 156),
    )
}
"""Those that are placed and routed."""

COUNTED: Mapping[str, Device] = {
    **DEVICES,
    "xc7z020": Device(name="xc7z020", family="xc7", luts=53_200, dsps=220),
    "xc7z045": Device(name="xc7z045", family="xc7", luts=218_600, dsps=900),
}
"""Those whose LUTs and DSPs are known."""


def find_device(name: str, family: str, speed: int) -> Device:
    """A device by its name.

    Raises:
        SettingError: there is none of that name, it is of another family, or has no such speed grade.
    """
    if name not in DEVICES:
        raise SettingError("{device} = {name!r}: the devices are {known}", {"name": name, "known": ", ".join(DEVICES)})
    if speed not in SPEEDS:
        raise SettingError("{speed} = {value}: the speed grades are 6, 7 and 8", {"value": speed})
    device = DEVICES[name]
    if device.family != family:
        values = {"name": name, "of": device.family, "asked": family}
        raise SettingError("{device} = {name} is of family {of}, and {family} is {asked}", values)
    return device


def find_nextpnr(family: str) -> str:
    """The executable for a family; errors as `find_program`."""
    return find_program(f"nextpnr-{family}", "cost")


@cache
def nextpnr_version(family: str) -> str:
    """Of the nextpnr that runs, such as `nextpnr 0.11.1`."""
    done = run_in_group([find_nextpnr(family), "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = re.search(r"Version nextpnr-([\w.]+)", done.stdout)
    return f"nextpnr {found[1]}" if found else "nextpnr"


@dataclass(frozen=True, kw_only=True)
class Routed:
    """A design on a device. mhz: by seed; path: the slowest of the median seed; used: of how many there are; pins: its
    ports are pins, not out of context."""

    device: Device
    speed: int
    mhz: Mapping[int, float]
    path: CriticalPath
    used: Mapping[str, tuple[int, int]]
    pins: bool = False

    @property
    def median_mhz(self) -> float:
        """Over the seeds."""
        return median(self.mhz.values())

    def to_json(self) -> dict[str, Any]:
        """All of it, with the version of the tool."""
        return {
            "device": self.device.name,
            "speed": self.speed,
            "tool": nextpnr_version(self.device.family),
            "mhz": {str(seed): round(value, 2) for seed, value in self.mhz.items()},
            "median_mhz": round(self.median_mhz, 2),
            "critical_path": self.path.to_json(),
            "utilisation": {name: list(pair) for name, pair in self.used.items()},
        }


def place_and_route(cost: Cost, device: Device, speed: int, seeds: Sequence[int], keeper: Keeper) -> Routed:
    """Place and route a synthesised design with each seed.

    Raises:
        UserError: it does not fit the device; the message says what is over.
        SimulatorError: nextpnr is missing, or stops.
    """
    folders = {seed: routed_folder(cost.netlist, cost.design.top, device, speed, seed, keeper) for seed in seeds}
    return read_routed(device, speed, folders)


def read_routed(device: Device, speed: int, folders: Mapping[int, Path], *, pins: bool = False) -> Routed:
    """What nextpnr reported in the folders of `routed_folder`, by seed. pins: it was called so."""
    reports = {seed: json.loads((folder / REPORT).read_text()) for seed, folder in folders.items()}
    mhz = {seed: min(clock["achieved"] for clock in report["fmax"].values()) for seed, report in reports.items()}
    middle = sorted(mhz, key=lambda seed: mhz[seed])[(len(mhz) - 1) // 2]
    used = {
        name: (int(entry["used"]), int(entry["available"]))
        for name, entry in reports[middle]["utilization"].items()
        if entry["used"]
    }
    return Routed(device=device, speed=speed, mhz=mhz, path=slowest(reports[middle]), used=used, pins=pins)


def routed_folder(
    netlist: Path, top: str, device: Device, speed: int, seed: int, keeper: Keeper, *, pins: bool = False
) -> Path:
    """Place and route a netlist; give the folder with the report, and with pins the configuration.

    Args:
        netlist: folder with the netlist of `synthesise`.
        top: its module.
        device, speed, seed, keeper: as of `place_and_route`.
        pins: ports are pins of the device, whichever nextpnr takes; without it the design is out of context.

    Raises:
        UserError, SimulatorError: as `place_and_route`.
    """
    command = [
        *(find_nextpnr(device.family), *device.flags, "--speed", str(speed), "--seed", str(seed)),
        *("--json", NETLIST, "--report", REPORT, "--freq", str(TARGET_MHZ), "--timing-allow-fail"),
        *(
            ("--textcfg", CONFIGURATION, "--lpf-allow-unconstrained")
            if pins
            else ("--write", _WRITTEN, "--out-of-context")
        ),
    ]

    def work(folder: Path) -> None:
        shutil.copy(netlist / NETLIST, folder)
        with (folder / LOG).open("w") as log:
            done = run_in_group(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise _failure(top, device, (folder / LOG).read_text())
        for name in (NETLIST, _WRITTEN):
            (folder / name).unlink(missing_ok=True)

    stated = [netlist.name, command[1:], nextpnr_version(device.family)]
    return keeper.kept(top, f"placed and routed on {device.name}, seed {seed}", stated, work)


def _failure(top: str, device: Device, log: str) -> UserError:
    """Why nextpnr stopped: what is over, if anything is, else its own words."""
    over = [
        f"{name} {used} of {there}"
        for name, used, there in re.findall(r"(\w+):\s+(\d+)/\s*(\d+)\s+\d+%", log)
        if int(used) > int(there)
    ]
    if over:
        return UserError(f"{top} does not fit {device.name}: {', '.join(over)}")
    first = next((line for line in log.splitlines() if line.startswith("ERROR")), "it ended without a word")
    return SimulatorError(f"nextpnr: {first}")
