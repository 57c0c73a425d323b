// mulquant: fixed-point requantisation of one accumulator a cycle, or of the sum of two scaled operands.
//
// Spec        p = acc * M + B;  q = clip(round_S(p) + zp, lo, hi)
//             An input with tuser (partial) gives no result; the next one adds its product to that p instead of its B:
//             p = acc_1 * M_1 + B_1 + acc_2 * M_2, with S of the second. That is a residual add.
// Rounding    rounding_i: 0 floor, 1 half_up, 2 half_even, 3 half_away, 4 double (docs/arithmetic.md section 2), others as
//             0; saturation once, last.
// Widths      P_W = max(ACC_W + SCALE_W, BIAS_W) + 2 holds p, two products and a bias; one more bit holds the rounded
//             value, one more the zero point. A chain of three inputs or more may leave P_W.
//             Every shift 0 .. 2^SHIFT_W - 1 is legal, also one beyond P_W.
// Latency     3 cycles while m_axis_tready_i is high; one result a cycle.
// Handshake   AXI-Stream on both sides; the whole pipeline holds while a result waits for m_axis_tready_i.
//             rounding_i, zero_point_i, lo_i, hi_i must not change while results are inside.
// Lanes       s_axis_tdata_i = {shift, bias, multiplier, acc}, acc in the lowest bits.
// Model       t2c.golden.arithmetic.mulquant.mulquant, t2c.golden.arithmetic.mulquant.residual_add
// Doc         docs/units/mulquant.md
`default_nettype none

module mulquant #(
    parameter ACC_W   = 32,                     // 8..48; ACC_W + SCALE_W at most 61
    parameter SCALE_W = 16,                     // 2..32
    parameter BIAS_W  = 40,                     // 2..60
    parameter SHIFT_W = 6,                      // 1..6
    parameter OUT_W   = 8                       // 2..8
) (
    input  wire                                    clk_i,
    input  wire                                    rst_ni,
    input  wire [2:0]                              rounding_i,
    input  wire signed [OUT_W:0]                   zero_point_i,
    input  wire signed [OUT_W:0]                   lo_i,
    input  wire signed [OUT_W:0]                   hi_i,
    input  wire                                    s_axis_tvalid_i,
    output wire                                    s_axis_tready_o,
    input  wire [SHIFT_W+BIAS_W+SCALE_W+ACC_W-1:0] s_axis_tdata_i,
    input  wire                                    s_axis_tuser_i, // partial
    output wire                                    m_axis_tvalid_o,
    input  wire                                    m_axis_tready_i,
    output wire [OUT_W-1:0]                        m_axis_tdata_o  // low bits of q: two's complement or unsigned
);

    generate
        if (ACC_W < 8 || ACC_W > 48) begin : g_acc_w
            mulquant_ACC_W_out_of_range i_stop ();
        end
        if (SCALE_W < 2 || SCALE_W > 32) begin : g_scale_w
            mulquant_SCALE_W_out_of_range i_stop ();
        end
        if (ACC_W + SCALE_W > 61) begin : g_product_w
            mulquant_ACC_W_plus_SCALE_W_out_of_range i_stop ();
        end
        if (BIAS_W < 2 || BIAS_W > 60) begin : g_bias_w
            mulquant_BIAS_W_out_of_range i_stop ();
        end
        if (SHIFT_W < 1 || SHIFT_W > 6) begin : g_shift_w
            mulquant_SHIFT_W_out_of_range i_stop ();
        end
        if (OUT_W < 2 || OUT_W > 8) begin : g_out_w
            mulquant_OUT_W_out_of_range i_stop ();
        end
    endgenerate

    localparam PROD_W = ACC_W + SCALE_W;
    localparam P_W    = ((PROD_W > BIAS_W) ? PROD_W : BIAS_W) + 2;
    localparam R_W    = P_W + 2;                // rounded value plus zero point
    localparam [2:0] HALF_UP = 3'd1, HALF_EVEN = 3'd2, HALF_AWAY = 3'd3, DOUBLE = 3'd4;

    wire signed [ACC_W-1:0]   acc        = s_axis_tdata_i[0+:ACC_W];
    wire signed [SCALE_W-1:0] multiplier = s_axis_tdata_i[ACC_W+:SCALE_W];
    wire signed [BIAS_W-1:0]  bias       = s_axis_tdata_i[ACC_W+SCALE_W+:BIAS_W];
    wire [SHIFT_W-1:0]        shift      = s_axis_tdata_i[ACC_W+SCALE_W+BIAS_W+:SHIFT_W];

    wire hold = m_axis_tvalid_o & ~m_axis_tready_i;
    assign s_axis_tready_o = ~hold;

    // Stage 1: p = acc * M + B.
    wire signed [PROD_W-1:0] product = acc * multiplier;
    reg                  valid1_q;
    reg                  partial_q;             // p_q waits for the second operand
    reg signed [P_W-1:0] p_q;
    wire signed [P_W-1:0] addend = partial_q ? p_q : {{(P_W - BIAS_W) {bias[BIAS_W-1]}}, bias};
    reg [SHIFT_W-1:0]    shift_q;

    // Stage 2: floor(p / 2^S), then one up where the mode says so.
    // doubled >>> S keeps the guard bit, worth one half, as its lowest bit; it is 0 for S = 0.
    wire signed [P_W:0] doubled   = {p_q, 1'b0};
    wire signed [P_W:0] shifted   = doubled >>> shift_q;
    wire [P_W:0]        kept      = {(P_W + 1) {1'b1}} << shift_q;
    wire [P_W:0]        dropped   = doubled & ~kept;
    wire                guard     = shifted[0];
    wire                tie       = guard & (dropped == {(P_W + 1) {1'b0}});
    wire                negative  = p_q[P_W-1];
    wire                tie_down  = (rounding_i == HALF_EVEN & ~shifted[1]) | (rounding_i == HALF_AWAY & negative);
    wire                nearest   = guard & ~(tie & tie_down);
    wire                twice;                  // mode double: p is moved by 2^30 away from zero first, where S >= 32
    wire                round_up  = (rounding_i == DOUBLE) ? twice
                                  : (rounding_i == HALF_UP | rounding_i == HALF_EVEN | rounding_i == HALF_AWAY) & nearest;
    generate
        if (SHIFT_W == 6 && P_W > 31) begin : g_twice
            // f + h + 2^30 carries where bits 30 .. S-2 of f are all 1; f + h - 2^30 does not where they are all 0.
            wire all_ones = &(doubled[P_W:31] | kept[P_W:31]);
            wire any_one  = |dropped[P_W:31];
            assign twice = shift_q[5] ? (negative ? guard & any_one : guard | all_ones) : guard;
        end else begin : g_once
            assign twice = guard;               // S <= 31, or |p| <= 2^30: half_up
        end
    endgenerate
    reg                  valid2_q;
    reg signed [R_W-1:0] rounded_q;

    // Stage 3: zero point and saturation.
    wire signed [R_W-1:0] lo_wide = {{(R_W - OUT_W - 1) {lo_i[OUT_W]}}, lo_i};
    wire signed [R_W-1:0] hi_wide = {{(R_W - OUT_W - 1) {hi_i[OUT_W]}}, hi_i};
    wire signed [R_W-1:0] moved   = rounded_q + {{(R_W - OUT_W - 1) {zero_point_i[OUT_W]}}, zero_point_i};
    reg                   valid3_q;
    reg [OUT_W-1:0]       q_q;

    always @(posedge clk_i) begin
        if (!hold) begin
            valid1_q  <= s_axis_tvalid_i & ~s_axis_tuser_i;
            if (s_axis_tvalid_i) begin
                partial_q <= s_axis_tuser_i;
                p_q       <= {{(P_W - PROD_W) {product[PROD_W-1]}}, product} + addend;
                shift_q   <= shift;
            end
            valid2_q  <= valid1_q;
            rounded_q <= {shifted[P_W], shifted[P_W], shifted[P_W:1]} + {{(R_W - 1) {1'b0}}, round_up};
            valid3_q  <= valid2_q;
            if (moved < lo_wide) q_q <= lo_i[OUT_W-1:0];
            else if (moved > hi_wide) q_q <= hi_i[OUT_W-1:0];
            else q_q <= moved[OUT_W-1:0];
        end
        if (!rst_ni) begin
            partial_q <= 1'b0;
            valid1_q <= 1'b0;
            valid2_q <= 1'b0;
            valid3_q <= 1'b0;
        end
    end

    assign m_axis_tvalid_o = valid3_q;
    assign m_axis_tdata_o  = q_q;

endmodule

`default_nettype wire
