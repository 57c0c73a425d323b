// row_total: the sum of the elements of a row that comes in beats, one a cycle or fewer.
//
// Spec        sum_o = the sum of a row's elements, as unsigned numbers
// Widths      up to 2^LEN_W elements of E_W bits: E_W + LEN_W bits
// Latency     full_o 2 cycles after the last beat
// Handshake   A beat comes with valid_i, whenever it likes; the last of a row only if the row before was taken, or is taken in
//             the cycle after. A row's sum waits under full_o for take_i; meanwhile the next row comes in up to its last beat.
// Model       sum, of Python
// Doc         docs/units/softmax_rows.md
`default_nettype none

module row_total #(
    parameter E_W   = 16,                       // 1..16, element
    parameter LANES = 4,                        // 1..64, elements of a beat
    parameter LEN_W = 10                        // 1..12, longest row = 2^LEN_W
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 valid_i,
    input  wire [LANES*E_W-1:0] x_i,            // 0 where an element does not count
    input  wire                 last_i,         // last beat of the row
    output wire                 full_o,
    input  wire                 take_i,
    output wire [E_W+LEN_W-1:0] sum_o
);

    generate
        if (E_W < 1 || E_W > 16) begin : g_e_w
            row_total_E_W_out_of_range i_stop ();
        end
        if (LANES < 1 || LANES > 64) begin : g_lanes
            row_total_LANES_out_of_range i_stop ();
        end
        if (LEN_W < 1 || LEN_W > 12) begin : g_len_w
            row_total_LEN_W_out_of_range i_stop ();
        end
    endgenerate

    localparam S_W = E_W + LEN_W;

    // Stage 1: the sum of the beat.
    reg            valid_q, last_q;
    reg  [S_W-1:0] beat, beat_q;

    integer lane;
    always @* begin
        beat = {S_W{1'b0}};
        for (lane = 0; lane < LANES; lane = lane + 1) beat = beat + {{LEN_W{1'b0}}, x_i[lane*E_W+:E_W]};
    end

    // Stage 2: the sum so far; it is 0 before a row's first beat. A whole row's has a place of its own.
    reg            full_q;
    reg  [S_W-1:0] so_far_q, sum_q;
    wire [S_W-1:0] added = so_far_q + beat_q;

    always @(posedge clk_i) begin
        valid_q <= valid_i;
        last_q  <= last_i;
        beat_q  <= beat;
        if (take_i) full_q <= 1'b0;
        if (valid_q) begin
            so_far_q <= last_q ? {S_W{1'b0}} : added;
            if (last_q) begin
                full_q <= 1'b1;
                sum_q  <= added;
            end
        end
        if (!rst_ni) begin
            valid_q  <= 1'b0;
            full_q   <= 1'b0;
            so_far_q <= {S_W{1'b0}};
        end
    end

    assign full_o = full_q;
    assign sum_o  = sum_q;

endmodule

`default_nettype wire
