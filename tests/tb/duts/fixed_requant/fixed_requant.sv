// A requantiser with an unsigned output whose bias, offset and lower bound are built in; three stages and an enable.
`include "fixed.svh"

module fixed_requant #(
    parameter int A = 10, M = 5, S = 3, Y = 4
) (
    input  logic                clk,
    input  logic                rst,            // active high
    input  logic                enable,
    input  logic                in_valid,
    input  logic signed [A-1:0] in_acc,
    input  logic signed [M-1:0] in_multiplier,
    input  logic        [S-1:0] in_shift,
    input  logic        [Y-1:0] most,
    output logic                out_valid,
    output logic        [Y-1:0] out_data
);

    localparam int W = A + M + 3;

    logic [2:0]          valid = '0;
    logic signed [W-1:0] p, doubled, q;
    logic [S-1:0]        shift;

    assign doubled   = (p <<< 1) >>> shift;     // the lowest bit is worth one half
    assign out_valid = valid[2];

    always_ff @(posedge clk)
        if (enable) begin
            p        <= in_acc * in_multiplier + `BIAS;
            shift    <= in_shift;
            q        <= ((doubled + 1) >>> 1) + `OFFSET;
            out_data <= q < `LEAST ? `LEAST : q > $signed({1'b0, most}) ? most : q[Y-1:0];
        end

    always_ff @(posedge clk)
        if (rst) valid <= '0;
        else if (enable) valid <= {valid[1:0], in_valid};

endmodule
