// round_half_up(a * m + b) in one expression and `late` behind it: mulquant without pairs, of any latency.
`default_nettype none

module late_requant #(
    parameter A = 10, M = 5, B = 12, S = 3, Y = 4,
    parameter LATENCY = 3,
    parameter ONE     = 0
) (
    input  wire                 clk,
    input  wire                 rst,
    input  wire                 in_valid,
    output wire                 in_ready,
    input  wire [S+B+M+A-1:0]   in_word,
    input  wire signed [Y:0]    zero,
    input  wire signed [Y:0]    lo,
    input  wire signed [Y:0]    hi,
    output wire                 out_valid,
    input  wire                 out_ready,
    output wire [Y-1:0]         out
);

    wire signed [63:0] a = $signed(in_word[0+:A]);
    wire signed [63:0] m = $signed(in_word[A+:M]);
    wire signed [63:0] b = $signed(in_word[A+M+:B]);
    wire [S-1:0]       s = in_word[A+M+B+:S];
    wire signed [63:0] half = (s == 0) ? 64'sd0 : (64'sd1 <<< (s - 1'b1));
    wire signed [63:0] p = a * m + b + half;
    wire signed [63:0] r = p >>> s;
    wire signed [63:0] q = r + zero;
    wire signed [63:0] c = (q < lo) ? lo : (q > hi) ? hi : q;

    late #(.W(Y), .LATENCY(LATENCY), .ONE(ONE)) i_late (
        .clk       (clk),
        .rst       (rst),
        .in_valid  (in_valid),
        .in_ready  (in_ready),
        .in        (c[Y-1:0]),
        .out_valid (out_valid),
        .out_ready (out_ready),
        .out       (out)
    );

    wire unused = &{1'b0, c[63:Y]};

endmodule

`default_nettype wire
