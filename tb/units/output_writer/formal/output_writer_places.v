// output_writer_places: every result word gets its own place, however many pixels, images and column tiles there are.
//
// Method      The harness counts pixel, image and memory word, and keeps what each of them adds to the address apart from
//             the others. The place that the unit gives is their sum. Holds after a reset, and one step from any state
//             in which it holds; so no counter and no address is too narrow for 2^24 pixels or 2^16 images.
// Assumed     a reset in the first cycle; pixels_i >= 1, images_i >= 1; the descriptor stays until the next start_i.
// Doc         docs/formal.md
`default_nettype none

module output_writer_places #(
    parameter GROUPS  = 4,
    parameter GROUP_W = 2,
    parameter ADDR_W  = 24
) (
    input wire              clk_i,
    input wire              rst_ni,
    input wire              start_i,
    input wire [ADDR_W-1:0] base_i,
    input wire [ADDR_W-1:0] step_i,
    input wire [ADDR_W-1:0] image_step_i,
    input wire [23:0]       pixels_i,
    input wire [15:0]       images_i,
    input wire              valid_i
);

    wire [ADDR_W-1:0]  addr;
    wire [GROUP_W-1:0] group;
    output_writer #(.GROUPS(GROUPS), .GROUP_W(GROUP_W), .ADDR_W(ADDR_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .base_i(base_i), .step_i(step_i),
        .image_step_i(image_step_i), .pixels_i(pixels_i), .images_i(images_i), .valid_i(valid_i),
        .addr_o(addr), .group_o(group)
    );
    (* hierconn *) wire [ADDR_W-1:0] \dut.image_addr_q , \dut.tile_addr_q ;
    (* hierconn *) wire [23:0]       \dut.pixel_q ;
    (* hierconn *) wire [15:0]       \dut.image_q ;

    // The layer, and the word that comes next.
    reg              started_q = 1'b0;
    reg              known_q;                   // a start has come since the last reset
    reg              reset_q;
    reg [ADDR_W-1:0] base_q, step_q, image_step_q;
    reg [31:0]       pixels_q, images_q;
    reg [31:0]       pixel_q, image_q, group_q;
    reg [ADDR_W-1:0] word_q;                    // memory words before it
    reg [ADDR_W-1:0] by_pixel_q, by_image_q;    // what its pixel and its image add to the address
    wire             last_pixel = (pixel_q + 1 == pixels_q);
    wire             last_image = (image_q + 1 == images_q);
    wire             last_group = (group_q + 1 == GROUPS);
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        reset_q   <= ~rst_ni;
        if (valid_i) begin
            pixel_q    <= last_pixel ? 0 : pixel_q + 1;
            by_pixel_q <= last_pixel ? 0 : by_pixel_q + step_q;
            if (last_pixel) begin
                image_q    <= last_image ? 0 : image_q + 1;
                by_image_q <= last_image ? 0 : by_image_q + image_step_q;
            end
            if (last_pixel & last_image) begin
                group_q <= last_group ? 0 : group_q + 1;
                word_q  <= word_q + last_group;
            end
        end
        if (start_i) begin
            known_q <= 1'b1;
            {base_q, step_q, image_step_q} <= {base_i, step_i, image_step_i};
            {pixels_q, images_q} <= {8'd0, pixels_i, 16'd0, images_i};
            {pixel_q, image_q, group_q} <= 96'd0;
            {word_q, by_pixel_q, by_image_q} <= {3 * ADDR_W{1'b0}};
        end
        if (!rst_ni) known_q <= 1'b0;
    end

    always @* begin
        if (!started_q) assume (!rst_ni);
        assume (pixels_i != 0 & images_i != 0);
        if (started_q & known_q & !start_i) begin
            assume ({base_i, step_i, image_step_i} == {base_q, step_q, image_step_q});
            assume (pixels_i == pixels_q & images_i == images_q);
        end
    end

    always @* if (started_q) begin
        if (reset_q) assert (group == 0);
        if (known_q) assert (addr == ((base_q + word_q + by_image_q + by_pixel_q) & {ADDR_W{1'b1}}));
        if (known_q) assert (group == group_q);
`ifdef INVARIANTS
        if (known_q) begin
            assert (pixels_q[31:24] == 0 & images_q[31:16] == 0);
            assert (pixel_q < pixels_q & image_q < images_q & group_q < GROUPS);
            assert (\dut.pixel_q == pixel_q & \dut.image_q == image_q);
            assert (\dut.tile_addr_q == ((base_q + word_q) & {ADDR_W{1'b1}}));
            assert (\dut.image_addr_q == ((base_q + word_q + by_image_q) & {ADDR_W{1'b1}}));
        end
`endif
    end

    always @* if (started_q) begin
        cover (known_q & word_q == 2 & group_q == 1 & addr == 77);
        cover (known_q & group_q == 1 & image_q == 2 & pixel_q == 1 & by_image_q == 10 & by_pixel_q == 5);
    end

endmodule

`default_nettype wire
