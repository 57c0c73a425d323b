// A requantiser in SystemVerilog that says "round half up" and rounds the magnitude: negative ties go the wrong way.

module requant_wrong #(
    parameter int ACC = 24,
    parameter int MUL = 12,
    parameter int OFS = 32,
    parameter int SH  = 5
) (
    input  logic                   clk,
    input  logic                   rst,         // active high
    input  logic                   in_valid,
    input  logic signed [ACC-1:0]  in_acc,
    input  logic signed [MUL-1:0]  in_mul,
    input  logic signed [OFS-1:0]  in_bias,
    input  logic        [SH-1:0]   in_shift,
    input  logic signed [7:0]      zero,
    input  logic signed [7:0]      lowest,
    input  logic signed [7:0]      highest,
    output logic                   out_valid,
    output logic signed [7:0]      out_q
);

    localparam int W = (ACC + MUL > OFS ? ACC + MUL : OFS) + 2;

    logic                sum_valid, rounded_valid, negative;
    logic signed [W-1:0] sum, rounded, magnitude, half, result;
    logic [SH-1:0]       shift;

    always_comb begin
        negative  = sum < 0;
        magnitude = negative ? -sum : sum;
        half      = (shift == 0) ? '0 : W'(1) << (shift - 1'b1);
        result    = (magnitude + half) >>> shift;
    end

    always_ff @(posedge clk) begin
        sum     <= in_acc * in_mul + in_bias;
        shift   <= in_shift;
        rounded <= (negative ? -result : result) + zero;
        out_q   <= rounded < lowest ? lowest : rounded > highest ? highest : rounded[7:0];
        if (rst) {out_valid, rounded_valid, sum_valid} <= '0;
        else {out_valid, rounded_valid, sum_valid} <= {rounded_valid, sum_valid, in_valid};
    end

endmodule
