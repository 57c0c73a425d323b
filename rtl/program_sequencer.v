// program_sequencer: walks a program of step descriptors from a ROM; it fetches the next one while this one runs.
//
// Spec        from ROM address 0: descriptor after descriptor, D_FIELDS words each. LOAD, WEIGHTS, PARAMS and TABLES start the loader,
//             RUN the engine, STORE the storer, MOVE the mover; the next step starts when that one is done. END ends the program.
// Errors      an unknown operation stops the program with ERROR_UNKNOWN_OPERATION, a misplaced tlast with
//             ERROR_MISPLACED_TLAST (registers.vh).
// Latency     D_FIELDS + 3 cycles from start_i to the first step; 1 from a step's done to the next step's start, if that was
//             fetched meanwhile (D_FIELDS + 1 cycles)
// Handshake   start_i is heeded while busy_o is low; then done_o or error_o pulses in the first cycle in which it is low
//             again. desc_o and layer_o hold from a step's start to the next one's.
// Doc         docs/units/program.md
`default_nettype none
`include "port_widths.vh"

module program_sequencer #(
    parameter DEPTH        = 4096,              // ROM words of 32 bits
    parameter PROGRAM_FILE = "",
    parameter ROW_STEPS    = 0,                 // 1: SOFTMAX and LAYER_NORM are operations
    parameter D_W          = `T2C_DESCRIPTOR_W  // do not override
) (
    input  wire           clk_i,
    input  wire           rst_ni,
    input  wire           start_i,
    output reg            busy_o,
    output reg            done_o,
    output reg            error_o,
    output reg  [7:0]     error_code_o,
    output wire [15:0]    layer_o,
    // step
    output reg  [D_W-1:0] desc_o,
    output wire           load_o,               // one of these pulses with a new desc_o
    output wire           run_o,
    output wire           store_o,
    output wire           move_o,
    output wire           rows_o,
    input  wire           step_done_i,
    input  wire           misplaced_i
);

    `include "descriptor.vh"
    `include "registers.vh"
    generate
        if (D_W != D_FIELDS * 32) begin : g_d_w
            program_sequencer_D_W_out_of_range i_stop ();
        end
    endgenerate

    localparam ADDR_W  = $clog2(DEPTH);
    localparam COUNT_W = $clog2(D_FIELDS + 1);
    localparam [31:0] FIELDS = D_FIELDS;

    // ------------------------------------------------------------------ fetch into the shadow descriptor
    reg [ADDR_W-1:0]  addr_q;
    reg [COUNT_W-1:0] left_q;                   // words still to be addressed
    reg               coming_q;                 // the ROM gives a word of this descriptor
    reg [D_W-1:0]     shadow_q;
    wire [31:0]       word;
    wire              fetching = (left_q != {COUNT_W{1'b0}});
    wire              fetched  = ~fetching & ~coming_q;

    ram #(.W(32), .DEPTH(DEPTH), .ADDR_W(ADDR_W), .INIT_FILE(PROGRAM_FILE), .PLUSARG("program")) i_rom (
        .clk_i(clk_i), .we_i(1'b0), .waddr_i({ADDR_W{1'b0}}), .wdata_i(32'd0), .raddr_i(addr_q), .rdata_o(word)
    );

    // ------------------------------------------------------------------ steps
    reg issue_q, running_q;
    wire start = start_i & ~busy_o;
    wire take  = busy_o & (~running_q | step_done_i) & ~issue_q & fetched;
    // Told as the step leaves the shadow: it starts units all over the core.
    wire [31:0] op = shadow_q[D_OP*32+:32];
    wire is_end    = (op == OP_END);
    wire is_load   = (op == OP_LOAD) | (op == OP_WEIGHTS) | (op == OP_PARAMS) | (op == OP_TABLES);
    wire is_run    = (op == OP_RUN);
    wire is_store  = (op == OP_STORE);
    wire is_move   = (op == OP_MOVE);
    wire is_rows   = (ROW_STEPS != 0) & ((op == OP_SOFTMAX) | (op == OP_LAYER_NORM));
    reg  end_q, load_q, run_q, store_q, move_q, rows_q;
    wire is_step   = load_q | run_q | store_q | move_q | rows_q;

    assign load_o  = issue_q & load_q;
    assign run_o   = issue_q & run_q;
    assign store_o = issue_q & store_q;
    assign move_o  = issue_q & move_q;
    assign rows_o  = issue_q & rows_q;
    assign layer_o = desc_o[D_LAYER*32+:16];

    always @(posedge clk_i) begin
        done_o   <= 1'b0;
        error_o  <= 1'b0;
        issue_q  <= take;
        coming_q <= fetching;
        if (fetching) begin
            addr_q <= addr_q + {{(ADDR_W - 1) {1'b0}}, 1'b1};
            left_q <= left_q - {{(COUNT_W - 1) {1'b0}}, 1'b1};
        end
        if (coming_q) shadow_q <= {word, shadow_q[D_W-1:32]};
        if (take) begin
            desc_o <= shadow_q;
            left_q <= FIELDS[COUNT_W-1:0];
            {end_q, load_q, run_q, store_q, move_q, rows_q} <= {is_end, is_load, is_run, is_store, is_move, is_rows};
        end
        if (issue_q) begin
            running_q <= is_step;
            if (end_q) begin
                busy_o <= 1'b0;
                done_o <= 1'b1;
            end else if (~is_step) begin
                busy_o       <= 1'b0;
                error_o      <= 1'b1;
                error_code_o <= ERROR_UNKNOWN_OPERATION;
            end
        end
        if (step_done_i) running_q <= 1'b0;
        if (misplaced_i) begin
            running_q    <= 1'b0;
            busy_o       <= 1'b0;
            error_o      <= 1'b1;
            error_code_o <= ERROR_MISPLACED_TLAST;
        end
        if (start) begin
            busy_o   <= 1'b1;
            addr_q   <= {ADDR_W{1'b0}};
            left_q   <= FIELDS[COUNT_W-1:0];
            coming_q <= 1'b0;
            desc_o   <= {D_W{1'b0}};
        end
        if (!rst_ni) begin
            busy_o       <= 1'b0;
            done_o       <= 1'b0;
            error_o      <= 1'b0;
            error_code_o <= 8'd0;
            issue_q      <= 1'b0;
            running_q    <= 1'b0;
            left_q       <= {COUNT_W{1'b0}};
            coming_q     <= 1'b0;
        end
    end

endmodule

`default_nettype wire
