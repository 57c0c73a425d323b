// stream_storer: carries out the STORE step: words of the activation memory to the output stream.
//
// Spec        words base_i, base_i + 1, ..., words_i of them; tlast with the last one
// Latency     the first word waits at m_axis 3 cycles after start_i; one word a cycle
// Handshake   AXI-Stream. A word is read only if the buffer has a free slot for it (a credit), so stalling loses nothing.
//             done_o pulses in the cycle after the last word was taken. No start_i while a step runs.
// Doc         docs/units/transfers.md
`default_nettype none

module stream_storer #(
    parameter W      = 128,
    parameter ADDR_W = 12,
    parameter WORDS_W = 24
) (
    input  wire               clk_i,
    input  wire               rst_ni,
    input  wire               start_i,
    input  wire [ADDR_W-1:0]  base_i,
    input  wire [WORDS_W-1:0] words_i,          // at least 1
    output wire               busy_o,           // the read port is taken
    output reg                done_o,
    // activation memory, read side
    output wire [ADDR_W-1:0]  raddr_o,
    input  wire [W-1:0]       rdata_i,
    // stream
    output wire               m_axis_tvalid_o,
    input  wire               m_axis_tready_i,
    output wire [W-1:0]       m_axis_tdata_o,
    output wire               m_axis_tlast_o
);

    localparam DEPTH_W = 3;
    localparam [DEPTH_W:0] CREDITS = {1'b1, {DEPTH_W{1'b0}}};

    reg               busy_q;
    reg [ADDR_W-1:0]  addr_q;
    reg [WORDS_W-1:0] left_q;                   // words still to be read
    reg [DEPTH_W:0]   credits_q;

    wire reading = busy_q & (left_q != {WORDS_W{1'b0}}) & (credits_q != {(DEPTH_W + 1) {1'b0}});
    wire last    = (left_q == {{(WORDS_W - 1) {1'b0}}, 1'b1});
    wire taken   = m_axis_tvalid_o & m_axis_tready_i;

    assign busy_o  = busy_q;
    assign raddr_o = addr_q;

    wire read_valid, read_last, fifo_ready;
    delay_line #(.W(2), .DEPTH(1), .RESET(1)) i_read (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i({last, reading}), .q_o({read_last, read_valid})
    );
    axis_fifo #(.W(W + 1), .DEPTH_W(DEPTH_W)) i_fifo (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .s_axis_tvalid_i(read_valid), .s_axis_tready_o(fifo_ready), .s_axis_tdata_i({read_last, rdata_i}),
        .m_axis_tvalid_o(m_axis_tvalid_o), .m_axis_tready_i(m_axis_tready_i),
        .m_axis_tdata_o({m_axis_tlast_o, m_axis_tdata_o})
    );
    wire unused_ready = &{1'b0, fifo_ready};

    always @(posedge clk_i) begin
        done_o <= taken & m_axis_tlast_o;
        if (reading) begin
            addr_q <= addr_q + {{(ADDR_W - 1) {1'b0}}, 1'b1};
            left_q <= left_q - {{(WORDS_W - 1) {1'b0}}, 1'b1};
        end
        if (reading & ~taken) credits_q <= credits_q - {{DEPTH_W{1'b0}}, 1'b1};
        if (~reading & taken) credits_q <= credits_q + {{DEPTH_W{1'b0}}, 1'b1};
        if (taken & m_axis_tlast_o) busy_q <= 1'b0;
        if (start_i) begin
            busy_q <= 1'b1;
            addr_q <= base_i;
            left_q <= words_i;
        end
        if (!rst_ni) begin
            busy_q    <= 1'b0;
            done_o    <= 1'b0;
            credits_q <= CREDITS;
        end
    end

endmodule

`default_nettype wire
