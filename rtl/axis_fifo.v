// axis_fifo: first-in first-out buffer with AXI-Stream ports.
//
// Spec        words leave in the order in which they came
// Latency     1 cycle; one word a cycle on each side
// Handshake   AXI-Stream; s_axis_tready_o is low only while DEPTH words wait
// Doc         docs/units/transfers.md
`default_nettype none

module axis_fifo #(
    parameter W       = 8,
    parameter DEPTH_W = 6                       // DEPTH = 2^DEPTH_W
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         s_axis_tvalid_i,
    output wire         s_axis_tready_o,
    input  wire [W-1:0] s_axis_tdata_i,
    output wire         m_axis_tvalid_o,
    input  wire         m_axis_tready_i,
    output wire [W-1:0] m_axis_tdata_o
);

    reg [W-1:0]     mem [0:(1<<DEPTH_W)-1];
    reg [DEPTH_W:0] head_q;                     // next write, with a wrap bit
    reg [DEPTH_W:0] tail_q;                     // next read

    wire empty = (head_q == tail_q);
    wire full  = (head_q == {~tail_q[DEPTH_W], tail_q[DEPTH_W-1:0]});
    wire push  = s_axis_tvalid_i & ~full;
    wire pop   = m_axis_tvalid_o & m_axis_tready_i;

    assign s_axis_tready_o = ~full;
    assign m_axis_tvalid_o = ~empty;
    assign m_axis_tdata_o  = mem[tail_q[DEPTH_W-1:0]];

    always @(posedge clk_i) begin
        if (push) begin
            mem[head_q[DEPTH_W-1:0]] <= s_axis_tdata_i;
            head_q <= head_q + {{DEPTH_W{1'b0}}, 1'b1};
        end
        if (pop) tail_q <= tail_q + {{DEPTH_W{1'b0}}, 1'b1};
        if (!rst_ni) begin
            head_q <= {(DEPTH_W + 1) {1'b0}};
            tail_q <= {(DEPTH_W + 1) {1'b0}};
        end
    end

endmodule

`default_nettype wire
