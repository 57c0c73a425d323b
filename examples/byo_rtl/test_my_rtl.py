"""A test of your own, run by pytest: the requantiser of this folder, and a layer of a network on the core."""

from pathlib import Path

import pytest

import t2c

PACKAGE = t2c.load_package("digits_w8a8")


def test_my_requantiser() -> None:
    result = t2c.run_unit("mulquant", dut=Path(__file__).with_name("dut.yaml"))
    assert result.passed, result


@pytest.mark.parametrize("stall", ["none", "p50,bursts"])
def test_a_layer_on_the_core(stall: str) -> None:
    result = t2c.simulate(PACKAGE, layer="fc", images=2, stall=stall)
    assert result.passed, result
