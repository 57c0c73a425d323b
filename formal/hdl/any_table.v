// any_table: a module ram in place of rtl/ram.v, whose tables hold anything: constant in time, fixed by no file.
//
// Spec        with a PLUSARG, a ROM: rdata_o <= words[raddr_i] for arbitrary words; we_i must be 0. Without one, what
//             rtl/ram.v does.
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

    generate
        if (PLUSARG != "") begin : g_table
            (* anyconst *) wire [W*DEPTH-1:0] words;
            always @(posedge clk_i) rdata_o <= words[raddr_i*W+:W];
            always @* assert (!we_i);
        end else begin : g_memory
            reg [W-1:0] mem [0:DEPTH-1];
            always @(posedge clk_i) begin
                rdata_o <= mem[raddr_i];
                if (we_i) mem[waddr_i] <= wdata_i;
            end
        end
    endgenerate

endmodule

`default_nettype wire
