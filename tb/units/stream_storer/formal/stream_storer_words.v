// stream_storer_words: a STORE step sends exactly its words, in order, tlast with the last, at one word a cycle.
//
// Method      The memory is arbitrary: one address of it (watch, free but constant) holds a word (content, likewise);
//             what lies elsewhere changes at will. Every word sent from that address must be that word; since it may be
//             any address, all are right. From the third cycle after start_i on, a word waits in every cycle until the
//             last one is taken: none is lost, and nothing gets stuck. The buffer's slots and the credits are part of
//             the induction.
// Assumed     a reset in the first cycle; words_i >= 1; no start_i while a step runs; the memory answers a cycle later.
// Doc         docs/formal.md
`default_nettype none

module stream_storer_words #(
    parameter W       = 8,
    parameter ADDR_W  = 12,
    parameter WORDS_W = 24
) (
    input wire               clk_i,
    input wire               rst_ni,
    input wire               start_i,
    input wire [ADDR_W-1:0]  base_i,
    input wire [WORDS_W-1:0] words_i,
    input wire [W-1:0]       rdata_i,
    input wire               ready_i
);

    wire              busy, done, m_valid, m_last;
    wire [ADDR_W-1:0] raddr;
    wire [W-1:0]      m_data;
    stream_storer #(.W(W), .ADDR_W(ADDR_W), .WORDS_W(WORDS_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .base_i(base_i), .words_i(words_i),
        .busy_o(busy), .done_o(done), .raddr_o(raddr), .rdata_i(rdata_i),
        .m_axis_tvalid_o(m_valid), .m_axis_tready_i(ready_i), .m_axis_tdata_o(m_data), .m_axis_tlast_o(m_last)
    );
    stream_stable #(.W(W + 1)) stable (
        .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(m_valid), .ready_i(ready_i), .data_i({m_last, m_data})
    );
    (* hierconn *) wire [WORDS_W-1:0] \dut.left_q ;
    (* hierconn *) wire [3:0]         \dut.credits_q , \dut.i_fifo.head_q , \dut.i_fifo.tail_q ;
    (* hierconn *) wire [1:0]         \dut.i_read.g_stage[0].word_q ;
`include "memories.vh" // slots: the buffer's words, {last, data} each

    // The memory.
    (* anyconst *) wire [ADDR_W-1:0] watch;
    (* anyconst *) wire [W-1:0]      content;
    reg [ADDR_W-1:0] raddr_q;
    always @(posedge clk_i) raddr_q <= raddr;

    // The step, as the header of stream_storer tells it.
    reg               started_q = 1'b0;
    reg               running_q, done_q;
    reg [ADDR_W-1:0]  base_q;
    reg [WORDS_W-1:0] words_q, taken_q;
    reg [1:0]         age_q;                    // cycles since the one after start_i, up to 2
    wire              taken = m_valid & ready_i & rst_ni;
    wire              last  = (taken_q == words_q - 1'b1);
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        done_q    <= taken & last;
        if (age_q != 2'd2) age_q <= age_q + 1'b1;
        if (taken) taken_q <= taken_q + 1'b1;
        if (taken & last) running_q <= 1'b0;
        if (start_i) begin
            running_q <= 1'b1;
            base_q    <= base_i;
            words_q   <= words_i;
            taken_q   <= 0;
            age_q     <= 2'd0;
        end
        if (!rst_ni) {running_q, done_q} <= 2'b0;
    end

    always @* begin
        if (!started_q) assume (!rst_ni);
        assume (words_i != 0);
        if (started_q & running_q) assume (!start_i);
        if (started_q & raddr_q == watch) assume (rdata_i == content);
    end

    wire [ADDR_W-1:0]  addr_taken = base_q + taken_q;
    wire [3:0]         inside     = \dut.i_fifo.head_q - \dut.i_fifo.tail_q ;
    wire               coming     = \dut.i_read.g_stage[0].word_q [0];
    wire               coming_end = \dut.i_read.g_stage[0].word_q [1];
    wire [WORDS_W-1:0] sent       = taken_q + inside;
    wire [ADDR_W-1:0]  addr_sent  = base_q + sent;
    always @* if (started_q) begin
        assert (busy == running_q);
        assert (done == done_q);
        assert (!m_valid | running_q);
        if (running_q & age_q == 2'd2) assert (m_valid);
        if (m_valid) assert (m_last == last);
        if (m_valid & addr_taken == watch) assert (m_data == content);
`ifdef INVARIANTS
        assert (inside <= 8);
        assert (\dut.credits_q + inside + coming == 8);
        if (!running_q) assert (inside == 0 & !coming);
        if (running_q) begin
            assert (taken_q < words_q);
            assert ({2'b0, taken_q} + inside + coming + \dut.left_q == words_q);
            assert (raddr == addr_sent + coming);
            if (coming) assert (raddr_q == addr_sent & coming_end == (sent == words_q - 1'b1));
            if (age_q == 2'd0) assert (taken_q == 0 & inside == 0 & !coming);
            if (age_q == 2'd1) assert (taken_q == 0 & inside == 0 & coming);
            if (age_q != 2'd0 & !coming) assert (\dut.left_q == 0 | inside >= 7);
            assert (age_q != 2'd3);
        end
`endif
    end

`ifdef INVARIANTS
    genvar i;
    generate
        for (i = 0; i < 8; i = i + 1) begin : g_slot
            wire [2:0]         slot  = \dut.i_fifo.tail_q + i;
            wire [WORDS_W-1:0] index = taken_q + i;
            wire [ADDR_W-1:0]  addr  = addr_taken + i;
            always @* if (started_q & i < inside) begin
                assert (slots[slot*(W+1)+W] == (index == words_q - 1'b1));
                if (addr == watch) assert (slots[slot*(W+1)+:W] == content);
            end
        end
    endgenerate
`endif

    always @* if (started_q) begin
        cover (inside == 8 & running_q & words_q == 20);
        cover (done_q & words_q == 12 & start_i);
    end

endmodule

`default_nettype wire
