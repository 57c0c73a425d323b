// tile_loader: walks the weight tiles of a layer, one row of the array a cycle, and tells each row of the window former
// which tap of the window and which channel word it stands for.
//
// Spec        tiles in the order: column tile, pixel block, K tile. A K tile is taps_per_tile taps of rows_per_tap rows:
//             row r is tap t0 + floor(r / rows_per_tap); taps walk x first; for each tap (or group of taps) the channel
//             words 0 .. ch_words-1 follow one another. Rows beyond the taps are switched off.
//             Weight address: weight_base + row index, in that order; every pixel block reads the column tile's rows again,
//             and with same_i every K tile reads the same rows.
// Spans       SPAN rows of the array share a word of the weight memory, which is read with the last one of them.
// Widths      counters of 16 bits, addresses modulo their memory's address width
// Latency     a row is announced on cfg_* and rom_* in the same cycle; ROWS cycles a tile
// Handshake   tile_ready_o: a whole tile waits. first_i: the sequencer has just taken it; loading of the next one
//             starts in that very cycle; while no tile waits it does nothing. start_i begins afresh wherever the walk is.
// Limits      rows_per_tap * taps_per_tile <= ROWS; a tile of several taps has one channel word; no
//             count is 0.
// Model       t2c.mapping.tiles
// Doc         docs/units/tile_loader.md
`default_nettype none

module tile_loader #(
    parameter ROWS       = 16,
    parameter SPAN       = 1,                   // divides ROWS
    parameter ADDR_W     = 10,                  // activation address
    parameter WGT_ADDR_W = 12,
    parameter GEO_W      = 16
) (
    input  wire                  clk_i,
    input  wire                  rst_ni,
    input  wire                  start_i,       // descriptor inputs are valid from here to the end of the layer
    // descriptor
    input  wire [15:0]           taps_i,
    input  wire [15:0]           k_w_i,
    input  wire [GEO_W-1:0]      dil_h_i,
    input  wire [GEO_W-1:0]      dil_w_i,
    input  wire [ADDR_W-1:0]     tap_row_step_i,
    input  wire [ADDR_W-1:0]     tap_col_step_i,
    input  wire [15:0]           ch_words_i,
    input  wire [15:0]           rows_per_tap_i,
    input  wire [15:0]           taps_per_tile_i,
    input  wire [15:0]           k_tiles_i,
    input  wire [15:0]           col_tiles_i,
    input  wire [15:0]           blocks_i,
    input  wire [WGT_ADDR_W-1:0] weight_base_i,
    input  wire                  same_i,        // one tile of weights for all K tiles of a column tile
    // sequencer
    input  wire                  first_i,
    output wire                  tile_ready_o,
    // row configuration and weight row
    output wire [ROWS-1:0]       cfg_we_o,      // one-hot
    output wire                  cfg_valid_o,
    output wire [GEO_W-1:0]      cfg_dy_o,
    output wire [GEO_W-1:0]      cfg_dx_o,
    output wire [ADDR_W-1:0]     cfg_offset_o,
    output wire                  rom_valid_o,
    output wire [WGT_ADDR_W-1:0] rom_addr_o
);

    localparam [ROWS-1:0] FIRST_ROW = 1;

    reg                  busy_q;                // tiles remain to be loaded
    reg                  ready_q;               // a whole tile is loaded and not yet taken
    reg [ROWS-1:0]       row_q;                 // one-hot
    reg [15:0]           k_tile_q, block_q, col_tile_q;
    reg                  last_k_q, last_blk_q, last_col_q;
    reg [WGT_ADDR_W-1:0] addr_q, col_addr_q;
    // walk over the taps
    reg [15:0]           tap_q, kx_q, channel_q, tap_in_tile_q, word_q;
    reg                  last_kx_q, tap_done_q, in_tile_q, last_word_q;
    reg [GEO_W-1:0]      dy_q, dx_q;
    reg [ADDR_W-1:0]     tap_row_q, tap_offset_q;

    wire load      = busy_q & (~ready_q | first_i);
    wire last_row  = row_q[ROWS-1];
    wire next_tap  = tap_done_q & in_tile_q & last_word_q;

    wire [ADDR_W+15:0] word_wide = {{ADDR_W{1'b0}}, word_q};
    wire unused_word = &{1'b0, word_wide[ADDR_W+15:ADDR_W]};

    wire word;                                  // the row's cycle reads a word of weights
    generate
        if (SPAN == 1) begin : g_word
            assign word = 1'b1;
        end else begin : g_words
            localparam [SPAN-1:0] LAST_OF_SPAN = 1 << (SPAN - 1);
            assign word = |(row_q & {ROWS / SPAN{LAST_OF_SPAN}});
        end
    endgenerate

    assign tile_ready_o = ready_q;
    assign cfg_we_o     = row_q & {ROWS{load}};
    assign cfg_valid_o  = in_tile_q & (tap_q < taps_i);
    assign cfg_dy_o     = dy_q;
    assign cfg_dx_o     = dx_q;
    assign cfg_offset_o = tap_offset_q + word_wide[ADDR_W-1:0];
    assign rom_valid_o  = load & word;
    assign rom_addr_o   = addr_q;

    // Position in the layer. A last flag is made with the position that it belongs to, from the one before.
    always @(posedge clk_i) begin
        if (load) begin
            row_q  <= {row_q[ROWS-2:0], row_q[ROWS-1]};
            if (word) addr_q <= addr_q + {{(WGT_ADDR_W - 1) {1'b0}}, 1'b1};
            if (last_row) begin
                k_tile_q <= last_k_q ? 16'd0 : k_tile_q + 16'd1;
                last_k_q <= last_k_q ? (k_tiles_i == 16'd1) : (k_tile_q == k_tiles_i - 16'd2);
                if (last_k_q & last_blk_q) begin
                    block_q    <= 16'd0;
                    last_blk_q <= (blocks_i == 16'd1);
                    col_tile_q <= col_tile_q + 16'd1;
                    last_col_q <= (col_tile_q == col_tiles_i - 16'd2);
                    col_addr_q <= addr_q + {{(WGT_ADDR_W - 1) {1'b0}}, 1'b1};
                    if (last_col_q) busy_q <= 1'b0;
                end else if (last_k_q) begin
                    block_q    <= block_q + 16'd1;
                    last_blk_q <= (block_q == blocks_i - 16'd2);
                    addr_q     <= col_addr_q;
                end else if (same_i) addr_q <= col_addr_q;
            end
        end
        ready_q <= (load & last_row) | (ready_q & ~first_i);
        if (start_i) begin
            busy_q     <= 1'b1;
            ready_q    <= 1'b0;
            row_q      <= FIRST_ROW;
            k_tile_q   <= 16'd0;
            last_k_q   <= (k_tiles_i == 16'd1);
            block_q    <= 16'd0;
            last_blk_q <= (blocks_i == 16'd1);
            col_tile_q <= 16'd0;
            last_col_q <= (col_tiles_i == 16'd1);
            addr_q     <= weight_base_i;
            col_addr_q <= weight_base_i;
        end
        if (!rst_ni) begin
            busy_q  <= 1'b0;
            ready_q <= 1'b0;
        end
    end

    // Position in the window.
    always @(posedge clk_i) begin
        if (load) begin
            channel_q  <= tap_done_q ? 16'd0 : channel_q + 16'd1;
            tap_done_q <= tap_done_q ? (rows_per_tap_i == 16'd1) : (channel_q == rows_per_tap_i - 16'd2);
            if (tap_done_q & in_tile_q) begin
                tap_in_tile_q <= tap_in_tile_q + 16'd1;
                in_tile_q     <= (tap_in_tile_q != taps_per_tile_i - 16'd1);
            end
            if (next_tap) begin
                tap_q        <= tap_q + 16'd1;
                kx_q         <= last_kx_q ? 16'd0 : kx_q + 16'd1;
                last_kx_q    <= last_kx_q ? (k_w_i == 16'd1) : (kx_q == k_w_i - 16'd2);
                dx_q         <= last_kx_q ? {GEO_W{1'b0}} : dx_q + dil_w_i;
                tap_offset_q <= last_kx_q ? tap_row_q + tap_row_step_i : tap_offset_q + tap_col_step_i;
                if (last_kx_q) begin
                    dy_q      <= dy_q + dil_h_i;
                    tap_row_q <= tap_row_q + tap_row_step_i;
                end
            end
            if (last_row) begin
                channel_q     <= 16'd0;
                tap_done_q    <= (rows_per_tap_i == 16'd1);
                tap_in_tile_q <= 16'd0;
                in_tile_q     <= 1'b1;
                word_q        <= last_word_q ? 16'd0 : word_q + 16'd1;
                last_word_q   <= last_word_q ? (ch_words_i == 16'd1) : (word_q == ch_words_i - 16'd2);
            end
        end
        if (start_i | (load & last_row & last_k_q)) begin
            tap_q         <= 16'd0;
            kx_q          <= 16'd0;
            last_kx_q     <= (k_w_i == 16'd1);
            channel_q     <= 16'd0;
            tap_done_q    <= (rows_per_tap_i == 16'd1);
            tap_in_tile_q <= 16'd0;
            in_tile_q     <= 1'b1;
            word_q        <= 16'd0;
            last_word_q   <= (ch_words_i == 16'd1);
            dy_q          <= {GEO_W{1'b0}};
            dx_q          <= {GEO_W{1'b0}};
            tap_row_q     <= {ADDR_W{1'b0}};
            tap_offset_q  <= {ADDR_W{1'b0}};
        end
    end

endmodule

`default_nettype wire
