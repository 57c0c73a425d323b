// lut_softmax_rows: as many results as elements, row by row, tlast with the last, in the cycle the header says.
//
// Method      The harness counts the elements of the row that comes in and keeps the lengths of the whole rows inside.
//             The unit's counters, states and valid bits are tied to these counts; that holds after a reset, and one
//             step from any state in which it holds. Values are not looked at, so the memories hold anything;
//             VALUES adds what lut_softmax_values.vh says of them, for rows of one and two elements.
// Assumed     a reset in the first cycle; nothing else.
// Doc         docs/formal.md
`default_nettype none

module lut_softmax_rows #(
    parameter X_W     = 8,
    parameter DEPTH_W = 8,
    parameter E_W     = 12,
    parameter OUT_W   = 8,
    parameter R_W     = 22,
    parameter LEN_W   = 10
) (
    input wire           clk_i,
    input wire           rst_ni,
    input wire           x_signed_i,
    input wire           valid_i,
    input wire [X_W-1:0] x_i,
    input wire           last_i,
    input wire           ready_i
);

    wire             overlong, s_ready, m_valid, m_last;
    wire [OUT_W-1:0] m_data;
    lut_softmax #(.X_W(X_W), .DEPTH_W(DEPTH_W), .E_W(E_W), .OUT_W(OUT_W), .R_W(R_W), .LEN_W(LEN_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .x_signed_i(x_signed_i), .overlong_o(overlong),
        .s_axis_tvalid_i(valid_i), .s_axis_tready_o(s_ready), .s_axis_tdata_i(x_i), .s_axis_tlast_i(last_i),
        .m_axis_tvalid_o(m_valid), .m_axis_tready_i(ready_i), .m_axis_tdata_o(m_data), .m_axis_tlast_o(m_last)
    );
    stream_stable #(.W(OUT_W + 1)) stable (
        .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(m_valid), .ready_i(ready_i), .data_i({m_last, m_data})
    );
    (* hierconn *) wire             \dut.fill_q , \dut.drain_q , \dut.issue_q ;
    (* hierconn *) wire [1:0]       \dut.full_q , \dut.state_q ;
    (* hierconn *) wire [LEN_W-1:0] \dut.taken_q , \dut.index_q ;
    (* hierconn *) wire [5:0]       \dut.step_q ;
    (* hierconn *) wire             \dut.valid1_q , \dut.valid2_q , \dut.valid3_q , \dut.valid4_q ;
    (* hierconn *) wire             \dut.last1_q , \dut.last2_q , \dut.last3_q , \dut.last4_q ;
`include "memories.vh" // lasts: last_q[1], last_q[0]

    localparam COUNT_W = LEN_W + 7;             // lengths, and cycles of a row without stalls
    localparam [COUNT_W-1:0] LONGEST = 1 << LEN_W;
    localparam [1:0] WAIT = 2'd0, SUM = 2'd1, DIVIDE = 2'd2, SCALE = 2'd3;

    // Rows, as the header of lut_softmax tells them.
    reg               started_q = 1'b0;
    reg [1:0]         rows_q;                   // whole rows inside: the older one is going out
    reg [COUNT_W-1:0] length_q, second_q;       // their lengths
    reg [COUNT_W-1:0] taken_q;                  // elements of the row that comes in
    reg [COUNT_W-1:0] sent_q;                   // results of the row that goes out
    reg [COUNT_W-1:0] age_q;                    // cycles since that row's turn came, up to its first result
    reg               overlong_q;
    wire take    = valid_i & s_ready;
    wire row_in  = take & (last_i | taken_q == LONGEST - 1);
    wire send    = m_valid & ready_i;
    wire row_out = send & (sent_q == length_q - 1);
    wire [COUNT_W-1:0] first_age = length_q + R_W + 8;
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        rows_q    <= rows_q + row_in - row_out;
        if (take) taken_q <= row_in ? 0 : taken_q + 1;
        if (row_in & ~last_i) overlong_q <= 1'b1;
        if (row_out) length_q <= second_q;
        if (row_in) begin
            if (rows_q == row_out) length_q <= taken_q + 1;
            else second_q <= taken_q + 1;
        end
        if (send) sent_q <= row_out ? 0 : sent_q + 1;
        if (row_out | rows_q == 0) age_q <= 0;
        else if (age_q != first_age) age_q <= age_q + 1;
        if (!rst_ni) begin
            {rows_q, overlong_q} <= 3'b0;
            {taken_q, sent_q, age_q} <= {3 * COUNT_W{1'b0}};
        end
    end

    always @* if (!started_q) assume (!rst_ni);

    // Elements in the pipeline; the youngest is in stage `young` once all are read.
    wire [2:0]         piped = \dut.valid1_q + \dut.valid2_q + \dut.valid3_q + \dut.valid4_q ;
    wire [3:0]         valid = {\dut.valid4_q , \dut.valid3_q , \dut.valid2_q , \dut.valid1_q };
    wire [3:0]         lasts4 = {\dut.last4_q , \dut.last3_q , \dut.last2_q , \dut.last1_q };
    wire [COUNT_W-1:0] index = \dut.index_q ;
    wire [2:0]         young = \dut.valid1_q ? 1 : \dut.valid2_q ? 2 : \dut.valid3_q ? 3 : 4;
    wire [LEN_W-1:0]   last_drain = \dut.drain_q ? lasts[LEN_W+:LEN_W] : lasts[0+:LEN_W];
    wire [LEN_W-1:0]   last_other = \dut.drain_q ? lasts[0+:LEN_W] : lasts[LEN_W+:LEN_W];
    wire [1:0]         full_drain = \dut.drain_q ? {\dut.full_q [0], \dut.full_q [1]} : \dut.full_q ;
    // Which stages hold an element: all that were reached while elements are read, then those behind the youngest.
    wire [3:0]         reached = {index > 3, index > 2, index > 1, index > 0};
    wire [3:0]         behind  = length_q > 3 ? 4'b1111 : length_q == 3 ? 4'b0111 : length_q == 2 ? 4'b0011 : 4'b0001;
    always @* if (started_q) begin
        assert (s_ready == (rows_q != 2));
        assert (m_valid == (rows_q != 0 & age_q == first_age));
        if (m_valid) assert (m_last == (sent_q == length_q - 1));
        assert (overlong == overlong_q);
`ifdef INVARIANTS
        assert (rows_q != 3 & taken_q < LONGEST & \dut.taken_q == taken_q);
        assert (full_drain == (rows_q == 0 ? 2'b00 : rows_q == 1 ? 2'b01 : 2'b11));
        assert (\dut.fill_q == (\dut.drain_q ^ rows_q[0]));
        if (rows_q != 0) assert (length_q != 0 & length_q <= LONGEST & last_drain == length_q - 1 & sent_q < length_q);
        if (rows_q == 2) assert (second_q != 0 & second_q <= LONGEST & last_other == second_q - 1);
        if (rows_q == 0) assert (\dut.state_q == WAIT & sent_q == 0);
        if (!\dut.issue_q ) assert (\dut.index_q == 0);
        if (\dut.issue_q ) assert (index < length_q);
        if (\dut.state_q == WAIT) assert (!\dut.issue_q & valid == 0 & age_q == 0 & sent_q == 0);
        if (\dut.state_q == SUM) begin
            assert (valid[3:2] == 0 & sent_q == 0 & \dut.step_q == 0);
            if (\dut.issue_q ) assert (age_q == index + 1 & valid[0] == (index > 0) & valid[1] == (index > 1));
            if (\dut.issue_q ) assert (!(valid[0] & lasts4[0]) & !(valid[1] & lasts4[1]));
            if (!\dut.issue_q & valid[0]) assert (age_q == length_q + 1 & lasts4[0] & valid[1] == (length_q > 1));
            if (!\dut.issue_q & valid[0] & valid[1]) assert (!lasts4[1]);
            if (!\dut.issue_q & !valid[0]) assert (age_q == length_q + 2 & valid[1] & lasts4[1]);
        end
        if (\dut.state_q == DIVIDE)
            assert (!\dut.issue_q & valid == 0 & sent_q == 0 & \dut.step_q <= R_W
                    & age_q == length_q + 3 + \dut.step_q );
        if (\dut.state_q == SCALE) begin
            if (\dut.issue_q ) begin
                assert (age_q == length_q + R_W + 4 + (index < 4 ? index : 4));
                assert (sent_q + piped == index);
                assert (valid == reached);
                assert ((valid & lasts4) == 0);
            end else begin
                assert (piped != 0 & sent_q + piped == length_q);
                assert ((valid & lasts4) == (4'd1 << (young - 1)));
                assert (valid == ((behind << (young - 1)) & 4'd15));
                assert (age_q == length_q + R_W + 4 + (length_q + young - 1 < 4 ? length_q + young - 1 : 4));
            end
        end
`endif
    end

`ifdef VALUES
`include "lut_softmax_values.vh"
`endif

    always @* if (started_q) begin
        cover (rows_q == 2 & length_q == 1 & second_q == 2 & m_valid & ~ready_i);
        cover (send & row_out & row_in & rows_q == 1);
    end

endmodule

`default_nettype wire
