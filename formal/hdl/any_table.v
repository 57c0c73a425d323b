// ram: stands for rtl/ram.v as a ROM whose contents are arbitrary: constant in time, and free to be anything.
//
// Spec        rdata_o <= table[raddr_i]; what a ram is whose we_i is 0 (ram/words proves that of rtl/ram.v)
// Doc         docs/formal.md
`default_nettype none

module ram #(
    parameter W         = 8,
    parameter DEPTH     = 1024,
    parameter ADDR_W    = 10,
    parameter INIT_FILE = "",
    parameter PLUSARG   = ""
) (
    input  wire              clk_i,
    input  wire              we_i,
    input  wire [ADDR_W-1:0] waddr_i,
    input  wire [W-1:0]      wdata_i,
    input  wire [ADDR_W-1:0] raddr_i,
    output reg  [W-1:0]      rdata_o
);

    (* anyconst *) wire [W*DEPTH-1:0] words;
    always @(posedge clk_i) rdata_o <= words[raddr_i*W+:W];
    always @* assert (!we_i);

endmodule

`default_nettype wire
