// layer_norm_stalls: results, their tkeep and tlast wait unchanged; every lane's MulQuant moves in step with the pipeline.
//
// Method      The valid bits of both lanes' MulQuants are tied to those of the pipeline, stage by stage; that holds after a
//             reset, and one step from any state in which it holds. Values, rows and their constants are not looked at.
// Assumed     a reset in the first cycle; nothing else.
// Doc         docs/formal.md
`default_nettype none

module layer_norm_stalls #(
    parameter X_W     = 8,
    parameter LEN_W   = 10,
    parameter E_W     = 48,
    parameter ROOT_W  = 16,
    parameter FRAC_W  = 12,
    parameter SCALE_W = 16,
    parameter BIAS_W  = 40,
    parameter SHIFT_W = 6,
    parameter OUT_W   = 8
) (
    input wire                                clk_i,
    input wire                                rst_ni,
    input wire                                x_signed_i,
    input wire [E_W-1:0]                      epsilon_i,
    input wire [2:0]                          rounding_i,
    input wire [OUT_W:0]                      zero_point_i,
    input wire [OUT_W:0]                      lo_i,
    input wire [OUT_W:0]                      hi_i,
    input wire                                valid_i,
    input wire [2*X_W-1:0]                    x_i,
    input wire [1:0]                          keep_i,
    input wire                                last_i,
    input wire [2*(SHIFT_W+BIAS_W+SCALE_W)-1:0] param_i,
    input wire                                ready_i
);

    wire               overlong, s_ready, m_valid, m_last;
    wire [LEN_W-2:0]   param_addr;
    wire [1:0]         m_keep;
    wire [2*OUT_W-1:0] m_data;
    layer_norm #(
        .X_W(X_W), .LANES(2), .LEN_W(LEN_W), .E_W(E_W), .ROOT_W(ROOT_W), .FRAC_W(FRAC_W), .SCALE_W(SCALE_W),
        .BIAS_W(BIAS_W), .SHIFT_W(SHIFT_W), .OUT_W(OUT_W)
    ) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .x_signed_i(x_signed_i), .epsilon_i(epsilon_i), .rounding_i(rounding_i),
        .zero_point_i(zero_point_i), .lo_i(lo_i), .hi_i(hi_i), .overlong_o(overlong),
        .s_axis_tvalid_i(valid_i), .s_axis_tready_o(s_ready), .s_axis_tdata_i(x_i), .s_axis_tkeep_i(keep_i),
        .s_axis_tlast_i(last_i), .param_addr_o(param_addr), .param_data_i(param_i),
        .m_axis_tvalid_o(m_valid), .m_axis_tready_i(ready_i), .m_axis_tdata_o(m_data), .m_axis_tkeep_o(m_keep),
        .m_axis_tlast_o(m_last)
    );
    stream_stable #(.W(2 * OUT_W + 3)) stable (
        .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(m_valid), .ready_i(ready_i), .data_i({m_last, m_keep, m_data})
    );
    (* hierconn *) wire [10:1] \dut.valid_q ;
    (* hierconn *) wire \dut.g_lane[0].i_quant.valid1_q , \dut.g_lane[1].i_quant.valid1_q ;
    (* hierconn *) wire \dut.g_lane[0].i_quant.valid2_q , \dut.g_lane[1].i_quant.valid2_q ;
    (* hierconn *) wire \dut.g_lane[0].i_quant.valid3_q , \dut.g_lane[1].i_quant.valid3_q ;
    (* hierconn *) wire \dut.g_lane[0].i_quant.valid4_q , \dut.g_lane[1].i_quant.valid4_q ;
    (* hierconn *) wire \dut.g_lane[0].i_quant.valid5_q , \dut.g_lane[1].i_quant.valid5_q ;
    (* hierconn *) wire \dut.g_lane[0].i_quant.valid6_q , \dut.g_lane[1].i_quant.valid6_q ;
    (* hierconn *) wire \dut.g_lane[0].i_quant.valid7_q , \dut.g_lane[1].i_quant.valid7_q ;
    (* hierconn *) wire \dut.g_lane[0].i_quant.partial1_q , \dut.g_lane[1].i_quant.partial1_q ;
    (* hierconn *) wire \dut.g_lane[0].i_quant.partial2_q , \dut.g_lane[1].i_quant.partial2_q ;
    wire [7:1] lane0, lane1;
    assign lane0[1] = \dut.g_lane[0].i_quant.valid1_q ;
    assign lane0[2] = \dut.g_lane[0].i_quant.valid2_q ;
    assign lane0[3] = \dut.g_lane[0].i_quant.valid3_q ;
    assign lane0[4] = \dut.g_lane[0].i_quant.valid4_q ;
    assign lane0[5] = \dut.g_lane[0].i_quant.valid5_q ;
    assign lane0[6] = \dut.g_lane[0].i_quant.valid6_q ;
    assign lane0[7] = \dut.g_lane[0].i_quant.valid7_q ;
    assign lane1[1] = \dut.g_lane[1].i_quant.valid1_q ;
    assign lane1[2] = \dut.g_lane[1].i_quant.valid2_q ;
    assign lane1[3] = \dut.g_lane[1].i_quant.valid3_q ;
    assign lane1[4] = \dut.g_lane[1].i_quant.valid4_q ;
    assign lane1[5] = \dut.g_lane[1].i_quant.valid5_q ;
    assign lane1[6] = \dut.g_lane[1].i_quant.valid6_q ;
    assign lane1[7] = \dut.g_lane[1].i_quant.valid7_q ;

    reg started_q = 1'b0;
    always @(posedge clk_i) started_q <= 1'b1;
    always @* if (!started_q) assume (!rst_ni);

    // What is left out of a row is 0; overlong_o stays once it is there.
    reg overlong_q = 1'b0;
    always @(posedge clk_i) overlong_q <= overlong & rst_ni & started_q;
    integer lane;
    always @* if (started_q) begin
        for (lane = 0; lane < 2; lane = lane + 1) if (!m_keep[lane]) assert (m_data[lane*OUT_W+:OUT_W] == 0);
        if (overlong_q) assert (overlong);
`ifdef INVARIANTS
        assert (lane0 == \dut.valid_q [10:4] & lane1 == \dut.valid_q [10:4]);
        if (lane0[1]) assert (!\dut.g_lane[0].i_quant.partial1_q );
        if (lane0[2]) assert (!\dut.g_lane[0].i_quant.partial2_q );
        if (lane1[1]) assert (!\dut.g_lane[1].i_quant.partial1_q );
        if (lane1[2]) assert (!\dut.g_lane[1].i_quant.partial2_q );
`endif
    end

endmodule

`default_nettype wire
