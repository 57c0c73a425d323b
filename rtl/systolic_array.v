// systolic_array: weight-stationary ROWS x COLS multiply-accumulate array with double-buffered weights.
//
// Spec        psum_data_o[c](t + ARRAY_LAT) = sum over r of a_data_i[r](t) * w[r][c]      (signed, exact)
//             w is the tile in use: the last one that was loaded whole before the latest a_first_i.
// Elements    array_elements.vh and array_element.v say what the elements are: multipliers, or others, of SPAN rows each.
//             psum_data_o is then the sum over a column's elements of what each makes of its operands and weights.
// Widths      PSUM_W = A_W + W_W + ceil(log2(ROWS)): a column sum of ROWS products cannot overflow.
// Latency     ARRAY_LAT (pipeline.vh) = ROWS / SPAN + COLS + 1 cycles from a_valid_i to psum_valid_o; one operand vector a
//             cycle.
// Handshake   Valid only, no back-pressure. A tile is ROWS / SPAN weight words, row 0 first, w_valid_i each; gaps are allowed.
//             The first operand vector of a tile has a_first_i; it may enter in the cycle after the tile's last word.
//             The words of the next tile may enter from the cycle of that a_first_i on. So a tile takes
//             max(vectors, ROWS) cycles and loading hides behind computing.
// Lanes       a_data_i row r at [r*A_W +: A_W]; w_data_i and psum_data_o column c at [c*CODE_W +: CODE_W], [c*PSUM_W +: PSUM_W].
// Packing     PACK = 2: two columns share a multiplier, where its operand of A_W + 2 * W_W + 1 bits has no more than 18.
// Model       t2c.golden.arithmetic.gemm.gemm
// Doc         docs/units/systolic_array.md
`default_nettype none
`include "array_elements.vh"

module systolic_array #(
    parameter ROWS   = 16,                      // 2..256
    parameter COLS   = 16,                      // 1..256
    parameter A_W    = 9,                       // 3..9: an activation minus its zero point, signed
    parameter W_W    = 8,                       // 2..8: weight, signed
    parameter PSUM_W = A_W + W_W + $clog2(ROWS), // do not override
    parameter PACK   = (`T2C_SHARED && COLS % 2 == 0 && A_W + 2 * W_W < 18) ? 2 : 1 // columns a multiplier: 1, or 2 where that holds
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    input  wire                   w_valid_i,    // weight word of the next tile
    input  wire [COLS*`T2C_CODE_W-1:0] w_data_i,
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
        if (PACK != 1 && (PACK != 2 || !`T2C_SHARED || COLS % 2 != 0 || A_W + 2 * W_W >= 18)) begin : g_pack
            systolic_array_PACK_out_of_range i_stop ();
        end
        if (ROWS % `T2C_SPAN != 0) begin : g_span
            systolic_array_ROWS_out_of_range i_stop ();
        end
    endgenerate

    `include "pipeline.vh"
    localparam CODE_W    = `T2C_CODE_W;
    localparam GROUPS    = COLS / PACK;         // columns that share an element
    localparam E_ROWS    = ROWS / SPAN;         // rows of elements
    localparam OPERAND_W = SPAN * A_W;
    localparam ROW_W     = (E_ROWS > 1) ? $clog2(E_ROWS) : 1;
    localparam DIAGONALS = E_ROWS + COLS - 1;
    localparam [31:0] LAST_ROW = E_ROWS - 1;

    // ------------------------------------------------------------------ operands: an element's row sees its own a cycle after the row above
    wire [ROWS*A_W-1:0] a_skewed;
    skew #(.LANES(E_ROWS), .W(OPERAND_W)) i_skew_a (
        .clk_i(clk_i), .rst_ni(rst_ni), .lanes_i(a_data_i), .lanes_o(a_skewed)
    );

    // ------------------------------------------------------------------ swaps: with the operand, in element (r, c) r + c cycles late
    wire [DIAGONALS-1:0] swap;
    assign swap[0] = a_valid_i & a_first_i;
    generate
        if (DIAGONALS > 1) begin : g_swap
            reg [DIAGONALS-1:1] swap_q;
            assign swap[DIAGONALS-1:1] = swap_q;
            always @(posedge clk_i) swap_q <= swap[DIAGONALS-2:0];
        end
    endgenerate

    // ------------------------------------------------------------------ weights that wait: group g's words g * PACK cycles late
    reg  [ROW_W-1:0]       row_q;               // that the next word is for
    wire                   last_row = (row_q == LAST_ROW[ROW_W-1:0]);
    wire [COLS*CODE_W-1:0] w_skewed;
    wire [ROW_W:0]         place [0:GROUPS];    // {a word comes, its row}
    always @(posedge clk_i) begin
        if (w_valid_i) row_q <= last_row ? {ROW_W{1'b0}} : row_q + {{(ROW_W - 1) {1'b0}}, 1'b1};
        if (!rst_ni) row_q <= {ROW_W{1'b0}};
    end
    assign place[0] = {w_valid_i, row_q};
    skew #(.LANES(GROUPS), .W(PACK * CODE_W), .STEP(PACK)) i_skew_w (
        .clk_i(clk_i), .rst_ni(rst_ni), .lanes_i(w_data_i), .lanes_o(w_skewed)
    );

    // ------------------------------------------------------------------ elements: index [r][g] is the west or north side of (r, g)
    wire [OPERAND_W-1:0]   a_net    [0:E_ROWS*(GROUPS+1)-1];
    wire [PACK*PSUM_W-1:0] psum_net [0:(E_ROWS+1)*GROUPS-1];
    wire [COLS*PSUM_W-1:0] psum_skewed;

    genvar r, g;
    generate
        for (r = 0; r < E_ROWS; r = r + 1) begin : g_row
            assign a_net[r*(GROUPS+1)] = a_skewed[r*OPERAND_W+:OPERAND_W];
            wire unused = &{1'b0, a_net[r*(GROUPS+1)+GROUPS]};
        end
        for (g = 0; g < GROUPS; g = g + 1) begin : g_group
            (* mem2reg *) // every word is read in every cycle: registers, whatever memories a family has
            reg [PACK*CODE_W-1:0] waiting_q [0:E_ROWS-1];
            delay_line #(.W(ROW_W + 1), .DEPTH(PACK)) i_place (
                .clk_i(clk_i), .rst_ni(rst_ni), .d_i(place[g]), .q_o(place[g+1])
            );
            always @(posedge clk_i)
                if (place[g][ROW_W]) waiting_q[place[g][ROW_W-1:0]] <= w_skewed[g*PACK*CODE_W+:PACK*CODE_W];

            assign psum_net[g] = {PACK * PSUM_W{1'b0}};
            for (r = 0; r < E_ROWS; r = r + 1) begin : g_row
                array_element #(.COLUMN(g * PACK), .A_W(A_W), .W_W(W_W), .PSUM_W(PSUM_W), .PACK(PACK)) i_element (
                    .clk_i (clk_i),
                    .a_i   (a_net[r*(GROUPS+1)+g]),
                    .swap_i(swap[r+g*PACK]),
                    .w_i   (waiting_q[r]),
                    .psum_i(psum_net[r*GROUPS+g]),
                    .a_o   (a_net[r*(GROUPS+1)+g+1]),
                    .psum_o(psum_net[(r+1)*GROUPS+g])
                );
            end
            assign psum_skewed[g*PACK*PSUM_W+:PACK*PSUM_W] = psum_net[E_ROWS*GROUPS+g];
        end
    endgenerate
    wire unused_ends = &{1'b0, place[GROUPS]};

    // ------------------------------------------------------------------ column sums
    skew #(.LANES(COLS), .W(PSUM_W), .REVERSE(1)) i_deskew (
        .clk_i(clk_i), .rst_ni(rst_ni), .lanes_i(psum_skewed), .lanes_o(psum_data_o)
    );
    delay_line #(.W(1), .DEPTH(ARRAY_LAT), .RESET(1)) i_valid (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i(a_valid_i), .q_o(psum_valid_o)
    );

endmodule

`default_nettype wire
