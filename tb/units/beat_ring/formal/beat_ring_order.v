// beat_ring_order: the beats come out as they were written, once, in order, and stay while held; no place is used twice.
//
// Method      The harness counts kept places, beats that wait and the beat at the output. At any moment (pick_i is free) it
//             picks a beat as it is written, notes its value and how many are ahead of it, and demands that very value when
//             these have moved on. The beat's place in the memory is part of the induction.
// Assumed     a reset in the first cycle; claims under room_o, writes with or after their claim, reads of beats that are there.
// Doc         docs/formal.md
`default_nettype none

module beat_ring_order #(
    parameter W = 8
) (
    input wire         clk_i,
    input wire         rst_ni,
    input wire         claim_i,
    input wire         write_i,
    input wire [W-1:0] data_i,
    input wire         read_i,
    input wire         hold_i,
    input wire         pick_i
);

    localparam PTR_W = 3;

    wire         room, valid;
    wire [W-1:0] data;
    beat_ring #(.W(W), .PTR_W(PTR_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .room_o(room), .claim_i(claim_i), .write_i(write_i), .data_i(data_i),
        .read_i(read_i), .hold_i(hold_i), .valid_o(valid), .data_o(data)
    );
    (* hierconn *) wire [PTR_W-1:0] \dut.write_q , \dut.read_q , \dut.addr_q ;
    (* hierconn *) wire [PTR_W:0]   \dut.level_q ;
`include "memories.vh" // words: mem[7] ... mem[0]

    wire in   = write_i & rst_ni;
    wire read = read_i & ~hold_i & rst_ni;
    wire out  = valid & ~hold_i & rst_ni;       // a beat moves on

    reg           started_q = 1'b0;
    reg [PTR_W:0] kept_q;                       // places kept for beats that have not come
    reg [PTR_W:0] waiting_q;                    // beats written and not read
    reg           shown_q;                      // a beat is at the output
    reg           picked_q;                     // the picked beat is inside,
    reg [PTR_W:0] ahead_q;                      // behind so many others,
    reg [W-1:0]   word_q;                       // and has this value
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        kept_q    <= kept_q + claim_i - in;
        waiting_q <= waiting_q + in - read;
        if (!hold_i) shown_q <= read_i;
        if (picked_q & out) begin
            ahead_q <= ahead_q - 1'b1;
            if (ahead_q == 0) picked_q <= 1'b0;
        end
        if (in & pick_i & ~picked_q) begin
            picked_q <= 1'b1;
            ahead_q  <= waiting_q + shown_q - out;
            word_q   <= data_i;
        end
        if (!rst_ni) {kept_q, waiting_q, shown_q, picked_q} <= 0;
    end

    always @* begin
        if (!started_q) assume (!rst_ni);
        if (started_q) begin
            if (claim_i) assume (room);
            if (write_i) assume (claim_i | kept_q != 0);
            if (read_i) assume (waiting_q != 0);
        end
    end

    wire [PTR_W-1:0] slot = \dut.read_q - shown_q + ahead_q;
    always @* if (started_q) begin
        assert (valid == shown_q);
        assert (room == (kept_q + waiting_q + shown_q != 8));
        if (picked_q & ahead_q == 0 & valid) assert (data == word_q);
`ifdef INVARIANTS
        assert (kept_q <= 8 & waiting_q <= 8 & kept_q + waiting_q + shown_q <= 8);
        assert (\dut.level_q == kept_q + waiting_q + shown_q);
        assert (\dut.write_q == ((\dut.read_q + waiting_q) & 3'd7));
        if (shown_q) assert (\dut.addr_q == ((\dut.read_q - 1) & 3'd7) & data == words[\dut.addr_q *W+:W]);
        if (picked_q) assert (ahead_q < waiting_q + shown_q & words[slot*W+:W] == word_q);
`endif
    end

    always @* if (started_q) begin
        cover (~room & picked_q & ahead_q == 0 & valid & hold_i & waiting_q == 6 & kept_q == 1 & \dut.write_q == 5);
        cover (picked_q & ahead_q == 7);
    end

endmodule

`default_nettype wire
