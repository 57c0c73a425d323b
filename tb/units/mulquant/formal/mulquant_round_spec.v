// mulquant_round_spec: from p to q, straight from docs/arithmetic.md sections 2 and 3; no clock, no pipeline.
//
// Spec        q = floor(p / 2^S), f = p - q * 2^S, h = 2^(S-1); one up where the mode says so of f and h; mode double
//             (4): floor((p + h + 2^30 sgn(p)) / 2^S) from S = 32 on, half_up below; then clip(rounded + zp, lo, hi)
// Widths      everything is 72 bits wide: nothing overflows for |p| < 2^70 and S <= 63
// Doc         docs/formal.md
`default_nettype none

module mulquant_round_spec #(
    parameter SHIFT_W = 6,
    parameter OUT_W   = 8
) (
    input  wire signed [71:0]    p_i,
    input  wire [SHIFT_W-1:0]    shift_i,
    input  wire [2:0]            rounding_i,    // 0 floor, 1 half_up, 2 half_even, 3 half_away, 4 double, else floor
    input  wire signed [OUT_W:0] zero_point_i,
    input  wire signed [OUT_W:0] lo_i,
    input  wire signed [OUT_W:0] hi_i,
    output wire signed [71:0]    rounded_o,
    output wire [OUT_W-1:0]      q_o
);

    wire signed [71:0] one   = 1;
    wire signed [71:0] q     = p_i >>> shift_i;
    wire signed [71:0] f     = p_i - (q <<< shift_i);
    wire signed [71:0] h     = (one <<< shift_i) >>> 1;
    wire               above = (shift_i != 0) & (f > h);
    wire               tie   = (shift_i != 0) & (f == h);

    wire signed [71:0] pushed  = (p_i < 0) ? p_i - (one <<< 30) : p_i + (one <<< 30);
    wire signed [71:0] twice   = (shift_i > 31) ? (pushed + h) >>> shift_i : (p_i + h) >>> shift_i;
    wire               up      = (rounding_i == 3'd1 & (above | tie)) | (rounding_i == 3'd2 & (above | (tie & q[0])))
                               | (rounding_i == 3'd3 & (above | (tie & (p_i >= 0))));
    assign rounded_o = (rounding_i == 3'd4) ? twice : up ? q + one : q;

    wire signed [71:0] lo     = lo_i;
    wire signed [71:0] hi     = hi_i;
    wire signed [71:0] moved  = rounded_o + zero_point_i;
    wire signed [71:0] raised = (moved < lo) ? lo : moved;
    wire signed [71:0] result = (raised > hi) ? hi : raised;
    assign q_o = result[OUT_W-1:0];

endmodule

`default_nettype wire
