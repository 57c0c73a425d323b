// layer_norm: LayerNorm of rows of any length from 1 to 2^LEN_W, LANES elements a cycle, exact but for two roundings.
//
// Spec        S = sum x;  Q = sum x^2;  V = N Q - S^2 + E;  r = floor(4^ROOT_W / floor(sqrt(V'))), V' = V in 2 ROOT_W bits
//             t = round((N x - S) r / 2^p);  y = MulQuant(t), with M, B, S of the element; docs/arithmetic.md section 8.1
// Rows        s_axis_tlast_i ends a row, m_axis_tlast_o its results. All LANES elements of a beat count, of the last beat
//             element 0 and those up to the first 0 of s_axis_tkeep_i. Element k in bits [k X_W +: X_W].
//             A row without tlast in its first 2^LEN_W elements is ended there: the beat after them begins the next row,
//             and overlong_o is high from then on until reset.
// Parameters  param_addr_o is a beat of the row, param_data_i a cycle later {shift, bias, multiplier} of its elements. While
//             results wait, the same address is read again.
// Rounding    half_up of t; then rounding_i as in mulquant, zero point and saturation once, last.
// Widths      Unsigned elements are taken less 2^(X_W-1): the zero point cancels. Sums: row_sums.v; V, root, reciprocal:
//             row_constants.v; t: normal_lane.v. Results beyond the end of a row are 0.
// Latency     A row without stalls, none inside before it: the first results leave 2 ROOT_W + 26 cycles after its last beat
//             was taken, the others follow in successive cycles.
// Throughput  One row is taken, one has its constants made, one is normalised: max(B, 2 ROOT_W + 13) cycles a row of B beats,
//             if B <= 2 ROOT_W + 9 or B + 2 ROOT_W + 17 beats fit the row memory, 2^(LEN_W+1) / LANES; else up to 4 more.
//             Where results had to wait, a row whose constants are made follows the one before it without a gap.
// Handshake   AXI-Stream on both sides. Results hold while one waits for m_axis_tready_i. x_signed_i must be the same for all
//             of a row; epsilon_i (at least 1), rounding_i, zero_point_i, lo_i, hi_i must not change while a row is inside.
// Model       t2c.golden.arithmetic.layer_norm.layer_norm
// Doc         docs/units/layer_norm.md
`default_nettype none

module layer_norm #(
    parameter X_W     = 8,                      // 2..16, element
    parameter LANES   = 4,                      // 1..64, a power of two, elements of a beat
    parameter LEN_W   = 10,                     // 1..12, longest row = 2^LEN_W > LANES
    parameter E_W     = 48,                     // 1..48, epsilon
    parameter ROOT_W  = 16,                     // 8..20, root
    parameter FRAC_W  = 12,                     // 4..ROOT_W, fraction bits of t
    parameter SCALE_W = 16,                     // 2..32, M
    parameter BIAS_W  = 40,                     // 2..60, B
    parameter SHIFT_W = 6,                      // 1..6, S
    parameter OUT_W   = 8                       // 2..8, result
) (
    input  wire                                        clk_i,
    input  wire                                        rst_ni,
    input  wire                                        x_signed_i, // elements are two's complement
    input  wire [E_W-1:0]                              epsilon_i,
    input  wire [2:0]                                  rounding_i,
    input  wire signed [OUT_W:0]                       zero_point_i,
    input  wire signed [OUT_W:0]                       lo_i,
    input  wire signed [OUT_W:0]                       hi_i,
    output wire                                        overlong_o, // a row was longer than 2^LEN_W
    input  wire                                        s_axis_tvalid_i,
    output wire                                        s_axis_tready_o,
    input  wire [LANES*X_W-1:0]                        s_axis_tdata_i,
    input  wire [LANES-1:0]                            s_axis_tkeep_i,
    input  wire                                        s_axis_tlast_i,
    output wire [LEN_W-$clog2(LANES)-1:0]              param_addr_o,
    input  wire [LANES*(SHIFT_W+BIAS_W+SCALE_W)-1:0]   param_data_i,
    output wire                                        m_axis_tvalid_o,
    input  wire                                        m_axis_tready_i,
    output wire [LANES*OUT_W-1:0]                      m_axis_tdata_o,
    output wire [LANES-1:0]                            m_axis_tkeep_o, // results that are the row's
    output wire                                        m_axis_tlast_o
);

    generate
        if (X_W < 2 || X_W > 16) begin : g_x_w
            layer_norm_X_W_out_of_range i_stop ();
        end
        if (LANES < 1 || LANES > 64 || (LANES & (LANES - 1)) != 0) begin : g_lanes
            layer_norm_LANES_is_no_power_of_two_up_to_64 i_stop ();
        end
        if (LEN_W < 1 || LEN_W > 12 || (1 << LEN_W) <= LANES) begin : g_len_w
            layer_norm_LEN_W_out_of_range i_stop ();
        end
        if (E_W < 1 || E_W > 48) begin : g_e_w
            layer_norm_E_W_out_of_range i_stop ();
        end
        if (ROOT_W < 8 || ROOT_W > 20) begin : g_root_w
            layer_norm_ROOT_W_out_of_range i_stop ();
        end
        if (FRAC_W < 4 || FRAC_W > ROOT_W) begin : g_frac_w
            layer_norm_FRAC_W_out_of_range i_stop ();
        end
        if (SCALE_W < 2 || SCALE_W > 32) begin : g_scale_w
            layer_norm_SCALE_W_out_of_range i_stop ();
        end
        if (BIAS_W < 2 || BIAS_W > 60) begin : g_bias_w
            layer_norm_BIAS_W_out_of_range i_stop ();
        end
        if (SHIFT_W < 1 || SHIFT_W > 6) begin : g_shift_w
            layer_norm_SHIFT_W_out_of_range i_stop ();
        end
        if (OUT_W < 2 || OUT_W > 8) begin : g_out_w
            layer_norm_OUT_W_out_of_range i_stop ();
        end
    endgenerate

    localparam LANE_W = $clog2(LANES);
    localparam BEAT_W = LEN_W - LANE_W;         // longest row = 2^BEAT_W beats
    localparam PTR_W  = BEAT_W + 1;             // the row memory holds two of these
    localparam T0_W   = FRAC_W + LEN_W / 2 + 2;
    localparam T_W    = (T0_W > 8) ? T0_W : 8;  // t; mulquant takes no less than 8 bits
    localparam PAR_W  = SHIFT_W + BIAS_W + SCALE_W;
    localparam QUANT_LAT = 7;                   // MULQUANT_LAT of pipeline.vh
    localparam END    = 3 + QUANT_LAT;          // stages from a beat's read to its results
    localparam G_W    = LEN_W + ROOT_W + 2;
    localparam H_W    = LEN_W + X_W + ROOT_W + 2;
    localparam [31:0] LANES_LESS_1 = LANES - 1;
    localparam [LEN_W:0] LANE_MASK = LANES_LESS_1[LEN_W:0];

    genvar lane;

    // ---- A row comes in: into the row memory, and into the sums. Elements are kept as two's complement.
    reg  [BEAT_W-1:0]    taken_q;               // beats of the row that are in
    reg  [PTR_W-1:0]     write_q;
    reg  [PTR_W:0]       level_q;               // beats in the row memory
    reg                  overlong_q;
    wire                 sums_ready;
    wire                 free;                  // a beat has left the row memory
    wire                 take    = s_axis_tvalid_i & s_axis_tready_o;
    wire                 longest = &taken_q;
    wire                 ends    = s_axis_tlast_i | longest;
    wire [LANES-1:0]     counts;
    wire [LANES*X_W-1:0] elements;

    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_in
            if (lane == 0) begin : g_first
                assign counts[lane] = 1'b1;
            end else begin : g_next
                assign counts[lane] = ~s_axis_tlast_i | (&s_axis_tkeep_i[lane:1]);
            end
            wire [X_W-1:0] element = s_axis_tdata_i[lane*X_W+:X_W] ^ {~x_signed_i, {(X_W - 1) {1'b0}}};
            assign elements[lane*X_W+:X_W] = counts[lane] ? element : {X_W{1'b0}};
        end
    endgenerate

    assign s_axis_tready_o = ~level_q[PTR_W] & sums_ready;
    assign overlong_o      = overlong_q;

    // ---- Its constants.
    wire                              full, sums_take;
    wire [LEN_W:0]                    sums_n, row_n;
    wire signed [LEN_W+X_W-1:0]       sums_s;
    wire [LEN_W+2*X_W-2:0]            sums_q;
    wire                              row_valid, row_take;
    wire [G_W-1:0]                    row_g;
    wire signed [H_W-1:0]             row_h;
    wire [5:0]                        row_shift;

    row_sums #(
        .X_W   (X_W),
        .LANES (LANES),
        .LEN_W (LEN_W)
    ) i_sums (
        .clk_i   (clk_i),
        .rst_ni  (rst_ni),
        .valid_i (take),
        .ready_o (sums_ready),
        .x_i     (elements),
        .keep_i  (counts),
        .last_i  (ends),
        .full_o  (full),
        .take_i  (sums_take),
        .n_o     (sums_n),
        .s_o     (sums_s),
        .q_o     (sums_q)
    );

    row_constants #(
        .X_W    (X_W),
        .LEN_W  (LEN_W),
        .E_W    (E_W),
        .ROOT_W (ROOT_W),
        .FRAC_W (FRAC_W)
    ) i_constants (
        .clk_i     (clk_i),
        .rst_ni    (rst_ni),
        .epsilon_i (epsilon_i),
        .full_i    (full),
        .take_o    (sums_take),
        .n_i       (sums_n),
        .s_i       (sums_s),
        .q_i       (sums_q),
        .valid_o   (row_valid),
        .take_i    (row_take),
        .n_o       (row_n),
        .g_o       (row_g),
        .h_o       (row_h),
        .shift_o   (row_shift)
    );

    // ---- A row goes out. Stage 0: one beat after the other is read.
    wire              hold = m_axis_tvalid_o & ~m_axis_tready_i;
    reg               issue_q;                  // beat index_q of the row is read
    reg [BEAT_W-1:0]  index_q;
    reg [PTR_W-1:0]   read_q;
    reg [BEAT_W-1:0]  end_q;                    // the row's last beat
    reg [LANES-1:0]   end_keep_q;               // and what counts of it
    reg [G_W-1:0]     g0_q;
    reg signed [H_W-1:0] h0_q;
    reg [5:0]         shift0_q;
    wire              issue_last = (index_q == end_q);
    wire [LEN_W:0]    row_last   = row_n - {{LEN_W{1'b0}}, 1'b1}; // index of its last element
    wire [LEN_W:0]    rest       = row_last & LANE_MASK;
    wire [LANES-1:0]  row_keep;

    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_keep
            if (lane == 0) begin : g_first
                assign row_keep[lane] = 1'b1;
            end else begin : g_next
                localparam [31:0] NUMBER = lane;
                assign row_keep[lane] = (NUMBER[LEN_W:0] <= rest);
            end
        end
    endgenerate
    assign row_take = row_valid & ~hold & (~issue_q | issue_last);

    // The memories have no enable: while the pipeline holds they read the same address again.
    reg  [PTR_W-1:0]     addr_q;
    wire [PTR_W-1:0]     addr = hold ? addr_q : read_q;
    wire [LANES*X_W-1:0] x;

    ram #(
        .W      (LANES * X_W),
        .DEPTH  (2 << BEAT_W),
        .ADDR_W (PTR_W)
    ) i_rows (
        .clk_i   (clk_i),
        .we_i    (take),
        .waddr_i (write_q),
        .wdata_i (elements),
        .raddr_i (addr),
        .rdata_o (x)
    );

    // Stage 1: the beat, with its row's constants. Stage 2: (N x - S) r; its parameters are read. Stage 3: t. Then MulQuant.
    reg [END:1]          valid_q;
    reg [END:1]          last_q;
    reg [LANES*END-1:0]  keep_q;                // of stages END..1, the first in the lowest bits
    reg [BEAT_W-1:0]     index1_q, index2_q, param_addr_q;
    reg [G_W-1:0]        g1_q;
    reg signed [H_W-1:0] h1_q;
    reg [5:0]            shift1_q, shift2_q;
    wire [LANES-1:0]     quant_ready, quant_valid;
    wire [LANES*OUT_W-1:0] quant;

    assign free         = valid_q[1] & ~hold;
    assign param_addr_o = hold ? param_addr_q : index2_q;

    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_lane
            wire [T_W-1:0] t;
            normal_lane #(
                .X_W    (X_W),
                .LEN_W  (LEN_W),
                .ROOT_W (ROOT_W),
                .T_W    (T_W)
            ) i_normal (
                .clk_i   (clk_i),
                .hold_i  (hold),
                .x_i     (x[lane*X_W+:X_W]),
                .g_i     (g1_q),
                .h_i     (h1_q),
                .shift_i (shift2_q),
                .t_o     (t)
            );
            mulquant #(
                .ACC_W   (T_W),
                .SCALE_W (SCALE_W),
                .BIAS_W  (BIAS_W),
                .SHIFT_W (SHIFT_W),
                .OUT_W   (OUT_W)
            ) i_quant (
                .clk_i           (clk_i),
                .rst_ni          (rst_ni),
                .rounding_i      (rounding_i),
                .zero_point_i    (zero_point_i),
                .lo_i            (lo_i),
                .hi_i            (hi_i),
                .s_axis_tvalid_i (valid_q[3]),
                .s_axis_tready_o (quant_ready[lane]),
                .s_axis_tdata_i  ({param_data_i[lane*PAR_W+:PAR_W], t}),
                .s_axis_tuser_i  (1'b0),
                .m_axis_tvalid_o (quant_valid[lane]),
                .m_axis_tready_i (m_axis_tready_i),
                .m_axis_tdata_o  (quant[lane*OUT_W+:OUT_W])
            );
            assign m_axis_tdata_o[lane*OUT_W+:OUT_W] = m_axis_tkeep_o[lane] ? quant[lane*OUT_W+:OUT_W] : {OUT_W{1'b0}};
        end
    endgenerate

    assign m_axis_tvalid_o = valid_q[END];
    assign m_axis_tlast_o  = last_q[END];
    assign m_axis_tkeep_o  = keep_q[LANES*(END-1)+:LANES];
    wire unused = &{1'b0, rest, s_axis_tkeep_i, quant_ready, quant_valid}; // these are all alike, and like valid_q[END]

    always @(posedge clk_i) begin
        if (take) begin
            taken_q <= ends ? {BEAT_W{1'b0}} : taken_q + {{(BEAT_W - 1) {1'b0}}, 1'b1};
            write_q <= write_q + {{(PTR_W - 1) {1'b0}}, 1'b1};
            if (longest & ~s_axis_tlast_i) overlong_q <= 1'b1;
        end
        level_q <= level_q + {{PTR_W{1'b0}}, take} - {{PTR_W{1'b0}}, free};

        addr_q       <= addr;
        param_addr_q <= param_addr_o;
        if (row_take) begin
            end_q      <= row_last[LEN_W-1:LANE_W];
            end_keep_q <= row_keep;
            g0_q       <= row_g;
            h0_q       <= row_h;
            shift0_q   <= row_shift;
        end
        if (!hold) begin
            if (issue_q) begin
                index_q <= issue_last ? {BEAT_W{1'b0}} : index_q + {{(BEAT_W - 1) {1'b0}}, 1'b1};
                read_q  <= read_q + {{(PTR_W - 1) {1'b0}}, 1'b1};
            end
            issue_q  <= row_take | (issue_q & ~issue_last);
            valid_q  <= {valid_q[END-1:1], issue_q};
            last_q   <= {last_q[END-1:1], issue_last};
            keep_q   <= {keep_q[LANES*(END-1)-1:0], issue_last ? end_keep_q : {LANES{1'b1}}};
            g1_q     <= g0_q;
            h1_q     <= h0_q;
            shift1_q <= shift0_q;
            shift2_q <= shift1_q;
            index1_q <= index_q;
            index2_q <= index1_q;
        end

        if (!rst_ni) begin
            taken_q    <= {BEAT_W{1'b0}};
            write_q    <= {PTR_W{1'b0}};
            read_q     <= {PTR_W{1'b0}};
            level_q    <= {(PTR_W + 1) {1'b0}};
            overlong_q <= 1'b0;
            issue_q    <= 1'b0;
            index_q    <= {BEAT_W{1'b0}};
            valid_q    <= {END{1'b0}};
        end
    end

endmodule

`default_nettype wire
