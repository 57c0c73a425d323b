// reciprocal: a power of two divided by a number, by restoring division, one bit a cycle.
//
// Spec        quotient_o = floor(2^R_W / divisor_i), of the divisor_i that came with start_i
//             It must fit: divisor_i > 2^(R_W - Q_W), so divisor_i > 0.
// Widths      Of 2^R_W the first R_W + 1 - Q_W bits give no bit of the quotient: the remainder starts with them, as
//             2^(R_W - Q_W) < divisor. Below the divisor before each step, it is below twice the divisor within it.
// Latency     done_o for one cycle, Q_W + 1 cycles after start_i; quotient_o stays until the next start_i
// Handshake   start_i at any time; what was under way is dropped
// Model       //, of Python
// Doc         docs/units/layer_norm.md
`default_nettype none

module reciprocal #(
    parameter D_W = 16,                         // 2..48, divisor
    parameter R_W = 32,                         // 1..48, the dividend is 2^R_W
    parameter Q_W = 18                          // R_W + 2 - D_W..R_W + 1, quotient
) (
    input  wire           clk_i,
    input  wire           rst_ni,
    input  wire           start_i,
    input  wire [D_W-1:0] divisor_i,
    output wire           done_o,               // quotient_o is that of the last divisor_i
    output wire [Q_W-1:0] quotient_o
);

    generate
        if (D_W < 2 || D_W > 48) begin : g_d_w
            reciprocal_D_W_out_of_range i_stop ();
        end
        if (R_W < 1 || R_W > 48) begin : g_r_w
            reciprocal_R_W_out_of_range i_stop ();
        end
        if (Q_W < 2 || Q_W < R_W + 2 - D_W || Q_W > R_W + 1) begin : g_q_w
            reciprocal_Q_W_out_of_range i_stop ();
        end
    endgenerate

    localparam STEP_W = $clog2(Q_W + 1);
    localparam [31:0]       ALL   = Q_W;
    localparam [STEP_W-1:0] LAST  = ALL[STEP_W-1:0];
    localparam [D_W:0]      FIRST = {{D_W{1'b0}}, 1'b1} << (R_W + 1 - Q_W); // the upper bits of 2^R_W

    reg [STEP_W-1:0] step_q;                    // bits of the quotient that are known; LAST: all
    reg              done_q;
    reg [D_W-1:0]    divisor_q;
    reg [D_W:0]      remainder_q;               // with the bit of 2^R_W that is next
    reg [Q_W-1:0]    quotient_q;

    wire             fits    = (remainder_q >= {1'b0, divisor_q});
    wire [D_W-1:0]   kept    = remainder_q[D_W-1:0] - (fits ? divisor_q : {D_W{1'b0}}); // < divisor
    wire             working = (step_q != LAST);

    always @(posedge clk_i) begin
        done_q <= working & (step_q == LAST - {{(STEP_W - 1) {1'b0}}, 1'b1}) & ~start_i;
        if (working) begin
            step_q      <= step_q + {{(STEP_W - 1) {1'b0}}, 1'b1};
            quotient_q  <= {quotient_q[Q_W-2:0], fits};
            remainder_q <= {kept, 1'b0};
        end
        if (start_i) begin
            step_q      <= {STEP_W{1'b0}};
            divisor_q   <= divisor_i;
            remainder_q <= FIRST;
            quotient_q  <= {Q_W{1'b0}};
        end
        if (!rst_ni) begin
            step_q <= LAST;
            done_q <= 1'b0;
        end
    end

    assign done_o     = done_q;
    assign quotient_o = quotient_q;

endmodule

`default_nettype wire
