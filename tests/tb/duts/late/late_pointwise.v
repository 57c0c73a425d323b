// A table read at once and `late` behind it: lut_pointwise of any latency.
`default_nettype none

module late_pointwise #(
    parameter X       = 8,
    parameter Y       = 8,
    parameter LATENCY = 3,
    parameter ONE     = 0,
    parameter TABLE   = ""
) (
    input  wire         clk,
    input  wire         rst,
    input  wire         in_valid,
    output wire         in_ready,
    input  wire [X-1:0] in_x,
    input  wire         in_last,
    output wire         out_valid,
    input  wire         out_ready,
    output wire [Y-1:0] out_y,
    output wire         out_last
);

    reg [Y-1:0] entries [0:(1<<X)-1];
    initial $readmemh(TABLE, entries);

    late #(.W(Y + 1), .LATENCY(LATENCY), .ONE(ONE)) i_late (
        .clk       (clk),
        .rst       (rst),
        .in_valid  (in_valid),
        .in_ready  (in_ready),
        .in        ({in_last, entries[in_x]}),
        .out_valid (out_valid),
        .out_ready (out_ready),
        .out       ({out_last, out_y})
    );

endmodule

`default_nettype wire
