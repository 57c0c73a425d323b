// skew: triangular delay. Lane k is delayed by k * STEP cycles, or by (LANES-1-k) * STEP when REVERSE is 1.
//
// Spec        lane_o[k](t) = lane_i[k](t - d), d = STEP * (REVERSE ? LANES-1-k : k)
// Widths      LANES lanes of W bits, lane k at [k*W +: W]
// Latency     0 .. (LANES-1) * STEP cycles by lane; one word a cycle
// Handshake   none; RESET = 1 clears the delay registers, for lanes that carry control bits
// Doc         docs/units/delay_line.md
`default_nettype none

module skew #(
    parameter LANES   = 16,
    parameter W       = 9,
    parameter REVERSE = 0,
    parameter STEP    = 1,
    parameter RESET   = 0
) (
    input  wire               clk_i,
    input  wire               rst_ni,
    input  wire [LANES*W-1:0] lanes_i,
    output wire [LANES*W-1:0] lanes_o
);

    genvar k;
    generate
        for (k = 0; k < LANES; k = k + 1) begin : g_lane
            localparam DELAY = STEP * ((REVERSE != 0) ? LANES - 1 - k : k);
            delay_line #(
                .W    (W),
                .DEPTH(DELAY),
                .RESET(RESET)
            ) i_delay (
                .clk_i (clk_i),
                .rst_ni(rst_ni),
                .d_i   (lanes_i[k*W+:W]),
                .q_o   (lanes_o[k*W+:W])
            );
        end
    endgenerate

endmodule

`default_nettype wire
