"""Faults planted in the operand mover, each against its own bench: the named test turns red."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.tb.components.scoreboard import STOP_AT_MISMATCH
from tests.tb.rtl_mutants import assert_killed, plant

pytestmark = pytest.mark.slow

FAULTS: dict[str, tuple[str, str, str]] = {
    # what is wrong: (the bench's test that must fail, text that is there once, what replaces it)
    "tokens counted by 8 bits": (
        "counters",
        "left_q - {15'd0, left_q != 16'd0}",
        "{8'd0, left_q[7:0] - {7'd0, left_q[7:0] != 8'd0}}",
    ),
    "tokens wrap": ("tiles", "left_q - {15'd0, left_q != 16'd0}", "left_q - 16'd1"),
    "K tiles compared by 10 bits": (
        "counters",
        "(k_tile_q == k_tiles_i - 16'd1)",
        "(((k_tile_q ^ (k_tiles_i - 16'd1)) & 16'h3ff) == 0)",
    ),
    "column tiles of 10 bits": (
        "counters",
        "col_tile_q <= col_tile_q + 16'd1;",
        "col_tile_q <= col_tile_q + 1 & 1023;",
    ),
    "step of 16 bits": ("tiles", "addr_q + col_step_i}", "addr_q + col_step_i[15:0]}"),
    "the next word of the column tile before": ("tiles", "tile_addr_q + {{", "addr_q + {{"),
    "a column tile begins a token late": ("tiles", "row_q == LAST_COL[ROW_W-1:0]", "row_q == LAST_ROW[ROW_W-1:0]"),
    "a column tile begins after its last word": ("tiles", "(k_tile_q == 16'd0) & (row_q == LAST", "(row_q == LAST"),
    "word by column tile": ("tiles", "transpose_i ? k_tile_q : word_q", "word_q"),
    "word without groups": ("tiles", "word_q + {15'd0, last_group}", "word_q + 16'd1"),
    "bank 0 and 1 at once": (
        "tiles",
        "transpose_i ? staggered",
        "transpose_i ? {staggered[ROWS*PLACE_W-1:2*PLACE_W], place, place}",
    ),
    "first bank shown in every word": ("lanes", "(from_first[r] | ~first_word)", "from_first[r]"),
    "last bank of every word": ("lanes", "(after_last[r] & last_word)", "after_last[r]"),
    "last bank left out": ("lanes", "{{(ROWS - 1) {1'b1}}, 1'b0} << lane_last_i", "{ROWS{1'b1}} << lane_last_i"),
    "never a sign": ("tiles", "{W_W{x_signed_i & x[X_W-1]}}", "{W_W{1'b0}}"),
    "always a sign": ("tiles", "{W_W{x_signed_i & x[X_W-1]}}", "{W_W{x[X_W-1]}}"),
    "a tile of one token less": (
        "tiles",
        "shifted[W_W+:COLS*W_W];",
        "shifted[W_W+:COLS*W_W] & ~{{(COLS*W_W-1){1'b0}}, 1'b1};",
    ),
    "rows of the step before come late": ("followers", "{last, walk_q} & {2{transpose_i}}", "{last, walk_q}"),
    "rows go on after a reset": (
        "reset_in_mid_step",
        "delay_line #(.W(2), .DEPTH(COLS), .RESET(1))",
        "delay_line #(.W(2), .DEPTH(COLS))",
    ),
    "the walk goes on after a reset": ("reset_in_mid_step", "if (!rst_ni) walk_q <= 1'b0;", ""),
    "row kept by a start": ("reset_in_mid_step", "            written_q  <= {ROW_W{1'b0}};\n", ""),
    "weight address of 17 bits": ("tiles", "waddr_o    <= row_addr_q;", "waddr_o <= row_addr_q & 24'h1ffff;"),
    "read port left early": ("tiles", "if (valid & last_valid) busy_o", "if (last) busy_o"),
}


@pytest.mark.sample(24)
@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_seen_by_the_bench(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the named test that runs and fails."""
    test, original, mutant = FAULTS[name]
    rtl = plant(tmp_path, "operand_mover.v", original, mutant)
    assert_killed(monkeypatch, "operand_mover", test, tmp_path, rtl, environment={STOP_AT_MISMATCH: "1"})
