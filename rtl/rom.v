// rom: read-only memory with a synchronous read port, filled by $readmemh.
//
// Spec        rdata_o <= mem[raddr_i]
// Contents    INIT_FILE for synthesis and simulation; in simulation +<PLUSARG>=<path> takes precedence.
//             Words above the end of the file are undefined.
// Latency     1 cycle
// Handshake   none
// Model       golden.rom
// Doc         docs/units/layer_engine.md
`default_nettype none

module rom #(
    parameter W         = 8,
    parameter DEPTH     = 1024,
    parameter ADDR_W    = 10,
    parameter INIT_FILE = "",
    parameter PLUSARG   = ""
) (
    input  wire              clk_i,
    input  wire [ADDR_W-1:0] raddr_i,
    output reg  [W-1:0]      rdata_o
);

    reg [W-1:0] mem [0:DEPTH-1];

    always @(posedge clk_i) rdata_o <= mem[raddr_i];

`ifdef SYNTHESIS
    generate
        if (INIT_FILE != "") begin : g_init
            initial $readmemh(INIT_FILE, mem);
        end
    endgenerate
`else
    reg [8*1024-1:0] path;
    initial begin
        if (PLUSARG != "" && $value$plusargs({PLUSARG, "=%s"}, path)) $readmemh(path, mem);
        else if (INIT_FILE != "") $readmemh(INIT_FILE, mem);
    end
`endif

endmodule

`default_nettype wire
