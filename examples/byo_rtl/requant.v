// A requantiser as someone else might write it: operands on ports of their own, round half to even built in, a free-running
// pipeline of four stages without valid bits, without a reset, and without a way to hold it back.
//
//     y(t + 4) = clamp(round_half_even(a * m + b, 2^s) + offset, least, most)

module requant #(
    parameter A = 24,                           // accumulator
    parameter M = 12,                           // multiplier
    parameter B = 32,                           // bias
    parameter S = 5,                            // shift
    parameter Y = 8                             // result
) (
    input                    clk,
    input  signed [A-1:0]    a,
    input  signed [M-1:0]    m,
    input  signed [B-1:0]    b,
    input         [S-1:0]    s,
    input  signed [Y:0]      offset,
    input  signed [Y:0]      least,
    input  signed [Y:0]      most,
    output reg    [Y-1:0]    y
);

    localparam W = (A + M > B ? A + M : B) + 2; // holds a * m + b and half a unit more

    // 1: multiply
    reg signed [A+M-1:0] product;
    reg signed [B-1:0]   b1;
    reg [S-1:0]          s1;
    always @(posedge clk) begin
        product <= a * m;
        b1      <= b;
        s1      <= s;
    end

    // 2: add; half a unit less one, in the units of the shift
    reg signed [W-1:0] total;
    reg signed [W-1:0] almost_half;
    reg [S-1:0]        s2;
    always @(posedge clk) begin
        total       <= product + b1;
        almost_half <= (s1 == 0) ? 0 : ({{(W - 1){1'b0}}, 1'b1} << (s1 - 1'b1)) - 1;
        s2          <= s1;
    end

    // 3: a tie is carried up by the lowest bit of what is kept, so that it lands on the even neighbour
    wire signed [W-1:0] kept  = total >>> s2;
    wire                carry = (s2 != 0) & kept[0];
    reg signed [W-1:0]  rounded;
    always @(posedge clk) rounded <= (total + almost_half + $signed({1'b0, carry})) >>> s2;

    // 4: offset and clamp
    wire signed [W:0] shifted = rounded + offset;
    always @(posedge clk)
        if (shifted < least) y <= least[Y-1:0];
        else if (shifted > most) y <= most[Y-1:0];
        else y <= shifted[Y-1:0];

endmodule
