// door_source: sends the words of a file into a stream of a module under test. Simulation only.
//
// File        a line a word, `0 HEX`; `1 0` ends a run. WIDTH bits, all fields of the payload side by side
// Start       once for each new run_i while go_i is high; flush_i skips what is left of a run
// Events      into fd_i: `X name run cycle ready=x`, a ready that is not known, once a run
// Handshake   a word stays until ready_i; stall_i holds the next one back. Payload is unknown while valid_o is low, so
//             that a module which reads it then is found; with HOLD the last word stays, for ports without a valid
`default_nettype none

module door_source #(
    parameter NAME  = "port",
    parameter FILE  = "port.in",
    parameter WIDTH = 8,
    parameter HOLD  = 0
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    input  wire [31:0]      fd_i,
    input  wire [31:0]      run_i,
    input  wire [31:0]      cycle_i,
    input  wire             go_i,
    input  wire             flush_i,
    input  wire             stall_i,
    output reg              valid_o,
    input  wire             ready_i,
    output reg  [WIDTH-1:0] data_o,
    output wire             done_o,
    output reg  [31:0]      count_o
);

    integer         file, got;
    reg [3:0]       kind;
    reg [WIDTH-1:0] word;
    reg [31:0]      run_q = 32'd0;
    reg             ended_q = 1'b1;
    reg             said_q = 1'b0;

    assign done_o = ended_q & (run_q == run_i);

    initial begin
        file    = $fopen(FILE, "r");
        valid_o = 1'b0;
        count_o = 32'd0;
        data_o  = {WIDTH{1'bx}};
    end

    always @(posedge clk_i) begin
        if (!rst_ni) begin
            valid_o <= 1'b0;
            if (flush_i & (!ended_q | run_q != run_i)) begin
                kind = 4'd0;
                while (kind == 4'd0) begin
                    got = $fscanf(file, "%h %h", kind, word);
                    if (got != 2) kind = 4'd1;
                end
                ended_q <= 1'b1;
                run_q   <= run_i;
            end
        end else begin
            if (valid_o & ready_i === 1'bx & !said_q) begin
                $fwrite(fd_i, "X %s %0d %0d ready=%b\n", NAME, run_i, cycle_i, ready_i);
                said_q <= 1'b1;
            end
            if (valid_o & ready_i === 1'b1) begin
                valid_o <= 1'b0;
                count_o <= count_o + 32'd1;
                if (HOLD == 0) data_o <= {WIDTH{1'bx}};
            end
            if (ended_q & go_i & run_q != run_i) begin
                ended_q <= 1'b0;
                run_q   <= run_i;
                count_o <= 32'd0;
                said_q  <= 1'b0;
            end else if (!ended_q & (!valid_o | ready_i === 1'b1) & !stall_i) begin
                got = $fscanf(file, "%h %h", kind, word);
                if (got != 2 | kind != 4'd0) ended_q <= 1'b1;
                else begin
                    valid_o <= 1'b1;
                    data_o  <= word;
                end
            end
        end
    end

endmodule

`default_nettype wire
