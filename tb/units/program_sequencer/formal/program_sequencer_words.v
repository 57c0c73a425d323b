// program_sequencer_words: each step that starts, and the one that ends the program, is the descriptor that lies there.
//
// Method      One word of the ROM is watched (watched_rom.v); whichever it is, it must stand in its place in the step that it
//             belongs to. The harness counts the steps. Holds after a reset, and one step from any state in which it
//             holds; so the address reaches every word of a ROM of DEPTH words.
// Assumed     a reset in the first cycle; a step ends, or its tlast is misplaced, after its start and once.
// Doc         docs/formal.md
`default_nettype none
`include "port_widths.vh"

module program_sequencer_words #(
    parameter ADDR_W = 24
) (
    input wire clk_i,
    input wire rst_ni,
    input wire start_i,
    input wire step_done_i,
    input wire misplaced_i
);

    `include "descriptor.vh"
    localparam D_W = `T2C_DESCRIPTOR_W;
    localparam COUNT_W = $clog2(D_FIELDS + 1);
    localparam [ADDR_W-1:0] FIELDS = D_FIELDS;

    wire           busy, done, error, load, run, store, move, rows;
    wire [7:0]     code;
    wire [15:0]    layer;
    wire [D_W-1:0] desc;
    program_sequencer #(.DEPTH(1 << ADDR_W), .ROW_STEPS(1)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .busy_o(busy), .done_o(done), .error_o(error),
        .error_code_o(code), .layer_o(layer), .desc_o(desc), .load_o(load), .run_o(run), .store_o(store),
        .move_o(move), .rows_o(rows), .step_done_i(step_done_i), .misplaced_i(misplaced_i)
    );
    (* hierconn *) wire [ADDR_W-1:0]  \dut.addr_q , \dut.i_rom.watch , \dut.i_rom.raddr_q ;
    (* hierconn *) wire [31:0]        \dut.i_rom.content ;
    (* hierconn *) wire [COUNT_W-1:0] \dut.left_q ;
    (* hierconn *) wire               \dut.coming_q , \dut.issue_q , \dut.running_q ;
    (* hierconn *) wire [D_W-1:0]     \dut.shadow_q ;

    reg               started_q = 1'b0;
    reg               running_q;                // a step is under way
    reg  [ADDR_W-1:0] at_q;                     // first word of the step that starts next
    wire              begins = load | run | store | move | rows;
    wire              begun  = start_i & ~busy; // the program
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        if (step_done_i | misplaced_i) running_q <= 1'b0;
        if (begins) {running_q, at_q} <= {1'b1, at_q + FIELDS};
        if (begun) at_q <= {ADDR_W{1'b0}};
        if (!rst_ni) running_q <= 1'b0;
    end

    always @* begin
        if (!started_q) assume (!rst_ni);
        if (started_q & !running_q) assume (!step_done_i & !misplaced_i);
        assume (!step_done_i | !misplaced_i);
    end

    wire [ADDR_W-1:0] place = \dut.i_rom.watch - at_q; // of the watched word in that step, if below FIELDS
    always @* if (started_q) begin
        if (begins & place < FIELDS) assert (desc[place*32+:32] == \dut.i_rom.content );
        if (done & place < FIELDS) assert (desc[place*32+:32] == \dut.i_rom.content );
`ifdef INVARIANTS
        assert (\dut.running_q == running_q);
        assert (!\dut.issue_q | (busy & !running_q));
        assert (!done | !busy);
        assert (!running_q | busy);
        if (\dut.issue_q & place < FIELDS) assert (desc[place*32+:32] == \dut.i_rom.content );
`endif
    end

`ifdef INVARIANTS
    // The descriptor that is fetched: how much of it lies in the upper words of the shadow.
    wire [ADDR_W-1:0]  first   = \dut.issue_q ? at_q + FIELDS : at_q;
    wire [ADDR_W-1:0]  ahead   = \dut.i_rom.watch - first;
    wire [COUNT_W-1:0] asked   = D_FIELDS - \dut.left_q ;
    wire [COUNT_W-1:0] fetched = asked - \dut.coming_q ;
    always @* if (started_q) begin
        assert (\dut.left_q <= D_FIELDS);
        if (busy) begin
            assert (!\dut.coming_q | asked != 0);
            assert (\dut.addr_q == ((first + asked) & {ADDR_W{1'b1}}));
            if (\dut.coming_q ) assert (\dut.i_rom.raddr_q == ((\dut.addr_q - 1'b1) & {ADDR_W{1'b1}}));
            if (ahead < fetched) assert (\dut.shadow_q [(D_FIELDS-fetched+ahead)*32+:32] == \dut.i_rom.content );
        end
    end
`endif

    always @* if (started_q) begin
        cover (rows & place == FIELDS - 1 & \dut.i_rom.content == 32'h9876_5432);
        cover (done & place == 3);
    end

endmodule

`default_nettype wire
