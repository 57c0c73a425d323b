// delay_line: q_o is d_i, DEPTH cycles later.
//
// Spec        q_o(t) = d_i(t - DEPTH); DEPTH = 0 is a wire
// Widths      W bits
// Latency     DEPTH cycles; one word a cycle
// Handshake   none; RESET = 1 clears the registers on reset, for words that carry control bits
// Doc         docs/units/systolic_array.md
`default_nettype none

module delay_line #(
    parameter W     = 1,
    parameter DEPTH = 1,
    parameter RESET = 0
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire [W-1:0] d_i,
    output wire [W-1:0] q_o
);

    generate
        if (DEPTH == 0) begin : g_wire
            wire unused = &{1'b0, clk_i, rst_ni};
            assign q_o = d_i;
        end else begin : g_delay
            reg [DEPTH*W-1:0] line_q;           // newest word in the lowest bits
            wire [(DEPTH+1)*W-1:0] shifted = {line_q, d_i};
            assign q_o = line_q[(DEPTH-1)*W+:W];
            if (RESET != 0) begin : g_reset
                always @(posedge clk_i) begin
                    line_q <= shifted[DEPTH*W-1:0];
                    if (!rst_ni) line_q <= {(DEPTH * W) {1'b0}};
                end
            end else begin : g_plain
                always @(posedge clk_i) line_q <= shifted[DEPTH*W-1:0];
                wire unused = &{1'b0, rst_ni};
            end
            wire unused_oldest = &{1'b0, shifted[DEPTH*W+:W]};
        end
    endgenerate

endmodule

`default_nettype wire
