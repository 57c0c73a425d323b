// lut_pointwise: any function of one integer, requantisation included, from a table; one result a cycle.
//
// Spec        q = TABLE[x], addressed by the bit pattern of x (two's complement if signed), docs/arithmetic.md section 7.2
// Table       2^X_W entries of OUT_W bits, by $readmemh: TABLE_FILE, in simulation +<TABLE_PLUSARG>=<path>.
// Rounding    none here: the table holds results.
// Widths      X_W bits address every entry; an entry leaves as it is.
// Latency     1 cycle while m_axis_tready_i is high; one result a cycle.
// Handshake   AXI-Stream on both sides; a result that waits for m_axis_tready_i holds the input. tlast goes with its element.
// Model       t2c.golden.arithmetic.pointwise.pointwise
// Doc         docs/units/lut_pointwise.md
`default_nettype none

module lut_pointwise #(
    parameter X_W           = 8,                // 2..16, element
    parameter OUT_W         = 8,                // 2..16, result
    parameter TABLE_FILE    = "",
    parameter TABLE_PLUSARG = "table"
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    input  wire             s_axis_tvalid_i,
    output wire             s_axis_tready_o,
    input  wire [X_W-1:0]   s_axis_tdata_i,
    input  wire             s_axis_tlast_i,
    output wire             m_axis_tvalid_o,
    input  wire             m_axis_tready_i,
    output wire [OUT_W-1:0] m_axis_tdata_o,
    output wire             m_axis_tlast_o
);

    generate
        if (X_W < 2 || X_W > 16) begin : g_x_w
            lut_pointwise_X_W_out_of_range i_stop ();
        end
        if (OUT_W < 2 || OUT_W > 16) begin : g_out_w
            lut_pointwise_OUT_W_out_of_range i_stop ();
        end
    endgenerate

    reg           valid_q;
    reg           last_q;
    reg [X_W-1:0] addr_q;                       // of the result at the output

    // The memory has no enable: while a result waits it is read again.
    wire           hold = m_axis_tvalid_o & ~m_axis_tready_i;
    wire [X_W-1:0] addr = hold ? addr_q : s_axis_tdata_i;

    assign s_axis_tready_o = ~hold;
    assign m_axis_tvalid_o = valid_q;
    assign m_axis_tlast_o  = last_q;

    ram #(
        .W         (OUT_W),
        .DEPTH     (1 << X_W),
        .ADDR_W    (X_W),
        .INIT_FILE (TABLE_FILE),
        .PLUSARG   (TABLE_PLUSARG)
    ) i_table (
        .clk_i   (clk_i),
        .we_i    (1'b0),
        .waddr_i ({X_W{1'b0}}),
        .wdata_i ({OUT_W{1'b0}}),
        .raddr_i (addr),
        .rdata_o (m_axis_tdata_o)
    );

    always @(posedge clk_i) begin
        addr_q <= addr;
        if (!hold) begin
            valid_q <= s_axis_tvalid_i;
            last_q  <= s_axis_tlast_i;
        end
        if (!rst_ni) valid_q <= 1'b0;
    end

endmodule

`default_nettype wire
