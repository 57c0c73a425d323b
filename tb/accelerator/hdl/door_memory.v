// door_memory: a memory of ours that a module under test addresses. Simulation only.
//
// Content     DEPTH words, unknown but for what FILE_run.hex ($readmemh) says when run_i changes
// Read        re_i and raddr_i at an edge, data LATENCY edges after it (1: after that very edge); LATENCY 0 is
//             combinational. Write: we_i, waddr_i, wdata_i, a bit of strb_i for each of LANES parts of a word
// Events      into fd_i: `W name run cycle addr hex strb` for each write (`V ... bits strb` if a bit is unknown),
//             `A name run cycle write addr` outside the memory, `X name run cycle what` unknown control
`default_nettype none

module door_memory #(
    parameter NAME    = "port",
    parameter ADDR_W  = 8,
    parameter WIDTH   = 8,
    parameter LANES   = 1,
    parameter DEPTH   = 256,
    parameter LATENCY = 1,
    parameter PUTS    = 1                       // other ports on this memory, at least 1
) (
    input  wire              clk_i,
    input  wire              rst_ni,
    input  wire [31:0]       fd_i,
    input  wire [31:0]       run_i,
    input  wire [31:0]       cycle_i,
    input  wire              re_i,
    input  wire [ADDR_W-1:0] raddr_i,
    output wire [WIDTH-1:0]  rdata_o,
    input  wire              we_i,
    input  wire [ADDR_W-1:0] waddr_i,
    input  wire [WIDTH-1:0]  wdata_i,
    input  wire [LANES-1:0]  strb_i,
    // Ports that share this memory: each holds a copy, and says what it wrote in a cycle.
    output reg               wrote_o,
    output reg  [63:0]       wrote_at_o,        // number of the word
    output reg  [WIDTH-1:0]  wrote_data_o,
    output reg  [LANES-1:0]  wrote_strb_o,
    input  wire [PUTS-1:0]   put_i,
    input  wire [PUTS*64-1:0] put_at_i,
    input  wire [PUTS*WIDTH-1:0] put_data_i,
    input  wire [PUTS*LANES-1:0] put_strb_i,
    output wire              done_o,
    output reg  [31:0]       count_o
);

    localparam PART  = WIDTH / LANES;
    localparam DELAY = (LATENCY < 1) ? 1 : LATENCY;

    reg [WIDTH-1:0]       memory [0:DEPTH-1];
    reg [WIDTH*DELAY-1:0] pipe_q;
    reg [31:0]            run_q = 32'd0;
    reg [63:0]            raddr, waddr;
    reg [1023:0]          path;
    integer               word, lane, put, said;

    assign done_o = (run_q == run_i);
    generate
        if (LATENCY < 1) begin : g_now
            assign rdata_o = (raddr_i < DEPTH) ? memory[raddr_i] : {WIDTH{1'bx}};
        end else begin : g_later
            assign rdata_o = pipe_q[WIDTH*(DELAY-1) +: WIDTH];
        end
    endgenerate

    initial begin
        count_o = 32'd0;
        wrote_o = 1'b0;
        said    = 0;
    end

    // Half a cycle later, so that who reads at the edge gets what was there before it, in any order of processes.
    always @(negedge clk_i) begin
        if (wrote_o)
            for (lane = 0; lane < LANES; lane = lane + 1)
                if (wrote_strb_o[lane]) memory[wrote_at_o][PART*lane +: PART] = wrote_data_o[PART*lane +: PART];
        for (put = 0; put < PUTS; put = put + 1)
            if (put_i[put])
                for (lane = 0; lane < LANES; lane = lane + 1)
                    if (put_strb_i[put*LANES+lane]) begin
                        if (wrote_o & wrote_at_o == put_at_i[put*64 +: 64] & wrote_strb_o[lane] & said < 16
                            & wrote_data_o[PART*lane +: PART] !== put_data_i[put*WIDTH+PART*lane +: PART]) begin
                            $fwrite(fd_i, "P %s %0d %0d two_ports_write_different_data_into_word_0x%0h\n", NAME, run_i,
                                    cycle_i, wrote_at_o);
                            said = said + 1;
                        end
                        memory[put_at_i[put*64 +: 64]][PART*lane +: PART] = put_data_i[put*WIDTH+PART*lane +: PART];
                    end
    end

    always @(posedge clk_i) begin
        wrote_o <= 1'b0;
        if (run_q != run_i) begin
            for (word = 0; word < DEPTH; word = word + 1) memory[word] = {WIDTH{1'bx}};
            $sformat(path, "%0s_%0d.hex", NAME, run_i);
            $readmemh(path, memory);
            run_q   <= run_i;
            count_o <= 32'd0;
        end else if (rst_ni) begin
            raddr = raddr_i;
            waddr = waddr_i;
            if (LATENCY > 0) begin
                if (DELAY > 1) pipe_q <= pipe_q << WIDTH;
                if (re_i === 1'b1) pipe_q[WIDTH-1:0] <= (raddr < DEPTH) ? memory[raddr] : {WIDTH{1'bx}};
                else if (DELAY > 1) pipe_q[WIDTH-1:0] <= {WIDTH{1'bx}};
            end
            if ((re_i ^ we_i) === 1'bx & said < 16) begin
                $fwrite(fd_i, "X %s %0d %0d read=%b,write=%b\n", NAME, run_i, cycle_i, re_i, we_i);
                said = said + 1;
            end
            if (we_i === 1'b1) begin
                count_o <= count_o + 32'd1;
                if ((^waddr_i) === 1'bx | (^strb_i) === 1'bx) begin
                    if (said < 16)
                        $fwrite(fd_i, "X %s %0d %0d address=%h,strobe=%b\n", NAME, run_i, cycle_i, waddr_i, strb_i);
                    said = said + 1;
                end else if (waddr >= DEPTH) begin
                    if (said < 16) $fwrite(fd_i, "A %s %0d %0d write %h\n", NAME, run_i, cycle_i, waddr_i);
                    said = said + 1;
                end else begin
                    wrote_o      <= 1'b1;
                    wrote_at_o   <= waddr;
                    wrote_data_o <= wdata_i;
                    wrote_strb_o <= strb_i;
                    if ((^wdata_i) === 1'bx)
                        $fwrite(fd_i, "V %s %h %h %h %b %h\n", NAME, run_i, cycle_i, waddr_i, wdata_i, strb_i);
                    else $fwrite(fd_i, "W %s %h %h %h %h %h\n", NAME, run_i, cycle_i, waddr_i, wdata_i, strb_i);
                end
            end
        end
    end

endmodule

`default_nettype wire
