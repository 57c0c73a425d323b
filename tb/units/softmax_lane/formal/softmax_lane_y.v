// softmax_lane_y: the result of every exponential, reciprocal and width of results, two cycles later, held while held.
//
// Method      The harness keeps the product of the beat in each stage and rounds it as docs/arithmetic.md section 7.1 says:
//             half added, shifted by R_W - P, at most 2^P - 1.
// Assumed     a reset in the first cycle (the unit has none); e r <= 2^R_W; OUT_W - P of 0..OUT_W - 2, which does not change.
// Doc         docs/formal.md
`default_nettype none

module softmax_lane_y #(
    parameter E_W   = 16,
    parameter R_W   = 32,
    parameter OUT_W = 8
) (
    input wire             clk_i,
    input wire             hold_i,
    input wire [E_W-1:0]   e_i,
    input wire [R_W:0]     r_i
);

    (* anyconst *) wire [3:0] drop;
    wire [OUT_W-1:0] y;
    softmax_lane #(.E_W(E_W), .R_W(R_W), .OUT_W(OUT_W)) dut (
        .clk_i(clk_i), .hold_i(hold_i), .e_i(e_i), .r_i(r_i), .drop_i(drop), .y_o(y)
    );
    (* hierconn *) wire [OUT_W+1:0] \dut.scaled_q ;

    localparam V_W = R_W + 2;
    wire [R_W:0]   product = {{(R_W + 1 - E_W) {1'b0}}, e_i} * r_i;
    reg  [1:0]     known_q = 2'b00;             // a beat is in the stage
    reg  [R_W:0]   p1_q, p2_q;
    always @(posedge clk_i) if (!hold_i) {known_q, p1_q, p2_q} <= {known_q[0], 1'b1, product, p1_q};
    always @* begin
        assume (drop <= OUT_W - 2);
        assume (!product[R_W] | product[R_W-1:0] == 0);
    end

    wire [V_W-1:0] one  = 1;
    wire [5:0]     p    = OUT_W - drop;
    wire [V_W-1:0] full = (p2_q + (one << (R_W - p - 1))) >> (R_W - p);
    wire [V_W-1:0] top  = (one << p) - 1;
    always @* begin
        if (known_q[1]) assert (y == (full > top ? top : full));
`ifdef INVARIANTS
        if (known_q[0]) assert (\dut.scaled_q == p1_q[R_W:R_W-OUT_W-1] & (!p1_q[R_W] | p1_q[R_W-1:0] == 0));
        if (known_q[1]) assert (!p2_q[R_W] | p2_q[R_W-1:0] == 0);
`endif
    end

    always @* begin
        cover (known_q[1] & hold_i & full > top & p == 5 & !p2_q[R_W]);
        cover (known_q[1] & (p2_q & ((one << (R_W - p)) - 1)) == one << (R_W - p - 1) & p == OUT_W);
    end

endmodule

`default_nettype wire
