// row_intake_rows: the number of each beat, the end of each row, and which elements of a beat are the row's.
//
// Method      The harness counts the beats of the row that comes in; the unit's counter is tied to it.
// Assumed     a reset in the first cycle; nothing else.
// Doc         docs/formal.md
`default_nettype none

module row_intake_rows #(
    parameter LANES  = 8,
    parameter BEAT_W = 7
) (
    input wire             clk_i,
    input wire             rst_ni,
    input wire             take_i,
    input wire [LANES-1:0] keep_i,
    input wire             last_i
);

    wire [LANES-1:0]  counts;
    wire              ends, overlong;
    wire [BEAT_W-1:0] index;
    row_intake #(.LANES(LANES), .BEAT_W(BEAT_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .take_i(take_i), .keep_i(keep_i), .last_i(last_i),
        .counts_o(counts), .ends_o(ends), .index_o(index), .overlong_o(overlong)
    );

    localparam [BEAT_W:0] LONGEST = 1 << BEAT_W;
    reg            started_q = 1'b0;
    reg            overlong_q;
    reg [BEAT_W:0] beats_q;                     // of the row, with those that have not come
    wire           whole = (beats_q + 1 == LONGEST);
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        if (take_i) beats_q <= (last_i | whole) ? 0 : beats_q + 1;
        if (take_i & whole & ~last_i) overlong_q <= 1'b1;
        if (!rst_ni) {beats_q, overlong_q} <= 0;
    end
    always @* if (!started_q) assume (!rst_ni);

    integer lane, before;
    reg     cut;                                // an element before this one is left out
    always @* if (started_q) begin
        assert (index == beats_q & ends == (last_i | whole) & overlong == overlong_q);
        for (lane = 0; lane < LANES; lane = lane + 1) begin
            cut = 1'b0;
            for (before = 1; before <= lane; before = before + 1) if (!keep_i[before]) cut = 1'b1;
            assert (counts[lane] == (!last_i | !cut));
        end
    end
`ifdef INVARIANTS
    always @* if (started_q) assert (beats_q < LONGEST);
`endif

    always @* if (started_q) begin
        cover (overlong & index == 1 & last_i & counts == 3 & keep_i[1:0] == 2 & keep_i[LANES-1]);
    end

endmodule

`default_nettype wire
