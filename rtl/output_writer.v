// output_writer: gives each result word of the layer engine its place in the activation memory.
//
// Spec        words come column tile slowest, then image, then pixel. Column tile t holds group t mod GROUPS of memory word
//             floor(t / GROUPS): address = base + floor(t / GROUPS) + image * image_step + pixel * step.
// Widths      addresses modulo 2^ADDR_W; pixels of an image: 24 bits
// Latency     addr_o and group_o belong to the word of the same cycle; one word a cycle
// Handshake   valid only; without valid_i nothing moves. start_i rewinds, wherever the layer is.
// Model       t2c.contract.activation_layout
// Doc         docs/units/output_writer.md
`default_nettype none

module output_writer #(
    parameter GROUPS  = 1,                      // column tiles a memory word: ROWS / COLS
    parameter GROUP_W = 1,
    parameter ADDR_W  = 12
) (
    input  wire               clk_i,
    input  wire               rst_ni,
    input  wire               start_i,          // descriptor inputs are valid from here to the last word
    input  wire [ADDR_W-1:0]  base_i,
    input  wire [ADDR_W-1:0]  step_i,
    input  wire [ADDR_W-1:0]  image_step_i,
    input  wire [23:0]        pixels_i,         // of an image
    input  wire [15:0]        images_i,
    input  wire               valid_i,
    output wire [ADDR_W-1:0]  addr_o,
    output wire [GROUP_W-1:0] group_o
);

    localparam [31:0] TOP = GROUPS - 1;
    localparam [GROUP_W-1:0] LAST_GROUP = TOP[GROUP_W-1:0];

    reg [ADDR_W-1:0]  addr_q, image_addr_q, tile_addr_q;
    reg [23:0]        pixel_q;
    reg [15:0]        image_q;
    reg [GROUP_W-1:0] group_q;

    wire last_pixel = (pixel_q == pixels_i - 24'd1);
    wire last_image = (image_q == images_i - 16'd1);
    wire last_group = (group_q == LAST_GROUP);

    wire [ADDR_W-1:0] next_image = image_addr_q + image_step_i;
    wire [ADDR_W-1:0] next_tile  = tile_addr_q + {{(ADDR_W - 1) {1'b0}}, last_group};

    assign addr_o  = addr_q;
    assign group_o = group_q;

    always @(posedge clk_i) begin
        if (valid_i) begin
            addr_q  <= addr_q + step_i;
            pixel_q <= pixel_q + 24'd1;
            if (last_pixel) begin
                pixel_q      <= 24'd0;
                addr_q       <= next_image;
                image_addr_q <= next_image;
                image_q      <= image_q + 16'd1;
                if (last_image) begin
                    image_q      <= 16'd0;
                    addr_q       <= next_tile;
                    image_addr_q <= next_tile;
                    tile_addr_q  <= next_tile;
                    group_q      <= last_group ? {GROUP_W{1'b0}} : group_q + {{(GROUP_W - 1) {1'b0}}, 1'b1};
                end
            end
        end
        if (start_i) begin
            addr_q       <= base_i;
            image_addr_q <= base_i;
            tile_addr_q  <= base_i;
            pixel_q      <= 24'd0;
            image_q      <= 16'd0;
            group_q      <= {GROUP_W{1'b0}};
        end
        if (!rst_ni) group_q <= {GROUP_W{1'b0}};
    end

endmodule

`default_nettype wire
