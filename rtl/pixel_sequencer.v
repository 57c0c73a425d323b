// pixel_sequencer: walks the output pixels of a layer and issues one to the window former each cycle.
//
// Spec        for column tile, for pixel block (at most ACC_DEPTH pixels), for K tile, for pixel in block:
//             image slowest, then y, then x. A pixel's input position: iy0 = oy * stride_h - pad_h, likewise ix0;
//             its address advances by the descriptor's steps, so there is no multiplier.
//             With pair_i, pixels with odd x are second operands: MulQuant adds each to the one before it, and they have
//             a parameter word of their own. ACC_DEPTH is even, so that no block splits a pair.
// Widths      counters of 16 bits, GEO_W signed coordinates, addresses modulo 2^ADDR_W
// Latency     outputs are valid in the cycle of px_valid_o; one pixel a cycle
// Handshake   the first pixel of a K tile waits for tile_ready_i, and the outputs already are its own meanwhile. start_i
//             begins afresh wherever the walk is, with the descriptor valid from then to the last pixel.
// Model       t2c.mapping.layer, t2c.contract.schedule.pixel_cycle
// Doc         docs/units/pixel_sequencer.md
`default_nettype none

module pixel_sequencer #(
    parameter ACC_DEPTH  = 1024,
    parameter ACC_ADDR_W = 10,
    parameter ADDR_W     = 10,
    parameter PAR_ADDR_W = 8,
    parameter GEO_W      = 16
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    input  wire                    start_i,
    // descriptor
    input  wire [15:0]             images_i,
    input  wire [15:0]             out_h_i,
    input  wire [15:0]             out_w_i,
    input  wire [GEO_W-1:0]        stride_h_i,
    input  wire [GEO_W-1:0]        stride_w_i,
    input  wire [GEO_W-1:0]        pad_h_i,
    input  wire [GEO_W-1:0]        pad_w_i,
    input  wire [ADDR_W-1:0]       origin_i,    // address of tap (0, 0) of the first pixel
    input  wire [ADDR_W-1:0]       col_step_i,
    input  wire [ADDR_W-1:0]       row_step_i,
    input  wire [ADDR_W-1:0]       image_step_i,
    input  wire [15:0]             k_tiles_i,
    input  wire [15:0]             col_tiles_i,
    input  wire [PAR_ADDR_W-1:0]   param_base_i,
    input  wire                    pair_i,
    input  wire                    keep_i,      // the accumulators already hold a part of the sums
    input  wire                    hold_i,      // the sums are not complete when this run ends: give no results
    // tile loader
    input  wire                    tile_ready_i,
    // pixel
    output wire                    px_valid_o,
    output wire                    px_first_o,
    output wire signed [GEO_W-1:0] px_iy0_o,
    output wire signed [GEO_W-1:0] px_ix0_o,
    output wire [ADDR_W-1:0]       px_base_o,
    // what the accumulators have to do with it
    output wire [ACC_ADDR_W-1:0]   acc_addr_o,
    output wire                    acc_clear_o, // first K tile
    output wire                    acc_last_o,  // last K tile: the sum is complete
    output wire [PAR_ADDR_W-1:0]   param_addr_o,
    output wire                    second_o,    // second operand of a pair
    output wire                    partial_o,   // first operand of a pair: its second one follows
    output wire                    last_o       // last pixel of the layer
);

    // The pixel before a block's last one: a last flag belongs to the position beside it and is made with that.
    localparam [31:0] ACC_TOP = ACC_DEPTH - 2;
    localparam [ACC_ADDR_W-1:0] ACC_BEFORE_LAST = ACC_TOP[ACC_ADDR_W-1:0];

    reg                  busy_q;
    reg [15:0]           k_tile_q, col_tile_q;
    reg                  last_k_q, last_col_q;
    reg [PAR_ADDR_W-1:0] param_q;
    reg [ACC_ADDR_W-1:0] index_q;               // pixel in its block
    reg                  first_px_q, last_index_q;

    // Position of the pixel, and that of its block's first pixel.
    reg [15:0]       image_q, oy_q, ox_q;
    reg              last_image_q, last_oy_q, last_ox_q;
    reg [GEO_W-1:0]  iy0_q, ix0_q;
    reg [ADDR_W-1:0] image_addr_q, row_addr_q, addr_q;
    reg [15:0]       block_image_q, block_oy_q, block_ox_q;
    reg              block_last_image_q, block_last_oy_q, block_last_ox_q;
    reg [GEO_W-1:0]  block_iy0_q, block_ix0_q;
    reg [ADDR_W-1:0] block_image_addr_q, block_row_addr_q, block_addr_q;

    wire last_px  = last_ox_q & last_oy_q & last_image_q;
    wire last_blk = last_px | last_index_q;

    assign px_valid_o   = busy_q & (tile_ready_i | ~first_px_q);
    assign px_first_o   = busy_q & tile_ready_i & first_px_q;
    assign px_iy0_o     = iy0_q;
    assign px_ix0_o     = ix0_q;
    assign px_base_o    = addr_q;
    assign acc_addr_o   = index_q;
    assign acc_clear_o  = (k_tile_q == 16'd0) & ~keep_i;
    assign acc_last_o   = last_k_q & ~hold_i;
    assign param_addr_o = param_q + {{(PAR_ADDR_W - 1) {1'b0}}, second_o};
    assign second_o     = pair_i & ox_q[0];
    assign partial_o    = pair_i & ~ox_q[0];
    assign last_o       = last_px & last_k_q & last_col_q;

    wire [GEO_W-1:0]  iy0_origin = {GEO_W{1'b0}} - pad_h_i;
    wire [GEO_W-1:0]  ix0_origin = {GEO_W{1'b0}} - pad_w_i;
    wire [ADDR_W-1:0] next_row   = row_addr_q + row_step_i;
    wire [ADDR_W-1:0] next_image = image_addr_q + image_step_i;

    // After a block's last pixel: the block again for the next K tile, or the next block, or the next column tile.
    wire end_pass = px_valid_o & last_blk;
    wire origin   = start_i | (last_px & last_k_q);
    wire again    = last_blk & ~last_k_q;

    always @(posedge clk_i) begin
        if (px_first_o) begin
            block_image_q      <= image_q;
            block_oy_q         <= oy_q;
            block_ox_q         <= ox_q;
            block_last_image_q <= last_image_q;
            block_last_oy_q    <= last_oy_q;
            block_last_ox_q    <= last_ox_q;
            block_iy0_q        <= iy0_q;
            block_ix0_q        <= ix0_q;
            block_image_addr_q <= image_addr_q;
            block_row_addr_q   <= row_addr_q;
            block_addr_q       <= addr_q;
        end
        if (start_i | px_valid_o) begin
            if (origin) begin
                image_q      <= 16'd0;
                oy_q         <= 16'd0;
                ox_q         <= 16'd0;
                last_image_q <= (images_i == 16'd1);
                last_oy_q    <= (out_h_i == 16'd1);
                last_ox_q    <= (out_w_i == 16'd1);
                iy0_q        <= iy0_origin;
                ix0_q        <= ix0_origin;
                image_addr_q <= origin_i;
                row_addr_q   <= origin_i;
                addr_q       <= origin_i;
            end else if (again) begin
                if (~first_px_q) begin          // a block of one pixel is where it begins
                    image_q      <= block_image_q;
                    oy_q         <= block_oy_q;
                    ox_q         <= block_ox_q;
                    last_image_q <= block_last_image_q;
                    last_oy_q    <= block_last_oy_q;
                    last_ox_q    <= block_last_ox_q;
                    iy0_q        <= block_iy0_q;
                    ix0_q        <= block_ix0_q;
                    image_addr_q <= block_image_addr_q;
                    row_addr_q   <= block_row_addr_q;
                    addr_q       <= block_addr_q;
                end
            end else if (~last_ox_q) begin
                ox_q      <= ox_q + 16'd1;
                last_ox_q <= (ox_q == out_w_i - 16'd2);
                ix0_q     <= ix0_q + stride_w_i;
                addr_q    <= addr_q + col_step_i;
            end else begin
                ox_q      <= 16'd0;
                last_ox_q <= (out_w_i == 16'd1);
                ix0_q     <= ix0_origin;
                if (~last_oy_q) begin
                    oy_q       <= oy_q + 16'd1;
                    last_oy_q  <= (oy_q == out_h_i - 16'd2);
                    iy0_q      <= iy0_q + stride_h_i;
                    row_addr_q <= next_row;
                    addr_q     <= next_row;
                end else begin
                    image_q      <= image_q + 16'd1;
                    last_image_q <= (image_q == images_i - 16'd2);
                    oy_q         <= 16'd0;
                    last_oy_q    <= (out_h_i == 16'd1);
                    iy0_q        <= iy0_origin;
                    image_addr_q <= next_image;
                    row_addr_q   <= next_image;
                    addr_q       <= next_image;
                end
            end
        end
        if (px_valid_o) begin
            index_q      <= last_blk ? {ACC_ADDR_W{1'b0}} : index_q + {{(ACC_ADDR_W - 1) {1'b0}}, 1'b1};
            first_px_q   <= last_blk;
            last_index_q <= ~last_blk & (index_q == ACC_BEFORE_LAST);
        end
        if (end_pass) begin
            k_tile_q <= last_k_q ? 16'd0 : k_tile_q + 16'd1;
            last_k_q <= last_k_q ? (k_tiles_i == 16'd1) : (k_tile_q == k_tiles_i - 16'd2);
            if (last_k_q & last_px) begin
                col_tile_q <= col_tile_q + 16'd1;
                last_col_q <= (col_tile_q == col_tiles_i - 16'd2);
                param_q    <= param_q + {{(PAR_ADDR_W - 2) {1'b0}}, pair_i, ~pair_i};
                if (last_col_q) busy_q <= 1'b0;
            end
        end
        if (start_i) begin
            busy_q       <= 1'b1;
            k_tile_q     <= 16'd0;
            last_k_q     <= (k_tiles_i == 16'd1);
            col_tile_q   <= 16'd0;
            last_col_q   <= (col_tiles_i == 16'd1);
            param_q      <= param_base_i;
            index_q      <= {ACC_ADDR_W{1'b0}};
            first_px_q   <= 1'b1;
            last_index_q <= 1'b0;
        end
        if (!rst_ni) busy_q <= 1'b0;
    end

endmodule

`default_nettype wire
