// A product in one cycle: the weights are wires that whoever uses it holds, all of them, column by column.

module wire_array #(
    parameter N = 3, parameter A = 9, parameter W = 8, parameter S = 19
) (
    input                 clk,
    input  [N*N*W-1:0]    matrix,
    input  [N*A-1:0]      vector,
    input                 go,
    output reg            ready,
    output reg [N*S-1:0]  product
);

    reg signed [S-1:0] sum;
    integer r, c;
    always @(posedge clk) begin
        ready <= go;
        for (c = 0; c < N; c = c + 1) begin
            sum = 0;
            for (r = 0; r < N; r = r + 1) sum = sum + $signed(vector[r*A+:A]) * $signed(matrix[(c*N+r)*W+:W]);
            product[c*S+:S] <= sum;
        end
    end

endmodule
