// watched_rom: a module ram in place of rtl/ram.v, a ROM of any contents, one word of which is watched.
//
// Spec        rdata_o is content if the address of the cycle before was watch, and anything otherwise. Both are constant
//             and may be anything, so that what holds of this word holds of each.
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
    output wire [W-1:0]      rdata_o
);

    (* anyconst *) wire [ADDR_W-1:0] watch;
    (* anyconst *) wire [W-1:0]      content;
    (* anyseq *)   wire [W-1:0]      other;
    reg [ADDR_W-1:0] raddr_q;
    always @(posedge clk_i) raddr_q <= raddr_i;
    assign rdata_o = (raddr_q == watch) ? content : other;
    always @* assert (!we_i);

endmodule

`default_nettype wire
