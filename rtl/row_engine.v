// row_engine: runs a SOFTMAX or LAYER_NORM of a program: rows of the activation memory to rows of it, LANES elements a cycle.
//
// Spec        y[i] = softmax(x[i]) or layer_norm(x[i]), docs/arithmetic.md 7.1 and 8.1, with ROOT_W = 16 and FRAC_W = 12;
//             x[i], y[i]: row_feeder.v, row_writer.v. Exponentials: entries max(x) - x of a page of the table memory. MulQuant of
//             channel j: lane j mod COLS of parameter word base + floor(j / COLS).
// Memories    activations: all banks at one address; parameters: words of COLS lanes; tables: an entry for each lane. All answer
//             one cycle after their address.
// Results     words of COLS lanes for memory words of ROWS lanes, as those of layer_engine; beside a row's last one (out_last_o)
//             the groups above it are to get 0, so that memory words are whole
// Latency     rows follow one another as softmax_rows and layer_norm take them. R rows of B beats, from start_i to done_o:
//             SOFTMAX 3 B + 45 + (R - 1) max(B, 34), LAYER_NORM 2 B + 59 + (R - 1) max(B, 45) cycles
// Handshake   pulse start_i with desc_i valid and keep desc_i until done_o, which comes with the last result. Results cannot be
//             held back. No start_i while busy_o.
// Model       t2c.core_model.rows
// Doc         docs/units/row_engine.md
`default_nettype none
`include "port_widths.vh"

module row_engine #(
    parameter ROWS       = 16,                  // 2..256, a multiple of COLS
    parameter COLS       = 16,                  // 1..256
    parameter LANES      = 4,                   // 1..64, a power of two that divides COLS
    parameter X_W        = 8,                   // 2..8: activation
    parameter SCALE_W    = 16,
    parameter BIAS_W     = 40,
    parameter SHIFT_W    = 6,
    parameter ACT_ADDR_W = 12,
    parameter PAR_ADDR_W = 6,
    parameter GROUP_W    = 1,                   // do not override: max(1, ceil(log2(ROWS / COLS)))
    parameter D_W        = `T2C_DESCRIPTOR_W    // do not override
) (
    input  wire                        clk_i,
    input  wire                        rst_ni,
    input  wire                        start_i,
    input  wire [D_W-1:0]              desc_i,
    output wire                        busy_o,  // the read ports are taken
    output wire                        done_o,
    // activation memory, read side
    output wire [ACT_ADDR_W-1:0]       act_raddr_o,
    input  wire [ROWS*X_W-1:0]         act_rdata_i,
    // parameter and table memories
    output wire [PAR_ADDR_W-1:0]       par_raddr_o,
    input  wire [COLS*(SCALE_W+BIAS_W+SHIFT_W)-1:0] par_rdata_i,
    output wire [LANES*X_W-1:0]        tbl_index_o, // of an entry in the step's page
    input  wire [LANES*`T2C_TABLE_W-1:0] tbl_rdata_i,
    // results
    output wire                        out_valid_o,
    output wire [COLS*X_W-1:0]         out_data_o,
    output wire [ACT_ADDR_W-1:0]       out_addr_o,
    output wire [GROUP_W-1:0]          out_group_o,
    output wire                        out_last_o
);

    `include "descriptor.vh"
    generate
        if (D_W != D_FIELDS * 32) begin : g_d_w
            row_engine_D_W_out_of_range i_stop ();
        end
        if (ROWS % COLS != 0 || COLS % LANES != 0) begin : g_lanes
            row_engine_LANES_out_of_range i_stop ();
        end
    endgenerate

    localparam LEN_W   = 10;                    // longest row = 2^LEN_W
    localparam BEAT_W  = LEN_W - $clog2(LANES);
    localparam PARAM_W = SCALE_W + BIAS_W + SHIFT_W;
    localparam PARTS   = COLS / LANES;          // beats of a parameter word
    localparam PART_W  = (PARTS > 1) ? $clog2(PARTS) : 1;
    localparam [31:0] TOP_PART = PARTS - 1;

    // ------------------------------------------------------------------ descriptor
    wire        softmax  = (desc_i[D_OP*32+:32] == OP_SOFTMAX);
    wire        x_signed = desc_i[D_X_SIGNED*32];
    wire [23:0] rows     = desc_i[D_OUT_PIXELS*32+:24];
    wire        unused_desc = &{1'b0, desc_i};

    reg busy_q;
    assign busy_o = busy_q;
    always @(posedge clk_i) begin
        if (done_o) busy_q <= 1'b0;
        if (start_i) busy_q <= 1'b1;
        if (!rst_ni) busy_q <= 1'b0;
    end

    // ------------------------------------------------------------------ rows in
    wire                 in_valid, in_last, norm_ready, softmax_ready;
    wire [LANES*X_W-1:0] in_data;
    wire [LANES-1:0]     in_keep;

    row_feeder #(
        .ROWS(ROWS), .X_W(X_W), .LANES(LANES), .ADDR_W(ACT_ADDR_W), .LEN_W(LEN_W)
    ) i_feeder (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i),
        .origin_i(desc_i[D_ORIGIN*32+:ACT_ADDR_W]), .step_i(desc_i[D_ROW_STEP*32+:ACT_ADDR_W]), .rows_i(rows),
        .length_i(desc_i[D_ROW_LENGTH*32+:LEN_W+1]),
        .raddr_o(act_raddr_o), .rdata_i(act_rdata_i),
        .valid_o(in_valid), .ready_i(softmax ? softmax_ready : norm_ready), .data_o(in_data), .keep_o(in_keep), .last_o(in_last)
    );

    // ------------------------------------------------------------------ LAYER_NORM
    wire                 norm_valid, norm_last, norm_overlong;
    wire [LANES*X_W-1:0] norm_data;
    wire [LANES-1:0]     norm_keep;
    wire [BEAT_W-1:0]    norm_beat;
    // Results are never held back, so the beats of a row come one after another: steps follow them to words and their parts.
    reg  [PART_W-1:0]     part_q;               // of the beat whose parameters the memory gives
    reg  [PAR_ADDR_W-1:0] word_q;
    wire                  first_beat = (norm_beat == {BEAT_W{1'b0}});
    wire                  next_word  = (part_q == TOP_PART[PART_W-1:0]);

    assign par_raddr_o = first_beat ? desc_i[D_PARAM_BASE*32+:PAR_ADDR_W] : word_q + {{(PAR_ADDR_W - 1) {1'b0}}, next_word};
    always @(posedge clk_i) begin
        word_q <= par_raddr_o;
        part_q <= (first_beat | next_word) ? {PART_W{1'b0}} : part_q + {{(PART_W - 1) {1'b0}}, 1'b1};
    end

    layer_norm #(
        .X_W(X_W), .LANES(LANES), .LEN_W(LEN_W), .SCALE_W(SCALE_W), .BIAS_W(BIAS_W), .SHIFT_W(SHIFT_W), .OUT_W(X_W)
    ) i_norm (
        .clk_i(clk_i), .rst_ni(rst_ni), .x_signed_i(x_signed),
        .epsilon_i({desc_i[D_EPSILON_HIGH*32+:16], desc_i[D_EPSILON_LOW*32+:32]}),
        .rounding_i(desc_i[D_ROUNDING*32+:3]), .zero_point_i(desc_i[D_Y_ZERO_POINT*32+:X_W+1]),
        .lo_i(desc_i[D_Y_LO*32+:X_W+1]), .hi_i(desc_i[D_Y_HI*32+:X_W+1]), .overlong_o(norm_overlong),
        .s_axis_tvalid_i(in_valid & ~softmax), .s_axis_tready_o(norm_ready), .s_axis_tdata_i(in_data),
        .s_axis_tkeep_i(in_keep), .s_axis_tlast_i(in_last),
        .param_addr_o(norm_beat), .param_data_i(par_rdata_i[part_q*(LANES*PARAM_W)+:LANES*PARAM_W]),
        .m_axis_tvalid_o(norm_valid), .m_axis_tready_i(1'b1), .m_axis_tdata_o(norm_data), .m_axis_tkeep_o(norm_keep),
        .m_axis_tlast_o(norm_last)
    );

    // ------------------------------------------------------------------ SOFTMAX
    wire                 softmax_valid, softmax_last, softmax_overlong;
    wire [LANES*X_W-1:0] softmax_data;
    wire [LANES-1:0]     softmax_keep;

    softmax_rows #(
        .X_W(X_W), .LANES(LANES), .LEN_W(LEN_W), .E_W(`T2C_TABLE_W), .R_W(32), .OUT_W(X_W)
    ) i_softmax (
        .clk_i(clk_i), .rst_ni(rst_ni), .x_signed_i(x_signed),
        .reciprocal_bits_i(desc_i[D_RECIPROCAL_BITS*32+:6]), .result_bits_i(desc_i[D_RESULT_BITS*32+:4]),
        .overlong_o(softmax_overlong),
        .s_axis_tvalid_i(in_valid & softmax), .s_axis_tready_o(softmax_ready), .s_axis_tdata_i(in_data),
        .s_axis_tkeep_i(in_keep), .s_axis_tlast_i(in_last),
        .table_addr_o(tbl_index_o), .table_data_i(tbl_rdata_i),
        .m_axis_tvalid_o(softmax_valid), .m_axis_tready_i(1'b1), .m_axis_tdata_o(softmax_data), .m_axis_tkeep_o(softmax_keep),
        .m_axis_tlast_o(softmax_last)
    );

    wire unused = &{1'b0, norm_keep, norm_overlong, softmax_keep, softmax_overlong}; // results beyond a row are 0

    // ------------------------------------------------------------------ rows out
    row_writer #(
        .COLS(COLS), .X_W(X_W), .LANES(LANES), .GROUPS(ROWS / COLS), .GROUP_W(GROUP_W), .ADDR_W(ACT_ADDR_W)
    ) i_writer (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i),
        .base_i(desc_i[D_OUT_BASE*32+:ACT_ADDR_W]), .step_i(desc_i[D_OUT_STEP*32+:ACT_ADDR_W]), .rows_i(rows),
        .valid_i(softmax_valid | norm_valid), .data_i(softmax ? softmax_data : norm_data),
        .last_i(softmax ? softmax_last : norm_last),
        .valid_o(out_valid_o), .data_o(out_data_o), .addr_o(out_addr_o), .group_o(out_group_o), .last_o(out_last_o),
        .done_o(done_o)
    );

endmodule

`default_nettype wire
