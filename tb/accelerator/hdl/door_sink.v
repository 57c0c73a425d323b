// door_sink: takes the words of a stream that leaves a module under test, or watches one inside. Simulation only.
//
// Events      into fd_i: `D name run cycle hex` for each word taken, `B name run cycle bits` if a bit of it is unknown,
//             and what door_hold finds
// Handshake   ready_o is low in the cycles of stall_i; taken_i is the ready that counts: ready_o itself, or the
//             module's own where it is only watched. ENDLESS: of a stream that never ends it takes what is wanted, from
//             live_i on
`default_nettype none

module door_sink #(
    parameter NAME  = "port",
    parameter WIDTH = 8,
    parameter RULES = 1,
    parameter ENDLESS = 0
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    input  wire [31:0]      fd_i,
    input  wire [31:0]      run_i,
    input  wire [31:0]      cycle_i,
    input  wire [31:0]      wanted_i,
    input  wire             live_i,
    input  wire             stall_i,
    input  wire             valid_i,
    output wire             ready_o,
    input  wire             taken_i,
    input  wire [WIDTH-1:0] data_i,
    output wire             done_o,
    output reg  [31:0]      count_o
);

    reg        open_q = 1'b0;
    reg [31:0] run_q = 32'd0;

    wire enough = (ENDLESS != 0) & ~(live_i & (run_q == run_i) & (count_o < wanted_i));

    assign ready_o = open_q & ~stall_i & ~enough;
    assign done_o  = (run_q == run_i) & (count_o >= wanted_i);

    initial count_o = 32'd0;

    always @(posedge clk_i) begin
        open_q <= rst_ni;
        run_q  <= run_i;
        if (run_q != run_i) count_o <= 32'd0;
        if (rst_ni & valid_i === 1'b1 & taken_i === 1'b1) begin
            count_o <= (run_q != run_i) ? 32'd1 : count_o + 32'd1;
            if ((^data_i) === 1'bx) $fwrite(fd_i, "B %s %h %h %b\n", NAME, run_i, cycle_i, data_i);
            else $fwrite(fd_i, "D %s %h %h %h\n", NAME, run_i, cycle_i, data_i);
        end
    end

    generate
        if (RULES != 0) begin : g_rules
            door_hold #(.NAME(NAME), .WIDTH(WIDTH)) i_hold (
                .clk_i(clk_i), .rst_ni(rst_ni), .fd_i(fd_i), .run_i(run_i), .cycle_i(cycle_i),
                .valid_i(valid_i), .ready_i(taken_i), .data_i(data_i)
            );
        end
    endgenerate

endmodule

`default_nettype wire
