// A requantiser without a clock: an unsigned multiplier, shifts of 8 to 23 only, signed results, half_up.

module comb_requant #(
    parameter int A = 20, M = 9
) (
    input  logic signed [A-1:0] acc,
    input  logic        [M-1:0] m,              // the highest bit is one more bit of the number
    input  logic signed [23:0]  b,
    input  logic        [4:0]   s,
    input  logic signed [7:0]   offset, least, most,
    output logic signed [7:0]   q
);

    logic signed [A+M+1:0] p, half, r;
    logic        [3:0]     by;                  // of 8

    always_comb begin
        by   = s[3:0] - 4'd8;
        p    = acc * $signed({1'b0, m}) + b;
        half = (A + M + 2)'(128) << by;
        r    = ((p + half) >>> 8 >>> by) + offset;
        q    = r < least ? least : r > most ? most : r[7:0];
    end

endmodule
