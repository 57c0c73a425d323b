// A weight-stationary array as someone else might write it: one set of weights, shifted in last row first, all sums in one
// pipeline of two stages, no valid bits, row 0 and column 0 in the highest bits.

module plain_array #(
    parameter int R  = 4,
    parameter int C  = 4,
    parameter int AW = 9,
    parameter int WW = 8,
    parameter int PW = AW + WW + $clog2(R)
) (
    input  logic            clk,
    input  logic            load,
    input  logic [C*WW-1:0] w,
    input  logic [R*AW-1:0] x,
    output logic [C*PW-1:0] sums
);

    logic [C*WW-1:0] weights[R];
    logic [C*PW-1:0] found, found_q;

    always_ff @(posedge clk) begin
        if (load) begin
            weights[0] <= w;
            for (int r = 1; r < R; r++) weights[r] <= weights[r-1];
        end
        found_q <= found;
        sums    <= found_q;
    end

    genvar c, r;
    generate
        for (c = 0; c < C; c++) begin : g_column
            wire signed [PW-1:0] part[0:R];
            assign part[0] = '0;
            for (r = 0; r < R; r++) begin : g_row
                wire signed [WW-1:0] weight  = weights[r][(C-1-c)*WW+:WW];
                wire signed [AW-1:0] operand = x[(R-1-r)*AW+:AW];
                assign part[r+1] = part[r] + weight * operand;
            end
            assign found[(C-1-c)*PW+:PW] = part[R];
        end
    endgenerate

endmodule
