// row_constants_row: what goes into the root and the reciprocal, and what comes of it: V, h, V', g = N r, h = S r, in the cycles
// that the header says.
//
// Method      The root and the reciprocal are row_constants_parts.v. All products are those of one multiplier, which the harness
//             follows: each product stands beside its two factors, and the claims say which factors they are.
// Assumed     a reset in the first cycle; E >= 1, the same while a row is inside; N, S, Q are those of a row of at most
//             2^LEN_W elements as far as N Q >= S^2 and N Q <= 4^(LEN_W+X_W-1).
// Doc         docs/formal.md
`default_nettype none

module row_constants_row #(
    parameter X_W    = 8,
    parameter LEN_W  = 10,
    parameter E_W    = 48,
    parameter ROOT_W = 16,
    parameter FRAC_W = 12
) (
    input wire                        clk_i,
    input wire                        rst_ni,
    input wire [E_W-1:0]              epsilon_i,
    input wire                        full_i,
    input wire [LEN_W:0]              n_i,
    input wire signed [LEN_W+X_W-1:0] s_i,
    input wire [LEN_W+2*X_W-2:0]      q_i,
    input wire                        take_i
);

    localparam SPREAD_W = 2 * (LEN_W + X_W) - 2;
    localparam V2  = ((SPREAD_W > E_W) ? SPREAD_W : E_W) / 2 + 1;
    localparam V_W = 2 * V2;
    localparam R_W = ROOT_W + 2;
    localparam A_W = LEN_W + X_W;
    localparam B_W = (LEN_W + 2 * X_W > R_W + 1) ? LEN_W + 2 * X_W : R_W + 1;
    localparam P_W = A_W + B_W;
    localparam G_W = LEN_W + ROOT_W + 2;
    localparam H_W = LEN_W + X_W + ROOT_W + 2;
    localparam W   = 128;                       // holds everything

    wire                  take, valid;
    wire [LEN_W:0]        n;
    wire [G_W-1:0]        g;
    wire signed [H_W-1:0] h;
    wire [5:0]            shift;
    row_constants #(.X_W(X_W), .LEN_W(LEN_W), .E_W(E_W), .ROOT_W(ROOT_W), .FRAC_W(FRAC_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .epsilon_i(epsilon_i), .full_i(full_i), .take_o(take), .n_i(n_i), .s_i(s_i), .q_i(q_i),
        .valid_o(valid), .take_i(take_i), .n_o(n), .g_o(g), .h_o(h), .shift_o(shift)
    );
    (* hierconn *) wire [3:0]            \dut.state_q ;
    (* hierconn *) wire signed [A_W-1:0] \dut.a , \dut.s_q ;
    (* hierconn *) wire signed [B_W-1:0] \dut.b ;
    (* hierconn *) wire signed [P_W-1:0] \dut.product_q ;
    (* hierconn *) wire [LEN_W+2*X_W-2:0] \dut.q_q ;
    (* hierconn *) wire [V_W-1:0]        \dut.v_q ;
    (* hierconn *) wire [5:0]            \dut.half_q ;
    (* hierconn *) wire [2*ROOT_W-1:0]   \dut.i_root.value_i ;
    (* hierconn *) wire [ROOT_W-1:0]     \dut.i_root.root_o , \dut.i_reciprocal.divisor_i ;
    (* hierconn *) wire [R_W-1:0]        \dut.i_reciprocal.quotient_o ;
    (* hierconn *) wire                  \dut.i_root.start_i , \dut.i_root.done_o , \dut.i_reciprocal.start_i ;
    (* hierconn *) wire                  \dut.i_reciprocal.done_o ;
    (* hierconn *) wire [6:0]            \dut.i_root.age_q , \dut.i_reciprocal.age_q ;

    // Products of the last three cycles with their factors: 0 must be in product_q.
    reg signed [A_W-1:0] a0_q, a1_q, a2_q;
    reg signed [B_W-1:0] b0_q, b1_q, b2_q;
    reg signed [P_W-1:0] p0_q, p1_q, p2_q;

    wire signed [P_W-1:0] product = \dut.a * \dut.b ;

    // The row that is inside, and for how many cycles.
    localparam [7:0] FIRST = 2 * ROOT_W + 12;   // to valid
    reg                   started_q = 1'b0;
    reg                   inside_q;
    reg [7:0]             age_q;
    reg [LEN_W:0]         n_q;
    reg signed [A_W-1:0]  s_q;
    reg [LEN_W+2*X_W-2:0] q_q;
    reg [E_W-1:0]         epsilon_q;
    reg [ROOT_W-1:0]      k_q;
    reg [G_W-1:0]         g_q;
    reg [5:0]             shift_q;
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        {a0_q, b0_q, p0_q} <= {\dut.a , \dut.b , product};
        {a1_q, b1_q, p1_q} <= {a0_q, b0_q, p0_q};
        {a2_q, b2_q, p2_q} <= {a1_q, b1_q, p1_q};
        {epsilon_q, g_q, shift_q} <= {epsilon_i, g, shift};
        if (inside_q & age_q != FIRST + 1) age_q <= age_q + 1;
        if (take) {inside_q, age_q, n_q, s_q, q_q} <= {1'b1, 8'd1, n_i, s_i, q_i};
        else if (valid & take_i) inside_q <= 1'b0;
        if (!rst_ni) inside_q <= 1'b0;
    end
    always @* begin
        if (!started_q) assume (!rst_ni);
        assume (epsilon_i != 0);
        if (started_q & inside_q) assume (epsilon_i == epsilon_q);
        // Of a row: what its sums are to each other. The squares stand in p2 and p1 when they are needed.
        if (inside_q & age_q == 4) assume (p2_q >= p1_q & p1_q >= 0 & p2_q <= 1 << SPREAD_W);
    end

    // V, once its two products are there; half its bits; V in 2 ROOT_W bits.
    wire [W-1:0] one    = 1;
    wire [W-1:0] v      = \dut.v_q ;
    wire [W-1:0] half   = \dut.half_q ;
    wire signed [W-1:0] p1 = p1_q;
    wire signed [W-1:0] p2 = p2_q;
    wire [W-1:0] nq     = p2;
    wire [W-1:0] ss     = p1;
    wire [W-1:0] mask   = (one << V_W) - 1;
    wire [W-1:0] moved  = half > ROOT_W ? v >> (2 * (half - ROOT_W)) : v << (2 * (ROOT_W - half));
    wire signed [A_W-1:0] n_wide = n_q;
    wire signed [B_W-1:0] q_wide = q_q;
    wire signed [B_W-1:0] s_wide = s_q;
    wire signed [B_W-1:0] r_wide = \dut.i_reciprocal.quotient_o ;
    wire signed [P_W-1:0] g_wide = g;

    always @* if (started_q) begin
        assert (take == (full_i & !inside_q));
        assert (valid == (inside_q & age_q >= FIRST));
        assert (\dut.product_q == p0_q);
        if (inside_q & age_q == 4) begin        // V = N Q - S S + E
            assert (v == nq - ss + epsilon_i);
            assert (a2_q == n_wide & b2_q == q_wide & a1_q == s_q & b1_q == s_wide);
        end
        if (inside_q & age_q == 5) begin        // h and V'
            assert (\dut.i_root.start_i );
            assert (half >= 1 & v >> (2 * half) == 0 & v >> (2 * half - 2) != 0);
            assert (\dut.i_root.value_i == moved);
        end
        if (inside_q & \dut.i_reciprocal.start_i ) assert (\dut.i_root.done_o & \dut.i_reciprocal.divisor_i == \dut.i_root.root_o );
        if (valid) assert (n == n_q & shift == half + ROOT_W - FRAC_W - 1);
        // g = N r, h = S r, which the header derives to fit.
        if (valid & age_q == FIRST) assert (a1_q == n_wide & b1_q == r_wide & g == p1_q[G_W-1:0]);
        if (valid & age_q > FIRST) assert (g == g_q & shift == shift_q);
        if (valid) assert (a0_q == s_q & b0_q == r_wide & $unsigned(h) == p0_q[H_W-1:0]);
`ifdef INVARIANTS
        if (inside_q) assert (age_q >= 1 & age_q <= FIRST + 1);
        if (!inside_q) assert (\dut.state_q == 0);
        if (inside_q) begin
            assert (\dut.state_q == (age_q < 5 ? age_q : age_q <= ROOT_W + 6 ? 5 : age_q <= 2 * ROOT_W + 9 ? 6
                                     : age_q == 2 * ROOT_W + 10 ? 7 : age_q == 2 * ROOT_W + 11 ? 8 : 9));
            assert (n == n_q & \dut.s_q == s_q & \dut.q_q == q_q);
            if (age_q == 2) assert (a0_q == n_wide & b0_q == q_wide);
            if (age_q == 3) assert (a1_q == n_wide & b1_q == q_wide & a0_q == s_q & b0_q == s_wide);
            if (age_q == 3) assert (v == (ss + epsilon_i & mask));
            if (age_q >= 5) assert (half >= 1 & half <= V2 & v >> (2 * half) == 0 & v >> (2 * half - 2) != 0);
            if (age_q == 2 * ROOT_W + 11) assert (a0_q == n_wide & b0_q == r_wide);
            assert (\dut.i_root.start_i == (age_q == 5));
            assert (\dut.i_root.age_q == (age_q > 5 & age_q <= ROOT_W + 6 ? age_q - 5 : 0));
            assert (\dut.i_reciprocal.age_q == (age_q > ROOT_W + 6 & age_q <= 2 * ROOT_W + 9 ? age_q - ROOT_W - 6 : 0));
        end else assert (!\dut.i_root.start_i & \dut.i_root.age_q == 0 & \dut.i_reciprocal.age_q == 0);
`endif
    end
    always @* if (started_q) begin
        cover (inside_q & age_q == 6 & half == V2 & s_q < 0);
        cover (valid & age_q == FIRST & g == 300 & h == -200);
    end

endmodule

`default_nettype wire
