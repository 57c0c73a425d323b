"""How many columns of multipliers and of SP2 fill a device, and so which share of the filters is SP2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from t2c.common.errors import SettingError, UserError
from t2c.common.places import RTL
from t2c.common.text_table import aligned
from t2c.contract.element_rtl import element_rtl
from t2c.contract.hardware import Hardware
from t2c.cost.design import SynthesisDesign
from t2c.cost.families import family
from t2c.cost.keeper import Keeper, yosys_version
from t2c.cost.place_and_route import COUNTED, Device
from t2c.cost.synthesis import synthesise

W_W = 4
"""Bits of weights, of which alone there are both kinds."""
ELEMENTS = {"fixed": "mac", "sp2": "sp2"}
"""Of a column, by kind."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """What a column of one kind takes."""

    luts: int
    dsps: int


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Columns of each kind on a device. rows: of a column; luts: that the columns may take; fixed, sp2: how many."""

    device: Device
    rows: int
    luts: int
    columns: dict[str, Column]
    fixed: int
    sp2: int

    @property
    def share(self) -> float:
        """Of the columns, and so of the filters of a layer, that are SP2."""
        return self.sp2 / (self.fixed + self.sp2)

    def to_json(self) -> dict[str, Any]:
        """All of it, with the version of the tool."""
        columns = {kind: asdict(column) for kind, column in self.columns.items()}
        there = {"device": self.device.name, "device_luts": self.device.luts, "device_dsps": self.device.dsps}
        found = {"fixed": self.fixed, "sp2": self.sp2, "share": self.share}
        return {**there, "rows": self.rows, "luts": self.luts, "columns": columns, **found, "tool": yosys_version()}


def find_counted(name: str) -> Device:
    """A device whose LUTs and DSPs are known.

    Raises:
        SettingError: there is none of that name.
    """
    if name not in COUNTED:
        values = {"name": name, "known": ", ".join(COUNTED)}
        raise SettingError("{balance} = {name!r}: the devices are {known}", values)
    return COUNTED[name]


def check_share(lut_share: float) -> None:
    """Refuse a share that is not in 0..1; raise SettingError."""
    if not 0.0 <= lut_share <= 1.0:
        raise SettingError("{lut_share} = {value} is not in 0..1", {"value": lut_share})


def balance(device: Device, rows: int, columns: dict[str, Column], lut_share: float) -> Balance:
    """Multipliers as far as DSPs go, then SP2 as far as LUTs go.

    Args:
        rows: of a column; columns: what one takes, by kind; lut_share: of the device's LUTs, 0..1, for all columns.

    Raises:
        SettingError: no such share.
        UserError: the device, or the column of multipliers, has no DSPs, or no column fits.
    """
    check_share(lut_share)
    fixed, sp2 = columns["fixed"], columns["sp2"]
    if not device.dsps or not fixed.dsps:
        whose = f"a column of {rows} multipliers" if device.dsps else "it"
        raise UserError(f"{device.name}: {whose} has no DSPs, so there is nothing to balance")
    luts = int(lut_share * device.luts)
    many = min(device.dsps // fixed.dsps, luts // fixed.luts if fixed.luts else device.dsps)
    more = (luts - many * fixed.luts) // sp2.luts
    if not many + more:
        raise UserError(f"{device.name}: no column of {rows} rows fits in {luts:,} LUTs and {device.dsps} DSPs")
    return Balance(device=device, rows=rows, luts=luts, columns=columns, fixed=many, sp2=more)


def measured(device: Device, rows: int, keeper: Keeper) -> dict[str, Column]:
    """What a column of each kind takes in the device's family, synthesised alone, activations of 8 bits.

    Raises:
        UserError: as `synthesise`.
    """
    found = {}
    for kind, element in ELEMENTS.items():
        counts = synthesise(column(element, rows, keeper.folder), family(device.family), keeper, by_module=False).counts
        found[kind] = Column(luts=counts["lut"], dsps=counts["dsp"])
    return found


def column(element: str, rows: int, output: Path) -> SynthesisDesign:
    """An array of one column. output: folder for RTL that is made of an element."""
    hardware = Hardware(rows=rows, cols=1, w_w=W_W, element="" if element == "mac" else element)
    return SynthesisDesign(
        top="systolic_array",
        rtl=element_rtl(hardware, RTL, output),
        parameters={"ROWS": rows, "COLS": 1, "A_W": hardware.x_w + 1, "W_W": W_W},
    )


def balance_lines(found: Balance) -> Iterator[str]:
    """What a terminal shows."""
    device = found.device
    yield f"device    {device.name}: {device.luts:,} LUTs, {found.luts:,} of them for the columns; {device.dsps} DSPs"
    yield ""
    rows = [[f"column of {found.rows} rows, W{W_W}", "lut", "dsp", "columns", "lut", "dsp"]]
    for title, kind, many in (("multipliers", "fixed", found.fixed), ("SP2", "sp2", found.sp2)):
        one = found.columns[kind]
        rows.append([title, *(f"{n:,}" for n in (one.luts, one.dsps, many, many * one.luts, many * one.dsps))])
    yield from aligned(rows, right=range(1, 6))
    yield ""
    yield f"share     {found.share:.2f} of the filters SP2"
