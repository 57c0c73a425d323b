// A requantiser that adds its bias to the accumulator, saturates the sum to 22 bits, and rounds twice, as gemmlowp does:
// a doubling high multiply with a multiplier of 2^30 .. 2^31 - 1, then a rounding shift to the right.

module early_bias (
    input  logic               clk, rst,
    input  logic               in_valid,
    input  logic signed [23:0] acc, bias,
    input  logic signed [31:0] multiplier,
    input  logic        [5:0]  shift,           // 31 and more
    input  logic signed [8:0]  zero, lo, hi,
    output logic               out_valid,
    output logic        [7:0]  out
);

    logic signed [24:0] sum;
    logic signed [21:0] x;
    logic signed [53:0] product;
    logic signed [23:0] high, rest, value;
    logic        [5:0]  by, by_q;
    logic               valid;

    always_comb begin
        sum = acc + bias;
        if (sum > 25'sd2097151) x = 22'sd2097151;
        else if (sum < -25'sd2097152) x = -22'sd2097152;
        else x = sum[21:0];
        product = x * multiplier;
        by      = shift - 6'd31;
        rest    = high & ~(24'shFFFFFF << by_q);
        value   = (high >>> by_q) + zero;
        if (by_q != 0 && rest > ((24'sd1 <<< by_q) - 1 >>> 1) + (high < 0 ? 24'sd1 : 24'sd0)) value = value + 24'sd1;
    end

    always_ff @(posedge clk) begin
        high <= (product + 54'sd1073741824) >>> 31;
        by_q <= by;
        out  <= value < lo ? lo[7:0] : value > hi ? hi[7:0] : value[7:0];
        {out_valid, valid} <= rst ? 2'b00 : {valid, in_valid};
    end

endmodule
