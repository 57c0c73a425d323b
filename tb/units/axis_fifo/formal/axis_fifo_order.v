// axis_fifo_order: what goes into axis_fifo comes out, once, in order, unchanged, and holds still while it waits.
//
// Method      The harness counts the words inside. At any moment (pick_i is free) it picks a word as it goes in, notes
//             its value and how many are ahead of it, and demands that very value when these have left. Since every
//             word may be the picked one, none is lost, repeated, changed or overtaken. The word's slot of the memory
//             is part of the induction.
// Assumed     a reset in the first cycle; nothing else.
// Doc         docs/formal.md
`default_nettype none

module axis_fifo_order #(
    parameter W = 8
) (
    input wire         clk_i,
    input wire         rst_ni,
    input wire         valid_i,
    input wire [W-1:0] data_i,
    input wire         ready_i,
    input wire         pick_i
);

    localparam DEPTH_W = 3;

    wire         s_ready, m_valid;
    wire [W-1:0] m_data;
    axis_fifo #(.W(W), .DEPTH_W(DEPTH_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .s_axis_tvalid_i(valid_i), .s_axis_tready_o(s_ready), .s_axis_tdata_i(data_i),
        .m_axis_tvalid_o(m_valid), .m_axis_tready_i(ready_i), .m_axis_tdata_o(m_data)
    );
    (* hierconn *) wire [DEPTH_W:0] \dut.head_q ;
    (* hierconn *) wire [DEPTH_W:0] \dut.tail_q ;
`include "memories.vh" // words: mem[7] ... mem[0]

    stream_stable #(.W(W)) stable (
        .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(m_valid), .ready_i(ready_i), .data_i(m_data)
    );

    wire in  = valid_i & s_ready & rst_ni;
    wire out = m_valid & ready_i & rst_ni;

    reg             started_q = 1'b0;
    reg [DEPTH_W:0] inside_q;                   // words inside
    reg             picked_q;                   // the picked word is inside,
    reg [DEPTH_W:0] ahead_q;                    // behind so many others,
    reg [W-1:0]     word_q;                     // and has this value
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        inside_q  <= inside_q + in - out;
        if (picked_q & out) begin
            ahead_q <= ahead_q - 1'b1;
            if (ahead_q == 0) picked_q <= 1'b0;
        end
        if (in & pick_i & ~picked_q) begin
            picked_q <= 1'b1;
            ahead_q  <= inside_q - out;
            word_q   <= data_i;
        end
        if (!rst_ni) begin
            inside_q <= 0;
            picked_q <= 1'b0;
        end
    end

    always @* if (!started_q) assume (!rst_ni);

    wire [DEPTH_W-1:0] slot = \dut.tail_q + ahead_q;
    always @* if (started_q) begin
        // What a user sees.
        assert (m_valid == (inside_q != 0));
        assert (s_ready == (inside_q != 8));
        if (picked_q & ahead_q == 0) assert (m_valid & m_data == word_q);
`ifdef INVARIANTS
        // What makes it hold for ever.
        assert (inside_q <= 8);
        assert (\dut.head_q == ((\dut.tail_q + inside_q) & 4'd15));
        if (picked_q) assert (ahead_q < inside_q & words[slot*W+:W] == word_q);
`endif
    end

    // A full buffer in which the picked word is the last, and the pointers wrap before it leaves.
    reg wrapped_q;
    always @(posedge clk_i) wrapped_q <= rst_ni & (wrapped_q | (out & \dut.tail_q == 4'd15));
    always @* if (started_q) begin
        cover (inside_q == 8 & picked_q & ahead_q == 7);
        cover (inside_q == 4 & in & out);
        cover (wrapped_q & picked_q & ahead_q == 0 & word_q == 8'd165);
    end

endmodule

`default_nettype wire
