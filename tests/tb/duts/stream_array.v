// A double-buffered array between streams: a whole tile of weights in one beat, taken while the shadow is empty; operands,
// unsigned, with a last instead of a first and a ready that pauses now and then.

module stream_array #(
    parameter ROWS = 3, parameter COLS = 4, parameter A_W = 8, parameter W_W = 6, parameter SUM = 24
) (
    input                       clk,
    input                       rst,
    input                       weights_valid,
    output                      weights_ready,
    input  [ROWS*COLS*W_W-1:0]  weights,
    input                       x_valid,
    output                      x_ready,
    input                       x_last,
    input  [ROWS*A_W-1:0]       x,
    output reg                  y_valid,
    output reg [COLS*SUM-1:0]   y
);

    reg [ROWS*COLS*W_W-1:0] shadow, used;
    reg                     full, loaded;
    reg [4:0]               noise;
    reg signed [SUM-1:0]    sum;
    integer r, c;

    // The tile in use is let go with its last operand; the shadow then takes its place in the next cycle.
    wire take = full & ~loaded;
    assign weights_ready = ~full & noise[1];
    assign x_ready       = loaded & (noise[2:0] != 3'd5);

    always @(posedge clk) begin
        noise <= {noise[3:0], noise[4] ^ noise[2]};
        if (weights_valid & weights_ready) begin
            shadow <= weights;
            full   <= 1'b1;
        end
        if (take) begin
            used   <= shadow;
            loaded <= 1'b1;
            full   <= 1'b0;
        end
        if (x_valid & x_ready & x_last) loaded <= 1'b0;
        y_valid <= x_valid & x_ready;
        for (c = 0; c < COLS; c = c + 1) begin
            sum = 0;
            for (r = 0; r < ROWS; r = r + 1)
                sum = sum + $signed({1'b0, x[r*A_W+:A_W]}) * $signed(used[(r*COLS+c)*W_W+:W_W]);
            y[c*SUM+:SUM] <= sum;
        end
        if (rst) begin
            full    <= 1'b0;
            loaded  <= 1'b0;
            y_valid <= 1'b0;
            noise   <= 5'd1;
        end
    end

endmodule
