// stream_loader_words: every beat goes where the step says; words of several beats are put together in order; tlast is
// judged.
//
// Method      The harness counts words and beats and keeps the beats of the word that is coming; a cycle after its last
//             beat the word must be written, whole, at its address, to its memory and to no other. Holds after a reset,
//             and one step from any state in which it holds.
// Assumed     a reset in the first cycle; words_i >= 1; one kind a step; no start_i while a step runs.
// Doc         docs/formal.md
`default_nettype none

module stream_loader_words #(
    parameter S_W       = 8,
    parameter ADDR_W    = 24,
    parameter PAR_W     = 20,
    parameter PAR_BEATS = 3,
    parameter TBL_W     = 16,
    parameter TBL_BEATS = (TBL_W + S_W - 1) / S_W // do not override
) (
    input wire              clk_i,
    input wire              rst_ni,
    input wire              start_i,
    input wire [1:0]        kind_i,             // 0 activations, 1 weights, 2 parameters, 3 tables
    input wire [ADDR_W-1:0] base_i,
    input wire [ADDR_W-1:0] words_i,
    input wire              valid_i,
    input wire [S_W-1:0]    data_i,
    input wire              last_i
);

    localparam BEATS  = (PAR_BEATS > TBL_BEATS) ? PAR_BEATS : TBL_BEATS;
    localparam BEAT_W = $clog2(BEATS + 1);
    localparam [1:0] PAR = 2'd2, TBL = 2'd3;

    wire              done, misplaced, s_ready, act_we, wgt_we, par_we, tbl_we;
    wire [ADDR_W-1:0] waddr;
    wire [S_W-1:0]    wdata;
    wire [PAR_W-1:0]  par_wdata;
    wire [TBL_W-1:0]  tbl_wdata;
    stream_loader #(.S_W(S_W), .ADDR_W(ADDR_W), .PAR_W(PAR_W), .PAR_BEATS(PAR_BEATS)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i),
        .act_i(kind_i == 2'd0), .wgt_i(kind_i == 2'd1), .par_i(kind_i == PAR), .tbl_i(kind_i == TBL),
        .base_i(base_i), .words_i(words_i), .done_o(done), .misplaced_o(misplaced),
        .s_axis_tvalid_i(valid_i), .s_axis_tready_o(s_ready), .s_axis_tdata_i(data_i), .s_axis_tlast_i(last_i),
        .act_we_o(act_we), .wgt_we_o(wgt_we), .par_we_o(par_we), .tbl_we_o(tbl_we),
        .waddr_o(waddr), .wdata_o(wdata), .par_wdata_o(par_wdata), .tbl_wdata_o(tbl_wdata)
    );
    (* hierconn *) wire                     \dut.act_q , \dut.wgt_q , \dut.par_q , \dut.tbl_q ;
    (* hierconn *) wire [ADDR_W-1:0]        \dut.next_q , \dut.left_q ;
    (* hierconn *) wire [BEAT_W-1:0]        \dut.beat_q ;
    (* hierconn *) wire [BEATS*S_W-1:0]     \dut.beats_q ;

    // The step, as the header of stream_loader tells it.
    reg               started_q = 1'b0;
    reg               running_q;
    reg [1:0]         kind_q;
    reg [ADDR_W-1:0]  base_q, words_q, word_q;  // word_q: words that are complete
    reg [BEAT_W-1:0]  beat_q;                   // beats of the next one that are in
    reg [BEATS*S_W-1:0] beats_q;                // these beats, the first in the lowest bits
    wire take     = valid_i & running_q;
    wire [BEAT_W-1:0] top = (kind_q == PAR) ? PAR_BEATS - 1 : (kind_q == TBL) ? TBL_BEATS - 1 : 0;
    wire complete = take & (beat_q == top);
    wire ends     = complete & (word_q == words_q - 1'b1);
    wire wrong    = take & (last_i != ends);

    // What must come in the next cycle.
    reg              write_q, done_q, wrong_q;
    reg [ADDR_W-1:0] waddr_q;
    reg [1:0]        wkind_q;
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        write_q   <= complete;
        waddr_q   <= base_q + word_q;
        wkind_q   <= kind_q;
        done_q    <= ends & ~wrong;
        wrong_q   <= wrong;
        if (take) begin
            beats_q[beat_q*S_W+:S_W] <= data_i;
            beat_q <= complete ? 0 : beat_q + 1'b1;
            word_q <= word_q + complete;
        end
        if (ends | wrong) running_q <= 1'b0;
        if (start_i) begin
            {running_q, kind_q, base_q, words_q} <= {1'b1, kind_i, base_i, words_i};
            {word_q, beat_q} <= {ADDR_W + BEAT_W{1'b0}};
        end
        if (!rst_ni) {running_q, write_q, done_q, wrong_q} <= 4'b0;
    end

    always @* begin
        if (!started_q) assume (!rst_ni);
        assume (words_i != 0);
        if (started_q & running_q) assume (!start_i);
    end

    always @* if (started_q) begin
        assert (s_ready == running_q);
        assert (done == done_q);
        assert (misplaced == wrong_q);
        assert (act_we == (write_q & wkind_q == 2'd0));
        assert (wgt_we == (write_q & wkind_q == 2'd1));
        assert (par_we == (write_q & wkind_q == PAR));
        assert (tbl_we == (write_q & wkind_q == TBL));
        if (write_q) assert (waddr == waddr_q);
        if (act_we | wgt_we) assert (wdata == beats_q[0+:S_W]);
        if (par_we) assert (par_wdata == beats_q[PAR_W-1:0]);
        if (tbl_we) assert (tbl_wdata == beats_q[TBL_W-1:0]);
`ifdef INVARIANTS
        if (running_q) begin
            assert ({\dut.act_q , \dut.wgt_q , \dut.par_q , \dut.tbl_q } == 4'b1000 >> kind_q);
            assert (beat_q <= top);
            assert (word_q < words_q);
            assert (\dut.next_q == ((base_q + word_q) & {ADDR_W{1'b1}}));
            assert (\dut.left_q == words_q - word_q);
            assert (\dut.beat_q == top - beat_q);
        end
`endif
    end

`ifdef INVARIANTS
    // The beats that are in lie at the upper end, the newest one highest.
    genvar k;
    generate
        for (k = 0; k < BEATS - 1; k = k + 1) begin : g_beat
            wire [BEAT_W-1:0] place = BEATS - beat_q + k;
            always @* if (started_q & running_q & k < beat_q)
                assert (\dut.beats_q [place*S_W+:S_W] == beats_q[k*S_W+:S_W]);
        end
    endgenerate
`endif

    always @* if (started_q) begin
        cover (done_q & words_q == 2 & kind_q == PAR & par_wdata == 20'h9_8765);
        cover (done_q & words_q == 2 & kind_q == TBL & tbl_wdata == 16'hfedc);
        cover (wrong_q & write_q);
        cover (wrong_q & ~write_q & kind_q == PAR);
    end

endmodule

`default_nettype wire
