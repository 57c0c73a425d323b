// integer_root_root: the root k of any value: k^2 <= value < (k + 1)^2, after exactly W + 1 cycles.
//
// Method      After j digits k is the root of the upper 2 j bits v of the value: k^2 + remainder = v, remainder <= 2 k.
//             A solver does not get through squares of 16 bits, so k and its square grow beside the unit, digit by digit:
//             from 0, 0 to 2 k + d and (2 k + d)^2 = 4 k^2 + d (4 k + 1). PRODUCTS compares that with the * operator, at a
//             width where it can; tests/formal/test_ghosts.py does so for all numbers of 16 bits.
// Assumed     a reset in the first cycle; nothing else.
// Doc         docs/formal.md
`default_nettype none

module integer_root_root #(
    parameter W = 16
) (
    input wire           clk_i,
    input wire           rst_ni,
    input wire           start_i,
    input wire [2*W-1:0] value_i
);

    wire         done;
    wire [W-1:0] root;
    integer_root #(.W(W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .value_i(value_i), .done_o(done), .root_o(root)
    );
    (* hierconn *) wire [$clog2(W+1)-1:0] \dut.step_q ;
    (* hierconn *) wire                   \dut.fits ;
    (* hierconn *) wire [2*W-1:0]         \dut.value_q ;
    (* hierconn *) wire [W:0]             \dut.remainder_q ;

    // What was asked, and since when.
    localparam C_W = 8;
    reg           started_q = 1'b0;
    reg           asked_q;                      // a value came after the last reset
    reg [2*W-1:0] value_q;
    reg [C_W-1:0] age_q;                        // cycles since it came, up to W + 2
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        if (age_q != W + 2) age_q <= age_q + 1;
        if (start_i) {asked_q, value_q, age_q} <= {1'b1, value_i, {{(C_W - 1) {1'b0}}, 1'b1}};
        if (!rst_ni) asked_q <= 1'b0;
    end
    always @* if (!started_q) assume (!rst_ni);

    // k and its square.
    reg [2*W+1:0] k, square;
    always @(posedge clk_i) begin
        if (\dut.step_q != W) begin
            k      <= (k << 1) + \dut.fits ;
            square <= (square << 2) + (\dut.fits ? (k << 2) + 1 : 0);
        end
        if (start_i) {k, square} <= {4 * W + 4{1'b0}};
    end

    wire [2*W+1:0] value = value_q;
    wire [2*W+1:0] upper = value >> (2 * (W - \dut.step_q )); // the bits that have come
    wire           known = asked_q & age_q >= W + 1;

    always @* if (started_q) begin
        assert (done == (asked_q & age_q == W + 1));
        if (known) assert (root == k);
        if (known) assert (square <= value);
        if (known) assert (value < square + (k << 1) + 1);
`ifdef INVARIANTS
        assert (\dut.step_q <= W);
        if (!asked_q) assert (\dut.step_q == W);
        if (asked_q) begin
            assert (age_q >= 1 & age_q <= W + 2);
            assert (\dut.step_q == (known ? W : age_q - 1));
            // The bits that are used up: the upper 2 step_q; the others wait in value_q from the highest on.
            assert (\dut.value_q == value_q << (2 * \dut.step_q ));
            assert (root == k);
            assert (square <= upper & square + \dut.remainder_q == upper);
            assert (\dut.remainder_q <= 2 * k);
            assert (k >> \dut.step_q == 0);
`ifdef PRODUCTS
            assert (square == k * k);
`endif
        end
`endif
    end

    always @* if (started_q) begin
        cover (known & root == 5 & value_q == 35);
        cover (done & root == {W{1'b1}});
    end

endmodule

`default_nettype wire
