// ram_words: rtl/ram.v gives the word that lies at the address, and a write changes that word and no other.
//
// Method      One cycle from any state: the words before the clock edge say what is read and what lies there after it.
// Assumed     nothing.
// Doc         docs/formal.md
`default_nettype none

module ram_words #(
    parameter W      = 8,
    parameter ADDR_W = 3
) (
    input wire              clk_i,
    input wire              we_i,
    input wire [ADDR_W-1:0] waddr_i,
    input wire [W-1:0]      wdata_i,
    input wire [ADDR_W-1:0] raddr_i
);

    wire [W-1:0] rdata;
    ram #(.W(W), .DEPTH(1 << ADDR_W), .ADDR_W(ADDR_W)) dut (
        .clk_i(clk_i), .we_i(we_i), .waddr_i(waddr_i), .wdata_i(wdata_i), .raddr_i(raddr_i), .rdata_o(rdata)
    );
`include "memories.vh" // words: mem[7] ... mem[0]

    reg                     started_q = 1'b0;
    reg [(W<<ADDR_W)-1:0]   words_q;            // what must lie there now
    reg [W-1:0]             rdata_q;            // what must have been read
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        rdata_q   <= words[raddr_i*W+:W];
        words_q   <= words;
        if (we_i) words_q[waddr_i*W+:W] <= wdata_i;
    end

    always @* if (started_q) begin
        assert (rdata == rdata_q);
        assert (words == words_q);
    end

    always @* if (started_q) cover (rdata == 8'd90 & words[7:0] == 8'd91);

endmodule

`default_nettype wire
