"""The numbers by which a pixel and its weight tile are found among those of their step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.contract.schedule import pixel_cycle, pixel_number, tile_number
from t2c.mapping.compiler import compile_program
from tests.core_net import core_package


@pytest.mark.parametrize("acc_depth", [6, 10, 1024])
@pytest.mark.parametrize("rows", [4, 8])
def test_numbers_count_pixels_in_the_order_of_their_cycles(acc_depth: int, rows: int) -> None:
    hardware = Hardware(rows=rows, cols=4, acc_depth=acc_depth)
    seen = 0
    for step in compile_program(core_package().graph, "all", replace(hardware)).steps:
        d = step.descriptor
        if step.op is not Operation.RUN:
            continue
        places = [(t, k, p) for t in range(d.col_tiles) for k in range(d.k_tiles) for p in range(d.pixels)]
        places.sort(key=lambda place: pixel_cycle(d, hardware, *place))
        assert [pixel_number(d, hardware, *place) for place in places] == list(range(len(places)))
        tiles = [tile_number(d, hardware, *place) for place in places]
        assert tiles == sorted(tiles)
        assert set(tiles) == set(range(d.col_tiles * d.k_tiles * d.blocks))
        # A tile is one K tile of one block of one column tile.
        names = [(t, p // acc_depth, k) for t, k, p in places]
        assert all((tiles[i] == tiles[i - 1]) == (names[i] == names[i - 1]) for i in range(1, len(names)))
        seen += 1
    assert seen > 8
