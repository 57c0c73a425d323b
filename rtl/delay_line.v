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

    // A register each instead of one long word: simulators then move words of the machine.
    wire [W-1:0] word [0:DEPTH];
    assign word[0] = d_i;
    assign q_o = word[DEPTH];

    genvar k;
    generate
        for (k = 0; k < DEPTH; k = k + 1) begin : g_stage
            reg [W-1:0] word_q;
            assign word[k+1] = word_q;
            if (RESET != 0) begin : g_reset
                always @(posedge clk_i) begin
                    word_q <= word[k];
                    if (!rst_ni) word_q <= {W{1'b0}};
                end
            end else begin : g_plain
                always @(posedge clk_i) word_q <= word[k];
            end
        end
    endgenerate

endmodule

`default_nettype wire
