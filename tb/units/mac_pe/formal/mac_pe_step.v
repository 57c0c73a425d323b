// mac_pe_step: mac_pe with one column, one cycle from any state.
//
// Method      The harness keeps its own operand, weight in use, product and sum, as the header of mac_pe tells them. They equal
//             the element's registers at first, whatever these hold at power-up; one step from any such state keeps that.
// Assumed     nothing: every input is free in every cycle.
// Doc         docs/formal.md
`default_nettype none

module mac_pe_step #(
    parameter A_W    = 9,
    parameter W_W    = 8,
    parameter PSUM_W = 21
) (
    input wire                     clk_i,
    input wire signed [A_W-1:0]    a_i,
    input wire                     swap_i,
    input wire signed [W_W-1:0]    w_i,
    input wire signed [PSUM_W-1:0] psum_i
);

    wire signed [A_W-1:0]    a_o;
    wire signed [PSUM_W-1:0] psum_o;
    mac_pe #(.A_W(A_W), .W_W(W_W), .PSUM_W(PSUM_W), .PACK(1)) dut (
        .clk_i(clk_i), .a_i(a_i), .swap_i(swap_i), .w_i(w_i), .psum_i(psum_i), .a_o(a_o), .psum_o(psum_o)
    );
    (* hierconn *) wire signed [W_W-1:0] \dut.g_one.weight_q ;
    (* hierconn *) wire signed [31:0]    \dut.g_one.product_q ; // with copies of its sign

    reg                        started_q = 1'b0;
    reg signed [A_W-1:0]       a_q;             // the last operand
    reg signed [W_W-1:0]       weight_q;        // in use for it
    reg signed [A_W+W_W-1:0]   product_q;       // of the operand before
    reg signed [PSUM_W-1:0]    sum_q;           // with that of the one before that
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        a_q       <= a_i;
        if (swap_i) weight_q <= w_i;
        product_q <= a_q * weight_q;
        sum_q     <= psum_i + product_q;        // modulo 2^PSUM_W; every operand is signed, so it is sign-extended
    end

    always @* if (!started_q) assume (a_q == a_o & weight_q == \dut.g_one.weight_q & product_q == \dut.g_one.product_q );

    always @* if (started_q) begin
        assert (a_o == a_q);
        assert (psum_o == sum_q);
`ifdef INVARIANTS
        assert (weight_q == \dut.g_one.weight_q );
        assert (product_q == \dut.g_one.product_q );
`endif
    end

    // A swap, the largest product, and its sum.
    reg [1:0] story_q = 2'd0;
    always @(posedge clk_i) begin
        if (story_q == 2'd0 & swap_i & a_i == -256 & w_i == -128) story_q <= 2'd1;
        else if (story_q == 2'd1) story_q <= 2'd2;
        else if (story_q == 2'd2 & psum_i == 0) story_q <= 2'd3;
    end
    always @* cover (story_q == 2'd3 & psum_o == 32768);

endmodule

`default_nettype wire
