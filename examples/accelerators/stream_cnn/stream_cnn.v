// stream_cnn: two 3x3 convolutions behind one AXI-Stream of packets, 32 bits a word.
//
// Packets in: a header {kind, layer, 16 bits of length in words}, then words; the last has rx_eop.
//   kind 1..4: constants of a layer, line_conv says which; kind 5: an image, 4 pixels a word
// Packets out: header {8'h85, 8'd0, length}, then 4 channels a word, pixel by pixel
`default_nettype none

module stream_cnn (
    input  wire        core_clk,
    input  wire        core_rst,
    input  wire        rx_val,
    output wire        rx_rdy,
    input  wire        rx_eop,
    input  wire [31:0] rx_word,
    output wire        tx_val,
    input  wire        tx_rdy,
    output wire        tx_eop,
    output wire [31:0] tx_word
);

    localparam PIXELS = 64, WORDS = PIXELS * 4;

    reg        payload;
    reg [2:0]  kind;
    reg        layer;
    reg [15:0] index;
    reg [2:0]  left;
    reg [31:0] pixels;

    wire image = payload & (kind == 3'd5);
    wire take  = rx_val & rx_rdy;
    wire set   = take & payload & ~image;
    wire first_ready, middle_valid, middle_ready, last_valid, last_ready;
    wire [127:0] middle, result;

    assign rx_rdy = ~image | (left == 0);

    always @(posedge core_clk) begin
        if (image & left != 0 & first_ready) begin
            pixels <= pixels >> 8;
            left   <= left - 1;
        end
        if (take) begin
            if (!payload) begin
                kind  <= rx_word[26:24];
                layer <= rx_word[16];
                index <= 0;
            end else index <= index + 1;
            payload <= ~rx_eop | (kind == 3'd5 & payload);
            if (image) begin
                pixels <= rx_word;
                left   <= 4;
            end
        end
        if (image & left == 1 & first_ready & index == PIXELS / 4) payload <= 1'b0;
        if (core_rst) begin
            payload <= 1'b0;
            left   <= 0;
        end
    end

    line_conv #(.IN(1), .OUT(16), .LO(0), .HI(255)) i_conv1 (
        .clk(core_clk), .rst(core_rst), .set_valid(set & ~layer), .set_kind(kind), .set_index(index),
        .set_data(rx_word), .in_valid(image & left != 0), .in_ready(first_ready), .in_data(pixels[7:0]),
        .out_valid(middle_valid), .out_ready(middle_ready), .out_data(middle)
    );

    line_conv #(.IN(16), .OUT(16), .LO(-128), .HI(127)) i_conv2 (
        .clk(core_clk), .rst(core_rst), .set_valid(set & layer), .set_kind(kind), .set_index(index),
        .set_data(rx_word), .in_valid(middle_valid), .in_ready(middle_ready), .in_data(middle),
        .out_valid(last_valid), .out_ready(last_ready), .out_data(result)
    );

    // One header, then four words a pixel.
    reg        header_sent;
    reg [15:0] sent;

    assign tx_val     = last_valid;
    assign tx_word    = header_sent ? result[32*sent[1:0] +: 32] : {8'h85, 8'd0, 16'd256};
    assign tx_eop     = header_sent & (sent == WORDS - 1);
    assign last_ready = header_sent & (sent[1:0] == 2'd3) & tx_rdy;

    always @(posedge core_clk) begin
        if (tx_val & tx_rdy) begin
            if (!header_sent) header_sent <= 1'b1;
            else sent <= sent + 1;
            if (tx_eop) begin
                header_sent <= 1'b0;
                sent        <= 0;
            end
        end
        if (core_rst) begin
            header_sent <= 1'b0;
            sent        <= 0;
        end
    end

endmodule

`default_nettype wire
