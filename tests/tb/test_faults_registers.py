"""The registers' bench: green on the RTL as it is, red on every planted fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from t2c.tb.units.run import run_unit
from tests.campaign import crossed
from tests.tb.rtl_mutants import assert_killed, plant

pytestmark = pytest.mark.slow

UNIT = "core_registers"
SHAPES = [
    {},
    {"ROWS": 256, "COLS": 256, "X_W": 2, "W_W": 3, "LO_W": 32},
    {"ROWS": 2, "COLS": 1, "X_W": 5, "W_W": 2, "LO_W": 2},
]
MUTANTS = {
    # name: (the bench's test that must fail, original, mutant)
    "start while busy starts": ("strobes", "to_control & w_start_q & ~busy;", "to_control & w_start_q;"),
    "start while busy_i": ("programs", "to_control & w_start_q & ~busy;", "to_control & w_start_q & ~running_q;"),
    "start while busy is OKAY": ("strobes", "(~to_control | (w_start_q & busy))", "(~to_control)"),
    "start at any address": ("addresses", "write & to_control & w_start_q", "write & w_start_q"),
    "start without a strobe": (
        "strobes",
        "s_axil_wdata_i[CONTROL_START_BIT] & s_axil_wstrb_i[CONTROL_START_BIT/8]",
        "s_axil_wdata_i[CONTROL_START_BIT]",
    ),
    "start by any strobe": ("strobes", "& s_axil_wstrb_i[CONTROL_START_BIT/8]", "& |s_axil_wstrb_i"),
    "start by another bit": (
        "strobes",
        "s_axil_wdata_i[CONTROL_START_BIT] & s_axil_wstrb_i[CONTROL_START_BIT/8]",
        "s_axil_wdata_i[8] & s_axil_wstrb_i[CONTROL_START_BIT/8]",
    ),
    "start_o for two cycles": (
        "strobes",
        "start_o          = start_q;",
        "start_o = start_q | (running_q & count_q == 1);",
    ),
    "a read-only write is OKAY": ("addresses", "(~to_control | (w_start_q", "((w_start_q"),
    "CONTROL without start is SLVERR": (
        "strobes",
        "(~to_control | (w_start_q & busy))",
        "(~to_control | ~w_start_q | busy)",
    ),
    "effect without B's slot": ("channel_order", "w_full_q & ~bvalid_q;", "w_full_q;"),
    "B before W": ("channel_order", "write      = aw_full_q & w_full_q &", "write      = aw_full_q &"),
    "B before AW": ("channel_order", "write      = aw_full_q & w_full_q &", "write      = w_full_q &"),
    "bvalid waits for bready": (
        "channel_order",
        "s_axil_bvalid_o  = bvalid_q;",
        "s_axil_bvalid_o  = bvalid_q & s_axil_bready_i;",
    ),
    "bvalid falls by itself": ("channel_order", "if (s_axil_bready_i) bvalid_q", "bvalid_q"),
    "rvalid falls by itself": ("channel_order", "if (s_axil_rready_i) rvalid_q", "rvalid_q"),
    "address taken while one waits": ("channel_order", "if (s_axil_awvalid_i & ~aw_full_q)", "if (s_axil_awvalid_i)"),
    "data taken while some wait": ("channel_order", "if (s_axil_wvalid_i & ~w_full_q)", "if (s_axil_wvalid_i)"),
    "payload moves while stalled": (
        "channel_order",
        "read = s_axil_arvalid_i & ~rvalid_q;",
        "read = s_axil_arvalid_i;",
    ),
    "rdata of the present address": (
        "channel_order",
        "assign s_axil_rdata_o   = rdata_q;",
        "assign s_axil_rdata_o   = read_data;",
    ),
    "low address bits ignored": ("addresses", "case (s_axil_araddr_i)", "case ({s_axil_araddr_i[7:2], 2'b00})"),
    "high address bits ignored": ("addresses", "case (s_axil_araddr_i)", "case ({3'd0, s_axil_araddr_i[4:0]})"),
    "unknown address is OKAY": (
        "addresses",
        "default:       read_resp = RESP_SLVERR;",
        "default:       read_resp = RESP_OKAY;",
    ),
    "unknown address reads X": (
        "addresses",
        "default:       read_resp = RESP_SLVERR;",
        "default:       {read_resp, read_data} = {RESP_SLVERR, 32'bx};",
    ),
    "CONTROL reads back": ("addresses", "CONTROL:   read_data = 32'd0;", "CONTROL:   read_data = {31'd0, running_q};"),
    "hardware bytes swapped": (
        "addresses",
        "(W_W << HARDWARE_W_W_BIT) | (X_W <<",
        "(X_W << HARDWARE_W_W_BIT) | (W_W <<",
    ),
    "rows and columns swapped": (
        "addresses",
        "((COLS % 256) << HARDWARE_COLS_BIT) | ((ROWS % 256) <<",
        "((ROWS % 256) << HARDWARE_COLS_BIT) | ((COLS % 256) <<",
    ),
    "busy without the program": ("same_cycle", "busy   = running_q | busy_i;", "busy   = busy_i;"),
    "busy without busy_i": ("programs", "busy   = running_q | busy_i;", "busy   = running_q;"),
    "status sees done at once": (
        "same_cycle",
        "read_data[STATUS_DONE_BIT]  = done_q;",
        "read_data[STATUS_DONE_BIT]  = done_q | (running_q & done_i);",
    ),
    "done not cleared": (
        "programs",
        "            running_q <= 1'b1;\n            done_q    <= 1'b0;",
        "            running_q <= 1'b1;",
    ),
    "error not cleared": ("programs", "            error_q   <= 1'b0;\n            code_q ", "            code_q "),
    "code not cleared": (
        "programs",
        "            code_q    <= 8'd0;\n            layer_q   <= 16'd0;\n            count_q   <=",
        "            layer_q   <= 16'd0;\n            count_q   <=",
    ),
    "layer not cleared": (
        "programs",
        "            layer_q   <= 16'd0;\n            count_q   <=",
        "            count_q   <=",
    ),
    "count not cleared": ("programs", "            count_q   <= {COUNT_W{1'b0}};\n        end\n\n", "        end\n\n"),
    "done beside error": ("programs", "done_q    <= ~error_i;", "done_q    <= done_i;"),
    "error not kept": ("programs", "error_q   <= error_i;", "error_q   <= 1'b0;"),
    "code of any moment": ("programs", "if (error_i) code_q <= error_code_i;", "code_q <= error_code_i;"),
    "pulses without a program": ("programs", "ending = running_q & (done_i", "ending = (done_i"),
    "pulses only after start_o": (
        "programs",
        "ending = running_q & (done_i",
        "ending = running_q & ~start_q & (done_i",
    ),
    "layer of start_o": ("programs", "if (running_q & ~start_q) layer_q", "if (running_q) layer_q"),
    "layer goes on": ("programs", "if (running_q & ~start_q) layer_q", "if (~start_q) layer_q"),
    "last cycle counted": ("programs", "if (running_q & ~ending) count_q", "if (running_q) count_q"),
    "first cycle not counted": (
        "programs",
        "if (running_q & ~ending) count_q",
        "if (running_q & ~ending & ~start_q) count_q",
    ),
    "count goes on with busy_i": ("programs", "if (running_q & ~ending) count_q", "if (busy & ~ending) count_q"),
    "carry lost": (
        "cycle_count",
        "count_q <= count_q + {{(COUNT_W - 1) {1'b0}}, 1'b1};",
        "count_q[LO_W-1:0] <= count_q[LO_W-1:0] + 1'b1;",
    ),
    "CYCLES_HI not latched": (
        "cycle_count",
        "CYCLES_HI: read_data = count_hi_q;",
        "CYCLES_HI: read_data = count_q[COUNT_W-1:LO_W];",
    ),
    "CYCLES_HI latched by itself": (
        "cycle_count",
        "if (s_axil_araddr_i == REG_CYCLES_LO)",
        "if (s_axil_araddr_i == REG_CYCLES_HI)",
    ),
    "latched by any read": ("cycle_count", "if (s_axil_araddr_i == REG_CYCLES_LO) count_hi_q", "count_hi_q"),
    "AW not reset": (
        "reset",
        "            aw_full_q  <= 1'b0;\n            w_full_q   <= 1'b0;\n            bvalid_q",
        "            w_full_q   <= 1'b0;\n            bvalid_q",
    ),
    "W not reset": ("reset", "            w_full_q   <= 1'b0;\n            bvalid_q", "            bvalid_q"),
    "B not reset": ("reset", "            bvalid_q   <= 1'b0;\n            rvalid_q", "            rvalid_q"),
    "R not reset": ("reset", "            rvalid_q   <= 1'b0;\n", ""),
    "start not reset": ("reset", "            start_q    <= 1'b0;\n", ""),
    "program not reset": ("reset", "            running_q  <= 1'b0;\n", ""),
    "done not reset": ("reset", "            done_q     <= 1'b0;\n", ""),
    "error not reset": ("reset", "            error_q    <= 1'b0;\n", ""),
    "code not reset": ("reset", "            code_q     <= 8'd0;\n", ""),
    "layer not reset": ("reset", "            layer_q    <= 16'd0;\n", ""),
    "count not reset": ("reset", "            count_q    <= {COUNT_W{1'b0}};\n", ""),
    "latch not reset": ("reset", "            count_hi_q <= 32'd0;\n", ""),
}


@pytest.mark.parametrize(("parameters", "simulator"), crossed(SHAPES, SIMULATORS, every=6))
def test_the_registers_match_their_model(parameters: dict[str, int], simulator: str, sim_output: Path) -> None:
    """The control of every test below."""
    outcome = run_unit(UNIT, find_simulator(simulator), sim_output, parameters=parameters)
    assert outcome.passed, outcome.log.read_text()[-3000:]


@pytest.mark.sample(24)
@pytest.mark.parametrize("name", MUTANTS)
def test_planted_fault_is_killed(name: str, sim_output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the named test that runs and fails, not by a simulator that refuses the mutant."""
    test, original, mutant = MUTANTS[name]
    assert_killed(monkeypatch, UNIT, test, sim_output, plant(tmp_path, f"{UNIT}.v", original, mutant))


@pytest.mark.parametrize("parameters", [{"ROWS": 1}, {"COLS": 257}, {"X_W": 9}, {"W_W": 1}, {"LO_W": 33}], ids=str)
def test_a_parameter_out_of_range_stops_the_elaboration(parameters: dict[str, int], sim_output: Path) -> None:
    (name,) = parameters
    with pytest.raises(UserError, match=f"{name} = {parameters[name]} is outside its range") as refusal:
        run_unit(UNIT, find_simulator("icarus"), sim_output, parameters=parameters)
    assert f"core_registers_{name}_out_of_range" in str(refusal.value.__cause__), "the module itself must stop it"
