// row_reciprocal_quotient: for every sum s and every R, 2^R = q s + rest with 0 <= rest < s, and r_o is q 2^(R_W - R).
//
// Method      A solver does not get through products of this width, so q and q s grow beside the unit, bit by bit, from 0, 0 to
//             2 q + b and (2 q + b) s = 2 q s + b s, for the first R + 1 bits of the quotient; the rest is what the unit's
//             remainder was then. PRODUCTS compares q s with the * operator, at a width where a solver can.
// Assumed     a reset in the first cycle; s >= 1; R of 1..R_W, which does not change while a row is inside; take_i only under
//             valid_o.
// Doc         docs/formal.md
`default_nettype none

module row_reciprocal_quotient #(
    parameter S_W   = 26,
    parameter R_W   = 32,
    parameter TAG_W = 11
) (
    input wire             clk_i,
    input wire             rst_ni,
    input wire [5:0]       bits_i,
    input wire             full_i,
    input wire [S_W-1:0]   s_i,
    input wire [TAG_W-1:0] tag_i,
    input wire             take_i
);

    wire             take, valid;
    wire [R_W:0]     r;
    wire [TAG_W-1:0] tag;
    row_reciprocal #(.S_W(S_W), .R_W(R_W), .TAG_W(TAG_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .bits_i(bits_i), .full_i(full_i), .take_o(take), .s_i(s_i), .tag_i(tag_i),
        .valid_o(valid), .take_i(take_i), .r_o(r), .tag_o(tag)
    );
    localparam STEP_W = $clog2(R_W + 2);
    localparam LAST   = R_W + 1;                // steps of a division
    (* hierconn *) wire [STEP_W-1:0] \dut.i_reciprocal.step_q ;
    (* hierconn *) wire [S_W-1:0]    \dut.i_reciprocal.divisor_q ;
    (* hierconn *) wire              \dut.i_reciprocal.fits , \dut.i_reciprocal.done_q ;
    (* hierconn *) wire [S_W:0]      \dut.i_reciprocal.remainder_q ;
    (* hierconn *) wire [R_W:0]      \dut.i_reciprocal.quotient_q ;
    (* hierconn *) wire              \dut.busy_q , \dut.valid_q ;
    wire [STEP_W-1:0] step = \dut.i_reciprocal.step_q ;

    localparam V_W = S_W + R_W + 2;             // holds 2^R_W and every product
    reg             started_q = 1'b0;
    reg             inside_q;                   // a row is inside: its sum, R, what is said of it
    reg [S_W-1:0]   s_q;
    reg [5:0]       bits_q;
    reg [TAG_W-1:0] tag_q;
    reg [6:0]       age_q;                      // cycles since it was taken, up to R_W + 2
    reg [V_W-1:0]   q, product;                 // and q s
    wire            wanted = inside_q & step <= bits_q; // this bit is one of the first R + 1
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        if (take_i) inside_q <= 1'b0;
        if (age_q != R_W + 2) age_q <= age_q + 1;
        if (wanted) q <= (q << 1) + \dut.i_reciprocal.fits ;
        if (wanted) product <= (product << 1) + (\dut.i_reciprocal.fits ? s_q : 0);
        if (take) {inside_q, s_q, bits_q, tag_q, age_q, q, product} <= {1'b1, s_i, bits_i, tag_i, 7'd1, {2 * V_W{1'b0}}};
        if (!rst_ni) inside_q <= 1'b0;
    end
    always @* begin
        if (!started_q) assume (!rst_ni);
        if (started_q & inside_q) assume (bits_i == bits_q);
        assume (bits_i >= 1 & bits_i <= R_W);
        if (full_i) assume (s_i != 0);
        if (take_i) assume (valid);
    end

    wire [V_W-1:0] one  = 1;
    wire [V_W-1:0] s    = s_q;
    wire [V_W-1:0] power = one << bits_q;       // 2^R
    always @* if (started_q) begin
        assert (take == (full_i & (!inside_q | take_i)));
        assert (valid == (inside_q & age_q == R_W + 2));
        if (valid) begin
            assert (product <= power);
            assert (power - product < s);
            assert (r == q << (R_W - bits_q));
            assert (tag == tag_q);
        end
`ifdef INVARIANTS
        assert (\dut.busy_q == inside_q);
        if (inside_q) begin
            assert (age_q >= 1 & age_q <= R_W + 2 & s != 0 & bits_q >= 1 & bits_q <= R_W);
            assert (tag == tag_q & \dut.i_reciprocal.divisor_q == s_q);
            assert (step == (age_q > LAST ? LAST : age_q - 1));
            assert (\dut.i_reciprocal.done_q | \dut.valid_q | age_q < R_W + 2);
            if (age_q < R_W + 2) assert (!\dut.i_reciprocal.done_q & !\dut.valid_q );
            // The bits that are done: those of q, and the later ones, which r_o leaves out.
            assert (\dut.i_reciprocal.quotient_q >> later == q & q >> known == 0);
            assert (\dut.i_reciprocal.quotient_q >> step == 0);
            assert (product <= upper & upper - product < s);
            if (step != 0) assert (\dut.i_reciprocal.remainder_q [0] == 0);
            if (step != 0) assert (rest < s);
            if (step == 0) assert (q == 0 & product == 0 & \dut.i_reciprocal.remainder_q == 1);
            else if (later == 0) assert (product + rest == upper);
`ifdef PRODUCTS
            assert (product == q * s);
`endif
        end else assert (!\dut.valid_q & !\dut.i_reciprocal.done_q & step == LAST);
`endif
    end
    wire [STEP_W-1:0] known = step > bits_q ? bits_q + 1 : step; // bits of q
    wire [STEP_W-1:0] later = step - known;
    wire [V_W-1:0]    rest  = \dut.i_reciprocal.remainder_q >> 1;
    wire [V_W-1:0]    upper = (one << R_W) >> (LAST - known); // the bits of 2^R_W that q is of

    always @* if (started_q) begin
        cover (valid & bits_q == R_W - 2 & s == 5 & power - product == 1 & take_i & take);
        cover (valid & s == {S_W{1'b1}} & age_q == R_W + 2 & \dut.valid_q );
    end

endmodule

`default_nettype wire
