// An array whose sums are ready at once and leave LATENCY cycles later, all together. DOUBLE: weights in two buffers.
`default_nettype none

module late_array #(
    parameter R = 4, C = 4, AW = 9, WW = 8, PW = 19,
    parameter LATENCY = 3,
    parameter DOUBLE  = 1
) (
    input  wire            clk,
    input  wire            rst,
    input  wire            load,
    input  wire [C*WW-1:0] w,
    input  wire            valid,
    input  wire            first,
    input  wire [R*AW-1:0] x,
    output wire            done,
    output wire [C*PW-1:0] sums
);

    reg [C*WW-1:0] next_q [0:R-1];              // row 0 came first
    reg [C*WW-1:0] used_q [0:R-1];
    reg [31:0]     count_q;
    integer        k;

    always @(posedge clk) begin
        if (load) begin
            next_q[count_q] <= w;
            count_q <= (count_q == R - 1) ? 0 : count_q + 1;
        end
        if (valid & first) for (k = 0; k < R; k = k + 1) used_q[k] <= next_q[k];
        if (rst) count_q <= 0;
    end

    wire [C*PW-1:0] found;
    genvar c, r;
    generate
        for (c = 0; c < C; c = c + 1) begin : g_column
            wire [PW*(R+1)-1:0] part;
            assign part[PW-1:0] = {PW{1'b0}};
            for (r = 0; r < R; r = r + 1) begin : g_row
                wire [C*WW-1:0] row = ((DOUBLE == 0) | (valid & first)) ? next_q[r] : used_q[r];
                wire signed [WW-1:0] weight  = row[c*WW+:WW];
                wire signed [AW-1:0] operand = x[r*AW+:AW];
                wire signed [PW-1:0] product = weight * operand;
                assign part[PW*(r+1)+:PW] = part[PW*r+:PW] + product;
            end
            assign found[c*PW+:PW] = part[PW*R+:PW];
        end
    endgenerate

    wire unused;
    late #(.W(C * PW), .LATENCY(LATENCY), .ONE(0)) i_late (
        .clk       (clk),
        .rst       (rst),
        .in_valid  (valid),
        .in_ready  (unused),
        .in        (found),
        .out_valid (done),
        .out_ready (1'b1),
        .out       (sums)
    );

endmodule

`default_nettype wire
