// axil_host: starts the core through its AXI4-Lite registers, waits for the end and reads how it went. Simulation only.
//
// Sequence    write CONTROL = 1; read STATUS; write CONTROL = 1 again if busy (must be refused with SLVERR); read STATUS every
//             POLL cycles until it is not busy; read ERROR, LAYER, CYCLES_LO, CYCLES_HI; ended_o
// Checks      wrong_o: a response that is not the one expected
`default_nettype none

module axil_host #(
    parameter POLL = 16
) (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        go_i,
    output reg  [7:0]  awaddr_o,
    output reg         awvalid_o,
    input  wire        awready_i,
    output reg  [31:0] wdata_o,
    output wire [3:0]  wstrb_o,
    output reg         wvalid_o,
    input  wire        wready_i,
    input  wire [1:0]  bresp_i,
    input  wire        bvalid_i,
    output wire        bready_o,
    output reg  [7:0]  araddr_o,
    output reg         arvalid_o,
    input  wire        arready_i,
    input  wire [31:0] rdata_i,
    input  wire [1:0]  rresp_i,
    input  wire        rvalid_i,
    output wire        rready_o,
    output reg         ended_o,
    output reg  [31:0] status_o,
    output reg  [31:0] error_o,
    output reg  [31:0] layer_o,
    output reg  [63:0] cycles_o,
    output reg         refused_o,
    output reg         wrong_o
);

    `include "registers.vh"

    reg       provoke_q;                        // the write under way is the second start
    reg       provoked_q;
    reg [7:0] wait_q;

    assign wstrb_o  = 4'hf;
    assign bready_o = 1'b1;
    assign rready_o = 1'b1;

    always @(posedge clk_i) begin
        ended_o <= 1'b0;
        if (awvalid_o & awready_i) awvalid_o <= 1'b0;
        if (wvalid_o & wready_i) wvalid_o <= 1'b0;
        if (arvalid_o & arready_i) arvalid_o <= 1'b0;
        if (wait_q != 8'd0) begin
            wait_q <= wait_q - 8'd1;
            if (wait_q == 8'd1) arvalid_o <= 1'b1;
        end
        if (bvalid_i) begin
            if (bresp_i !== (provoke_q ? RESP_SLVERR : RESP_OKAY)) wrong_o <= 1'b1;
            if (provoke_q) refused_o <= (bresp_i == RESP_SLVERR);
            araddr_o <= REG_STATUS;
            wait_q   <= POLL;
        end
        if (rvalid_i) begin
            if (rresp_i !== RESP_OKAY) wrong_o <= 1'b1;
            case (araddr_o)
                REG_STATUS: begin
                    status_o <= rdata_i;
                    if (rdata_i[STATUS_BUSY_BIT] & ~provoked_q) begin
                        provoke_q  <= 1'b1;
                        provoked_q <= 1'b1;
                        awvalid_o  <= 1'b1;
                        wvalid_o   <= 1'b1;
                    end else if (rdata_i[STATUS_BUSY_BIT]) wait_q <= POLL;
                    else begin
                        araddr_o  <= REG_ERROR;
                        arvalid_o <= 1'b1;
                    end
                end
                REG_ERROR: begin
                    error_o   <= rdata_i;
                    araddr_o  <= REG_LAYER;
                    arvalid_o <= 1'b1;
                end
                REG_LAYER: begin
                    layer_o   <= rdata_i;
                    araddr_o  <= REG_CYCLES_LO;
                    arvalid_o <= 1'b1;
                end
                REG_CYCLES_LO: begin
                    cycles_o[31:0] <= rdata_i;
                    araddr_o       <= REG_CYCLES_HI;
                    arvalid_o      <= 1'b1;
                end
                default: begin
                    cycles_o[63:32] <= rdata_i;
                    ended_o         <= 1'b1;
                end
            endcase
        end
        if (go_i) begin
            awaddr_o   <= REG_CONTROL;
            wdata_o    <= 32'd1 << CONTROL_START_BIT;
            awvalid_o  <= 1'b1;
            wvalid_o   <= 1'b1;
            provoke_q  <= 1'b0;
            provoked_q <= 1'b0;
            refused_o  <= 1'b0;
        end
        if (!rst_ni) begin
            awvalid_o  <= 1'b0;
            wvalid_o   <= 1'b0;
            arvalid_o  <= 1'b0;
            wait_q     <= 8'd0;
            provoke_q  <= 1'b0;
            provoked_q <= 1'b0;
            refused_o  <= 1'b0;
            wrong_o    <= 1'b0;
        end
    end

endmodule

`default_nettype wire
