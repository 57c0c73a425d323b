// mac_pe_step: one cycle of mac_pe from any state, and what a weight does from its arrival to its use.
//
// Method      The harness keeps its own shadow weight, active weight and full flag, as the header of mac_pe tells them.
//             They equal the PE's registers; that holds after a reset, and one step from any state in which it holds.
//             active and shadow are compared once something defined them: a swap uses whatever shadow holds.
// Assumed     a reset in the first cycle; nothing else: every input is free in every cycle.
// Doc         docs/formal.md
`default_nettype none

module mac_pe_step #(
    parameter A_W    = 9,
    parameter W_W    = 8,
    parameter PSUM_W = 21
) (
    input wire                     clk_i,
    input wire                     rst_ni,
    input wire signed [A_W-1:0]    a_i,
    input wire                     swap_i,
    input wire signed [W_W-1:0]    w_i,
    input wire                     w_valid_i,
    input wire signed [PSUM_W-1:0] psum_i
);

    wire signed [A_W-1:0]    a_o;
    wire                     swap_o, w_valid_o;
    wire signed [W_W-1:0]    w_o;
    wire signed [PSUM_W-1:0] psum_o;
    mac_pe #(.A_W(A_W), .W_W(W_W), .PSUM_W(PSUM_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .a_i(a_i), .swap_i(swap_i), .w_i(w_i), .w_valid_i(w_valid_i), .psum_i(psum_i),
        .a_o(a_o), .swap_o(swap_o), .w_o(w_o), .w_valid_o(w_valid_o), .psum_o(psum_o)
    );
    (* hierconn *) wire                  \dut.full_q ;
    (* hierconn *) wire signed [W_W-1:0] \dut.active_q ;
    (* hierconn *) wire signed [W_W-1:0] \dut.shadow_q ;

    // The shadow weight is the first that arrives after the last swap; one that arrives with a swap is the next tile's.
    reg                  started_q = 1'b0;
    reg                  full_q;
    reg signed [W_W-1:0] shadow_q, active_q;    // equal to the PE's from the first, whatever that holds at power-up
    reg                  keeps;                 // the weight of this cycle stays here
    always @* begin
        if (swap_i) keeps = w_valid_i;
        else if (full_q) keeps = 1'b0;
        else keeps = w_valid_i;
    end
    reg signed [W_W-1:0] used;                  // the weight that multiplies
    always @* begin
        used = active_q;
        if (swap_i) used = shadow_q;
    end

    // What the outputs must be in the next cycle.
    reg                     swap_q, w_valid_q;
    reg signed [A_W-1:0]    a_q;
    reg signed [W_W-1:0]    w_q;
    reg signed [PSUM_W-1:0] psum_q;
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        a_q       <= a_i;
        w_q       <= w_i;
        psum_q    <= psum_i + a_i * used;       // 21 bits modulo 2^21: every operand is signed, so it is sign-extended
        swap_q    <= swap_i & rst_ni;
        w_valid_q <= w_valid_i & ~keeps & rst_ni;
        active_q  <= used;
        if (keeps) begin
            shadow_q <= w_i;
            full_q   <= 1'b1;
        end else if (swap_i) full_q <= 1'b0;
        if (!rst_ni) full_q <= 1'b0;
    end

    always @* if (!started_q) begin
        assume (!rst_ni);
        assume (active_q == \dut.active_q & shadow_q == \dut.shadow_q & full_q == \dut.full_q );
    end

    always @* if (started_q) begin
        assert (a_o == a_q);
        assert (w_o == w_q);
        assert (psum_o == psum_q);
        assert (swap_o == swap_q);
        assert (w_valid_o == w_valid_q);
`ifdef INVARIANTS
        assert (\dut.full_q == full_q);
        assert (\dut.active_q == active_q);
        assert (\dut.shadow_q == shadow_q);
`endif
    end

    // A weight comes, the next one passes south, and a swap takes the first into use while a third comes.
    reg [1:0] story_q = 2'd0;
    always @(posedge clk_i) begin
        if (!rst_ni) story_q <= 2'd0;
        else if (story_q == 2'd0 & w_valid_i & ~full_q & w_i == -128) story_q <= 2'd1;
        else if (story_q == 2'd1 & w_valid_i & ~swap_i) story_q <= 2'd2;
        else if (story_q == 2'd2 & w_valid_i & swap_i & a_i == -256 & psum_i == 0) story_q <= 2'd3;
    end
    always @* if (started_q) cover (story_q == 2'd3 & psum_o == 32768 & w_valid_o == 0);

endmodule

`default_nettype wire
