// program_harness: t2c_core with a host that knows no program: words for s_axis in a row, whatever comes on m_axis, and
// register accesses at chosen cycles. Simulation only; the bench is tb/random_programs/bench.py.
//
// A run       begins with go and ends with job_done: after `programs` programs, all accesses and QUIET cycles without a word;
//             or, if the reset at cycle reset_at comes first, after that reset
// Files       in: +input= words {tlast, data} of s_axis; +writes=, +reads= register accesses; most significant byte first
//             out, anew for each run: +trace= {banks, address, data} of each result; +before= the data of those that
//             passed a table as they were before it; +sums= the sums before they are requantised, COLS of them; +output=
//             {tlast, data} of m_axis; +answers= a line for each access: R or W, cycle, address, response, data (0 for a
//             write)
// Accesses    of 32-bit words. A read: cycle, {delay of R, address}. A write: cycle, {delays of B, W, AW, strobes, address}, data.
//             Cycles count from go; 32'hffffffff is after the end. The cycle of an answer is that of AR, or of the later of AW
//             and W. Reads and writes go on at the same time, each kind one by one.
// Checks      sticky: payload of m_axis stable while stalled (unstable); control signals known (unknown); a word or a result while
//             the core is not busy (stray)
`default_nettype none
`include "port_widths.vh"
`include "array_elements.vh"

module program_harness #(
    parameter ROWS      = 16,
    parameter COLS      = 16,
    parameter X_W       = 8,
    parameter W_W       = 8,
    parameter ACC_W     = 32,
    parameter SCALE_W   = 16,
    parameter BIAS_W    = 40,
    parameter ACT_DEPTH = 131072,
    parameter WGT_DEPTH = 1048576,
    parameter PAR_DEPTH = 2048,
    parameter ACC_DEPTH = 1024,
    parameter PRG_DEPTH = 65536,
    parameter TBL_DEPTH = 4096,
    parameter ROW_LANES = 0
) ();

    localparam S_W   = (ROWS * X_W > COLS * `T2C_CODE_W) ? ROWS * X_W : COLS * `T2C_CODE_W;
    localparam M_W   = ROWS * X_W;
    localparam BYTES = (S_W + 8) / 8;           // of a word of +input=
    localparam [31:0] NEVER = 32'hffffffff;
    localparam [31:0] QUIET = ROWS + COLS + 64;
    localparam [31:0] RESET = 2;

    // ------------------------------------------------------------------ set by the bench
    reg        rst_n       /* verilator public_flat_rw */ = 1'b0;
    reg        go          /* verilator public_flat_rw */ = 1'b0;
    reg [31:0] programs    /* verilator public_flat_rw */ = 32'd1;
    reg [31:0] flip        /* verilator public_flat_rw */ = NEVER; // word of +input= whose tlast is turned round
    reg [31:0] reset_at    /* verilator public_flat_rw */ = NEVER;
    reg [7:0]  in_profile  /* verilator public_flat_rw */ = 8'd0;
    reg [7:0]  out_profile /* verilator public_flat_rw */ = 8'd0;
    reg [15:0] in_blocked  /* verilator public_flat_rw */ = 16'd0;
    reg [15:0] out_blocked /* verilator public_flat_rw */ = 16'd0;
    reg [31:0] seed        /* verilator public_flat_rw */ = 32'd1;
    // ------------------------------------------------------------------ read by the bench
    reg        job_done    /* verilator public_flat_rw */ = 1'b0;
    reg [31:0] cycle       /* verilator public_flat_rw */ = 32'd0; // since go
    reg [31:0] busy_cycles /* verilator public_flat_rw */;
    reg [31:0] taken       /* verilator public_flat_rw */;         // words of s_axis
    reg        unstable    /* verilator public_flat_rw */ = 1'b0;
    reg        unknown     /* verilator public_flat_rw */ = 1'b0;
    reg        stray       /* verilator public_flat_rw */ = 1'b0;

    reg clk;
    initial begin
        clk = 1'b0;
        forever #1 clk = ~clk;
    end

    // ------------------------------------------------------------------ files
    // In a scope of their own: Icarus finds a signal by name only after it has looked at every word of every array beside it.
    generate
        if (1) begin : memory
            reg [S_W:0]  words  [];
            reg [31:0]   reads  [];
            reg [31:0]   writes [];
        end
    endgenerate
    reg [8*1024-1:0]  path;
    reg [8*BYTES-1:0] octets;
    reg [31:0]        number, input_words, read_words, write_words;
    integer           file, index, got, trace, before_file, sums, output_file, answers;
    initial begin
        {trace, before_file, sums, output_file, answers, input_words, read_words, write_words} = 256'd0;
        if ($value$plusargs("wave_file=%s", path)) begin
            $dumpfile(path);
            $dumpvars(0, program_harness);
        end
        // The first 32 bits of each file say how many words follow.
        if ($value$plusargs("input=%s", path)) begin
            file = $fopen(path, "rb");
            got  = $fread(number, file);
            memory.words = new[number];
            input_words  = number;
            for (index = 0; index < memory.words.size(); index = index + 1) begin
                got = $fread(octets, file);
                memory.words[index] = octets[S_W:0];
            end
            $fclose(file);
        end
        if ($value$plusargs("reads=%s", path)) begin
            file = $fopen(path, "rb");
            got  = $fread(number, file);
            memory.reads = new[number];
            read_words   = number;
            for (index = 0; index < memory.reads.size(); index = index + 1) begin
                got = $fread(number, file);
                memory.reads[index] = number;
            end
            $fclose(file);
        end
        if ($value$plusargs("writes=%s", path)) begin
            file = $fopen(path, "rb");
            got  = $fread(number, file);
            memory.writes = new[number];
            write_words   = number;
            for (index = 0; index < memory.writes.size(); index = index + 1) begin
                got = $fread(number, file);
                memory.writes[index] = number;
            end
            $fclose(file);
        end
    end

    // ------------------------------------------------------------------ device under test
    reg                in_valid, in_last;
    reg [S_W-1:0]      in_data;
    wire               in_ready, out_valid, out_last, busy, in_stall, out_stall, trace_valid;
    wire [M_W-1:0]     out_data;
    wire [ROWS-1:0]    trace_banks;
    wire [`T2C_ADDRESS_W-1:0] trace_addr;
    wire [COLS*X_W-1:0] trace_data;
    wire               before_valid;
    wire [COLS*X_W-1:0] before_data;
    wire               sum_valid;
    wire [COLS*ACC_W-1:0] sum_data;
    reg [7:0]          awaddr, araddr;
    reg [31:0]         wdata;
    reg [3:0]          wstrb;
    reg                awvalid, wvalid, bready, arvalid, rready;
    wire               awready, wready, bvalid, arready, rvalid;
    wire [1:0]         bresp, rresp;
    wire [31:0]        rdata;
    wire [15:0]        layer;
    wire               unused_layer = &{1'b0, layer};
    reg [31:0]         reset_left;              // cycles of the reset in mid-run that are still to come
    wire               dut_rst_n = rst_n & (reset_left == 32'd0);

    t2c_core #(
        .ROWS(ROWS), .COLS(COLS), .X_W(X_W), .W_W(W_W), .ACC_W(ACC_W), .SCALE_W(SCALE_W), .BIAS_W(BIAS_W),
        .ACT_DEPTH(ACT_DEPTH), .WGT_DEPTH(WGT_DEPTH), .PAR_DEPTH(PAR_DEPTH), .ACC_DEPTH(ACC_DEPTH), .PRG_DEPTH(PRG_DEPTH),
        .TBL_DEPTH(TBL_DEPTH), .ROW_LANES(ROW_LANES)
    ) i_dut (
        .clk_i(clk), .rst_ni(dut_rst_n),
        .s_axil_awaddr_i(awaddr), .s_axil_awvalid_i(awvalid), .s_axil_awready_o(awready), .s_axil_wdata_i(wdata),
        .s_axil_wstrb_i(wstrb), .s_axil_wvalid_i(wvalid), .s_axil_wready_o(wready), .s_axil_bresp_o(bresp),
        .s_axil_bvalid_o(bvalid), .s_axil_bready_i(bready), .s_axil_araddr_i(araddr), .s_axil_arvalid_i(arvalid),
        .s_axil_arready_o(arready), .s_axil_rdata_o(rdata), .s_axil_rresp_o(rresp), .s_axil_rvalid_o(rvalid),
        .s_axil_rready_i(rready),
        .s_axis_tvalid_i(in_valid), .s_axis_tready_o(in_ready), .s_axis_tdata_i(in_data), .s_axis_tlast_i(in_last),
        .m_axis_tvalid_o(out_valid), .m_axis_tready_i(~out_stall), .m_axis_tdata_o(out_data), .m_axis_tlast_o(out_last),
        .trace_valid_o(trace_valid), .trace_banks_o(trace_banks), .trace_addr_o(trace_addr), .trace_data_o(trace_data),
        .trace_before_valid_o(before_valid), .trace_before_data_o(before_data),
        .trace_sum_valid_o(sum_valid), .trace_sum_data_o(sum_data), .layer_o(layer), .busy_o(busy)
    );

    reg  go_q, go_q2, running;
    wire started = go_q & ~go_q2;
    stall_gen i_in_stall (
        .clk_i(clk), .rst_ni(rst_n & ~started), .profile_i(in_profile), .blocked_i(in_blocked), .armed_i(running), .seed_i(seed),
        .stall_o(in_stall)
    );
    stall_gen i_out_stall (
        .clk_i(clk), .rst_ni(rst_n & ~started), .profile_i(out_profile), .blocked_i(out_blocked), .armed_i(out_valid),
        .seed_i(~seed), .stall_o(out_stall)
    );

    // ------------------------------------------------------------------ streams
    reg [31:0] next;
    wire       taking  = in_valid & in_ready;
    wire       out_now = out_valid & ~out_stall;
    always @(posedge clk) begin
        if (taking) begin
            in_valid <= 1'b0;
            taken    <= taken + 32'd1;
        end
        if (running & (~in_valid | in_ready) & ~in_stall & next != input_words) begin
            in_valid <= 1'b1;
            {in_last, in_data} <= memory.words[next] ^ {(next == flip), {S_W{1'b0}}};
            next     <= next + 32'd1;
        end
        if (started | ~dut_rst_n) begin
            in_valid <= 1'b0;
            next     <= 32'd0;
            taken    <= started ? 32'd0 : taken;
        end
    end

    // ------------------------------------------------------------------ end of a run
    reg        busy_q, ended;
    reg [31:0] left, quiet;                     // programs still to end; cycles since the last event
    wire       accessed = (read_entry == read_words) & (write_entry == write_words);
    wire       over     = running & ended & accessed & (quiet == QUIET);
    always @(posedge clk) begin
        go_q   <= go;
        go_q2  <= go_q;
        cycle  <= cycle + 32'd1;
        busy_q <= busy;
        if (busy) busy_cycles <= busy_cycles + 32'd1;
        if (busy_q & ~busy) begin
            left <= left - 32'd1;
            if (left == 32'd1) ended <= 1'b1;
        end
        quiet <= (out_valid | trace_valid | taking | ~accessed) ? 32'd0 : quiet + 32'd1;
        if (reset_left != 32'd0) reset_left <= reset_left - 32'd1;
        if (running & cycle == reset_at) reset_left <= RESET;
        if (over | reset_left == 32'd1) begin
            running  <= 1'b0;
            job_done <= 1'b1;
        end
        if (started) begin
            running     <= 1'b1;
            job_done    <= 1'b0;
            ended       <= 1'b0;
            left        <= programs;
            cycle       <= 32'd0;
            busy_cycles <= 32'd0;
            quiet       <= 32'd0;
        end
        if (!rst_n) begin
            running    <= 1'b0;
            job_done   <= 1'b0;
            ended      <= 1'b0;
            busy_q     <= 1'b0;
            reset_left <= 32'd0;
            go_q       <= 1'b0;
            go_q2      <= 1'b0;
        end
    end

    // ------------------------------------------------------------------ register accesses
    reg [31:0] read_entry, write_entry;         // next word of each script
    reg        read_busy, write_busy, aw_left, w_left;
    reg [7:0]  r_wait;
    reg [3:0]  aw_wait, w_wait, b_wait;
    reg [31:0] read_cycle, write_cycle;
    reg [15:0] unused_read;
    reg [7:0]  unused_write;
    reg [31:0] read_due, write_due;             // cycle of the next access of each kind

    // verilator lint_off BLKSEQ
    always @(posedge clk) begin
        read_due  = NEVER;
        write_due = NEVER;
        if (read_entry != read_words) read_due = memory.reads[read_entry];
        if (write_entry != write_words) write_due = memory.writes[write_entry];
        if (running & ~read_busy & read_entry != read_words & (read_due == NEVER ? ended : cycle >= read_due)) begin
            read_busy        <= 1'b1;
            arvalid          <= 1'b1;
            {unused_read, r_wait, araddr} <= memory.reads[read_entry+1];
        end
        if (arvalid & arready) begin
            arvalid    <= 1'b0;
            read_cycle <= cycle;
        end
        if (rvalid & ~rready) begin
            rready <= (r_wait == 8'd0);
            r_wait <= r_wait - 8'd1;
        end
        if (rvalid & rready) begin
            rready     <= 1'b0;
            read_busy  <= 1'b0;
            read_entry <= read_entry + 32'd2;
        end
        if (running & ~write_busy & write_entry != write_words & (write_due == NEVER ? ended : cycle >= write_due)) begin
            write_busy <= 1'b1;
            aw_left    <= 1'b1;
            w_left     <= 1'b1;
            wdata      <= memory.writes[write_entry+2];
            {unused_write, b_wait, w_wait, aw_wait, wstrb, awaddr} <= memory.writes[write_entry+1];
        end
        if (aw_left) begin
            aw_wait <= aw_wait - 4'd1;
            if (aw_wait == 4'd0) {aw_left, awvalid} <= 2'b01;
        end
        if (w_left) begin
            w_wait <= w_wait - 4'd1;
            if (w_wait == 4'd0) {w_left, wvalid} <= 2'b01;
        end
        if (awvalid & awready) begin
            awvalid     <= 1'b0;
            write_cycle <= cycle;
        end
        if (wvalid & wready) begin
            wvalid      <= 1'b0;
            write_cycle <= cycle;
        end
        if (bvalid & ~bready) begin
            bready <= (b_wait == 4'd0);
            b_wait <= b_wait - 4'd1;
        end
        if (bvalid & bready) begin
            bready      <= 1'b0;
            write_busy  <= 1'b0;
            write_entry <= write_entry + 32'd3;
        end
        if (started | ~dut_rst_n) begin
            {arvalid, awvalid, wvalid, rready, bready}    <= 5'd0;
            {read_busy, write_busy, aw_left, w_left}      <= 4'd0;
            {read_entry, write_entry}                     <= 64'd0;
        end
    end
    // verilator lint_on BLKSEQ

    // ------------------------------------------------------------------ what came, and the rules of the streams
    reg         stalled_q;
    reg [M_W:0] held_q;
    // verilator lint_off BLKSEQ
    always @(posedge clk) begin
        if (started) begin
            if ($value$plusargs("trace=%s", path)) trace = $fopen(path, "w");
            if ($value$plusargs("before=%s", path)) before_file = $fopen(path, "w");
            if ($value$plusargs("sums=%s", path)) sums = $fopen(path, "w");
            if ($value$plusargs("output=%s", path)) output_file = $fopen(path, "w");
            if ($value$plusargs("answers=%s", path)) answers = $fopen(path, "w");
        end
        if (running & dut_rst_n) begin
            if (trace_valid) $fwrite(trace, "%h\n", {trace_banks, trace_addr, trace_data});
            if (before_valid) $fwrite(before_file, "%h\n", before_data);
            if (sum_valid) $fwrite(sums, "%h\n", sum_data);
            if (out_now) $fwrite(output_file, "%h\n", {out_last, out_data});
            if (rvalid & rready) $fwrite(answers, "R %h %h %h %h\n", read_cycle, araddr, rresp, rdata);
            if (bvalid & bready) $fwrite(answers, "W %h %h %h %h\n", write_cycle, awaddr, bresp, 32'd0);
        end
        if (running & (over | reset_left == 32'd1)) begin
            $fclose(trace);
            $fclose(before_file);
            $fclose(sums);
            $fclose(output_file);
            $fclose(answers);
        end
    end
    // verilator lint_on BLKSEQ
    always @(posedge clk) begin
        stalled_q <= out_valid & out_stall & dut_rst_n;
        held_q    <= {out_last, out_data};
        if (stalled_q & dut_rst_n & (~out_valid | {out_last, out_data} !== held_q)) unstable <= 1'b1;
        if (dut_rst_n & ~started & (out_valid | trace_valid) & ~busy) stray <= 1'b1;
        if (dut_rst_n & (^{out_valid, in_ready, busy, trace_valid, awready, wready, bvalid, arready, rvalid} === 1'bx))
            unknown <= 1'b1;
    end

endmodule

`default_nettype wire
