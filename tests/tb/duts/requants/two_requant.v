// Two channels side by side, each with its multiplier and bias in registers of the layer and one shift for both. One
// stage, floor.

module two_requant (
    input  wire        clk, rst_n, in_valid,
    input  wire signed [9:0] acc0, acc1,
    input  wire signed [4:0] mul0, mul1,
    input  wire signed [11:0] bias0, bias1,
    input  wire [2:0]  shift,
    input  wire signed [4:0] zero, lo, hi,
    output reg         out_valid,
    output wire [7:0]  out                      // channel 1, channel 0
);

    reg signed [15:0] p0, p1;
    wire signed [15:0] v0 = (p0 >>> shift) + zero;
    wire signed [15:0] v1 = (p1 >>> shift) + zero;
    wire signed [15:0] c0 = (v0 < lo) ? lo : (v0 > hi) ? hi : v0;
    wire signed [15:0] c1 = (v1 < lo) ? lo : (v1 > hi) ? hi : v1;
    assign out = {c1[3:0], c0[3:0]};

    always @(posedge clk) begin
        p0 <= acc0 * mul0 + bias0;
        p1 <= acc1 * mul1 + bias1;
        out_valid <= in_valid & rst_n;
    end

endmodule
