// array_element: the processing element of a column of systolic_array, or of two that share a multiplier.
// Made from t2c.contract by `python -m t2c.contract.generate`; docs/contract.md says how to add to it.
//
// Spec        psum_o(t + 3) = psum_i(t + 2) + element(a_i(t), w(t));  a_o(t + PACK) = a_i(t)
//             w(t) is w_i at the latest swap_i, that of cycle t included.
// Elements    mac_pe
// Doc         docs/elements.md
`default_nettype none
`include "array_elements.vh"

module array_element #(
    parameter COLUMN = 0,                       // of the array, the first of PACK
    parameter A_W    = 9,
    parameter W_W    = 8,
    parameter PSUM_W = 21,
    parameter PACK   = 1
) (
    input  wire                       clk_i,
    input  wire [`T2C_SPAN*A_W-1:0]   a_i,
    input  wire                       swap_i,
    input  wire [PACK*`T2C_CODE_W-1:0] w_i,
    input  wire [PACK*PSUM_W-1:0]     psum_i,
    output wire [`T2C_SPAN*A_W-1:0]   a_o,
    output wire [PACK*PSUM_W-1:0]     psum_o
);

    mac_pe #(.A_W(A_W), .W_W(W_W), .PSUM_W(PSUM_W), .PACK(PACK)) i_pe (
        .clk_i(clk_i), .a_i(a_i), .swap_i(swap_i), .w_i(w_i), .psum_i(psum_i), .a_o(a_o), .psum_o(psum_o)
    );
    wire [31:0] unused = COLUMN;

endmodule

`default_nettype wire
