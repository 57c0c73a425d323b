// toy: the larger of two numbers, one cycle later. A unit from outside the tree, for tests/tb/test_unit_from_outside.py.
//
// Spec        y = max(a, b), unsigned; s_axis_tdata_i = {b, a}
// Latency     1 cycle, one result a cycle
// Doc         CONTRIBUTING.md
`default_nettype none

module toy #(
    parameter W = 4
) (
    input  wire           clk_i,
    input  wire           rst_ni,
    input  wire           s_axis_tvalid_i,
    output wire           s_axis_tready_o,
    input  wire [2*W-1:0] s_axis_tdata_i,
    output reg            m_axis_tvalid_o,
    input  wire           m_axis_tready_i,
    output reg  [W-1:0]   m_axis_tdata_o
);

    generate
        if (W < 2 || W > 16) begin : g_w
            toy_W_out_of_range i_stop ();
        end
    endgenerate

    wire [W-1:0] a = s_axis_tdata_i[0+:W];
    wire [W-1:0] b = s_axis_tdata_i[W+:W];

    assign s_axis_tready_o = ~m_axis_tvalid_o | m_axis_tready_i;

    always @(posedge clk_i) begin
        if (s_axis_tready_o) begin
            m_axis_tvalid_o <= s_axis_tvalid_i;
            m_axis_tdata_o  <= (a > b) ? a : b;
        end
        if (!rst_ni) m_axis_tvalid_o <= 1'b0;
    end

endmodule

`default_nettype wire
