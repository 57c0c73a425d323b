// row_maximum: the largest element of a row that comes in beats.
//
// Spec        max_o = the largest of the counted elements of a row, as unsigned numbers; tag_o = tag_i of its last beat
// Widths      X_W bits
// Latency     full_o 2 cycles after the last beat was taken, unless the row before is still there
// Handshake   A beat moves while valid_i & ready_o. A row's maximum waits under full_o for take_i; meanwhile the next row comes
//             in up to its last beat.
// Model       max, of Python
// Doc         docs/units/softmax_rows.md
`default_nettype none

module row_maximum #(
    parameter X_W   = 8,                        // 2..16, element
    parameter LANES = 4,                        // 1..64, elements of a beat
    parameter TAG_W = 1                         // what else is said of a row
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 valid_i,
    output wire                 ready_o,
    input  wire [LANES*X_W-1:0] x_i,            // 0 where an element does not count
    input  wire                 last_i,         // last beat of the row
    input  wire [TAG_W-1:0]     tag_i,
    output wire                 full_o,
    input  wire                 take_i,
    output wire [X_W-1:0]       max_o,
    output wire [TAG_W-1:0]     tag_o
);

    generate
        if (X_W < 2 || X_W > 16) begin : g_x_w
            row_maximum_X_W_out_of_range i_stop ();
        end
        if (LANES < 1 || LANES > 64) begin : g_lanes
            row_maximum_LANES_out_of_range i_stop ();
        end
    endgenerate

    // Stage 1: the largest of the beat.
    reg               valid_q, last_q;
    reg [TAG_W-1:0]   tag_q;
    reg [X_W-1:0]     beat, beat_q;

    integer lane;
    always @* begin
        beat = {X_W{1'b0}};
        for (lane = 0; lane < LANES; lane = lane + 1)
            if (x_i[lane*X_W+:X_W] > beat) beat = x_i[lane*X_W+:X_W];
    end

    // Stage 2: the largest so far; it is 0 before a row's first beat. A whole row's has a place of its own.
    reg               full_q;
    reg [X_W-1:0]     so_far_q;
    reg [X_W-1:0]     max_q;
    reg [TAG_W-1:0]   max_tag_q;
    wire              hold   = valid_q & last_q & full_q & ~take_i;
    wire [X_W-1:0]    larger = (beat_q > so_far_q) ? beat_q : so_far_q;

    always @(posedge clk_i) begin
        if (take_i) full_q <= 1'b0;
        if (!hold) begin
            valid_q <= valid_i;
            last_q  <= last_i;
            tag_q   <= tag_i;
            beat_q  <= beat;
            if (valid_q) begin
                so_far_q <= last_q ? {X_W{1'b0}} : larger;
                if (last_q) begin
                    full_q    <= 1'b1;
                    max_q     <= larger;
                    max_tag_q <= tag_q;
                end
            end
        end
        if (!rst_ni) begin
            valid_q  <= 1'b0;
            full_q   <= 1'b0;
            so_far_q <= {X_W{1'b0}};
        end
    end

    assign ready_o = ~hold;
    assign full_o  = full_q;
    assign max_o   = max_q;
    assign tag_o   = max_tag_q;

endmodule

`default_nettype wire
