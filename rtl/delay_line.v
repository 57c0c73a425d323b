// delay_line: q_o is d_i, DEPTH cycles later.
//
// Spec        q_o(t) = d_i(t - DEPTH); DEPTH = 0 is a wire
// Widths      W bits
// Latency     DEPTH cycles; one word a cycle
// Handshake   none; RESET = 1 clears the registers on reset, for words that carry control bits
// Doc         docs/units/delay_line.md
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

    wire unused = &{1'b0, clk_i, rst_ni};

    // A register each instead of one long word, and each reads the one before: simulators then move words of the machine, once.
    genvar k;
    generate
        for (k = 0; k < DEPTH; k = k + 1) begin : g_stage
            reg  [W-1:0] word_q;
            wire [W-1:0] from;
            if (k == 0) begin : g_first
                assign from = d_i;
            end else begin : g_next
                assign from = g_stage[k-1].word_q;
            end
            if (RESET != 0) begin : g_reset
                always @(posedge clk_i) begin
                    word_q <= from;
                    if (!rst_ni) word_q <= {W{1'b0}};
                end
            end else begin : g_plain
                always @(posedge clk_i) word_q <= from;
            end
        end
        if (DEPTH == 0) begin : g_wire
            assign q_o = d_i;
        end else begin : g_last
            assign q_o = g_stage[DEPTH-1].word_q;
        end
    endgenerate

endmodule

`default_nettype wire
