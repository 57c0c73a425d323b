// sparse_pe_step: sparse_pe against four products by weights that are mostly 0, one cycle from any state.
//
// Method      The harness spreads the two weights of a code over four places and multiplies all four. Its operands, weights in
//             use, products and sum equal the element's at first, whatever it holds at power-up; one step keeps that.
// Assumed     the first place of a code is 0..2, the second one 1..3, as every code of t2c.golden.elements.two_of_four has them,
//             whichever is larger. All other inputs are free in every cycle.
// Doc         docs/formal.md
`default_nettype none

module sparse_pe_step #(
    parameter A_W    = 3,
    parameter W_W    = 3,
    parameter PSUM_W = 8
) (
    input wire                     clk_i,
    input wire [4*A_W-1:0]         a_i,
    input wire                     swap_i,
    input wire [2*(W_W+2)-1:0]     w_i,
    input wire signed [PSUM_W-1:0] psum_i
);

    localparam CODE_W = W_W + 2;
    localparam P_W    = A_W + W_W;

    wire [4*A_W-1:0]         a_o;
    wire signed [PSUM_W-1:0] psum_o;
    sparse_pe #(.A_W(A_W), .W_W(W_W), .PSUM_W(PSUM_W)) dut (
        .clk_i(clk_i), .a_i(a_i), .swap_i(swap_i), .w_i(w_i), .psum_i(psum_i), .a_o(a_o), .psum_o(psum_o)
    );
    (* hierconn *) wire [2*CODE_W-1:0]   \dut.weight_q ;
    (* hierconn *) wire signed [P_W-1:0] \dut.product0_q ;
    (* hierconn *) wire signed [P_W-1:0] \dut.product1_q ;

    reg                     started_q = 1'b0;
    reg [4*A_W-1:0]         a_q;                // the last operands
    reg [2*CODE_W-1:0]      code_q;             // in use for them
    reg signed [P_W+1:0]    line_q;             // sum of the products of the operands before
    reg signed [PSUM_W-1:0] sum_q;              // with that of those before

    wire signed [P_W+1:0] products [0:4];
    assign products[0] = 0;
    genvar j;
    generate
        for (j = 0; j < 4; j = j + 1) begin : g_place
            localparam [1:0] HERE = j;
            wire signed [A_W-1:0] a      = a_q[j*A_W+:A_W];
            wire signed [W_W-1:0] value0 = code_q[0+:W_W];
            wire signed [W_W-1:0] value1 = code_q[CODE_W+:W_W];
            wire signed [W_W:0]   kept0  = (code_q[W_W+:2] == HERE) ? value0 : 0;
            wire signed [W_W:0]   kept1  = (code_q[CODE_W+W_W+:2] == HERE) ? value1 : 0;
            wire signed [W_W:0]   weight = kept0 + kept1;
            wire signed [P_W+1:0] here   = a * weight;
            assign products[j+1] = products[j] + here;
        end
    endgenerate

    always @(posedge clk_i) begin
        started_q <= 1'b1;
        a_q       <= a_i;
        if (swap_i) code_q <= w_i;
        line_q <= products[4];
        sum_q  <= psum_i + line_q;
    end

    wire signed [P_W+1:0] line = \dut.product0_q + \dut.product1_q ;
    always @* assume (w_i[W_W+:2] != 2'd3 & w_i[CODE_W+W_W+:2] != 2'd0);
    always @* if (!started_q) assume (code_q[W_W+:2] != 2'd3 & code_q[CODE_W+W_W+:2] != 2'd0);
    always @* if (!started_q) assume (a_q == a_o & code_q == \dut.weight_q & line_q == line);

    always @* if (started_q) begin
        assert (a_o == a_q);
        assert (psum_o == sum_q);
`ifdef INVARIANTS
        assert (code_q[W_W+:2] != 2'd3 & code_q[CODE_W+W_W+:2] != 2'd0);
        assert (code_q == \dut.weight_q );
        assert (line_q == line);
`endif
    end

    // A swap, two products at once, and their sum.
    reg [1:0] story_q = 2'd0;
    always @(posedge clk_i) begin
        if (story_q == 2'd0 & swap_i & a_i == {3'sd3, 9'd0} + 12'd3 & w_i == {2'd3, 3'sd3, 2'd0, 3'sd3}) story_q <= 2'd1;
        else if (story_q == 2'd1) story_q <= 2'd2;
        else if (story_q == 2'd2 & psum_i == 0) story_q <= 2'd3;
    end
    always @* cover (story_q == 2'd3 & psum_o == 18);

endmodule

`default_nettype wire
