// run_core: t2c_core with the images of make roms: starts the program, plays the stimulus, compares every word, says PASS.
//   cd ROMS && iverilog -g2005 -I . -I RTL -y RTL -o run_core run_core.v && vvp run_core
`default_nettype none
`include "roms.vh"
`include "port_widths.vh"
module run_core;
    `include "registers.vh"

    reg clk = 1'b0, rst_n = 1'b0;
    always #1 clk = ~clk;

    // ------------------------------------------------------------------ stimulus and expected words
    localparam INPUTS  = `T2C_RUNS * `T2C_INPUT_WORDS;
    localparam OUTPUTS = `T2C_RUNS * `T2C_OUTPUT_WORDS;
    localparam RESULTS = `T2C_RUNS * `T2C_RESULTS_WORDS;
    reg [`T2C_INPUT_BITS-1:0]   stimulus [0:INPUTS-1];
    reg [`T2C_OUTPUT_BITS-1:0]  outputs  [0:OUTPUTS-1];
    reg [`T2C_RESULTS_BITS-1:0] results  [0:RESULTS-1];
    initial begin
        $readmemh("vectors/input.hex", stimulus);
        $readmemh("vectors/output.hex", outputs);
        $readmemh("vectors/results.hex", results);
    end

    integer sent = 0, stored = 0, computed = 0, wrong = 0, lane;
    wire [`T2C_INPUT_BITS-1:0] beat = stimulus[sent];
    reg  [`T2C_OUTPUT_BITS-1:0]  out_want;
    reg  [`T2C_RESULTS_BITS-1:0] want;
    reg                          same;
    reg                          failed = 1'b0;

    // ------------------------------------------------------------------ the core
    reg                     start = 1'b0, read = 1'b0;
    reg  [7:0]              address;
    wire                    awready, wready, bvalid, arready, rvalid, in_ready, out_valid, out_last, trace_valid;
    wire [31:0]             rdata;
    wire [`T2C_M_W-1:0]     out_data;
    wire [`T2C_ROWS-1:0]    trace_banks;
    wire [`T2C_ADDRESS_W-1:0] trace_addr;
    wire [`T2C_COLS*`T2C_X_W-1:0] trace_data;

    t2c_core #(`T2C_CORE_PARAMETERS) i_core (
        .clk_i(clk), .rst_ni(rst_n),
        .s_axil_awaddr_i(REG_CONTROL), .s_axil_awvalid_i(start), .s_axil_awready_o(awready),
        .s_axil_wdata_i(32'd1 << CONTROL_START_BIT), .s_axil_wstrb_i(4'hf), .s_axil_wvalid_i(start), .s_axil_wready_o(wready),
        .s_axil_bresp_o(), .s_axil_bvalid_o(bvalid), .s_axil_bready_i(1'b1),
        .s_axil_araddr_i(address), .s_axil_arvalid_i(read), .s_axil_arready_o(arready),
        .s_axil_rdata_o(rdata), .s_axil_rresp_o(), .s_axil_rvalid_o(rvalid), .s_axil_rready_i(1'b1),
        .s_axis_tvalid_i(sent < INPUTS), .s_axis_tready_o(in_ready), .s_axis_tdata_i(beat[`T2C_INPUT_TDATA_LSB+:`T2C_S_W]),
        .s_axis_tlast_i(beat[`T2C_INPUT_TLAST_LSB]),
        .m_axis_tvalid_o(out_valid), .m_axis_tready_i(1'b1), .m_axis_tdata_o(out_data), .m_axis_tlast_o(out_last),
        .trace_valid_o(trace_valid), .trace_banks_o(trace_banks), .trace_addr_o(trace_addr), .trace_data_o(trace_data),
        .trace_before_valid_o(), .trace_before_data_o(), .trace_sum_valid_o(), .trace_sum_data_o(), .layer_o(), .busy_o()
    );

    // ------------------------------------------------------------------ what comes out
    always @(posedge clk) begin
        if (in_ready && sent < INPUTS) sent <= sent + 1;
        if (out_valid) begin
            out_want = outputs[stored];
            same = stored < OUTPUTS && out_last === out_want[`T2C_OUTPUT_TLAST_LSB];
            for (lane = 0; lane < `T2C_ROWS; lane = lane + 1)
                if (out_want[`T2C_OUTPUT_LANES_LSB+lane] && out_data[lane*`T2C_X_W+:`T2C_X_W]
                    !== out_want[`T2C_OUTPUT_TDATA_LSB+lane*`T2C_X_W+:`T2C_X_W]) same = 1'b0;
            if (!same && wrong == 0) $display("output word %0d: %h, expected %h", stored, out_data, out_want);
            if (!same) wrong = wrong + 1;
            stored <= stored + 1;
        end
        if (trace_valid) begin
            want = results[computed];
            same = computed < RESULTS && trace_addr === want[`T2C_RESULTS_ADDRESS_LSB+:`T2C_ADDRESS_W]
                && trace_banks === want[`T2C_RESULTS_BANKS_LSB+:`T2C_ROWS];
            for (lane = 0; lane < `T2C_COLS; lane = lane + 1)
                if (want[`T2C_RESULTS_LANES_LSB+lane] && trace_data[lane*`T2C_X_W+:`T2C_X_W]
                    !== want[`T2C_RESULTS_DATA_LSB+lane*`T2C_X_W+:`T2C_X_W]) same = 1'b0;
            if (!same && wrong == 0) $display("result word %0d: %h at %h, expected %h", computed, trace_data, trace_addr, want);
            if (!same) wrong = wrong + 1;
            computed <= computed + 1;
        end
    end

    // ------------------------------------------------------------------ the host: start, poll, next run
    task read_register(input [7:0] which, output [31:0] value);
        begin
            @(negedge clk) address = which;
            read = 1'b1;
            while (!arready) @(negedge clk);
            @(negedge clk) read = 1'b0;
            while (!rvalid) @(negedge clk);
            value = rdata;
        end
    endtask

    integer    run;
    reg [31:0] status, code, cycles;
    initial begin
        repeat (4) @(negedge clk);
        rst_n = 1'b1;
        for (run = 0; run < `T2C_RUNS; run = run + 1) begin
            @(negedge clk) start = 1'b1;
            while (!(awready && wready)) @(negedge clk);
            @(negedge clk) start = 1'b0;
            while (!bvalid) @(negedge clk);
            status = 32'd1 << STATUS_BUSY_BIT;
            while (status[STATUS_BUSY_BIT]) read_register(REG_STATUS, status);
            read_register(REG_ERROR, code);
            read_register(REG_CYCLES_LO, cycles);
            if (status !== 32'd1 << STATUS_DONE_BIT || cycles !== `T2C_CYCLES) begin
                $display("run %0d: status %h, error %0d, %0d cycles", run, status, code, cycles);
                failed = 1'b1;
            end
        end
        finish;
    end

    reg [63:0] cycle = 64'd0;
    always @(posedge clk) begin
        cycle <= cycle + 64'd1;
        if (cycle == 64'd2 * `T2C_RUNS * `T2C_CYCLES + 64'd1000) begin
            $display("no end after %0d cycles", cycle);
            failed = 1'b1;
            finish;
        end
    end

    task finish;
        begin
            if (sent != INPUTS || stored != OUTPUTS || computed != RESULTS || wrong != 0) failed = 1'b1;
            $display("%0s: %0d runs of %0d cycles; %0d of %0d input, %0d of %0d output, %0d of %0d result words; %0d wrong",
                     failed ? "FAIL" : "PASS", `T2C_RUNS, `T2C_CYCLES, sent, INPUTS, stored, OUTPUTS, computed, RESULTS, wrong);
            $finish;
        end
    endtask
endmodule
`default_nettype wire
