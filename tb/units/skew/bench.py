"""Bench of rtl/skew.v: every lane, STEP cycles later for each that lies between it and the first one, or the last."""

from __future__ import annotations

import cocotb
from cocotb.handle import HierarchyObject

from t2c.tb.components.scoreboard import reported
from t2c.tb.units.delay_line.line_bench import LineBench
from t2c.tb.units.unit_settings import UnitSettings


def _bench(dut: HierarchyObject) -> LineBench:
    unit = UnitSettings.from_environment()
    depths = [unit["STEP"] * lane for lane in range(unit["LANES"])]
    ports = ("lanes_i", "lanes_o")
    return LineBench(dut, unit, depths[::-1] if unit["REVERSE"] else depths, unit["RESET"] != 0, ports)


@cocotb.test()
@reported
async def words(dut: HierarchyObject) -> None:
    """Words in every cycle, from power-up on, and through a reset."""
    await _bench(dut).words_test()


@cocotb.test()
@reported
async def reset_in_mid_stream(dut: HierarchyObject) -> None:
    """Resets of one cycle and more, at random."""
    await _bench(dut).reset_test()
