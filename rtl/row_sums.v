// row_sums: number, sum and sum of squares of the elements of a row that comes in beats.
//
// Spec        n_o = N, s_o = sum of x, q_o = sum of x^2, over the counted elements of a row
// Widths      2 <= X_W; N <= 2^LEN_W. |x| <= 2^(X_W-1): |s| <= 2^(LEN_W+X_W-1), closed, and negative only at the end, so
//             LEN_W + X_W bits; q <= 2^(LEN_W+2X_W-2): LEN_W + 2 X_W - 1 bits.
// Latency     full_o 3 cycles after the last beat was taken, unless the row before is still there
// Handshake   A beat moves while valid_i & ready_o. A row's sums wait under full_o for take_i; meanwhile beats of the next
//             row come in until its first is about to be added.
// Model       the sums of t2c.golden.arithmetic.layer_norm.normalise
// Doc         docs/units/layer_norm.md
`default_nettype none

module row_sums #(
    parameter X_W   = 8,                        // 2..16, element
    parameter LANES = 4,                        // 1..64, a power of two, elements of a beat
    parameter LEN_W = 10                        // up to 12, LANES < 2^LEN_W, longest row = 2^LEN_W
) (
    input  wire                            clk_i,
    input  wire                            rst_ni,
    input  wire                            valid_i,
    output wire                            ready_o,
    input  wire [LANES*X_W-1:0]            x_i,     // two's complement; 0 where keep_i is 0
    input  wire [LANES-1:0]                keep_i,  // elements that count
    input  wire                            last_i,  // last beat of the row
    output wire                            full_o,
    input  wire                            take_i,
    output wire [LEN_W:0]                  n_o,
    output wire signed [LEN_W+X_W-1:0]     s_o,
    output wire [LEN_W+2*X_W-2:0]          q_o
);

    generate
        if (X_W < 2 || X_W > 16) begin : g_x_w
            row_sums_X_W_out_of_range i_stop ();
        end
        if (LANES < 1 || LANES > 64 || (LANES & (LANES - 1)) != 0) begin : g_lanes
            row_sums_LANES_is_no_power_of_two_up_to_64 i_stop ();
        end
        if (LEN_W > 12 || (1 << LEN_W) <= LANES) begin : g_len_w
            row_sums_LEN_W_out_of_range i_stop ();
        end
    endgenerate

    localparam S_W = LEN_W + X_W;
    localparam Q_W = LEN_W + 2 * X_W - 1;

    // Stage 1: the beat.
    reg                 valid1_q, last1_q;
    reg [LANES*X_W-1:0] x_q;
    reg [LANES-1:0]     keep_q;

    // Stage 2: its sums.
    reg                 valid2_q, last2_q;
    reg [LEN_W:0]       beat_n, beat_n_q;
    reg signed [S_W-1:0] beat_s, beat_s_q;
    reg [Q_W-1:0]       beat_q, beat_q_q;

    integer lane;
    reg signed [X_W-1:0] element;
    reg [2*X_W-2:0]      square;                // at most 4^(X_W-1)
    always @* begin
        beat_n  = {(LEN_W + 1) {1'b0}};
        beat_s  = {S_W{1'b0}};
        beat_q  = {Q_W{1'b0}};
        element = {X_W{1'b0}};
        square  = {(2 * X_W - 1) {1'b0}};
        for (lane = 0; lane < LANES; lane = lane + 1) begin
            element = x_q[lane*X_W+:X_W];
            square  = element * element;
            beat_n  = beat_n + {{LEN_W{1'b0}}, keep_q[lane]};
            beat_s  = beat_s + {{LEN_W{element[X_W-1]}}, element};
            beat_q  = beat_q + {{LEN_W{1'b0}}, square};
        end
    end

    // Stage 3: the row's. A row's first beat replaces what is there.
    reg                  open_q;                // beats of a row are in
    reg                  full_q;                // the row is complete
    reg [LEN_W:0]        n_q;
    reg signed [S_W-1:0] s_q;
    reg [Q_W-1:0]        q_q;
    wire                 hold = valid2_q & full_q & ~take_i;

    always @(posedge clk_i) begin
        if (!hold) begin
            valid1_q <= valid_i;
            last1_q  <= last_i;
            x_q      <= x_i;
            keep_q   <= keep_i;
            valid2_q <= valid1_q;
            last2_q  <= last1_q;
            beat_n_q <= beat_n;
            beat_s_q <= beat_s;
            beat_q_q <= beat_q;
        end
        if (take_i) full_q <= 1'b0;
        if (valid2_q & ~hold) begin
            open_q <= ~last2_q;
            full_q <= last2_q;
            n_q    <= (open_q ? n_q : {(LEN_W + 1) {1'b0}}) + beat_n_q;
            s_q    <= (open_q ? s_q : {S_W{1'b0}}) + beat_s_q;
            q_q    <= (open_q ? q_q : {Q_W{1'b0}}) + beat_q_q;
        end
        if (!rst_ni) begin
            valid1_q <= 1'b0;
            valid2_q <= 1'b0;
            open_q   <= 1'b0;
            full_q   <= 1'b0;
        end
    end

    assign ready_o = ~hold;
    assign full_o  = full_q;
    assign n_o     = n_q;
    assign s_o     = s_q;
    assign q_o     = q_q;

endmodule

`default_nettype wire
