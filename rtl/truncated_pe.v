// truncated_pe: processing element with a truncated multiplier, which leaves out the lowest columns of partial products.
//
// Spec        psum_o(t + 3) = psum_i(t + 2) + p(a_i(t), w(t));  a_o(t + 1) = a_i(t);  w(t) is w_i at the latest swap_i, that
//             of cycle t included.                                                                     (all signed)
//             p(a, w) = (sum over i < DROP of w[i] * floor(a * 2^i / 2^DROP) + floor(w / 2^DROP) * a) * 2^DROP
// Widths      a product is below a * w by 0 .. (DROP - 1) * 2^DROP + 1
// Latency     operand to sum: 3 cycles; partial sum to sum: 1. One operand a cycle.
// Handshake   none: swap_i travels with the first operand of a new tile.
// Model       t2c.golden.elements.truncated.Truncated
// Doc         docs/elements.md
`default_nettype none

module truncated_pe #(
    parameter A_W    = 9,                       // 3..9
    parameter W_W    = 8,                       // 4..8
    parameter PSUM_W = 21,                      // above A_W + W_W
    parameter DROP   = 4                        // columns that are left out: 4
) (
    input  wire                     clk_i,
    input  wire signed [A_W-1:0]    a_i,        // operand from the west
    input  wire                     swap_i,     // first operand of a tile: take the weight that waits into use
    input  wire [W_W-1:0]           w_i,        // weight that waits
    input  wire signed [PSUM_W-1:0] psum_i,     // partial sum from the north
    output wire signed [A_W-1:0]    a_o,        // operand to the east
    output wire signed [PSUM_W-1:0] psum_o      // partial sum to the south
);

    generate
        if (A_W < 3 || A_W > 9) begin : g_a_w
            truncated_pe_A_W_out_of_range i_stop ();
        end
        if (W_W < 4 || W_W > 8) begin : g_w_w
            truncated_pe_W_W_out_of_range i_stop ();
        end
        if (PSUM_W <= A_W + W_W) begin : g_psum_w
            truncated_pe_PSUM_W_out_of_range i_stop ();
        end
        if (DROP != 4) begin : g_drop
            truncated_pe_DROP_out_of_range i_stop ();
        end
    endgenerate

    localparam H_W = A_W + W_W;                 // of a product without its lowest DROP bits, with room

    reg signed [A_W-1:0]    a_q;
    reg signed [W_W-1:0]    weight_q;
    reg signed [H_W-1:0]    high_q;             // floor(w / 2^DROP) * a
    reg signed [H_W-1:0]    low_q;              // what is left of the lowest rows of partial products
    reg signed [PSUM_W-1:0] psum_q;

    wire signed [W_W:0]   w_wide = {weight_q[W_W-1], weight_q};
    wire signed [W_W-4:0] w_high = w_wide[W_W:DROP];
    wire signed [H_W-1:0] a_wide = {{W_W{a_q[A_W-1]}}, a_q};
    wire signed [H_W-1:0] row0   = a_wide >>> 4;
    wire signed [H_W-1:0] row1   = a_wide >>> 3;
    wire signed [H_W-1:0] row2   = a_wide >>> 2;
    wire signed [H_W-1:0] row3   = a_wide >>> 1;

    always @(posedge clk_i) begin
        a_q <= a_i;
        if (swap_i) weight_q <= w_i;
        high_q <= {{(H_W - W_W + 3) {w_high[W_W-4]}}, w_high} * a_wide;
        low_q  <= ((row0 & {H_W{weight_q[0]}}) + (row1 & {H_W{weight_q[1]}}))
                + ((row2 & {H_W{weight_q[2]}}) + (row3 & {H_W{weight_q[3]}}));
        psum_q <= psum_i + {{(PSUM_W - H_W) {high_q[H_W-1]}}, high_q[H_W-DROP-1:0], {DROP{1'b0}}}
                         + {{(PSUM_W - H_W) {low_q[H_W-1]}}, low_q[H_W-DROP-1:0], {DROP{1'b0}}};
    end
    assign a_o    = a_q;
    assign psum_o = psum_q;
    wire unused = &{1'b0, high_q[H_W-1:H_W-DROP], low_q[H_W-1:H_W-DROP], w_wide[DROP-1:0]};

endmodule

`default_nettype wire
