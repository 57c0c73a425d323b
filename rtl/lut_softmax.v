// lut_softmax: softmax of rows of any length from 1 to 2^LEN_W, with a table of exponentials and one division a row.
//
// Spec        i = max(x) - x;  e = EXP[i] if i < 2^DEPTH_W, else 0;  s = sum of e over the row;  r = floor(2^R_W / s)
//             y = min(round_half_up(e * r / 2^(R_W - OUT_W)), 2^OUT_W - 1), docs/arithmetic.md section 7.1
// Rows        s_axis_tlast_i ends a row, m_axis_tlast_o ends its results. A row without tlast among its first 2^LEN_W elements
//             is ended there: the element after them begins the next row, and overlong_o is high from then on until reset.
// Table       2^DEPTH_W entries of E_W bits, EXP[0] >= 1, by $readmemh: TABLE_FILE, in simulation +<TABLE_PLUSARG>=<path>.
// Rounding    half_up; saturation last, and only from 2^OUT_W to 2^OUT_W - 1.
// Widths      EXP[0] <= s <= 2^LEN_W (2^E_W - 1): S_W = E_W + LEN_W bits. r <= 2^R_W: R_W + 1 bits. e is a term of s, so
//             e * r <= 2^R_W: R_W + 1 bits, and the rounded value is at most 2^OUT_W.
// Latency     A row of L elements, no stalls, none before it inside: the first result leaves L + R_W + 9 cycles after the last
//             element was taken, the others follow in successive cycles.
// Throughput  One row is normalised while the next is taken: 2 L + R_W + 8 cycles a row.
// Handshake   AXI-Stream on both sides. s_axis_tready_o is low only while both row buffers hold a whole row; results hold while
//             one waits for m_axis_tready_i. x_signed_i must not change while elements are inside.
// Model       t2c.golden.arithmetic.softmax.softmax
// Doc         docs/units/lut_softmax.md
`default_nettype none

module lut_softmax #(
    parameter X_W           = 8,                // 2..16, element
    parameter DEPTH_W       = 8,                // 1..X_W, table entries = 2^DEPTH_W
    parameter E_W           = 12,               // 4..16, table entry
    parameter OUT_W         = 8,                // 2..8, result
    parameter R_W           = 22,               // E_W + OUT_W .. 32, r = floor(2^R_W / s)
    parameter LEN_W         = 10,               // 1..12, longest row = 2^LEN_W
    parameter TABLE_FILE    = "",
    parameter TABLE_PLUSARG = "exp"
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    input  wire             x_signed_i,         // elements are two's complement
    output wire             overlong_o,         // a row was longer than 2^LEN_W
    input  wire             s_axis_tvalid_i,
    output wire             s_axis_tready_o,
    input  wire [X_W-1:0]   s_axis_tdata_i,
    input  wire             s_axis_tlast_i,
    output wire             m_axis_tvalid_o,
    input  wire             m_axis_tready_i,
    output wire [OUT_W-1:0] m_axis_tdata_o,
    output wire             m_axis_tlast_o
);

    generate
        if (X_W < 2 || X_W > 16) begin : g_x_w
            lut_softmax_X_W_out_of_range i_stop ();
        end
        if (DEPTH_W < 1 || DEPTH_W > X_W) begin : g_depth_w
            lut_softmax_DEPTH_W_out_of_range i_stop ();
        end
        if (E_W < 4 || E_W > 16) begin : g_e_w
            lut_softmax_E_W_out_of_range i_stop ();
        end
        if (OUT_W < 2 || OUT_W > 8) begin : g_out_w
            lut_softmax_OUT_W_out_of_range i_stop ();
        end
        if (R_W < E_W + OUT_W || R_W > 32) begin : g_r_w
            lut_softmax_R_W_out_of_range i_stop ();
        end
        if (LEN_W < 1 || LEN_W > 12) begin : g_len_w
            lut_softmax_LEN_W_out_of_range i_stop ();
        end
    endgenerate

    localparam S_W    = E_W + LEN_W;            // sum
    localparam STEP_W = 6;                      // step of the division, 0..R_W
    localparam [1:0] WAIT = 2'd0, SUM = 2'd1, DIVIDE = 2'd2, SCALE = 2'd3;

    // ---- A row comes in: into buffer fill_q, with its largest element and its last index.
    // Elements are kept with the sign bit turned if signed: unsigned order and differences are then the same.
    reg             fill_q;                     // buffer that the row goes to
    reg [LEN_W-1:0] taken_q;                    // elements of it that are in
    reg             overlong_q;
    reg [1:0]       full_q;                     // buffer holds a whole row
    reg [LEN_W-1:0] last_q [0:1];               // index of its last element
    reg [X_W-1:0]   max_q  [0:1];               // its largest element

    wire            take    = s_axis_tvalid_i & s_axis_tready_o;
    wire            longest = &taken_q;
    wire            row_in  = take & (s_axis_tlast_i | longest);
    wire [X_W-1:0]  element = s_axis_tdata_i ^ {x_signed_i, {(X_W - 1) {1'b0}}};
    wire            first   = (taken_q == {LEN_W{1'b0}});
    wire            larger  = first | (element > max_q[fill_q]);

    assign s_axis_tready_o = ~full_q[fill_q];
    assign overlong_o      = overlong_q;

    // ---- A row goes out: buffer drain_q is read twice, to sum the exponentials and to scale them.
    reg [1:0]       state_q;
    reg             drain_q;
    reg             issue_q;                    // an element is read: index_q of the row
    reg [LEN_W-1:0] index_q;
    wire            issue_last = (index_q == last_q[drain_q]);
    wire            hold       = m_axis_tvalid_o & ~m_axis_tready_i;

    // The memories have no enable: while the pipeline holds they read the same address again.
    reg  [LEN_W:0]     row_addr_q;
    wire [LEN_W:0]     row_addr = hold ? row_addr_q : {drain_q, index_q};

    // Stage 1: the element, and how far it lies below the largest.
    reg             valid1_q;
    reg             last1_q;
    wire [X_W-1:0]  x;
    wire [X_W-1:0]  below = max_q[drain_q] - x;
    reg  [DEPTH_W-1:0] exp_addr_q;
    wire [DEPTH_W-1:0] exp_addr = hold ? exp_addr_q : below[DEPTH_W-1:0];

    ram #(
        .W      (X_W),
        .DEPTH  (2 << LEN_W),
        .ADDR_W (LEN_W + 1)
    ) i_rows (
        .clk_i   (clk_i),
        .we_i    (take),
        .waddr_i ({fill_q, taken_q}),
        .wdata_i (element),
        .raddr_i (row_addr),
        .rdata_o (x)
    );

    // Stage 2: its exponential.
    reg             valid2_q;
    reg             last2_q;
    reg             zero2_q;                    // beyond the table
    wire [E_W-1:0]  entry;
    wire [E_W-1:0]  e = zero2_q ? {E_W{1'b0}} : entry;
    wire            beyond;

    generate
        if (DEPTH_W < X_W) begin : g_beyond
            assign beyond = |below[X_W-1:DEPTH_W];
        end else begin : g_whole
            assign beyond = 1'b0;
        end
    endgenerate

    ram #(
        .W         (E_W),
        .DEPTH     (1 << DEPTH_W),
        .ADDR_W    (DEPTH_W),
        .INIT_FILE (TABLE_FILE),
        .PLUSARG   (TABLE_PLUSARG)
    ) i_exp (
        .clk_i   (clk_i),
        .we_i    (1'b0),
        .waddr_i ({DEPTH_W{1'b0}}),
        .wdata_i ({E_W{1'b0}}),
        .raddr_i (exp_addr),
        .rdata_o (entry)
    );

    // The sum, and its reciprocal by restoring division, one bit a cycle: remainder < 2 s.
    reg  [S_W-1:0]    sum_q;
    reg  [STEP_W-1:0] step_q;
    reg  [S_W:0]      remainder_q;
    reg  [R_W:0]      r_q;
    wire              fits    = (remainder_q >= {1'b0, sum_q});
    wire [S_W-1:0]    kept    = remainder_q[S_W-1:0] - (fits ? sum_q : {S_W{1'b0}}); // < s
    wire              summed  = (state_q == SUM) & valid2_q & last2_q;
    wire              divided = (state_q == DIVIDE) & (step_q == R_W[STEP_W-1:0]);

    // Stage 3: the product. Stage 4: rounded and saturated.
    reg               valid3_q;
    reg               last3_q;
    reg  [R_W:0]      product_q;
    wire [OUT_W:0]    rounded = product_q[R_W:R_W-OUT_W] + {{OUT_W{1'b0}}, product_q[R_W-OUT_W-1]};
    reg               valid4_q;
    reg               last4_q;
    reg  [OUT_W-1:0]  y_q;
    wire              row_out = m_axis_tvalid_o & m_axis_tready_i & last4_q;

    assign m_axis_tvalid_o = valid4_q;
    assign m_axis_tlast_o  = last4_q;
    assign m_axis_tdata_o  = y_q;

    always @(posedge clk_i) begin
        if (take) begin
            taken_q <= row_in ? {LEN_W{1'b0}} : taken_q + {{(LEN_W - 1) {1'b0}}, 1'b1};
            if (larger) max_q[fill_q] <= element;
            if (longest & ~s_axis_tlast_i) overlong_q <= 1'b1;
        end
        if (row_in) begin
            fill_q         <= ~fill_q;
            last_q[fill_q] <= taken_q;
            full_q[fill_q] <= 1'b1;
        end

        row_addr_q <= row_addr;
        exp_addr_q <= exp_addr;
        if (!hold) begin
            valid1_q  <= issue_q;
            last1_q   <= issue_last;
            valid2_q  <= valid1_q;
            last2_q   <= last1_q;
            zero2_q   <= beyond;
            valid3_q  <= valid2_q & (state_q == SCALE);
            last3_q   <= last2_q;
            product_q <= {{(R_W + 1 - E_W) {1'b0}}, e} * r_q;
            valid4_q  <= valid3_q;
            last4_q   <= last3_q;
            y_q       <= rounded[OUT_W] ? {OUT_W{1'b1}} : rounded[OUT_W-1:0];
            if (issue_q) begin
                issue_q <= ~issue_last;
                index_q <= issue_last ? {LEN_W{1'b0}} : index_q + {{(LEN_W - 1) {1'b0}}, 1'b1};
            end
        end

        case (state_q)
            WAIT: begin
                sum_q       <= {S_W{1'b0}};
                step_q      <= {STEP_W{1'b0}};
                remainder_q <= {{S_W{1'b0}}, 1'b1};
                if (full_q[drain_q]) begin
                    state_q <= SUM;
                    issue_q <= 1'b1;
                end
            end
            SUM: begin
                if (valid2_q) sum_q <= sum_q + {{LEN_W{1'b0}}, e};
                if (summed) state_q <= DIVIDE;
            end
            DIVIDE: begin
                step_q      <= step_q + {{(STEP_W - 1) {1'b0}}, 1'b1};
                remainder_q <= {kept, 1'b0};
                r_q         <= {r_q[R_W-1:0], fits};
                if (divided) begin
                    state_q <= SCALE;
                    issue_q <= 1'b1;
                end
            end
            default: begin // SCALE
                if (row_out) begin
                    state_q         <= WAIT;
                    drain_q         <= ~drain_q;
                    full_q[drain_q] <= 1'b0;
                end
            end
        endcase

        if (!rst_ni) begin
            fill_q     <= 1'b0;
            taken_q    <= {LEN_W{1'b0}};
            overlong_q <= 1'b0;
            full_q     <= 2'd0;
            state_q    <= WAIT;
            drain_q    <= 1'b0;
            issue_q    <= 1'b0;
            index_q    <= {LEN_W{1'b0}};
            valid1_q   <= 1'b0;
            valid2_q   <= 1'b0;
            valid3_q   <= 1'b0;
            valid4_q   <= 1'b0;
        end
    end

endmodule

`default_nettype wire
