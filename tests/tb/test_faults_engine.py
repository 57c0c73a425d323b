"""Faults planted in the modules of the engine and the core, each against its own bench: the named test turns red."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.tb.components.scoreboard import STOP_AT_MISMATCH
from tests.tb.rtl_mutants import assert_killed, plant

pytestmark = pytest.mark.slow

SAMPLE = 12
"""One in so many belongs to `make test`."""

Fault = tuple[str, str, str]
"""The bench's test that must fail; text of the unit's file that is there once; what replaces it."""

ACCUMULATOR: dict[str, Fault] = {
    "24 bits": (
        "ramps",
        "= keep ? stored_q : base + wide;",
        "= keep ? stored_q : (base + wide) << (ACC_W - 24) >>> (ACC_W - 24);",
    ),
    "all but the sign": (
        "ramps",
        ": base + wide;",
        ": {wide[ACC_W-1] ^ base[ACC_W-1], base[ACC_W-2:0] + wide[ACC_W-2:0]};",
    ),
    "partial sum unsigned": ("corners", "{psum_i[PSUM_W-1]}}", "{1'b0}}"),
    "max compares partial sums' width": ("ramps", "(stored_q > wide)", "($signed(stored_q[PSUM_W-1:0]) > psum_i)"),
    "max unsigned": ("corners", "(stored_q > wide)", "($unsigned(stored_q) > $unsigned(wide))"),
    "least instead of largest": ("corners", "(stored_q > wide)", "(stored_q < wide)"),
    "clear keeps a larger one": ("random_data", "max_i & ~clear_i &", "max_i &"),
    "max adds": ("corners", "(clear_i | max_i) ?", "clear_i ?"),
    "clear ignored": ("corners", "(clear_i | max_i) ?", "max_i ?"),
    "highest address bit lost": ("addresses", ".waddr_i(addr_q)", ".waddr_i({1'b0, addr_q[ADDR_W-2:0]})"),
    "written without a sum": ("addresses", ".we_i(valid_q)", ".we_i(1'b1)"),
    "larger not written": ("random_data", "<= valid_i;", "<= valid_i & (clear_i | ~max_i | keep);"),
    "sum moves without valid": ("addresses", "if (valid_i) sum_o", "sum_o"),
    "1 more at one word": ("addresses", ": base + wide;", ": base + wide + ((addr_i == 3) & ~clear_i);"),
}

WINDOW_ROW: dict[str, Fault] = {
    "rows beyond 127 outside": ("edges", "(iy < in_h_i)", "(iy < in_h_i & iy < 128)"),
    "columns compared by 12 bits": ("edges", "(ix < in_w_i)", "({4'd0, ix[11:0]} < in_w_i)"),
    "one row too many": ("edges", "(iy < in_h_i)", "(iy <= in_h_i)"),
    "one column too few": ("edges", "(ix < in_w_i)", "(ix + 1 < in_w_i)"),
    "signed comparison": ("edges", "(iy < in_h_i)", "($signed(iy) < $signed(in_h_i))"),
    "step of 15 bits": ("edges", "px_iy0_i + dy;", "px_iy0_i + dy[GEO_W-2:0];"),
    "offset cut to 17 bits": ("random_data", "px_base_i + offset;", "px_base_i + offset[16:0];"),
    "address cut to 17 bits": (
        "random_data",
        "addr_q      <= px_base_i + offset;",
        "addr_q <= (px_base_i + offset) & 24'h1ffff;",
    ),
    "address without its carries": ("random_data", "px_base_i + offset;", "px_base_i ^ offset;"),
    "zero point of the first": (
        "operands",
        "second2_q ? zero_point_i[X_W+1+:X_W+1] :",
        "1'b0 ? zero_point_i[X_W+1+:X_W+1] :",
    ),
    "zero point without its sign": ("operands", ": zero_point_i[0+:X_W+1];", ": {1'b0, zero_point_i[0+:X_W]};"),
    "sign of the first": ("operands", "x_signed_i[second2_q]", "x_signed_i[0]"),
    "second too early": ("operands", "x_signed_i[second2_q]", "x_signed_i[second1_q]"),
    "outside is 0 with max": ("operands", ": {max_i, {X_W{1'b0}}};", ": {X_W + 1{1'b0}};"),
    "outside is the zero point": ("operands", ": {max_i, {X_W{1'b0}}};", ": max_i ? {1'b1, {X_W{1'b0}}} : zp;"),
    "row without a tap": ("random_data", "row_valid & (iy", "(iy"),
    "first pixel with the old tap": (
        "configurations",
        "if (px_first_i) active_q",
        "if (px_first_i & ~px_valid_i) active_q",
    ),
    "later pixels with the new tap": (
        "configurations",
        "if (px_first_i) active_q",
        "if (px_first_i | px_valid_i) active_q",
    ),
    "first only beside a pixel": (
        "random_data",
        "if (px_first_i) active_q",
        "if (px_first_i & px_valid_i) active_q",
    ),
    "new tap too early": (
        "configurations",
        "active_q <= shadow_q;",
        "active_q <= cfg_we_i ? {cfg_valid_i, cfg_dy_i, cfg_dx_i, cfg_offset_i} : shadow_q;",
    ),
    "first configuration counts": (
        "configurations",
        "if (cfg_we_i) shadow_q",
        "if (cfg_we_i & shadow_q === active_q) shadow_q",
    ),
    "reset forgets the first stage": ("reset_in_mid_stream", "            in_image1_q <= 1'b0;\n", ""),
    "reset forgets the second stage": ("reset_in_mid_stream", "            in_image2_q <= 1'b0;\n", ""),
    "one stage more": ("operands", "operand_o   <= in_image2_q", "operand_o   <= #2 in_image2_q"),
}

PIXEL_SEQUENCER: dict[str, Fault] = {
    "image compared by 3 bits": ("counters", "(image_q == images_i - 16'd2)", "(image_q[2:0] == images_i[2:0] - 3'd2)"),
    "row compared by 7 bits": ("counters", "(oy_q == out_h_i - 16'd2)", "(oy_q[6:0] == out_h_i[6:0] - 7'd2)"),
    "column compared by 15 bits": ("counters", "(ox_q == out_w_i - 16'd2)", "(ox_q[14:0] == out_w_i[14:0] - 15'd2)"),
    "K tile compared by 10 bits": (
        "counters",
        "(k_tile_q == k_tiles_i - 16'd2)",
        "(k_tile_q[9:0] == k_tiles_i[9:0] - 10'd2)",
    ),
    "32 column tiles": (
        "counters",
        "(col_tile_q == col_tiles_i - 16'd2)",
        "(col_tile_q[4:0] == col_tiles_i[4:0] - 5'd2)",
    ),
    "row counter of 8 bits": (
        "counters",
        "oy_q       <= oy_q + 16'd1;",
        "oy_q       <= {8'd0, oy_q[7:0] + 8'd1};",
    ),
    "column position above 64 lost": (
        "counters",
        "ix0_q + stride_w_i;",
        "ix0_q + (ox_q > 63 ? 16'd0 : stride_w_i);",
    ),
    "stride cut to 2 bits": ("walks", "iy0_q + stride_h_i;", "iy0_q + stride_h_i[1:0];"),
    "padding of 4 is 0": ("walks", "{GEO_W{1'b0}} - pad_h_i;", "{GEO_W{1'b0}} - {pad_h_i[15:3], 1'b0, pad_h_i[1:0]};"),
    "padding unsigned": ("walks", "{GEO_W{1'b0}} - pad_w_i;", "{GEO_W{1'b0}} - pad_w_i[7:0];"),
    "next image at the old row": (
        "walks",
        "iy0_q        <= iy0_origin;\n                    image_addr_q",
        "image_addr_q",
    ),
    "address of 17 bits": ("walks", "px_base_o    = addr_q;", "px_base_o    = addr_q & 24'h1ffff;"),
    "row step of 16 bits": ("walks", "row_addr_q + row_step_i;", "row_addr_q + row_step_i[15:0];"),
    "row step from the last pixel": ("walks", "row_addr_q + row_step_i;", "addr_q + row_step_i;"),
    "image step from the row": ("walks", "image_addr_q + image_step_i;", "row_addr_q + image_step_i;"),
    "parameter address of 17 bits": ("walks", "param_q      <= param_base_i;", "param_q      <= param_base_i[16:0];"),
    "pairs step by one": ("walks", ", pair_i, ~pair_i};", ", 1'b0, 1'b1};"),
    "second operand by y": ("walks", "pair_i & ox_q[0];", "pair_i & oy_q[0];"),
    "keep ignored": ("walks", "(k_tile_q == 16'd0) & ~keep_i;", "(k_tile_q == 16'd0);"),
    "hold ignored": ("walks", "last_k_q & ~hold_i;", "last_k_q;"),
    "block one pixel longer": ("blocks", "ACC_TOP = ACC_DEPTH - 2;", "ACC_TOP = ACC_DEPTH - 1;"),
    "block ends with the row": (
        "blocks",
        "last_px | last_index_q;",
        "last_px | last_index_q | (index_q == ACC_BEFORE_LAST & last_ox_q);",
    ),
    "next K tile from the map's start": (
        "blocks",
        "start_i | (last_px & last_k_q);",
        "start_i | (last_px & last_k_q) | (last_blk & ~last_k_q);",
    ),
    "later pixels wait": ("waiting", "(tile_ready_i | ~first_px_q)", "tile_ready_i"),
    "nothing waits": ("waiting", "busy_q & (tile_ready_i | ~first_px_q)", "busy_q"),
    "index kept by a start": ("starts", "            index_q      <= {ACC_ADDR_W{1'b0}};\n", ""),
    "K tile kept by a start": (
        "starts",
        "            k_tile_q     <= 16'd0;\n",
        "",
    ),
    "K tile's last flag kept by a start": (
        "starts",
        "            last_k_q     <= (k_tiles_i == 16'd1);\n",
        "",
    ),
    "column tile kept by a start": (
        "starts",
        "            col_tile_q   <= 16'd0;\n",
        "",
    ),
    "reset ignored": ("reset_in_mid_stream", "if (!rst_ni) busy_q <= 1'b0;", ""),
    "reset a cycle late": (
        "reset_in_mid_stream",
        "if (!rst_ni) busy_q <= 1'b0;",
        "if (!rst_ni & ~px_valid_o) busy_q <= 1'b0;",
    ),
    "last pixel of every column tile": ("walks", "last_px & last_k_q & last_col_q;", "last_px & last_k_q;"),
    "only 2^20 pixels": ("counters", "wire last_px  = last_ox", "wire last_px  = (&image_q[9:0]) | last_ox"),
}

TILE_LOADER: dict[str, Fault] = {
    "K tile compared by 10 bits": (
        "counters",
        "(k_tile_q == k_tiles_i - 16'd2)",
        "(k_tile_q[9:0] == k_tiles_i[9:0] - 10'd2)",
    ),
    "32 column tiles": (
        "counters",
        "(col_tile_q == col_tiles_i - 16'd2)",
        "(col_tile_q[4:0] == col_tiles_i[4:0] - 5'd2)",
    ),
    "blocks of 8 bits": ("counters", "<= block_q + 16'd1;", "<= {8'd0, block_q[7:0] + 8'd1};"),
    "channel words of 8 bits": ("counters", "16'd0 : word_q + 16'd1;", "16'd0 : {8'd0, word_q[7:0] + 8'd1};"),
    "taps of 8 bits": ("counters", "tap_q + 16'd1;", "{8'd0, tap_q[7:0] + 8'd1};"),
    "dilation of 4 is 3": ("tiles", "dy_q + dil_h_i;", "dy_q + (dil_h_i > 3 ? 16'd3 : dil_h_i);"),
    "weight address of 17 bits": ("tiles", "rom_addr_o   = addr_q;", "rom_addr_o   = addr_q & 24'h1ffff;"),
    "offset of 16 bits": ("tiles", "tap_offset_q + tap_col_step_i;", "tap_offset_q + tap_col_step_i[15:0];"),
    "same weights ignored": ("tiles", "else if (same_i) addr_q", "else if (1'b0) addr_q"),
    "rows behind the last tap": ("tiles", "in_tile_q & (tap_q < taps_i);", "in_tile_q;"),
    "first counts without a tile": (
        "handshake",
        "(ready_q & ~first_i);",
        "(ready_q & ~first_i) ^ (first_i & busy_q & ~ready_q & ~last_row);",
    ),
    "tile waits for ever": ("handshake", "busy_q & (~ready_q | first_i)", "busy_q & ~ready_q"),
    "row kept by a start": ("starts", "            row_q      <= FIRST_ROW;\n", ""),
    "ready kept by a reset": (
        "reset_in_mid_stream",
        "            busy_q  <= 1'b0;\n            ready_q <= 1'b0;",
        "            busy_q  <= 1'b0;",
    ),
}

OUTPUT_WRITER: dict[str, Fault] = {
    "pixels compared by 16 bits": (
        "counters",
        "(pixel_q == pixels_i - 24'd1)",
        "(pixel_q[15:0] == pixels_i[15:0] - 16'd1)",
    ),
    "pixels of 16 bits": ("counters", "pixel_q + 24'd1;", "{8'd0, pixel_q[15:0] + 16'd1};"),
    "images compared by 3 bits": (
        "counters",
        "(image_q == images_i - 16'd1)",
        "(image_q[2:0] == images_i[2:0] - 3'd1)",
    ),
    "address of 17 bits": ("places", "addr_o  = addr_q;", "addr_o  = addr_q & 24'h1ffff;"),
    "step of 16 bits": ("places", "addr_q + step_i;", "addr_q + step_i[15:0];"),
    "next memory word from the image": ("places", "tile_addr_q + {{", "image_addr_q + {{"),
    "group kept by a start": ("starts", "            group_q      <= {GROUP_W{1'b0}};\n", ""),
    "image kept by a start": (
        "starts",
        "            image_q      <= 16'd0;\n            group_q ",
        "            group_q ",
    ),
    "group kept by a reset": ("reset_in_mid_stream", "if (!rst_ni) group_q <= {GROUP_W{1'b0}};", ""),
}

PROGRAM_SEQUENCER: dict[str, Fault] = {
    "address of 8 bits": ("steps", "addr_q <= addr_q + {{", "addr_q <= (addr_q & 8'hff) + {{"),
    "start heeded while busy": ("steps", "start_i & ~busy_o;", "start_i;"),
    "second start accepted late": ("steps", "start_i & ~busy_o;", "start_i & (~busy_o | addr_q > 400);"),
    "next step not fetched": ("steps", "& ~issue_q & fetched;", "& ~issue_q;"),
    "one word less": (
        "steps",
        "left_q <= FIELDS[COUNT_W-1:0];\n            {end_q",
        "left_q <= FIELDS[COUNT_W-1:0] - 1;\n            {end_q",
    ),
    "layer of 8 bits": ("steps", "layer_o = desc_o[D_LAYER*32+:16];", "layer_o = desc_o[D_LAYER*32+:8];"),
    "store also loads": ("steps", "load_o  = issue_q & load_q;", "load_o  = issue_q & (load_q | store_q);"),
    "tlast ends as done": (
        "errors",
        "error_code_o <= ERROR_MISPLACED_TLAST;",
        "error_code_o <= ERROR_UNKNOWN_OPERATION;",
    ),
    "descriptor kept by a start": ("starts", "            desc_o   <= {D_W{1'b0}};\n", ""),
    "reset does not stop the fetch": (
        "reset_in_mid_stream",
        "            issue_q      <= 1'b0;\n            running_q",
        "            running_q",
    ),
}

DELAY_LINE: dict[str, Fault] = {
    "one stage less": ("words", "g_stage[DEPTH-1].word_q;", "g_stage[(DEPTH > 1) ? DEPTH-2 : 0].word_q;"),
    "reset clears the newest only": ("reset_in_mid_stream", "if (!rst_ni) word_q", "if (!rst_ni && k == 0) word_q"),
}

SKEW: dict[str, Fault] = {
    "reversed": ("words", "(REVERSE != 0) ?", "(REVERSE == 0) ?"),
    "last lane one early": ("words", "LANES - 1 - k : k);", "LANES - 1 - k : (k == LANES - 1) ? k - 1 : k);"),
    "never reset": ("reset_in_mid_stream", ".RESET(RESET)", ".RESET(0)"),
}

ACTIVATION_MEMORY: dict[str, Fault] = {
    "first bank's address": ("random_data", "raddr_i[r*ADDR_W+:ADDR_W]", "raddr_i[0+:ADDR_W]"),
    "all banks written": ("banks", ".we_i(we_i[r])", ".we_i(|we_i)"),
    "top address bit lost": ("banks", ".waddr_i(waddr_i)", ".waddr_i({1'b0, waddr_i[ADDR_W-2:0]})"),
}

TABLE_LANES: dict[str, Fault] = {
    "first lane's pattern": (
        "random_data",
        ": data_i[c*X_W+:X_W];\n                assign rows",
        ": data_i[0+:X_W];\n                assign rows",
    ),
    "the row engine always": ("random_data", "rows_i ? rows_index_i", "1'b1 ? rows_index_i"),
    "one copy is not written": ("entries", ".we_i(we_i)", ".we_i(we_i & (c != 1))"),
    "page of 3 bits": ("entries", "{page_i, index}", "{page_i[2:0], index}"),
    "page as an offset": (
        "random_data",
        "address = {page_i, index};",
        "address = {page_i, {X_W{1'b0}}} ^ (index << 1);",
    ),
    "entries of 8 bits": ("entries", "[c*TABLE_W+:TABLE_W] = entry;", "[c*TABLE_W+:TABLE_W] = entry[X_W-1:0];"),
}

MODULES = {
    "accumulator": ACCUMULATOR,
    "window_row": WINDOW_ROW,
    "pixel_sequencer": PIXEL_SEQUENCER,
    "tile_loader": TILE_LOADER,
    "output_writer": OUTPUT_WRITER,
    "program_sequencer": PROGRAM_SEQUENCER,
    "delay_line": DELAY_LINE,
    "skew": SKEW,
    "activation_memory": ACTIVATION_MEMORY,
    "table_lanes": TABLE_LANES,
}
FAULTS = {f"{unit}: {name}": (unit, fault) for unit, faults in MODULES.items() for name, fault in faults.items()}


@pytest.mark.sample(SAMPLE)
@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_seen_by_the_bench_of_its_module(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the named test that runs and fails."""
    unit, (test, original, mutant) = FAULTS[name]
    rtl = plant(tmp_path, f"{unit}.v", original, mutant)
    assert_killed(monkeypatch, unit, test, tmp_path, rtl, environment={STOP_AT_MISMATCH: "1"})
