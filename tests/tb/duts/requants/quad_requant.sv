// Four requantisers side by side: one multiplier and shift for all, a bias for each lane; results on ports of their own,
// lane 0 of the biases in the highest bits. Two stages, half_up.

module quad_requant #(
    parameter int A = 12, M = 6, B = 14, S = 4, Y = 4
) (
    input  logic                clk, rst_n,
    input  logic                in_valid,
    input  logic [4*A-1:0]      accs,           // lane 0 lowest
    input  logic signed [M-1:0] mul,
    input  logic [0:3][B-1:0]   biases,         // lane 0 highest
    input  logic [S-1:0]        shift,
    input  logic signed [Y:0]   zero, lo, hi,
    output logic                out_valid,
    output logic [Y-1:0]        q0, q1, q2, q3
);

    localparam int W = A + M + 2;

    logic                valid;
    logic [S-1:0]        by;
    logic signed [W-1:0] p [0:3];
    logic [Y-1:0]        q [0:3];
    logic signed [W-1:0] half;

    assign half = (W'(1) << by) >> 1;
    assign {q0, q1, q2, q3} = {q[0], q[1], q[2], q[3]};

    genvar k;
    generate
        for (k = 0; k < 4; k = k + 1) begin : g_lane
            logic signed [A-1:0] acc;
            logic signed [B-1:0] bias;
            logic signed [W-1:0] value;
            assign acc   = accs[k*A+:A];
            assign bias  = biases[k];
            assign value = ((p[k] + half) >>> by) + zero;
            always_ff @(posedge clk) begin
                p[k] <= acc * mul + bias;
                q[k] <= value < lo ? lo[Y-1:0] : value > hi ? hi[Y-1:0] : value[Y-1:0];
            end
        end
    endgenerate

    always_ff @(posedge clk) begin
        by <= shift;
        {out_valid, valid} <= rst_n ? {valid, in_valid} : 2'b00;
    end

endmodule
