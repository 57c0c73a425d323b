"""Our core with a register stage more somewhere: every result is the same, only later. pipeline.vh goes along."""

from __future__ import annotations

from t2c.contract import pipeline
from t2c.contract.pipeline import Cycles
from tests.tb.rtl_mutants import Change

_WINDOW = pipeline.WINDOW.fixed
_LONGER_WINDOW = ("pipeline.vh", f"WINDOW_LAT      = {_WINDOW};", f"WINDOW_LAT      = {_WINDOW + 1};")
_LONGER_ARRAY = ("pipeline.vh", "ROWS / SPAN + COLS + 1;", "ROWS / SPAN + COLS + 2;")
RETIMINGS: dict[str, tuple[Change, ...]] = {
    "operands a cycle later": (
        _LONGER_WINDOW,
        ("window_row.v", "reg [ADDR_W-1:0] addr_q;", "reg [ADDR_W-1:0] addr_q; reg signed [X_W:0] late_q;"),
        ("window_row.v", "operand_o   <= in_image2_q", "operand_o <= late_q; late_q <= in_image2_q"),
    ),
    "addresses a cycle later": (
        _LONGER_WINDOW,
        ("window_row.v", "reg [ADDR_W-1:0] addr_q;", "reg [ADDR_W-1:0] addr_q, addr2_q; reg image_q, second_q;"),
        ("window_row.v", "addr_q      <= px_base_i + offset;", "addr2_q <= px_base_i + offset; addr_q <= addr2_q;"),
        ("window_row.v", "in_image1_q <= px_valid_i", "in_image1_q <= image_q; image_q <= px_valid_i"),
        ("window_row.v", "second1_q   <= px_second_i;", "second_q <= px_second_i; second1_q <= second_q;"),
    ),
    "activations a cycle later": (
        _LONGER_WINDOW,
        ("window_row.v", "reg [ADDR_W-1:0] addr_q;", "reg [ADDR_W-1:0] addr_q; reg image_q, second_q;"),
        ("window_row.v", "in_image2_q <= in_image1_q;", "image_q <= in_image1_q; in_image2_q <= image_q;"),
        ("window_row.v", "second2_q   <= second1_q;", "second_q <= second1_q; second2_q <= second_q;"),
        (
            "t2c_core.v",
            ".act_raddr_o(act_raddr), .act_rdata_i(act_rdata),",
            ".act_raddr_o(act_raddr), .act_rdata_i(act_late_q),",
        ),
        (
            "t2c_core.v",
            "wire [ROWS*X_W-1:0]        act_rdata;",
            "wire [ROWS*X_W-1:0] act_rdata; reg [ROWS*X_W-1:0] act_late_q;\n"
            "    always @(posedge clk_i) act_late_q <= act_rdata;",
        ),
    ),
    "array registers its input": (
        _LONGER_ARRAY,
        (
            "systolic_array.v",
            "wire [ROWS*A_W-1:0] a_skewed;",
            "wire [ROWS*A_W-1:0] a_skewed; reg [ROWS*A_W-1:0] a_in_q; reg [COLS*W_W-1:0] w_in_q;\n"
            "    reg swap_in_q, word_q;\n"
            "    always @(posedge clk_i) begin a_in_q <= a_data_i; swap_in_q <= a_valid_i & a_first_i & rst_ni;\n"
            "        w_in_q <= w_data_i; word_q <= w_valid_i & rst_ni; end",
        ),
        ("systolic_array.v", ".lanes_i(a_data_i)", ".lanes_i(a_in_q)"),
        ("systolic_array.v", "assign swap[0] = a_valid_i & a_first_i;", "assign swap[0] = swap_in_q;"),
        ("systolic_array.v", "if (w_valid_i) row_q", "if (word_q) row_q"),
        ("systolic_array.v", "place[0] = {w_valid_i,", "place[0] = {word_q,"),
        ("systolic_array.v", ".lanes_i(w_data_i)", ".lanes_i(w_in_q)"),
    ),
    "array registers its output": (
        _LONGER_ARRAY,
        ("systolic_array.v", ".lanes_o(psum_data_o)", ".lanes_o(psum_out)"),
        (
            "systolic_array.v",
            "wire [COLS*PSUM_W-1:0] psum_skewed;",
            "wire [COLS*PSUM_W-1:0] psum_skewed, psum_out; reg [COLS*PSUM_W-1:0] psum_out_q;\n"
            "    assign psum_data_o = psum_out_q; always @(posedge clk_i) psum_out_q <= psum_out;",
        ),
    ),
    "sums a cycle later": (
        ("pipeline.vh", "ACCUMULATOR_LAT = 1;", "ACCUMULATOR_LAT = 2;"),
        ("accumulator.v", "if (valid_i) sum_o <= sum;", "begin sum_q <= sum; sum_o <= sum_q; end"),
        ("accumulator.v", ".wdata_i(sum_o)", ".wdata_i(sum_q)"),
        (
            "accumulator.v",
            "reg signed [ACC_W-1:0]  stored_q;",
            "reg signed [ACC_W-1:0]  stored_q, sum_q;",
        ),
        ("layer_engine.v", "par_raddr_o = meta_early[", "par_raddr_o = meta["),
        ("layer_engine.v", "if (psum_valid & sum_complete) param_q", "param_q"),
    ),
    "MulQuant registers its output": (
        (
            "pipeline.vh",
            f"MULQUANT_LAT    = {pipeline.MULQUANT};",
            f"MULQUANT_LAT    = {pipeline.MULQUANT + Cycles(fixed=1)};",
        ),
        ("mulquant.v", "assign m_axis_tvalid_o = valid7_q;", "assign m_axis_tvalid_o = valid8_q;"),
        ("mulquant.v", "assign m_axis_tdata_o  = q_q;", "assign m_axis_tdata_o  = q8_q;"),
        ("mulquant.v", "assign m_axis_tvalid_o", "reg [OUT_W-1:0] q8_q; reg valid8_q; assign m_axis_tvalid_o"),
        ("mulquant.v", "valid7_q <= valid6_q;", "valid7_q <= valid6_q; valid8_q <= valid7_q; q8_q <= q_q;"),
        ("mulquant.v", "valid7_q <= 1'b0;", "valid7_q <= 1'b0; valid8_q <= 1'b0;"),
    ),
    "results a cycle later": (
        ("layer_engine.v", "LAT + MULQUANT_LAT), .RESET(1)", "LAT + MULQUANT_LAT + 1), .RESET(1)"),
        (
            "layer_engine.v",
            "assign out_valid_o = lane_valid[0];",
            "assign out_valid_o = out_q;\n"
            "    always @(posedge clk_i) begin out_q <= lane_valid[0] & rst_ni; out_data_q <= lanes; end",
        ),
        (
            "layer_engine.v",
            "wire [COLS-1:0]       lane_valid, lane_ready;",
            "wire [COLS-1:0] lane_valid, lane_ready; wire [COLS*X_W-1:0] lanes;\n"
            "    reg out_q; reg [COLS*X_W-1:0] out_data_q; assign out_data_o = out_data_q;",
        ),
        ("layer_engine.v", ".m_axis_tdata_o(out_data_o[c*X_W+:X_W])", ".m_axis_tdata_o(lanes[c*X_W+:X_W])"),
    ),
}
