// sp2_pe_step: sp2_pe against a multiplier and a table of its weights, one cycle from any state.
//
// Method      The harness keeps its own operand, code in use, product and sum. They equal the element's registers at first,
//             whatever these hold at power-up; one step from any such state keeps that. The product is that of a
//             multiplier and of the weight that the table of t2c.golden.elements.sp2 has for the code.
// Assumed     nothing: every input is free in every cycle, codes that no compiler makes (4 as 0 + 4, -0) among them.
// Doc         docs/formal.md
`default_nettype none

module sp2_pe_step #(
    parameter A_W    = 9,
    parameter PSUM_W = 17
) (
    input wire                     clk_i,
    input wire signed [A_W-1:0]    a_i,
    input wire                     swap_i,
    input wire [3:0]               w_i,
    input wire signed [PSUM_W-1:0] psum_i
);

    wire signed [A_W-1:0]    a_o;
    wire signed [PSUM_W-1:0] psum_o;
    sp2_pe #(.A_W(A_W), .W_W(4), .PSUM_W(PSUM_W)) dut (
        .clk_i(clk_i), .a_i(a_i), .swap_i(swap_i), .w_i(w_i), .psum_i(psum_i), .a_o(a_o), .psum_o(psum_o)
    );
    (* hierconn *) wire [3:0]              \dut.weight_q ;
    (* hierconn *) wire signed [A_W+4-1:0] \dut.product_q ;

    reg                     started_q = 1'b0;
    reg signed [A_W-1:0]    a_q;                // the last operand
    reg [3:0]               code_q;             // in use for it
    reg signed [A_W+4-1:0]  product_q;          // of the operand before
    reg signed [PSUM_W-1:0] sum_q;              // with that of the one before that

    reg signed [4:0] weight;
    always @* begin
        case (code_q[2:0])
            3'd0: weight = 5'sd0;
            3'd1: weight = 5'sd1;
            3'd2: weight = 5'sd2;
            3'd3: weight = 5'sd4;
            3'd4: weight = 5'sd4;
            3'd5: weight = 5'sd5;
            3'd6: weight = 5'sd6;
            default: weight = 5'sd8;
        endcase
        if (code_q[3]) weight = -weight;
    end

    always @(posedge clk_i) begin
        started_q <= 1'b1;
        a_q       <= a_i;
        if (swap_i) code_q <= w_i;
        product_q <= a_q * weight;
        sum_q     <= psum_i + product_q;
    end

    always @* if (!started_q) assume (a_q == a_o & code_q == \dut.weight_q & product_q == \dut.product_q );

    always @* if (started_q) begin
        assert (a_o == a_q);
        assert (psum_o == sum_q);
`ifdef INVARIANTS
        assert (code_q == \dut.weight_q );
        assert (product_q == \dut.product_q );
`endif
    end

    // A swap, the largest product, and its sum.
    reg [1:0] story_q = 2'd0;
    always @(posedge clk_i) begin
        if (story_q == 2'd0 & swap_i & a_i == -256 & w_i == 4'd15) story_q <= 2'd1;
        else if (story_q == 2'd1) story_q <= 2'd2;
        else if (story_q == 2'd2 & psum_i == 0) story_q <= 2'd3;
    end
    always @* cover (story_q == 2'd3 & psum_o == 2048);

endmodule

`default_nettype wire
