"""Columns that fill a device, and the share of SP2 that follows: by planted figures, and by Yosys."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from t2c.common.errors import SettingError, UserError
from t2c.cost.balance import Column, balance, balance_lines, find_counted, measured
from t2c.cost.keeper import Keeper
from t2c.cost.place_and_route import COUNTED, DEVICES, Device, find_device
from tests.conftest import ROOT

SMALL = Device(name="small", family="ecp5", luts=1000, dsps=10)
COLUMNS = {"fixed": Column(luts=20, dsps=4), "sp2": Column(luts=100, dsps=0)}


@pytest.mark.parametrize(
    ("device", "lut_share", "fixed", "sp2", "share"),
    [
        (SMALL, 0.5, 2, 4, 4 / 6),  # 10 DSPs hold 2 columns, 500 - 40 LUTs 4
        (SMALL, 1.0, 2, 9, 9 / 11),
        (SMALL, 0.14, 2, 1, 1 / 3),  # exactly 140 LUTs
        (SMALL, 0.139, 2, 0, 0.0),
        (SMALL, 0.03, 1, 0, 0.0),  # LUTs end first
        (Device(name="few", family="ecp5", luts=1000, dsps=3), 0.5, 0, 5, 1.0),
    ],
)
def test_multipliers_fill_the_dsps_and_sp2_the_luts(
    device: Device, lut_share: float, fixed: int, sp2: int, share: float
) -> None:
    found = balance(device, 4, COLUMNS, lut_share)
    assert (found.fixed, found.sp2, found.share) == (fixed, sp2, share)
    assert found.fixed * 4 <= device.dsps
    assert found.fixed * 20 + found.sp2 * 100 <= found.luts == int(lut_share * device.luts)


def test_what_a_terminal_shows() -> None:
    assert list(balance_lines(balance(SMALL, 4, COLUMNS, 0.5))) == [
        "device    small: 1,000 LUTs, 500 of them for the columns; 10 DSPs",
        "",
        "column of 4 rows, W4  lut  dsp  columns  lut  dsp",
        "multipliers            20    4        2   40    8",
        "SP2                   100    0        4  400    0",
        "",
        "share     0.67 of the filters SP2",
    ]


def test_what_cannot_be_balanced() -> None:
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(SettingError, match=r"^lut_share = .* is not in 0\.\.1$"):
            balance(SMALL, 4, COLUMNS, share)
    with pytest.raises(UserError, match=r"^none: it has no DSPs, so there is nothing to balance$"):
        balance(Device(name="none", family="ecp5", luts=9, dsps=0), 4, COLUMNS, 0.5)
    soft = COLUMNS | {"fixed": Column(luts=90, dsps=0)}
    with pytest.raises(
        UserError, match=r"^small: a column of 4 multipliers has no DSPs, so there is nothing to balance$"
    ):
        balance(SMALL, 4, soft, 0.5)
    with pytest.raises(UserError, match=r"^small: no column of 4 rows fits in 0 LUTs and 10 DSPs$"):
        balance(SMALL, 4, COLUMNS, 0.0)


def test_devices_that_are_counted_are_not_all_placed() -> None:
    assert set(COUNTED) - set(DEVICES) == {"xc7z020", "xc7z045"}
    assert all(device.flags for device in DEVICES.values())
    assert find_counted("xc7z045").dsps == 900
    with pytest.raises(SettingError, match=r"^device = 'xc7z020': the devices are ecp5-25k, ecp5-45k, ecp5-85k$"):
        find_device("xc7z020", "xc7", 6)


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("rows", [2, 4])
def test_a_column_of_each_kind_by_yosys(rows: int) -> None:
    keeper = Keeper(folder=ROOT / "sim_build" / "tests" / "cost", progress=lambda _: None)
    found = measured(COUNTED["ecp5-25k"], rows, keeper)
    assert (found["fixed"].dsps, found["sp2"].dsps) == (rows, 0)
    assert found["sp2"].luts > 2 * found["fixed"].luts > 0


def call(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "t2c.cost", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_the_command_prints_and_writes(tmp_path: Path) -> None:
    folder = ROOT / "sim_build" / "tests" / "cost"
    done = call("--balance", "ecp5-25k", "--rows", "4", "--lut-share", "0.25", "--out", str(folder))
    assert done.returncode == 0, done.stderr
    said = json.loads((folder / "balance-ecp5-25k.json").read_text())
    assert said["luts"] == 6072
    assert said["fixed"] == 7  # 28 DSPs
    assert f"share     {said['share']:.2f} of the filters SP2" in done.stdout


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--balance nope", "--balance = 'nope': the devices are ecp5-25k, ecp5-45k, ecp5-85k, xc7z020, xc7z045"),
        ("--balance xc7z020 --lut-share 1.5", "--lut-share = 1.5 is not in 0..1"),
        ("--balance xc7z020 --unit mac_pe", "--balance: it is of columns alone, without --unit"),
        ("--balance xc7z020 --w-w 8", "--balance: it is of columns alone, without --w-w"),
        ("--balance xc7z020 --rows 0", "ROWS = 0 is outside 2..256"),
    ],
)
def test_a_mistake_is_one_line(words: str, message: str) -> None:
    done = call(*words.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")
