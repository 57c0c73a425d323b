// t2c_core: runs a whole network. A program of steps in a ROM loads images from a stream, runs layer after layer, each
// on what the ones before left in the activation memory, and sends results to a stream.
//
// Spec        the tensors of t2c.golden.graph.graph.Graph.run, bit for bit
// Steps       END, LOAD (stream to activations), WEIGHTS, PARAMS, TABLES (stream to those memories), RUN (layer_engine),
//             STORE (activations to stream), MOVE (activations to weights), with ROW_LANES > 0 SOFTMAX, LAYER_NORM
//             (row_engine); see program_sequencer and descriptor.vh
// Memories    activations; weights (+weights=), parameters (+params=), tables (+tables=) and program (+program=), filled
//             from files at start; all but the program can also be loaded by the program when they do not all fit
// Tables      every result of layer_engine takes TABLE_LAT cycles more on its way to the activations, in which it looks up the
//             page TABLE_PAGE of the table memory; where the step has TABLE set, the entry takes its place
// Streams     s_axis: words of S_W = max(ROWS * X_W, COLS * CODE_W) bits, activations in the lowest ROWS * X_W, weights
//             in the lowest COLS * CODE_W: CODE_W (array_elements.vh) is W_W where the array multiplies. m_axis: words of ROWS activations. tlast ends each step on both.
// Latency     see program_sequencer and layer_engine; the sum over a program is t2c.mapping.cycles'
// Handshake   AXI4-Lite registers start a program and tell how it ended (core_registers); AXI-Stream
// Trace       every result word of the engines as it enters the activation memory, what it was before the table where it
//             passed one, and every sum before it is requantised: valid only, for verification
// Model       t2c.golden.graph.graph through t2c.mapping.compiler
// Doc         docs/units/t2c_core.md
`default_nettype none
`include "port_widths.vh"
`include "array_elements.vh"

module t2c_core #(
    parameter ROWS         = 16,                // 2..256, a multiple of COLS
    parameter COLS         = 16,                // 1..256
    parameter X_W          = 8,                 // 2..8: activation
    parameter W_W          = 8,                 // 2..8: weight
    parameter ACC_W        = 32,
    parameter SCALE_W      = 16,
    parameter BIAS_W       = 40,
    parameter SHIFT_W      = 6,
    parameter ACT_DEPTH    = 131072,            // activation words of ROWS channels
    parameter WGT_DEPTH    = 1048576,           // weight words of COLS codes
    parameter PAR_DEPTH    = 2048,              // parameter words of COLS lanes
    parameter ACC_DEPTH    = 1024,              // output pixels a block
    parameter PRG_DEPTH    = 65536,             // program words of 32 bits
    parameter TBL_DEPTH    = 4096,              // entries of the table memory, at least 2^X_W
    parameter ROW_LANES    = 0,                 // elements of a row in a cycle: a power of two that divides COLS; 0: no row engine
    parameter WEIGHT_FILE  = "",
    parameter PARAM_FILE   = "",
    parameter TABLE_FILE   = "",
    parameter PROGRAM_FILE = "",
    parameter S_W          = (ROWS * X_W > COLS * `T2C_CODE_W) ? ROWS * X_W : COLS * `T2C_CODE_W // do not override
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    // registers
    input  wire [7:0]          s_axil_awaddr_i,
    input  wire                s_axil_awvalid_i,
    output wire                s_axil_awready_o,
    input  wire [31:0]         s_axil_wdata_i,
    input  wire [3:0]          s_axil_wstrb_i,
    input  wire                s_axil_wvalid_i,
    output wire                s_axil_wready_o,
    output wire [1:0]          s_axil_bresp_o,
    output wire                s_axil_bvalid_o,
    input  wire                s_axil_bready_i,
    input  wire [7:0]          s_axil_araddr_i,
    input  wire                s_axil_arvalid_i,
    output wire                s_axil_arready_o,
    output wire [31:0]         s_axil_rdata_o,
    output wire [1:0]          s_axil_rresp_o,
    output wire                s_axil_rvalid_o,
    input  wire                s_axil_rready_i,
    // activations (weights, parameters) in
    input  wire                s_axis_tvalid_i,
    output wire                s_axis_tready_o,
    input  wire [S_W-1:0]      s_axis_tdata_i,
    input  wire                s_axis_tlast_i,
    // activations out
    output wire                m_axis_tvalid_o,
    input  wire                m_axis_tready_i,
    output wire [ROWS*X_W-1:0] m_axis_tdata_o,
    output wire                m_axis_tlast_o,
    // trace
    output wire                trace_valid_o,
    output wire [ROWS-1:0]     trace_banks_o,
    output wire [`T2C_ADDRESS_W-1:0] trace_addr_o,
    output wire [COLS*X_W-1:0] trace_data_o,
    output wire                trace_before_valid_o, // the word of this cycle passed a table
    output wire [COLS*X_W-1:0] trace_before_data_o,
    output wire                trace_sum_valid_o,
    output wire [COLS*ACC_W-1:0] trace_sum_data_o,
    output wire [15:0]         layer_o,         // layer of the step that runs
    output wire                busy_o
);

    `include "descriptor.vh"
    `include "pipeline.vh"
    generate
        if (ACT_DEPTH < 2 || WGT_DEPTH < 2 || PAR_DEPTH < 4 || ACT_DEPTH > (1 << `T2C_ADDRESS_W) || WGT_DEPTH > (1 << `T2C_ADDRESS_W)) begin : g_depth
            t2c_core_DEPTH_out_of_range i_stop ();
        end
        if (TBL_DEPTH < (1 << X_W) || TBL_DEPTH > 65536) begin : g_tbl_depth
            t2c_core_TBL_DEPTH_out_of_range i_stop ();
        end
        if (ROW_LANES < 0 || ROW_LANES > 64 || (ROW_LANES & (ROW_LANES - 1)) != 0
            || (ROW_LANES > 0 && COLS % (ROW_LANES > 0 ? ROW_LANES : 1) != 0)) begin : g_row_lanes
            t2c_core_ROW_LANES_out_of_range i_stop ();
        end
        if (PRG_DEPTH < D_FIELDS) begin : g_prg_depth
            t2c_core_PRG_DEPTH_out_of_range i_stop ();
        end
    endgenerate

    localparam ACT_ADDR_W = $clog2(ACT_DEPTH);
    localparam WGT_ADDR_W = $clog2(WGT_DEPTH);
    localparam PAR_ADDR_W = $clog2(PAR_DEPTH);
    localparam TBL_ADDR_W = $clog2(TBL_DEPTH);
    localparam CODE_W     = `T2C_CODE_W;
    localparam PARAM_W    = SCALE_W + BIAS_W + SHIFT_W;
    localparam GROUPS     = ROWS / COLS;
    localparam GROUP_W    = (GROUPS > 1) ? $clog2(GROUPS) : 1;
    localparam XFER_W     = `T2C_ADDRESS_W;     // transfer addresses and counts
    localparam ROW_PORTS  = (ROW_LANES > 0) ? ROW_LANES : 1;

    // ------------------------------------------------------------------ registers and program
    wire           start, busy, done, error, load, run, store, move, rows, misplaced;
    wire           run_done, loader_done, storer_done, mover_done, rows_done;
    wire [7:0]     error_code;
    wire [`T2C_DESCRIPTOR_W-1:0] desc;
    wire [31:0]    op   = desc[D_OP*32+:32];
    wire [XFER_W-1:0] base  = desc[D_BASE*32+:XFER_W];
    wire [XFER_W-1:0] words = desc[D_WORDS*32+:XFER_W];
    assign busy_o = busy;

    core_registers #(.ROWS(ROWS), .COLS(COLS), .X_W(X_W), .W_W(W_W)) i_registers (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .s_axil_awaddr_i(s_axil_awaddr_i), .s_axil_awvalid_i(s_axil_awvalid_i), .s_axil_awready_o(s_axil_awready_o),
        .s_axil_wdata_i(s_axil_wdata_i), .s_axil_wstrb_i(s_axil_wstrb_i), .s_axil_wvalid_i(s_axil_wvalid_i),
        .s_axil_wready_o(s_axil_wready_o), .s_axil_bresp_o(s_axil_bresp_o), .s_axil_bvalid_o(s_axil_bvalid_o),
        .s_axil_bready_i(s_axil_bready_i), .s_axil_araddr_i(s_axil_araddr_i), .s_axil_arvalid_i(s_axil_arvalid_i),
        .s_axil_arready_o(s_axil_arready_o), .s_axil_rdata_o(s_axil_rdata_o), .s_axil_rresp_o(s_axil_rresp_o),
        .s_axil_rvalid_o(s_axil_rvalid_o), .s_axil_rready_i(s_axil_rready_i),
        .start_o(start), .busy_i(busy), .done_i(done), .error_i(error), .error_code_i(error_code), .layer_i(layer_o)
    );

    program_sequencer #(
        .DEPTH(PRG_DEPTH), .PROGRAM_FILE(PROGRAM_FILE), .ROW_STEPS(ROW_LANES > 0)
    ) i_program (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start), .busy_o(busy), .done_o(done), .error_o(error),
        .error_code_o(error_code), .layer_o(layer_o), .desc_o(desc), .load_o(load), .run_o(run), .store_o(store),
        .move_o(move), .rows_o(rows), .step_done_i(run_done | loader_done | storer_done | mover_done | rows_done),
        .misplaced_i(misplaced)
    );

    // ------------------------------------------------------------------ transfers
    wire                       load_act, load_wgt, load_par, load_tbl, storing;
    wire [XFER_W-1:0]          load_addr;
    wire [S_W-1:0]             load_data;
    wire [COLS*PARAM_W-1:0]    load_params;
    wire [`T2C_TABLE_W-1:0]    load_entry;
    wire [ACT_ADDR_W-1:0]      store_addr;
    wire [ROWS*ACT_ADDR_W-1:0] act_raddr;
    wire [ROWS*X_W-1:0]        act_rdata;

    stream_loader #(
        .S_W(S_W), .ADDR_W(XFER_W), .PAR_W(COLS * PARAM_W), .PAR_BEATS((COLS * PARAM_W + S_W - 1) / S_W)
    ) i_loader (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(load),
        .act_i(op == OP_LOAD), .wgt_i(op == OP_WEIGHTS), .par_i(op == OP_PARAMS), .tbl_i(op == OP_TABLES),
        .base_i(base), .words_i(words), .done_o(loader_done), .misplaced_o(misplaced),
        .s_axis_tvalid_i(s_axis_tvalid_i), .s_axis_tready_o(s_axis_tready_o), .s_axis_tdata_i(s_axis_tdata_i),
        .s_axis_tlast_i(s_axis_tlast_i),
        .act_we_o(load_act), .wgt_we_o(load_wgt), .par_we_o(load_par), .tbl_we_o(load_tbl), .waddr_o(load_addr),
        .wdata_o(load_data), .par_wdata_o(load_params), .tbl_wdata_o(load_entry)
    );

    stream_storer #(.W(ROWS * X_W), .ADDR_W(ACT_ADDR_W), .WORDS_W(XFER_W)) i_storer (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(store), .base_i(base[ACT_ADDR_W-1:0]), .words_i(words),
        .busy_o(storing), .done_o(storer_done), .raddr_o(store_addr), .rdata_i(act_rdata),
        .m_axis_tvalid_o(m_axis_tvalid_o), .m_axis_tready_i(m_axis_tready_i), .m_axis_tdata_o(m_axis_tdata_o),
        .m_axis_tlast_o(m_axis_tlast_o)
    );

    // ------------------------------------------------------------------ activations to weights
    wire                       moving, move_wgt;
    wire [ROWS*ACT_ADDR_W-1:0] move_raddr;
    wire [WGT_ADDR_W-1:0]      move_waddr;
    wire [COLS*W_W-1:0]        move_data;
    wire [COLS*CODE_W-1:0]     move_word;       // for an array of multipliers; no compiler moves to another one
    generate
        if (CODE_W == W_W) begin : g_moved
            assign move_word = move_data;
        end else begin : g_not_moved
            assign move_word = {COLS * CODE_W{1'b0}};
            wire unused_move = &{1'b0, move_data};
        end
    endgenerate

    operand_mover #(
        .ROWS(ROWS), .COLS(COLS), .X_W(X_W), .W_W(W_W), .ADDR_W(ACT_ADDR_W), .WGT_ADDR_W(WGT_ADDR_W)
    ) i_mover (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(move),
        .base_i(base[WGT_ADDR_W-1:0]), .origin_i(desc[D_ORIGIN*32+:ACT_ADDR_W]),
        .col_step_i(desc[D_COL_STEP*32+:ACT_ADDR_W]), .tokens_i(desc[D_IN_W*32+:16]),
        .ch_words_i(desc[D_CH_WORDS*32+:16]), .k_tiles_i(desc[D_K_TILES*32+:16]),
        .col_tiles_i(desc[D_COL_TILES*32+:16]), .transpose_i(desc[D_TRANSPOSE*32]),
        .lane_first_i(desc[D_LANE_FIRST*32+:8]), .lane_last_i(desc[D_LANE_LAST*32+:8]),
        .x_signed_i(desc[D_X_SIGNED*32]), .busy_o(moving), .done_o(mover_done),
        .raddr_o(move_raddr), .rdata_i(act_rdata),
        .we_o(move_wgt), .waddr_o(move_waddr), .wdata_o(move_data)
    );

    // ------------------------------------------------------------------ engine
    wire [WGT_ADDR_W-1:0]   wgt_raddr;
    wire [COLS*CODE_W-1:0]  wgt_rdata;
    wire [PAR_ADDR_W-1:0]   par_raddr;
    wire [COLS*PARAM_W-1:0] par_rdata;
    wire                    engine_done, result_valid;
    wire [COLS*X_W-1:0]     result_data;
    wire [ACT_ADDR_W-1:0]   result_addr;
    wire [GROUP_W-1:0]      result_group;

    layer_engine #(
        .ROWS(ROWS), .COLS(COLS), .X_W(X_W), .W_W(W_W), .ACC_W(ACC_W), .SCALE_W(SCALE_W), .BIAS_W(BIAS_W),
        .SHIFT_W(SHIFT_W), .ACC_DEPTH(ACC_DEPTH), .ACT_ADDR_W(ACT_ADDR_W), .WGT_ADDR_W(WGT_ADDR_W),
        .PAR_ADDR_W(PAR_ADDR_W), .GROUP_W(GROUP_W)
    ) i_engine (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(run), .desc_i(desc), .done_o(engine_done),
        .act_raddr_o(act_raddr), .act_rdata_i(act_rdata), .wgt_raddr_o(wgt_raddr), .wgt_rdata_i(wgt_rdata),
        .par_raddr_o(par_raddr), .par_rdata_i(par_rdata),
        .out_valid_o(result_valid), .out_data_o(result_data), .out_addr_o(result_addr), .out_group_o(result_group),
        .sum_valid_o(trace_sum_valid_o), .sum_data_o(trace_sum_data_o)
    );

    // ------------------------------------------------------------------ rows
    wire                    rows_busy, rows_valid, rows_last;
    wire [ACT_ADDR_W-1:0]   rows_act_raddr, rows_addr;
    wire [PAR_ADDR_W-1:0]   rows_par_raddr;
    wire [COLS*X_W-1:0]     rows_data;
    wire [GROUP_W-1:0]      rows_group;
    wire [ROW_PORTS*X_W-1:0] rows_index;
    wire [ROW_PORTS*`T2C_TABLE_W-1:0] rows_entries;

    generate
        if (ROW_LANES > 0) begin : g_rows
            row_engine #(
                .ROWS(ROWS), .COLS(COLS), .LANES(ROW_LANES), .X_W(X_W), .SCALE_W(SCALE_W), .BIAS_W(BIAS_W), .SHIFT_W(SHIFT_W),
                .ACT_ADDR_W(ACT_ADDR_W), .PAR_ADDR_W(PAR_ADDR_W), .GROUP_W(GROUP_W)
            ) i_rows (
                .clk_i(clk_i), .rst_ni(rst_ni), .start_i(rows), .desc_i(desc), .busy_o(rows_busy), .done_o(rows_done),
                .act_raddr_o(rows_act_raddr), .act_rdata_i(act_rdata), .par_raddr_o(rows_par_raddr), .par_rdata_i(par_rdata),
                .tbl_index_o(rows_index), .tbl_rdata_i(rows_entries),
                .out_valid_o(rows_valid), .out_data_o(rows_data), .out_addr_o(rows_addr), .out_group_o(rows_group),
                .out_last_o(rows_last)
            );
        end else begin : g_no_rows
            assign {rows_busy, rows_done, rows_valid, rows_last} = 4'b0;
            assign rows_act_raddr = {ACT_ADDR_W{1'b0}};
            assign rows_par_raddr = {PAR_ADDR_W{1'b0}};
            assign rows_index     = {ROW_PORTS * X_W{1'b0}};
            assign rows_data      = {COLS * X_W{1'b0}};
            assign rows_addr      = {ACT_ADDR_W{1'b0}};
            assign rows_group     = {GROUP_W{1'b0}};
            wire unused_rows = &{1'b0, rows, rows_entries};
        end
    endgenerate

    // ------------------------------------------------------------------ table: every result passes here
    wire                  out_valid;
    wire [COLS*X_W-1:0]   before_data, entry_data, out_data;
    wire [ACT_ADDR_W-1:0] out_addr;
    wire [GROUP_W-1:0]    out_group;
    wire                  with_table = desc[D_TABLE*32];

    delay_line #(.W(2), .DEPTH(TABLE_LAT), .RESET(1)) i_result_control (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i({engine_done, result_valid}), .q_o({run_done, out_valid})
    );
    delay_line #(.W(COLS * X_W + ACT_ADDR_W + GROUP_W), .DEPTH(TABLE_LAT)) i_result (
        .clk_i(clk_i), .rst_ni(rst_ni), .d_i({result_data, result_addr, result_group}),
        .q_o({before_data, out_addr, out_group})
    );
    table_lanes #(
        .COLS(COLS), .X_W(X_W), .DEPTH(TBL_DEPTH), .ADDR_W(TBL_ADDR_W), .ROW_LANES(ROW_LANES), .TABLE_FILE(TABLE_FILE)
    ) i_tables (
        .clk_i(clk_i), .we_i(load_tbl & rst_ni), .waddr_i(load_addr[TBL_ADDR_W-1:0]), .wdata_i(load_entry),
        .page_i(desc[D_TABLE_PAGE*32+:16]), .data_i(result_data), .data_o(entry_data),
        .rows_i(rows_busy), .rows_index_i(rows_index), .rows_data_o(rows_entries)
    );
    assign out_data = with_table ? entry_data : before_data;

    // ------------------------------------------------------------------ memories
    wire                  write = out_valid | rows_valid;
    wire [COLS*X_W-1:0]   write_data  = rows_valid ? rows_data : out_data;
    wire [ACT_ADDR_W-1:0] write_addr  = rows_valid ? rows_addr : out_addr;
    wire [GROUP_W-1:0]    write_group = rows_valid ? rows_group : out_group;
    wire [ROWS-1:0]       write_banks, clear_banks; // beside a row's last group those above it get 0
    wire [ROWS*X_W-1:0]   write_word;
    genvar g;
    generate
        for (g = 0; g < GROUPS; g = g + 1) begin : g_group
            localparam [31:0] NUMBER = g;
            wire clears;
            if (g == 0) begin : g_first
                assign clears = 1'b0;
            end else begin : g_above
                assign clears = rows_valid & rows_last & (write_group < NUMBER[GROUP_W-1:0]);
            end
            assign write_banks[g*COLS+:COLS] = {COLS{write & (write_group == NUMBER[GROUP_W-1:0])}};
            assign clear_banks[g*COLS+:COLS] = {COLS{clears}};
            assign write_word[g*COLS*X_W+:COLS*X_W] = clears ? {COLS * X_W{1'b0}} : write_data;
        end
    endgenerate

    activation_memory #(.ROWS(ROWS), .X_W(X_W), .DEPTH(ACT_DEPTH), .ADDR_W(ACT_ADDR_W)) i_activations (
        .clk_i(clk_i), .we_i(write_banks | clear_banks | {ROWS{load_act}}),
        .waddr_i(load_act ? load_addr[ACT_ADDR_W-1:0] : write_addr),
        .wdata_i(load_act ? load_data[ROWS*X_W-1:0] : write_word),
        .raddr_i(storing ? {ROWS{store_addr}} : moving ? move_raddr : rows_busy ? {ROWS{rows_act_raddr}} : act_raddr),
        .rdata_o(act_rdata)
    );
    // Before the first clock edge of reset a write enable may be anything; it must not spoil what a file has filled.
    ram #(
        .W(COLS * CODE_W), .DEPTH(WGT_DEPTH), .ADDR_W(WGT_ADDR_W), .READ_OLD(0), .INIT_FILE(WEIGHT_FILE),
        .PLUSARG("weights")
    ) i_weights (
        .clk_i(clk_i), .we_i((load_wgt | move_wgt) & rst_ni),
        .waddr_i(move_wgt ? move_waddr : load_addr[WGT_ADDR_W-1:0]),
        .wdata_i(move_wgt ? move_word : load_data[COLS*CODE_W-1:0]),
        .raddr_i(wgt_raddr), .rdata_o(wgt_rdata)
    );
    ram #(
        .W(COLS * PARAM_W), .DEPTH(PAR_DEPTH), .ADDR_W(PAR_ADDR_W), .READ_OLD(0), .INIT_FILE(PARAM_FILE),
        .PLUSARG("params")
    ) i_params (
        .clk_i(clk_i), .we_i(load_par & rst_ni), .waddr_i(load_addr[PAR_ADDR_W-1:0]), .wdata_i(load_params),
        .raddr_i(rows_busy ? rows_par_raddr : par_raddr), .rdata_o(par_rdata)
    );
    wire unused = &{1'b0, desc, load_addr, load_data, base, rows_last};

    // ------------------------------------------------------------------ trace
    assign trace_valid_o = write;
    assign trace_banks_o = write_banks;
    assign trace_addr_o  = {{(XFER_W - ACT_ADDR_W) {1'b0}}, write_addr};
    assign trace_data_o  = write_data;
    assign trace_before_valid_o = out_valid & with_table;
    assign trace_before_data_o  = before_data;

endmodule

`default_nettype wire
