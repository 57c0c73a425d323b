// normal_lane: one element of a row, less the mean and over the deviation, from the constants of the row.
//
// Spec        t_o = floor((x N r - S r) / 2^p + 1/2), the t of docs/arithmetic.md 8.1, with g = N r, h = S r, p = shift + 1
// Rounding    half_up: one bit more than t is kept, and is worth one half.
// Widths      |x g - h| = |N x - S| r < 2^(LEN_W+X_W) 2^(ROOT_W+1): LEN_W + X_W + ROOT_W + 2 bits.
//             |N x - S| <= sqrt(N V) and r < 2^(ROOT_W+h) (1 + 2^(1-ROOT_W)) / sqrt(V), so
//             |t| <= 2^FRAC_W sqrt(N - 1) (1 + 2^(1-ROOT_W)) + 1: T_W bits.
// Latency     2 cycles; shift_i comes one cycle after its x_i, g_i, h_i
// Handshake   both stages stay while hold_i
// Model       t2c.golden.arithmetic.layer_norm.normalise
// Doc         docs/units/layer_norm.md
`default_nettype none

module normal_lane #(
    parameter X_W    = 8,                       // 2..16, element
    parameter LEN_W  = 10,                      // 1..12, longest row = 2^LEN_W
    parameter ROOT_W = 16,                      // 8..20, root
    parameter T_W    = 19                       // at least FRAC_W + LEN_W / 2 + 2, result
) (
    input  wire                               clk_i,
    input  wire                               hold_i,
    input  wire signed [X_W-1:0]              x_i,
    input  wire [LEN_W+ROOT_W+1:0]            g_i,
    input  wire signed [LEN_W+X_W+ROOT_W+1:0] h_i,
    input  wire [5:0]                         shift_i,
    output wire signed [T_W-1:0]              t_o
);

    generate
        if (X_W < 2 || X_W > 16) begin : g_x_w
            normal_lane_X_W_out_of_range i_stop ();
        end
        if (LEN_W < 1 || LEN_W > 12) begin : g_len_w
            normal_lane_LEN_W_out_of_range i_stop ();
        end
        if (ROOT_W < 8 || ROOT_W > 20) begin : g_root_w
            normal_lane_ROOT_W_out_of_range i_stop ();
        end
        if (T_W < 7 || T_W > LEN_W + X_W + ROOT_W + 1) begin : g_t_w
            normal_lane_T_W_out_of_range i_stop ();
        end
    endgenerate

    localparam A_W = LEN_W + X_W + ROOT_W + 2;

    wire signed [A_W-1:0] x = {{(A_W - X_W) {x_i[X_W-1]}}, x_i};
    wire signed [A_W-1:0] g = {{X_W{1'b0}}, g_i};
    reg signed [A_W-1:0]  centred_q;            // (N x - S) r
    wire signed [A_W-1:0] shifted = centred_q >>> shift_i;
    reg signed [T_W-1:0]  t_q;
    wire                  unused = &{1'b0, shifted[A_W-1:T_W+1]}; // copies of the sign

    always @(posedge clk_i) begin
        if (!hold_i) begin
            centred_q <= x * g - h_i;
            t_q       <= shifted[T_W:1] + {{(T_W - 1) {1'b0}}, shifted[0]};
        end
    end

    assign t_o = t_q;

endmodule

`default_nettype wire
