// integer_root: the integer square root of a number, digit by digit from the highest, one binary digit a cycle.
//
// Spec        root_o = floor(sqrt(value_i)), of the value_i that came with start_i
// Widths      After digit j, of j digits k and the 2 j upper bits v of the value: k^2 + remainder = v, and remainder <= 2 k,
//             so W + 2 bits hold the remainder with two more bits of the value behind it.
// Latency     done_o for one cycle, W + 1 cycles after start_i; root_o stays until the next start_i
// Handshake   start_i at any time; what was under way is dropped
// Model       t2c.golden.arithmetic.layer_norm.integer_root
// Doc         docs/units/layer_norm.md
`default_nettype none

module integer_root #(
    parameter W = 16                            // 2..32, of the root
) (
    input  wire           clk_i,
    input  wire           rst_ni,
    input  wire           start_i,
    input  wire [2*W-1:0] value_i,
    output wire           done_o,               // root_o is that of the last value_i
    output wire [W-1:0]   root_o
);

    generate
        if (W < 2 || W > 32) begin : g_w
            integer_root_W_out_of_range i_stop ();
        end
    endgenerate

    localparam STEP_W = $clog2(W + 1);
    localparam [31:0]       ALL  = W;
    localparam [STEP_W-1:0] LAST = ALL[STEP_W-1:0];

    reg [STEP_W-1:0] step_q;                    // digits that are known; LAST: all
    reg              done_q;
    reg [2*W-1:0]    value_q;                   // bits that have yet to come, from the highest
    reg [W-1:0]      root_q;
    reg [W:0]        remainder_q;

    wire [W+2:0]     brought = {remainder_q, value_q[2*W-1:2*W-2]};
    wire [W+2:0]     tried   = {1'b0, root_q, 2'b01};
    wire             fits    = (brought >= tried);
    wire [W:0]       left    = brought[W:0] - (fits ? tried[W:0] : {(W + 1) {1'b0}}); // <= 2 k: W + 1 bits
    wire             working = (step_q != LAST);

    always @(posedge clk_i) begin
        done_q <= working & (step_q == LAST - {{(STEP_W - 1) {1'b0}}, 1'b1}) & ~start_i;
        if (working) begin
            step_q      <= step_q + {{(STEP_W - 1) {1'b0}}, 1'b1};
            value_q     <= {value_q[2*W-3:0], 2'b00};
            root_q      <= {root_q[W-2:0], fits};
            remainder_q <= left;
        end
        if (start_i) begin
            step_q      <= {STEP_W{1'b0}};
            value_q     <= value_i;
            root_q      <= {W{1'b0}};
            remainder_q <= {(W + 1) {1'b0}};
        end
        if (!rst_ni) begin
            step_q <= LAST;
            done_q <= 1'b0;
        end
    end

    assign done_o = done_q;
    assign root_o = root_q;

endmodule

`default_nettype wire
