// accumulator: joins the partial sums of the K tiles of one array column, one memory word per output pixel.
//
// Spec        on valid_i: sum = clear_i ? psum_i : max_i ? max(mem[addr], psum_i) : mem[addr] + psum_i      (signed)
//             mem[addr] <= sum;  sum_o <= sum
// Widths      ACC_W bits; the loader of the model package has proven that no sum leaves them.
// Latency     sum_o one cycle after valid_i. raddr_i is the address two cycles before its valid_i.
//             Stages: word registered; sum; written. The same address may come again 4 cycles later at the earliest:
//             the word is written one cycle after sum_o was made, and read two cycles before the next sum.
// Handshake   valid only; without valid_i nothing changes, sum_o neither. A word is undefined until it is cleared.
// Model       t2c.golden.graph.node.AccumulatingNode.accumulate
// Doc         docs/units/accumulator.md
`default_nettype none

module accumulator #(
    parameter PSUM_W = 21,
    parameter ACC_W  = 32,
    parameter DEPTH  = 1024,
    parameter ADDR_W = 10
) (
    input  wire                     clk_i,
    input  wire [ADDR_W-1:0]        raddr_i,    // address of the next cycle but one
    input  wire                     valid_i,
    input  wire                     clear_i,    // first K tile: start afresh
    input  wire                     max_i,      // keep the largest instead of adding
    input  wire [ADDR_W-1:0]        addr_i,     // raddr_i, two cycles later
    input  wire signed [PSUM_W-1:0] psum_i,
    output reg  signed [ACC_W-1:0]  sum_o
);

    generate
        if (ACC_W <= PSUM_W) begin : g_acc_w
            accumulator_ACC_W_not_above_PSUM_W i_stop ();
        end
    endgenerate

    wire [ACC_W-1:0]        word;
    reg signed [ACC_W-1:0]  stored_q;
    reg                     valid_q;            // sum_o is written
    reg [ADDR_W-1:0]        addr_q;
    wire signed [ACC_W-1:0] wide = {{(ACC_W - PSUM_W) {psum_i[PSUM_W-1]}}, psum_i};
    wire                    keep = max_i & ~clear_i & (stored_q > wide);
    wire signed [ACC_W-1:0] base = (clear_i | max_i) ? {ACC_W{1'b0}} : stored_q;
    wire signed [ACC_W-1:0] sum  = keep ? stored_q : base + wide;

    always @(posedge clk_i) begin
        stored_q <= word;
        valid_q  <= valid_i;
        addr_q   <= addr_i;
        if (valid_i) sum_o <= sum;
    end

    ram #(.W(ACC_W), .DEPTH(DEPTH), .ADDR_W(ADDR_W), .READ_OLD(0)) i_ram (
        .clk_i(clk_i), .we_i(valid_q), .waddr_i(addr_q), .wdata_i(sum_o), .raddr_i(raddr_i), .rdata_o(word)
    );

endmodule

`default_nettype wire
