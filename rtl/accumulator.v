// accumulator: joins the partial sums of the K tiles of one array column, one memory word per output pixel.
//
// Spec        on valid_i: sum = clear_i ? psum_i : max_i ? max(mem[addr], psum_i) : mem[addr] + psum_i      (signed)
//             mem[addr] <= sum;  sum_o <= sum
// Widths      ACC_W bits; the loader of the model package has proven that no sum leaves them.
// Latency     sum_o one cycle after valid_i. raddr_i is the address one cycle before its valid_i.
//             The same address may come again 2 cycles later at the earliest.
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
    input  wire [ADDR_W-1:0]        raddr_i,    // next address
    input  wire                     valid_i,
    input  wire                     clear_i,    // first K tile: start afresh
    input  wire                     max_i,      // keep the largest instead of adding
    input  wire [ADDR_W-1:0]        addr_i,     // raddr_i, one cycle later
    input  wire signed [PSUM_W-1:0] psum_i,
    output reg  signed [ACC_W-1:0]  sum_o
);

    generate
        if (ACC_W <= PSUM_W) begin : g_acc_w
            accumulator_ACC_W_not_above_PSUM_W i_stop ();
        end
    endgenerate

    wire signed [ACC_W-1:0] stored;
    wire signed [ACC_W-1:0] wide = {{(ACC_W - PSUM_W) {psum_i[PSUM_W-1]}}, psum_i};
    wire                    keep = max_i & ~clear_i & (stored > wide);
    wire signed [ACC_W-1:0] base = (clear_i | max_i) ? {ACC_W{1'b0}} : stored;
    wire signed [ACC_W-1:0] sum  = keep ? stored : base + wide;

    always @(posedge clk_i) if (valid_i) sum_o <= sum;

    ram #(.W(ACC_W), .DEPTH(DEPTH), .ADDR_W(ADDR_W)) i_ram (
        .clk_i(clk_i), .we_i(valid_i), .waddr_i(addr_i), .wdata_i(sum), .raddr_i(raddr_i), .rdata_o(stored)
    );

endmodule

`default_nettype wire
