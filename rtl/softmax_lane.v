// softmax_lane: one result of a softmax, from its exponential and its row's reciprocal.
//
// Spec        y_o = min(floor(e r / 2^(R_W - P) + 1/2), 2^P - 1), P = OUT_W - drop_i, docs/arithmetic.md section 7.1
// Rounding    half_up; saturation last, and only from 2^P to 2^P - 1
// Widths      e r <= 2^R_W, since e is a term of the sum that r divides. Of the product the upper OUT_W + 2 bits are kept: P + 1
//             whole ones and one that is worth one half.
// Latency     2 cycles
// Handshake   both stages stay while hold_i
// Model       t2c.golden.arithmetic.softmax.softmax
// Doc         docs/units/softmax_rows.md
`default_nettype none

module softmax_lane #(
    parameter E_W   = 16,                       // 4..16, exponential
    parameter R_W   = 32,                       // E_W + OUT_W .. 32
    parameter OUT_W = 8                         // 2..8, result
) (
    input  wire             clk_i,
    input  wire             hold_i,
    input  wire [E_W-1:0]   e_i,
    input  wire [R_W:0]     r_i,
    input  wire [3:0]       drop_i,             // OUT_W - P, 0..OUT_W - 2
    output wire [OUT_W-1:0] y_o
);

    generate
        if (E_W < 4 || E_W > 16) begin : g_e_w
            softmax_lane_E_W_out_of_range i_stop ();
        end
        if (R_W < E_W + OUT_W || R_W > 32) begin : g_r_w
            softmax_lane_R_W_out_of_range i_stop ();
        end
        if (OUT_W < 2 || OUT_W > 8) begin : g_out_w
            softmax_lane_OUT_W_out_of_range i_stop ();
        end
    endgenerate

    wire [R_W:0]     product = {{(R_W + 1 - E_W) {1'b0}}, e_i} * r_i;
    reg  [OUT_W+1:0] scaled_q;                  // e r / 2^(R_W - OUT_W - 1)
    wire [OUT_W+1:0] moved   = scaled_q >> drop_i;
    wire [OUT_W:0]   rounded = moved[OUT_W+1:1] + {{OUT_W{1'b0}}, moved[0]};
    wire [OUT_W:0]   top     = {1'b0, {OUT_W{1'b1}} >> drop_i}; // 2^P - 1
    reg  [OUT_W-1:0] y_q;
    wire             unused  = &{1'b0, product[R_W-OUT_W-2:0]};

    always @(posedge clk_i) begin
        if (!hold_i) begin
            scaled_q <= product[R_W:R_W-OUT_W-1];
            y_q      <= (rounded > top) ? top[OUT_W-1:0] : rounded[OUT_W-1:0];
        end
    end

    assign y_o = y_q;

endmodule

`default_nettype wire
