// layer_harness: the layer engine between a stimulus memory and a capture memory, with its own clock.
// Simulation only. Python sets one job at a time (how many words to load, how many descriptors to run), pulses go and
// sleeps until job_done; it takes no part in single cycles.
//
// Files       +stimulus= activation words, +descriptors= descriptor words, +weights=, +params= the engine's ROMs;
//             +capture= receives {tlast, tkeep, tdata} of every word taken from the engine
// Checks      sticky, read by the bench: payload stable while stalled (unstable); control signals known (unknown); done one
//             cycle after the last word was taken and at no other time (done_wrong); busy from start to that cycle, and
//             tready its opposite (busy_wrong).
// Provocation Three cycles after each start another start comes, with every descriptor bit inverted; a busy engine must
//             not take notice.
`default_nettype none

module layer_harness #(
    parameter ROWS       = 16,
    parameter COLS       = 16,
    parameter X_W        = 8,
    parameter W_W        = 8,
    parameter ACC_W      = 32,
    parameter SCALE_W    = 16,
    parameter BIAS_W     = 40,
    parameter ACT_DEPTH  = 4096,
    parameter WGT_DEPTH  = 4096,
    parameter PAR_DEPTH  = 64,
    parameter ACC_DEPTH  = 1024,
    parameter STIM_DEPTH = 1 << 18,
    parameter CAP_DEPTH  = 1 << 18,
    parameter DESC_DEPTH = 1 << 10
) ();

    localparam D_FIELDS = 34;                   // of rtl/descriptor.vh; lint refuses another width at the engine
    localparam D_W   = D_FIELDS * 32;
    localparam CAP_W = COLS * X_W + COLS + 1;

    // ------------------------------------------------------------------ set by the bench
    reg        rst_n       /* verilator public_flat_rw */ = 1'b0;
    reg        go          /* verilator public_flat_rw */ = 1'b0;
    reg        dump        /* verilator public_flat_rw */ = 1'b0;
    reg [31:0] load_words  /* verilator public_flat_rw */ = 32'd0;
    reg [31:0] first_desc  /* verilator public_flat_rw */ = 32'd0;
    reg [31:0] descs       /* verilator public_flat_rw */ = 32'd0;
    reg [7:0]  in_profile  /* verilator public_flat_rw */ = 8'd0;
    reg [7:0]  out_profile /* verilator public_flat_rw */ = 8'd0;
    reg [15:0] in_blocked  /* verilator public_flat_rw */ = 16'd0;
    reg [15:0] out_blocked /* verilator public_flat_rw */ = 16'd0;
    reg [31:0] seed        /* verilator public_flat_rw */ = 32'd1;
    // ------------------------------------------------------------------ read by the bench
    reg        job_done    /* verilator public_flat_rw */;
    reg [31:0] captured    /* verilator public_flat_rw */;
    reg [31:0] lasts       /* verilator public_flat_rw */;
    reg [31:0] dones       /* verilator public_flat_rw */;
    reg [31:0] load_cycles /* verilator public_flat_rw */;
    reg [31:0] run_cycles  /* verilator public_flat_rw */;
    reg        unstable    /* verilator public_flat_rw */;
    reg        unknown     /* verilator public_flat_rw */;
    reg        done_wrong  /* verilator public_flat_rw */;
    reg        busy_wrong  /* verilator public_flat_rw */;
    wire [5:0] interfaces  /* verilator public_flat_rd */;

    reg clk;
    initial begin
        clk = 1'b0;
        forever #1 clk = ~clk;
    end

    // ------------------------------------------------------------------ memories
    reg [ROWS*X_W-1:0] stimulus [0:STIM_DEPTH-1];
    reg [31:0]         words    [0:DESC_DEPTH*D_FIELDS-1];
    reg [CAP_W-1:0]    capture  [0:CAP_DEPTH-1];
    reg [8*1024-1:0]   path;
    initial begin
        if ($value$plusargs("stimulus=%s", path)) $readmemh(path, stimulus);
        if ($value$plusargs("descriptors=%s", path)) $readmemh(path, words);
    end
    always @(posedge dump) if ($value$plusargs("capture=%s", path)) $writememh(path, capture, 0, captured - 1);

    // ------------------------------------------------------------------ device under test
    wire                in_stall, out_stall, in_ready, out_valid, out_last, busy, done;
    reg                 in_valid, in_last, start;
    reg [ROWS*X_W-1:0]  in_data;
    wire [COLS*X_W-1:0] out_data;
    wire [COLS-1:0]     out_keep;
    wire [D_W-1:0]      desc;

    layer_engine #(
        .ROWS(ROWS), .COLS(COLS), .X_W(X_W), .W_W(W_W), .ACC_W(ACC_W), .SCALE_W(SCALE_W), .BIAS_W(BIAS_W),
        .ACT_DEPTH(ACT_DEPTH), .WGT_DEPTH(WGT_DEPTH), .PAR_DEPTH(PAR_DEPTH), .ACC_DEPTH(ACC_DEPTH)
    ) i_dut (
        .clk_i(clk), .rst_ni(rst_n), .start_i(start | provoke), .desc_i(desc ^ {D_W{provoke}}), .busy_o(busy), .done_o(done),
        .s_axis_tvalid_i(in_valid), .s_axis_tready_o(in_ready), .s_axis_tdata_i(in_data), .s_axis_tlast_i(in_last),
        .m_axis_tvalid_o(out_valid), .m_axis_tready_i(~out_stall), .m_axis_tdata_o(out_data),
        .m_axis_tkeep_o(out_keep), .m_axis_tlast_o(out_last)
    );
    stall_gen i_in_stall (
        .clk_i(clk), .rst_ni(rst_n), .profile_i(in_profile), .blocked_i(in_blocked), .armed_i(job_q == LOAD),
        .seed_i(seed), .stall_o(in_stall)
    );
    stall_gen i_out_stall (
        .clk_i(clk), .rst_ni(rst_n), .profile_i(out_profile), .blocked_i(out_blocked), .armed_i(out_valid),
        .seed_i(~seed), .stall_o(out_stall)
    );
    assign interfaces = {busy, job_q == RUN, in_valid, in_ready, out_valid, ~out_stall};

    // ------------------------------------------------------------------ job: load, then descriptor by descriptor
    localparam [1:0] IDLE = 2'd0, LOAD = 2'd1, RUN = 2'd2;
    reg [1:0]  job_q;
    reg        go_q;
    reg [31:0] stim_q, left_q, desc_q, descs_q;

    genvar field;
    generate
        for (field = 0; field < D_FIELDS; field = field + 1) begin : g_field
            assign desc[field*32+:32] = words[desc_q*D_FIELDS+field];
        end
    endgenerate

    always @(posedge clk) begin
        go_q  <= go;
        start <= 1'b0;
        if (in_valid & in_ready) begin
            in_valid <= 1'b0;
            if (in_last) begin
                job_q <= RUN;
                start <= 1'b1;
            end
        end
        if (job_q == LOAD & left_q != 32'd0 & (~in_valid | in_ready) & ~in_stall) begin
            in_valid <= 1'b1;
            in_data  <= stimulus[stim_q];
            in_last  <= (left_q == 32'd1);
            stim_q   <= stim_q + 32'd1;
            left_q   <= left_q - 32'd1;
        end
        if (done) begin
            dones   <= dones + 32'd1;
            descs_q <= descs_q - 32'd1;
            desc_q  <= desc_q + 32'd1;
            if (descs_q == 32'd1) begin
                job_q    <= IDLE;
                job_done <= 1'b1;
            end else start <= 1'b1;
        end
        if (go & ~go_q) begin
            job_q    <= LOAD;
            left_q   <= load_words;
            desc_q   <= first_desc;
            descs_q  <= descs;
            job_done <= 1'b0;
        end
        if (job_q == LOAD) load_cycles <= load_cycles + 32'd1;
        if (job_q == RUN) run_cycles <= run_cycles + 32'd1;
        if (!rst_n) begin
            job_q       <= IDLE;
            job_done    <= 1'b0;
            in_valid    <= 1'b0;
            start       <= 1'b0;
            stim_q      <= 32'd0;
            load_cycles <= 32'd0;
            run_cycles  <= 32'd0;
            dones       <= 32'd0;
            left_q      <= 32'd0;
        end
    end

    // ------------------------------------------------------------------ capture and stream rules
    reg             stalled_q, last_taken_q, running_q;
    reg [2:0]       started_q;
    wire            last_taken = out_valid & ~out_stall & out_last;
    wire            provoke    = started_q[2];
    reg [CAP_W-1:0] held_q;
    wire [CAP_W-1:0] word = {out_last, out_keep, out_data};

    always @(posedge clk) begin
        if (out_valid & ~out_stall) begin
            capture[captured] <= word;
            captured <= captured + 32'd1;
            if (out_last) lasts <= lasts + 32'd1;
        end
        started_q    <= {started_q[1:0], start};
        last_taken_q <= last_taken;
        running_q    <= start | (running_q & ~last_taken);
        if (done !== last_taken_q) done_wrong <= 1'b1;
        if (busy !== running_q | in_ready !== ~busy) busy_wrong <= 1'b1;
        stalled_q <= out_valid & out_stall;
        held_q    <= word;
        if (stalled_q & (~out_valid | word !== held_q)) unstable <= 1'b1;
        if (rst_n & (^{out_valid, in_ready, busy, done} === 1'bx)) unknown <= 1'b1;
        if (!rst_n) begin
            captured     <= 32'd0;
            lasts        <= 32'd0;
            stalled_q    <= 1'b0;
            unstable     <= 1'b0;
            unknown      <= 1'b0;
            started_q    <= 3'd0;
            last_taken_q <= 1'b0;
            running_q    <= 1'b0;
            done_wrong   <= 1'b0;
            busy_wrong   <= 1'b0;
        end
    end

endmodule

`default_nettype wire
