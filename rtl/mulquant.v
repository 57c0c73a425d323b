// mulquant: fixed-point requantisation of one accumulator a cycle, or of the sum of two scaled operands.
//
// Spec        p = acc * M + B;  q = clip(round_S(p) + zp, lo, hi)
//             An input with tuser (partial) gives no result; the next one adds its product to that p instead of its B:
//             p = acc_1 * M_1 + B_1 + acc_2 * M_2, with S of the second. That is a residual add.
// Rounding    rounding_i: 0 floor, 1 half_up, 2 half_even, 3 half_away, 4 double (docs/arithmetic.md section 2), others as
//             0; saturation once, last.
// Widths      P_W = max(ACC_W + SCALE_W, BIAS_W) + 2 holds p, two products and a bias. A chain of three inputs or more may
//             leave it. Every shift 0 .. 2^SHIFT_W - 1 is legal, also one beyond P_W. The floor of p / 2^S is saturated to
//             OUT_W + 2 bits before it is rounded: beyond them no zero point brings it back between lo and hi.
// Latency     7 cycles while m_axis_tready_i is high; one result a cycle.
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
    localparam HALF_W = ACC_W / 2;              // the accumulator's lower half, unsigned
    localparam LOW_W  = HALF_W + SCALE_W;       // its product
    localparam HIGH_W = PROD_W - HALF_W;        // that of the upper half
    localparam D_W    = (P_W > 32) ? P_W + 1 : 33; // doubled p, at least up to where mode double looks
    localparam F_W    = OUT_W + 2;              // a floor beyond this is beyond lo or hi, whatever the zero point
    localparam WIN_W  = F_W + 8;                // it, its guard, and what a shift by up to 7 drops
    localparam R_W    = F_W + 1;                // floor plus zero point plus one
    localparam [2:0] HALF_UP = 3'd1, HALF_EVEN = 3'd2, HALF_AWAY = 3'd3, DOUBLE = 3'd4;

    wire signed [ACC_W-1:0]   acc        = s_axis_tdata_i[0+:ACC_W];
    wire signed [SCALE_W-1:0] multiplier = s_axis_tdata_i[ACC_W+:SCALE_W];

    wire hold = m_axis_tvalid_o & ~m_axis_tready_i;
    assign s_axis_tready_o = ~hold;

    // A wire that has several readers is a cheap one: a simulator makes the others where they are read, so for what is valid.

    // Stage 1: the products of both halves of the accumulator.
    wire signed [HALF_W:0]         acc_low  = {1'b0, acc[HALF_W-1:0]};
    wire signed [ACC_W-HALF_W-1:0] acc_high = acc[ACC_W-1:HALF_W];
    reg                      valid1_q, partial1_q;
    reg signed [LOW_W-1:0]   low_q;
    reg signed [HIGH_W-1:0]  high_q;
    reg [SHIFT_W+BIAS_W-1:0] constants1_q;      // shift and bias

    // Stage 2: their sum.
    reg                      valid2_q, partial2_q;
    reg [PROD_W-1:0]         product_q;
    reg [SHIFT_W+BIAS_W-1:0] constants2_q;

    // Stage 3: p = acc * M + B. If it is partial it stays here until the next input comes.
    wire [BIAS_W-1:0]        bias  = constants2_q[0+:BIAS_W];
    wire [SHIFT_W-1:0]       shift = constants2_q[BIAS_W+:SHIFT_W];
    reg                      valid3_q;
    reg                      partial_q;         // p_q waits for the second operand
    reg signed [P_W-1:0]     p_q;
    wire signed [P_W-1:0]    addend = partial_q ? p_q : {{(P_W - BIAS_W) {bias[BIAS_W-1]}}, bias};
    reg [5:0]                shift_q;

    // Stage 4: shift by the multiple of 8 in S. doubled >>> S keeps the guard bit, worth one half, as its lowest bit; it is
    // 0 for S = 0. WIN_W bits are kept, and what the rest of the shift and saturation must know of the bits beside them.
    wire                     negative = p_q[P_W-1];
    wire signed [D_W-1:0]    doubled  = {{(D_W - P_W - 1) {negative}}, p_q, 1'b0};
    wire [5:0]               coarse   = {shift_q[5:3], 3'd0};
    wire [D_W-1:0]           kept     = {D_W{1'b1}} << coarse;
    wire signed [D_W-1:0]    shifted  = doubled >>> coarse;
    wire [D_W-1:31]          unlike   = doubled[D_W-1:31] ^ {(D_W - 31) {negative}}; // bits other than the sign
    wire [D_W-1:WIN_W]       outside  = doubled[D_W-1:WIN_W] ^ {(D_W - WIN_W) {negative}};
    reg                      valid4_q, negative4_q;
    reg [2:0]                fine_q;            // the rest of S
    reg [WIN_W-1:0]          window_q;
    reg                      below_q;           // a bit below it is 1
    reg                      run4_q;            // S >= 32, and those from 2^30 up are all other than the sign
    reg                      beyond_q;          // a bit above it is other than the sign

    // Stage 5: shift by the rest, saturate the floor of p / 2^S to F_W bits.
    wire [7:0]               kept_fine = 8'hff << fine_q;
    wire [WIN_W-1:0]         aligned   = window_q >> fine_q;
    wire [6:0]               lowest    = window_q[6:0] ^ {7{negative4_q}};
    wire [7:0]               highest   = window_q[WIN_W-1-:8] ^ {8{negative4_q}};
    wire                     beyond    = beyond_q | (|(highest & kept_fine));
    reg                      valid5_q, negative5_q;
    reg [F_W:0]              halves_q;          // {floor, guard}; saturated, there is no guard
    reg                      dropped_q;         // a bit below the guard is 1
    reg                      run5_q;            // S >= 32, and those from 2^30 up are all other than the sign

    // Stage 6: one up where the mode says so, and the zero point. Where S >= 32, mode double moves p by 2^30 away from zero
    // first: f + h + 2^30 carries where bits 30 .. S-2 of f are all 1; f + h - 2^30 does not where they are all 0.
    wire                     guard    = halves_q[0];
    wire                     tie_down = (rounding_i == HALF_EVEN & ~halves_q[1]) | (rounding_i == HALF_AWAY & negative5_q);
    wire                     nearest  = guard & (dropped_q | ~tie_down);
    wire                     twice    = negative5_q ? guard & ~run5_q : guard | run5_q;
    wire                     round_up = (rounding_i == DOUBLE) ? twice
                                      : (rounding_i == HALF_UP | rounding_i == HALF_EVEN | rounding_i == HALF_AWAY) & nearest;
    wire signed [R_W-1:0]    rounded  = {halves_q[F_W], halves_q[F_W:1]} + {{(R_W - 1) {1'b0}}, round_up};
    wire                     unused   = &{1'b0, shifted, aligned}; // some bits are not
    reg                      valid6_q;
    reg signed [R_W-1:0]     moved_q;

    // Stage 7: saturation.
    wire signed [R_W-1:0]    lo_wide = {{2{lo_i[OUT_W]}}, lo_i};
    wire signed [R_W-1:0]    hi_wide = {{2{hi_i[OUT_W]}}, hi_i};
    reg                      valid7_q;
    reg [OUT_W-1:0]          q_q;

    always @(posedge clk_i) begin
        if (!hold) begin
            valid1_q <= s_axis_tvalid_i;
            if (s_axis_tvalid_i) begin
                partial1_q   <= s_axis_tuser_i;
                low_q        <= acc_low * multiplier;
                high_q       <= acc_high * multiplier;
                constants1_q <= s_axis_tdata_i[ACC_W+SCALE_W+:SHIFT_W+BIAS_W];
            end
            valid2_q <= valid1_q;
            if (valid1_q) begin
                partial2_q   <= partial1_q;
                product_q    <= {high_q, {HALF_W{1'b0}}} + {{(PROD_W - LOW_W) {low_q[LOW_W-1]}}, low_q};
                constants2_q <= constants1_q;
            end
            valid3_q <= valid2_q & ~partial2_q;
            if (valid2_q) begin
                partial_q <= partial2_q;
                p_q       <= {{(P_W - PROD_W) {product_q[PROD_W-1]}}, product_q} + addend;
                shift_q   <= {{(6 - SHIFT_W) {1'b0}}, shift};
            end
            valid4_q <= valid3_q;
            if (valid3_q) begin
                negative4_q <= negative;
                fine_q      <= shift_q[2:0];
                window_q    <= shifted[WIN_W-1:0];
                below_q     <= |(doubled & ~kept);
                run4_q      <= shift_q[5] & (&(unlike | kept[D_W-1:31]));
                beyond_q    <= |(outside & kept[D_W-1-WIN_W:0]);
            end
            valid5_q <= valid4_q;
            if (valid4_q) begin
                negative5_q <= negative4_q;
                halves_q    <= beyond ? {negative4_q, {(F_W - 1) {~negative4_q}}, 1'b0} : aligned[F_W:0];
                dropped_q   <= below_q | (|(window_q[6:0] & ~kept_fine[6:0]));
                run5_q      <= run4_q & (&(lowest | kept_fine[6:0]));
            end
            valid6_q <= valid5_q;
            if (valid5_q) moved_q <= rounded + {{2{zero_point_i[OUT_W]}}, zero_point_i};
            valid7_q <= valid6_q;
            if (valid6_q) begin
                if (moved_q < lo_wide) q_q <= lo_i[OUT_W-1:0];
                else if (moved_q > hi_wide) q_q <= hi_i[OUT_W-1:0];
                else q_q <= moved_q[OUT_W-1:0];
            end
        end
        if (!rst_ni) begin
            partial_q <= 1'b0;
            valid1_q <= 1'b0;
            valid2_q <= 1'b0;
            valid3_q <= 1'b0;
            valid4_q <= 1'b0;
            valid5_q <= 1'b0;
            valid6_q <= 1'b0;
            valid7_q <= 1'b0;
        end
    end

    assign m_axis_tvalid_o = valid7_q;
    assign m_axis_tdata_o  = q_q;

endmodule

`default_nettype wire
