// mac_pe: one processing element of the weight-stationary systolic array.
//
// Spec        psum_o <= psum_i + a_i * weight, weight = swap_i ? shadow : active   (all signed)
//             The shadow weight is the first one that arrives on w_i after the last swap; later ones pass south.
// Widths      |psum| <= ROWS * 2^(A_W-1) * 2^(W_W-1); PSUM_W = A_W + W_W + ceil(log2(ROWS)) holds it: nothing overflows.
// Latency     1 cycle for every output; one operand and one weight a cycle.
// Handshake   none: w_valid_i marks a weight; swap_i travels with the first operand of a new tile.
//             A weight may arrive in the very cycle of the swap: the next tile's. A swap without a new one keeps it.
// Model       t2c.golden.arithmetic.gemm.gemm
// Doc         docs/units/systolic_array.md
`default_nettype none

module mac_pe #(
    parameter A_W    = 9,                       // 3..9
    parameter W_W    = 8,                       // 2..8
    parameter PSUM_W = 21                       // above A_W + W_W
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire signed [A_W-1:0]    a_i,        // operand from the west
    input  wire                     swap_i,     // first operand of a tile: take the shadow weight into use
    input  wire signed [W_W-1:0]    w_i,        // weight chain from the north
    input  wire                     w_valid_i,
    input  wire signed [PSUM_W-1:0] psum_i,     // partial sum from the north
    output reg  signed [A_W-1:0]    a_o,        // operand to the east
    output reg                      swap_o,
    output reg  signed [W_W-1:0]    w_o,        // weight chain to the south
    output reg                      w_valid_o,
    output reg  signed [PSUM_W-1:0] psum_o      // partial sum to the south
);

    generate
        if (A_W < 3 || A_W > 9) begin : g_a_w
            mac_pe_A_W_out_of_range i_stop ();
        end
        if (W_W < 2 || W_W > 8) begin : g_w_w
            mac_pe_W_W_out_of_range i_stop ();
        end
        if (PSUM_W <= A_W + W_W) begin : g_psum_w
            mac_pe_PSUM_W_out_of_range i_stop ();
        end
    endgenerate

    reg signed [W_W-1:0] active_q;
    reg signed [W_W-1:0] shadow_q;
    reg                  full_q;                // shadow_q holds the next tile's weight

    wire signed [W_W-1:0]     weight  = swap_i ? shadow_q : active_q;
    wire signed [A_W+W_W-1:0] product = a_i * weight;
    wire                      take    = w_valid_i & (~full_q | swap_i);

    always @(posedge clk_i) begin
        a_o    <= a_i;
        w_o    <= w_i;
        psum_o <= psum_i + {{(PSUM_W - A_W - W_W) {product[A_W+W_W-1]}}, product};
        if (swap_i) active_q <= shadow_q;
        if (take) shadow_q <= w_i;
        swap_o    <= swap_i;
        w_valid_o <= w_valid_i & ~take;
        full_q    <= take | (full_q & ~swap_i);
        if (!rst_ni) begin
            swap_o    <= 1'b0;
            w_valid_o <= 1'b0;
            full_q    <= 1'b0;
        end
    end

endmodule

`default_nettype wire
