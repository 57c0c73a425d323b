// door_ram: writes and reads a memory inside a module under test through its RAM port. Simulation only.
//
// File        binary: of each access a byte, 0 writes, 2 reads, 1 ends a part; then the address and the word, each in whole
//             bytes, the most significant first. Two parts a run: what is written before it, what is read after it
// Start       a part once for each new part_i; flush_i skips to the end of the run's second part
// Latency     LATENCY cycles from the edge at which the module takes the address to its data; 0: combinational
// Events      into fd_i: `R name run cycle addr hex` for each word read, `S ... bits` if a bit of it is unknown
`default_nettype none

module door_ram #(
    parameter NAME    = "port",
    parameter FILE    = "port.in",
    parameter ADDR_W  = 8,
    parameter WIDTH   = 8,
    parameter LATENCY = 1
) (
    input  wire              clk_i,
    input  wire              rst_ni,
    input  wire [31:0]       fd_i,
    input  wire [31:0]       run_i,
    input  wire [31:0]       cycle_i,
    input  wire [31:0]       part_i,
    input  wire              flush_i,
    input  wire              stall_i,
    output reg               en_o,
    output reg               we_o,
    output reg  [ADDR_W-1:0] addr_o,
    output reg  [WIDTH-1:0]  wdata_o,
    input  wire [WIDTH-1:0]  rdata_i,
    output wire              done_o,
    output reg  [31:0]       count_o
);

    localparam WORD_BITS = (WIDTH + 7) / 8 * 8;
    localparam ADDR_BITS = (ADDR_W + 7) / 8 * 8;
    localparam RECORD    = 8 + ADDR_BITS + WORD_BITS;

    integer          file, got, skip;
    reg [RECORD-1:0] record;
    reg [3:0]        kind;
    reg [31:0]       part_q = 32'd0, wait_q = 32'd0;
    reg              ended_q = 1'b1, reading_q = 1'b0;

    assign done_o = ended_q & (part_q == part_i);

    task next_record;
        begin
            got  = $fread(record, file);
            kind = (got == RECORD / 8) ? record[RECORD-8 +: 4] : 4'd1;
        end
    endtask

    initial begin
        file    = $fopen(FILE, "rb");
        en_o    = 1'b0;
        we_o    = 1'b0;
        addr_o  = {ADDR_W{1'b0}};
        wdata_o = {WIDTH{1'b0}};
        count_o = 32'd0;
    end

    always @(posedge clk_i) begin
        en_o <= 1'b0;
        we_o <= 1'b0;
        if (!rst_ni) begin
            reading_q <= 1'b0;
            if (flush_i & (!ended_q | part_q != 2 * run_i)) begin
                skip = 2 * run_i - part_q + {31'd0, !ended_q};
                while (skip > 0) begin
                    next_record;
                    if (kind == 4'd1) skip = skip - 1;
                end
                part_q  <= 2 * run_i;
                ended_q <= 1'b1;
            end
        end else if (ended_q & part_q != part_i) begin
            part_q  <= part_i;
            ended_q <= 1'b0;
            if (part_i[0]) count_o <= 32'd0;
        end else if (reading_q) begin
            wait_q <= wait_q - 32'd1;
            en_o   <= 1'b1;
            if (wait_q == 32'd0) begin
                reading_q <= 1'b0;
                en_o      <= 1'b0;
                count_o   <= count_o + 32'd1;
                if ((^rdata_i) === 1'bx)
                    $fwrite(fd_i, "S %s %h %h %h %b\n", NAME, run_i, cycle_i, addr_o, rdata_i);
                else $fwrite(fd_i, "R %s %h %h %h %h\n", NAME, run_i, cycle_i, addr_o, rdata_i);
            end
        end else if (!ended_q & !stall_i) begin
            next_record;
            if (kind == 4'd1) ended_q <= 1'b1;
            else begin
                en_o   <= 1'b1;
                we_o   <= (kind == 4'd0);
                addr_o <= record[WORD_BITS +: ADDR_W];
                if (kind == 4'd0) begin
                    wdata_o <= record[WIDTH-1:0];
                    count_o <= count_o + 32'd1;
                end else begin
                    reading_q <= 1'b1;
                    wait_q    <= LATENCY;
                end
            end
        end
    end

endmodule

`default_nettype wire
