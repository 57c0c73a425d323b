// sparse_pe: processing element for 2:4 sparsity: four operands, two weights with the places that they belong to, two
// multipliers.
//
// Spec        psum_o(t + 3) = psum_i(t + 2) + a[i0](t) * v0(t) + a[i1](t) * v1(t);  a_o(t + 1) = a_i(t);  the weight w(t) =
//             {i1, v1, i0, v0} is w_i at the latest swap_i, that of cycle t included.                  (all signed)
// Weight      i0 < i1: places 0..2 and 1..3 of four; v1, v0: of W_W bits, signed; 2 * (W_W + 2) bits in place of 4 * W_W
// Widths      |sum| <= 2 * 2^(A_W-1) * 2^(W_W-1)
// Latency     operands to sum: 3 cycles; partial sum to sum: 1. Four operands a cycle.
// Handshake   none: swap_i travels with the first operands of a new tile.
// Lanes       operand of place j at a_i[j*A_W +: A_W]
// Model       t2c.golden.elements.two_of_four.TwoOfFour
// Doc         docs/elements.md
`default_nettype none

module sparse_pe #(
    parameter A_W    = 9,                       // 3..9
    parameter W_W    = 8,                       // 2..8
    parameter PSUM_W = 21                       // above A_W + W_W
) (
    input  wire                     clk_i,
    input  wire [4*A_W-1:0]         a_i,        // operands from the west
    input  wire                     swap_i,     // first operands of a tile: take the weights that wait into use
    input  wire [2*(W_W+2)-1:0]     w_i,        // weights that wait
    input  wire signed [PSUM_W-1:0] psum_i,     // partial sum from the north
    output wire [4*A_W-1:0]         a_o,        // operands to the east
    output wire signed [PSUM_W-1:0] psum_o      // partial sum to the south
);

    generate
        if (A_W < 3 || A_W > 9) begin : g_a_w
            sparse_pe_A_W_out_of_range i_stop ();
        end
        if (W_W < 2 || W_W > 8) begin : g_w_w
            sparse_pe_W_W_out_of_range i_stop ();
        end
        if (PSUM_W <= A_W + W_W) begin : g_psum_w
            sparse_pe_PSUM_W_out_of_range i_stop ();
        end
    endgenerate

    localparam P_W    = A_W + W_W;              // of a product
    localparam CODE_W = W_W + 2;

    reg [4*A_W-1:0]         a_q;
    reg [2*CODE_W-1:0]      weight_q;
    reg signed [P_W-1:0]    product0_q, product1_q;
    reg signed [PSUM_W-1:0] psum_q;

    wire [1:0]            place0 = weight_q[W_W+:2];
    wire [1:0]            place1 = weight_q[CODE_W+W_W+:2];
    wire signed [W_W-1:0] value0 = weight_q[0+:W_W];
    wire signed [W_W-1:0] value1 = weight_q[CODE_W+:W_W];
    // Three operands each, since the first place is below the second one.
    wire signed [A_W-1:0] taken0 = place0[1] ? a_q[2*A_W+:A_W] : place0[0] ? a_q[A_W+:A_W] : a_q[0+:A_W];
    wire signed [A_W-1:0] taken1 = ~place1[1] ? a_q[A_W+:A_W] : place1[0] ? a_q[3*A_W+:A_W] : a_q[2*A_W+:A_W];

    always @(posedge clk_i) begin
        a_q <= a_i;
        if (swap_i) weight_q <= w_i;
        product0_q <= taken0 * value0;
        product1_q <= taken1 * value1;
        psum_q     <= psum_i + {{(PSUM_W - P_W) {product0_q[P_W-1]}}, product0_q}
                             + {{(PSUM_W - P_W) {product1_q[P_W-1]}}, product1_q};
    end
    assign a_o    = a_q;
    assign psum_o = psum_q;

endmodule

`default_nettype wire
