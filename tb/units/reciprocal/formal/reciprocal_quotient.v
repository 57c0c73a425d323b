// reciprocal_quotient: the quotient r of 2^R_W and any divisor d: r d <= 2^R_W < (r + 1) d, after exactly Q_W + 1 cycles.
//
// Method      After j bits r d + rest is the upper part of 2^R_W, of j bits and those before the quotient's first, and
//             rest < d. A solver does not get through products of this width, so r and r d grow beside the unit, bit by bit:
//             from 0, 0 to 2 r + b and (2 r + b) d = 2 r d + b d. PRODUCTS compares that with the * operator, at a width
//             where it can.
// Assumed     a reset in the first cycle; divisors whose quotient fits Q_W bits, d > 2^(R_W - Q_W).
// Doc         docs/formal.md
`default_nettype none

module reciprocal_quotient #(
    parameter D_W = 16,
    parameter R_W = 32,
    parameter Q_W = 18
) (
    input wire           clk_i,
    input wire           rst_ni,
    input wire           start_i,
    input wire [D_W-1:0] divisor_i
);

    wire           done;
    wire [Q_W-1:0] quotient;
    reciprocal #(.D_W(D_W), .R_W(R_W), .Q_W(Q_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .divisor_i(divisor_i), .done_o(done), .quotient_o(quotient)
    );
    (* hierconn *) wire [$clog2(Q_W+1)-1:0] \dut.step_q ;
    (* hierconn *) wire [D_W-1:0]           \dut.divisor_q ;
    (* hierconn *) wire                     \dut.fits ;
    (* hierconn *) wire [D_W:0]             \dut.remainder_q ;

    localparam C_W = 8;
    localparam V_W = D_W + Q_W + 1;             // holds 2^R_W and every product
    reg           started_q = 1'b0;
    reg           asked_q;                      // a divisor came after the last reset
    reg [D_W-1:0] divisor_q;
    reg [C_W-1:0] age_q;                        // cycles since it came, up to Q_W + 2
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        if (age_q != Q_W + 2) age_q <= age_q + 1;
        if (start_i) {asked_q, divisor_q, age_q} <= {1'b1, divisor_i, {{(C_W - 1) {1'b0}}, 1'b1}};
        if (!rst_ni) asked_q <= 1'b0;
    end

    wire [V_W-1:0] one   = 1;
    wire [V_W-1:0] d     = divisor_q;
    wire [V_W-1:0] first = (one << R_W) >> Q_W; // what comes before the quotient's first bit; 0 if that is the highest
    wire           known = asked_q & age_q >= Q_W + 1;
    wire [V_W-1:0] asked = divisor_i;
    reg [V_W-1:0]  r, product;                  // and r d
    always @(posedge clk_i) begin
        if (\dut.step_q != Q_W) begin
            r       <= (r << 1) + \dut.fits ;
            product <= (product << 1) + (\dut.fits ? d : 0);
        end
        if (start_i) {r, product} <= {2 * V_W{1'b0}};
    end
    always @* begin
        if (!started_q) assume (!rst_ni);
        if (start_i) assume (asked > first);
    end

    always @* if (started_q) begin
        assert (done == (asked_q & age_q == Q_W + 1));
        if (known) assert (quotient == r);
        if (known) assert (product <= one << R_W);
        if (known) assert (one << R_W < product + d);
`ifdef INVARIANTS
        assert (\dut.step_q <= Q_W);
        if (!asked_q) assert (\dut.step_q == Q_W);
        if (asked_q) begin
            assert (age_q >= 1 & age_q <= Q_W + 2);
            assert (\dut.step_q == (known ? Q_W : age_q - 1));
            assert (\dut.divisor_q == divisor_q & d > first);
            assert (quotient == r & r >> \dut.step_q == 0);
`ifdef PRODUCTS
            assert (product == r * d);
`endif
            // The remainder with the next bit of the dividend, which is 0 but for its first.
            if (\dut.step_q != 0) assert (\dut.remainder_q [0] == 0);
            if (\dut.step_q == 0) assert (r == 0 & product == 0 & \dut.remainder_q == one << (R_W + 1 - Q_W));
            else assert (rest < d & product <= upper & product + rest == upper);
        end
`endif
    end
    wire [V_W-1:0] rest  = \dut.remainder_q >> 1;
    wire [V_W-1:0] upper = (one << R_W) >> (Q_W - \dut.step_q ); // the bits that have been divided

    always @* if (started_q) begin
        cover (known & d == (first << 1) + 1 & age_q == Q_W + 2);
        cover (done & d == {D_W{1'b1}});
    end

endmodule

`default_nettype wire
