// lut_pointwise_results: one result for every element taken, its entry of the table, in order; for any table.
//
// Method      The element that is inside, if any, is kept beside the unit; its result is the table's entry. Holds after
//             a reset, and one step from any state in which it holds. The table is any_table.v.
// Assumed     a reset in the first cycle; nothing else.
// Doc         docs/formal.md
`default_nettype none

module lut_pointwise_results #(
    parameter X_W   = 8,
    parameter OUT_W = 8
) (
    input wire           clk_i,
    input wire           rst_ni,
    input wire           valid_i,
    input wire [X_W-1:0] x_i,
    input wire           last_i,
    input wire           ready_i
);

    wire             s_ready, m_valid, m_last;
    wire [OUT_W-1:0] m_data;
    lut_pointwise #(.X_W(X_W), .OUT_W(OUT_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .s_axis_tvalid_i(valid_i), .s_axis_tready_o(s_ready), .s_axis_tdata_i(x_i), .s_axis_tlast_i(last_i),
        .m_axis_tvalid_o(m_valid), .m_axis_tready_i(ready_i), .m_axis_tdata_o(m_data), .m_axis_tlast_o(m_last)
    );
    (* hierconn *) wire [(OUT_W<<X_W)-1:0] \dut.i_table.g_table.words ;
    (* hierconn *) wire [X_W-1:0]          \dut.addr_q ;
    stream_stable #(.W(OUT_W + 1)) stable (
        .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(m_valid), .ready_i(ready_i), .data_i({m_last, m_data})
    );

    reg           started_q = 1'b0;
    reg           inside_q, last_q;
    reg [X_W-1:0] x_q;
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        if (inside_q & ready_i) inside_q <= 1'b0;
        if (valid_i & s_ready) {inside_q, last_q, x_q} <= {1'b1, last_i, x_i};
        if (!rst_ni) inside_q <= 1'b0;
    end

    always @* if (!started_q) assume (!rst_ni);

    always @* if (started_q) begin
        assert (s_ready == (~inside_q | ready_i));
        assert (m_valid == inside_q);
        if (inside_q) assert (m_data == \dut.i_table.g_table.words [x_q*OUT_W+:OUT_W]);
        if (inside_q) assert (m_last == last_q);
`ifdef INVARIANTS
        if (inside_q) assert (\dut.addr_q == x_q);
`endif
    end

    always @* if (started_q) cover (inside_q & last_q & x_q == 200 & m_data == 77 & valid_i & s_ready);

endmodule

`default_nettype wire
