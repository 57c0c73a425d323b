// toy_larger: every result is the larger of the two numbers that went in.
//
// Assumed     a reset in the first cycle; nothing else.
// Doc         docs/formal.md
`default_nettype none

module toy_larger #(
    parameter W = 4
) (
    input wire           clk_i,
    input wire           rst_ni,
    input wire           s_valid,
    input wire [2*W-1:0] s_data,
    input wire           m_ready
);

    wire         s_ready, m_valid;
    wire [W-1:0] m_data;
    toy #(.W(W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .s_axis_tvalid_i(s_valid), .s_axis_tready_o(s_ready), .s_axis_tdata_i(s_data),
        .m_axis_tvalid_o(m_valid), .m_axis_tready_i(m_ready), .m_axis_tdata_o(m_data)
    );

    reg         started_q = 1'b0, inside_q;
    reg [W-1:0] larger_q;
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        if (s_ready) begin
            inside_q <= s_valid;
            larger_q <= (s_data[0+:W] > s_data[W+:W]) ? s_data[0+:W] : s_data[W+:W];
        end
        if (!rst_ni) inside_q <= 1'b0;
    end

    always @* if (!started_q) assume (!rst_ni);
    always @* if (started_q) begin
        assert (m_valid == inside_q);
        if (m_valid) assert (m_data == larger_q);
        cover (m_valid & !m_ready & m_data == 9);
    end

endmodule

`default_nettype wire
