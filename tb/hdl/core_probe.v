// core_probe: writes down what passes through the engine for one array column, around chosen pixels. Simulation only.
// It is instantiated inside core_harness (PROBE = 1) and looks into i_dut by hierarchical names.
//
// What passes is found by counting valids, not by its cycle, so that a core with other latencies is seen as well.
//
// Files       +windows= entries of five words: RUN step (counted from 0 since go), first and last pixel of the step's
//             sequence of pixels, first and last tile of its sequence of weight tiles; in order. +probe= receives lines of
//             fields separated by blanks, numbers in hexadecimal, signals in binary with X as x:
//               D step cycle descriptor                         each RUN step's start
//               W step cycle n | address, weight of the column  weight word n of the step, in the chosen tiles, as it
//               | row is set, valid, dy, dx, offset               enters the array, with what went to the (last) row of it
//               C step cycle | numbers of pixel, operands, column sum, complete sum and result that come next
//               | their valids | descriptor as at the start | iy0 ix0 base | row addresses | row words | operands
//               | column's partial sums, one a row of elements | array output | accumulator | parameters | result, as it is written
//               | the same before the table
//               E step cycle descriptor                         start of a MOVE before that RUN step
//               M step cycle | writes, address, weight of the   a cycle of it: the weight row that it writes, and where
//               | column | row addresses | row words              the banks are read and what they give
//             A C line for every cycle from the first pixel's issue until TAIL cycles after the last one's column sum.
`default_nettype none
`include "port_widths.vh"
`include "array_elements.vh"

module core_probe #(
    parameter ROWS       = 16,
    parameter COLS       = 16,
    parameter X_W        = 8,
    parameter W_W        = 8,
    parameter ACC_W      = 32,
    parameter PARAM_W    = 62,
    parameter DEPTH      = 1 << 16,
    parameter TAIL       = 64,
    parameter WAITING    = 64                   // weight words between tile_loader and array, at most
) (
    input  wire        clk_i,
    input  wire        go_i,
    input  wire [31:0] cycle_i,
    input  wire [31:0] windows_i,               // entries; 0 records nothing
    input  wire [31:0] column_i                 // of the array
);

    localparam A_W    = X_W + 1;
    localparam PSUM_W = A_W + W_W + $clog2(ROWS);
    localparam SPAN   = `T2C_SPAN;
    localparam CODE_W = `T2C_CODE_W;
    localparam E_ROWS = ROWS / SPAN;             // rows of elements, words of a tile
    localparam [ROWS-1:0] LAST_OF_SPAN = 1 << (SPAN - 1);

    generate
        if (1) begin : memory
            reg [31:0]  windows [0:5*DEPTH-1];
            reg [255:0] waiting [0:WAITING-1];  // {its row is set, valid, dy, dx, offset, address} of a weight word
        end
    endgenerate

    // ------------------------------------------------------------------ taps
    wire [E_ROWS*PSUM_W-1:0] column_psums;
    genvar r;
    generate
        for (r = 0; r < E_ROWS; r = r + 1) begin : g_row // the column's lane of the element below which its sum leaves the row
            wire [31:0]         group = column_i / core_harness.i_dut.i_engine.i_array.PACK;
            wire [2*PSUM_W-1:0] word =
                core_harness.i_dut.i_engine.i_array.psum_net[(r+1)*core_harness.i_dut.i_engine.i_array.GROUPS+group];
            wire [31:0]         lane = column_i % core_harness.i_dut.i_engine.i_array.PACK;
            assign column_psums[r*PSUM_W+:PSUM_W] = word[lane*PSUM_W+:PSUM_W];
        end
    endgenerate
    wire [PSUM_W-1:0]      array_out    = core_harness.i_dut.i_engine.psums[column_i*PSUM_W+:PSUM_W];
    wire [ACC_W-1:0]       sum          = core_harness.i_dut.i_engine.sums[column_i*ACC_W+:ACC_W];
    wire [PARAM_W-1:0]     params       = core_harness.i_dut.i_engine.param_q[column_i*PARAM_W+:PARAM_W];
    wire [X_W-1:0]         result       = core_harness.i_dut.out_data[column_i*X_W+:X_W];
    wire [X_W-1:0]         unread       = core_harness.i_dut.before_data[column_i*X_W+:X_W]; // by the table
    wire [CODE_W-1:0]      weight       = core_harness.i_dut.i_engine.i_array.w_data_i[column_i*CODE_W+:CODE_W];
    // In the order of the data: pixel, operands, column sum, complete sum, result.
    wire [4:0] valids = {core_harness.i_dut.out_valid, core_harness.i_dut.i_engine.sum_done,
                         core_harness.i_dut.i_engine.psum_valid, core_harness.i_dut.i_engine.array_valid,
                         core_harness.i_dut.i_engine.px_valid};
    wire       rom_valid    = core_harness.i_dut.i_engine.rom_valid;
    wire       weight_valid = core_harness.i_dut.i_engine.weight_valid;
    wire [`T2C_DESCRIPTOR_W-1:0] desc = core_harness.i_dut.desc;
    wire [255:0] loading = {{(256 - 2 - 3 * 32 - 32) {1'b0}}, core_harness.i_dut.i_engine.cfg_we === (LAST_OF_SPAN << (SPAN * (roms % E_ROWS))),
                            core_harness.i_dut.i_engine.cfg_valid, 16'd0, core_harness.i_dut.i_engine.cfg_dy, 16'd0,
                            core_harness.i_dut.i_engine.cfg_dx, {32{1'b0}} | core_harness.i_dut.i_engine.cfg_offset,
                            {32{1'b0}} | core_harness.i_dut.i_engine.rom_addr};

    // ------------------------------------------------------------------ when
    reg [31:0] step_q, pixels_q, operands_q, psums_q, sums_q, results_q, roms_q, weights_q, tail_q;
    reg [31:0] entry_q, tiles_q;                // entries that are passed: for pixels, and for weights
    reg        running_q;
    reg [`T2C_DESCRIPTOR_W-1:0] desc_q;
    wire       started = core_harness.i_dut.run;
    wire [31:0] step     = started ? step_q + 32'd1 : step_q;
    wire [31:0] pixels   = started ? 32'd0 : pixels_q;
    wire [31:0] operands = started ? 32'd0 : operands_q;
    wire [31:0] psum     = started ? 32'd0 : psums_q;
    wire [31:0] complete = started ? 32'd0 : sums_q;
    wire [31:0] results  = started ? 32'd0 : results_q;
    wire [31:0] roms     = started ? 32'd0 : roms_q;
    wire [31:0] weights  = started ? 32'd0 : weights_q;
    wire        steady   = started | (desc === desc_q);
    wire        live     = (entry_q != windows_i) & (running_q | started);
    wire        here     = live & (memory.windows[5*entry_q] == step);
    wire        begun    = here & (pixels + {31'd0, valids[0]} > memory.windows[5*entry_q+1]);
    wire        out      = begun & (psum > memory.windows[5*entry_q+2]);
    wire        record   = begun & (tail_q < TAIL);
    wire        passed   = live & (here ? tail_q >= TAIL : step > memory.windows[5*entry_q]);
    wire        loads    = (tiles_q != windows_i) & (running_q | started);
    wire        mine     = loads & (memory.windows[5*tiles_q] == step);
    wire        loaded   = loads & (mine ? weights >= E_ROWS * (memory.windows[5*tiles_q+4] + 1)
                                         : step > memory.windows[5*tiles_q]);
    // The next tile may follow without a gap.
    wire [31:0] tiles    = tiles_q + {31'd0, loaded};
    wire        chosen   = loads & (tiles != windows_i) & weight_valid & (memory.windows[5*tiles] == step)
                           & (weights >= E_ROWS * memory.windows[5*tiles+3])
                           & (weights < E_ROWS * (memory.windows[5*tiles+4] + 1));

    // A MOVE belongs to the RUN step after it; the entry of the one before may not be passed yet.
    wire [31:0] coming  = step + 32'd1;
    wire [31:0] later   = entry_q + 32'd1;
    wire        awaited = (entry_q != windows_i) & (memory.windows[5*entry_q] == coming
                                                    | later != windows_i & memory.windows[5*later] == coming);
    wire        moves    = core_harness.i_dut.moving | core_harness.i_dut.move_wgt;
    wire [W_W-1:0] moved = core_harness.i_dut.move_data[column_i*W_W+:W_W];

    integer          file;
    reg [8*1024-1:0] path;
    reg [255:0]      word;
    initial begin
        file = 0;
        if ($value$plusargs("windows=%s", path)) $readmemh(path, memory.windows);
        if ($value$plusargs("probe=%s", path)) file = $fopen(path, "w");
    end

    always @(posedge clk_i) begin
        step_q     <= step;
        pixels_q   <= pixels + {31'd0, valids[0] === 1'b1};
        operands_q <= operands + {31'd0, valids[1] === 1'b1};
        psums_q    <= psum + {31'd0, valids[2] === 1'b1};
        sums_q     <= complete + {31'd0, valids[3] === 1'b1};
        results_q  <= results + {31'd0, valids[4] === 1'b1};
        roms_q     <= roms + {31'd0, rom_valid === 1'b1};
        weights_q  <= weights + {31'd0, weight_valid === 1'b1};
        if (started) begin
            running_q <= 1'b1;
            desc_q    <= desc;
        end
        if (rom_valid) memory.waiting[roms % WAITING] <= loading;
        tail_q <= (passed | ~begun) ? 32'd0 : tail_q + {31'd0, out};
        if (passed) entry_q <= entry_q + 32'd1;
        tiles_q <= tiles;
        if (started & windows_i != 32'd0 & file != 0) $fwrite(file, "D %h %h %h\n", step, cycle_i, desc);
        if (core_harness.i_dut.move & awaited & file != 0) $fwrite(file, "E %h %h %h\n", coming, cycle_i, desc);
        if (moves & awaited & file != 0) begin
            $fwrite(file, "M %h %h %b %b %b", coming, cycle_i, core_harness.i_dut.move_wgt,
                    core_harness.i_dut.move_waddr, moved);
            $fwrite(file, " %b %b\n", core_harness.i_dut.move_raddr, core_harness.i_dut.act_rdata);
        end
        if (chosen & file != 0) begin
            // verilator lint_off BLKSEQ
            word = memory.waiting[weights % WAITING];
            // verilator lint_on BLKSEQ
            $fwrite(file, "W %h %h %h %b %b %b", step, cycle_i, weights, word[31:0], weight, word[129]);
            $fwrite(file, " %b %b %b %b\n", word[128], word[111:96], word[79:64], word[63:32]);
        end
        if (record & file != 0) begin
            $fwrite(file, "C %h %h %h %h %h %h %h", step, cycle_i, pixels, operands, psum, complete, results);
            $fwrite(file, " %b %b %b %b %b", valids, steady, core_harness.i_dut.i_engine.px_iy0,
                    core_harness.i_dut.i_engine.px_ix0, core_harness.i_dut.i_engine.px_base);
            $fwrite(file, " %b %b %b %b", core_harness.i_dut.act_raddr, core_harness.i_dut.act_rdata,
                    core_harness.i_dut.i_engine.operands, column_psums);
            $fwrite(file, " %b %b %b %b %b\n", array_out, sum, params, result, unread);
        end
        if (go_i) begin
            step_q    <= 32'hffffffff;
            entry_q   <= 32'd0;
            tiles_q   <= 32'd0;
            tail_q    <= 32'd0;
            running_q <= 1'b0;
        end
    end
    // Every line is on disk when the bench looks.
    always @(negedge clk_i) if (file != 0 & entry_q == windows_i) $fflush(file);

endmodule

`default_nettype wire
