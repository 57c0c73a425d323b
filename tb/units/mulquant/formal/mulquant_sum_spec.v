// mulquant_sum_spec: what MulQuant rounds, from docs/arithmetic.md section 3: p = acc * M + B.
//
// Spec        p = acc * M + addend; the addend is B, or the first operand's p in a pair (section 4.4). The product is written
//             as (high * M) * 2^H + low * M for acc = high * 2^H + low, 0 <= low < 2^H, since no solver finds the
//             distributive law for multipliers of this size.
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

    localparam H      = ACC_W / 2;
    localparam HIGH_W = ACC_W - H;
    wire signed [H:0]                low          = {1'b0, acc_i[H-1:0]};
    wire signed [HIGH_W-1:0]         high         = acc_i[ACC_W-1:H];
    wire signed [H+SCALE_W-1:0]      low_product  = low * multiplier_i;
    wire signed [HIGH_W+SCALE_W-1:0] high_product = high * multiplier_i;
    wire signed [ACC_W+SCALE_W-1:0]  high_wide    = high_product;
    wire signed [ACC_W+SCALE_W-1:0]  product      = (high_wide <<< H) + low_product;
    assign p_o = product + addend_i;

endmodule

`default_nettype wire
