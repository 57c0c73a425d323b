// softmax_rows: softmax of rows of any length from 1 to 2^LEN_W, LANES elements a cycle, with a table of exponentials.
//
// Spec        i = max(x) - x;  e = EXP[i];  s = sum of e over the row;  r = floor(2^R / s)
//             y = min(round_half_up(e r / 2^(R - P)), 2^P - 1), R = reciprocal_bits_i, P = result_bits_i,
//             docs/arithmetic.md section 7.1; what lies beyond a shorter table is an entry of 0.
// Rows        s_axis_tlast_i ends a row, m_axis_tlast_o its results. All LANES elements of a beat count, of the last beat
//             element 0 and those up to the first 0 of s_axis_tkeep_i. Element k in bits [k X_W +: X_W].
//             A row without tlast in its first 2^LEN_W elements is ended there: the beat after them begins the next row,
//             and overlong_o is high from then on until reset.
// Table       outside, one read port a lane, read in every cycle: table_addr_o holds i of element k in [k X_W +: X_W],
//             table_data_i a cycle later EXP[i] in [k E_W +: E_W]. EXP[0] >= 1.
// Rounding    half_up; saturation last, and only from 2^P to 2^P - 1.
// Widths      s <= 2^LEN_W (2^E_W - 1): E_W + LEN_W bits; r: row_reciprocal.v; y: softmax_lane.v. Results beyond the end of a
//             row are 0. For entries of E bits E + P <= R <= R_W.
// Latency     A row of B beats without stalls, none inside before it: the first results leave B + R_W + 12 cycles after its
//             last beat was taken, for every R, the others follow in successive cycles.
// Throughput  One row is taken, one is summed, one divided, one scaled: max(B, R_W + 2) cycles a row of B beats.
//             Where results had to wait, a row that is divided follows the one before it without a gap.
// Handshake   AXI-Stream on both sides. Results hold while one waits for m_axis_tready_i. x_signed_i must be the same for all
//             of a row; reciprocal_bits_i and result_bits_i must not change while a row is inside.
// Model       t2c.golden.arithmetic.softmax.softmax
// Doc         docs/units/softmax_rows.md
`default_nettype none

module softmax_rows #(
    parameter X_W   = 8,                        // 2..16, element
    parameter LANES = 4,                        // 1..64, a power of two, elements of a beat
    parameter LEN_W = 10,                       // 1..12, longest row = 2^LEN_W > LANES
    parameter E_W   = 16,                       // 4..16, table entry
    parameter R_W   = 32,                       // E_W + OUT_W .. 32, the most that R is
    parameter OUT_W = 8                         // 2..8, the most that P is
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    input  wire                   x_signed_i,        // elements are two's complement
    input  wire [5:0]             reciprocal_bits_i, // R
    input  wire [3:0]             result_bits_i,     // P, at least 2
    output wire                   overlong_o,        // a row was longer than 2^LEN_W
    input  wire                   s_axis_tvalid_i,
    output wire                   s_axis_tready_o,
    input  wire [LANES*X_W-1:0]   s_axis_tdata_i,
    input  wire [LANES-1:0]       s_axis_tkeep_i,
    input  wire                   s_axis_tlast_i,
    output wire [LANES*X_W-1:0]   table_addr_o,
    input  wire [LANES*E_W-1:0]   table_data_i,
    output wire                   m_axis_tvalid_o,
    input  wire                   m_axis_tready_i,
    output wire [LANES*OUT_W-1:0] m_axis_tdata_o,
    output wire [LANES-1:0]       m_axis_tkeep_o,    // results that are the row's
    output wire                   m_axis_tlast_o
);

    generate
        if (X_W < 2 || X_W > 16) begin : g_x_w
            softmax_rows_X_W_out_of_range i_stop ();
        end
        if (LANES < 1 || LANES > 64 || (LANES & (LANES - 1)) != 0) begin : g_lanes
            softmax_rows_LANES_is_no_power_of_two_up_to_64 i_stop ();
        end
        if (LEN_W < 1 || LEN_W > 12 || (1 << LEN_W) <= LANES) begin : g_len_w
            softmax_rows_LEN_W_out_of_range i_stop ();
        end
        if (E_W < 4 || E_W > 16) begin : g_e_w
            softmax_rows_E_W_out_of_range i_stop ();
        end
        if (R_W < E_W + OUT_W || R_W > 32) begin : g_r_w
            softmax_rows_R_W_out_of_range i_stop ();
        end
        if (OUT_W < 2 || OUT_W > 8) begin : g_out_w
            softmax_rows_OUT_W_out_of_range i_stop ();
        end
    endgenerate

    localparam BEAT_W = LEN_W - $clog2(LANES);  // longest row = 2^BEAT_W beats
    localparam TAG_W  = LANES + BEAT_W;         // of a row: what counts of its last beat, and that beat's number
    localparam S_W    = E_W + LEN_W;            // sum
    // Exponentials wait R_W + 10 cycles for their row's reciprocal: two of the longest rows, or four if they are shorter.
    localparam EXP_W  = ((1 << BEAT_W) < R_W + 10) ? BEAT_W + 2 : BEAT_W + 1;

    genvar lane;

    // ---- A row comes in: into a ring of two of the longest, and into its maximum. Elements are kept with the sign bit turned
    // if signed: unsigned order and differences are then the same.
    wire                 take = s_axis_tvalid_i & s_axis_tready_o;
    wire [LANES-1:0]     counts;
    wire                 ends;
    wire [BEAT_W-1:0]    number;
    wire [LANES*X_W-1:0] elements;
    wire                 rows_room, maximum_ready;

    row_intake #(
        .LANES  (LANES),
        .BEAT_W (BEAT_W)
    ) i_intake (
        .clk_i      (clk_i),
        .rst_ni     (rst_ni),
        .take_i     (take),
        .keep_i     (s_axis_tkeep_i),
        .last_i     (s_axis_tlast_i),
        .counts_o   (counts),
        .ends_o     (ends),
        .index_o    (number),
        .overlong_o (overlong_o)
    );

    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_in
            wire [X_W-1:0] element = s_axis_tdata_i[lane*X_W+:X_W] ^ {x_signed_i, {(X_W - 1) {1'b0}}};
            assign elements[lane*X_W+:X_W] = counts[lane] ? element : {X_W{1'b0}};
        end
    endgenerate
    assign s_axis_tready_o = rows_room & maximum_ready;

    wire                 row_full, row_take;
    wire [X_W-1:0]       row_max;
    wire [TAG_W-1:0]     row_tag;

    row_maximum #(
        .X_W   (X_W),
        .LANES (LANES),
        .TAG_W (TAG_W)
    ) i_maximum (
        .clk_i   (clk_i),
        .rst_ni  (rst_ni),
        .valid_i (take),
        .ready_o (maximum_ready),
        .x_i     (elements),
        .last_i  (ends),
        .tag_i   ({counts, number}),
        .full_o  (row_full),
        .take_i  (row_take),
        .max_o   (row_max),
        .tag_o   (row_tag)
    );

    // ---- It is read, and its exponentials are summed and kept. Its last beat waits until the sum of the row before is taken.
    wire                 sum_read, sum_last, sum_take;
    wire                 exps_room;
    reg                  summing_q;             // a row's last beat was read, its sum is not taken
    wire                 sum_hold = sum_read & (~exps_room | (sum_last & summing_q));
    wire                 claim    = sum_read & ~sum_hold;
    wire                 x_valid;
    wire [LANES*X_W-1:0] x;
    reg  [TAG_W-1:0]     tag0_q;
    reg  [X_W-1:0]       max0_q, max1_q;        // of the row that is read, of the beat in stage 1
    reg                  last1_q;
    reg  [LANES-1:0]     keep1_q, keep2_q;
    wire [BEAT_W-1:0]    sum_index;

    row_reader #(.BEAT_W(BEAT_W)) i_sum_reader (
        .clk_i   (clk_i),
        .rst_ni  (rst_ni),
        .hold_i  (sum_hold),
        .row_i   (row_full),
        .end_i   (row_tag[BEAT_W-1:0]),
        .take_o  (row_take),
        .read_o  (sum_read),
        .index_o (sum_index),
        .last_o  (sum_last)
    );

    beat_ring #(
        .W     (LANES * X_W),
        .PTR_W (BEAT_W + 1)
    ) i_rows (
        .clk_i   (clk_i),
        .rst_ni  (rst_ni),
        .room_o  (rows_room),
        .claim_i (take),
        .write_i (take),
        .data_i  (elements),
        .read_i  (claim),
        .hold_i  (1'b0),
        .valid_o (x_valid),
        .data_o  (x)
    );

    // Stage 1: how far an element lies below the largest. Stage 2: its exponential. Then the sum.
    reg                  valid2_q, last2_q;
    wire [LANES*E_W-1:0] exps;
    wire                 sum_full;
    wire [S_W-1:0]       sum;
    reg  [TAG_W-1:0]     sum_tag_q;

    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_exp
            assign table_addr_o[lane*X_W+:X_W] = max1_q - x[lane*X_W+:X_W];
            assign exps[lane*E_W+:E_W] = keep2_q[lane] ? table_data_i[lane*E_W+:E_W] : {E_W{1'b0}};
        end
    endgenerate

    row_total #(
        .E_W   (E_W),
        .LANES (LANES),
        .LEN_W (LEN_W)
    ) i_total (
        .clk_i   (clk_i),
        .rst_ni  (rst_ni),
        .valid_i (valid2_q),
        .x_i     (exps),
        .last_i  (last2_q),
        .full_o  (sum_full),
        .take_i  (sum_take),
        .sum_o   (sum)
    );

    always @(posedge clk_i) begin
        if (row_take) begin
            tag0_q <= row_tag;
            max0_q <= row_max;
        end
        max1_q   <= max0_q;
        last1_q  <= sum_last;
        keep1_q  <= sum_last ? tag0_q[BEAT_W+:LANES] : {LANES{1'b1}};
        valid2_q <= x_valid;
        last2_q  <= last1_q;
        keep2_q  <= keep1_q;
        if (sum_take) summing_q <= 1'b0;
        if (claim & sum_last) begin
            summing_q <= 1'b1;
            sum_tag_q <= tag0_q;
        end
        if (!rst_ni) begin
            summing_q <= 1'b0;
            valid2_q  <= 1'b0;
        end
    end

    // ---- Its sum is divided.
    wire             divided, scale_take;
    wire [R_W:0]     r;
    wire [TAG_W-1:0] scale_tag;

    row_reciprocal #(
        .S_W   (S_W),
        .R_W   (R_W),
        .TAG_W (TAG_W)
    ) i_reciprocal (
        .clk_i   (clk_i),
        .rst_ni  (rst_ni),
        .bits_i  (reciprocal_bits_i),
        .full_i  (sum_full),
        .take_o  (sum_take),
        .s_i     (sum),
        .tag_i   (sum_tag_q),
        .valid_o (divided),
        .take_i  (scale_take),
        .r_o     (r),
        .tag_o   (scale_tag)
    );

    // ---- It goes out. Stage 1: a beat of exponentials, with its row's reciprocal. Then softmax_lane.
    wire                 hold = m_axis_tvalid_o & ~m_axis_tready_i;
    wire                 scale_read, scale_last;
    wire [BEAT_W-1:0]    scale_index;
    wire                 e_valid;
    wire [LANES*E_W-1:0] e;
    reg  [LANES-1:0]     keep_q;
    reg  [R_W:0]         r0_q, r1_q;
    reg  [3:2]           valid_q;
    reg  [3:1]           last_q;
    reg  [LANES*3-1:0]   keeps_q;               // of stages 3..1, the first in the lowest bits
    localparam [31:0]    MOST = OUT_W;
    wire [3:0]           drop = MOST[3:0] - result_bits_i;

    row_reader #(.BEAT_W(BEAT_W)) i_scale_reader (
        .clk_i   (clk_i),
        .rst_ni  (rst_ni),
        .hold_i  (hold),
        .row_i   (divided),
        .end_i   (scale_tag[BEAT_W-1:0]),
        .take_o  (scale_take),
        .read_o  (scale_read),
        .index_o (scale_index),
        .last_o  (scale_last)
    );

    beat_ring #(
        .W     (LANES * E_W),
        .PTR_W (EXP_W)
    ) i_exps (
        .clk_i   (clk_i),
        .rst_ni  (rst_ni),
        .room_o  (exps_room),
        .claim_i (claim),
        .write_i (valid2_q),
        .data_i  (exps),
        .read_i  (scale_read),
        .hold_i  (hold),
        .valid_o (e_valid),
        .data_o  (e)
    );

    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_out
            softmax_lane #(
                .E_W   (E_W),
                .R_W   (R_W),
                .OUT_W (OUT_W)
            ) i_lane (
                .clk_i  (clk_i),
                .hold_i (hold),
                .e_i    (e[lane*E_W+:E_W]),
                .r_i    (r1_q),
                .drop_i (drop),
                .y_o    (m_axis_tdata_o[lane*OUT_W+:OUT_W])
            );
        end
    endgenerate

    always @(posedge clk_i) begin
        if (scale_take) begin
            keep_q <= scale_tag[BEAT_W+:LANES];
            r0_q   <= r;
        end
        if (!hold) begin
            r1_q    <= r0_q;
            valid_q <= {valid_q[2], e_valid};
            last_q  <= {last_q[2:1], scale_last};
            keeps_q <= {keeps_q[LANES*2-1:0], scale_last ? keep_q : {LANES{1'b1}}};
        end
        if (!rst_ni) valid_q <= 2'b0;
    end

    assign m_axis_tvalid_o = valid_q[3];
    assign m_axis_tlast_o  = last_q[3];
    assign m_axis_tkeep_o  = keeps_q[LANES*2+:LANES];
    wire unused = &{1'b0, sum_index, scale_index};

endmodule

`default_nettype wire
