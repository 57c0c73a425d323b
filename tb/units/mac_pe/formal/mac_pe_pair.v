// mac_pe_pair: mac_pe with two columns on one multiplier, against two products, one cycle from any state.
//
// Method      The harness keeps its own operand, weights in use, products and sums, a column each, as the header of mac_pe tells
//             them. What the element holds packed equals them at first, whatever it holds at power-up; one step from any such
//             state keeps that.
// Assumed     nothing: every input is free in every cycle.
// Doc         docs/formal.md
`default_nettype none

module mac_pe_pair #(
    parameter A_W    = 9,
    parameter W_W    = 4,
    parameter PSUM_W = 17
) (
    input wire                     clk_i,
    input wire signed [A_W-1:0]    a_i,
    input wire                     swap_i,
    input wire signed [W_W-1:0]    w0_i,
    input wire signed [W_W-1:0]    w1_i,
    input wire signed [PSUM_W-1:0] psum0_i,
    input wire signed [PSUM_W-1:0] psum1_i
);

    localparam P_W = A_W + W_W;

    wire signed [A_W-1:0]    a_o;
    wire signed [PSUM_W-1:0] psum0_o, psum1_o;
    mac_pe #(.A_W(A_W), .W_W(W_W), .PSUM_W(PSUM_W), .PACK(2)) dut (
        .clk_i(clk_i), .a_i(a_i), .swap_i(swap_i), .w_i({w1_i, w0_i}), .psum_i({psum1_i, psum0_i}),
        .a_o(a_o), .psum_o({psum1_o, psum0_o})
    );
    (* hierconn *) wire signed [A_W-1:0]     \dut.a_q ;
    (* hierconn *) wire signed [P_W+W_W:0]   \dut.g_pair.weight_q ;
    (* hierconn *) wire signed [2*P_W-1:0]   \dut.g_pair.product_q ;
    (* hierconn *) wire signed [P_W-1:0]     \dut.g_pair.high_q ;

    reg                     started_q = 1'b0;
    reg signed [A_W-1:0]    a_q, a_late_q;      // the last two operands
    reg signed [W_W-1:0]    weight0_q, weight1_q;
    reg signed [P_W-1:0]    product0_q, product1_q, late1_q;
    reg signed [PSUM_W-1:0] sum0_q, sum1_q;
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        a_q       <= a_i;
        a_late_q  <= a_q;
        if (swap_i) begin
            weight0_q <= w0_i;
            weight1_q <= w1_i;
        end
        product0_q <= a_q * weight0_q;
        product1_q <= a_q * weight1_q;
        late1_q    <= product1_q;
        sum0_q     <= psum0_i + product0_q;     // modulo 2^PSUM_W; every operand is signed, so it is sign-extended
        sum1_q     <= psum1_i + late1_q;
    end

    // The two columns' values as one number.
    wire signed [P_W+W_W:0]   weights  = (weight1_q <<< P_W) + weight0_q;
    wire signed [2*P_W-1:0]   products = (product1_q <<< P_W) + product0_q;

    always @* if (!started_q) begin
        assume (a_q == \dut.a_q & a_late_q == a_o & weights == \dut.g_pair.weight_q );
        assume (products == \dut.g_pair.product_q & late1_q == \dut.g_pair.high_q );
    end

    always @* if (started_q) begin
        assert (a_o == a_late_q);
        assert (psum0_o == sum0_q);
        assert (psum1_o == sum1_q);
`ifdef INVARIANTS
        assert (a_q == \dut.a_q );
        assert (weights == \dut.g_pair.weight_q );
        assert (products == \dut.g_pair.product_q );
        assert (late1_q == \dut.g_pair.high_q );
`endif
    end

    // A swap, a negative product below the largest one, and both sums.
    reg [2:0] story_q = 3'd0;
    always @(posedge clk_i) begin
        if (story_q == 3'd0 & swap_i & a_i == -256 & w0_i == 7 & w1_i == -8) story_q <= 3'd1;
        else if (story_q == 3'd1) story_q <= 3'd2;
        else if (story_q == 3'd2 & psum0_i == 0) story_q <= 3'd3;
        else if (story_q == 3'd3 & psum0_o == -1792 & psum1_i == 0) story_q <= 3'd4;
    end
    always @* cover (story_q == 3'd4 & psum1_o == 2048);

endmodule

`default_nettype wire
