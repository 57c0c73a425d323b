// operand_mover: carries out the MOVE step: activation words become weight rows, the stationary operand of a product of
// two activations.
//
// Spec        For column tile n, for K tile k, for r in 0..ROWS-1, a weight row of COLS columns c:
//             transpose_i = 1   bank r of word k of token n * COLS + c
//             transpose_i = 0   bank (n mod GROUPS) * COLS + c of word floor(n / GROUPS) of token k * ROWS + r
//             GROUPS = ROWS / COLS; word w of token t lies at origin_i + t * col_step_i + w. 0 takes the place of tokens
//             from tokens_i on, of banks below lane_first_i in word 0 and of banks above lane_last_i in word
//             ch_words_i - 1. Rows go to base_i, base_i + 1, ...
// Transpose   Each bank is read by itself: bank r reads the COLS tokens of a tile r cycles after bank 0, into a shift
//             register of its own, which holds row r of the tile when that is to be written.
// Widths      a weight is the lowest W_W bits of an activation, which x_signed_i extends by its sign, else by 0; counters of
//             16 bits, addresses modulo their memory's address width
// Latency     3 cycles from start_i to the first row, COLS more with transpose_i; one row a cycle
// Handshake   pulse start_i with all fields valid and keep them until done_o, which comes with the last row. No start_i
//             while a step runs.
// Model       t2c.core_model.mover
// Doc         docs/units/operand_mover.md
`default_nettype none

module operand_mover #(
    parameter ROWS       = 16,                  // 2..256, a multiple of COLS
    parameter COLS       = 16,                  // 1..256
    parameter X_W        = 8,                   // 2..8: activation
    parameter W_W        = 8,                   // 2..8: weight
    parameter ADDR_W     = 12,                  // activation address
    parameter WGT_ADDR_W = 12
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    input  wire                   start_i,
    // descriptor
    input  wire [WGT_ADDR_W-1:0]  base_i,       // first weight row
    input  wire [ADDR_W-1:0]      origin_i,     // word 0 of the first token
    input  wire [ADDR_W-1:0]      col_step_i,   // from token to token
    input  wire [15:0]            tokens_i,
    input  wire [15:0]            ch_words_i,   // channel words of a token
    input  wire [15:0]            k_tiles_i,
    input  wire [15:0]            col_tiles_i,
    input  wire                   transpose_i,  // tokens become columns, else rows
    input  wire [7:0]             lane_first_i, // bank of the first channel, in the first channel word
    input  wire [7:0]             lane_last_i,  // bank of the last channel, in the last channel word
    input  wire                   x_signed_i,
    output reg                    busy_o,       // the read port is taken
    output reg                    done_o,
    // activation memory, read side
    output wire [ROWS*ADDR_W-1:0] raddr_o,
    input  wire [ROWS*X_W-1:0]    rdata_i,
    // weight memory, write side
    output reg                    we_o,
    output reg  [WGT_ADDR_W-1:0]  waddr_o,
    output reg  [COLS*W_W-1:0]    wdata_o
);

    generate
        if (COLS < 1 || ROWS % COLS != 0) begin : g_groups
            operand_mover_COLS_out_of_range i_stop ();
        end
    endgenerate

    localparam GROUPS  = ROWS / COLS;
    localparam GROUP_W = (GROUPS > 1) ? $clog2(GROUPS) : 1;
    localparam ROW_W   = $clog2(ROWS);
    localparam POS_W   = 16 + ADDR_W;
    localparam PLACE_W = ADDR_W + 3;
    localparam [31:0] LAST_ROW = ROWS - 1, LAST_COL = COLS - 1, LAST_GROUP = GROUPS - 1;

    // ------------------------------------------------------------------ walk: one row of a tile a cycle
    reg               walk_q;
    reg [ROW_W-1:0]   row_q;
    reg [15:0]        k_tile_q, col_tile_q, word_q;
    reg [GROUP_W-1:0] group_q;
    // Position: tokens that are left from this one on, and its word's address. Saved ones: where the tile began, and where
    // the next column tile begins.
    reg [15:0]        left_q, tile_left_q;
    reg [ADDR_W-1:0]  addr_q, tile_addr_q;
    reg [POS_W-1:0]   next_q;

    wire last_row   = (row_q == LAST_ROW[ROW_W-1:0]);
    wire last_k     = (k_tile_q == k_tiles_i - 16'd1);
    wire last_group = (group_q == LAST_GROUP[GROUP_W-1:0]);
    wire last       = walk_q & last_row & last_k & (col_tile_q == col_tiles_i - 16'd1);
    wire [15:0] word = transpose_i ? k_tile_q : word_q;

    // A tile whose rows are tokens goes on with the next token, or with a word of the first one; one whose columns are
    // tokens, with the next word of its first token, or with the token that followed its last one in word 0.
    wire              next_word = transpose_i | last_group;
    wire [POS_W-1:0]  step      = {left_q - {15'd0, left_q != 16'd0}, addr_q + col_step_i};
    wire [POS_W-1:0]  from_here = {tile_left_q, tile_addr_q + {{(ADDR_W - 1) {1'b0}}, next_word}};
    wire              turn      = (k_tile_q == 16'd0) & (row_q == LAST_COL[ROW_W-1:0]);
    wire [POS_W-1:0]  next      = turn ? step : next_q;
    wire              jump      = last_row & (transpose_i | last_k);
    wire [POS_W-1:0]  target    = (transpose_i & last_k) ? next : from_here;

    always @(posedge clk_i) begin
        if (walk_q) begin
            row_q            <= last_row ? {ROW_W{1'b0}} : row_q + {{(ROW_W - 1) {1'b0}}, 1'b1};
            {left_q, addr_q} <= jump ? target : step;
            next_q           <= next;
            if (jump) {tile_left_q, tile_addr_q} <= target;
            if (last_row) k_tile_q <= last_k ? 16'd0 : k_tile_q + 16'd1;
            if (last_row & last_k) begin
                col_tile_q <= col_tile_q + 16'd1;
                group_q    <= last_group ? {GROUP_W{1'b0}} : group_q + {{(GROUP_W - 1) {1'b0}}, 1'b1};
                word_q     <= word_q + {15'd0, last_group};
            end
        end
        if (last) walk_q <= 1'b0;
        if (start_i) begin
            walk_q     <= 1'b1;
            row_q      <= {ROW_W{1'b0}};
            k_tile_q   <= 16'd0;
            col_tile_q <= 16'd0;
            word_q     <= 16'd0;
            group_q    <= {GROUP_W{1'b0}};
            {left_q, addr_q, tile_left_q, tile_addr_q} <= {2{tokens_i, origin_i}};
        end
        if (!rst_ni) walk_q <= 1'b0;
    end

    // ------------------------------------------------------------------ places in the banks; transposed, bank r's come r cycles late
    wire [PLACE_W-1:0]          place = {word == 16'd0, word == ch_words_i - 16'd1, left_q != 16'd0, addr_q};
    reg  [(ROWS-1)*PLACE_W-1:0] late_q;
    wire [ROWS*PLACE_W-1:0]     staggered = {late_q, place};
    wire [ROWS*PLACE_W-1:0]     places = transpose_i ? staggered : {ROWS{place}};
    always @(posedge clk_i) if (busy_o) late_q <= staggered[(ROWS-1)*PLACE_W-1:0];

    // ------------------------------------------------------------------ words of the memory as weights
    wire [ROWS-1:0]     from_first = {ROWS{1'b1}} << lane_first_i;
    wire [ROWS-1:0]     after_last = {{(ROWS - 1) {1'b1}}, 1'b0} << lane_last_i;
    wire [ROWS*W_W-1:0] weights;
    wire [ROWS*COLS*W_W-1:0] tile;
    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_bank
            wire first_word, last_word, exists;
            assign {first_word, last_word, exists, raddr_o[r*ADDR_W+:ADDR_W]} = places[r*PLACE_W+:PLACE_W];
            reg keep_q;
            always @(posedge clk_i) if (busy_o) keep_q <= exists & (from_first[r] | ~first_word) & ~(after_last[r] & last_word);

            wire [X_W-1:0]     x    = rdata_i[r*X_W+:X_W];
            wire [W_W+X_W-1:0] wide = {{W_W{x_signed_i & x[X_W-1]}}, x};
            assign weights[r*W_W+:W_W] = wide[W_W-1:0] & {W_W{keep_q}};
            wire unused_wide = &{1'b0, wide};

            reg  [COLS*W_W-1:0]     line_q;     // of the last COLS tokens, the newest in the highest bits
            wire [(COLS+1)*W_W-1:0] shifted = {weights[r*W_W+:W_W], line_q};
            always @(posedge clk_i) if (busy_o) line_q <= shifted[W_W+:COLS*W_W];
            assign tile[r*COLS*W_W+:COLS*W_W] = line_q;
            wire unused_oldest = &{1'b0, shifted[W_W-1:0]};
        end
    endgenerate

    // ------------------------------------------------------------------ rows, as late as their words
    wire valid_late, last_late, valid, last_valid;
    wire [GROUP_W-1:0] group;
    delay_line #(.W(2), .DEPTH(COLS), .RESET(1)) i_late (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i({last, walk_q} & {2{transpose_i}}), .q_o({last_late, valid_late})
    );
    delay_line #(.W(2), .DEPTH(1), .RESET(1)) i_valid (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .d_i(transpose_i ? {last_late, valid_late} : {last, walk_q}), .q_o({last_valid, valid})
    );
    delay_line #(.W(GROUP_W), .DEPTH(1)) i_group (.clk_i(clk_i), .rst_ni(rst_ni), .d_i(group_q), .q_o(group));

    reg  [ROW_W-1:0]      written_q;            // rows of the tile before this one
    reg  [WGT_ADDR_W-1:0] row_addr_q;           // its address
    wire [COLS*W_W-1:0]   transposed = tile[written_q*(COLS*W_W)+:COLS*W_W];
    wire [COLS*W_W-1:0]   straight   = weights[group*(COLS*W_W)+:COLS*W_W];
    always @(posedge clk_i) begin
        we_o    <= valid;
        done_o  <= valid & last_valid;
        if (valid) begin
            waddr_o    <= row_addr_q;
            wdata_o    <= transpose_i ? transposed : straight;
            row_addr_q <= row_addr_q + {{(WGT_ADDR_W - 1) {1'b0}}, 1'b1};
            written_q  <= (written_q == LAST_ROW[ROW_W-1:0]) ? {ROW_W{1'b0}} : written_q + {{(ROW_W - 1) {1'b0}}, 1'b1};
        end
        if (valid & last_valid) busy_o <= 1'b0;
        if (start_i) begin
            busy_o     <= 1'b1;
            row_addr_q <= base_i;
            written_q  <= {ROW_W{1'b0}};
        end
        if (!rst_ni) begin
            busy_o <= 1'b0;
            we_o   <= 1'b0;
            done_o <= 1'b0;
        end
    end

endmodule

`default_nettype wire
