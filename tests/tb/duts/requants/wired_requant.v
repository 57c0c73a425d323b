// A requantiser with ports of other shapes: the accumulator wider than ours, an unsigned multiplier, the shift less 8 and
// negative, bias and offset in one word, results of 16 bits with status above. One stage, half_up.

module wired_requant (
    input  wire               clk, rst_n, go,
    input  wire signed [31:0] acc,
    input  wire        [7:0]  mul,              // 1..255
    input  wire signed [3:0]  minus_shift,      // 8 - shift: -7 .. 0
    input  wire        [18:0] word,             // {bias of 14 bits, offset of 5}
    input  wire signed [15:0] lo, hi,
    output reg         [1:0]  state,            // bit 1: a result
    output reg         [15:0] out               // {8'hA5, result + 64}
);

    wire signed [13:0] bias   = word[18:5];
    wire signed [4:0]  offset = word[4:0];
    wire        [3:0]  by     = -minus_shift;
    wire signed [47:0] p      = acc * $signed({1'b0, mul}) + bias;
    wire signed [47:0] r      = ((p + (48'sd128 <<< by)) >>> 8 >>> by) + offset;
    wire signed [47:0] q      = (r < lo) ? lo : (r > hi) ? hi : r;

    always @(posedge clk) begin
        out   <= {8'hA5, q[7:0] + 8'd64};
        state <= {go & rst_n, 1'b1};
    end

endmodule
