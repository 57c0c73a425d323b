// Our own softmax with `late` behind it, and with ROW one row inside at a time: a softmax with a timing of its own.
`default_nettype none

module late_softmax #(
    parameter X = 8, D = 7, E = 12, Y = 8, R = 22, L = 6,
    parameter LATENCY = 3,
    parameter ONE     = 0,
    parameter TABLE   = ""
) (
    input  wire         clk,
    input  wire         rst,
    input  wire         is_signed,
    input  wire         in_valid,
    output wire         in_ready,
    input  wire [X-1:0] in_x,
    input  wire         in_last,
    output wire         out_valid,
    input  wire         out_ready,
    output wire [Y-1:0] out_y,
    output wire         out_last,
    output wire         overlong
);

    reg         row_q;                          // a row is inside
    wire        ready, taken, valid, last, pass;
    wire [Y-1:0] y;
    assign in_ready = ready & ~((ONE != 0) & row_q);
    assign taken    = in_valid & in_ready;

    always @(posedge clk) begin
        if (taken & in_last) row_q <= 1'b1;
        if (out_valid & out_ready & out_last) row_q <= 1'b0;
        if (rst) row_q <= 1'b0;
    end

    lut_softmax #(.X_W(X), .DEPTH_W(D), .E_W(E), .OUT_W(Y), .R_W(R), .LEN_W(L), .TABLE_FILE(TABLE)) i_softmax (
        .clk_i           (clk),
        .rst_ni          (~rst),
        .x_signed_i      (is_signed),
        .overlong_o      (overlong),
        .s_axis_tvalid_i (taken),
        .s_axis_tready_o (ready),
        .s_axis_tdata_i  (in_x),
        .s_axis_tlast_i  (in_last),
        .m_axis_tvalid_o (valid),
        .m_axis_tready_i (pass),
        .m_axis_tdata_o  (y),
        .m_axis_tlast_o  (last)
    );

    late #(.W(Y + 1), .LATENCY(LATENCY), .ONE(0)) i_late (
        .clk       (clk),
        .rst       (rst),
        .in_valid  (valid),
        .in_ready  (pass),
        .in        ({last, y}),
        .out_valid (out_valid),
        .out_ready (out_ready),
        .out       ({out_last, out_y})
    );

endmodule

`default_nettype wire
