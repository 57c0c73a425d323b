// lut_softmax_values: part of lut_softmax_rows for LEN_W = 1: each result has the value of docs/arithmetic.md section 7.1.
//
// Method      The harness keeps the elements of the rows inside and computes their results with the division operator.
//             What the unit holds of them, in the buffers, at each stage of the pipeline, in the sum and in every step
//             of the division, is part of the induction. The table is any_table.v.
// Assumed     x_signed_i constant; EXP[0] >= 1.
// Doc         docs/formal.md

    (* hierconn *) wire [(E_W<<DEPTH_W)-1:0] \dut.i_exp.g_table.words ;
    wire [(E_W<<DEPTH_W)-1:0] exponentials = \dut.i_exp.g_table.words ;
    localparam V_W = R_W + E_W + 4;             // holds every value below

    // Elements: of the row that comes in, of the row that goes out, of the one behind it; element 0 in the lower bits.
    reg               signed_q;
    reg [X_W-1:0]     x0_q;
    reg [2*X_W-1:0]   row_q, behind_q;
    wire [2*X_W-1:0]  row_taken = taken_q == 1 ? {x_i, x0_q} : {{X_W{1'b0}}, x_i};
    always @(posedge clk_i) begin
        signed_q <= x_signed_i;
        if (take) x0_q <= x_i;
        if (row_out) row_q <= behind_q;
        if (row_in & rows_q == row_out) row_q <= row_taken;
        else if (row_in) behind_q <= row_taken;
    end
    always @* begin
        if (started_q) assume (x_signed_i == signed_q);
        assume (exponentials[E_W-1:0] != 0);
    end

    // Section 7.1 for the row that goes out.
    wire               two  = (length_q == 2);
    wire signed [X_W:0] x0  = {x_signed_i & row_q[X_W-1], row_q[0+:X_W]};
    wire signed [X_W:0] x1  = {x_signed_i & row_q[2*X_W-1], row_q[X_W+:X_W]};
    wire signed [X_W:0] top = (two & x1 > x0) ? x1 : x0;
    wire [X_W:0]       i0   = top - x0;
    wire [X_W:0]       i1   = top - x1;
    wire [V_W-1:0]     e0   = (i0 >> DEPTH_W) == 0 ? exponentials[i0[DEPTH_W-1:0]*E_W+:E_W] : 0;
    wire [V_W-1:0]     e1   = (i1 >> DEPTH_W) == 0 ? exponentials[i1[DEPTH_W-1:0]*E_W+:E_W] : 0;
    wire [V_W-1:0]     s    = e0 + (two ? e1 : 0);
    wire [V_W-1:0]     one  = 1;
    wire [V_W-1:0]     r    = (one << R_W) / s;
    wire [V_W-1:0]     y0   = (e0 * r + (one << (R_W - OUT_W - 1))) >> (R_W - OUT_W);
    wire [V_W-1:0]     y1   = (e1 * r + (one << (R_W - OUT_W - 1))) >> (R_W - OUT_W);
    wire [V_W-1:0]     full = (sent_q == 0) ? y0 : y1;
    wire [V_W-1:0]     y    = (full >> OUT_W) != 0 ? (one << OUT_W) - 1 : full;

    always @* if (started_q & m_valid) assert (m_data == y);

`ifdef INVARIANTS
    (* hierconn *) wire [X_W-1:0]     \dut.x ;
    (* hierconn *) wire [1:0]         \dut.row_addr_q ;
    (* hierconn *) wire [DEPTH_W-1:0] \dut.exp_addr_q ;
    (* hierconn *) wire               \dut.zero2_q ;
    (* hierconn *) wire [E_W-1:0]     \dut.entry ;
    (* hierconn *) wire [E_W:0]       \dut.sum_q ;
    (* hierconn *) wire [E_W+1:0]     \dut.remainder_q ;
    (* hierconn *) wire [R_W:0]       \dut.r_q , \dut.product_q ;

    // What the unit keeps of an element: unsigned in the order of the elements.
    wire [X_W-1:0]   turn   = {x_signed_i, {X_W - 1{1'b0}}};
    wire [X_W-1:0]   t0     = row_q[0+:X_W] ^ turn;
    wire [X_W-1:0]   t1     = row_q[X_W+:X_W] ^ turn;
    wire [X_W-1:0]   b0     = behind_q[0+:X_W] ^ turn;
    wire [X_W-1:0]   b1     = behind_q[X_W+:X_W] ^ turn;
    wire             drain  = \dut.drain_q ;
    wire             fill   = \dut.fill_q ;
    wire [X_W-1:0]   drain0 = buffers[{drain, 1'b0}*X_W+:X_W];
    wire [X_W-1:0]   drain1 = buffers[{drain, 1'b1}*X_W+:X_W];
    wire [X_W-1:0]   other0 = buffers[{~drain, 1'b0}*X_W+:X_W];
    wire [X_W-1:0]   other1 = buffers[{~drain, 1'b1}*X_W+:X_W];
    wire [X_W-1:0]   fill0  = buffers[{fill, 1'b0}*X_W+:X_W];

    // Which element is in which stage, and how many have left the second.
    wire [1:0]       issued = \dut.issue_q ? index : length_q;
    wire [2:0]       front  = \dut.issue_q ? index : length_q - 1 + young;
    wire             in1    = front - 1;
    wire             in2    = front - 2;
    wire             in3    = front - 3;
    wire [1:0]       added  = issued - valid[0] - valid[1];
    wire [X_W:0]     i_2    = in2 ? i1 : i0;

    // The division: after its step j, r s + rest = 2^j in the bits that are done.
    wire [V_W-1:0]   done   = (one << \dut.step_q ) - 1;
    wire [V_W-1:0]   bits   = \dut.r_q & done;
    wire [V_W-1:0]   rest   = \dut.remainder_q >> 1;

    always @* if (started_q) begin
        if (taken_q == 1) assert (fill0 == (x0_q ^ turn) & maxima[fill*X_W+:X_W] == (x0_q ^ turn));
        if (rows_q != 0) assert (drain0 == t0 & (!two | drain1 == t1));
        if (rows_q != 0) assert (maxima[drain*X_W+:X_W] == ((two & t1 > t0) ? t1 : t0));
        if (rows_q == 2) assert (other0 == b0 & (second_q != 2 | other1 == b1));
        if (rows_q == 2) assert (maxima[!drain*X_W+:X_W] == ((second_q == 2 & b1 > b0) ? b1 : b0));
        if (valid[0]) assert (\dut.row_addr_q == {drain, in1} & \dut.x == (in1 ? t1 : t0));
        assert (\dut.entry == exponentials[\dut.exp_addr_q *E_W+:E_W]);
        if (valid[1]) assert (\dut.exp_addr_q == i_2[DEPTH_W-1:0] & \dut.zero2_q == ((i_2 >> DEPTH_W) != 0));
        if (valid[2]) assert (\dut.product_q == (in3 ? e1 : e0) * r);
        if (\dut.state_q == SUM) begin
            assert (\dut.remainder_q == 1);
            assert (\dut.sum_q == (added == 0 ? 0 : added == 1 ? e0 : e0 + e1));
        end
        if (\dut.state_q == DIVIDE | \dut.state_q == SCALE) assert (\dut.sum_q == s);
        if (\dut.state_q == DIVIDE) begin
            if (\dut.step_q == 0) assert (\dut.remainder_q == 1);
            else assert (!\dut.remainder_q [0] & rest < s & bits * s + rest == (one << (\dut.step_q - 1)));
        end
        if (\dut.state_q == SCALE) assert (\dut.r_q == r);
    end
`endif

    always @* if (started_q) cover (m_valid & sent_q == 1 & row_q == {{X_W{1'b1}}, {X_W{1'b0}}} & y == 1 & x_signed_i);
