// mulquant_sum_spec: what MulQuant rounds, straight from docs/arithmetic.md section 3: p = acc * M + B.
//
// Spec        p = acc * M + addend; the addend is B, or the first operand's p in a pair (section 4.4)
// Widths      p is 72 bits wide: nothing overflows for ACC_W + SCALE_W <= 64
// Doc         docs/formal.md
`default_nettype none

module mulquant_sum_spec #(
    parameter ACC_W   = 32,
    parameter SCALE_W = 16
) (
    input  wire signed [ACC_W-1:0]   acc_i,
    input  wire signed [SCALE_W-1:0] multiplier_i,
    input  wire signed [71:0]        addend_i,
    output wire signed [71:0]        p_o
);

    wire signed [ACC_W+SCALE_W-1:0] product = acc_i * multiplier_i;
    assign p_o = product + addend_i;

endmodule

`default_nettype wire
