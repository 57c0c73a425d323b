// sp2_pe: processing element for weights that are sums of two powers of two: two shifts and an adder, no multiplier.
//
// Spec        psum_o(t + 3) = psum_i(t + 2) + a_i(t) * w(t);  a_o(t + 1) = a_i(t);  w(t) is w_i at the latest swap_i, that of
//             cycle t included.                                                                        (all signed)
// Weight      w_i = {sign, q2, q1}: +-(m1 + m2), m1 = {0, 1, 2, 4}[q1], m2 = {0, 4}[q2]: magnitudes 0, 1, 2, 4, 5, 6, 8
// Widths      |a * w| <= 2^(A_W-1) * 8 = 2^(A_W-1) * 2^(W_W-1): as a multiplier of W_W = 4
// Latency     operand to sum: 3 cycles; partial sum to sum: 1. One operand a cycle.
// Handshake   none: swap_i travels with the first operand of a new tile.
// Model       t2c.golden.elements.sp2.Sp2
// Doc         docs/elements.md
`default_nettype none

module sp2_pe #(
    parameter A_W    = 9,                       // 3..9
    parameter W_W    = 4,                       // 4
    parameter PSUM_W = 17                       // above A_W + W_W
) (
    input  wire                     clk_i,
    input  wire signed [A_W-1:0]    a_i,        // operand from the west
    input  wire                     swap_i,     // first operand of a tile: take the weight that waits into use
    input  wire [3:0]               w_i,        // weight that waits
    input  wire signed [PSUM_W-1:0] psum_i,     // partial sum from the north
    output wire signed [A_W-1:0]    a_o,        // operand to the east
    output wire signed [PSUM_W-1:0] psum_o      // partial sum to the south
);

    generate
        if (A_W < 3 || A_W > 9) begin : g_a_w
            sp2_pe_A_W_out_of_range i_stop ();
        end
        if (W_W != 4) begin : g_w_w
            sp2_pe_W_W_out_of_range i_stop ();
        end
        if (PSUM_W <= A_W + W_W) begin : g_psum_w
            sp2_pe_PSUM_W_out_of_range i_stop ();
        end
    endgenerate

    localparam P_W = A_W + 4;                   // of a product

    reg signed [A_W-1:0]    a_q;
    reg [3:0]               weight_q;
    reg signed [P_W-1:0]    product_q;
    reg signed [PSUM_W-1:0] psum_q;

    wire signed [P_W-1:0] a_wide = {{4{a_q[A_W-1]}}, a_q};
    wire signed [P_W-1:0] first  = (weight_q[1:0] == 2'd0) ? {P_W{1'b0}}
                                 : (weight_q[1:0] == 2'd1) ? a_wide
                                 : (weight_q[1:0] == 2'd2) ? {a_wide[P_W-2:0], 1'b0} : {a_wide[P_W-3:0], 2'b0};
    wire signed [P_W-1:0] second = weight_q[2] ? {a_wide[P_W-3:0], 2'b0} : {P_W{1'b0}};
    // Minus x is not(x) + 1; both parts are turned, so that 2 is added.
    wire [P_W-1:0]        turn   = {P_W{weight_q[3]}};
    wire signed [P_W-1:0] sum    = (first ^ turn) + (second ^ turn) + {{(P_W - 2) {1'b0}}, weight_q[3], 1'b0};

    always @(posedge clk_i) begin
        a_q <= a_i;
        if (swap_i) weight_q <= w_i;
        product_q <= sum;
        psum_q    <= psum_i + {{(PSUM_W - P_W) {product_q[P_W-1]}}, product_q};
    end
    assign a_o    = a_q;
    assign psum_o = psum_q;

endmodule

`default_nettype wire
