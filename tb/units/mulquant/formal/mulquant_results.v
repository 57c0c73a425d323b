// mulquant_results: every result of mulquant equals mulquant_spec of the inputs that were accepted for it.
//
// Method      Each accepted input travels beside the pipeline through slots, which move as the header of mulquant says: one a
//             cycle, all held while a result waits. An input becomes a product by mulquant_sum_spec, and p in slot 3 with what
//             is added; from slot 4 to slot 5 p becomes a result by mulquant_round_spec. Each register of the pipeline equals what its slot says; that holds
//             after a reset, and one step from any state in which it holds, whatever the inputs.
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

    localparam P_W    = ((ACC_W + SCALE_W > BIAS_W) ? ACC_W + SCALE_W : BIAS_W) + 2;
    localparam HALF_W = ACC_W / 2;
    localparam F_W    = OUT_W + 2;
    localparam WIN_W  = F_W + 8;

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

    // Slots. The first two hold a product with its bias, the third a p that is complete or waits for its second operand, the
    // fourth a complete p, the others what becomes of it.
    reg                      started_q = 1'b0;
    reg [7:1]                inside_q;
    reg                      open_q;            // the last input that was accepted was the first of a pair
    reg                      partial1_q, partial2_q, waiting_q;
    reg signed [71:0]        product1_q, product2_q;
    reg signed [BIAS_W-1:0]  bias1_q, bias2_q;
    reg [SHIFT_W-1:0]        shift1_q, shift2_q, shift3_q, shift4_q;
    reg signed [71:0]        first_q, p3_q, p4_q, floor5_q, floor6_q, rounded5_q, rounded6_q;
    reg [OUT_W-1:0]          result5_q, result6_q, result7_q;
    wire                     hold   = inside_q[7] & ~ready_i;
    wire                     accept = valid_i & ~hold;

    wire signed [71:0] bias = bias2_q;
    wire signed [71:0] p    = product2_q + (waiting_q ? first_q : bias);
    wire signed [71:0] product, rounded;
    wire [OUT_W-1:0]   result;
    mulquant_sum_spec #(.ACC_W(ACC_W), .SCALE_W(SCALE_W)) sum (
        .acc_i(acc_i), .multiplier_i(multiplier_i), .addend_i(72'sd0), .p_o(product)
    );
    mulquant_round_spec #(.SHIFT_W(SHIFT_W), .OUT_W(OUT_W)) round (
        .p_i(p4_q), .shift_i(shift4_q),
        .rounding_i(rounding_i), .zero_point_i(zero_point_i), .lo_i(lo_i), .hi_i(hi_i), .rounded_o(rounded), .q_o(result)
    );

    always @(posedge clk_i) begin
        started_q <= 1'b1;
        if (accept) open_q <= partial_i;
        if (!hold) begin
            inside_q <= {inside_q[6:3], inside_q[2] & ~partial2_q, inside_q[1], accept};
            {product1_q, bias1_q, shift1_q, partial1_q} <= {product, bias_i, shift_i, partial_i};
            {product2_q, bias2_q, shift2_q, partial2_q} <= {product1_q, bias1_q, shift1_q, partial1_q};
            if (inside_q[2]) begin
                waiting_q <= partial2_q;
                if (partial2_q) first_q <= p;
                else {p3_q, shift3_q} <= {p, shift2_q};
            end
            {p4_q, shift4_q} <= {p3_q, shift3_q};
            {floor5_q, rounded5_q, result5_q} <= {p4_q >>> shift4_q, rounded, result};
            {floor6_q, rounded6_q, result6_q} <= {floor5_q, rounded5_q, result5_q};
            result7_q <= result6_q;
        end
        if (!rst_ni) {open_q, waiting_q, inside_q} <= 9'b0;
    end

    // Assumptions.
    wire [3*OUT_W+5:0] settings = {rounding_i, zero_point_i, lo_i, hi_i};
    reg  [3*OUT_W+5:0] settings_q;
    always @(posedge clk_i) settings_q <= settings;
    always @* begin
        if (!started_q) assume (!rst_ni);
        assume (lo_i <= hi_i);
        if (started_q & inside_q != 0) assume (settings == settings_q);
        if (open_q & valid_i) assume (!partial_i);
    end

    always @* if (started_q) begin
        // What a user sees.
        assert (s_ready == ~hold);
        assert (m_valid == inside_q[7]);
        if (inside_q[7]) assert (m_data == result7_q);
    end

`ifdef INVARIANTS
    // What makes it hold for ever. Registers of the pipeline:
    (* hierconn *) wire \dut.valid1_q , \dut.valid2_q , \dut.valid3_q , \dut.valid4_q , \dut.valid5_q , \dut.valid6_q ;
    (* hierconn *) wire                            \dut.partial1_q , \dut.partial2_q , \dut.partial_q ;
    (* hierconn *) wire signed [HALF_W+SCALE_W-1:0] \dut.low_q ;
    (* hierconn *) wire signed [ACC_W-HALF_W+SCALE_W-1:0] \dut.high_q ;
    (* hierconn *) wire signed [ACC_W+SCALE_W-1:0] \dut.product_q ;
    (* hierconn *) wire [SHIFT_W+BIAS_W-1:0]       \dut.constants1_q , \dut.constants2_q ;
    (* hierconn *) wire [5:0]                      \dut.shift_q ;
    (* hierconn *) wire signed [P_W-1:0]           \dut.p_q ;
    (* hierconn *) wire \dut.negative4_q , \dut.below_q , \dut.run4_q , \dut.beyond_q ;
    (* hierconn *) wire [2:0]                      \dut.fine_q ;
    (* hierconn *) wire [WIN_W-1:0]                \dut.window_q ;
    (* hierconn *) wire signed [F_W:0]             \dut.halves_q ;
    (* hierconn *) wire                            \dut.round_up ;
    (* hierconn *) wire signed [F_W:0]             \dut.moved_q ;
    wire signed [71:0] low       = \dut.low_q ;
    wire signed [71:0] high      = \dut.high_q ;
    wire signed [ACC_W+SCALE_W-1:0] sum1 = (high <<< HALF_W) + low;
    wire signed [71:0] product_q = \dut.product_q ;
    wire signed [71:0] p_q       = \dut.p_q ;
    wire signed [71:0] halves_q  = \dut.halves_q ;
    wire signed [71:0] floor_q   = halves_q >>> 1;
    wire signed [71:0] moved_q   = \dut.moved_q ;

    // One operand and a bias, the most that may wait: a second product then still fits P_W.
    localparam signed [71:0] P_TOP     = 72'sd1 <<< (P_W - 1);
    localparam signed [71:0] PRODUCT_TOP = 72'sd1 <<< (ACC_W + SCALE_W - 1);
    localparam signed [71:0] FIRST_TOP = PRODUCT_TOP + (72'sd1 <<< (BIAS_W - 1));

    // Slot 4: 2 p, shifted by the multiple of 8 in the shift.
    wire               negative = p4_q[71];
    wire signed [72:0] doubled  = {p4_q, 1'b0};
    wire [5:0]         shift    = shift4_q;
    wire [5:0]         coarse   = {shift[5:3], 3'd0};
    wire signed [72:0] ones     = -73'sd1;
    wire signed [72:0] kept     = ones <<< coarse;
    wire signed [72:0] shifted  = doubled >>> coarse;
    wire signed [72:0] higher   = shifted >>> WIN_W;
    wire signed [72:0] unlike   = doubled ^ {73{negative}};

    // Slots 5 and 6: the floor, saturated. Of one that is beyond, it does not matter whether it goes up.
    localparam signed [71:0] F_TOP = 72'sd1 <<< (F_W - 1);
    function signed [71:0] saturated(input signed [71:0] value);
        saturated = (value >= F_TOP) ? F_TOP - 72'sd1 : (value < -F_TOP) ? -F_TOP : value;
    endfunction
    function [OUT_W-1:0] clipped(input signed [71:0] value);
        clipped = (value < lo_i) ? lo_i : (value > hi_i) ? hi_i : value;
    endfunction
    wire signed [71:0] up5 = rounded5_q - floor5_q;
    wire signed [71:0] up6 = rounded6_q - floor6_q;
    wire signed [71:0] moved6 = moved_q - saturated(floor6_q) - zero_point_i;

    always @* if (started_q) begin
        assert ({\dut.valid6_q , \dut.valid5_q , \dut.valid4_q , \dut.valid3_q , \dut.valid2_q , \dut.valid1_q } == inside_q[6:1]);
        assert (\dut.partial_q == waiting_q);
        assert (!(waiting_q & inside_q[3]));
        assert (!(waiting_q & inside_q[2] & partial2_q));
        assert (!((inside_q[2] ? partial2_q : waiting_q) & inside_q[1] & partial1_q));
        assert (open_q == (inside_q[1] ? partial1_q : inside_q[2] ? partial2_q : waiting_q));
        if (inside_q[1]) begin
            assert (sum1 == product1_q);
            assert (\dut.constants1_q == {shift1_q, bias1_q} & \dut.partial1_q == partial1_q);
        end
        if (inside_q[2]) begin
            assert (product_q == product2_q);
            assert (\dut.constants2_q == {shift2_q, bias2_q} & \dut.partial2_q == partial2_q);
        end
        if (waiting_q) assert (p_q == first_q & first_q <= FIRST_TOP & first_q >= -FIRST_TOP);
        if (inside_q[3]) assert (p_q == p3_q & \dut.shift_q == shift3_q);
        if (inside_q[4]) begin
            assert (p4_q < P_TOP & p4_q >= -P_TOP);
            assert (\dut.negative4_q == negative & \dut.fine_q == shift[2:0]);
            assert (\dut.window_q == shifted[WIN_W-1:0]);
            assert (\dut.below_q == ((doubled & ~kept) != 0));
            assert (\dut.beyond_q == (higher != {73{negative}}));
            assert (\dut.run4_q == (shift[5] & (unlike[72:31] | kept[72:31]) == ones[72:31]));
        end
        if (inside_q[5]) begin
            assert (floor_q == saturated(floor5_q) & floor5_q < P_TOP & floor5_q >= -P_TOP);
            assert (up5 == \dut.round_up | (floor5_q != saturated(floor5_q) & (up5 == 0 | up5 == 1)));
            assert (result5_q == clipped(rounded5_q + zero_point_i));
        end
        if (inside_q[6]) begin
            assert ((up6 == 0 | up6 == 1) & floor6_q < P_TOP & floor6_q >= -P_TOP);
            assert (moved6 == up6 | (floor6_q != saturated(floor6_q) & (moved6 == 0 | moved6 == 1)));
            assert (result6_q == clipped(rounded6_q + zero_point_i));
        end
    end
`endif

    // All of it does happen: a full pipeline that waits behind a pair's result, both saturations, a tie beyond bit 40.
    reg [7:3]           pair_q;
    reg signed [71:0]   p5_q, p6_q;
    reg [SHIFT_W-1:0]   shift5_q, shift6_q;
    (* keep *) reg signed [71:0] rounded7_q, p7_q; // what a counterexample is told by
    (* keep *) reg [SHIFT_W-1:0] shift7_q;
    always @(posedge clk_i) if (!hold) begin
        pair_q <= {pair_q[6:3], waiting_q};
        rounded7_q <= rounded6_q;
        {p5_q, p6_q, p7_q} <= {p4_q, p5_q, p6_q};
        {shift5_q, shift6_q, shift7_q} <= {shift4_q, shift5_q, shift6_q};
    end
    always @* if (started_q & rst_ni) begin
        cover (inside_q[7] & pair_q[7] & ~ready_i & inside_q[6:4] == 3'b111 & waiting_q & inside_q[2:1] == 2'b11);
        cover (inside_q[7] & rounded7_q > 1000 & result7_q == 8'd200);
        cover (inside_q[7] & rounded7_q < -1000 & result7_q == 8'd100);
        cover (inside_q[7] & shift7_q == 6'd41 & rounding_i == 3'd2 & p7_q == 72'sd3 <<< 40 & result7_q == 8'd2);
        cover (inside_q[7] & shift7_q == 6'd33 & rounding_i == 3'd4 & p7_q == -(72'sd1 <<< 32) & result7_q == 8'd255);
    end

endmodule

`default_nettype wire
