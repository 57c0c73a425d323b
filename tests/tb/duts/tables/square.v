// A lookup unit without a table and without a clock: it computes.

module square (
    input  wire [3:0] x,
    input  wire       last,
    output wire [5:0] y,
    output wire       ends
);

    wire [7:0] product = x * x;
    assign y    = product[7:2];
    assign ends = last;

endmodule
