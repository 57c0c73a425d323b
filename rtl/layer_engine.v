// layer_engine: runs one conv2d or linear layer from a run-time descriptor: window former, systolic array,
// accumulators, MulQuant lanes, output buffer.
//
// Spec        output = clip(round_S(acc * M + B) + zp, lo, hi), acc = sum of w * (x - zp_x)  (docs/arithmetic.md 3, 4.1, 4.2)
// Rounding    by descriptor: floor, half_up, half_even, half_away
// Widths      operands X_W + 1 and W_W bits signed, column sums PSUM_W, accumulators ACC_W: see the units
// Order       activations enter as words of ROWS channels, NHWC (channel word fastest); outputs leave as words of COLS
//             channels: column tile slowest, then image, y, x
// Latency     a tile takes max(pixels in block, ROWS) cycles, the last one just its pixels; with the ROWS cycles of the
//             first load and ROWS + COLS + 10 of pipeline that is the time from start_i to done_o. One output word a
//             cycle during the last K tiles. With a single K tile the first comes 2 ROWS + COLS + 9 cycles after start_i.
// Handshake   load words on s_axis (ready while idle; tlast rewinds the write address to 0), then pulse start_i with
//             desc_i valid; done_o pulses when the last output word has been taken from m_axis.
//             m_axis obeys AXI-Stream: payload stable while stalled; tkeep marks the lanes that are real channels.
// Memories    weights (+weights=) and parameters (+params=) are ROMs; parameter lane c at [c*PARAM_W +: PARAM_W],
//             {shift, bias, multiplier}
// Model       golden.nodes.Conv2d, golden.nodes.Linear through mapping.layer
// Doc         docs/units/layer_engine.md
`default_nettype none

module layer_engine #(
    parameter ROWS        = 16,                 // 2..256
    parameter COLS        = 16,                 // 1..256
    parameter X_W         = 8,                  // 2..8: activation
    parameter W_W         = 8,                  // 2..8: weight
    parameter ACC_W       = 32,
    parameter SCALE_W     = 16,
    parameter BIAS_W      = 40,
    parameter SHIFT_W     = 6,
    parameter ACT_DEPTH   = 4096,               // activation words of ROWS channels
    parameter WGT_DEPTH   = 4096,               // weight rows of COLS weights
    parameter PAR_DEPTH   = 64,                 // parameter words of COLS lanes: one a column tile
    parameter ACC_DEPTH   = 1024,               // output pixels a block
    parameter WEIGHT_FILE = "",
    parameter PARAM_FILE  = "",
    parameter D_W         = 34 * 32             // do not override
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                start_i,
    input  wire [D_W-1:0]      desc_i,
    output wire                busy_o,
    output reg                 done_o,
    // activations in
    input  wire                s_axis_tvalid_i,
    output wire                s_axis_tready_o,
    input  wire [ROWS*X_W-1:0] s_axis_tdata_i,
    input  wire                s_axis_tlast_i,
    // results out
    output wire                m_axis_tvalid_o,
    input  wire                m_axis_tready_i,
    output wire [COLS*X_W-1:0] m_axis_tdata_o,
    output wire [COLS-1:0]     m_axis_tkeep_o,
    output wire                m_axis_tlast_o
);

    `include "descriptor.vh"
    generate
        if (X_W < 2 || X_W > 8) begin : g_x_w
            layer_engine_X_W_out_of_range i_stop ();
        end
        if (ACC_DEPTH < 2 || ACC_DEPTH > 65536) begin : g_acc_depth
            layer_engine_ACC_DEPTH_out_of_range i_stop ();
        end
        if (D_W != D_FIELDS * 32) begin : g_d_w
            layer_engine_D_W_out_of_range i_stop ();
        end
        if (ACT_DEPTH < 2 || WGT_DEPTH < 2 || PAR_DEPTH < 2) begin : g_depth
            layer_engine_DEPTH_out_of_range i_stop ();
        end
    endgenerate

    localparam A_W          = X_W + 1;
    localparam PSUM_W       = A_W + W_W + $clog2(ROWS);
    localparam GEO_W        = 16;
    localparam ACT_ADDR_W   = $clog2(ACT_DEPTH);
    localparam WGT_ADDR_W   = $clog2(WGT_DEPTH);
    localparam PAR_ADDR_W   = $clog2(PAR_DEPTH);
    localparam ACC_ADDR_W   = $clog2(ACC_DEPTH);
    localparam PARAM_W      = SCALE_W + BIAS_W + SHIFT_W;
    localparam WINDOW_LAT   = 3;                // window_row: px_valid to operand
    localparam ARRAY_LAT    = ROWS + COLS - 1;  // systolic_array
    localparam MULQUANT_LAT = 3;
    localparam FIFO_DEPTH_W = $clog2(ROWS + COLS + 16);
    localparam META_W       = ACC_ADDR_W + PAR_ADDR_W + 4;

    // ------------------------------------------------------------------ descriptor
    reg [D_W-1:0] desc_q;
    wire [15:0] images         = desc_q[D_IMAGES*32+:16];
    wire [15:0] taps_per_tile  = desc_q[D_TAPS_PER_TILE*32+:16];
    wire [15:0] k_tiles        = desc_q[D_K_TILES*32+:16];
    wire [15:0] col_tiles      = desc_q[D_COL_TILES*32+:16];
    wire [15:0] last_cols      = desc_q[D_LAST_COLS*32+:16];
    wire signed [X_W:0] x_zero_point = desc_q[D_X_ZERO_POINT*32+:X_W+1];
    wire signed [X_W:0] y_zero_point = desc_q[D_Y_ZERO_POINT*32+:X_W+1];
    wire signed [X_W:0] y_lo         = desc_q[D_Y_LO*32+:X_W+1];
    wire signed [X_W:0] y_hi         = desc_q[D_Y_HI*32+:X_W+1];
    wire [1:0]  rounding       = desc_q[D_ROUNDING*32+:2];
    wire unused_desc = &{1'b0, desc_q};

    // ------------------------------------------------------------------ control
    reg  busy_q, start_q;
    wire start   = start_i & ~busy_q;
    wire out_pop = m_axis_tvalid_o & m_axis_tready_i;
    assign busy_o = busy_q;

    always @(posedge clk_i) begin
        start_q <= start;
        done_o  <= busy_q & out_pop & m_axis_tlast_o;
        if (start) begin
            busy_q <= 1'b1;
            desc_q <= desc_i;
        end
        if (busy_q & out_pop & m_axis_tlast_o) busy_q <= 1'b0;
        if (!rst_ni) begin
            busy_q  <= 1'b0;
            start_q <= 1'b0;
            done_o  <= 1'b0;
        end
    end

    // ------------------------------------------------------------------ activation load
    reg [ACT_ADDR_W-1:0] load_addr_q;
    wire load = s_axis_tvalid_i & s_axis_tready_o;
    assign s_axis_tready_o = ~busy_q;

    always @(posedge clk_i) begin
        if (load) load_addr_q <= s_axis_tlast_i ? {ACT_ADDR_W{1'b0}} : load_addr_q + {{(ACT_ADDR_W - 1) {1'b0}}, 1'b1};
        if (!rst_ni) load_addr_q <= {ACT_ADDR_W{1'b0}};
    end

    // ------------------------------------------------------------------ walk
    wire                    tile_ready, px_valid, px_first;
    wire signed [GEO_W-1:0] px_iy0, px_ix0;
    wire [ACT_ADDR_W-1:0]   px_base;
    wire [ACC_ADDR_W-1:0]   acc_addr;
    wire                    acc_clear, acc_last, last_col, last;
    wire [PAR_ADDR_W-1:0]   param_addr;
    wire [ROWS-1:0]         cfg_we;
    wire                    cfg_valid, rom_valid;
    wire [GEO_W-1:0]        cfg_dy, cfg_dx;
    wire [ACT_ADDR_W-1:0]   cfg_offset;
    wire [WGT_ADDR_W-1:0]   rom_addr;

    // One credit is one free word of the output buffer; a pixel of the last K tile takes it when issued.
    localparam [FIFO_DEPTH_W:0] CREDITS = {1'b1, {FIFO_DEPTH_W{1'b0}}};
    reg [FIFO_DEPTH_W:0] credits_q;
    wire take = px_valid & acc_last;
    always @(posedge clk_i) begin
        if (take & ~out_pop) credits_q <= credits_q - {{FIFO_DEPTH_W{1'b0}}, 1'b1};
        if (~take & out_pop) credits_q <= credits_q + {{FIFO_DEPTH_W{1'b0}}, 1'b1};
        if (!rst_ni) credits_q <= CREDITS;
    end

    pixel_sequencer #(
        .ACC_DEPTH(ACC_DEPTH), .ACC_ADDR_W(ACC_ADDR_W), .ADDR_W(ACT_ADDR_W), .PAR_ADDR_W(PAR_ADDR_W), .GEO_W(GEO_W)
    ) i_sequencer (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_q),
        .images_i(images),
        .out_h_i(desc_q[D_OUT_H*32+:16]), .out_w_i(desc_q[D_OUT_W*32+:16]),
        .stride_h_i(desc_q[D_STRIDE_H*32+:GEO_W]), .stride_w_i(desc_q[D_STRIDE_W*32+:GEO_W]),
        .pad_h_i(desc_q[D_PAD_H*32+:GEO_W]), .pad_w_i(desc_q[D_PAD_W*32+:GEO_W]),
        .origin_i(desc_q[D_ORIGIN*32+:ACT_ADDR_W]), .col_step_i(desc_q[D_COL_STEP*32+:ACT_ADDR_W]),
        .row_step_i(desc_q[D_ROW_STEP*32+:ACT_ADDR_W]), .image_step_i(desc_q[D_IMAGE_STEP*32+:ACT_ADDR_W]),
        .k_tiles_i(k_tiles), .col_tiles_i(col_tiles), .param_base_i(desc_q[D_PARAM_BASE*32+:PAR_ADDR_W]),
        .tile_ready_i(tile_ready), .credit_i(credits_q != {(FIFO_DEPTH_W + 1) {1'b0}}),
        .px_valid_o(px_valid), .px_first_o(px_first), .px_iy0_o(px_iy0), .px_ix0_o(px_ix0), .px_base_o(px_base),
        .acc_addr_o(acc_addr), .acc_clear_o(acc_clear), .acc_last_o(acc_last), .param_addr_o(param_addr),
        .last_col_o(last_col), .last_o(last)
    );

    tile_loader #(
        .ROWS(ROWS), .ADDR_W(ACT_ADDR_W), .WGT_ADDR_W(WGT_ADDR_W), .GEO_W(GEO_W)
    ) i_loader (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_q),
        .taps_i(desc_q[D_TAPS*32+:16]), .k_w_i(desc_q[D_K_W*32+:16]),
        .dil_h_i(desc_q[D_DIL_H*32+:GEO_W]), .dil_w_i(desc_q[D_DIL_W*32+:GEO_W]),
        .tap_row_step_i(desc_q[D_TAP_ROW_STEP*32+:ACT_ADDR_W]), .tap_col_step_i(desc_q[D_TAP_COL_STEP*32+:ACT_ADDR_W]),
        .ch_words_i(desc_q[D_CH_WORDS*32+:16]), .rows_per_tap_i(desc_q[D_ROWS_PER_TAP*32+:16]),
        .taps_per_tile_i(taps_per_tile), .k_tiles_i(k_tiles), .col_tiles_i(col_tiles),
        .blocks_i(desc_q[D_BLOCKS*32+:16]), .weight_base_i(desc_q[D_WEIGHT_BASE*32+:WGT_ADDR_W]),
        .first_i(px_first), .tile_ready_o(tile_ready),
        .cfg_we_o(cfg_we), .cfg_valid_o(cfg_valid), .cfg_dy_o(cfg_dy), .cfg_dx_o(cfg_dx), .cfg_offset_o(cfg_offset),
        .rom_valid_o(rom_valid), .rom_addr_o(rom_addr)
    );

    // ------------------------------------------------------------------ window former: one row, one memory bank
    wire [ROWS*A_W-1:0] operands;
    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_row
            window_row #(
                .X_W(X_W), .DEPTH(ACT_DEPTH), .ADDR_W(ACT_ADDR_W), .GEO_W(GEO_W)
            ) i_row (
                .clk_i(clk_i), .rst_ni(rst_ni),
                .in_h_i(desc_q[D_IN_H*32+:GEO_W]), .in_w_i(desc_q[D_IN_W*32+:GEO_W]),
                .x_signed_i(desc_q[D_X_SIGNED*32]), .zero_point_i(x_zero_point),
                .cfg_we_i(cfg_we[r]), .cfg_valid_i(cfg_valid), .cfg_dy_i(cfg_dy), .cfg_dx_i(cfg_dx),
                .cfg_offset_i(cfg_offset),
                .px_valid_i(px_valid), .px_first_i(px_first), .px_iy0_i(px_iy0), .px_ix0_i(px_ix0), .px_base_i(px_base),
                .we_i(load), .waddr_i(load_addr_q), .wdata_i(s_axis_tdata_i[r*X_W+:X_W]),
                .operand_o(operands[r*A_W+:A_W])
            );
        end
    endgenerate

    // Weights reach the array as late as operands do: WINDOW_LAT cycles, one of them in the ROM.
    wire [WGT_ADDR_W-1:0] rom_addr_late;
    wire [COLS*W_W-1:0]   weights;
    wire                  weight_valid, array_first, array_valid;
    delay_line #(.W(WGT_ADDR_W), .DEPTH(WINDOW_LAT - 1)) i_rom_addr (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i(rom_addr), .q_o(rom_addr_late)
    );
    delay_line #(.W(3), .DEPTH(WINDOW_LAT), .RESET(1)) i_array_control (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .d_i({rom_valid, px_first, px_valid}), .q_o({weight_valid, array_first, array_valid})
    );
    rom #(
        .W(COLS * W_W), .DEPTH(WGT_DEPTH), .ADDR_W(WGT_ADDR_W), .INIT_FILE(WEIGHT_FILE), .PLUSARG("weights")
    ) i_weights (
        .clk_i(clk_i), .raddr_i(rom_addr_late), .rdata_o(weights)
    );

    // ------------------------------------------------------------------ array and accumulators
    wire                   psum_valid;
    wire [COLS*PSUM_W-1:0] psums;
    systolic_array #(
        .ROWS(ROWS), .COLS(COLS), .A_W(A_W), .W_W(W_W)
    ) i_array (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .w_valid_i(weight_valid), .w_data_i(weights),
        .a_valid_i(array_valid), .a_first_i(array_first), .a_data_i(operands),
        .psum_valid_o(psum_valid), .psum_data_o(psums)
    );

    // What to do with a column sum travels beside the array; the accumulator wants its address one cycle early.
    wire [META_W-1:0] meta_early, meta;
    delay_line #(.W(META_W), .DEPTH(WINDOW_LAT + ARRAY_LAT - 1)) i_meta_early (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .d_i({last, last_col, acc_last, acc_clear, param_addr, acc_addr}), .q_o(meta_early)
    );
    delay_line #(.W(META_W), .DEPTH(1)) i_meta (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i(meta_early), .q_o(meta)
    );
    wire sum_last, sum_last_col, sum_complete, sum_clear;
    wire [PAR_ADDR_W-1:0] sum_param;
    wire [ACC_ADDR_W-1:0] sum_addr;
    assign {sum_last, sum_last_col, sum_complete, sum_clear, sum_param, sum_addr} = meta;

    wire [COLS*ACC_W-1:0]   sums;
    wire [COLS*PARAM_W-1:0] params;
    rom #(
        .W(COLS * PARAM_W), .DEPTH(PAR_DEPTH), .ADDR_W(PAR_ADDR_W), .INIT_FILE(PARAM_FILE), .PLUSARG("params")
    ) i_params (
        .clk_i(clk_i), .raddr_i(sum_param), .rdata_o(params)
    );

    // ------------------------------------------------------------------ MulQuant lanes
    wire sum_done, sum_done_last, sum_done_last_col;
    delay_line #(.W(1), .DEPTH(1), .RESET(1)) i_sum_done (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i(psum_valid & sum_complete), .q_o(sum_done)
    );
    delay_line #(.W(2), .DEPTH(1 + MULQUANT_LAT)) i_flags (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i({sum_last, sum_last_col}), .q_o({sum_done_last, sum_done_last_col})
    );

    wire [COLS-1:0]     lane_valid, lane_ready;
    wire [COLS*X_W-1:0] lane_data;
    genvar c;
    generate
        for (c = 0; c < COLS; c = c + 1) begin : g_lane
            accumulator #(
                .PSUM_W(PSUM_W), .ACC_W(ACC_W), .DEPTH(ACC_DEPTH), .ADDR_W(ACC_ADDR_W)
            ) i_accumulator (
                .clk_i(clk_i), .raddr_i(meta_early[ACC_ADDR_W-1:0]), .valid_i(psum_valid), .clear_i(sum_clear),
                .addr_i(sum_addr), .psum_i(psums[c*PSUM_W+:PSUM_W]), .sum_o(sums[c*ACC_W+:ACC_W])
            );
            mulquant #(
                .ACC_W(ACC_W), .SCALE_W(SCALE_W), .BIAS_W(BIAS_W), .SHIFT_W(SHIFT_W), .OUT_W(X_W)
            ) i_mulquant (
                .clk_i(clk_i), .rst_ni(rst_ni),
                .rounding_i(rounding), .zero_point_i(y_zero_point), .lo_i(y_lo), .hi_i(y_hi),
                .s_axis_tvalid_i(sum_done), .s_axis_tready_o(lane_ready[c]),
                .s_axis_tdata_i({params[c*PARAM_W+:PARAM_W], sums[c*ACC_W+:ACC_W]}),
                .m_axis_tvalid_o(lane_valid[c]), .m_axis_tready_i(1'b1), .m_axis_tdata_o(lane_data[c*X_W+:X_W])
            );
        end
    endgenerate
    wire unused_lanes = &{1'b0, lane_valid, lane_ready, meta_early[META_W-1:ACC_ADDR_W]};

    // ------------------------------------------------------------------ output buffer; credits keep it from overflowing
    wire fifo_ready, out_last_col;
    axis_fifo #(
        .W(COLS * X_W + 2), .DEPTH_W(FIFO_DEPTH_W)
    ) i_fifo (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .s_axis_tvalid_i(lane_valid[0]), .s_axis_tready_o(fifo_ready),
        .s_axis_tdata_i({sum_done_last, sum_done_last_col, lane_data}),
        .m_axis_tvalid_o(m_axis_tvalid_o), .m_axis_tready_i(m_axis_tready_i),
        .m_axis_tdata_o({m_axis_tlast_o, out_last_col, m_axis_tdata_o})
    );
    wire unused_ready = &{1'b0, fifo_ready};

    integer lane;
    reg [COLS-1:0] real_lanes;                  // lanes of the last column tile that are real channels
    always @* for (lane = 0; lane < COLS; lane = lane + 1) real_lanes[lane] = (lane[15:0] < last_cols);
    assign m_axis_tkeep_o = out_last_col ? real_lanes : {COLS{1'b1}};

endmodule

`default_nettype wire
