// line_conv: 3x3 convolution with padding 1 over a line buffer, one output channel a cycle, requantised.
//
// in_*   pixels of IN channels, row by row; out_*: pixels of OUT channels, row by row; both valid-ready
// set_*  constants: kind 1 weights (byte k = ((channel*3 + y)*3 + x)*IN + i), 2 multiplier, 3 shift, 4 bias, by channel
// q = clip((sum * multiplier + bias + 2^(shift-1)) >>> shift, LO, HI)
`default_nettype none

module line_conv #(
    parameter IN  = 1,
    parameter OUT = 16,
    parameter W   = 8,
    parameter H   = 8,
    parameter LO  = 0,
    parameter HI  = 255
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             set_valid,
    input  wire [2:0]       set_kind,
    input  wire [15:0]      set_index,
    input  wire [31:0]      set_data,
    input  wire             in_valid,
    output wire             in_ready,
    input  wire [8*IN-1:0]  in_data,
    output reg              out_valid,
    input  wire             out_ready,
    output reg  [8*OUT-1:0] out_data
);

    localparam ROWS = 4;

    reg signed [7:0]  weight     [0:OUT*9*IN-1];
    reg signed [15:0] multiplier [0:OUT-1];
    reg        [5:0]  shift      [0:OUT-1];
    reg signed [31:0] bias       [0:OUT-1];

    reg [8*IN-1:0] line [0:ROWS*W-1];
    reg [15:0]     got, at, channel;

    wire [15:0] y    = at / W;
    wire [15:0] x    = at % W;
    wire [15:0] need = (at + W + 2 > W * H) ? W * H : at + W + 2;
    wire        run  = (got >= need) & ~out_valid;
    assign in_ready  = (got < W * H) & (got < at + (ROWS - 1) * W - 1);

    reg signed [31:0] sum;
    reg signed [55:0] scaled;
    reg [8*IN-1:0]    pixel;
    integer           dy, dx, i;

    always @* begin
        sum   = 0;
        pixel = 0;
        for (dy = 0; dy < 3; dy = dy + 1)
            for (dx = 0; dx < 3; dx = dx + 1)
                if (y + dy >= 1 & y + dy < H + 1 & x + dx >= 1 & x + dx < W + 1) begin
                    pixel = line[(at + (dy - 1) * W + dx - 1) % (ROWS * W)];
                    for (i = 0; i < IN; i = i + 1)
                        sum = sum + $signed({1'b0, pixel[8*i +: 8]}) * weight[((channel * 3 + dy) * 3 + dx) * IN + i];
                end
        scaled = sum * multiplier[channel] + bias[channel];
`ifdef TRUNCATE_FIRST
        if (IN == 1) scaled = scaled - (56'sd1 <<< (shift[channel] - 1));  // the mistake of dut_wrong.yaml
`endif
        scaled = (scaled + (56'sd1 <<< (shift[channel] - 1))) >>> shift[channel];
        if (scaled < LO) scaled = LO;
        if (scaled > HI) scaled = HI;
    end

    always @(posedge clk) begin
        if (set_valid) case (set_kind)
            3'd1: {weight[4*set_index+3], weight[4*set_index+2], weight[4*set_index+1], weight[4*set_index]} <= set_data;
            3'd2: {multiplier[2*set_index+1], multiplier[2*set_index]} <= set_data;
            3'd3: begin
                shift[4*set_index]   <= set_data[5:0];
                shift[4*set_index+1] <= set_data[13:8];
                shift[4*set_index+2] <= set_data[21:16];
                shift[4*set_index+3] <= set_data[29:24];
            end
            3'd4: bias[set_index] <= set_data;
            default: ;
        endcase
        if (in_valid & in_ready) begin
            line[got % (ROWS * W)] <= in_data;
            got <= got + 1;
        end
        if (run) begin
            out_data[8*channel +: 8] <= scaled[7:0];
            channel <= (channel == OUT - 1) ? 0 : channel + 1;
            if (channel == OUT - 1) out_valid <= 1'b1;
        end
        if (out_valid & out_ready) begin
            out_valid <= 1'b0;
            at        <= at + 1;
            if (at == W * H - 1) begin
                at  <= 0;
                got <= 0;
            end
        end
        if (rst) begin
            got       <= 0;
            at        <= 0;
            channel   <= 0;
            out_valid <= 1'b0;
        end
    end

endmodule

`default_nettype wire
