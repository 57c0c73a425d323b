// row_reader: the beats of rows, one a cycle and row after row without a gap.
//
// Spec        A row that is taken with its last beat's number end_i is read in end_i + 1 cycles: read_o with index_o = 0, 1 ..
//             end_i, last_o with the last.
// Widths      BEAT_W bits
// Latency     the first beat is read in the cycle after take_o
// Handshake   row_i: a row is there, with its end_i. take_o: it is taken, in the cycle of the last beat of the one before or
//             later. Under hold_i nothing is read and nothing is taken.
// Doc         docs/units/softmax_rows.md
`default_nettype none

module row_reader #(
    parameter BEAT_W = 8                        // 1..12, longest row = 2^BEAT_W beats
) (
    input  wire              clk_i,
    input  wire              rst_ni,
    input  wire              hold_i,
    input  wire              row_i,
    input  wire [BEAT_W-1:0] end_i,
    output wire              take_o,
    output wire              read_o,            // a beat is read, unless hold_i
    output wire [BEAT_W-1:0] index_o,
    output wire              last_o             // it is the last of its row
);

    generate
        if (BEAT_W < 1 || BEAT_W > 12) begin : g_beat_w
            row_reader_BEAT_W_out_of_range i_stop ();
        end
    endgenerate

    reg              read_q;
    reg [BEAT_W-1:0] index_q;
    reg [BEAT_W-1:0] end_q;

    always @(posedge clk_i) begin
        if (take_o) end_q <= end_i;
        if (!hold_i) begin
            if (read_q) index_q <= last_o ? {BEAT_W{1'b0}} : index_q + {{(BEAT_W - 1) {1'b0}}, 1'b1};
            read_q <= take_o | (read_q & ~last_o);
        end
        if (!rst_ni) begin
            read_q  <= 1'b0;
            index_q <= {BEAT_W{1'b0}};
        end
    end

    assign last_o  = (index_q == end_q);
    assign take_o  = row_i & ~hold_i & (~read_q | last_o);
    assign read_o  = read_q;
    assign index_o = index_q;

endmodule

`default_nettype wire
