// An array whose weights are written column by column, each to its address; operands are fed skewed, sums come together
// after a fixed time.

module column_array #(
    parameter ROWS = 4, parameter COLS = 4, parameter A_W = 9, parameter W_W = 8, parameter PSUM_W = 19
) (
    input                        clk,
    input                        we,
    input      [1:0]             column,
    input      [ROWS*W_W-1:0]    weights,
    input      [ROWS*A_W-1:0]    x,
    output     [COLS*PSUM_W-1:0] y
);

    reg [ROWS*W_W-1:0]      store [0:COLS-1];
    reg signed [PSUM_W-1:0] part  [0:ROWS*COLS-1];
    integer r, c;

    always @(posedge clk) begin
        if (we) store[column] <= weights;
        for (r = 0; r < ROWS; r = r + 1)
            for (c = 0; c < COLS; c = c + 1)
                part[r*COLS+c] <= ((r == 0) ? 0 : part[(r-1)*COLS+c])
                    + $signed(x[r*A_W+:A_W]) * $signed(store[c][r*W_W+:W_W]);
    end

    genvar k;
    generate
        for (k = 0; k < COLS; k = k + 1) begin : g_out
            assign y[k*PSUM_W+:PSUM_W] = part[(ROWS-1)*COLS+k];
        end
    endgenerate

endmodule
