// row_intake: where rows that come in beats begin and end, and which elements of a beat are the row's.
//
// Spec        All LANES elements of a beat count; of the beat with last_i element 0 and those up to the first 0 of keep_i.
//             A row without last_i in its first 2^BEAT_W beats is ended there, and overlong_o is high from then on until
//             reset.
// Widths      index_o is the number of the beat within its row.
// Latency     none; overlong_o a cycle after the beat
// Handshake   take_i: the beat is taken
// Doc         docs/units/layer_norm.md
`default_nettype none

module row_intake #(
    parameter LANES  = 4,                       // 1..64, elements of a beat
    parameter BEAT_W = 8                        // 1..12, longest row = 2^BEAT_W beats
) (
    input  wire              clk_i,
    input  wire              rst_ni,
    input  wire              take_i,
    input  wire [LANES-1:0]  keep_i,
    input  wire              last_i,
    output wire [LANES-1:0]  counts_o,          // elements that are the row's
    output wire              ends_o,            // the row ends with this beat
    output wire [BEAT_W-1:0] index_o,
    output wire              overlong_o
);

    generate
        if (LANES < 1 || LANES > 64) begin : g_lanes
            row_intake_LANES_out_of_range i_stop ();
        end
        if (BEAT_W < 1 || BEAT_W > 12) begin : g_beat_w
            row_intake_BEAT_W_out_of_range i_stop ();
        end
    endgenerate

    reg [BEAT_W-1:0] taken_q;                   // beats of the row that are in
    reg              overlong_q;
    wire             longest = &taken_q;

    genvar lane;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_lane
            if (lane == 0) begin : g_first
                assign counts_o[lane] = 1'b1;
            end else begin : g_next
                assign counts_o[lane] = ~last_i | (&keep_i[lane:1]);
            end
        end
    endgenerate
    wire unused = &{1'b0, keep_i};              // that of element 0 says nothing

    always @(posedge clk_i) begin
        if (take_i) begin
            taken_q <= ends_o ? {BEAT_W{1'b0}} : taken_q + {{(BEAT_W - 1) {1'b0}}, 1'b1};
            if (longest & ~last_i) overlong_q <= 1'b1;
        end
        if (!rst_ni) begin
            taken_q    <= {BEAT_W{1'b0}};
            overlong_q <= 1'b0;
        end
    end

    assign ends_o     = last_i | longest;
    assign index_o    = taken_q;
    assign overlong_o = overlong_q;

endmodule

`default_nettype wire
