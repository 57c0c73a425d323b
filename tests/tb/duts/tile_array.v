// A double-buffered array as someone else might write it: a tile is collected, taken at its first operand vector, and all
// sums come out of one long pipeline, column 0 in the highest bits, without a valid bit.

module tile_array #(
    parameter ROWS = 4, parameter COLS = 4, parameter A_W = 9, parameter W_W = 8, parameter PSUM_W = 19
) (
    input                        clk,
    input                        rst,
    input                        word,
    input      [COLS*W_W-1:0]    weights,
    input                        valid,
    input                        first,
    input      [ROWS*A_W-1:0]    operands,
    output     [COLS*PSUM_W-1:0] sums
);

    localparam LAST = ROWS + COLS - 2;
    reg [COLS*W_W-1:0]    coming [0:ROWS-1];
    reg [COLS*W_W-1:0]    used   [0:ROWS-1];
    reg [COLS*PSUM_W-1:0] pipe   [0:LAST];
    reg [COLS*PSUM_W-1:0] now;
    reg signed [PSUM_W-1:0] sum;
    integer loaded, r, c, k;
    assign sums = pipe[LAST];

    always @(posedge clk) begin
        if (valid & first) begin
            for (r = 0; r < ROWS; r = r + 1) used[r] = coming[r];
            loaded = 0;
        end
        if (word && loaded < ROWS) begin
            coming[loaded] = weights;
            loaded = loaded + 1;
        end
        for (c = 0; c < COLS; c = c + 1) begin
            sum = 0;
            for (r = 0; r < ROWS; r = r + 1)
                sum = sum + $signed(operands[r*A_W+:A_W]) * $signed(used[r][c*W_W+:W_W]);
            now[(COLS-1-c)*PSUM_W+:PSUM_W] = sum;
        end
        for (k = LAST; k > 0; k = k - 1) pipe[k] <= pipe[k-1];
        pipe[0] <= now;
        if (rst) loaded = 0;
    end

endmodule
