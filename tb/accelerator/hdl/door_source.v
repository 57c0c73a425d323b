// door_source: sends the words of a file into a stream of a module under test. Simulation only.
//
// File        binary, which is read ten times as fast as text: of each word a byte 0 and (WIDTH + 7) / 8 bytes, the
//             most significant first, all fields of the payload side by side; a byte 1 in the place of 0 ends a run
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

    localparam RECORD = 8 + (WIDTH + 7) / 8 * 8;

    integer          file, got;
    reg [RECORD-1:0] record;
    reg [31:0]       run_q = 32'd0;
    reg              ended_q = 1'b1;
    reg              said_q = 1'b0;

    task next_record;
        begin
            got = $fread(record, file);
            if (got != RECORD / 8) record[RECORD-8] = 1'b1;
        end
    endtask

    assign done_o = ended_q & (run_q == run_i);

    initial begin
        file    = $fopen(FILE, "rb");
        valid_o = 1'b0;
        count_o = 32'd0;
        data_o  = {WIDTH{1'bx}};
    end

    always @(posedge clk_i) begin
        if (!rst_ni) begin
            valid_o <= 1'b0;
            if (flush_i & (!ended_q | run_q != run_i)) begin
                next_record;
                while (!record[RECORD-8]) next_record;
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
                next_record;
                if (record[RECORD-8]) ended_q <= 1'b1;
                else begin
                    valid_o <= 1'b1;
                    data_o  <= record[WIDTH-1:0];
                end
            end
        end
    end

endmodule

`default_nettype wire
