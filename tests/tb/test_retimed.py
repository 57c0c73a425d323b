"""The localiser follows valids: in a core with other latencies it finds where a fault is, or says between what."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.contract.hardware import Hardware
from t2c.tb.cosim.cosimulation import prepare
from t2c.tb.cosim.localisation.rerun import diagnose
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import find_simulator
from tests.core_net import core_package
from tests.tb.retimings import RETIMINGS
from tests.tb.rtl_mutants import Change, plant_all

pytestmark = pytest.mark.slow

HARDWARE = Hardware(rows=4, cols=4, act_depth=1024)
PLACES: dict[str, tuple[str, str, Change]] = {
    "operand": ("window_row", "stem", ("window_row.v", "x_wide - zp :", "x_wide - zp + (rdata_i[1:0] == 2'd1) :")),
    "bank address": (
        "window_row",
        "stem",
        ("window_row.v", "<= px_base_i + offset;", "<= px_base_i + offset + (ix == 16'd3);"),
    ),
    "every bank address": (
        "window_row",
        "stem",
        ("window_row.v", "<= px_base_i + offset;", "<= px_base_i + offset + 1'b1;"),
    ),
    "every bank address, the other way": (
        "window_row",
        "stem",
        ("window_row.v", "<= px_base_i + offset;", "<= px_base_i + offset - 1'b1;"),
    ),
    "tap of a row": (
        "tile_loader",
        "stem",
        ("tile_loader.v", "tap_offset_q + word_wide[ADDR_W-1:0];", "tap_offset_q + (tap_q == 16'd5);"),
    ),
    "address of a weight row": (
        "tile_loader",
        "stem",
        ("tile_loader.v", "assign rom_addr_o   = addr_q;", "assign rom_addr_o   = addr_q ^ (k_tile_q == 16'd1);"),
    ),
    "word of a weight row": (
        "ram",
        "stem",
        ("t2c_core.v", ".wgt_rdata_i(wgt_rdata)", ".wgt_rdata_i(wgt_rdata ^ (wgt_rdata[1:0] == 2'd1))"),
    ),
    "stored activation": (
        "activation_memory",
        "stem",
        (
            "t2c_core.v",
            "load_act ? load_data[ROWS*X_W-1:0]",
            "load_act ? load_data[ROWS*X_W-1:0] ^ (load_addr == 24'd2)",
        ),
    ),
    "processing element": (
        "mac_pe",
        "stem",
        ("systolic_array.v", "(psum_net[r*GROUPS+g])", "(psum_net[r*GROUPS+g] + ((r == 2 && g == 1) ? 1 : 0))"),
    ),
    "column sum": (
        "systolic_array",
        "stem",
        (
            "systolic_array.v",
            "[g*PACK*PSUM_W+:PACK*PSUM_W] = psum_net[E_ROWS*GROUPS+g]",
            "[g*PACK*PSUM_W+:PACK*PSUM_W] = psum_net[E_ROWS*GROUPS+g] + (g == 2)",
        ),
    ),
    "accumulator": (
        "accumulator",
        "stem",
        ("accumulator.v", "keep ? stored_q : base + wide;", "keep ? stored_q : base + wide + (addr_i == 5);"),
    ),
    "MulQuant": (
        "mulquant",
        "stem",
        ("mulquant.v", "q_q <= moved_q[OUT_W-1:0];", "q_q <= moved_q[OUT_W-1:0] ^ 1'b1;"),
    ),
    "second operand of an add": (
        "mulquant",
        "sum",
        ("mulquant.v", "addend = partial_q ? p_q :", "addend = partial_q ? p_q + 1000000 :"),
    ),
    "constants": (
        "layer_engine",
        "stem",
        ("pixel_sequencer.v", "assign param_addr_o = param_q +", "assign param_addr_o = param_q + 1'b1 +"),
    ),
    "pixel": (
        "pixel_sequencer",
        "stem",
        (
            "pixel_sequencer.v",
            "iy0_q + stride_h_i;",
            "iy0_q + stride_h_i + (oy_q == 16'd2);",
        ),
    ),
    "descriptor": (
        "program_sequencer",
        "stem",
        (
            "program_sequencer.v",
            "desc_o <= shadow_q;",
            "desc_o <= shadow_q ^ ((shadow_q[D_OP*32+:32] == OP_RUN) << (D_X_ZERO_POINT * 32));",
        ),
    ),
    "address of a result": (
        "output_writer",
        "all",
        ("output_writer.v", "assign addr_o  = addr_q;", "assign addr_o  = addr_q + (pixel_q == 24'd9);"),
    ),
}
"""Where a fault is: the unit that must be named, the layer that runs, and the fault."""


RUNS = {f"{place}, {retiming}": (place, retiming) for place in PLACES for retiming in ("as it is", *RETIMINGS)}


@pytest.mark.sample(93)
@pytest.mark.parametrize("name", RUNS)
def test_a_fault_is_found_whatever_the_latencies(name: str, tmp_path: Path) -> None:
    place, retiming = RUNS[name]
    unit, layer, fault = PLACES[place]
    rtl = plant_all(tmp_path, *RETIMINGS.get(retiming, ()), fault)
    request = RunRequest(rtl=rtl, layer=layer, exact_cycles=False)
    job = prepare(core_package(), "core", request, HARDWARE, find_simulator("icarus"), tmp_path / "out")
    result = job.run()
    assert result.verdict == "FAIL"
    assert bool(result.figures["timing"]) == (retiming != "as it is")
    diagnosis = diagnose(job, result)
    assert diagnosis is not None
    assert diagnosis.finding.unit == unit, diagnosis.finding.text
