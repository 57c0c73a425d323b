// activation_memory: ROWS banks of X_W bits; every row reads an address of its own, a write goes to one address.
//
// Spec        rdata[r] <= bank r [raddr[r]];  if (we_i[r]) bank r [waddr_i] <= wdata[r]
// Contents    channel c of a tensor lies in bank c mod ROWS (see t2c.contract.activation_layout); undefined until written
// Latency     1 cycle
// Handshake   none
// Lanes       bank r at raddr_i[r*ADDR_W +: ADDR_W] and [r*X_W +: X_W]
// Doc         docs/units/t2c_core.md
`default_nettype none

module activation_memory #(
    parameter ROWS   = 16,
    parameter X_W    = 8,
    parameter DEPTH  = 4096,
    parameter ADDR_W = 12
) (
    input  wire                   clk_i,
    input  wire [ROWS-1:0]        we_i,
    input  wire [ADDR_W-1:0]      waddr_i,
    input  wire [ROWS*X_W-1:0]    wdata_i,
    input  wire [ROWS*ADDR_W-1:0] raddr_i,
    output wire [ROWS*X_W-1:0]    rdata_o
);

    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_bank
            ram #(.W(X_W), .DEPTH(DEPTH), .ADDR_W(ADDR_W)) i_ram (
                .clk_i(clk_i), .we_i(we_i[r]), .waddr_i(waddr_i), .wdata_i(wdata_i[r*X_W+:X_W]),
                .raddr_i(raddr_i[r*ADDR_W+:ADDR_W]), .rdata_o(rdata_o[r*X_W+:X_W])
            );
        end
    endgenerate

endmodule

`default_nettype wire
