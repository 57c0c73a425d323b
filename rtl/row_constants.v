// row_constants: what normalises a row, from its sums: an integer root and its reciprocal.
//
// Spec        V = N Q - S^2 + E;  h = half the bits of V, rounded up;  V' = floor(V 4^(ROOT_W - h));  k = floor(sqrt(V'))
//             r = floor(4^ROOT_W / k);  g_o = N r;  h_o = S r;  shift_o = h + ROOT_W - FRAC_W - 1, docs/arithmetic.md 8.1
// Widths      N <= 2^LEN_W. N Q - S^2 = N sum (x - S/N)^2 <= 4^(LEN_W+X_W-1), so V is below twice the larger of that and
//             2^E_W: V_W bits, an even number. V' has its highest bit among the upper two, so 2^(ROOT_W-1) <= k < 2^ROOT_W and
//             2^ROOT_W < r <= 2^(ROOT_W+1).
// Latency     2 ROOT_W + 12 cycles from the cycle with take_o to the first with valid_o
// Handshake   take_o: the sums under full_i are taken. valid_o and the results stay until take_i; then the next may come.
//             epsilon_i must be at least 1 and not change meanwhile.
// Model       t2c.golden.arithmetic.layer_norm.reciprocal_root
// Doc         docs/units/layer_norm.md
`default_nettype none

module row_constants #(
    parameter X_W    = 8,                       // 2..16, element
    parameter LEN_W  = 10,                      // 1..12, longest row = 2^LEN_W
    parameter E_W    = 48,                      // 1..48, epsilon
    parameter ROOT_W = 16,                      // 8..20, root
    parameter FRAC_W = 12                       // 4..ROOT_W, fraction bits of a normalised element
) (
    input  wire                               clk_i,
    input  wire                               rst_ni,
    input  wire [E_W-1:0]                     epsilon_i,
    input  wire                               full_i,
    output wire                               take_o,
    input  wire [LEN_W:0]                     n_i,
    input  wire signed [LEN_W+X_W-1:0]        s_i,
    input  wire [LEN_W+2*X_W-2:0]             q_i,
    output wire                               valid_o,
    input  wire                               take_i,
    output wire [LEN_W:0]                     n_o,
    output wire [LEN_W+ROOT_W+1:0]            g_o,
    output wire signed [LEN_W+X_W+ROOT_W+1:0] h_o,
    output wire [5:0]                         shift_o   // one less than p
);

    generate
        if (X_W < 2 || X_W > 16) begin : g_x_w
            row_constants_X_W_out_of_range i_stop ();
        end
        if (LEN_W < 1 || LEN_W > 12) begin : g_len_w
            row_constants_LEN_W_out_of_range i_stop ();
        end
        if (E_W < 1 || E_W > 48) begin : g_e_w
            row_constants_E_W_out_of_range i_stop ();
        end
        if (ROOT_W < 8 || ROOT_W > 20) begin : g_root_w
            row_constants_ROOT_W_out_of_range i_stop ();
        end
        if (FRAC_W < 4 || FRAC_W > ROOT_W) begin : g_frac_w
            row_constants_FRAC_W_out_of_range i_stop ();
        end
    endgenerate

    localparam SPREAD_W = 2 * (LEN_W + X_W) - 2; // N Q - S^2 <= 2^SPREAD_W
    localparam V2    = ((SPREAD_W > E_W) ? SPREAD_W : E_W) / 2 + 1; // the most that h is
    localparam V_W   = 2 * V2;                  // V
    localparam R_W   = ROOT_W + 2;              // reciprocal
    localparam A_W   = LEN_W + X_W;             // N or S, signed
    localparam B0_W  = LEN_W + 2 * X_W;         // Q, signed; S is narrower
    localparam B_W   = (B0_W > R_W + 1) ? B0_W : R_W + 1;
    localparam P_W   = A_W + B_W;
    localparam T_W   = ((P_W > V_W) ? P_W : V_W) + 1;
    localparam G_W   = LEN_W + ROOT_W + 2;
    localparam H_W   = LEN_W + X_W + ROOT_W + 2;
    localparam N_W   = V_W + 2 * ROOT_W;         // V, with room to move either way
    localparam [31:0] SHIFT_BASE = ROOT_W - FRAC_W - 1;

    localparam [3:0] IDLE = 4'd0, SCALE = 4'd1, SQUARE = 4'd2, SUBTRACT = 4'd3, COUNT = 4'd4, ROOT = 4'd5,
                     DIVIDE = 4'd6, TIMES_N = 4'd7, TIMES_S = 4'd8, VALID = 4'd9;
    reg [3:0]               state_q;
    reg [LEN_W:0]           n_q;
    reg signed [A_W-1:0]    s_q;
    reg [LEN_W+2*X_W-2:0]   q_q;
    reg [V_W-1:0]           v_q;
    reg [5:0]               half_q;             // h
    reg [G_W-1:0]           g_q;

    // One multiplier: N Q, S S, N r, S r.
    wire [R_W-1:0]          r;
    wire signed [A_W-1:0]   n_signed = {{(X_W - 1) {1'b0}}, n_q};
    reg signed [A_W-1:0]    a;
    reg signed [B_W-1:0]    b;
    reg signed [P_W-1:0]    product_q;
    wire [T_W-1:0]          wide = {{(T_W - P_W) {product_q[P_W-1]}}, product_q};
    always @* begin
        a = n_signed;
        b = {{(B_W - R_W) {1'b0}}, r};
        case (state_q)
            SCALE: b = {{(B_W + 1 - B0_W) {1'b0}}, q_q};
            SQUARE: begin
                a = s_q;
                b = {{(B_W - A_W) {s_q[A_W-1]}}, s_q};
            end
            TIMES_S, VALID: a = s_q;            // and S r stays
            default: ;
        endcase
    end

    // h: half the bits of V, rounded up: how many pairs of bits, from the lowest to the highest that is not 0.
    reg [5:0]       half;
    integer         pair;
    always @* begin
        half = 6'd0;
        for (pair = 0; pair < V2; pair = pair + 1)
            if (v_q[2*pair+:2] != 2'b00) half = pair[5:0] + 6'd1;
    end
    wire [N_W-1:0]      raised = {v_q, {(2 * ROOT_W) {1'b0}}} >> {half_q, 1'b0}; // V 4^(ROOT_W - h), floor
    wire                root_done, divide_done;
    reg                 root_start_q;
    wire [ROOT_W-1:0]   k;
    wire                unused = &{1'b0, raised[N_W-1:2*ROOT_W], wide[T_W-1:V_W]}; // 0, and the sign of a square

    integer_root #(.W(ROOT_W)) i_root (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(root_start_q), .value_i(raised[2*ROOT_W-1:0]),
        .done_o(root_done), .root_o(k)
    );
    reciprocal #(.D_W(ROOT_W), .R_W(2 * ROOT_W), .Q_W(R_W)) i_reciprocal (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(root_done), .divisor_i(k), .done_o(divide_done), .quotient_o(r)
    );

    always @(posedge clk_i) begin
        product_q    <= a * b;
        root_start_q <= (state_q == COUNT);
        case (state_q)
            IDLE: begin
                n_q <= n_i;
                s_q <= s_i;
                q_q <= q_i;
                if (full_i) state_q <= SCALE;
            end
            SCALE: state_q <= SQUARE;
            SQUARE: begin
                v_q     <= wide[V_W-1:0] + {{(V_W - E_W) {1'b0}}, epsilon_i};
                state_q <= SUBTRACT;
            end
            SUBTRACT: begin
                v_q     <= v_q - wide[V_W-1:0];
                state_q <= COUNT;
            end
            COUNT: begin
                half_q  <= half;
                state_q <= ROOT;
            end
            ROOT: if (root_done) state_q <= DIVIDE;
            DIVIDE: if (divide_done) state_q <= TIMES_N;
            TIMES_N: state_q <= TIMES_S;
            TIMES_S: begin
                g_q     <= product_q[G_W-1:0];
                state_q <= VALID;
            end
            default: if (take_i) state_q <= IDLE; // VALID
        endcase
        if (!rst_ni) begin
            state_q      <= IDLE;
            root_start_q <= 1'b0;
        end
    end

    assign take_o  = full_i & (state_q == IDLE);
    assign valid_o = (state_q == VALID);
    assign n_o     = n_q;
    assign g_o     = g_q;
    assign h_o     = product_q[H_W-1:0];
    assign shift_o = half_q + SHIFT_BASE[5:0];

endmodule

`default_nettype wire
