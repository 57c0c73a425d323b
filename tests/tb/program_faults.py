"""Faults of width and range, of events and of addresses, each with the program that shows it.

`by` is a kind and a build of `t2c.tb.random_programs.campaign`, both of seed 1.
"""

from __future__ import annotations

from tests.tb.switched_faults import Fault


def _fault(
    name: str, file: str, text: str, wrong: str, by: str, *, statement: bool = False, around: str = "{}"
) -> Fault:
    return Fault(name=name, file=file, text=text, wrong=wrong, by=by, statement=statement, around=around)


_CUT = "((keep ? stored_q : base + wide) <<< (ACC_W > {0} ? ACC_W - {0} : 0)) >>> (ACC_W > {0} ? ACC_W - {0} : 0)"

ISSUE = (
    _fault("accumulator of 24 bits", "accumulator.v", "keep ? stored_q : base + wide", _CUT.format(24), "fields-small"),
    _fault("heights of 128", "window_row.v", "(iy < in_h_i)", "iy < (in_h_i & 16'd127)", "random-small"),
    _fault("widths above 64", "window_row.v", "(ix < in_w_i)", "ix < (in_w_i & 16'd63)", "random-small"),
    _fault(
        "maps above 1024", "output_writer.v", "(pixel_q == pixels_i - 24'd1)",
        "((pixel_q ^ (pixels_i - 24'd1)) & 24'd1023) == 0", "random-small",
    ),
    _fault(
        "K tiles above 128", "pixel_sequencer.v", "(k_tile_q == k_tiles_i - 16'd2)",
        "((k_tile_q ^ (k_tiles_i - 16'd2)) & 16'd127) == 0", "random-small",
    ),
    _fault(
        "column tiles above 32", "pixel_sequencer.v", "(col_tile_q == col_tiles_i - 16'd2)",
        "((col_tile_q ^ (col_tiles_i - 16'd2)) & 16'd31) == 0", "random-small",
    ),
    _fault("stride above 3", "pixel_sequencer.v", "iy0_q + stride_h_i", "iy0_q + (stride_h_i & 16'd3)", "random-small"),
    _fault("dilation above 3", "tile_loader.v", "dx_q + dil_w_i", "dx_q + (dil_w_i & 16'd3)", "fields-small"),
    _fault(
        "padding of 4", "pixel_sequencer.v", "{GEO_W{1'b0}} - pad_h_i", "{GEO_W{1'b0}} - (pad_h_i & 16'd3)",
        "random-small",
    ),
    _fault("weight address of 17 bits", "tile_loader.v", "assign rom_addr_o   = addr_q;",
           "assign rom_addr_o   = addr_q & 131071;", "random-deep"),
    _fault("second start late", "core_registers.v", "w_start_q & ~busy", "w_start_q & ~(busy & count_q < 40000)",
           "random-small"),
    _fault(
        "cycles of 16 bits", "core_registers.v", "count_q + {{(COUNT_W - 1) {1'b0}}, 1'b1}",
        "(count_q + {{(COUNT_W - 1) {1'b0}}, 1'b1}) & 65535", "fields-small",
    ),
    _fault(
        "parameters of pairs where ROWS > COLS", "pixel_sequencer.v", "{{(PAR_ADDR_W - 2) {1'b0}}, pair_i, ~pair_i}",
        "{{(PAR_ADDR_W - 2) {1'b0}}, pair_i & ~col_tile_q[0], ~pair_i | col_tile_q[0]}", "pairs4-small",
    ),
)  # fmt: skip
"""Those of the issue that asked for these programs."""

WIDTHS = (
    _fault("images of 8 bits", "pixel_sequencer.v", "(image_q == images_i - 16'd2)",
           "((image_q ^ (images_i - 16'd2)) & 16'd255) == 0", "fields-small"),
    _fault("images of 10 bits at the output", "output_writer.v", "(image_q == images_i - 16'd1)",
           "((image_q ^ (images_i - 16'd1)) & 16'd1023) == 0", "fields-small"),
    _fault("rows of 8 bits", "pixel_sequencer.v", "(oy_q == out_h_i - 16'd2)",
           "((oy_q ^ (out_h_i - 16'd2)) & 16'd255) == 0", "random-small"),
    _fault("columns of 12 bits", "pixel_sequencer.v", "(ox_q == out_w_i - 16'd2)",
           "((ox_q ^ (out_w_i - 16'd2)) & 16'd4095) == 0", "fields-deep"),
    _fault("image step of 23 bits", "pixel_sequencer.v", "image_addr_q + image_step_i",
           "image_addr_q + (image_step_i & 24'h7fffff)", "random-deep"),
    _fault("row step of 16 bits", "pixel_sequencer.v", "row_addr_q + row_step_i",
           "row_addr_q + (row_step_i & 24'hffff)", "random-deep"),
    _fault("column step unsigned of 8 bits", "pixel_sequencer.v", "addr_q + col_step_i",
           "addr_q + (col_step_i & {{(ADDR_W - 8) {1'b0}}, 8'hff})", "random-small"),
    _fault("tap column step of 8 bits", "tile_loader.v", "tap_offset_q + tap_col_step_i",
           "tap_offset_q + (tap_col_step_i & 255)", "random-small"),
    _fault("channel words of 3 bits", "tile_loader.v", "(word_q == ch_words_i - 16'd2)",
           "((word_q ^ (ch_words_i - 16'd2)) & 16'd7) == 0", "random-small"),
    _fault("taps of 8 bits", "tile_loader.v", "(tap_q < taps_i)", "tap_q[7:0] < taps_i[7:0]", "random-small"),
    _fault("kernel width of 5 bits", "tile_loader.v", "(kx_q == k_w_i - 16'd2)",
           "((kx_q ^ (k_w_i - 16'd2)) & 16'd31) == 0", "fields-small"),
    _fault("blocks of 12 bits", "tile_loader.v", "(block_q == blocks_i - 16'd2)",
           "((block_q ^ (blocks_i - 16'd2)) & 16'd4095) == 0", "fields-long"),
    _fault("taps of a tile", "tile_loader.v", "(tap_in_tile_q != taps_per_tile_i - 16'd1)",
           "tap_in_tile_q != taps_per_tile_i", "random-small"),
    _fault("result base of 16 bits", "output_writer.v", "addr_q       <= base_i;", "addr_q <= base_i & 24'hffff;",
           "random-deep", statement=True),
    _fault("result step of 9 bits", "output_writer.v", "addr_q + step_i", "addr_q + (step_i & 511)", "random-small"),
    _fault("result image step", "output_writer.v", "image_addr_q + image_step_i", "image_addr_q + (image_step_i & 511)",
           "random-small"),
    _fault("shift of 5 bits", "mulquant.v", "shift_q   <= {{(6 - SHIFT_W) {1'b0}}, shift};", "shift_q <= shift & 31;",
           "random-small", statement=True),
    _fault("lower bound unsigned", "mulquant.v", "{{2{lo_i[OUT_W]}}, lo_i}", "{2'b00, lo_i}", "random-small"),
    _fault("bias of one sign", "mulquant.v", "{{(P_W - BIAS_W) {bias[BIAS_W-1]}}, bias}",
           "{{(P_W - BIAS_W) {1'b0}}, bias}", "random-small"),
    _fault("sum before rounding of 40 bits", "mulquant.v", "{{(D_W - P_W - 1) {negative}}, p_q, 1'b0}",
           "($signed({p_q, 1'b0}) <<< (P_W > 40 ? P_W - 40 : 0)) >>> (P_W > 40 ? P_W - 40 : 0)",
           "random-small"),
    _fault("half even of a negative", "mulquant.v", "(rounding_i == HALF_EVEN & ~halves_q[1])",
           "(rounding_i == HALF_EVEN & ~halves_q[1] & ~negative5_q)", "fields-small"),
    _fault("max of 12 bits", "accumulator.v", "(stored_q > wide)", "stored_q[11:0] > wide[11:0]", "random-small"),
    _fault("keep beside hold", "pixel_sequencer.v", "(k_tile_q == 16'd0) & ~keep_i",
           "(k_tile_q == 16'd0) & ~(keep_i & ~hold_i)", "fields-small"),
    _fault("hold beside keep", "pixel_sequencer.v", "last_k_q & ~hold_i", "last_k_q & ~(hold_i & ~keep_i)",
           "random-small"),
    _fault("program of 12 bits", "program_sequencer.v", "addr_q <= addr_q + {{(ADDR_W - 1) {1'b0}}, 1'b1};",
           "addr_q <= (addr_q + 1) & 4095;", "random-small", statement=True),
)  # fmt: skip
"""Counters, comparisons and addresses that are too narrow, signs that are lost."""

TRANSFERS = (
    _fault("LOAD beyond 2^16", "stream_loader.v", "next_q <= next_q + {{(ADDR_W - 1) {1'b0}}, 1'b1};",
           "next_q[15:0] <= next_q[15:0] + 1;", "transfer-deep", statement=True),
    _fault("words of 12 bits", "stream_loader.v", "left_q <= words_i;", "left_q <= words_i & 24'hfff;", "random-deep",
           statement=True),
    _fault("STORE beyond 2^16", "stream_storer.v", "addr_q <= addr_q + {{(ADDR_W - 1) {1'b0}}, 1'b1};",
           "addr_q <= (addr_q & ~65535) | ((addr_q + 1) & 65535);", "transfer-deep", statement=True),
    _fault("stored words of 16 bits", "stream_storer.v", "left_q <= words_i;", "left_q <= words_i & 24'hffff;",
           "transfer-deep", statement=True),
    _fault("tlast of PARAMS", "stream_loader.v", "s_axis_tlast_i != last", "~par_q & (s_axis_tlast_i != last)",
           "events-small"),
    _fault("missing tlast", "stream_loader.v", "s_axis_tlast_i != last", "s_axis_tlast_i & ~last", "events-small"),
    _fault("early tlast at an odd place", "stream_loader.v", "s_axis_tlast_i != last",
           "last ? ~s_axis_tlast_i : s_axis_tlast_i & ~left_q[0]", "events-small"),
)  # fmt: skip

EVENTS = (
    _fault("loader busy after reset", "stream_loader.v", "busy_q      <= 1'b0;", ";", "events-small", statement=True),
    _fault("credits after reset", "stream_storer.v", "credits_q <= CREDITS;", ";", "random-small", statement=True),
    _fault("running after reset", "program_sequencer.v", "issue_q      <= 1'b0;\n            running_q    <= 1'b0;",
           "issue_q <= 1'b0;", "events-small", statement=True),
    _fault("engine after reset", "pixel_sequencer.v", "if (!rst_ni) busy_q <= 1'b0;", ";",
           "events-small", statement=True),
    _fault("busy with a gap", "core_registers.v", "wire busy   = running_q | busy_i;",
           "wire busy   = running_q & (count_q[6:0] != 7'd99);", "random-small"),
    _fault("layer of 8 bits", "core_registers.v", "layer_q <= layer_i;", "layer_q <= layer_i & 16'd255;",
           "random-small", statement=True),
    _fault("operation of 3 bits", "program_sequencer.v", "shadow_q[D_OP*32+:32]", "shadow_q[D_OP*32+:3]",
           "random-deep"),
    _fault("done stays after a start", "core_registers.v", "done_q    <= 1'b0;", ";", "events-small", statement=True),
    _fault("strobe ignored", "core_registers.v",
           "s_axil_wdata_i[CONTROL_START_BIT] & s_axil_wstrb_i[CONTROL_START_BIT/8]",
           "s_axil_wdata_i[CONTROL_START_BIT]", "random-small"),
    _fault("a start in the last cycles", "core_registers.v", "(w_start_q & busy)", "(w_start_q & busy & ~ending)",
           "pairs4-small"),
)  # fmt: skip

MOVES = (
    _fault("moved words of the wrong number", "operand_mover.v", "transpose_i ? k_tile_q : word_q", "word_q",
           "random-small"),
    _fault("moved words behind the last bank", "operand_mover.v", "(after_last[r] & last_word)",
           "(after_last[r] & last_word & ~transpose_i)", "random-small"),
    _fault("moved words before the first bank", "operand_mover.v", "(from_first[r] | ~first_word)",
           "(from_first[r] | ~first_word | transpose_i)", "random-small"),
    _fault("moved tokens of 6 bits", "operand_mover.v", "left_q - {15'd0, left_q != 16'd0}",
           "(left_q & 16'd63) - {15'd0, left_q != 16'd0}", "fields-small"),
    _fault("moved column tiles of 5 bits", "operand_mover.v", "(col_tile_q == col_tiles_i - 16'd1)",
           "((col_tile_q ^ (col_tiles_i - 16'd1)) & 16'd31) == 0", "fields-small"),
    _fault("moved K tiles of 12 bits", "operand_mover.v", "(k_tile_q == k_tiles_i - 16'd1)",
           "((k_tile_q ^ (k_tiles_i - 16'd1)) & 16'd4095) == 0", "fields-deep"),
    _fault("step from token to token of 16 bits", "operand_mover.v", "addr_q + col_step_i",
           "addr_q + (col_step_i << (ADDR_W > 16 ? ADDR_W - 16 : 0) >> (ADDR_W > 16 ? ADDR_W - 16 : 0))",
           "fields-deep"),
    _fault("moved to the first row", "operand_mover.v", "row_addr_q <= base_i;", "row_addr_q <= 0;", "random-small",
           statement=True),
    Fault(name="the engine reads while words are moved", file="t2c_core.v", text="moving", around="{} ? move_raddr",
          wrong="moving & ~desc[D_TRANSPOSE*32]", by="random-small"),
    _fault("the mover goes on after a reset", "operand_mover.v", "if (!rst_ni) walk_q <= 1'b0;", ";", "events-small",
           statement=True),
    _fault("a MOVE is done at once", "t2c_core.v", "loader_done | storer_done | mover_done",
           "loader_done | storer_done | move", "random-small"),
)  # fmt: skip
"""Places of moved words, where tiles and tokens end, and the moments between a MOVE and its neighbours."""

TABLES = (
    _fault("page of 7 bits", "t2c_core.v", "desc[D_TABLE_PAGE*32+:16]", "desc[D_TABLE_PAGE*32+:16] & 16'd127",
           "random-deep"),
    _fault("every result passes a table", "t2c_core.v", "with_table ? entry_data : before_data", "entry_data",
           "random-small"),
    _fault("a RUN is done before its last word", "t2c_core.v", "run_done", "engine_done", "random-small",
           around="step_done_i({}"),
    _fault("a lane without entries", "table_lanes.v", "we_i", "we_i & (c != COLS - 1)", "random-small",
           around=".we_i({})"),
    _fault("parameters are entries too", "stream_loader.v", "word & tbl_q", "word & (tbl_q | par_q)", "random-small"),
    _fault("the first entry has one beat", "stream_loader.v", "tbl_i ? TBL_TOP[BEAT_W-1:0] : {BEAT_W{1'b0}}",
           "{BEAT_W{1'b0}}", "tables3-narrow"),
    _fault("beats of an entry stay where they are", "stream_loader.v", "(par_q | tbl_q)", "par_q", "tables3-narrow"),
)  # fmt: skip
"""Pages, entries, beats of an entry, and the moment in which the last result is there."""

ROWS = (
    _fault("read rows of 7 bits", "row_feeder.v", "(row_q == rows_i - 24'd1)",
           "((row_q ^ (rows_i - 24'd1)) & 24'd127) == 0", "fields-rows"),
    _fault("written rows of 7 bits", "row_writer.v", "(row_q == rows_i - 24'd1)",
           "((row_q ^ (rows_i - 24'd1)) & 24'd127) == 0", "fields-rows"),
    _fault("rows of 256 elements", "row_feeder.v", "(beat_q == top[LEN_W-1:LANE_W])",
           "((beat_q ^ top[LEN_W-1:LANE_W]) & {{(BEAT_W - 7) {1'b0}}, 7'd127}) == 0", "fields-rows"),
    _fault("step from row to row of 16 bits", "row_feeder.v", "row_addr_q + step_i",
           "row_addr_q + (step_i << (ADDR_W > 16 ? ADDR_W - 16 : 0) >> (ADDR_W > 16 ? ADDR_W - 16 : 0))",
           "random-deep"),
    _fault("step between written rows of 16 bits", "row_writer.v", "row_addr_q + step_i",
           "row_addr_q + (step_i << (ADDR_W > 16 ? ADDR_W - 16 : 0) >> (ADDR_W > 16 ? ADDR_W - 16 : 0))",
           "random-deep"),
    _fault("the last element of a row", "row_feeder.v", "(NUMBER[LEN_W:0] <= rest)", "NUMBER[LEN_W:0] < rest",
           "random-rows"),
    _fault("a beat that waits is lost", "row_feeder.v", "hold ? given_addr_q : addr_q", "addr_q", "random-rows"),
    _fault("the first beat clears nothing", "row_writer.v", "(mine | (part_q == {PART_W{1'b0}}))", "mine",
           "random-rows"),
    _fault("no memory word is whole", "t2c_core.v", "rows_valid & rows_last & (write_group < NUMBER[GROUP_W-1:0])",
           "1'b0", "random-rows"),
    _fault("all rows take the first constants", "row_engine.v", "{{(PAR_ADDR_W - 1) {1'b0}}, next_word}",
           "{PAR_ADDR_W{1'b0}}", "random-rows"),
    _fault("R of 5 bits", "row_engine.v", "desc_i[D_RECIPROCAL_BITS*32+:6]", "desc_i[D_RECIPROCAL_BITS*32+:6] & 6'd31",
           "fields-rows"),
    _fault("E of 40 bits", "row_engine.v", "desc_i[D_EPSILON_HIGH*32+:16]", "(desc_i[D_EPSILON_HIGH*32+:16] & 16'd255)",
           "fields-rows"),
    Fault(name="the engine reads while rows are read", file="t2c_core.v", text="rows_busy",
          around="{} ? {ROWS{rows_act_raddr}}", wrong="rows_busy & op != OP_SOFTMAX", by="random-rows"),
    Fault(name="the tables look up results in SOFTMAX", file="table_lanes.v", text="rows_i",
          around="{} ? rows_index_i[c", wrong="rows_i & page_i[0]", by="random-rows"),
    Fault(name="a step of rows is done at its start", file="t2c_core.v", text="rows_done", around="| {}),",
          wrong="(ROW_LANES > 0 & rows)", by="random-rows"),
    _fault("rows go on after a reset", "row_feeder.v", "reading_q <= 1'b0;\n", ";\n", "events-odd", statement=True),
    _fault("a group goes on after a reset", "row_writer.v", "part_q  <= {PART_W{1'b0}};", ";", "events-odd",
           statement=True),
    _fault("the ports stay taken after a reset", "row_engine.v", "if (!rst_ni) busy_q <= 1'b0;", ";", "events-odd",
           statement=True),
)  # fmt: skip
"""Where rows, beats and groups of them begin and end, their addresses, and who has the memories' ports."""

ALL = (*ISSUE, *WIDTHS, *TRANSFERS, *EVENTS, *MOVES, *TABLES, *ROWS)
