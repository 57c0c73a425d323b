// core_harness: t2c_core with a host: memory, transfers, registers, and its own clock. Simulation only.
// Python sets one run of the program at a time, pulses go and sleeps until job_done; it takes no part in single cycles.
//
// Host        runs a list of transfers in program order, each after the one before: words of host memory into s_axis, or
//             words of m_axis into host memory. Both sides are held back by stall_gen.
// Registers   core_registers' AXI4-Lite port is driven by axil_host: start, a second start while busy (which must be refused),
//             polls of STATUS until the program has ended, then ERROR, LAYER and CYCLES.
// Files       +transfers= 32-bit words: how many words host memory and the list have, then the list; +host= the first words
//             of host memory, what is beyond them is unknown; both most significant byte first. +program=, +weights=,
//             +params=, +tables= the core's memories.
//             +trace= gets every result word of the engine, {banks, address, data}, of the last run; +before= the data of
//             those that passed a table as they were before it; +sums= every word of
//             sums before they are requantised, {cycle, sums}, each sum in whole hexadecimal digits; +steps= {what, cycle}
//             of a program's begin (1), every step's start but END's (2), and its end (3). dump completes them and writes
//             +stored= (a range of host memory) and +cycles= (busy cycles by layer, counted from the beginning of the
//             simulation)
// Memory      host memory and the list are as long as the job needs: SystemVerilog's dynamic arrays
// Checks      sticky, read by the bench: payload stable while stalled (unstable); control signals known (unknown); tlast on the
//             last word of each transfer and on no other (last_wrong); words outside a transfer (stray)
`default_nettype none
`include "port_widths.vh"
`include "array_elements.vh"

module core_harness #(
    parameter ROWS        = 16,
    parameter COLS        = 16,
    parameter X_W         = 8,
    parameter W_W         = 8,
    parameter ACC_W       = 32,
    parameter SCALE_W     = 16,
    parameter BIAS_W      = 40,
    parameter ACT_DEPTH   = 131072,
    parameter WGT_DEPTH   = 1048576,
    parameter PAR_DEPTH   = 2048,
    parameter ACC_DEPTH   = 1024,
    parameter PRG_DEPTH   = 65536,
    parameter TBL_DEPTH   = 4096,
    parameter ROW_LANES   = 0,
    parameter PROBE       = 0                   // 1: record what passes through the engines (core_probe, row_probe)
) ();

    localparam S_W     = (ROWS * X_W > COLS * `T2C_CODE_W) ? ROWS * X_W : COLS * `T2C_CODE_W;
    localparam M_W     = ROWS * X_W;
    localparam S_BYTES = (S_W + 7) / 8;
    localparam LAYERS  = 1024;

    // ------------------------------------------------------------------ set by the bench
    reg        rst_n       /* verilator public_flat_rw */ = 1'b0;
    reg        go          /* verilator public_flat_rw */ = 1'b0;
    reg        dump        /* verilator public_flat_rw */ = 1'b0;
    reg [31:0] transfers   /* verilator public_flat_rw */ = 32'd0; // entries of the list
    reg [31:0] input_base  /* verilator public_flat_rw */ = 32'd0; // host address of this run's inputs
    reg [31:0] stored_low  /* verilator public_flat_rw */ = 32'd0; // host addresses to dump
    reg [31:0] stored_high /* verilator public_flat_rw */ = 32'd0;
    reg [31:0] early_last  /* verilator public_flat_rw */ = 32'hffffffff; // input word whose tlast is turned round
    reg [7:0]  in_profile  /* verilator public_flat_rw */ = 8'd0;
    reg [7:0]  out_profile /* verilator public_flat_rw */ = 8'd0;
    reg [15:0] in_blocked  /* verilator public_flat_rw */ = 16'd0;
    reg [15:0] out_blocked /* verilator public_flat_rw */ = 16'd0;
    reg [31:0] seed        /* verilator public_flat_rw */ = 32'd1;
    reg [31:0] windows     /* verilator public_flat_rw */ = 32'd0; // entries of the probe's list
    reg [31:0] column      /* verilator public_flat_rw */ = 32'd0; // array column that the probe looks at
    reg [31:0] row_step    /* verilator public_flat_rw */ = 32'hffffffff; // row step that the probe of rows looks at
    reg [31:0] wave_first  /* verilator public_flat_rw */ = 32'hffffffff; // cycle from which on +wave_file= is written
    // ------------------------------------------------------------------ read by the bench
    reg        job_done    /* verilator public_flat_rw */;
    reg [31:0] captured    /* verilator public_flat_rw */;
    reg [31:0] served      /* verilator public_flat_rw */;        // transfers that are complete
    reg [31:0] words_in    /* verilator public_flat_rw */;
    reg [31:0] cycle       /* verilator public_flat_rw */;        // since go
    reg [31:0] busy_cycles /* verilator public_flat_rw */;
    reg        unstable    /* verilator public_flat_rw */;
    reg        unknown     /* verilator public_flat_rw */;
    reg        last_wrong  /* verilator public_flat_rw */;
    reg        stray       /* verilator public_flat_rw */;
    wire [31:0] status     /* verilator public_flat_rd */;
    wire [31:0] error_code /* verilator public_flat_rd */;
    wire [31:0] last_layer /* verilator public_flat_rd */;
    wire [63:0] cycles     /* verilator public_flat_rd */;
    wire       refused     /* verilator public_flat_rd */;        // the second start was refused
    wire       axil_wrong  /* verilator public_flat_rd */;
    wire [5:0] interfaces  /* verilator public_flat_rd */;
    wire [15:0] layer      /* verilator public_flat_rd */;        // of the step that runs

    reg clk;
    initial begin
        clk = 1'b0;
        forever #1 clk = ~clk;
    end

    // ------------------------------------------------------------------ memories
    // In a scope of their own: Icarus finds a signal by name only after it has looked at every word of every array beside it.
    generate
        if (1) begin : memory
            reg [S_W-1:0] host     [];
            reg [31:0]    list     [];      // {flags: bit 0 out, bit 1 from input_base}, address, words of each transfer
            reg [31:0]    by_layer [0:LAYERS-1];
        end
    endgenerate
    reg [8*1024-1:0]    path;
    reg [8*S_BYTES-1:0] octets;
    reg [31:0]          number;
    integer             file, index, words, trace, before_file, sums, steps;
    initial begin
        {trace, before_file, sums, steps} = 128'd0;
        for (index = 0; index < LAYERS; index = index + 1) memory.by_layer[index] = 32'd0;
        number = 32'd0;
        if ($value$plusargs("transfers=%s", path)) begin
            file        = $fopen(path, "rb");
            index       = $fread(number, file);
            memory.host = new[number];
            index       = $fread(number, file);
            memory.list = new[number];
            for (index = 0; index < memory.list.size(); index = index + 1)
                if ($fread(number, file) == 4) memory.list[index] = number;
            $fclose(file);
        end
        words = 0;
        if ($value$plusargs("host=%s", path)) begin
            file = $fopen(path, "rb");
            while ($fread(octets, file) == S_BYTES) begin
                memory.host[words] = octets[S_W-1:0];
                words = words + 1;
            end
            $fclose(file);
        end
        for (index = words; index < memory.host.size(); index = index + 1) memory.host[index] = {S_W{1'bx}};
    end
    // verilator lint_off BLKSEQ
    // A file is written to as soon as it is open.
    always @(posedge clk) begin
        if (started) begin
            if (trace != 0) $fclose(trace);
            if (before_file != 0) $fclose(before_file);
            if (sums != 0) $fclose(sums);
            if (steps != 0) $fclose(steps);
            {trace, before_file, sums, steps} = 128'd0;
            if ($value$plusargs("trace=%s", path)) trace = $fopen(path, "w");
            if ($value$plusargs("before=%s", path)) before_file = $fopen(path, "w");
            if ($value$plusargs("sums=%s", path)) sums = $fopen(path, "w");
            if ($value$plusargs("steps=%s", path)) steps = $fopen(path, "w");
        end
        if (trace_valid & trace != 0) $fwrite(trace, "%h\n", {trace_banks, trace_addr, trace_data});
        if (trace_before_valid & before_file != 0) $fwrite(before_file, "%h\n", trace_before_data);
        if (trace_sum_valid & sums != 0) $fwrite(sums, "%h%h\n", cycle, sum_digits);
        if (step_event != 2'd0 & steps != 0) $fwrite(steps, "%h%h\n", {2'd0, step_event}, cycle);
    end
    always @(posedge dump) begin
        if (trace != 0) $fflush(trace);
        if (before_file != 0) $fflush(before_file);
        if (sums != 0) $fflush(sums);
        if (steps != 0) $fflush(steps);
        if ($value$plusargs("stored=%s", path)) begin
            file = $fopen(path, "w");
            for (index = stored_low; index <= stored_high; index = index + 1) $fwrite(file, "%h\n", memory.host[index]);
            $fclose(file);
        end
        if ($value$plusargs("cycles=%s", path)) $writememh(path, memory.by_layer);
    end
    // verilator lint_on BLKSEQ

    // ------------------------------------------------------------------ device under test
    wire               in_stall, out_stall, in_ready, out_valid, out_last, busy;
    reg                in_valid, in_last;
    reg [S_W-1:0]      in_data;
    wire [M_W-1:0]     out_data;
    wire               out_ready;
    wire               trace_valid;
    wire [ROWS-1:0]    trace_banks;
    wire [`T2C_ADDRESS_W-1:0] trace_addr;
    wire [COLS*X_W-1:0] trace_data;
    wire               trace_before_valid;
    wire [COLS*X_W-1:0] trace_before_data;
    wire               trace_sum_valid;
    wire [COLS*ACC_W-1:0] trace_sum_data;
    wire [7:0]         awaddr, araddr;
    wire [31:0]        wdata, rdata;
    wire [3:0]         wstrb;
    wire [1:0]         bresp, rresp;
    wire               awvalid, awready, wvalid, wready, bvalid, bready, arvalid, arready, rvalid, rready;
    wire               ended;

    t2c_core #(
        .ROWS(ROWS), .COLS(COLS), .X_W(X_W), .W_W(W_W), .ACC_W(ACC_W), .SCALE_W(SCALE_W), .BIAS_W(BIAS_W),
        .ACT_DEPTH(ACT_DEPTH), .WGT_DEPTH(WGT_DEPTH), .PAR_DEPTH(PAR_DEPTH), .ACC_DEPTH(ACC_DEPTH), .PRG_DEPTH(PRG_DEPTH),
        .TBL_DEPTH(TBL_DEPTH), .ROW_LANES(ROW_LANES)
    ) i_dut (
        .clk_i(clk), .rst_ni(rst_n),
        .s_axil_awaddr_i(awaddr), .s_axil_awvalid_i(awvalid), .s_axil_awready_o(awready), .s_axil_wdata_i(wdata),
        .s_axil_wstrb_i(wstrb), .s_axil_wvalid_i(wvalid), .s_axil_wready_o(wready), .s_axil_bresp_o(bresp),
        .s_axil_bvalid_o(bvalid), .s_axil_bready_i(bready), .s_axil_araddr_i(araddr), .s_axil_arvalid_i(arvalid),
        .s_axil_arready_o(arready), .s_axil_rdata_o(rdata), .s_axil_rresp_o(rresp), .s_axil_rvalid_o(rvalid),
        .s_axil_rready_i(rready),
        .s_axis_tvalid_i(in_valid), .s_axis_tready_o(in_ready), .s_axis_tdata_i(in_data), .s_axis_tlast_i(in_last),
        .m_axis_tvalid_o(out_valid), .m_axis_tready_i(out_ready), .m_axis_tdata_o(out_data), .m_axis_tlast_o(out_last),
        .trace_valid_o(trace_valid), .trace_banks_o(trace_banks), .trace_addr_o(trace_addr), .trace_data_o(trace_data),
        .trace_before_valid_o(trace_before_valid), .trace_before_data_o(trace_before_data),
        .trace_sum_valid_o(trace_sum_valid), .trace_sum_data_o(trace_sum_data),
        .layer_o(layer), .busy_o(busy)
    );
    axil_host i_axil (
        .clk_i(clk), .rst_ni(rst_n), .go_i(started),
        .awaddr_o(awaddr), .awvalid_o(awvalid), .awready_i(awready), .wdata_o(wdata), .wstrb_o(wstrb), .wvalid_o(wvalid),
        .wready_i(wready), .bresp_i(bresp), .bvalid_i(bvalid), .bready_o(bready), .araddr_o(araddr), .arvalid_o(arvalid),
        .arready_i(arready), .rdata_i(rdata), .rresp_i(rresp), .rvalid_i(rvalid), .rready_o(rready),
        .ended_o(ended), .status_o(status), .error_o(error_code), .layer_o(last_layer), .cycles_o(cycles),
        .refused_o(refused), .wrong_o(axil_wrong)
    );
    stall_gen i_in_stall (
        .clk_i(clk), .rst_ni(rst_n & ~started), .profile_i(in_profile), .blocked_i(in_blocked), .armed_i(sending), .seed_i(seed),
        .stall_o(in_stall)
    );
    stall_gen i_out_stall (
        .clk_i(clk), .rst_ni(rst_n & ~started), .profile_i(out_profile), .blocked_i(out_blocked), .armed_i(out_valid), .seed_i(~seed),
        .stall_o(out_stall)
    );

    localparam DIGITS_W = (ACC_W + 3) / 4 * 4;
    wire [COLS*DIGITS_W-1:0] sum_digits;        // each sum with its sign in whole digits
    genvar lane;
    generate
        for (lane = 0; lane < COLS; lane = lane + 1) begin : g_sum
            wire signed [ACC_W-1:0] sum = trace_sum_data[lane*ACC_W+:ACC_W];
            assign sum_digits[lane*DIGITS_W+:DIGITS_W] = {{(DIGITS_W - ACC_W + 1) {sum[ACC_W-1]}}, sum[ACC_W-2:0]};
        end
    endgenerate
    reg        busy_q;
    wire       step_starts = i_dut.load | i_dut.run | i_dut.store | i_dut.move | i_dut.rows;
    wire [1:0] step_event  = (busy & ~busy_q) ? 2'd1 : step_starts ? 2'd2 : (busy_q & ~busy) ? 2'd3 : 2'd0;
    always @(posedge clk) busy_q <= busy & rst_n;

    generate
        if (PROBE != 0) begin : g_probe
            core_probe #(
                .ROWS(ROWS), .COLS(COLS), .X_W(X_W), .W_W(W_W), .ACC_W(ACC_W), .PARAM_W(SCALE_W + BIAS_W + `T2C_SHIFT_W)
            ) i_probe (
                .clk_i(clk), .go_i(started), .cycle_i(cycle), .windows_i(windows), .column_i(column)
            );
        end else begin : g_no_probe
            wire unused_probe = &{1'b0, windows, column};
        end
        if (PROBE != 0 && ROW_LANES != 0) begin : g_row_probe
            row_probe #(.LANES(ROW_LANES)) i_probe (
                .clk_i(clk), .go_i(started), .cycle_i(cycle), .row_step_i(row_step)
            );
        end else begin : g_no_row_probe
            wire unused_row_step = &{1'b0, row_step};
        end
    endgenerate

    reg waving;
    initial waving = 1'b0;
    always @(posedge clk) begin
        if (cycle == wave_first & running_q & ~waving) begin
            waving <= 1'b1;
            if ($value$plusargs("wave_file=%s", path)) begin
                $dumpfile(path);
                $dumpvars(0, core_harness);
            end
        end
    end

    // ------------------------------------------------------------------ transfers, one after the other
    localparam [1:0] IDLE = 2'd0, NEXT = 2'd1, SEND = 2'd2, TAKE = 2'd3;
    reg [1:0]  host_q;
    reg        go_q, go_q2, running_q;
    reg [31:0] entry_q, addr_q, left_q;
    wire       started  = go_q & ~go_q2;
    wire       sending  = (host_q == SEND);
    wire       taking   = (host_q == TAKE);
    reg [29:0] unused_flags;
    reg [1:0]  flags;

    assign out_ready  = taking & ~out_stall;
    assign interfaces = {busy, host_q != IDLE, in_valid, in_ready, out_valid, out_ready};

    always @(posedge clk) begin
        go_q  <= go;
        go_q2 <= go_q;
        if (in_valid & in_ready) begin
            in_valid <= 1'b0;
            words_in <= words_in + 32'd1;
            if (left_q == 32'd0) begin
                host_q  <= NEXT;
                entry_q <= entry_q + 32'd1;
                served  <= served + 32'd1;
            end
        end
        if (sending & left_q != 32'd0 & (~in_valid | in_ready) & ~in_stall) begin
            in_valid <= 1'b1;
            in_data  <= memory.host[addr_q];
            in_last  <= (left_q == 32'd1) ^ (words_in + {31'd0, in_valid} == early_last);
            addr_q   <= addr_q + 32'd1;
            left_q   <= left_q - 32'd1;
        end
        if (out_valid & out_ready) begin
            memory.host[addr_q] = {{(S_W - M_W) {1'b0}}, out_data};
            addr_q       <= addr_q + 32'd1;
            left_q       <= left_q - 32'd1;
            if (out_last !== (left_q == 32'd1)) last_wrong <= 1'b1;
            if (left_q == 32'd1) begin
                host_q  <= NEXT;
                entry_q <= entry_q + 32'd1;
                served  <= served + 32'd1;
            end
        end
        if (host_q == NEXT) begin
            if (entry_q == transfers) host_q <= IDLE;
            else begin
                // verilator lint_off BLKSEQ
                {unused_flags, flags} = memory.list[3*entry_q];
                // verilator lint_on BLKSEQ
                host_q <= flags[0] ? TAKE : SEND;
                addr_q <= memory.list[3*entry_q+1] + (flags[1] ? input_base : 32'd0);
                left_q <= memory.list[3*entry_q+2];
            end
        end
        if (running_q & ended) begin
            running_q <= 1'b0;
            job_done  <= 1'b1;
        end
        if (started) begin
            host_q    <= NEXT;
            entry_q   <= 32'd0;
            served    <= 32'd0;
            words_in  <= 32'd0;
            running_q <= 1'b1;
            job_done  <= 1'b0;
        end
        if (!rst_n) begin
            host_q     <= IDLE;
            go_q       <= 1'b0;
            go_q2      <= 1'b0;
            running_q  <= 1'b0;
            job_done   <= 1'b0;
            in_valid   <= 1'b0;
            left_q     <= 32'd0;
            last_wrong <= 1'b0;
        end
    end

    // ------------------------------------------------------------------ capture, counts and stream rules
    reg           stalled_q;
    reg [M_W:0]   held_q;
    wire [M_W:0]  word = {out_last, out_data};

    always @(posedge clk) begin
        cycle <= cycle + 32'd1;
        if (trace_valid) captured <= captured + 32'd1;
        if (busy) begin
            busy_cycles <= busy_cycles + 32'd1;
            memory.by_layer[layer[9:0]] <= memory.by_layer[layer[9:0]] + 32'd1;
        end
        stalled_q <= out_valid & ~out_ready;
        held_q    <= word;
        if (stalled_q & (~out_valid | word !== held_q)) unstable <= 1'b1;
        if (out_valid & ~busy) stray <= 1'b1;
        if (trace_valid & ~busy) stray <= 1'b1;
        if (rst_n & (^{out_valid, in_ready, busy, trace_valid} === 1'bx)) unknown <= 1'b1;
        if (started) begin
            cycle       <= 32'd0;
            captured    <= 32'd0;
            busy_cycles <= 32'd0;
        end
        if (!rst_n) begin
            cycle       <= 32'd0;
            captured    <= 32'd0;
            stalled_q   <= 1'b0;
            unstable    <= 1'b0;
            unknown     <= 1'b0;
            stray       <= 1'b0;
        end
    end

endmodule

`default_nettype wire
