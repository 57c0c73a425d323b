// core_registers_cycles: the two halves of the cycle count are those of one moment, however long the program runs.
//
// Method      The harness counts the cycles from start_o to the one before done_i or error_i, in 32 + LO_W bits. A read of
//             CYCLES_LO gives the low bits of that and keeps the high ones, which the next reads of CYCLES_HI give. Holds
//             after a reset, and one step from any state in which it holds; so every carry is passed on.
// Assumed     a reset in the first cycle; nothing else.
// Doc         docs/formal.md
`default_nettype none

module core_registers_cycles #(
    parameter LO_W = 32
) (
    input wire        clk_i,
    input wire        rst_ni,
    input wire [7:0]  awaddr_i,
    input wire        awvalid_i,
    input wire [31:0] wdata_i,
    input wire [3:0]  wstrb_i,
    input wire        wvalid_i,
    input wire        bready_i,
    input wire [7:0]  araddr_i,
    input wire        arvalid_i,
    input wire        rready_i,
    input wire        busy_i,
    input wire        done_i,
    input wire        error_i,
    input wire [7:0]  error_code_i,
    input wire [15:0] layer_i
);

    `include "registers.vh"
    localparam COUNT_W = 32 + LO_W;

    wire        awready, wready, bvalid, arready, rvalid, start;
    wire [1:0]  bresp, rresp;
    wire [31:0] rdata;
    core_registers #(.LO_W(LO_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .s_axil_awaddr_i(awaddr_i), .s_axil_awvalid_i(awvalid_i), .s_axil_awready_o(awready),
        .s_axil_wdata_i(wdata_i), .s_axil_wstrb_i(wstrb_i), .s_axil_wvalid_i(wvalid_i), .s_axil_wready_o(wready),
        .s_axil_bresp_o(bresp), .s_axil_bvalid_o(bvalid), .s_axil_bready_i(bready_i),
        .s_axil_araddr_i(araddr_i), .s_axil_arvalid_i(arvalid_i), .s_axil_arready_o(arready),
        .s_axil_rdata_o(rdata), .s_axil_rresp_o(rresp), .s_axil_rvalid_o(rvalid), .s_axil_rready_i(rready_i),
        .start_o(start), .busy_i(busy_i), .done_i(done_i), .error_i(error_i), .error_code_i(error_code_i),
        .layer_i(layer_i)
    );
    (* hierconn *) wire               \dut.running_q ;
    (* hierconn *) wire [COUNT_W-1:0] \dut.count_q ;
    (* hierconn *) wire [31:0]        \dut.count_hi_q ;

    // The count, as the table of registers tells it.
    reg                started_q = 1'b0;
    reg                running_q;
    reg  [COUNT_W-1:0] count_q;
    wire               running = start | running_q;
    wire               ends    = running & (done_i | error_i);
    wire [COUNT_W-1:0] count   = start ? {COUNT_W{1'b0}} : count_q;

    // What a read of one of both must give.
    reg                asked_q, asked_high_q;
    reg  [31:0]        low_q, high_q;           // of the moment in which CYCLES_LO was last read
    wire               take = arvalid_i & arready & rst_ni;
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        running_q <= running & ~ends;
        count_q   <= count + (running & ~ends);
        if (rready_i) asked_q <= 1'b0;
        if (take) begin
            asked_q      <= (araddr_i == REG_CYCLES_LO | araddr_i == REG_CYCLES_HI);
            asked_high_q <= (araddr_i == REG_CYCLES_HI);
        end
        if (take & araddr_i == REG_CYCLES_LO) {high_q, low_q} <= {count[LO_W+:32], 32'd0 | count[LO_W-1:0]};
        if (!rst_ni) {running_q, count_q, asked_q, high_q} <= {2 + COUNT_W + 32{1'b0}};
    end

    always @* if (!started_q) assume (!rst_ni);

    always @* if (started_q) begin
        assert (!start | !running_q);
        if (asked_q) assert (rvalid & rresp == RESP_OKAY);
        if (asked_q) assert (rdata == (asked_high_q ? high_q : low_q));
`ifdef INVARIANTS
        assert (\dut.running_q == running);
        // start_o follows the cycle in which the count is cleared.
        assert (\dut.count_q == count);
        assert (\dut.count_hi_q == high_q);
`endif
    end

    always @* if (started_q) begin
        cover (asked_q & asked_high_q & rdata == 32'd1);
        cover (asked_q & ~asked_high_q & rdata == 32'd3 & ~running);
    end

endmodule

`default_nettype wire
