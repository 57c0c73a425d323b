// layer_engine: runs one step of a program, a conv2d, linear, pooling or residual add, from a run-time descriptor: window
// former, systolic array, accumulators, MulQuant lanes, output writer. Its memories are outside.
//
// Spec        conv2d, linear   output = clip(round_S(acc * M + B) + zp, lo, hi), acc = sum of w * (x - zp_x)
//             average pooling  the same, with weights of 1
//             max pooling      the same, with an identity tile and max in place of the sum of K tiles
//             residual add     the same, with an identity tile and pairs of pixels, joined in MulQuant
//             (docs/arithmetic.md 3, 4, 5; how a layer becomes a descriptor: mapping/)
// Rounding    by descriptor: floor, half_up, half_even, half_away
// Widths      operands X_W + 1 and W_W bits signed, column sums PSUM_W, accumulators ACC_W: see the units
// Memories    activations: one bank a row, ROWS addresses a cycle; weights: words of COLS codes; parameters: words of COLS lanes
//             {shift, bias, multiplier}. All answer one cycle after their address.
// Results     words of COLS lanes for memory words of ROWS lanes: group g writes banks g * COLS .. g * COLS + COLS - 1
// Latency     a tile takes max(pixels in block, ROWS, SUMS_APART) cycles, the last one just its pixels. Together with the
//             ROWS cycles of the first load and the pipeline, WINDOW_LAT + ARRAY_LAT + ACCUMULATOR_LAT + MULQUANT_LAT
//             (pipeline.vh), that is the time from start_i to done_o.
// Trace       every sum of a pixel before it is requantised, both operands of a pair, as it enters MulQuant; sums that no
//             step completes (HOLD) do not show. For verification
// Handshake   pulse start_i with desc_i valid and keep desc_i until done_o, which comes with the last result.
//             Results cannot be held back. No start_i while a step runs.
// Model       t2c.golden.nodes through mapping
// Doc         docs/units/layer_engine.md
`default_nettype none
`include "port_widths.vh"
`include "array_elements.vh"

module layer_engine #(
    parameter ROWS       = 16,                  // 2..256, a multiple of COLS
    parameter COLS       = 16,                  // 1..256
    parameter X_W        = 8,                   // 2..8: activation
    parameter W_W        = 8,                   // 2..8: weight
    parameter ACC_W      = 32,
    parameter SCALE_W    = 16,
    parameter BIAS_W     = 40,
    parameter SHIFT_W    = 6,
    parameter ACC_DEPTH  = 1024,                // output pixels a block, even
    parameter ACT_ADDR_W = 12,
    parameter WGT_ADDR_W = 12,
    parameter PAR_ADDR_W = 6,
    parameter GROUP_W    = 1,                   // do not override: max(1, ceil(log2(ROWS / COLS)))
    parameter D_W        = `T2C_DESCRIPTOR_W    // do not override
) (
    input  wire                       clk_i,
    input  wire                       rst_ni,
    input  wire                       start_i,
    input  wire [D_W-1:0]             desc_i,
    output wire                       done_o,
    // activation memory, read side
    output wire [ROWS*ACT_ADDR_W-1:0] act_raddr_o,
    input  wire [ROWS*X_W-1:0]        act_rdata_i,
    // weight and parameter memories
    output wire [WGT_ADDR_W-1:0]      wgt_raddr_o,
    input  wire [COLS*`T2C_CODE_W-1:0] wgt_rdata_i,
    output wire [PAR_ADDR_W-1:0]      par_raddr_o,
    input  wire [COLS*(SCALE_W+BIAS_W+SHIFT_W)-1:0] par_rdata_i,
    // results
    output wire                       out_valid_o,
    output wire [COLS*X_W-1:0]        out_data_o,
    output wire [ACT_ADDR_W-1:0]      out_addr_o,
    output wire [GROUP_W-1:0]         out_group_o,
    // trace: complete sums, before MulQuant
    output wire                       sum_valid_o,
    output wire [COLS*ACC_W-1:0]      sum_data_o
);

    `include "descriptor.vh"
    `include "pipeline.vh"
    generate
        if (X_W < 2 || X_W > 8) begin : g_x_w
            layer_engine_X_W_out_of_range i_stop ();
        end
        if (ACC_DEPTH < 2 || ACC_DEPTH > 65536 || ACC_DEPTH % 2 != 0) begin : g_acc_depth
            layer_engine_ACC_DEPTH_out_of_range i_stop ();
        end
        if (D_W != D_FIELDS * 32) begin : g_d_w
            layer_engine_D_W_out_of_range i_stop ();
        end
        if (ROWS % COLS != 0) begin : g_groups
            layer_engine_COLS_out_of_range i_stop ();
        end
    endgenerate

    localparam A_W        = X_W + 1;
    localparam PSUM_W     = A_W + W_W + $clog2(ROWS);
    localparam GEO_W      = 16;
    localparam ACC_ADDR_W = $clog2(ACC_DEPTH);
    localparam PARAM_W    = SCALE_W + BIAS_W + SHIFT_W;
    localparam META_W     = ACC_ADDR_W + PAR_ADDR_W + 4;

    // ------------------------------------------------------------------ descriptor
    wire [1:0] combine  = desc_i[D_COMBINE*32+:2];
    wire       take_max = (combine == COMBINE_MAX);
    wire [X_W:0] x_zero_point  = desc_i[D_X_ZERO_POINT*32+:X_W+1];
    wire [X_W:0] x2_zero_point = desc_i[D_X2_ZERO_POINT*32+:X_W+1];
    wire [15:0] k_tiles   = desc_i[D_K_TILES*32+:16];
    wire [15:0] col_tiles = desc_i[D_COL_TILES*32+:16];
    wire unused_desc = &{1'b0, desc_i};

    // ------------------------------------------------------------------ walk
    wire                    tile_ready, tile_waits, px_valid, px_first, px_second, px_partial;
    wire signed [GEO_W-1:0] px_iy0, px_ix0;
    wire [ACT_ADDR_W-1:0]   px_base;
    wire [ACC_ADDR_W-1:0]   acc_addr;
    wire                    acc_clear, acc_last, last;
    wire [PAR_ADDR_W-1:0]   param_addr;
    wire [ROWS-1:0]         cfg_we;
    wire                    cfg_valid, rom_valid;
    wire [GEO_W-1:0]        cfg_dy, cfg_dx;
    wire [ACT_ADDR_W-1:0]   cfg_offset;
    wire [WGT_ADDR_W-1:0]   rom_addr;

    pixel_sequencer #(
        .ACC_DEPTH(ACC_DEPTH), .ACC_ADDR_W(ACC_ADDR_W), .ADDR_W(ACT_ADDR_W), .PAR_ADDR_W(PAR_ADDR_W), .GEO_W(GEO_W)
    ) i_sequencer (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i),
        .images_i(desc_i[D_IMAGES*32+:16]),
        .out_h_i(desc_i[D_OUT_H*32+:16]), .out_w_i(desc_i[D_OUT_W*32+:16]),
        .stride_h_i(desc_i[D_STRIDE_H*32+:GEO_W]), .stride_w_i(desc_i[D_STRIDE_W*32+:GEO_W]),
        .pad_h_i(desc_i[D_PAD_H*32+:GEO_W]), .pad_w_i(desc_i[D_PAD_W*32+:GEO_W]),
        .origin_i(desc_i[D_ORIGIN*32+:ACT_ADDR_W]), .col_step_i(desc_i[D_COL_STEP*32+:ACT_ADDR_W]),
        .row_step_i(desc_i[D_ROW_STEP*32+:ACT_ADDR_W]), .image_step_i(desc_i[D_IMAGE_STEP*32+:ACT_ADDR_W]),
        .k_tiles_i(k_tiles), .col_tiles_i(col_tiles), .param_base_i(desc_i[D_PARAM_BASE*32+:PAR_ADDR_W]),
        .pair_i(combine == COMBINE_PAIR), .keep_i(desc_i[D_KEEP*32]), .hold_i(desc_i[D_HOLD*32]),
        .tile_ready_i(tile_waits),
        .px_valid_o(px_valid), .px_first_o(px_first), .px_iy0_o(px_iy0), .px_ix0_o(px_ix0), .px_base_o(px_base),
        .acc_addr_o(acc_addr), .acc_clear_o(acc_clear), .acc_last_o(acc_last), .param_addr_o(param_addr),
        .second_o(px_second), .partial_o(px_partial), .last_o(last)
    );

    tile_loader #(
        .ROWS(ROWS), .SPAN(SPAN), .ADDR_W(ACT_ADDR_W), .WGT_ADDR_W(WGT_ADDR_W), .GEO_W(GEO_W)
    ) i_loader (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i),
        .taps_i(desc_i[D_TAPS*32+:16]), .k_w_i(desc_i[D_K_W*32+:16]),
        .dil_h_i(desc_i[D_DIL_H*32+:GEO_W]), .dil_w_i(desc_i[D_DIL_W*32+:GEO_W]),
        .tap_row_step_i(desc_i[D_TAP_ROW_STEP*32+:ACT_ADDR_W]), .tap_col_step_i(desc_i[D_TAP_COL_STEP*32+:ACT_ADDR_W]),
        .ch_words_i(desc_i[D_CH_WORDS*32+:16]), .rows_per_tap_i(desc_i[D_ROWS_PER_TAP*32+:16]),
        .taps_per_tile_i(desc_i[D_TAPS_PER_TILE*32+:16]), .k_tiles_i(k_tiles), .col_tiles_i(col_tiles),
        .blocks_i(desc_i[D_BLOCKS*32+:16]), .weight_base_i(desc_i[D_WEIGHT_BASE*32+:WGT_ADDR_W]),
        .same_i(desc_i[D_SAME_WEIGHTS*32]),
        .first_i(px_first), .tile_ready_o(tile_ready),
        .cfg_we_o(cfg_we), .cfg_valid_o(cfg_valid), .cfg_dy_o(cfg_dy), .cfg_dx_o(cfg_dx), .cfg_offset_o(cfg_offset),
        .rom_valid_o(rom_valid), .rom_addr_o(rom_addr)
    );

    // A K tile's sums join those of the tile before at the same words, SUMS_APART cycles later at the earliest; an array of
    // as many rows takes that long to load a tile anyway.
    generate
        if (ROWS < SUMS_APART) begin : g_apart
            reg [SUMS_APART-2:0] began_q;
            assign tile_waits = tile_ready & ~|began_q;
            always @(posedge clk_i) begin
                began_q <= {began_q[SUMS_APART-3:0], px_first};
                if (!rst_ni) began_q <= {(SUMS_APART - 1) {1'b0}};
            end
        end else begin : g_rows_apart
            assign tile_waits = tile_ready;
        end
    endgenerate

    // ------------------------------------------------------------------ window former: one row, one memory bank
    // The rows take their configuration into use in the cycle in which the first pixel is issued, and get the pixel itself
    // in the next one.
    wire                    row_valid, row_second;
    wire signed [GEO_W-1:0] row_iy0, row_ix0;
    wire [ACT_ADDR_W-1:0]   row_base;
    delay_line #(.W(1), .DEPTH(1), .RESET(1)) i_row_valid (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i(px_valid), .q_o(row_valid)
    );
    delay_line #(.W(2 * GEO_W + ACT_ADDR_W + 1), .DEPTH(1)) i_row_pixel (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .d_i({px_second, px_iy0, px_ix0, px_base}), .q_o({row_second, row_iy0, row_ix0, row_base})
    );

    wire [ROWS*A_W-1:0] operands;
    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_row
            window_row #(
                .X_W(X_W), .ADDR_W(ACT_ADDR_W), .GEO_W(GEO_W)
            ) i_row (
                .clk_i(clk_i), .rst_ni(rst_ni),
                .in_h_i(desc_i[D_IN_H*32+:GEO_W]), .in_w_i(desc_i[D_IN_W*32+:GEO_W]),
                .x_signed_i({desc_i[D_X2_SIGNED*32], desc_i[D_X_SIGNED*32]}),
                .zero_point_i({x2_zero_point, x_zero_point}), .max_i(take_max),
                .cfg_we_i(cfg_we[r]), .cfg_valid_i(cfg_valid), .cfg_dy_i(cfg_dy), .cfg_dx_i(cfg_dx),
                .cfg_offset_i(cfg_offset),
                .px_first_i(px_first), .px_valid_i(row_valid), .px_iy0_i(row_iy0), .px_ix0_i(row_ix0),
                .px_base_i(row_base), .px_second_i(row_second),
                .raddr_o(act_raddr_o[r*ACT_ADDR_W+:ACT_ADDR_W]), .rdata_i(act_rdata_i[r*X_W+:X_W]),
                .operand_o(operands[r*A_W+:A_W])
            );
        end
    endgenerate

    // Weights reach the array as late as operands do: WINDOW_LAT cycles, one of them in the memory.
    wire weight_valid, array_first, array_valid;
    delay_line #(.W(WGT_ADDR_W), .DEPTH(WINDOW_LAT - 1)) i_rom_addr (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i(rom_addr), .q_o(wgt_raddr_o)
    );
    delay_line #(.W(3), .DEPTH(WINDOW_LAT), .RESET(1)) i_array_control (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .d_i({rom_valid, px_first, px_valid}), .q_o({weight_valid, array_first, array_valid})
    );

    // ------------------------------------------------------------------ array and accumulators
    wire                   psum_valid;
    wire [COLS*PSUM_W-1:0] psums;
    systolic_array #(
        .ROWS(ROWS), .COLS(COLS), .A_W(A_W), .W_W(W_W)
    ) i_array (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .w_valid_i(weight_valid), .w_data_i(wgt_rdata_i),
        .a_valid_i(array_valid), .a_first_i(array_first), .a_data_i(operands),
        .psum_valid_o(psum_valid), .psum_data_o(psums)
    );

    // What to do with a column sum travels beside the array. The accumulator wants its address two cycles early, the parameter
    // memory one cycle, since its word is registered before it meets the sum.
    wire [META_W-1:0] meta_read, meta_early, meta;
    delay_line #(.W(META_W), .DEPTH(WINDOW_LAT + ARRAY_LAT - 2)) i_meta_read (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .d_i({last, px_partial, acc_last, acc_clear, param_addr, acc_addr}), .q_o(meta_read)
    );
    delay_line #(.W(META_W), .DEPTH(1)) i_meta_early (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i(meta_read), .q_o(meta_early)
    );
    delay_line #(.W(META_W), .DEPTH(1)) i_meta (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i(meta_early), .q_o(meta)
    );
    wire sum_last, sum_partial, sum_complete, sum_clear;
    wire [ACC_ADDR_W-1:0] sum_addr;
    wire [PAR_ADDR_W-1:0] unused_param_addr;
    assign {sum_last, sum_partial, sum_complete, sum_clear, unused_param_addr, sum_addr} = meta;
    assign par_raddr_o = meta_early[ACC_ADDR_W+:PAR_ADDR_W];
    reg [COLS*PARAM_W-1:0] param_q;
    always @(posedge clk_i) if (psum_valid & sum_complete) param_q <= par_rdata_i;

    // ------------------------------------------------------------------ MulQuant lanes
    wire sum_done, sum_done_partial;
    delay_line #(.W(1), .DEPTH(ACCUMULATOR_LAT), .RESET(1)) i_sum_done (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i(psum_valid & sum_complete), .q_o(sum_done)
    );
    delay_line #(.W(1), .DEPTH(ACCUMULATOR_LAT)) i_sum_partial (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i(sum_partial), .q_o(sum_done_partial)
    );
    delay_line #(.W(1), .DEPTH(ACCUMULATOR_LAT + MULQUANT_LAT), .RESET(1)) i_done (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i(psum_valid & sum_last), .q_o(done_o)
    );

    wire [COLS*ACC_W-1:0] sums;
    wire [COLS-1:0]       lane_valid, lane_ready;
    genvar c;
    generate
        for (c = 0; c < COLS; c = c + 1) begin : g_lane
            accumulator #(
                .PSUM_W(PSUM_W), .ACC_W(ACC_W), .DEPTH(ACC_DEPTH), .ADDR_W(ACC_ADDR_W)
            ) i_accumulator (
                .clk_i(clk_i), .raddr_i(meta_read[ACC_ADDR_W-1:0]), .valid_i(psum_valid), .clear_i(sum_clear),
                .max_i(take_max), .addr_i(sum_addr), .psum_i(psums[c*PSUM_W+:PSUM_W]), .sum_o(sums[c*ACC_W+:ACC_W])
            );
            mulquant #(
                .ACC_W(ACC_W), .SCALE_W(SCALE_W), .BIAS_W(BIAS_W), .SHIFT_W(SHIFT_W), .OUT_W(X_W)
            ) i_mulquant (
                .clk_i(clk_i), .rst_ni(rst_ni),
                .rounding_i(desc_i[D_ROUNDING*32+:3]), .zero_point_i(desc_i[D_Y_ZERO_POINT*32+:X_W+1]),
                .lo_i(desc_i[D_Y_LO*32+:X_W+1]), .hi_i(desc_i[D_Y_HI*32+:X_W+1]),
                .s_axis_tvalid_i(sum_done), .s_axis_tready_o(lane_ready[c]),
                .s_axis_tdata_i({param_q[c*PARAM_W+:PARAM_W], sums[c*ACC_W+:ACC_W]}),
                .s_axis_tuser_i(sum_done_partial),
                .m_axis_tvalid_o(lane_valid[c]), .m_axis_tready_i(1'b1), .m_axis_tdata_o(out_data_o[c*X_W+:X_W])
            );
        end
    endgenerate
    wire unused_lanes = &{1'b0, lane_valid, lane_ready, meta_read[META_W-1:ACC_ADDR_W], unused_param_addr};

    // ------------------------------------------------------------------ trace
    assign sum_valid_o = sum_done;
    assign sum_data_o  = sums;

    // ------------------------------------------------------------------ results
    assign out_valid_o = lane_valid[0];
    output_writer #(
        .GROUPS(ROWS / COLS), .GROUP_W(GROUP_W), .ADDR_W(ACT_ADDR_W)
    ) i_writer (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i),
        .base_i(desc_i[D_OUT_BASE*32+:ACT_ADDR_W]), .step_i(desc_i[D_OUT_STEP*32+:ACT_ADDR_W]),
        .image_step_i(desc_i[D_OUT_IMAGE_STEP*32+:ACT_ADDR_W]), .pixels_i(desc_i[D_OUT_PIXELS*32+:`T2C_ADDRESS_W]),
        .images_i(desc_i[D_IMAGES*32+:16]),
        .valid_i(out_valid_o), .addr_o(out_addr_o), .group_o(out_group_o)
    );

endmodule

`default_nettype wire
