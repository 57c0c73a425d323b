// row_reader_beats: every row that is taken is read, beat 0 to its last, once, in order, without a gap but for holds.
//
// Method      The harness keeps the row that is being read and the number of its next beat; the unit's registers are tied
//             to them. What it does in a cycle follows from these alone, so a row is read while it lasts, and the next is
//             taken in the cycle of its last beat if it is there.
// Assumed     a reset in the first cycle; nothing else.
// Doc         docs/formal.md
`default_nettype none

module row_reader_beats #(
    parameter BEAT_W = 8
) (
    input wire              clk_i,
    input wire              rst_ni,
    input wire              hold_i,
    input wire              row_i,
    input wire [BEAT_W-1:0] end_i
);

    wire              take, read, last;
    wire [BEAT_W-1:0] index;
    row_reader #(.BEAT_W(BEAT_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .hold_i(hold_i), .row_i(row_i), .end_i(end_i),
        .take_o(take), .read_o(read), .index_o(index), .last_o(last)
    );
    (* hierconn *) wire [BEAT_W-1:0] \dut.end_q ;

    reg            started_q = 1'b0;
    reg [BEAT_W:0] left_q;                      // beats of the row that have not been read
    reg [BEAT_W:0] next_q;                      // number of the first of these
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        if (!hold_i & left_q != 0) {left_q, next_q} <= {left_q - 1'b1, next_q + 1'b1};
        if (take) {left_q, next_q} <= {{1'b0, end_i} + 1'b1, {(BEAT_W + 1) {1'b0}}};
        if (!rst_ni) left_q <= 0;
    end
    always @* if (!started_q) assume (!rst_ni);

    always @* if (started_q) begin
        assert (read == (left_q != 0));
        if (read) assert (index == next_q & last == (left_q == 1));
        assert (take == (row_i & !hold_i & left_q <= 1));
`ifdef INVARIANTS
        if (read) assert (left_q + next_q == \dut.end_q + 1'b1 & next_q <= \dut.end_q );
        if (!read) assert (index == 0);
`endif
    end

    reg after_q;                                // a row was taken as another ended
    always @(posedge clk_i) after_q <= rst_ni & (after_q | (take & read));
    always @* if (started_q) cover (after_q & next_q == 2 & last & hold_i & row_i);

endmodule

`default_nettype wire
