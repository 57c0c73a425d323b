// row_probe: writes down what passes through the row engine in one step of a program. Simulation only.
// It is instantiated inside core_harness (PROBE = 1, ROW_LANES > 0) and looks into i_dut by hierarchical names.
//
// What passes is found by counting valids, not by its cycle: rows and beats follow one another in each stage.
//
// Files       +rows_seen= receives lines of a letter and fields separated by blanks, the cycle first, in hexadecimal; signals in
//             binary with X as x, the descriptor in hexadecimal:
//               D descriptor                       the step's start
//               I address, beat, keep, last        a beat of a row that is read, with the address that gave it
//               M largest element                  of a row, of SOFTMAX (signed elements have their sign bit turned)
//               E exponentials                     a beat, 0 beyond the row
//               S sum of them                      of a row
//               R reciprocal                       of a row
//               Q number, sum, sum of squares      of a row, of LAYER_NORM (unsigned elements less 2^(X_W-1))
//               C N r, S r, p - 1                  of a row
//               T t, parameters                    a beat, t in 32 bits
//               Y results, last                    a beat
//               W address, group, results, last    a group of results
`default_nettype none
`include "port_widths.vh"

module row_probe #(
    parameter LANES = 4
) (
    input  wire        clk_i,
    input  wire        go_i,
    input  wire [31:0] cycle_i,
    input  wire [31:0] row_step_i               // number of the step, counted from 0 since go, SOFTMAX and LAYER_NORM only
);

    wire started = core_harness.i_dut.rows;
    reg  [31:0] step_q;
    wire [31:0] step = started ? step_q + 32'd1 : step_q;
    wire        here = (step == row_step_i);

    wire [LANES*32-1:0] t;
    genvar lane;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_lane
            wire signed [31:0] wide = $signed(core_harness.i_dut.g_rows.i_rows.i_norm.g_lane[lane].t);
            assign t[lane*32+:32] = wide;
        end
    endgenerate

    integer          file;
    reg [8*1024-1:0] path;
    initial begin
        file = 0;
        if ($value$plusargs("rows_seen=%s", path)) file = $fopen(path, "w");
    end

    wire softmax = core_harness.i_dut.g_rows.i_rows.softmax;
    wire taken   = core_harness.i_dut.g_rows.i_rows.in_valid
                   & (softmax ? core_harness.i_dut.g_rows.i_rows.softmax_ready : core_harness.i_dut.g_rows.i_rows.norm_ready);

    always @(posedge clk_i) begin
        step_q <= go_i ? 32'hffffffff : step;
        if (here & file != 0) begin
            if (started) $fwrite(file, "D %h %h\n", cycle_i, core_harness.i_dut.desc);
            if (taken === 1'b1)
                $fwrite(file, "I %h %b %b %b %b\n", cycle_i, core_harness.i_dut.g_rows.i_rows.i_feeder.given_addr_q,
                        core_harness.i_dut.g_rows.i_rows.in_data, core_harness.i_dut.g_rows.i_rows.in_keep,
                        core_harness.i_dut.g_rows.i_rows.in_last);
            if (core_harness.i_dut.g_rows.i_rows.i_softmax.row_take === 1'b1)
                $fwrite(file, "M %h %b\n", cycle_i, core_harness.i_dut.g_rows.i_rows.i_softmax.row_max);
            if (core_harness.i_dut.g_rows.i_rows.i_softmax.valid2_q === 1'b1)
                $fwrite(file, "E %h %b\n", cycle_i, core_harness.i_dut.g_rows.i_rows.i_softmax.exps);
            if (core_harness.i_dut.g_rows.i_rows.i_softmax.sum_take === 1'b1)
                $fwrite(file, "S %h %b\n", cycle_i, core_harness.i_dut.g_rows.i_rows.i_softmax.sum);
            if (core_harness.i_dut.g_rows.i_rows.i_softmax.scale_take === 1'b1)
                $fwrite(file, "R %h %b\n", cycle_i, core_harness.i_dut.g_rows.i_rows.i_softmax.r);
            if (core_harness.i_dut.g_rows.i_rows.i_norm.sums_take === 1'b1)
                $fwrite(file, "Q %h %b %b %b\n", cycle_i, core_harness.i_dut.g_rows.i_rows.i_norm.sums_n,
                        core_harness.i_dut.g_rows.i_rows.i_norm.sums_s, core_harness.i_dut.g_rows.i_rows.i_norm.sums_q);
            if (core_harness.i_dut.g_rows.i_rows.i_norm.row_take === 1'b1)
                $fwrite(file, "C %h %b %b %b\n", cycle_i, core_harness.i_dut.g_rows.i_rows.i_norm.row_g,
                        core_harness.i_dut.g_rows.i_rows.i_norm.row_h, core_harness.i_dut.g_rows.i_rows.i_norm.row_shift);
            if (core_harness.i_dut.g_rows.i_rows.i_norm.valid_q[3] === 1'b1)
                $fwrite(file, "T %h %b %b\n", cycle_i, t, core_harness.i_dut.g_rows.i_rows.i_norm.param_data_i);
            if (core_harness.i_dut.g_rows.i_rows.i_writer.valid_i === 1'b1)
                $fwrite(file, "Y %h %b %b\n", cycle_i, core_harness.i_dut.g_rows.i_rows.i_writer.data_i,
                        core_harness.i_dut.g_rows.i_rows.i_writer.last_i);
            if (core_harness.i_dut.g_rows.i_rows.out_valid_o === 1'b1)
                $fwrite(file, "W %h %b %b %b %b\n", cycle_i, core_harness.i_dut.g_rows.i_rows.out_addr_o,
                        core_harness.i_dut.g_rows.i_rows.out_group_o, core_harness.i_dut.g_rows.i_rows.out_data_o,
                        core_harness.i_dut.g_rows.i_rows.out_last_o);
        end
    end
    // Every line is on disk when the bench looks.
    always @(negedge clk_i) if (file != 0) $fflush(file);

endmodule

`default_nettype wire
