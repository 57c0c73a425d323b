// softmax_rows_stalls: results, their tkeep and tlast wait unchanged; overlong_o stays; a row is never summed over another.
//
// Method      Values are not looked at, and the table is any. What the parts of softmax_rows ask of one another is asserted
//             here: of row_total, a row's last beat only if the sum before it is taken. The beats between the reader and the
//             sum are tied to the flag that holds the next row's last one back.
// Assumed     a reset in the first cycle; nothing else.
// Doc         docs/formal.md
`default_nettype none

module softmax_rows_stalls #(
    parameter X_W   = 8,
    parameter LEN_W = 10,
    parameter E_W   = 16,
    parameter R_W   = 32,
    parameter OUT_W = 8
) (
    input wire             clk_i,
    input wire             rst_ni,
    input wire             x_signed_i,
    input wire [5:0]       reciprocal_bits_i,
    input wire [3:0]       result_bits_i,
    input wire             valid_i,
    input wire [2*X_W-1:0] x_i,
    input wire [1:0]       keep_i,
    input wire             last_i,
    input wire [2*E_W-1:0] table_i,
    input wire             ready_i
);

    wire               overlong, s_ready, m_valid, m_last;
    wire [2*X_W-1:0]   table_addr;
    wire [1:0]         m_keep;
    wire [2*OUT_W-1:0] m_data;
    softmax_rows #(.X_W(X_W), .LANES(2), .LEN_W(LEN_W), .E_W(E_W), .R_W(R_W), .OUT_W(OUT_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .x_signed_i(x_signed_i), .reciprocal_bits_i(reciprocal_bits_i),
        .result_bits_i(result_bits_i), .overlong_o(overlong),
        .s_axis_tvalid_i(valid_i), .s_axis_tready_o(s_ready), .s_axis_tdata_i(x_i), .s_axis_tkeep_i(keep_i),
        .s_axis_tlast_i(last_i), .table_addr_o(table_addr), .table_data_i(table_i),
        .m_axis_tvalid_o(m_valid), .m_axis_tready_i(ready_i), .m_axis_tdata_o(m_data), .m_axis_tkeep_o(m_keep),
        .m_axis_tlast_o(m_last)
    );
    stream_stable #(.W(2 * OUT_W + 3)) stable (
        .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(m_valid), .ready_i(ready_i), .data_i({m_last, m_keep, m_data})
    );
    (* hierconn *) wire \dut.x_valid , \dut.last1_q , \dut.valid2_q , \dut.last2_q , \dut.summing_q ;
    (* hierconn *) wire \dut.sum_full , \dut.sum_take , \dut.i_total.valid_q , \dut.i_total.last_q ;

    reg started_q = 1'b0;
    reg overlong_q = 1'b0;
    always @(posedge clk_i) begin
        started_q  <= 1'b1;
        overlong_q <= overlong & rst_ni & started_q;
    end
    always @* if (!started_q) assume (!rst_ni);

    // Last beats of rows on their way to the sum, and the sum that waits.
    wire [2:0] lasts = (\dut.x_valid & \dut.last1_q ) + (\dut.valid2_q & \dut.last2_q )
                     + (\dut.i_total.valid_q & \dut.i_total.last_q ) + \dut.sum_full ;
    always @* if (started_q) begin
        if (overlong_q) assert (overlong);
        if (\dut.i_total.valid_q & \dut.i_total.last_q ) assert (!\dut.sum_full | \dut.sum_take );
`ifdef INVARIANTS
        assert (lasts == \dut.summing_q );
`endif
    end

    always @* if (started_q) cover (m_valid & ~ready_i & m_last & m_keep == 1 & \dut.summing_q & ~s_ready);

endmodule

`default_nettype wire
