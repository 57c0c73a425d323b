// operand_mover_places: every row of every tile reads its token at its address, and goes to its place in the weight memory,
// in the cycle that the header says; whether the token exists is known for 2^16 of them.
//
// Method      The harness counts rows, tokens, K tiles and column tiles in 32 bits, and keeps what tokens add to an address
//             apart from what words add. Bank 0 must be given the sum; the others follow it by construction, and are the
//             bench's. Holds after a reset, and one step from any state in which it holds; so no counter and no address is
//             too narrow.
// Assumed     a reset in the first cycle; no count of 0; the descriptor stays, and no start_i comes, until after done_o.
// Doc         docs/formal.md
`default_nettype none

module operand_mover_places #(
    parameter ROWS   = 4,
    parameter COLS   = 2,
    parameter ADDR_W = 24
) (
    input wire                clk_i,
    input wire                rst_ni,
    input wire                start_i,
    input wire [ADDR_W-1:0]   base_i,
    input wire [ADDR_W-1:0]   origin_i,
    input wire [ADDR_W-1:0]   col_step_i,
    input wire [15:0]         tokens_i,
    input wire [15:0]         ch_words_i,
    input wire [15:0]         k_tiles_i,
    input wire [15:0]         col_tiles_i,
    input wire                transpose_i,
    input wire [7:0]          lane_first_i,
    input wire [7:0]          lane_last_i,
    input wire                x_signed_i,
    input wire [2*ROWS-1:0]   rdata_i
);

    localparam GROUPS = ROWS / COLS;
    wire                   busy, done, we;
    wire [ROWS*ADDR_W-1:0] raddr;
    wire [ADDR_W-1:0]      waddr;
    wire [2*COLS-1:0]      wdata;
    operand_mover #(.ROWS(ROWS), .COLS(COLS), .X_W(2), .W_W(2), .ADDR_W(ADDR_W), .WGT_ADDR_W(ADDR_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .base_i(base_i), .origin_i(origin_i),
        .col_step_i(col_step_i), .tokens_i(tokens_i), .ch_words_i(ch_words_i), .k_tiles_i(k_tiles_i),
        .col_tiles_i(col_tiles_i), .transpose_i(transpose_i), .lane_first_i(lane_first_i), .lane_last_i(lane_last_i),
        .x_signed_i(x_signed_i), .busy_o(busy), .done_o(done), .raddr_o(raddr), .rdata_i(rdata_i),
        .we_o(we), .waddr_o(waddr), .wdata_o(wdata)
    );
    (* hierconn *) wire                    \dut.walk_q ;
    (* hierconn *) wire [$clog2(ROWS)-1:0] \dut.row_q ;
    (* hierconn *) wire [15:0]             \dut.k_tile_q , \dut.col_tile_q , \dut.word_q , \dut.left_q , \dut.tile_left_q ;
    (* hierconn *) wire [ADDR_W-1:0]       \dut.addr_q , \dut.tile_addr_q , \dut.row_addr_q ;
    (* hierconn *) wire [ADDR_W+15:0]      \dut.next_q ;
    (* hierconn *) wire                    \dut.group_q ;
    (* hierconn *) wire [1:0]              \dut.i_late.g_stage[0].word_q , \dut.i_late.g_stage[1].word_q ; // COLS of them
    (* hierconn *) wire [1:0]              \dut.i_valid.g_stage[0].word_q ;

    // The step.
    reg              started_q = 1'b0;
    reg              running_q;                 // from the cycle after start_i to that of done_o
    reg [ADDR_W-1:0] base_q, origin_q, col_step_q;
    reg [15:0]       tokens_q, ch_words_q, k_tiles_q, col_tiles_q;
    reg              transpose_q;

    // The row that is read, and what tokens add to its address: since the first one, and up to the tile's first.
    reg              walking_q;
    reg [31:0]       row_q, k_q, n_q, group_q, word_q, token_q;
    reg [ADDR_W-1:0] by_token_q;
    wire [31:0]       token0     = transpose_q ? n_q * COLS : 0;
    reg  [ADDR_W-1:0] by_tile_q;
    wire [ADDR_W-1:0] by_columns = by_tile_q + col_step_q * COLS;
    wire [31:0]       word       = transpose_q ? k_q : word_q;
    wire              last_row   = (row_q == ROWS - 1);
    wire              last_k     = (k_q + 1 == k_tiles_q);
    wire              last       = walking_q & last_row & last_k & (n_q + 1 == col_tiles_q);

    // Rows on their way to the weight memory: {last, there} of each stage, the newest lowest.
    reg [2*COLS-1:0] late_q;
    reg [1:0]        valid_q, write_q;
    reg [ADDR_W-1:0] written_q;                 // rows before the one that is written

    always @(posedge clk_i) begin
        started_q <= 1'b1;
        late_q    <= {late_q, last & transpose_q, walking_q & transpose_q};
        valid_q   <= transpose_q ? late_q[2*COLS-1-:2] : {last, walking_q};
        write_q   <= valid_q;
        if (write_q[0]) written_q <= written_q + 1'b1;
        if (write_q[1]) running_q <= 1'b0;
        if (walking_q) begin
            row_q      <= last_row ? 0 : row_q + 1;
            token_q    <= token_q + 1;
            by_token_q <= by_token_q + col_step_q;
            if (last_row) k_q <= last_k ? 0 : k_q + 1;
            if (last_row & transpose_q) begin
                token_q    <= last_k ? token0 + COLS : token0;
                by_token_q <= last_k ? by_columns : by_tile_q;
                if (last_k) by_tile_q <= by_columns;
            end
            if (last_row & last_k) begin
                n_q     <= n_q + 1;
                group_q <= (group_q + 1 == GROUPS) ? 0 : group_q + 1;
                word_q  <= word_q + (group_q + 1 == GROUPS);
                if (!transpose_q) {token_q, by_token_q} <= 0;
            end
        end
        if (last) walking_q <= 1'b0;
        if (start_i) begin
            {running_q, walking_q} <= 2'b11;
            {base_q, origin_q, col_step_q} <= {base_i, origin_i, col_step_i};
            {tokens_q, ch_words_q, k_tiles_q, col_tiles_q} <= {tokens_i, ch_words_i, k_tiles_i, col_tiles_i};
            transpose_q <= transpose_i;
            {row_q, k_q, n_q, group_q, word_q, token_q} <= 0;
            {by_token_q, by_tile_q, written_q} <= 0;
        end
        if (!rst_ni) begin
            {running_q, walking_q} <= 2'b00;
            late_q  <= 0;
            valid_q <= 2'b00;
            write_q <= 2'b00;
        end
    end

    always @* begin
        if (!started_q) assume (!rst_ni);
        assume (tokens_i != 0 & ch_words_i != 0 & k_tiles_i != 0 & col_tiles_i != 0);
        if (started_q & running_q) begin
            assume (!start_i);
            assume ({base_i, origin_i, col_step_i} == {base_q, origin_q, col_step_q});
            assume ({tokens_i, ch_words_i, k_tiles_i, col_tiles_i} == {tokens_q, ch_words_q, k_tiles_q, col_tiles_q});
            assume (transpose_i == transpose_q);
        end
    end

    wire [ADDR_W-1:0] address = origin_q + by_token_q + word[ADDR_W-1:0];
    wire              reads   = walking_q & (!transpose_q | row_q < COLS);
    always @* if (started_q) begin
        if (reads) assert (raddr[ADDR_W-1:0] == address);
        if (reads) assert ((\dut.left_q != 0) == (token_q < tokens_q));
        assert (busy == (running_q & !write_q[1]));
        assert (we == write_q[0] & done == write_q[1]);
        if (we) assert (waddr == ((base_q + written_q) & {ADDR_W{1'b1}}));
    end

`ifdef INVARIANTS
    wire [31:0] left0 = (token0 < tokens_q) ? tokens_q - token0 : 0;
    wire [31:0] left1 = (token0 + COLS < tokens_q) ? tokens_q - token0 - COLS : 0;
    wire        ahead = valid_q[1] | write_q[1] | |(late_q & {COLS{2'b10}});
    integer i;
    reg     ended;
    always @* if (started_q) begin
        assert (\dut.walk_q == walking_q);
        assert ({\dut.i_late.g_stage[1].word_q , \dut.i_late.g_stage[0].word_q } == late_q);
        assert (\dut.i_valid.g_stage[0].word_q == valid_q);
        if (running_q) assert (walking_q ^ ahead);
        if (!running_q) assert (!walking_q & late_q == 0 & valid_q == 0 & write_q == 0);
        if (running_q & !transpose_q) assert (late_q == 0);
        // Nothing is behind the last row.
        ended = walking_q;
        for (i = 0; i < COLS; i = i + 1) begin
            if (late_q[2*i+1]) assert (late_q[2*i] & !ended);
            ended = ended | late_q[2*i];
        end
        if (valid_q[1]) assert (valid_q[0] & !ended);
        if (write_q[1]) assert (write_q[0] & !(ended | valid_q[0]));
        if (running_q) assert (\dut.row_addr_q == ((base_q + written_q + write_q[0]) & {ADDR_W{1'b1}}));
        if (walking_q) begin
            assert (row_q < ROWS & k_q < k_tiles_q & n_q < col_tiles_q & group_q < GROUPS & word_q <= n_q);
            assert (\dut.row_q == row_q & \dut.k_tile_q == k_q & \dut.col_tile_q == n_q);
            assert (\dut.group_q == group_q & \dut.word_q == word_q);
            assert (token_q == token0 + (transpose_q ? row_q : k_q * ROWS + row_q));
            assert (\dut.left_q == ((token_q < tokens_q) ? tokens_q - token_q : 0));
            assert (\dut.addr_q == address);
            assert (\dut.tile_left_q == left0);
            assert (\dut.tile_addr_q == ((origin_q + by_tile_q + word) & {ADDR_W{1'b1}}));
            if (!transpose_q) assert (by_tile_q == 0);
            for (i = 0; i < ROWS; i = i + 1)
                if (transpose_q & row_q == i) assert (by_token_q == ((by_tile_q + col_step_q * i) & {ADDR_W{1'b1}}));
            if (transpose_q & (k_q != 0 | row_q >= COLS)) begin
                assert (\dut.next_q [ADDR_W+15:ADDR_W] == left1);
                assert (\dut.next_q [ADDR_W-1:0] == ((origin_q + by_columns) & {ADDR_W{1'b1}}));
            end
        end
    end
`endif

    always @* if (started_q) begin
        cover (done & transpose_q & n_q == 2 & k_tiles_q == 2 & written_q == 15);
        cover (walking_q & !transpose_q & word_q == 1 & k_q == 1);
    end

endmodule

`default_nettype wire
