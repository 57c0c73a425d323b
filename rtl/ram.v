// ram: simple dual-port memory, one write and one read port, both synchronous, filled by $readmemh.
//
// Spec        rdata_o <= mem[raddr_i];  if (we_i) mem[waddr_i] <= wdata_i;  a read beside a write of its word sees the old
//             word, or, with READ_OLD 0, anything: x in simulation. Block memories of some families promise nothing, and
//             the promise then costs registers and multiplexers beside them.
// Contents    INIT_FILE for synthesis and simulation; in simulation +<PLUSARG>=<path> takes precedence. Words that no file
//             sets are undefined. With we_i tied to 0 it is a ROM.
// Latency     1 cycle
// Handshake   none
// Model       t2c.golden.rom.words
// Doc         docs/units/t2c_core.md
`default_nettype none

module ram #(
    parameter W         = 8,
    parameter DEPTH     = 1024,
    parameter ADDR_W    = 10,
    parameter READ_OLD  = 1,
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

`ifdef YOSYS
    (* no_rw_check = (READ_OLD == 0) *)
`endif
    reg [W-1:0] mem [0:DEPTH-1];

    always @(posedge clk_i) begin
        rdata_o <= mem[raddr_i];
`ifndef SYNTHESIS
        if (READ_OLD == 0 && we_i && waddr_i == raddr_i) rdata_o <= {W{1'bx}};
`endif
        if (we_i) mem[waddr_i] <= wdata_i;
    end

`ifdef SYNTHESIS
    generate
        if (INIT_FILE != "") begin : g_init
            initial $readmemh(INIT_FILE, mem);
        end
    endgenerate
`else
    generate
        if (PLUSARG != "") begin : g_plusarg
            reg [8*1024-1:0] path;
            initial begin
                if ($value$plusargs({PLUSARG, "=%s"}, path)) $readmemh(path, mem);
                else if (INIT_FILE != "") $readmemh(INIT_FILE, mem);
            end
        end else if (INIT_FILE != "") begin : g_init
            initial $readmemh(INIT_FILE, mem);
        end
    endgenerate
`endif

endmodule

`default_nettype wire
