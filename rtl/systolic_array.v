// systolic_array: weight-stationary ROWS x COLS multiply-accumulate array with double-buffered weights.
//
// Spec        psum_data_o[c](t + ARRAY_LAT) = sum over r of a_data_i[r](t) * w[r][c]      (signed, exact)
//             w is the tile in use: the last one that was loaded whole before the latest a_first_i.
// Widths      PSUM_W = A_W + W_W + ceil(log2(ROWS)): a column sum of ROWS products cannot overflow.
// Latency     ARRAY_LAT (pipeline.vh) = ROWS + COLS - 1 cycles from a_valid_i to psum_valid_o; one operand vector a cycle.
// Handshake   Valid only, no back-pressure. A tile is ROWS weight words, row 0 first, w_valid_i each; gaps are allowed.
//             The first operand vector of a tile has a_first_i; it may enter in the cycle after the tile's last word.
//             The words of the next tile may enter from the cycle of that a_first_i on. So a tile takes
//             max(vectors, ROWS) cycles and loading hides behind computing.
// Lanes       a_data_i row r at [r*A_W +: A_W]; w_data_i and psum_data_o column c at [c*W_W +: W_W], [c*PSUM_W +: PSUM_W].
// Model       t2c.golden.arithmetic.gemm.gemm
// Doc         docs/units/systolic_array.md
`default_nettype none

module systolic_array #(
    parameter ROWS   = 16,                      // 2..256
    parameter COLS   = 16,                      // 1..256
    parameter A_W    = 9,                       // 3..9: an activation minus its zero point, signed
    parameter W_W    = 8,                       // 2..8: weight, signed
    parameter PSUM_W = A_W + W_W + $clog2(ROWS) // do not override
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    input  wire                   w_valid_i,    // weight word of the next tile
    input  wire [COLS*W_W-1:0]    w_data_i,
    input  wire                   a_valid_i,    // operand vector
    input  wire                   a_first_i,    // it is the first one of the next tile
    input  wire [ROWS*A_W-1:0]    a_data_i,
    output wire                   psum_valid_o, // column sums
    output wire [COLS*PSUM_W-1:0] psum_data_o
);

    generate
        if (ROWS < 2 || ROWS > 256) begin : g_rows
            systolic_array_ROWS_out_of_range i_stop ();
        end
        if (COLS < 1 || COLS > 256) begin : g_cols
            systolic_array_COLS_out_of_range i_stop ();
        end
        if (A_W < 3 || A_W > 9) begin : g_a_w
            systolic_array_A_W_out_of_range i_stop ();
        end
        if (W_W < 2 || W_W > 8) begin : g_w_w
            systolic_array_W_W_out_of_range i_stop ();
        end
        if (PSUM_W != A_W + W_W + $clog2(ROWS)) begin : g_psum_w
            systolic_array_PSUM_W_out_of_range i_stop ();
        end
    endgenerate

    `include "pipeline.vh"

    // Row r sees its operand and the swap r cycles after row 0; column c its weight word c cycles after column 0.
    wire [ROWS*A_W-1:0]       a_skewed;
    wire [ROWS-1:0]           swap_skewed;
    wire [COLS*(W_W+1)-1:0]   w_lanes;
    wire [COLS*(W_W+1)-1:0]   w_skewed;

    skew #(.LANES(ROWS), .W(A_W)) i_skew_a (
        .clk_i(clk_i), .rst_ni(rst_ni), .lanes_i(a_data_i), .lanes_o(a_skewed)
    );
    skew #(.LANES(ROWS), .W(1), .RESET(1)) i_skew_swap (
        .clk_i(clk_i), .rst_ni(rst_ni), .lanes_i({ROWS{a_valid_i & a_first_i}}), .lanes_o(swap_skewed)
    );
    skew #(.LANES(COLS), .W(W_W + 1), .RESET(1)) i_skew_w (
        .clk_i(clk_i), .rst_ni(rst_ni), .lanes_i(w_lanes), .lanes_o(w_skewed)
    );

    // Nets between processing elements: index [r][c] is the west or north side of PE (r, c).
    wire [A_W-1:0]    a_net    [0:ROWS*(COLS+1)-1];
    wire              swap_net [0:ROWS*(COLS+1)-1];
    wire [W_W-1:0]    w_net    [0:(ROWS+1)*COLS-1];
    wire              wv_net   [0:(ROWS+1)*COLS-1];
    wire [PSUM_W-1:0] psum_net [0:(ROWS+1)*COLS-1];
    wire [COLS*PSUM_W-1:0] psum_skewed;

    genvar r, c;
    generate
        for (c = 0; c < COLS; c = c + 1) begin : g_north
            assign w_lanes[c*(W_W+1)+:W_W+1] = {w_valid_i, w_data_i[c*W_W+:W_W]};
            assign {wv_net[c], w_net[c]}     = w_skewed[c*(W_W+1)+:W_W+1];
            assign psum_net[c]               = {PSUM_W{1'b0}};
            assign psum_skewed[c*PSUM_W+:PSUM_W] = psum_net[ROWS*COLS+c];
            wire unused = &{1'b0, wv_net[ROWS*COLS+c], w_net[ROWS*COLS+c]};
        end
        for (r = 0; r < ROWS; r = r + 1) begin : g_row
            assign a_net[r*(COLS+1)]    = a_skewed[r*A_W+:A_W];
            assign swap_net[r*(COLS+1)] = swap_skewed[r];
            for (c = 0; c < COLS; c = c + 1) begin : g_col
                mac_pe #(.A_W(A_W), .W_W(W_W), .PSUM_W(PSUM_W)) i_pe (
                    .clk_i    (clk_i),
                    .rst_ni   (rst_ni),
                    .a_i      (a_net[r*(COLS+1)+c]),
                    .swap_i   (swap_net[r*(COLS+1)+c]),
                    .w_i      (w_net[r*COLS+c]),
                    .w_valid_i(wv_net[r*COLS+c]),
                    .psum_i   (psum_net[r*COLS+c]),
                    .a_o      (a_net[r*(COLS+1)+c+1]),
                    .swap_o   (swap_net[r*(COLS+1)+c+1]),
                    .w_o      (w_net[(r+1)*COLS+c]),
                    .w_valid_o(wv_net[(r+1)*COLS+c]),
                    .psum_o   (psum_net[(r+1)*COLS+c])
                );
            end
            wire unused = &{1'b0, a_net[r*(COLS+1)+COLS], swap_net[r*(COLS+1)+COLS]};
        end
    endgenerate

    skew #(.LANES(COLS), .W(PSUM_W), .REVERSE(1)) i_deskew (
        .clk_i(clk_i), .rst_ni(rst_ni), .lanes_i(psum_skewed), .lanes_o(psum_data_o)
    );
    delay_line #(.W(1), .DEPTH(ARRAY_LAT), .RESET(1)) i_valid (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i(a_valid_i), .q_o(psum_valid_o)
    );

endmodule

`default_nettype wire
