// A requantiser whose rounding nobody else has: it adds bits of 5 acc before it shifts. One stage.

module own_requant (
    input  wire               clk, rst_n, go,
    input  wire signed [9:0]  acc,
    input  wire signed [4:0]  mul,
    input  wire        [2:0]  shift,
    input  wire signed [4:0]  zero, lo, hi,
    output reg                done,
    output reg         [3:0]  q
);

    wire        [12:0] noise = (acc * 5) & ~(13'h1FFF << shift);
    wire signed [17:0] value = ((acc * mul + $signed({1'b0, noise})) >>> shift) + zero;

    always @(posedge clk) begin
        q    <= (value < lo) ? lo : (value > hi) ? hi : value;
        done <= go & rst_n;
    end

endmodule
