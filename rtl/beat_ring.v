// beat_ring: memory in which beats wait for their turn, in order; a place may be kept before its beat comes.
//
// Spec        The beats that are written come out as they came in. room_o: a place is free. A place is free again when its
//             beat has moved on, which is a cycle after it was read, or later if hold_i.
// Widths      2^PTR_W beats of W bits
// Latency     data_o 1 cycle after read_i, under valid_o; it stays while hold_i
// Handshake   claim_i only under room_o; write_i with its claim or later, one for each; read_i only if a beat is there;
//             it counts while hold_i is 0
// Doc         docs/units/softmax_rows.md
`default_nettype none

module beat_ring #(
    parameter W     = 32,                       // beat
    parameter PTR_W = 7                         // 1..14, the ring has 2^PTR_W places
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    output wire         room_o,
    input  wire         claim_i,                // a place is kept
    input  wire         write_i,                // the beat for the oldest place that is kept
    input  wire [W-1:0] data_i,
    input  wire         read_i,                 // the oldest beat is to come out
    input  wire         hold_i,                 // nothing comes out
    output wire         valid_o,
    output wire [W-1:0] data_o
);

    generate
        if (PTR_W < 1 || PTR_W > 14) begin : g_ptr_w
            beat_ring_PTR_W_out_of_range i_stop ();
        end
    endgenerate

    reg  [PTR_W-1:0] write_q;
    reg  [PTR_W-1:0] read_q;
    reg  [PTR_W:0]   level_q;                   // places that are kept or full
    reg              valid_q;
    wire             free = valid_q & ~hold_i;

    // The memory has no enable: while the beat holds its address is read again.
    reg  [PTR_W-1:0] addr_q;
    wire [PTR_W-1:0] addr = hold_i ? addr_q : read_q;

    ram #(
        .W      (W),
        .DEPTH  (1 << PTR_W),
        .ADDR_W (PTR_W)
    ) i_beats (
        .clk_i   (clk_i),
        .we_i    (write_i),
        .waddr_i (write_q),
        .wdata_i (data_i),
        .raddr_i (addr),
        .rdata_o (data_o)
    );

    always @(posedge clk_i) begin
        addr_q  <= addr;
        level_q <= level_q + {{PTR_W{1'b0}}, claim_i} - {{PTR_W{1'b0}}, free};
        if (write_i) write_q <= write_q + {{(PTR_W - 1) {1'b0}}, 1'b1};
        if (!hold_i) begin
            valid_q <= read_i;
            if (read_i) read_q <= read_q + {{(PTR_W - 1) {1'b0}}, 1'b1};
        end
        if (!rst_ni) begin
            write_q <= {PTR_W{1'b0}};
            read_q  <= {PTR_W{1'b0}};
            level_q <= {(PTR_W + 1) {1'b0}};
            valid_q <= 1'b0;
        end
    end

    assign room_o  = ~level_q[PTR_W];
    assign valid_o = valid_q;

endmodule

`default_nettype wire
