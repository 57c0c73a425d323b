// A lookup unit with three ways to its tables: a name in the source, a parameter, a plusarg. What it gives is the sum of
// the three entries. One stage, valid on each side.

module own_table #(
    parameter FILE = "none.hex"
) (
    input  wire       clk, rst_n, go, last,
    input  wire [3:0] x,
    output reg        done, ends,
    output reg  [5:0] y
);

    reg [5:0]     one [0:15], two [0:15], three [0:15];
    reg [255:0]   path;
    initial begin
        $readmemh("luts/one.hex", one);
        $readmemh(FILE, two);
        if ($value$plusargs("third=%s", path)) $readmemh(path, three);
    end

    always @(posedge clk) begin
        y    <= one[x] + two[x] + three[x];
        done <= go & rst_n;
        ends <= last;
    end

endmodule
