// row_feeder: reads rows of the activation memory, one after another, as beats of LANES elements.
//
// Spec        element j of row i is bank j mod ROWS of word origin + i * step + floor(j / ROWS); a word gives ROWS / LANES beats
// Widths      addresses modulo 2^ADDR_W; rows: 24 bits; elements of a row: 1..2^LEN_W
// Latency     the first beat waits 2 cycles after start_i; one beat a cycle, without a gap between rows
// Handshake   a beat moves while valid_o & ready_i. The memory has no enable: a beat that waits is read again. Of a row's last
//             beat keep_o says which elements are the row's. No start_i while beats are left.
// Doc         docs/units/row_engine.md
`default_nettype none

module row_feeder #(
    parameter ROWS   = 16,                      // banks
    parameter X_W    = 8,
    parameter LANES  = 4,                       // a power of two that divides ROWS
    parameter ADDR_W = 12,
    parameter LEN_W  = 10                       // longest row = 2^LEN_W > LANES
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 start_i,        // descriptor inputs are valid from here to the last beat
    input  wire [ADDR_W-1:0]    origin_i,
    input  wire [ADDR_W-1:0]    step_i,
    input  wire [23:0]          rows_i,
    input  wire [LEN_W:0]       length_i,
    // activation memory
    output wire [ADDR_W-1:0]    raddr_o,
    input  wire [ROWS*X_W-1:0]  rdata_i,
    // beats
    output wire                 valid_o,
    input  wire                 ready_i,
    output wire [LANES*X_W-1:0] data_o,
    output wire [LANES-1:0]     keep_o,
    output wire                 last_o
);

    localparam LANE_W  = $clog2(LANES);
    localparam BEAT_W  = LEN_W - LANE_W;
    localparam SLICES  = ROWS / LANES;          // beats of a word
    localparam SLICE_W = (SLICES > 1) ? $clog2(SLICES) : 1;
    localparam [31:0] TOP_SLICE = SLICES - 1;
    localparam [31:0] LANES_LESS_1 = LANES - 1;
    localparam [LEN_W:0] LANE_MASK = LANES_LESS_1[LEN_W:0];

    // ---- What follows from the length: the last element, the beat that it is in, and what counts there.
    wire [LEN_W:0] top  = length_i - {{LEN_W{1'b0}}, 1'b1};
    wire [LEN_W:0] rest = top & LANE_MASK;
    genvar lane;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_keep
            if (lane == 0) begin : g_first
                assign keep_o[lane] = 1'b1;
            end else begin : g_next
                localparam [31:0] NUMBER = lane;
                assign keep_o[lane] = (NUMBER[LEN_W:0] <= rest);
            end
        end
    endgenerate
    wire unused = &{1'b0, top[LEN_W], rest};

    // ---- The walk.
    reg               reading_q;
    reg [ADDR_W-1:0]  addr_q, row_addr_q;       // of the beat, of its row
    reg [SLICE_W-1:0] slice_q;                  // of the word
    reg [BEAT_W-1:0]  beat_q;                   // of the row
    reg [23:0]        row_q;
    wire              last_beat  = (beat_q == top[LEN_W-1:LANE_W]);
    wire              last_slice = (slice_q == TOP_SLICE[SLICE_W-1:0]);
    wire              last_row   = (row_q == rows_i - 24'd1);
    wire [ADDR_W-1:0] next_row   = row_addr_q + step_i;

    // ---- The beat that the memory gives.
    reg               valid_q, last_q;
    reg [ADDR_W-1:0]  given_addr_q;
    reg [SLICE_W-1:0] given_slice_q;
    wire              hold = valid_q & ~ready_i;

    assign raddr_o = hold ? given_addr_q : addr_q;
    assign valid_o = valid_q;
    assign last_o  = last_q;
    assign data_o  = rdata_i[given_slice_q*(LANES*X_W)+:LANES*X_W];

    always @(posedge clk_i) begin
        if (!hold) begin
            valid_q       <= reading_q;
            last_q        <= last_beat;
            given_addr_q  <= addr_q;
            given_slice_q <= slice_q;
            if (reading_q) begin
                beat_q  <= beat_q + {{(BEAT_W - 1) {1'b0}}, 1'b1};
                slice_q <= last_slice ? {SLICE_W{1'b0}} : slice_q + {{(SLICE_W - 1) {1'b0}}, 1'b1};
                addr_q  <= addr_q + {{(ADDR_W - 1) {1'b0}}, last_slice};
                if (last_beat) begin
                    beat_q     <= {BEAT_W{1'b0}};
                    slice_q    <= {SLICE_W{1'b0}};
                    addr_q     <= next_row;
                    row_addr_q <= next_row;
                    row_q      <= row_q + 24'd1;
                    reading_q  <= ~last_row;
                end
            end
        end
        if (start_i) begin
            reading_q  <= 1'b1;
            addr_q     <= origin_i;
            row_addr_q <= origin_i;
            slice_q    <= {SLICE_W{1'b0}};
            beat_q     <= {BEAT_W{1'b0}};
            row_q      <= 24'd0;
        end
        if (!rst_ni) begin
            reading_q <= 1'b0;
            valid_q   <= 1'b0;
        end
    end

endmodule

`default_nettype wire
