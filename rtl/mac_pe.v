// mac_pe: one processing element of the weight-stationary systolic array, or two neighbours of a row that share a multiplier.
//
// Spec        psum_o[k](t + 3 + k) = psum_i[k](t + 2 + k) + a_i(t) * w[k](t),  k = 0 .. PACK-1      (all signed)
//             a_o(t + PACK) = a_i(t);  w(t) is w_i at the latest swap_i, that of cycle t included.
// Packing     PACK = 2 multiplies a_i by w[1] * 2^P_W + w[0] at once, P_W = A_W + W_W. The low P_W bits are a_i * w[0]; the bits
//             above are a_i * w[1], less 1 where a_i * w[0] is negative. Exact, since P_W bits hold any product.
// Widths      |psum| <= ROWS * 2^(A_W-1) * 2^(W_W-1); PSUM_W = A_W + W_W + ceil(log2(ROWS)) holds it: nothing overflows.
// Latency     operand to sum: 3 cycles in the first column, 4 in the second, as with two elements side by side;
//             partial sum to sum: 1. One operand a cycle.
// Handshake   none: swap_i travels with the first operand of a new tile.
// Lanes       column k at w_i[k*W_W +: W_W], psum_i and psum_o [k*PSUM_W +: PSUM_W]
// Model       t2c.golden.arithmetic.gemm.gemm
// Doc         docs/units/systolic_array.md
`default_nettype none

module mac_pe #(
    parameter A_W    = 9,                       // 3..9
    parameter W_W    = 8,                       // 2..8
    parameter PSUM_W = 21,                      // above A_W + W_W
    parameter PACK   = 1                        // columns: 1 or 2
) (
    input  wire                   clk_i,
    input  wire signed [A_W-1:0]  a_i,          // operand from the west
    input  wire                   swap_i,       // first operand of a tile: take the weights that wait into use
    input  wire [PACK*W_W-1:0]    w_i,          // weights that wait
    input  wire [PACK*PSUM_W-1:0] psum_i,       // partial sums from the north
    output wire signed [A_W-1:0]  a_o,          // operand to the east
    output wire [PACK*PSUM_W-1:0] psum_o        // partial sums to the south
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
        if (PACK < 1 || PACK > 2) begin : g_pack
            mac_pe_PACK_out_of_range i_stop ();
        end
    endgenerate

    localparam P_W = A_W + W_W;

    reg signed [A_W-1:0]    a_q;
    reg signed [PSUM_W-1:0] psum_q;
    always @(posedge clk_i) a_q <= a_i;
    assign psum_o[0+:PSUM_W] = psum_q;

    generate
        if (PACK == 2) begin : g_pair
            reg signed [P_W+W_W:0]   weight_q;    // a bit more: w[1] may be the lowest and w[0] borrow
            reg signed [2*P_W-1:0]   product_q;
            reg signed [A_W-1:0]     a_late_q;
            reg signed [P_W-1:0]     high_q;
            reg signed [PSUM_W-1:0]  psum_late_q;
            wire signed [W_W-1:0]    w_low  = w_i[0+:W_W];
            wire signed [W_W-1:0]    w_high = w_i[W_W+:W_W];
            wire signed [P_W-1:0]    low    = product_q[P_W-1:0];
            wire signed [P_W-1:0]    high   = product_q[2*P_W-1:P_W];
            wire signed [P_W+W_W+A_W:0] product = a_q * weight_q;
            wire signed [PSUM_W-1:0] psum0  = psum_i[0+:PSUM_W];
            wire signed [PSUM_W-1:0] psum1  = psum_i[PSUM_W+:PSUM_W];

            always @(posedge clk_i) begin
                if (swap_i) weight_q <= {w_high[W_W-1], w_high, {P_W{1'b0}}} + {{(P_W + 1) {w_low[W_W-1]}}, w_low};
                product_q   <= product[2*P_W-1:0];
                psum_q      <= psum0 + {{(PSUM_W - P_W) {low[P_W-1]}}, low};
                high_q      <= high + {{(P_W - 1) {1'b0}}, low[P_W-1]};
                psum_late_q <= psum1 + {{(PSUM_W - P_W) {high_q[P_W-1]}}, high_q};
                a_late_q    <= a_q;
            end
            assign a_o = a_late_q;
            wire unused = &{1'b0, product[P_W+W_W+A_W:2*P_W]};
            assign psum_o[PSUM_W+:PSUM_W] = psum_late_q;
        end else begin : g_one
            reg signed [W_W-1:0] weight_q;
            // A word of the simulator's machine, which it does not cut after the product and not extend before the sum. The
            // product has P_W bits all the same; synthesis drops the copies of its sign.
            reg signed [31:0]    product_q;
            always @(posedge clk_i) begin
                if (swap_i) weight_q <= w_i;
                /* verilator lint_off WIDTH */ // operands extended by the language: two shifts of a word, spelt out six
                product_q <= a_q * weight_q;
                /* verilator lint_on WIDTH */
                psum_q    <= psum_i + product_q[PSUM_W-1:0];
            end
            wire unused = &{1'b0, product_q[31:PSUM_W]};
            assign a_o = a_q;
        end
    endgenerate

endmodule

`default_nettype wire
