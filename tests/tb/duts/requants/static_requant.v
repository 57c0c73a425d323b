// A requantiser with one multiplier, bias and shift a layer, on registers of the layer: each stage looks at them when it
// needs them. Three stages, valid and ready, half_away.

module static_requant #(
    parameter A = 12, M = 8, B = 16, S = 4, Y = 4
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire signed [M-1:0] cfg_mul,
    input  wire signed [B-1:0] cfg_bias,
    input  wire        [S-1:0] cfg_shift,
    input  wire signed [Y:0]   cfg_zero,
    input  wire signed [Y:0]   cfg_lo,
    input  wire signed [Y:0]   cfg_hi,
    input  wire                in_valid,
    output wire                in_ready,
    input  wire signed [A-1:0] in_acc,
    output reg                 out_valid,
    input  wire                out_ready,
    output reg         [Y-1:0] out_q
);

    localparam W = A + M + B;

    reg                 valid1, valid2;
    reg signed [M-1:0]  mul_q;                  // the layer's multiplier, registered
    reg signed [A-1:0]  acc;
    reg signed [W-1:0]  p;
    wire signed [W-1:0] one   = 1;
    wire signed [W-1:0] half  = (cfg_shift == 0) ? 0 : one <<< (cfg_shift - 1'b1);
    wire signed [W-1:0] moved = ((p + half - $signed({1'b0, p[W-1] & (cfg_shift != 0)})) >>> cfg_shift) + cfg_zero;
    assign in_ready = ~out_valid | out_ready;

    always @(posedge clk) begin
        mul_q <= cfg_mul;
        if (in_ready) begin
            acc       <= in_acc;
            p         <= acc * mul_q + cfg_bias;
            out_q     <= (moved < cfg_lo) ? cfg_lo : (moved > cfg_hi) ? cfg_hi : moved;
            valid1    <= in_valid;
            valid2    <= valid1;
            out_valid <= valid2;
        end
        if (!rst_n) {valid1, valid2, out_valid} <= 3'b000;
    end

endmodule
