// mulquant_results: every result of mulquant equals mulquant_spec of the inputs that were accepted for it.
//
// Method      The operands of each accepted result travel beside it through three slots, which move as the header of
//             mulquant says: one a cycle, all held while a result waits. Each register of the pipeline equals what
//             mulquant_spec says of its slot; that holds after a reset, and one step from any state in which it holds,
//             whatever the inputs.
// Assumed     lo <= hi; nobody changes rounding, zero point, lo, hi while a result is inside; at most two operands a
//             result.
// Doc         docs/formal.md
`default_nettype none

module mulquant_results #(
    parameter ACC_W   = 32,
    parameter SCALE_W = 16,
    parameter BIAS_W  = 40,
    parameter SHIFT_W = 6,
    parameter OUT_W   = 8
) (
    input wire                      clk_i,
    input wire                      rst_ni,
    input wire [2:0]                rounding_i,
    input wire signed [OUT_W:0]     zero_point_i,
    input wire signed [OUT_W:0]     lo_i,
    input wire signed [OUT_W:0]     hi_i,
    input wire                      valid_i,
    input wire                      partial_i,
    input wire signed [ACC_W-1:0]   acc_i,
    input wire signed [SCALE_W-1:0] multiplier_i,
    input wire signed [BIAS_W-1:0]  bias_i,
    input wire [SHIFT_W-1:0]        shift_i,
    input wire                      ready_i
);

    localparam P_W = ((ACC_W + SCALE_W > BIAS_W) ? ACC_W + SCALE_W : BIAS_W) + 2;

    wire             s_ready, m_valid;
    wire [OUT_W-1:0] m_data;
    mulquant #(.ACC_W(ACC_W), .SCALE_W(SCALE_W), .BIAS_W(BIAS_W), .SHIFT_W(SHIFT_W), .OUT_W(OUT_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .rounding_i(rounding_i), .zero_point_i(zero_point_i), .lo_i(lo_i), .hi_i(hi_i),
        .s_axis_tvalid_i(valid_i), .s_axis_tready_o(s_ready),
        .s_axis_tdata_i({shift_i, bias_i, multiplier_i, acc_i}), .s_axis_tuser_i(partial_i),
        .m_axis_tvalid_o(m_valid), .m_axis_tready_i(ready_i), .m_axis_tdata_o(m_data)
    );

    stream_stable #(.W(OUT_W)) stable (
        .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(m_valid), .ready_i(ready_i), .data_i(m_data)
    );

    // Registers of the pipeline.
    (* hierconn *) wire                  \dut.partial_q ;
    (* hierconn *) wire                  \dut.valid1_q ;
    (* hierconn *) wire                  \dut.valid2_q ;
    (* hierconn *) wire signed [P_W-1:0] \dut.p_q ;
    (* hierconn *) wire [SHIFT_W-1:0]    \dut.shift_q ;
    (* hierconn *) wire signed [P_W+1:0] \dut.rounded_q ;
    wire signed [71:0] p_q       = \dut.p_q ;
    wire signed [71:0] rounded_q = \dut.rounded_q ;

    // What the specification says of the inputs that were accepted: p of a first operand that waits for its second,
    // and p and the shift of three results.
    reg                 started_q = 1'b0;
    reg                 waiting_q, inside1_q, inside2_q, inside3_q;
    reg signed [71:0]   first_q, p1_q, p2_q, p3_q;
    reg [SHIFT_W-1:0]   shift1_q, shift2_q, shift3_q;
    wire                hold   = inside3_q & ~ready_i;
    wire                accept = valid_i & ~hold;
    wire signed [71:0]  bias   = bias_i;
    wire signed [71:0]  addend = waiting_q ? first_q : bias;
    wire signed [71:0]  p;
    mulquant_sum_spec #(.ACC_W(ACC_W), .SCALE_W(SCALE_W)) sum (
        .acc_i(acc_i), .multiplier_i(multiplier_i), .addend_i(addend), .p_o(p)
    );

    always @(posedge clk_i) begin
        started_q <= 1'b1;
        if (!hold) begin
            {inside1_q, inside2_q, inside3_q} <= {accept & ~partial_i, inside1_q, inside2_q};
            {p2_q, shift2_q} <= {p1_q, shift1_q};
            {p3_q, shift3_q} <= {p2_q, shift2_q};
        end
        if (accept) begin
            waiting_q <= partial_i;
            if (partial_i) first_q <= p;
            else {p1_q, shift1_q} <= {p, shift_i};
        end
        if (!rst_ni) {waiting_q, inside1_q, inside2_q, inside3_q} <= 4'b0;
    end

    // Assumptions.
    wire [3*OUT_W+5:0] settings = {rounding_i, zero_point_i, lo_i, hi_i};
    reg  [3*OUT_W+5:0] settings_q;
    always @(posedge clk_i) settings_q <= settings;
    always @* begin
        if (!started_q) assume (!rst_ni);
        assume (lo_i <= hi_i);
        if (started_q & (inside1_q | inside2_q | inside3_q)) assume (settings == settings_q);
        if (waiting_q & valid_i) assume (!partial_i);
    end

    wire signed [71:0] rounded2, rounded3;
    wire [OUT_W-1:0]   q2, q3;
    mulquant_round_spec #(.SHIFT_W(SHIFT_W), .OUT_W(OUT_W)) round2 (
        .p_i(p2_q), .shift_i(shift2_q),
        .rounding_i(rounding_i), .zero_point_i(zero_point_i), .lo_i(lo_i), .hi_i(hi_i), .rounded_o(rounded2), .q_o(q2)
    );
    mulquant_round_spec #(.SHIFT_W(SHIFT_W), .OUT_W(OUT_W)) round3 (
        .p_i(p3_q), .shift_i(shift3_q),
        .rounding_i(rounding_i), .zero_point_i(zero_point_i), .lo_i(lo_i), .hi_i(hi_i), .rounded_o(rounded3), .q_o(q3)
    );

    // One operand and a bias, the most that may wait: a second product then still fits P_W.
    localparam signed [71:0] P_TOP     = 72'sd1 <<< (P_W - 1);
    localparam signed [71:0] FIRST_TOP = (72'sd1 <<< (ACC_W + SCALE_W - 2)) + (72'sd1 <<< (BIAS_W - 1));

    always @* if (started_q) begin
        // What a user sees.
        assert (s_ready == ~hold);
        assert (m_valid == inside3_q);
        if (inside3_q) assert (m_data == q3);
`ifdef INVARIANTS
        // What makes it hold for ever.
        assert (\dut.partial_q == waiting_q);
        assert (\dut.valid1_q == inside1_q);
        assert (\dut.valid2_q == inside2_q);
        assert (!(waiting_q & inside1_q));
        if (waiting_q) assert (p_q == first_q & first_q <= FIRST_TOP & first_q >= -FIRST_TOP);
        if (inside1_q) assert (p_q == p1_q & \dut.shift_q == shift1_q);
        if (inside2_q) assert (rounded_q == rounded2 & p2_q < P_TOP & p2_q >= -P_TOP);
`endif
    end

    // All of it does happen: a full pipeline that waits behind a pair's result, both saturations, a tie beyond bit 40.
    reg pair1_q, pair2_q, pair3_q;
    always @(posedge clk_i) if (!hold) {pair1_q, pair2_q, pair3_q} <= {accept & waiting_q, pair1_q, pair2_q};
    always @* if (started_q & rst_ni) begin
        cover (inside3_q & pair3_q & ~ready_i & inside2_q & waiting_q);
        cover (inside3_q & rounded3 > 1000 & q3 == 8'd200);
        cover (inside3_q & rounded3 < -1000 & q3 == 8'd100);
        cover (inside3_q & shift3_q == 6'd41 & rounding_i == 3'd2 & p3_q == 72'sd3 <<< 40 & q3 == 8'd2);
        cover (inside3_q & shift3_q == 6'd33 & rounding_i == 3'd4 & p3_q == -(72'sd1 <<< 32) & q3 == 8'd255);
    end

endmodule

`default_nettype wire
