// core_probe: writes down what passes through the engine for one array column, in chosen cycles. Simulation only.
// It is instantiated inside core_harness (PROBE = 1) and looks into i_dut by hierarchical names.
//
// Files       +windows= entries of three words: RUN step (counted from 0 since go), first and last cycle after the step's start;
//             in order. +probe= receives a line for each such cycle:
//               step offset cycle | px_valid iy0 ix0 base | row addresses | operands | column's partial sums, one a row
//               | array output | accumulator | parameters | result valid, result
//             step, offset and cycle in hexadecimal, the rest in binary, X as x; fields separated by blanks.
`default_nettype none

module core_probe #(
    parameter ROWS       = 16,
    parameter COLS       = 16,
    parameter X_W        = 8,
    parameter W_W        = 8,
    parameter ACC_W      = 32,
    parameter PARAM_W    = 62,
    parameter DEPTH      = 1 << 12
) (
    input  wire        clk_i,
    input  wire        go_i,
    input  wire [31:0] cycle_i,
    input  wire [31:0] windows_i,               // entries; 0 records nothing
    input  wire [31:0] column_i                 // of the array
);

    localparam A_W    = X_W + 1;
    localparam PSUM_W = A_W + W_W + $clog2(ROWS);

    generate
        if (1) begin : memory
            reg [31:0] windows [0:3*DEPTH-1];
        end
    endgenerate

    // ------------------------------------------------------------------ taps
    wire [ROWS*COLS*PSUM_W-1:0] psums;          // PE (r, c) at (c * ROWS + r) * PSUM_W
    genvar r, c;
    generate
        for (c = 0; c < COLS; c = c + 1) begin : g_col
            for (r = 0; r < ROWS; r = r + 1) begin : g_row
                assign psums[(c*ROWS+r)*PSUM_W+:PSUM_W] =
                    core_harness.i_dut.i_engine.i_array.g_row[r].g_col[c].i_pe.psum_o;
            end
        end
    endgenerate
    wire [ROWS*PSUM_W-1:0] column_psums = psums[column_i*ROWS*PSUM_W+:ROWS*PSUM_W];
    wire [PSUM_W-1:0]      array_out    = core_harness.i_dut.i_engine.psums[column_i*PSUM_W+:PSUM_W];
    wire [ACC_W-1:0]       sum          = core_harness.i_dut.i_engine.sums[column_i*ACC_W+:ACC_W];
    wire [PARAM_W-1:0]     params       = core_harness.i_dut.par_rdata[column_i*PARAM_W+:PARAM_W];
    wire [X_W-1:0]         result       = core_harness.i_dut.out_data[column_i*X_W+:X_W];

    // ------------------------------------------------------------------ when
    reg [31:0]       step_q, offset_q, entry_q;
    reg              running_q;
    wire             started = core_harness.i_dut.run;
    wire [31:0]      step    = started ? step_q + 32'd1 : step_q;
    wire [31:0]      offset  = started ? 32'd0 : offset_q;
    wire             live    = (entry_q != windows_i) & (running_q | started);
    wire             here    = live & (memory.windows[3*entry_q] == step);
    wire             record  = here & (offset >= memory.windows[3*entry_q+1]) & (offset <= memory.windows[3*entry_q+2]);
    wire             passed  = live & ((here & offset == memory.windows[3*entry_q+2]) | step > memory.windows[3*entry_q]);

    integer          file;
    reg [8*1024-1:0] path;
    initial begin
        file = 0;
        if ($value$plusargs("windows=%s", path)) $readmemh(path, memory.windows);
        if ($value$plusargs("probe=%s", path)) file = $fopen(path, "w");
    end

    always @(posedge clk_i) begin
        step_q   <= step;
        offset_q <= offset + 32'd1;
        if (started) running_q <= 1'b1;
        if (passed) entry_q <= entry_q + 32'd1;
        if (record & file != 0) begin
            $fwrite(file, "%h %h %h", step, offset, cycle_i);
            $fwrite(file, " %b %b %b %b", core_harness.i_dut.i_engine.px_valid, core_harness.i_dut.i_engine.px_iy0,
                    core_harness.i_dut.i_engine.px_ix0, core_harness.i_dut.i_engine.px_base);
            $fwrite(file, " %b %b %b", core_harness.i_dut.act_raddr, core_harness.i_dut.i_engine.operands, column_psums);
            $fwrite(file, " %b %b %b %b %b\n", array_out, sum, params, core_harness.i_dut.out_valid, result);
        end
        if (go_i) begin
            step_q    <= 32'hffffffff;
            offset_q  <= 32'd0;
            entry_q   <= 32'd0;
            running_q <= 1'b0;
        end
    end
    // Every line is on disk when the bench looks.
    always @(negedge clk_i) if (file != 0 & entry_q == windows_i) $fflush(file);

endmodule

`default_nettype wire
