// ram: simple dual-port memory, one write and one read port, both synchronous.
//
// Spec        rdata_o <= mem[raddr_i];  if (we_i) mem[waddr_i] <= wdata_i;  a read beside a write sees the old word
// Latency     1 cycle
// Handshake   none
// Doc         docs/units/layer_engine.md
`default_nettype none

module ram #(
    parameter W      = 8,
    parameter DEPTH  = 1024,
    parameter ADDR_W = 10
) (
    input  wire              clk_i,
    input  wire              we_i,
    input  wire [ADDR_W-1:0] waddr_i,
    input  wire [W-1:0]      wdata_i,
    input  wire [ADDR_W-1:0] raddr_i,
    output reg  [W-1:0]      rdata_o
);

    reg [W-1:0] mem [0:DEPTH-1];

    always @(posedge clk_i) begin
        rdata_o <= mem[raddr_i];
        if (we_i) mem[waddr_i] <= wdata_i;
    end

endmodule

`default_nettype wire
