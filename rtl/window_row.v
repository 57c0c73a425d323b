// window_row: one row of the window former. It turns the position of an output pixel into the operand that
// this row of the array needs: its own tap of the window, from its own bank of the activation memory.
//
// Spec        iy = iy0 + dy, ix = ix0 + dx
//             operand = inside the image (iy, ix) and row valid ? bank[base + offset] - zp : outside
//             outside = max_i ? -2^X_W : 0, so padding adds exactly 0, or is below every activation; no window is ever
//             expanded in memory. second_i chooses the second reading {signed, zp} (the second operand of a pair).
// Config      {valid, dy, dx, offset} of the next K tile waits in a shadow register; px_first_i takes it into use, for
//             the pixels from the next cycle on.
// Widths      GEO_W signed holds every coordinate; A_W = X_W + 1 signed holds x - zp.
// Latency     3 cycles from px_valid_i to operand_o (address, memory, zero point); one operand a cycle.
// Handshake   valid only. raddr_o goes to the bank, rdata_i comes from it one cycle later. Without a pixel the operand is
//             that of one outside; a reset makes such of what is inside.
// Model       t2c.golden.arithmetic.conv.conv2d
// Doc         docs/units/window_row.md
`default_nettype none

module window_row #(
    parameter X_W    = 8,
    parameter ADDR_W = 10,
    parameter GEO_W  = 16
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    // layer constants
    input  wire [GEO_W-1:0]        in_h_i,
    input  wire [GEO_W-1:0]        in_w_i,
    input  wire [1:0]              x_signed_i,  // {second, first} reading
    input  wire [2*(X_W+1)-1:0]    zero_point_i,
    input  wire                    max_i,
    // configuration of the next K tile
    input  wire                    cfg_we_i,
    input  wire                    cfg_valid_i,
    input  wire signed [GEO_W-1:0] cfg_dy_i,
    input  wire signed [GEO_W-1:0] cfg_dx_i,
    input  wire [ADDR_W-1:0]       cfg_offset_i,
    // output pixel
    input  wire                    px_first_i,  // a K tile begins in the next cycle
    input  wire                    px_valid_i,
    input  wire signed [GEO_W-1:0] px_iy0_i,    // input row of tap (0, 0)
    input  wire signed [GEO_W-1:0] px_ix0_i,
    input  wire [ADDR_W-1:0]       px_base_i,   // address of tap (0, 0), modulo 2^ADDR_W
    input  wire                    px_second_i,
    // this row's bank of the activation memory
    output wire [ADDR_W-1:0]       raddr_o,
    input  wire [X_W-1:0]          rdata_i,
    output reg signed [X_W:0]      operand_o
);

    localparam CFG_W = 1 + 2 * GEO_W + ADDR_W;

    reg [CFG_W-1:0] shadow_q, active_q;

    wire                    row_valid;
    wire signed [GEO_W-1:0] dy, dx;
    wire [ADDR_W-1:0]       offset;
    assign {row_valid, dy, dx, offset} = active_q;

    // A negative coordinate is a large unsigned one, so one comparison checks both sides.
    wire [GEO_W-1:0] iy = px_iy0_i + dy;
    wire [GEO_W-1:0] ix = px_ix0_i + dx;
    wire             in_image = row_valid & (iy < in_h_i) & (ix < in_w_i);

    reg              in_image1_q, in_image2_q, second1_q, second2_q;
    reg [ADDR_W-1:0] addr_q;
    assign raddr_o = addr_q;

    wire                x_signed = x_signed_i[second2_q];
    wire signed [X_W:0] zp       = second2_q ? zero_point_i[X_W+1+:X_W+1] : zero_point_i[0+:X_W+1];
    wire signed [X_W:0] x_wide   = {x_signed & rdata_i[X_W-1], rdata_i};

    always @(posedge clk_i) begin
        if (cfg_we_i) shadow_q <= {cfg_valid_i, cfg_dy_i, cfg_dx_i, cfg_offset_i};
        if (px_first_i) active_q <= shadow_q;
        addr_q      <= px_base_i + offset;
        in_image1_q <= px_valid_i & in_image;
        in_image2_q <= in_image1_q;
        second1_q   <= px_second_i;
        second2_q   <= second1_q;
        operand_o   <= in_image2_q ? x_wide - zp : {max_i, {X_W{1'b0}}};
        if (!rst_ni) begin
            in_image1_q <= 1'b0;
            in_image2_q <= 1'b0;
        end
    end

endmodule

`default_nettype wire
