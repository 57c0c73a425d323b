// program_sequencer_operations: what a step does follows from all 32 bits of its first word.
//
// Method      Of each first word, which output pulses with it, and whether the program ends in the next cycle, in done or as
//             an unknown operation. Holds after a reset, and one step from any state in which it holds.
// Assumed     a reset in the first cycle
// Doc         docs/formal.md
`default_nettype none
`include "port_widths.vh"

module program_sequencer_operations #(
    parameter ROW_STEPS = 1
) (
    input wire clk_i,
    input wire rst_ni,
    input wire start_i,
    input wire step_done_i,
    input wire misplaced_i
);

    `include "descriptor.vh"
    `include "registers.vh"
    localparam D_W = `T2C_DESCRIPTOR_W;

    wire           busy, done, error, load, run, store, move, rows;
    wire [7:0]     code;
    wire [15:0]    layer;
    wire [D_W-1:0] desc;
    program_sequencer #(.DEPTH(16), .ROW_STEPS(ROW_STEPS)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .busy_o(busy), .done_o(done), .error_o(error),
        .error_code_o(code), .layer_o(layer), .desc_o(desc), .load_o(load), .run_o(run), .store_o(store),
        .move_o(move), .rows_o(rows), .step_done_i(step_done_i), .misplaced_i(misplaced_i)
    );
    (* hierconn *) wire \dut.issue_q , \dut.end_q ;

    wire [31:0] op = desc[D_OP*32+:32];
    wire        loads = (op == OP_LOAD) | (op == OP_WEIGHTS) | (op == OP_PARAMS) | (op == OP_TABLES);
    // load, run, store, move, rows, end, unknown
    wire [6:0]  wanted = !\dut.issue_q     ? 7'b0000000
                       : loads             ? 7'b0000001
                       : (op == OP_RUN)    ? 7'b0000010
                       : (op == OP_STORE)  ? 7'b0000100
                       : (op == OP_MOVE)   ? 7'b0001000
                       : ((op == OP_SOFTMAX) | (op == OP_LAYER_NORM)) & (ROW_STEPS != 0) ? 7'b0010000
                       : (op == OP_END)    ? 7'b0100000
                       :                     7'b1000000;

    reg       started_q = 1'b0;
    reg       before_q = 1'b0;                  // there was a cycle before, in which nothing else ended the program
    reg [1:0] wanted_q;
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        before_q <= rst_ni & !misplaced_i;
        wanted_q <= wanted[6:5];
    end

    always @* if (!started_q) assume (!rst_ni);
    always @* if (started_q) begin
        assert ({rows, move, store, run, load} == wanted[4:0]);
`ifdef INVARIANTS
        assert (!\dut.issue_q | \dut.end_q == wanted[5]);
`endif
        if (before_q) begin
            assert (done == wanted_q[0]);
            assert (error == wanted_q[1]);
            if (error) assert (code == ERROR_UNKNOWN_OPERATION);
        end
        cover (rows);
        cover (before_q & error);
    end

endmodule

`default_nettype wire
