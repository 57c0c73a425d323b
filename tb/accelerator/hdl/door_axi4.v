// door_axi4: a memory of ours behind AXI4, whose master is a module under test. Simulation only.
//
// Content     BYTES from address BASE on, unknown but for what FILE NAME_run.hex ($readmemh, words) says when run_i
//             changes
// Takes       INCR, WRAP and FIXED bursts of any legal length and size up to the bus, byte strobes, any ids, QUEUE bursts
//             of each direction waiting; answers in order. W may come before its AW; it waits for it
// Bursts      IHI 0022, A3.4.1: beat k of INCR is at the start, aligned, + k * size; of WRAP the same modulo the length of
//             the burst, between its boundaries; of FIXED at the start. Beat 0 alone may be unaligned, FIXED every beat
// Time        a read's first word and a write's response come LATENCY cycles after the last that they need, words of a
//             burst GAP cycles apart; all five channels stall by profile_i, as stall_gen does
// Events      into fd_i: `W name run cycle addr hex strb` for each word written, addr of the word's first byte (`V` with
//             bits if some are unknown), `A name run cycle read|write addr` outside the memory, `P name run cycle what`
//             what AXI4 forbids or this memory does not take, and what door_hold finds on AW, W and AR
`default_nettype none

module door_axi4 #(
    parameter NAME    = "port",
    parameter ADDR_W  = 32,
    parameter DATA_W  = 32,
    parameter ID_W    = 1,
    parameter BASE    = 64'd0,
    parameter BYTES   = 4096,
    parameter LATENCY = 4,
    parameter GAP     = 0,
    parameter QUEUE   = 16,
    parameter PUTS    = 1                       // other ports on this memory, at least 1
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire [31:0]         fd_i,
    input  wire [31:0]         run_i,
    input  wire [31:0]         cycle_i,
    input  wire [7:0]          profile_i,
    input  wire [15:0]         blocked_i,
    input  wire [31:0]         seed_i,
    input  wire [ID_W-1:0]     awid_i,
    input  wire [ADDR_W-1:0]   awaddr_i,
    input  wire [7:0]          awlen_i,
    input  wire [2:0]          awsize_i,
    input  wire [1:0]          awburst_i,
    input  wire                awvalid_i,
    output wire                awready_o,
    input  wire [DATA_W-1:0]   wdata_i,
    input  wire [DATA_W/8-1:0] wstrb_i,
    input  wire                wlast_i,
    input  wire                wvalid_i,
    output wire                wready_o,
    output reg  [ID_W-1:0]     bid_o,
    output reg  [1:0]          bresp_o,
    output reg                 bvalid_o,
    input  wire                bready_i,
    input  wire [ID_W-1:0]     arid_i,
    input  wire [ADDR_W-1:0]   araddr_i,
    input  wire [7:0]          arlen_i,
    input  wire [2:0]          arsize_i,
    input  wire [1:0]          arburst_i,
    input  wire                arvalid_i,
    output wire                arready_o,
    output reg  [ID_W-1:0]     rid_o,
    output reg  [DATA_W-1:0]   rdata_o,
    output reg  [1:0]          rresp_o,
    output reg                 rlast_o,
    output reg                 rvalid_o,
    input  wire                rready_i,
    // Ports that share this memory: each holds a copy, and says what it wrote in a cycle.
    output reg               wrote_o,
    output reg  [63:0]       wrote_at_o,        // number of the word
    output reg  [DATA_W-1:0]  wrote_data_o,
    output reg  [DATA_W/8-1:0]  wrote_strb_o,
    input  wire [PUTS-1:0]   put_i,
    input  wire [PUTS*64-1:0] put_at_i,
    input  wire [PUTS*DATA_W-1:0] put_data_i,
    input  wire [PUTS*DATA_W/8-1:0] put_strb_i,
    output wire                done_o,
    output wire                idle_o,
    output reg  [31:0]         count_o
);

    localparam LANES = DATA_W / 8;
    localparam WORDS = BYTES / LANES;
    localparam [1:0] OKAY = 2'b00, SLVERR = 2'b10, FIXED = 2'b00, INCR = 2'b01, WRAP = 2'b10;

    reg [DATA_W-1:0] memory [0:WORDS-1];
    reg [31:0]       run_q = 32'd0;
    reg [1023:0]     path;
    integer          word, lane, put, said;

    wire [4:0] stall;
    genvar     k;
    generate
        for (k = 0; k < 5; k = k + 1) begin : g_stall
            localparam [31:0] SALT = 32'h9e3779b9 * (k + 1);
            stall_gen i_stall (
                .clk_i(clk_i), .rst_ni(rst_ni), .profile_i(profile_i), .blocked_i(blocked_i), .armed_i(1'b1),
                .seed_i(seed_i ^ SALT), .stall_o(stall[k])
            );
        end
    endgenerate

    // ------------------------------------------------------------------ queues: addresses, responses
    reg [ADDR_W-1:0] aw_addr [0:QUEUE-1], ar_addr [0:QUEUE-1];
    reg [ID_W-1:0]   aw_id [0:QUEUE-1], ar_id [0:QUEUE-1], b_id [0:QUEUE-1];
    reg [7:0]        aw_len [0:QUEUE-1], ar_len [0:QUEUE-1];
    reg [2:0]        aw_size [0:QUEUE-1], ar_size [0:QUEUE-1];
    reg [1:0]        aw_burst [0:QUEUE-1], ar_burst [0:QUEUE-1];
    reg [31:0]       ar_time [0:QUEUE-1], b_time [0:QUEUE-1];
    reg [1:0]        b_resp [0:QUEUE-1];
    reg [31:0]       aw_in = 0, aw_out = 0, ar_in = 0, ar_out = 0, b_in = 0, b_out = 0, now = 0;

    reg open_q = 1'b0;
    assign done_o    = (run_q == run_i);
    assign idle_o    = (aw_in == aw_out) & (b_in == b_out) & (ar_in == ar_out) & ~bvalid_o & ~rvalid_o;
    assign awready_o = open_q & ~stall[0] & (aw_in - aw_out < QUEUE);
    assign wready_o  = open_q & ~stall[1] & (aw_in != aw_out) & (b_in - b_out < QUEUE);
    assign arready_o = open_q & ~stall[3] & (ar_in - ar_out < QUEUE);

    reg [31:0]       w_beat = 0, r_beat = 0, r_next = 0;
    reg [1:0]        w_resp = OKAY;
    reg [63:0]       at, offset;
    integer          head;

    task complain(input [8*40-1:0] what, input [ADDR_W-1:0] where);
        begin
            if (said < 16) $fwrite(fd_i, "P %s %0d %0d %0s 0x%h\n", NAME, run_i, cycle_i, what, where);
            said = said + 1;
        end
    endtask

    task outside(input write, input [63:0] where);
        begin
            if (said < 16) $fwrite(fd_i, "A %s %0d %0d %0s %h\n", NAME, run_i, cycle_i, write ? "write" : "read", where);
            said = said + 1;
        end
    endtask

    task check_address(input [ADDR_W-1:0] addr, input [7:0] len, input [2:0] size, input [1:0] burst);
        begin
            if ((^{addr, len, size, burst}) === 1'bx) complain("unknown_address", addr);
            else begin
                if (burst == 2'b11) complain("reserved_burst", addr);
                if ((1 << size) > LANES) complain("size_beyond_the_bus", addr);
                if (burst == WRAP & len != 8'd1 & len != 8'd3 & len != 8'd7 & len != 8'd15)
                    complain("WRAP_of_other_than_2,_4,_8_or_16_beats", addr);
                if (burst == WRAP & (addr & ((64'd1 << size) - 64'd1)) != 64'd0) complain("WRAP_from_unaligned_address", addr);
                if (burst == FIXED & len > 8'd15) complain("FIXED_of_more_than_16_beats", addr);
                offset = {52'd0, addr[(ADDR_W < 12 ? ADDR_W : 12)-1:0]} & ~((64'd1 << size) - 64'd1);
                if (burst == INCR & offset + ((64'd1 + len) << size) > 64'd4096) complain("burst_crosses_4_KiB", addr);
            end
        end
    endtask

    function [63:0] beat_address(
        input [63:0] first, input [2:0] size, input [7:0] len, input [1:0] burst, input [31:0] beat
    );
        reg [63:0] next, whole;
        begin
            next  = (first & ~((64'd1 << size) - 64'd1)) + ({32'd0, beat} << size);
            whole = (64'd1 + len) << size;
            if (beat == 0 | burst == FIXED) beat_address = first;
            else if (burst == WRAP) beat_address = (first & ~(whole - 64'd1)) | (next & (whole - 64'd1));
            else beat_address = next;
        end
    endfunction

    // Byte lanes of the bus that a beat has: from its address to the end of its size.
    function [LANES-1:0] beat_lanes(input [63:0] at, input [2:0] size);
        reg [63:0] last;
        integer    b;
        begin
            last = (at | ((64'd1 << size) - 64'd1)) % LANES;
            for (b = 0; b < LANES; b = b + 1) beat_lanes[b] = (b >= at % LANES) & (b <= last);
        end
    endfunction

    initial begin
        bvalid_o = 1'b0;
        rvalid_o = 1'b0;
        count_o  = 32'd0;
        wrote_o  = 1'b0;
        said     = 0;
    end

    // Half a cycle later, so that all ports of a memory see a write from the next edge on.
    always @(negedge clk_i) begin
        for (put = 0; put < PUTS; put = put + 1)
            if (put_i[put])
                for (lane = 0; lane < LANES; lane = lane + 1)
                    if (put_strb_i[put*LANES+lane]) begin
                        if (wrote_o & wrote_at_o == put_at_i[put*64 +: 64] & wrote_strb_o[lane] & said < 16
                            & wrote_data_o[8*lane +: 8] !== put_data_i[put*DATA_W+8*lane +: 8]) begin
                            $fwrite(fd_i, "P %s %0d %0d two_ports_write_different_data_into_word_0x%0h\n", NAME, run_i,
                                    cycle_i, wrote_at_o);
                            said = said + 1;
                        end
                        memory[put_at_i[put*64 +: 64]][8*lane +: 8] = put_data_i[put*DATA_W+8*lane +: 8];
                    end
    end

    always @(posedge clk_i) begin
        open_q  <= rst_ni;
        wrote_o <= 1'b0;
        now    <= now + 32'd1;
        if (run_q != run_i) begin
            for (word = 0; word < WORDS; word = word + 1) memory[word] = {DATA_W{1'bx}};
            $sformat(path, "%0s_%0d.hex", NAME, run_i);
            $readmemh(path, memory);
            run_q   <= run_i;
            count_o <= 32'd0;
        end
        if (!rst_ni) begin
            {aw_in, aw_out, ar_in, ar_out, b_in, b_out} <= 192'd0;
            {w_beat, r_beat} <= 64'd0;
            w_resp    = OKAY;
            bvalid_o <= 1'b0;
            rvalid_o <= 1'b0;
        end else begin
            // reads
            if (arvalid_i === 1'b1 & arready_o) begin
                check_address(araddr_i, arlen_i, arsize_i, arburst_i);
                head           = ar_in % QUEUE;
                ar_addr[head]  = araddr_i;
                ar_id[head]    = arid_i;
                ar_len[head]   = arlen_i;
                ar_size[head]  = arsize_i;
                ar_burst[head] = arburst_i;
                ar_time[head]  = now + LATENCY;
                ar_in         <= ar_in + 32'd1;
            end
            if (rvalid_o & rready_i === 1'b1) rvalid_o <= 1'b0;
            if ((!rvalid_o | rready_i === 1'b1) & ar_in != ar_out & !stall[4]) begin
                head = ar_out % QUEUE;
                if ((now - ar_time[head]) < 32'h80000000 & (now - r_next) < 32'h80000000) begin
                    at       = beat_address(ar_addr[head], ar_size[head], ar_len[head], ar_burst[head], r_beat);
                    offset   = (at - BASE) / LANES;
                    rvalid_o <= 1'b1;
                    rid_o    <= ar_id[head];
                    rlast_o  <= (r_beat == ar_len[head]);
                    r_next   <= now + 32'd1 + GAP;
                    count_o  <= count_o + 32'd1;
                    if (at < BASE | offset >= WORDS | (^at) === 1'bx) begin
                        outside(1'b0, at);
                        rdata_o <= {DATA_W{1'bx}};
                        rresp_o <= SLVERR;
                    end else begin
                        rdata_o <= memory[offset];
                        rresp_o <= OKAY;
                    end
                    if (r_beat == ar_len[head]) begin
                        r_beat <= 32'd0;
                        ar_out <= ar_out + 32'd1;
                    end else r_beat <= r_beat + 32'd1;
                end
            end
            // writes
            if (awvalid_i === 1'b1 & awready_o) begin
                check_address(awaddr_i, awlen_i, awsize_i, awburst_i);
                head           = aw_in % QUEUE;
                aw_addr[head]  = awaddr_i;
                aw_id[head]    = awid_i;
                aw_len[head]   = awlen_i;
                aw_size[head]  = awsize_i;
                aw_burst[head] = awburst_i;
                aw_in         <= aw_in + 32'd1;
            end
            if (wvalid_i === 1'b1 & wready_o) begin
                head    = aw_out % QUEUE;
                at      = beat_address(aw_addr[head], aw_size[head], aw_len[head], aw_burst[head], w_beat);
                offset  = (at - BASE) / LANES;
                count_o <= count_o + 32'd1;
                if (wlast_i !== (w_beat == aw_len[head])) complain("wlast_is_misplaced", at[ADDR_W-1:0]);
                if ((wstrb_i & ~beat_lanes(at, aw_size[head])) != {LANES{1'b0}})
                    complain("strobe_beside_the_bytes_of_its_beat", at[ADDR_W-1:0]);
                if ((^wstrb_i) === 1'bx) complain("unknown_wstrb", at[ADDR_W-1:0]);
                else if (at < BASE | offset >= WORDS | (^at) === 1'bx) begin
                    if (wstrb_i != 0) outside(1'b1, at);
                    w_resp = SLVERR;
                end else begin
                    for (lane = 0; lane < LANES; lane = lane + 1)
                        if (wstrb_i[lane]) memory[offset][8*lane +: 8] = wdata_i[8*lane +: 8];
                    wrote_o      <= 1'b1;
                    wrote_at_o   <= offset;
                    wrote_data_o <= wdata_i;
                    wrote_strb_o <= wstrb_i;
                    at = BASE + offset * LANES;
                    if ((^wdata_i) === 1'bx)
                        $fwrite(fd_i, "V %s %h %h %h %b %h\n", NAME, run_i, cycle_i, at, wdata_i, wstrb_i);
                    else $fwrite(fd_i, "W %s %h %h %h %h %h\n", NAME, run_i, cycle_i, at, wdata_i, wstrb_i);
                end
                if (w_beat == aw_len[head]) begin
                    w_beat <= 32'd0;
                    aw_out <= aw_out + 32'd1;
                    b_id[b_in % QUEUE]   = aw_id[head];
                    b_time[b_in % QUEUE] = now + LATENCY;
                    b_resp[b_in % QUEUE] = w_resp;
                    w_resp = OKAY;
                    b_in  <= b_in + 32'd1;
                end else w_beat <= w_beat + 32'd1;
            end
            if (bvalid_o & bready_i === 1'b1) bvalid_o <= 1'b0;
            if ((!bvalid_o | bready_i === 1'b1) & b_in != b_out & !stall[2]) begin
                head = b_out % QUEUE;
                if ((now - b_time[head]) < 32'h80000000) begin
                    bvalid_o <= 1'b1;
                    bid_o    <= b_id[head];
                    bresp_o  <= b_resp[head];
                    b_out    <= b_out + 32'd1;
                end
            end
        end
    end

    door_hold #(.NAME({NAME, ".aw"}), .WIDTH(ID_W + ADDR_W + 13)) i_aw (
        .clk_i(clk_i), .rst_ni(rst_ni), .fd_i(fd_i), .run_i(run_i), .cycle_i(cycle_i), .valid_i(awvalid_i),
        .ready_i(awready_o), .data_i({awid_i, awaddr_i, awlen_i, awsize_i, awburst_i})
    );
    door_hold #(.NAME({NAME, ".w"}), .WIDTH(DATA_W + LANES + 1)) i_w (
        .clk_i(clk_i), .rst_ni(rst_ni), .fd_i(fd_i), .run_i(run_i), .cycle_i(cycle_i), .valid_i(wvalid_i),
        .ready_i(wready_o), .data_i({wdata_i, wstrb_i, wlast_i})
    );
    door_hold #(.NAME({NAME, ".ar"}), .WIDTH(ID_W + ADDR_W + 13)) i_ar (
        .clk_i(clk_i), .rst_ni(rst_ni), .fd_i(fd_i), .run_i(run_i), .cycle_i(cycle_i), .valid_i(arvalid_i),
        .ready_i(arready_o), .data_i({arid_i, araddr_i, arlen_i, arsize_i, arburst_i})
    );

endmodule

`default_nettype wire
