// os_gemm: an output-stationary array of R x C elements; sums stay in place, both operands move.
//
// a_*  RAM port of the left matrix, a word holds one column of a tile of R rows: address mt * K + k
// b_*  RAM port of the right matrix, a word holds one row of a tile of C columns: address nt * K + k
// c_*  RAM port of the sums, a word holds one row of a tile: address (mt * NT + nt) * R + r, one cycle to read
// start begins a product, done stays until the next one
`default_nettype none

module os_gemm #(
    parameter R  = 4,
    parameter C  = 5,
    parameter K  = 32,
    parameter MT = 2,
    parameter NT = 2
) (
    input  wire            clk,
    input  wire            rst_n,
    input  wire [7:0]      a_addr,
    input  wire            a_we,
    input  wire [8*R-1:0]  a_wdata,
    input  wire [7:0]      b_addr,
    input  wire            b_we,
    input  wire [8*C-1:0]  b_wdata,
    input  wire [5:0]      c_addr,
    input  wire            c_en,
    output reg  [32*C-1:0] c_rdata,
    input  wire            start,
    output reg             done
);

    reg [8*R-1:0]  a_mem [0:255];
    reg [8*C-1:0]  b_mem [0:255];
    reg [32*C-1:0] c_mem [0:63];

    reg        busy, draining;
    reg [15:0] k, mt, nt, row;
    wire       feeding = busy & ~draining & (k < K);

    // Row r of the left operand enters r cycles late, column c of the right one c cycles late.
    wire [7:0] left_in [0:R-1], top_in [0:C-1];
    genvar r, c;
    generate
        for (r = 0; r < R; r = r + 1) begin : g_left
            reg [8*(r+1)-1:0] late;
            always @(posedge clk) late <= rst_n ? {late, feeding ? a_mem[mt * K + k][8*r +: 8] : 8'd0} : 0;
            assign left_in[r] = late[8*r +: 8];
        end
        for (c = 0; c < C; c = c + 1) begin : g_top
            reg [8*(c+1)-1:0] late;
            always @(posedge clk) late <= rst_n ? {late, feeding ? b_mem[nt * K + k][8*c +: 8] : 8'd0} : 0;
            assign top_in[c] = late[8*c +: 8];
        end
    endgenerate

    reg         [7:0]  left [0:R-1][0:C-1];
    reg signed  [7:0]  top  [0:R-1][0:C-1];
    reg signed  [31:0] sum  [0:R-1][0:C-1];
    wire clear = busy & k == 0;
    generate
        for (r = 0; r < R; r = r + 1) begin : g_row
            for (c = 0; c < C; c = c + 1) begin : g_pe
                wire        [7:0] a = (c == 0) ? left_in[r] : left[r][c == 0 ? 0 : c-1];
                wire signed [7:0] b = (r == 0) ? top_in[c] : top[r == 0 ? 0 : r-1][c];
`ifdef SIGNED_LEFT
                wire signed [8:0] factor = $signed(a);          // the mistake of dut_wrong.yaml
`else
                wire signed [8:0] factor = $signed({1'b0, a});
`endif
                always @(posedge clk) begin
                    left[r][c] <= rst_n ? a : 8'd0;
                    top[r][c]  <= rst_n ? b : 8'd0;
                    sum[r][c]  <= clear ? 32'sd0 : sum[r][c] + factor * b;
                end
            end
        end
    endgenerate

    integer i;
    always @(posedge clk) begin
        if (a_we) a_mem[a_addr] <= a_wdata;
        if (b_we) b_mem[b_addr] <= b_wdata;
        if (c_en) c_rdata <= c_mem[c_addr];
        if (start) begin
            busy <= 1'b1;
            done <= 1'b0;
            k    <= 0;
            mt   <= 0;
            nt   <= 0;
        end else if (busy & !draining) begin
            k <= k + 1;
            if (k == K + R + C) begin
                draining <= 1'b1;
                row      <= 0;
            end
        end else if (busy) begin
            for (i = 0; i < C; i = i + 1) c_mem[(mt * NT + nt) * R + row][32*i +: 32] <= sum[row][i];
            row <= row + 1;
            if (row == R - 1) begin
                draining <= 1'b0;
                k        <= 0;
                nt       <= (nt == NT - 1) ? 0 : nt + 1;
                if (nt == NT - 1) mt <= mt + 1;
                if (nt == NT - 1 & mt == MT - 1) begin
                    busy <= 1'b0;
                    done <= 1'b1;
                end
            end
        end
        if (!rst_n) begin
            busy     <= 1'b0;
            done     <= 1'b0;
            draining <= 1'b0;
            k        <= 0;
        end
    end

endmodule

`default_nettype wire
