// adc_pe: a column of a compute-in-memory macro: the products of four rows meet on one line, and a converter of a few bits
// reads their sum.
//
// Spec        psum_o(t + 3) = psum_i(t + 2) + adc(line(t));  a_o(t + 1) = a_i(t);  line = sum over j of a[j] * w[j];  w(t) is
//             w_i at the latest swap_i, that of cycle t included.                                      (all signed)
//             adc(x) = clip(floor(x / 2^STEP + 1/2), -2^(ADC_BITS-1), 2^(ADC_BITS-1) - 1) * 2^STEP
// Widths      line: A_W + W_W + 2 bits
// Latency     operands to sum: 3 cycles; partial sum to sum: 1. Four operands a cycle.
// Handshake   none: swap_i travels with the first operands of a new tile.
// Lanes       row j at a_i[j*A_W +: A_W] and w_i[j*W_W +: W_W]
// Model       t2c.golden.elements.adc_column.AdcColumn
// Doc         docs/elements.md
`default_nettype none

module adc_pe #(
    parameter A_W      = 9,                     // 3..9
    parameter W_W      = 8,                     // 2..8
    parameter PSUM_W   = 21,                    // above A_W + W_W
    parameter ADC_BITS = 8,                     // 2..A_W + W_W + 2
    parameter STEP     = 8                      // 1..8
) (
    input  wire                     clk_i,
    input  wire [4*A_W-1:0]         a_i,        // operands from the west
    input  wire                     swap_i,     // first operands of a tile: take the weights that wait into use
    input  wire [4*W_W-1:0]         w_i,        // weights that wait
    input  wire signed [PSUM_W-1:0] psum_i,     // partial sum from the north
    output wire [4*A_W-1:0]         a_o,        // operands to the east
    output wire signed [PSUM_W-1:0] psum_o      // partial sum to the south
);

    generate
        if (A_W < 3 || A_W > 9) begin : g_a_w
            adc_pe_A_W_out_of_range i_stop ();
        end
        if (W_W < 2 || W_W > 8) begin : g_w_w
            adc_pe_W_W_out_of_range i_stop ();
        end
        if (PSUM_W <= A_W + W_W) begin : g_psum_w
            adc_pe_PSUM_W_out_of_range i_stop ();
        end
        if (ADC_BITS < 2 || ADC_BITS > A_W + W_W + 2) begin : g_adc_bits
            adc_pe_ADC_BITS_out_of_range i_stop ();
        end
        if (STEP < 1 || STEP > 8) begin : g_step
            adc_pe_STEP_out_of_range i_stop ();
        end
    endgenerate

    localparam P_W    = A_W + W_W;              // of a product
    localparam LINE_W = P_W + 3;                // of four of them and half a step
    localparam signed [LINE_W-1:0] MOST  = (1 << (ADC_BITS - 1)) - 1;
    localparam signed [LINE_W-1:0] LEAST = -(1 << (ADC_BITS - 1));
    localparam signed [LINE_W-1:0] HALF  = 1 << (STEP - 1);

    reg [4*A_W-1:0]         a_q;
    reg [4*W_W-1:0]         weight_q;
    reg signed [LINE_W-1:0] line_q;
    reg signed [PSUM_W-1:0] psum_q;

    wire [4*P_W-1:0] products;
    genvar j;
    generate
        for (j = 0; j < 4; j = j + 1) begin : g_row
            wire signed [A_W-1:0] a = a_q[j*A_W+:A_W];
            wire signed [W_W-1:0] w = weight_q[j*W_W+:W_W];
            wire signed [P_W-1:0] p = a * w;
            assign products[j*P_W+:P_W] = p;
        end
    endgenerate
    wire signed [LINE_W-1:0] p0 = {{3{products[P_W-1]}}, products[0+:P_W]};
    wire signed [LINE_W-1:0] p1 = {{3{products[2*P_W-1]}}, products[P_W+:P_W]};
    wire signed [LINE_W-1:0] p2 = {{3{products[3*P_W-1]}}, products[2*P_W+:P_W]};
    wire signed [LINE_W-1:0] p3 = {{3{products[4*P_W-1]}}, products[3*P_W+:P_W]};

    // Half a step is in the line already: what is left is cut.
    wire signed [LINE_W-1:0] code = line_q >>> STEP;
    wire signed [LINE_W-1:0] read = (code > MOST) ? MOST : (code < LEAST) ? LEAST : code;
    wire [PSUM_W+LINE_W-1:0] value = {{PSUM_W{read[LINE_W-1]}}, read[LINE_W-1-STEP:0], {STEP{1'b0}}};
    wire unused = &{1'b0, value[PSUM_W+LINE_W-1:PSUM_W], read[LINE_W-1:LINE_W-STEP]};

    always @(posedge clk_i) begin
        a_q <= a_i;
        if (swap_i) weight_q <= w_i;
        line_q <= (p0 + p1) + (p2 + p3) + HALF;
        psum_q <= psum_i + value[PSUM_W-1:0];
    end
    assign a_o    = a_q;
    assign psum_o = psum_q;

endmodule

`default_nettype wire
