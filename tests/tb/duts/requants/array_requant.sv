// Three requantisers side by side whose ports are unpacked arrays; channel 0 of the results is the last. One stage, floor.

module array_requant #(
    parameter int A = 12, M = 6, B = 14, S = 4, Y = 4
) (
    input  logic                clk, rst_n, go,
    input  logic signed [A-1:0] acc   [0:2],
    input  logic signed [M-1:0] mul   [2:0],
    input  logic signed [B-1:0] bias  [3],
    input  logic        [S-1:0] shift [1:3],
    input  logic signed [Y:0]   zero, lo, hi,
    output logic                done,
    output logic        [Y-1:0] q     [0:2]
);

    logic signed [A+M+1:0] value [0:2];

    genvar k;
    generate
        for (k = 0; k < 3; k = k + 1) begin : g_lane
            assign value[k] = ((acc[k] * mul[k] + bias[k]) >>> shift[k + 1]) + zero;
            always_ff @(posedge clk)
                q[2 - k] <= value[k] < lo ? lo[Y-1:0] : value[k] > hi ? hi[Y-1:0] : value[k][Y-1:0];
        end
    endgenerate

    always_ff @(posedge clk) done <= go & rst_n;

endmodule
